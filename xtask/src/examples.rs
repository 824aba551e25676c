//! The small programs of `examples/`, each run as its reader would: it says what its first comment promises.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::engines::engine;
use crate::library;
use crate::process::{Outcome, cargo, output, program, root, target};
use crate::quickjs::{self, compiler, files};

/// All of them.
pub fn run_examples() -> Outcome {
    let library = library::build()?;
    let folder = target().join("examples");
    fs::create_dir_all(&folder)?;
    for source in of("c", "c")? {
        let executable = folder.join(source.file_stem().ok_or("a program has a name")?);
        let mut command = compiler()?;
        command
            .args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"])
            .arg(root().join("include"));
        command
            .arg(&source)
            .arg("-o")
            .arg(&executable)
            .arg("-L")
            .arg(&library)
            .args(["-ldrystone", "-lpthread"]);
        output(command.arg(format!("-Wl,-rpath,{}", library.display())))?;
        says(&source, &mut program(&executable))?;
    }
    for source in of("rust", "rs")? {
        let name = source.file_stem().ok_or("a program has a name")?;
        says(
            &source,
            cargo().args(["run", "--quiet", "--locked", "--package", "drystone", "--example"]).arg(name),
        )?;
    }
    for source in of("python", "py")? {
        let mut python = program("python3");
        python.env("PYTHONPATH", root().join("bindings/python/src")).env("PYTHONDONTWRITEBYTECODE", "1");
        says(&source, python.env("DRYSTONE_LIBRARY", library.join("libdrystone.so")).arg(&source))?;
    }
    let quickjs = quickjs::build(engine(None)?, false)?;
    for source in of("javascript", "mjs")? {
        let script = quickjs.folder.join(source.file_name().ok_or("a script has a name")?);
        fs::copy(&source, &script)?;
        says(&source, &mut quickjs.qjs(false, script))?;
    }
    Ok(())
}

fn of(language: &str, ending: &str) -> Outcome<Vec<std::path::PathBuf>> {
    let sources = files(&root().join("examples").join(language), ending)?;
    if sources.is_empty() { Err(format!("no examples in {language}").into()) } else { Ok(sources) }
}

/// Runs it, and compares with the lines behind `prints: ` at its beginning.
fn says(source: &Path, command: &mut Command) -> Outcome {
    let text = fs::read_to_string(source)?;
    let promised: String = text
        .lines()
        .filter_map(|line| line.split_once("prints: "))
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    let name = source.strip_prefix(root())?.display();
    if promised.is_empty() || text.lines().count() > 80 {
        return Err(format!("{name} does not say what it prints, or has more than 80 lines").into());
    }
    let said = output(command)?;
    println!("{name}: {}", said.trim_end().replace('\n', "; "));
    if said == promised { Ok(()) } else { Err(format!("{name} prints {said:?}").into()) }
}
