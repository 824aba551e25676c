//! Puts generated text where it is checked in, or compares it with what is there.

use std::fs;
use std::path::Path;

use crate::process::Outcome;

/// Writes the file, or with `check` fails if it differs.
pub fn place(path: &Path, text: &str, check: bool) -> Outcome {
    if !check {
        return Ok(fs::write(path, text)?);
    }
    if fs::read_to_string(path)? == text {
        println!("{} is up to date", path.display());
        return Ok(());
    }
    Err(format!("{} is out of date: run `cargo xtask header`, `bindings` and `declarations`", path.display())
        .into())
}
