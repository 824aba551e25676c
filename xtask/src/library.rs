//! The release library: as cargo builds it, under the name that programs load at run time, and as it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{Outcome, cargo, printed, program, root, run};

/// The soname; the number is the ABI's.
pub const SONAME: &str = "libdrystone.so.0";

/// Builds the library; returns the folder that has it under its own name and under its soname.
pub fn build() -> Outcome<PathBuf> {
    let library = release("drystone", "libdrystone.so")?;
    fs::copy(&library, library.with_file_name(SONAME))?;
    Ok(library.parent().ok_or("the library is not in a folder")?.to_path_buf())
}

/// Builds a package in release, and returns its file of this name.
pub fn release(package: &str, name: &str) -> Outcome<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--package", package]);
    made(&mut build, [name]).map(|[file]| file)
}

/// Runs cargo, and returns the files of these names that it made or found up to date. Cargo says where they are: it depends on
/// the user's environment and configuration.
pub fn made<const N: usize>(build: &mut Command, names: [&str; N]) -> Outcome<[PathBuf; N]> {
    let messages = printed(build.arg("--message-format=json-render-diagnostics"))?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
    let files =
        messages.flat_map(|message: Value| message["filenames"].as_array().cloned().unwrap_or_default());
    let files: Vec<_> = files.filter_map(|file| file.as_str().map(PathBuf::from)).collect();
    let mut missing = None;
    let found = names.map(|name| {
        let file = files.iter().find(|file| file.file_name().is_some_and(|found| found == name));
        if file.is_none() {
            missing = Some(name);
        }
        file.cloned().unwrap_or_default()
    });
    match missing {
        None => Ok(found),
        Some(name) => Err(format!("cargo did not say where {name} is").into()),
    }
}

/// Makes the installed static library from cargo's: it exports only the names in the file `symbols`.
pub fn localised(built: &Path, symbols: &Path, result: &Path) -> Outcome {
    let mut command = program("sh");
    command.arg(root().join("bindings/link/localise.sh")).arg(built).arg(symbols).arg(result);
    run(&mut command)
}

/// Makes the installed shared library from the static one, with versions on the names in the file `symbols`. It needs
/// these libraries.
pub fn versioned(
    archive: &Path,
    symbols: &Path,
    soname: &str,
    libraries: &[String],
    result: &Path,
) -> Outcome {
    let abi = soname.rsplit('.').next().ok_or("the soname does not end with the ABI number")?;
    let mut command = program("sh");
    command.arg(root().join("bindings/link/share.sh")).arg(archive).arg(symbols).arg(abi).arg(result);
    run(command.args(libraries))
}

/// The names that libdrystone exports.
pub fn symbols() -> PathBuf {
    root().join("include/drystone.symbols")
}
