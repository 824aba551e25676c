//! Tests Rust crates that use the library from outside: through its C interface, and as a crate.

use std::fs;
use std::process::Command;

use crate::library;
use crate::process::{Outcome, cargo, output, program, root, run, target};
use crate::snippets::snippets;

/// The document of drystone-sys, which shows its example.
const DOCUMENT: &str = "bindings/rust/drystone-sys/README.md";

/// Checks all of them, and that the published package would build alone.
pub fn check() -> Outcome {
    declarations()?;
    plugin()?;
    packaged()
}

/// Compares the Rust declarations of the C interface with the header (types, by ctest2) and with the list of symbols
/// (none missing).
fn declarations() -> Outcome {
    let library = library::build()?;
    let crates = root().join("bindings/rust");
    let declared = fs::read_to_string(crates.join("drystone-sys/src/bindings.rs"))?;
    for symbol in fs::read_to_string(root().join("include/drystone.symbols"))?.lines() {
        if !declared.contains(&format!("pub fn {symbol}(")) {
            return Err(format!("drystone-sys does not declare {symbol}: run `cargo xtask bindings`").into());
        }
    }
    let run_with = |arguments: &[&str]| {
        let mut command = cargo();
        command.args(["run", "--locked", "--manifest-path"]).arg(crates.join("Cargo.toml")).args(arguments);
        command.env("CARGO_TARGET_DIR", target().join("sys"));
        // Without LD_LIBRARY_PATH, as for users.
        run(command.env("DRYSTONE_LIB_DIR", &library).env_remove("LD_LIBRARY_PATH"))
    };
    run_with(&["--package", "systest"])?;
    if snippets(DOCUMENT, "rust")?.concat()
        != fs::read_to_string(crates.join("drystone-sys/examples/send.rs"))?
    {
        return Err(format!("{DOCUMENT} does not show drystone-sys/examples/send.rs").into());
    }
    run_with(&["--package", "drystone-sys", "--example", "send"])
}

/// A shared Rust library that uses the crate exports only its own function; with the feature `capi`, also the C
/// interface.
fn plugin() -> Outcome {
    let exported = |features: &[&str]| -> Outcome<usize> {
        let mut command = cargo();
        command.args(["build", "--locked", "--package", "plugin", "--manifest-path"]);
        command.arg(root().join("bindings/rust/Cargo.toml")).args(features);
        run(command.env("CARGO_TARGET_DIR", target().join("sys")))?;
        let library = target().join("sys/debug/libplugin.so");
        let names =
            output(program("nm").args(["--dynamic", "--defined-only", "--format=posix"]).arg(library))?;
        if names.lines().any(|line| line.starts_with("plugin_works ")) {
            return Ok(names.lines().count() - 1);
        }
        Err("the plugin does not export its function".into())
    };
    let symbols = fs::read_to_string(root().join("include/drystone.symbols"))?.lines().count();
    match (exported(&["--features", "capi"])?, exported(&[])?) {
        (with, 0) if with == symbols => Ok(()),
        (with, without) => {
            Err(format!("a plugin exports {without} of our functions, and {with} with `capi`").into())
        }
    }
}

/// The packages that `cargo publish` would upload, made without a registry: each has the licences, and the library builds
/// from its files.
fn packaged() -> Outcome {
    for (manifest, package) in [
        ("Cargo.toml", "drystone"),
        ("Cargo.toml", "drystone-post"),
        ("Cargo.toml", "drystone-cli"),
        ("bindings/rust/Cargo.toml", "drystone-sys"),
    ] {
        let listed = output(package_command(manifest).args(["--list", "--package", package]))?;
        let count = |name: &str| listed.lines().filter(|file| file.rsplit('/').next() == Some(name)).count();
        if count("LICENSE-MIT") != 1 || count("LICENSE-APACHE") != 1 || count("README.md") > 1 {
            return Err(format!("{package} needs both licences, and no README but its own:\n{listed}").into());
        }
    }
    let package = || package_command("Cargo.toml");
    run(package()
        .args(["--package", "drystone-post", "--package", "drystone-cli", "--package", "drystone"])
        .arg("--no-verify"))?;
    run(package().args(["--package", "drystone"]))
}

fn package_command(manifest: &str) -> Command {
    let mut command = cargo();
    command.args([
        "package",
        "--offline",
        "--locked",
        "--allow-dirty",
        "--quiet",
        "--manifest-path",
        manifest,
    ]);
    command
}
