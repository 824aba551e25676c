//! The QuickJS binding as hosts use it: its header, its exported names, and its installed files.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::library::SONAME;
use crate::process::{Outcome, output, program, root, run, target};
use crate::quickjs::{BINDING, POST_DEFINE, QuickJs, compiler, files, include_post};
use crate::snippets::snippets;
use crate::{documents, examples, install};

/// Runs all checks.
pub fn check(quickjs: &QuickJs) -> Outcome {
    check_header(quickjs)?;
    check_names(quickjs)?;
    check_consumers(quickjs)
}

/// The binding exports only its public names: in its object file, in a host that links it, and in a loadable module.
fn check_names(quickjs: &QuickJs) -> Outcome {
    let public = public_names()?;
    let object = quickjs.folder.join("drystone_quickjs.o");
    check_object(quickjs, &object, &[], &public)?;

    let (bare, with) = (host(quickjs, "bare-host", &[])?, host(quickjs, "linked-host", &[object])?);
    let (bare, with) = (names(&["--extern-only"], &bare)?, names(&["--extern-only"], &with)?);
    expect("a host that links it", &with.difference(&bare).cloned().collect(), &public)?;

    let mut loaded = public;
    loaded.insert("js_init_module".to_owned());
    expect("drystone.so", &names(&["--dynamic"], &quickjs.folder.join("drystone.so"))?, &loaded)
}

/// The same of the binding with post offices, whose module is in the folder.
pub fn check_names_with_post(quickjs: &QuickJs, folder: &Path) -> Outcome {
    let mut public = public_names()?;
    let arguments = [POST_DEFINE.into(), include_post()];
    check_object(quickjs, &folder.join("drystone_quickjs.o"), &arguments, &public)?;
    public.insert("js_init_module".to_owned());
    expect("drystone.so", &names(&["--dynamic"], &folder.join("drystone.so"))?, &public)
}

fn check_object(
    quickjs: &QuickJs,
    object: &Path,
    arguments: &[OsString],
    public: &BTreeSet<String>,
) -> Outcome {
    let mut command = compiler()?;
    command.args(["-std=gnu11", "-c", "-isystem"]).arg(&quickjs.source).arg("-I").arg(root().join("include"));
    run(command.args(arguments).arg(root().join(BINDING)).arg("-o").arg(object))?;
    expect("its object file", &names(&["--extern-only"], object)?, public)
}

/// Compiles the header alone and twice, as C99 and as C++.
fn check_header(quickjs: &QuickJs) -> Outcome {
    for (name, compiler, standard) in [("header.c", "cc", "-std=c99"), ("header.cpp", "c++", "-std=c++11")] {
        let program = quickjs.folder.join(name);
        fs::write(&program, "#include \"drystone_quickjs.h\"\n".repeat(2))?;
        let mut command = Command::new(compiler);
        command.args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-isystem"]);
        command.arg(&quickjs.source).arg("-I").arg(root().join("include"));
        run(command.arg("-I").arg(root().join("bindings/quickjs")).arg(&program))?;
    }
    let piece = snippets("bindings/quickjs/README.md", "c")?.concat();
    let program = quickjs.folder.join("documented.c");
    let head = "#include \"quickjs.h\"\n#include \"drystone_quickjs.h\"\n
        blob *answer(JSContext *ctx, JSValueConst handler, const blob *letter);
        blob *answer(JSContext *ctx, JSValueConst handler, const blob *letter) {\n";
    let tail = "JS_FreeValue(ctx, argument);\nJS_FreeValue(ctx, answer);\nreturn reply;\n}\n";
    fs::write(&program, [head, &piece, tail].concat())?;
    let mut command = compiler()?;
    command.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-isystem"]);
    command.arg(&quickjs.source).arg("-I").arg(root().join("include"));
    run(command.arg("-I").arg(root().join("bindings/quickjs")).arg(&program))
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

/// The names that a file exports.
fn names(kind: &[&str], file: &Path) -> Outcome<BTreeSet<String>> {
    let listed = output(Command::new("nm").args(["--defined-only", "--format=posix"]).args(kind).arg(file))?;
    Ok(listed.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn expect(of: &str, found: &BTreeSet<String>, wanted: &BTreeSet<String>) -> Outcome {
    if found == wanted {
        return Ok(());
    }
    Err(format!("{of} has the names {found:?} instead of {wanted:?}").into())
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

/// Builds engines with an installed binding through CMake, with the lines of its README, and from the sources.
fn check_consumers(quickjs: &QuickJs) -> Outcome {
    let home = target().join("quickjs-consumers");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(&home)?;
    let (engine, prefix) = (users_engine(quickjs)?, home.join("prefix"));
    install::run_install(&[format!("--prefix={}", prefix.display())])?;
    documented_lines(&home, &engine, &prefix)?;
    let installed = format!("-DCMAKE_PREFIX_PATH={}", prefix.display());
    for given in ["target", "folder"] {
        cmake(&home.join(given), &engine, &[&installed, &format!("-DGIVEN={given}")])?;
    }
    let unsaid = cmake(&home.join("unsaid"), &engine, &[&installed]);
    if unsaid.err().is_none_or(|error| !error.to_string().contains("set DRYSTONE_QUICKJS_TARGET")) {
        return Err("without a setting for QuickJS, CMake does not report that it is missing".into());
    }
    let sources = format!("-DDRYSTONE_SOURCE={}", root().display());
    let built = format!("-DDRYSTONE_CARGO_TARGET_DIR={}", target().display());
    let engine_target = "add_library(qjs INTERFACE)\nadd_executable(engine ../engine.c)";
    for piece in snippets("bindings/quickjs/README.md", "cmake")? {
        documents::configure(&home.join("documented"), engine_target, &piece, &prefix)?;
    }
    cmake(&home.join("sources"), &engine, &[&sources, &built, "-DGIVEN=target"])
}

/// A copy of the engine's source, as users have it, and kept for its own build. The archive that `make` would leave in it
/// is made of the objects that are there.
fn users_engine(quickjs: &QuickJs) -> Outcome<PathBuf> {
    let engine = quickjs.folder.join("engine of the user");
    let (stamp, made) = (engine.join("made-from"), quickjs.source.display().to_string());
    if fs::read_to_string(&stamp).is_ok_and(|known| known == made) {
        return Ok(engine);
    }
    if engine.exists() {
        fs::remove_dir_all(&engine)?;
    }
    run(program("cp").arg("-r").arg(&quickjs.source).arg(&engine))?;
    fs::create_dir_all(engine.join("build"))?;
    run(program("ar").arg("rcs").arg(engine.join("build/libqjs.a")).args(&quickjs.objects))?;
    fs::write(stamp, made)?;
    Ok(engine)
}

/// Configures, builds and runs the consumer.
fn cmake(work: &Path, engine: &Path, arguments: &[&str]) -> Outcome {
    let mut configure = program("cmake");
    configure.arg("-S").arg(root().join("c-tests/consumers/quickjs")).arg("-B").arg(work);
    output(configure.arg(format!("-DENGINE={}", engine.display())).args(arguments))?;
    output(program("cmake").arg("--build").arg(work))?;
    starts(&work.join("engine_of_quickjs"))
}

/// The consumer's program finds all libraries and works.
fn starts(engine: &Path) -> Outcome {
    let said = output(program(engine).env_remove("LD_LIBRARY_PATH"))?;
    let right =
        said.starts_with("quickjs with drystone ") && said.trim_end().ends_with(": 42, blobs alive 0");
    if right { Ok(()) } else { Err(format!("{} prints {said:?}", engine.display()).into()) }
}

/// The lines of the binding's README, verbatim.
fn documented_lines(home: &Path, engine: &Path, prefix: &Path) -> Outcome {
    let document = fs::read_to_string(root().join("bindings/quickjs/README.md"))?;
    let blocks = |language: &str| -> Vec<&str> {
        let opening = format!("```{language}\n");
        document.split(opening.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect()
    };
    let (lines, makefiles) = (blocks("sh"), blocks("make"));
    let ([build_engine, load, link, link_checkout], [makefile]) = (lines.as_slice(), makefiles.as_slice())
    else {
        return Err("bindings/quickjs/README.md no longer has its commands".into());
    };
    let checkout = home.join("drystone");
    fs::create_dir_all(checkout.join("target"))?;
    for (there, here) in [("include", root()), ("bindings", root()), ("target/release", target())] {
        let name = there.rsplit('/').next().unwrap_or(there);
        std::os::unix::fs::symlink(here.join(name), checkout.join(there))?;
    }
    let run_line = |name: &str, arguments: &[&str], engine: &Path| {
        let mut command = program(name);
        command.current_dir(home).args(arguments).env("PREFIX", prefix).env("QUICKJS", engine);
        run(command.env("DRYSTONE", &checkout))
    };
    fs::copy(root().join("c-tests/consumers/quickjs/engine.c"), home.join("engine.c"))?;
    for line in [link, link_checkout] {
        run_line("sh", &["-euc", line], engine)?;
        starts(&home.join("engine"))?;
        fs::remove_file(home.join("engine"))?;
    }

    // The example's own line, in its folder.
    let example = home.join("example");
    fs::create_dir_all(&example)?;
    for ending in ["c", "h"] {
        for file in files(&root().join("examples/engine"), ending)? {
            fs::copy(&file, example.join(file.file_name().ok_or("a file has a name")?))?;
        }
    }
    let line = snippets("examples/engine/README.md", "sh")?.concat();
    let mut shell = program("sh");
    shell.current_dir(&example).args(["-euc", &line]).env("PREFIX", prefix).env("QUICKJS", engine);
    run(&mut shell)?;

    // make does not support names with spaces
    let plain = home.join("engine-of-the-user");
    fs::rename(engine, &plain)?;
    fs::write(home.join("Makefile"), makefile)?;
    run_line("make", &["engine"], &plain)?;
    starts(&home.join("engine"))?;
    fs::rename(&plain, engine)?;

    // Loaded by the `qjs` of the engine's own build, which hides its functions unless the README's option is given.
    run_line("sh", &["-euc", build_engine], engine)?;
    run_line("sh", &["-euc", load], engine)?;
    let example = "examples/javascript/stone.mjs";
    fs::copy(root().join(example), home.join("stone.mjs"))?;
    let mut qjs = program(engine.join("build-shared/qjs"));
    examples::says(
        &root().join(example),
        qjs.current_dir(home).arg("stone.mjs").env_remove("LD_LIBRARY_PATH"),
    )
}
