//! Runs the small programs of `examples/` as a reader would, and compares their output with their first comment.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::thread;
use std::time::Duration;

use crate::engines::engine;
use crate::library::{self, SONAME};
use crate::process::{Outcome, cargo, output, program, root, run, target};
use crate::quickjs::{self, QuickJs, compiler, files};
use crate::snippets::snippets;
use crate::{install, python};

/// The documents with instructions to install the Python package.
pub const PIP: [&str; 2] = ["docs/python.md", "bindings/python/README.md"];

/// All of them.
pub fn run_examples() -> Outcome {
    let library = library::build()?;
    let folder = target().join("examples");
    fs::create_dir_all(&folder)?;
    for source in of("c", "c")? {
        says(&source, &mut program(compiled(&source, &library)?))?;
    }
    between_processes(&library)?;
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
    host(&quickjs, &library)?;
    documented_lines(&quickjs)
}

/// Compiles a program of one C file, as strictly as compilers can.
fn compiled(source: &Path, library: &Path) -> Outcome<PathBuf> {
    let executable = target().join("examples").join(source.file_stem().ok_or("a program has a name")?);
    let mut command = compiler()?;
    command.args(["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I"]).arg(root().join("include"));
    command.arg(source).arg("-o").arg(&executable).arg("-L").arg(library).args(["-ldrystone", "-lpthread"]);
    output(command.arg(format!("-Wl,-rpath,{}", library.display())))?;
    Ok(executable)
}

/// The two programs of `examples/link`, at the same time.
fn between_processes(library: &Path) -> Outcome {
    let folder = root().join("examples/link");
    let (receive, send) = (folder.join("receive.c"), folder.join("send.c"));
    let (receiver, sender) = (compiled(&receive, library)?, compiled(&send, library)?);
    // A name that no other run of the tests has.
    let name = format!("picture-{}", process::id());
    let mut receiver_command = program("timeout");
    receiver_command.arg("60").arg(receiver).arg(&name);
    thread::scope(|scope| {
        let received =
            scope.spawn(|| says(&receive, &mut receiver_command).map_err(|error| error.to_string()));
        // Until the receiver listens, the sender says that it cannot connect.
        while !received.is_finished() && says(&send, program(&sender).arg(&name)).is_err() {
            thread::sleep(Duration::from_millis(20));
        }
        Ok(received.join().map_err(|_| "the thread of the receiver has ended")??)
    })
}

/// The smallest host, with the engine and the binding in it.
fn host(quickjs: &QuickJs, library: &Path) -> Outcome {
    let source = root().join("examples/quickjs/host.c");
    let executable = target().join("examples/host");
    let mut command = compiler()?;
    command.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-isystem"]).arg(&quickjs.source);
    for folder in ["include", "bindings/quickjs"] {
        command.arg("-I").arg(root().join(folder));
    }
    command.arg(&source).arg(root().join(quickjs::BINDING)).args(&quickjs.objects);
    command.arg(library.join("libdrystone.a")).args(["-lm", "-lpthread", "-ldl", "-o"]).arg(&executable);
    output(&mut command)?;
    says(&source, &mut program(&executable))
}

/// Runs the shell lines that install the Python package, and those of `examples/README.md`, verbatim: with an
/// installed library, in a new Python environment, and with `qjs` on the path.
fn documented_lines(quickjs: &QuickJs) -> Outcome {
    let folder = target().join("examples/documented");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let examples = folder.join("examples");
    for language in ["c", "javascript", "python"] {
        fs::create_dir_all(examples.join(language))?;
        for file in fs::read_dir(root().join("examples").join(language))? {
            let file = file?;
            symlink(file.path(), examples.join(language).join(file.file_name()))?;
        }
    }
    for file in ["drystone.so", SONAME] {
        symlink(quickjs.folder.join(file), examples.join("javascript").join(file))?;
    }
    let prefix = folder.join(".local");
    install::run_install(&[String::from("--prefix"), prefix.display().to_string()])?;
    python::needs()?;
    run(program("python3").args(["-m", "venv"]).arg(folder.join("python")))?;
    let known = env::var_os("PATH").unwrap_or_default();
    let first = [folder.join("python/bin"), quickjs.folder.clone()];
    let path = env::join_paths(first.into_iter().chain(env::split_paths(&known)))?;
    let shell = |place: &Path, lines: &str| {
        let mut shell = program("sh");
        shell.current_dir(place).args(["-euc", lines]).env("PATH", &path);
        for name in ["DRYSTONE_LIBRARY", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME"] {
            shell.env_remove(name);
        }
        shell
    };
    let package = root().join("bindings/python");
    for document in PIP {
        for lines in snippets(document, "sh")? {
            python::remove_leftovers(&package)?;
            run(shell(&root(), &lines).env("CARGO_TARGET_DIR", target()))?;
        }
    }
    let blocks = snippets("examples/README.md", "sh")?;
    let [compiled, interpreted] = blocks.as_slice() else {
        return Err("examples/README.md no longer has its commands for C and for other languages".into());
    };
    says(&named(compiled)?, shell(&folder, compiled).env("HOME", &folder))?;
    for line in interpreted.lines() {
        says(&named(line)?, &mut shell(&folder, line))?;
    }
    Ok(())
}

/// The example that these lines name.
fn named(lines: &str) -> Outcome<PathBuf> {
    let source = lines.split_whitespace().find(|word| word.starts_with("examples/"));
    Ok(root().join(source.ok_or_else(|| format!("no example is named by {lines}"))?))
}

fn of(language: &str, ending: &str) -> Outcome<Vec<PathBuf>> {
    let sources = files(&root().join("examples").join(language), ending)?;
    if sources.is_empty() { Err(format!("no examples in {language}").into()) } else { Ok(sources) }
}

/// Runs it, and compares the output with the lines after `prints: ` at its beginning.
pub fn says(source: &Path, command: &mut Command) -> Outcome {
    let text = fs::read_to_string(source)?;
    let promised: String = text
        .lines()
        .filter_map(|line| line.split_once("prints: "))
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    let name = source.strip_prefix(root())?.display();
    if promised.is_empty() || text.lines().count() > 80 {
        return Err(
            format!("{name} does not begin with its expected output, or has more than 80 lines").into()
        );
    }
    let said = output(command)?;
    println!("{name}: {}", said.trim_end().replace('\n', "; "));
    if said == promised { Ok(()) } else { Err(format!("{name} prints {said:?}").into()) }
}
