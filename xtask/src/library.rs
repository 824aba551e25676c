//! The release library, with the name that programs look for at run time.

use std::fs;
use std::path::PathBuf;

use crate::process::{Outcome, cargo, run, target};

/// The soname; the number is the ABI's.
pub const SONAME: &str = "libdrystone.so.0";

/// Builds the library; gives the folder where it is under its own name and under its soname.
pub fn build() -> Outcome<PathBuf> {
    run(cargo().args(["build", "--release", "--locked", "--package", "drystone"]))?;
    let folder = target().join("release");
    fs::copy(folder.join("libdrystone.so"), folder.join(SONAME))?;
    Ok(folder)
}
