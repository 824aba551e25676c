//! `cargo cinstall`, the installation by cargo-c. Building cargo-c takes longer than all but two steps of the tests (it
//! contains all of Cargo), so `cargo xtask deep` does that, and `cargo xtask test` uses an installed one.

use std::env;
use std::fs;
use std::process::Command;

use crate::library::SONAME;
use crate::packages::{self, Found, Need};
use crate::process::{Outcome, cargo, output, program, root, run, target};

/// The tested version.
const VERSION: &str = "0.10.24+cargo-0.98.0";
const NEEDS: &[Need] = &[Need { found: Found::File("/usr/include/openssl/ssl.h"), package: "libssl-dev" }];

/// Installs cargo-c below `target` if it is missing, and tests the installation by it.
pub fn install_and_check() -> Outcome {
    if !is_there() {
        packages::install(NEEDS)?;
        let place = target().join("tools");
        println!("installing cargo-c {VERSION} into {}", place.display());
        let mut install = cargo();
        install.args(["install", "--debug", "--locked", "--quiet", "--version", VERSION, "--root"]);
        run(install.arg(place).arg("cargo-c"))?;
    }
    check()
}

/// On the path, or installed below `target`.
pub fn is_there() -> bool {
    output(cinstall().arg("--version")).is_ok()
}

fn cinstall() -> Command {
    let known = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&known).chain([target().join("tools/bin")]);
    let mut command = cargo();
    command.arg("cinstall");
    // Joining fails only for paths with a colon.
    if let Ok(path) = env::join_paths(folders) {
        command.env("PATH", path);
    }
    command
}

/// The installation exports the header's names, has the headers, and a program finds it by `drystone.pc`.
pub fn check() -> Outcome {
    let prefix = target().join("installed-by-cargo-c");
    if prefix.exists() {
        fs::remove_dir_all(&prefix)?;
    }
    let mut install = cinstall();
    install.args(["--release", "--locked", "--package", "drystone", "--libdir", "lib", "--prefix"]);
    run(install.arg(&prefix))?;
    let library = prefix.join("lib").join(SONAME);
    let names = output(program("nm").args(["--dynamic", "--defined-only", "--format=posix"]).arg(&library))?;
    let names: Vec<_> = names.lines().filter_map(|line| line.split(' ').next()).collect();
    if names != fs::read_to_string(root().join("include/drystone.symbols"))?.lines().collect::<Vec<_>>() {
        return Err(format!("cargo-c's library exports {names:?}").into());
    }
    let engine = prefix.join("engine");
    let mut compiler = program("sh");
    compiler.args(["-euc", "cc \"$1\" $(pkg-config --cflags --libs drystone) -o \"$2\"", "sh"]);
    compiler.arg(root().join("c-tests/consumers/program.c")).arg(&engine);
    run(compiler.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")))?;
    let said = output(program(&engine).env("LD_LIBRARY_PATH", prefix.join("lib")))?;
    if said.starts_with("drystone ") { Ok(()) } else { Err(format!("the program prints {said:?}").into()) }
}
