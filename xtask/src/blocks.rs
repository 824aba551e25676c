//! Checks that every fenced block of the documents is compiled or run, or is marked as text.

use std::collections::BTreeSet;
use std::fs;

use crate::process::{Outcome, output, program, root};
use crate::{examples, typescript};

/// What compiles or runs the blocks of a language.
struct Runner {
    language: &'static str,
    documents: &'static [&'static str],
    /// Its source file, which names the documents.
    source: &'static str,
}

const fn runner(language: &'static str, documents: &'static [&'static str], source: &'static str) -> Runner {
    Runner { language, documents, source }
}

const RUNNERS: &[Runner] = &[
    runner(
        "c",
        &[
            "README.md",
            "docs/arena.md",
            "docs/bucket.md",
            "docs/c.md",
            "docs/links.md",
            "docs/mailbox.md",
            "docs/security.md",
            "docs/values.md",
        ],
        "xtask/src/documents.rs",
    ),
    runner("c", &["docs/post.md"], "xtask/src/post_document.rs"),
    runner("c", &["docs/reference.md"], "xtask/src/book.rs"),
    runner("c", &["bindings/quickjs/README.md"], "xtask/src/interface.rs"),
    runner("cmake", &["docs/c.md", "bindings/cmake/README.md"], "xtask/src/install_tests.rs"),
    runner("cmake", &["bindings/conan/README.md"], "xtask/src/conan.rs"),
    runner("cmake", &["bindings/quickjs/README.md"], "xtask/src/interface.rs"),
    runner("conf", &["docs/post.md"], "xtask/src/post_document.rs"),
    runner("console", &["docs/command-line.md"], "xtask/src/commands.rs"),
    runner("js", &typescript::DOCUMENTS, "xtask/src/typescript.rs"),
    runner("js", &["docs/post.md"], "xtask/src/quickjs_post.rs"),
    runner("make", &["bindings/quickjs/README.md"], "xtask/src/interface.rs"),
    runner(
        "python",
        &["README.md", "docs/python.md", "bindings/python/README.md", "docs/links.md"],
        "bindings/python/tests/test_documents.py",
    ),
    runner("python", &["docs/post.md"], "bindings/python/tests/test_post.py"),
    runner("rust", &["bindings/rust/drystone-sys/README.md"], "xtask/src/crates.rs"),
    runner(
        "sh",
        &[
            "README.md",
            "CONTRIBUTING.md",
            "benches/README.md",
            "docs/command-line.md",
            "docs/links.md",
            "docs/migration.md",
        ],
        "xtask/src/commands.rs",
    ),
    runner("sh", &["README.md", "bindings/cmake/README.md", "docs/c.md"], "xtask/src/install_tests.rs"),
    runner("sh", &["bindings/conan/README.md"], "xtask/src/conan.rs"),
    runner("sh", &["bindings/quickjs/README.md", "examples/engine/README.md"], "xtask/src/interface.rs"),
    runner("sh", &["c-tests/README.md"], "xtask/src/test.rs"),
    runner("sh", &["docs/post.md"], "xtask/src/post_document.rs"),
    runner("sh", &["docs/web.md"], "xtask/src/web.rs"),
    runner("sh", &["examples/README.md"], "xtask/src/examples.rs"),
    runner("sh", &examples::PIP, "xtask/src/examples.rs"),
];

/// Fails when a block has no runner, or a runner no block.
pub fn check() -> Outcome {
    let listed =
        output(program("git").args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"]))?;
    let (mut faults, mut taken) = (Vec::new(), BTreeSet::new());
    for document in listed.lines().filter(|document| root().join(document).exists()) {
        for (line, language) in blocks(&fs::read_to_string(root().join(document))?) {
            if has_runner(document, language) {
                taken.insert((document.to_owned(), language.to_owned()));
            } else if language != "text" {
                faults.push(format!("{document}:{line}: nothing compiles or runs this block ({language})"));
            }
        }
    }
    for runner in RUNNERS {
        let source = fs::read_to_string(root().join(runner.source))?;
        for document in runner.documents {
            if !taken.contains(&(document.to_string(), runner.language.to_owned())) {
                faults.push(format!("{document} has no block of {}", runner.language));
            }
            if !source.contains(&format!("\"{document}\"")) {
                faults.push(format!("{} does not name {document}", runner.source));
            }
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

fn has_runner(document: &str, language: &str) -> bool {
    RUNNERS.iter().any(|runner| runner.language == language && runner.documents.contains(&document))
}

/// The line and the language of each block.
fn blocks(text: &str) -> Vec<(usize, &str)> {
    let fences = text.lines().enumerate().filter_map(|(at, line)| {
        line.trim_start().strip_prefix("```").map(|language| (at + 1, language.trim()))
    });
    fences.step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_and_have_runners() {
        let text = "a\n```c\nint x;\n```\n```\nplain\n```\n  ```text\n  ```\n";
        assert_eq!(blocks(text), [(2, "c"), (5, ""), (8, "text")]);
        assert!(has_runner("docs/c.md", "c"));
        assert!(!has_runner("docs/c.md", "") && !has_runner("docs/abi.md", "c"));
    }

    #[test]
    fn every_block_of_the_documents_has_a_runner() {
        check().unwrap();
    }
}
