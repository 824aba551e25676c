//! The release library: as cargo builds it, under the name that programs load at run time, and as users get it.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Outcome, cargo, program, root, run, target};

/// The soname; the number is the ABI's.
pub const SONAME: &str = "libdrystone.so.0";

/// Builds the library; returns the folder that has it under its own name and under its soname.
pub fn build() -> Outcome<PathBuf> {
    run(cargo().args(["build", "--release", "--locked", "--package", "drystone"]))?;
    let folder = target().join("release");
    fs::copy(folder.join("libdrystone.so"), folder.join(SONAME))?;
    Ok(folder)
}

/// The static library as users get it, exporting only the header's names.
pub fn localised(result: &Path) -> Outcome {
    let mut command = program("sh");
    command.arg(root().join("bindings/link/localise.sh")).arg(target().join("release/libdrystone.a"));
    run(command.arg(symbols()).arg(result))
}

/// The shared library as users get it, made from the static one, with versioned symbols.
pub fn versioned(archive: &Path, native_libraries: &[String], result: &Path) -> Outcome {
    let abi = SONAME.rsplit('.').next().ok_or("the soname ends with the ABI's number")?;
    let mut command = program("sh");
    command.arg(root().join("bindings/link/share.sh")).arg(archive).arg(symbols()).arg(abi).arg(result);
    run(command.args(native_libraries))
}

fn symbols() -> PathBuf {
    root().join("include/drystone.symbols")
}
