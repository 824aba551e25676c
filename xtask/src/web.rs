//! `bindings/web`: the core as a WebAssembly module, and the hosts in JavaScript, in Node.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::guest;
use crate::packages::{self, Found, Need};
use crate::process::{Outcome, output, program, root, run, target};
use crate::python;

const TARGET: &str = "wasm32-unknown-unknown";
/// Where rustup has no such target: Debian's compiler, which has the sources of its library.
const DEBIAN: &[Need] = &[
    Need { found: Found::File("/usr/bin/rustc"), package: "rustc-web" },
    Need { found: Found::File("/usr/lib/rustlib/src/rust/library/core/src/lib.rs"), package: "rust-web-src" },
];
/// The memory is the guest's, and so is the block that the stack lies in; nothing may need data.
const FLAGS: [&str; 8] = [
    "--cfg",
    "drystone_core",
    "-Cjump-tables=no",
    "-Ctarget-feature=+bulk-memory,+sign-ext,+mutable-globals",
    "-Clink-arg=--import-memory",
    "-Clink-arg=--export=__stack_pointer",
    "-Clink-arg=--stack-first",
    "-Clink-arg=-zstack-size=16384",
];

/// Builds the core, and runs the tests and the example's host in Node.
pub fn check() -> Outcome {
    packages::install(packages::TEST)?;
    let core = build()?;
    let python = python::installed(&root().join("bindings/python"))?;
    let tests_guest = compiled(&python, "bindings/wasmtime/guest.wat")?;
    let mut tests = program("node");
    tests.args(["--test", "bindings/web/tests/guest.test.mjs"]);
    run(tests.env("CORE", &core).env("GUEST", tests_guest))?;
    let example = compiled(&python, "examples/guest-imports/guest.wat")?;
    guest::check_host(program("node").arg("examples/guest-imports/host.mjs").arg(core).arg(example))
}

/// The core's module.
fn build() -> Outcome<PathBuf> {
    let folder = target().join("web");
    let mut command = program("cargo");
    command.args(["build", "--locked", "--release", "--target", TARGET, "--manifest-path"]);
    command.arg(root().join("bindings/web/core/Cargo.toml")).env("CARGO_TARGET_DIR", &folder);
    let mut flags = FLAGS.join(" ");
    let library =
        Path::new(output(program("rustc").args(["--print", "sysroot"]))?.trim()).join("lib/rustlib");
    if !library.join(TARGET).exists() {
        packages::install(DEBIAN)?;
        let version = output(program("rustc").arg("-vV"))?;
        let host =
            version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
        let linker = library.join(host).join("bin/rust-lld");
        flags.push_str(&format!(" -Clinker={} -Clinker-flavor=wasm-ld", linker.display()));
        command.arg("-Zbuild-std=core").env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    }
    run(command.env("RUSTFLAGS", flags))?;
    Ok(folder.join(TARGET).join("release/drystone_web_core.wasm"))
}

/// A module in text, compiled: engines in JavaScript do not read text.
fn compiled(python: &Path, text: &str) -> Outcome<PathBuf> {
    let made = target().join("web").join(text.replace('/', "-")).with_extension("wasm");
    let mut command: Command = python::interpreter(python, &root());
    command.arg("-c").arg(
        "import pathlib, sys, wasmtime\n\
         pathlib.Path(sys.argv[2]).write_bytes(wasmtime.wat2wasm(pathlib.Path(sys.argv[1]).read_text()))",
    );
    run(command.arg(text).arg(&made))?;
    Ok(made)
}
