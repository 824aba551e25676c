//! The C of the documents, compiled as it stands and run: `docs/c.md` is one program, the snippets of `docs/mailbox.md`
//! have one around them, and so have the examples of the header's sections.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::process::{Outcome, output, root, run, target};
use crate::quickjs::compiler;
use crate::sections;
use crate::{book, library};

/// For the calls of `docs/security.md`.
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

/// All of them, and the links.
pub fn check() -> Outcome {
    book::check()?;
    let library = library::build()?;
    let folder = target().join("documents");
    fs::create_dir_all(&folder)?;
    let program = folder.join("c.c");
    fs::write(&program, snippets("c")?.concat())?;
    says(&program, &folder, &library, "1048576 bytes, the first is 0\n")?;
    for (number, snippet) in snippets("mailbox")?.iter().enumerate() {
        fs::write(folder.join(format!("mailbox-{}.inc", number + 1)), snippet)?;
    }
    says(&root().join("c-tests/documents_mailbox.c"), &folder, &library, "docs/mailbox.md\n")?;
    let program = folder.join("security.c");
    fs::write(&program, format!("#include <drystone.h>\n\n{}\n{POSTS}", snippets("security")?.concat()))?;
    says(&program, &folder, &library, "")?;
    let program = folder.join("sections.c");
    fs::write(&program, sections::examples()?)?;
    says(&program, &folder, &library, include_str!("sections.txt"))
}

/// What stands between the fences of the C in `docs/NAME.md`.
fn snippets(name: &str) -> Outcome<Vec<String>> {
    let document = fs::read_to_string(root().join("docs").join(name).with_extension("md"))?;
    let found: Vec<_> = document
        .split("```c\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(str::to_owned)
        .collect();
    if found.is_empty() { Err(format!("docs/{name}.md has no C").into()) } else { Ok(found) }
}

/// Compiles the program with all warnings as errors, runs it, and compares what it says.
fn says(program: &Path, folder: &Path, library: &Path, expected: &str) -> Outcome {
    let executable = folder.join(program.file_stem().ok_or("a program has a name")?);
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
    command.arg("-I").arg(root().join("include")).arg("-I").arg(folder).arg(program);
    command.arg("-o").arg(&executable).arg("-L").arg(library).args(["-ldrystone", "-lpthread"]);
    run(command.arg(format!("-Wl,-rpath,{}", library.display())))?;
    let said = output(&mut Command::new(&executable))?;
    if said == expected { Ok(()) } else { Err(format!("{} says {said:?}", program.display()).into()) }
}
