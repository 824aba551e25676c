//! The C interface of the binding for QuickJS as hosts get it: its header, and the names that leave it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::library::SONAME;
use crate::process::{Outcome, output, root, run};
use crate::quickjs::{BINDING, QuickJs, compiler};

/// Nothing but the public names leaves the binding: its object file, a host that links it, a module to load.
pub fn check_names(quickjs: &QuickJs) -> Outcome {
    let public = public_names()?;
    let object = quickjs.folder.join("drystone_quickjs.o");
    let mut command = compiler()?;
    command.args(["-std=gnu11", "-c", "-isystem"]).arg(&quickjs.source).arg("-I").arg(root().join("include"));
    run(command.arg(root().join(BINDING)).arg("-o").arg(&object))?;
    expect("its object file", &names(&["--extern-only"], &object)?, &public)?;

    let (bare, with) = (host(quickjs, "bare-host", &[])?, host(quickjs, "linked-host", &[object])?);
    let (bare, with) = (names(&["--extern-only"], &bare)?, names(&["--extern-only"], &with)?);
    expect("a host that links it", &with.difference(&bare).cloned().collect(), &public)?;

    let mut loaded = public;
    loaded.insert("js_init_module".to_owned());
    expect("drystone.so", &names(&["--dynamic"], &quickjs.folder.join("drystone.so"))?, &loaded)
}

/// The header alone and twice, as C99 and as C++.
pub fn check_header(quickjs: &QuickJs) -> Outcome {
    for (name, compiler, standard) in [("header.c", "cc", "-std=c99"), ("header.cpp", "c++", "-std=c++11")] {
        let program = quickjs.folder.join(name);
        fs::write(&program, "#include \"drystone_quickjs.h\"\n".repeat(2))?;
        let mut command = Command::new(compiler);
        command.args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-isystem"]);
        command.arg(&quickjs.source).arg("-I").arg(root().join("include"));
        run(command.arg("-I").arg(root().join("bindings/quickjs")).arg(&program))?;
    }
    Ok(())
}

/// The functions that the header declares.
fn public_names() -> Outcome<BTreeSet<String>> {
    let header = fs::read_to_string(root().join("bindings/quickjs/drystone_quickjs.h"))?;
    let code = header.split("*/").map(|part| part.split("/*").next().unwrap_or(part)).collect::<String>();
    let words = code.split_inclusive(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let names =
        words.filter(|word| word.starts_with("drystone_js_")).filter_map(|word| word.strip_suffix('('));
    Ok(names.map(str::to_owned).collect())
}

/// The names that a file defines for others.
fn names(kind: &[&str], file: &Path) -> Outcome<BTreeSet<String>> {
    let listed = output(Command::new("nm").args(["--defined-only", "--format=posix"]).args(kind).arg(file))?;
    Ok(listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn expect(of: &str, found: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Outcome {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{of} has the names {found:?}, where {wanted:?} are wanted").into())
}

/// The engine with an empty program and these objects.
fn host(quickjs: &QuickJs, name: &str, objects: &[PathBuf]) -> Outcome<PathBuf> {
    let program = quickjs.folder.join(name).with_extension("c");
    fs::write(&program, "int main(void) { return 0; }\n")?;
    let host = quickjs.folder.join(name);
    let mut link = compiler()?;
    link.arg(&program)
        .args(&quickjs.objects)
        .args(objects)
        .arg(quickjs.folder.join(SONAME))
        .arg("-Wl,-rpath,$ORIGIN");
    run(link.args(["-lm", "-ldl", "-lpthread", "-o"]).arg(&host))?;
    Ok(host)
}
