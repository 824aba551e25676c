//! `bindings/wasmtime`, a host in Rust, and `examples/guest-imports`, a guest with its hosts.

use std::process::Command;

use crate::process::{Outcome, cargo, output, root, run, target};
use crate::python;

const EXAMPLE: &str = "examples/guest-imports";

/// The host in Rust, outside the workspace, as it depends on a compiler; then the example on all of its hosts except
/// the one in JavaScript.
pub fn check() -> Outcome {
    run(&mut host("test"))?;
    check_host(host("run").args(["--quiet", "--example", "guest-imports"]))?;
    let package = root().join("bindings/python");
    let python = python::installed(&package)?;
    check_host(python::interpreter(&python, &package).arg(root().join(EXAMPLE).join("host.py")))
}

fn host(action: &str) -> Command {
    let mut command = cargo();
    command.args([action, "--locked", "--manifest-path"]).arg(root().join("bindings/wasmtime/Cargo.toml"));
    command.env("CARGO_TARGET_DIR", target().join("wasmtime"));
    command
}

/// A host of the example prints the guest's result, what it reads itself, and what it refuses.
pub fn check_host(command: &mut Command) -> Outcome {
    let said = output(command)?;
    println!("{said}");
    for expected in ["first check that failed: 0\n", "2.5", "bert", "out of bounds"] {
        if !said.contains(expected) {
            return Err(format!("a host of {EXAMPLE} does not say {expected:?}").into());
        }
    }
    Ok(())
}
