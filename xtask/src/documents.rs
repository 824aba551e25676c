//! Compiles the C code of the documents verbatim and runs it: `docs/c.md` and `docs/links.md` have one program each; a test program surrounds the
//! snippets of the other documents, and the examples of the header's sections. Other languages are tested with their
//! tools: JavaScript with the declarations, Python with its binding, CMake lines with the installation; `blocks` has the
//! list.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::process::{Outcome, output, program, root, run, target};
use crate::quickjs::compiler;
use crate::sections;
use crate::snippets::snippets;
use crate::{blocks, book, commands, library};

/// The documents that name files of the sources.
const WITH_PATHS: [&str; 2] = ["docs/internals.md", "CONTRIBUTING.md"];

/// Calls the functions of `docs/security.md`.
const POSTS: &str = "int main(void) {
  mailbox *m;
  blob *letter = blob_new(0);
  if (letter == NULL || mailbox_new(0, &m) != DRYSTONE_OK || post(m, letter) != DRYSTONE_OK)
    return 1;
  if (take(m, 0, &letter) != DRYSTONE_OK)
    return 1;
  blob_destroy(letter);
  mailbox_destroy(m);
  return 0;
}
";

/// Checks all of them, and the links.
pub fn check() -> Outcome {
    blocks::check()?;
    book::check()?;
    for document in WITH_PATHS {
        let text = book::without_code(&fs::read_to_string(root().join(document))?);
        let missing = missing_paths(&text);
        if !missing.is_empty() {
            return Err(format!("{document} names files that do not exist: {}", missing.join(", ")).into());
        }
    }
    for format in ["wota", "nota"] {
        vectors(format)?;
    }
    let library = library::build()?;
    let folder = target().join("documents");
    fs::create_dir_all(&folder)?;
    let program = folder.join("c.c");
    fs::write(&program, snippets("docs/c.md", "c")?.concat())?;
    says(&program, &folder, &library, "1048576 bytes, the first is 0\n")?;
    let program = folder.join("links.c");
    fs::write(&program, snippets("docs/links.md", "c")?.concat())?;
    says(&program, &folder, &library, "16000000 bytes, the last is 7\n")?;
    let program = folder.join("bucket.c");
    fs::write(&program, snippets("docs/bucket.md", "c")?.concat())?;
    says(&program, &folder, &library, "499500\n")?;
    for document in ["README.md", "docs/arena.md", "docs/mailbox.md", "docs/values.md"] {
        let name = Path::new(document).file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        for (number, snippet) in snippets(document, "c")?.iter().enumerate() {
            fs::write(folder.join(format!("{name}-{}.inc", number + 1)), snippet)?;
        }
    }
    says(&root().join("c-tests/documents_mailbox.c"), &folder, &library, "docs/mailbox.md\n")?;
    let pieces = root().join("c-tests/documents_pieces.c");
    says(&pieces, &folder, &library, "pictures 1, values 1, alive 0\n")?;
    let program = folder.join("security.c");
    let posts = snippets("docs/security.md", "c")?.concat();
    fs::write(&program, format!("#include <drystone.h>\n\n{posts}\n{POSTS}"))?;
    says(&program, &folder, &library, "")?;
    let program = folder.join("sections.c");
    fs::write(&program, sections::examples()?)?;
    says(&program, &folder, &library, include_str!("sections.txt"))?;
    commands::check()
}

/// The paths in backticks that do not exist. `*` and `…` match the rest of a file's name.
fn missing_paths(text: &str) -> Vec<&str> {
    let named = text.split('`').skip(1).step_by(2);
    let paths = named.filter(|name| name.contains('/') && !name.contains(char::is_whitespace));
    paths.filter(|path| !is_there(path)).collect()
}

fn is_there(path: &str) -> bool {
    let Some((before, after)) = path.split_once(['*', '…']) else { return root().join(path).exists() };
    let (folder, begins) = before.rsplit_once('/').unwrap_or(("", before));
    let names = fs::read_dir(root().join(folder)).into_iter().flatten().flatten();
    let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.any(|name| name.starts_with(begins) && name.ends_with(after))
}

/// Checks that the vectors on a format's page are among those that the tests use.
fn vectors(format: &str) -> Outcome {
    let page = fs::read_to_string(root().join("docs").join(format).with_extension("md"))?;
    let known = fs::read_to_string(root().join("c-tests/vectors").join(format).with_extension("json"))?;
    let known: serde_json::Value = serde_json::from_str(&known)?;
    let known = known["valid"].as_array().ok_or("the file has no valid vectors")?;
    let (_, table) =
        page.split_once("## Vectors").ok_or_else(|| format!("docs/{format}.md has no vectors"))?;
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| `")).collect();
    for row in &rows {
        let parts: Vec<_> = row.split('`').collect();
        let [_, value, _, written, _] = parts.as_slice() else {
            return Err(format!("docs/{format}.md has an invalid row: {row}").into());
        };
        let value: serde_json::Value = serde_json::from_str(value)?;
        let is_it = |vector: &serde_json::Value| {
            let words: Vec<_> =
                vector["words"].as_array().into_iter().flatten().map(ToString::to_string).collect();
            let there =
                vector["bytes"].as_str().map_or_else(|| words.join(" ").replace('"', ""), str::to_owned);
            vector["json"] == value && there == *written
        };
        if !known.iter().any(is_it) {
            return Err(format!("docs/{format}.md has a row that is not among the vectors: {row}").into());
        }
    }
    if rows.len() < 5 { Err(format!("docs/{format}.md shows {} vectors", rows.len()).into()) } else { Ok(()) }
}

/// Lets CMake configure a project with these lines and those of a document, using the installation at `prefix`.
pub fn configure(project: &Path, head: &str, piece: &str, prefix: &Path) -> Outcome {
    if project.exists() {
        fs::remove_dir_all(project)?;
    }
    fs::create_dir_all(project)?;
    symlink(root(), project.join("drystone"))?;
    let lines = format!("cmake_minimum_required(VERSION 3.16)\nproject(documented C)\n{head}\n{piece}");
    fs::write(project.join("CMakeLists.txt"), lines)?;
    let mut cmake = program("cmake");
    cmake.arg("-S").arg(project).arg("-B").arg(project.join("build"));
    output(cmake.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()))).map(drop)
}

/// Compiles the program with all warnings as errors, runs it, and compares its output.
fn says(program: &Path, folder: &Path, library: &Path, expected: &str) -> Outcome {
    let executable = folder.join(program.file_stem().ok_or("the program has no file name")?);
    let mut command = compiler()?;
    command.args([
        "-std=c11",
        "-D_POSIX_C_SOURCE=200809L",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-g",
    ]);
    if program.ends_with("documents_pieces.c") {
        command.arg("-DDRYSTONE_MUST_USE=");
    }
    command.arg("-I").arg(root().join("include")).arg("-I").arg(folder).arg(program);
    command.arg("-o").arg(&executable).arg("-L").arg(library).args(["-ldrystone", "-lpthread"]);
    run(command.arg(format!("-Wl,-rpath,{}", library.display())))?;
    let said = output(&mut Command::new(&executable))?;
    if said == expected { Ok(()) } else { Err(format!("{} prints {said:?}", program.display()).into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_to_nothing_are_found() {
        let good =
            "`src/lib.rs` `src/blob` and/or `a / b` `c-tests/null_….c` `c-tests/allocation*.c` `lib.rs`";
        assert_eq!(missing_paths(good), Vec::<&str>::new());
        let bad = "`src/lib.c` `c-tests/none_….c` `none/x*`";
        assert_eq!(missing_paths(bad), ["src/lib.c", "c-tests/none_….c", "none/x*"]);
    }
}
