//! System packages that the commands need: installed by apt on Debian and Ubuntu, listed on other systems.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Outcome, output, program, run};

/// A requirement, and the Debian package that provides it.
pub struct Need {
    pub found: Found,
    pub package: &'static str,
}

/// How to check whether it is installed.
pub enum Found {
    Program(&'static str),
    File(&'static str),
    /// A library of this name, whatever its version, in one of the usual folders.
    Library(&'static str),
    /// A module of the system's Python.
    Module(&'static str),
}

/// Needed by `cargo xtask test` besides Rust and a C compiler.
pub const TEST: &[Need] = &[
    Need { found: Found::Program("cmake"), package: "cmake" },
    Need { found: Found::Program("make"), package: "make" },
    Need { found: Found::Program("ninja"), package: "ninja-build" },
    Need { found: Found::Program("g++"), package: "g++" },
    Need { found: Found::Program("valgrind"), package: "valgrind" },
    Need { found: Found::Program("pkg-config"), package: "pkg-config" },
    Need { found: Found::Program("nm"), package: "binutils" },
    Need { found: Found::Program("abidiff"), package: "abigail-tools" },
    Need { found: Found::Program("node"), package: "nodejs" },
    Need { found: Found::Program("npm"), package: "npm" },
    Need { found: Found::File("/usr/include/cjson/cJSON.h"), package: "libcjson-dev" },
];

/// Peers in C that `cargo xtask bench` measures.
pub const BENCH: &[Need] = &[
    Need { found: Found::File("/usr/include/stb/stb_ds.h"), package: "libstb-dev" },
    Need { found: Found::File("/usr/include/apr-1.0/apr_pools.h"), package: "libapr1-dev" },
    Need { found: Found::Program("nats-server"), package: "nats-server" },
];

/// Needed to count instructions.
pub const COUNT: &[Need] = &[Need { found: Found::Program("valgrind"), package: "valgrind" }];

impl Need {
    fn is_there(&self) -> bool {
        match self.found {
            Found::Program(name) => on_path(name),
            Found::Module(name) => output(program("python3").args(["-c", &format!("import {name}")])).is_ok(),
            Found::File(path) => Path::new(path).exists(),
            Found::Library(name) => {
                output(program("ldconfig").arg("-p")).is_ok_and(|known| is_listed(name, &known))
            }
        }
    }

    fn name(&self) -> &'static str {
        match self.found {
            Found::Program(name) | Found::File(name) | Found::Library(name) | Found::Module(name) => name,
        }
    }
}

/// Whether a list of libraries has this one: `libclang-14.so.13` is `libclang`, and `libclang-cpp.so.14` is another one.
fn is_listed(library: &str, list: &str) -> bool {
    list.split_whitespace().filter_map(|word| word.strip_prefix(library)?.split_once(".so")).any(
        |(version, _)| {
            version.chars().all(|character| character.is_ascii_digit() || "-.".contains(character))
        },
    )
}

fn on_path(name: &str) -> bool {
    path_of(name).is_some()
}

/// The path of a program.
pub fn path_of(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// Installs missing packages, with a message; fails with the list if it cannot.
pub fn install(needs: &[Need]) -> Outcome {
    let missing: Vec<&Need> = needs.iter().filter(|need| !need.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|need| need.name()).collect();
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    if !on_path("apt-get") {
        return Err(format!(
            "missing: {}. Install this system's equivalents of the Debian packages {}, and try again.",
            names.join(", "),
            packages.join(", ")
        )
        .into());
    }
    println!("missing: {}; installing with apt: {}", names.join(", "), packages.join(", "));
    run(apt()?.arg("update"))?;
    run(apt()?.args(["install", "--yes", "--no-install-recommends"]).args(packages))
}

/// apt-get, as root.
fn apt() -> Outcome<Command> {
    let root = output(program("id").arg("-u"))?.trim() == "0";
    let mut command = program(if root { "apt-get" } else { "sudo" });
    if !root {
        command.arg("apt-get");
    }
    command.arg("--quiet=2").env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::is_listed;

    #[test]
    fn a_library_is_not_taken_for_another_one() {
        for name in ["libclang.so", "libclang-14.so.13", "libclang-14.0.6.so.1"] {
            assert!(is_listed("libclang", &format!("\t{name} (libc6,x86-64) => /lib/{name}")), "{name}");
        }
        assert!(!is_listed("libclang", "\tlibclang-cpp.so.14 (libc6,x86-64) => /lib/libclang-cpp.so.14"));
    }
}
