//! The code in the documents.

use std::fs;

use crate::process::{Outcome, root};

/// The fenced blocks of a language in a document.
pub fn snippets(document: &str, language: &str) -> Outcome<Vec<String>> {
    let text = fs::read_to_string(root().join(document))?;
    let found: Vec<_> = text
        .split(&format!("```{language}\n"))
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(str::to_owned)
        .collect();
    if found.is_empty() { Err(format!("{document} has no block of {language}").into()) } else { Ok(found) }
}
