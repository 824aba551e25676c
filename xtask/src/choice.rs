//! Which steps of the tests run: all, those named, or those affected by changed files.

use std::collections::BTreeSet;

use crate::process::{Outcome, output, program};
use crate::steps::{LIBRARY, STEPS, Step};

/// `--only NAME`, which may be repeated; `--changed [COMMIT]`: the steps for files that differ from that commit (HEAD); or all.
pub fn chosen(arguments: &[String]) -> Outcome<Vec<&'static Step>> {
    if let Some(("--changed", rest)) = arguments.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        let commit = match rest {
            [] => "HEAD",
            [commit] => commit,
            _ => return Err("--changed takes one commit".into()),
        };
        return of_changes(&changes(commit)?);
    }
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    let mut only = Vec::new();
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let name = match argument.strip_prefix("--only") {
            Some("") => arguments.next().map(String::as_str),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        let step = name.and_then(|name| STEPS.iter().find(|step| step.name == name));
        let known = || {
            let names = names.join(", ");
            format!("{argument}: test takes --changed [COMMIT] or --only NAME; the names are {names}")
        };
        only.push(step.ok_or_else(known)?);
    }
    Ok(if only.is_empty() { STEPS.iter().collect() } else { only })
}

/// Files that differ from the commit, and new ones.
fn changes(commit: &str) -> Outcome<BTreeSet<String>> {
    let differ = output(program("git").args(["diff", "--name-only", "--no-renames", commit, "--"]))?;
    let new = output(program("git").args(["ls-files", "--others", "--exclude-standard"]))?;
    Ok(differ.lines().chain(new.lines()).map(str::to_owned).collect())
}

/// The steps that use one of the files; all steps, if no step lists one of them.
fn of_changes(files: &BTreeSet<String>) -> Outcome<Vec<&'static Step>> {
    if files.is_empty() {
        return Err("nothing has changed".into());
    }
    let looks_at = |step: &Step, file: &str| {
        LIBRARY.iter().chain(step.files).any(|beginning| file.starts_with(beginning))
    };
    if let Some(file) = files.iter().find(|file| !STEPS.iter().any(|step| looks_at(step, file))) {
        println!("{file} may matter to every step");
        return Ok(STEPS.iter().collect());
    }
    Ok(STEPS.iter().filter(|step| files.iter().any(|file| looks_at(step, file))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str]) -> Vec<&'static str> {
        let files = files.iter().map(|&file| file.to_owned()).collect();
        of_changes(&files).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn a_document_is_for_those_who_read_it() {
        assert_eq!(names(&["docs/arena.md"]), ["install", "documents"]);
        assert_eq!(names(&["README.md"]), ["install", "documents"]);
    }

    #[test]
    fn bindings_are_tested_alone() {
        assert_eq!(names(&["bindings/python/src/drystone/wota.py"]), ["examples", "python"]);
        assert_eq!(names(&["fuzz/Cargo.toml", "bindings/wasmtime/src/lib.rs"]), ["wasmtime", "fuzz"]);
    }

    #[test]
    fn the_library_is_for_all_and_so_is_what_nobody_knows() {
        assert_eq!(names(&["src/lib.rs"]).len(), STEPS.len());
        assert_eq!(names(&["docs/arena.md", "new/file"]).len(), STEPS.len());
    }
}
