//! Tests `cargo xtask install` and `uninstall`, and the lines of the documents that install.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use crate::install::{PROGRAM, run_install, version};
use crate::library::SONAME;
use crate::process::{Outcome, cargo, output, program, root, run, target};
use crate::snippets::snippets;
use crate::{book, cargo_c, documents};

/// Installs as `docs/c.md` says and as CMake does.
pub fn check(cmake_prefix: &Path) -> Outcome {
    same_as_cmake(cmake_prefix)?;
    any_surroundings(cmake_prefix)?;
    documented_lines()?;
    lines_of_cmake()?;
    if cargo_c::is_there() {
        return cargo_c::check();
    }
    println!("\nno cargo-c: `cargo cinstall` is left out here; `cargo xtask deep` installs and tests it");
    Ok(())
}

/// Installs into a folder with a space in its name, and compares with what CMake installed.
fn same_as_cmake(cmake_prefix: &Path) -> Outcome {
    let prefix = empty("installed by xtask")?;
    run_install(&[String::from("--prefix"), prefix.display().to_string()])?;
    let said = output(program(prefix.join("bin/drystone")).arg("--version"))?;
    if said != format!("drystone {}\n", version()?) {
        return Err(format!("the installed program says {said:?}").into());
    }
    same(&prefix, cmake_prefix)?;
    let package = fs::read_to_string(prefix.join("lib/pkgconfig/drystone.pc"))?;
    if package.contains(&*prefix.to_string_lossy()) || package.contains('@') {
        return Err(format!("drystone.pc names its place or keeps a variable:\n{package}").into());
    }
    documents_are_there(&prefix)?;
    rust_program(&prefix)?;
    for installed in [&prefix, cmake_prefix] {
        found_through_a_link(installed)?;
    }
    Ok(())
}

/// The installed documents name, by links or in backticks, only documents that are installed; those for work on a checkout
/// are elsewhere.
fn documents_are_there(prefix: &Path) -> Outcome {
    let documents = prefix.join("share/doc/drystone");
    for line in tree(prefix)?.lines() {
        let Some((name, _)) = line.split_once(".md ") else { continue };
        let file = prefix.join(format!("{name}.md"));
        let text = fs::read_to_string(&file)?;
        let mut faulty = book::faulty_links(&file, &text);
        if text.contains("{{#include") {
            faulty.push(String::from("a file that mdBook includes"));
        }
        let text = book::without_code(&text);
        let named = text.split('`').skip(1).step_by(2).filter(|named| named.ends_with(".md"));
        let places = ["docs/", "bindings/", "examples/"];
        let named =
            named.filter(|named| places.iter().any(|place| named.starts_with(place)) && !named.contains('*'));
        faulty.extend(named.filter(|named| !documents.join(named).exists()).map(str::to_owned));
        if !faulty.is_empty() {
            return Err(format!("{} names what is not installed: {faulty:?}", file.display()).into());
        }
    }
    Ok(())
}

/// A program with drystone-sys finds the library by `drystone.pc`, and runs with it.
fn rust_program(prefix: &Path) -> Outcome {
    let mut program = cargo();
    program.args([
        "run",
        "--locked",
        "--manifest-path",
        "bindings/rust/Cargo.toml",
        "--package",
        "drystone-sys",
    ]);
    program.args(["--example", "send"]).env("CARGO_TARGET_DIR", target().join("sys"));
    program.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
    run(program.env_remove("DRYSTONE_LIB_DIR").env_remove("LD_LIBRARY_PATH"))
}

/// CMake finds the package in `/lib/cmake` where `/lib` leads to `/usr/lib`.
fn found_through_a_link(installed: &Path) -> Outcome {
    let folder = empty("found through a link")?;
    symlink(installed, folder.join("usr"))?;
    symlink("usr/lib", folder.join("lib"))?;
    let program = "add_executable(program drystone/c-tests/consumers/program.c)";
    let lines = "find_package(drystone REQUIRED)\ntarget_link_libraries(program PRIVATE drystone::drystone)";
    documents::configure(&folder.join("project"), program, lines, &folder)
}

/// Installs twice at once, through a link, by a user with a strict umask and an environment that selects another target;
/// then over these files; and removes them.
fn any_surroundings(cmake_prefix: &Path) -> Outcome {
    let folder = empty("installed twice")?;
    fs::create_dir(folder.join("place"))?;
    symlink("place", folder.join("link"))?;
    let xtask = |lines: &str| {
        let mut shell = program("sh");
        shell.current_dir(&folder).args(["-euc", lines]).env("XTASK", std::env::current_exe()?);
        run(shell.env("CARGO_BUILD_TARGET", "none"))
    };
    xtask("umask 077; \"$XTASK\" install --prefix link & \"$XTASK\" install --prefix=link; wait $!")?;
    let place = folder.join("place");
    same(&place, cmake_prefix)?;
    let closed =
        output(program("find").arg(&place).args(["-mindepth", "1", "-type", "d", "!", "-perm", "755"]))?;
    if !closed.is_empty() {
        return Err(format!("not every user may read\n{closed}").into());
    }
    // What a running program has loaded is replaced, never written into.
    let library = place.join("lib").join(SONAME);
    let loaded = fs::metadata(&library)?.ino();
    let kept = fs::File::open(&library)?;
    let prefix = place.strip_prefix("/")?.parent().ok_or("it is below the root")?.display();
    xtask(&format!("\"$XTASK\" install --destdir / --prefix '/{prefix}/place'"))?;
    if fs::metadata(&library)?.ino() == loaded || kept.metadata()?.nlink() != 0 {
        return Err("a second installation writes into the library of the first".into());
    }
    fs::write(place.join("share/drystone/of the user"), "")?;
    xtask("\"$XTASK\" uninstall --prefix link")?;
    let left =
        output(program("find").current_dir(&place).args([".", "-name", "*drystone*", "-printf", "%P\\n"]))?;
    let files = tree(&place)?;
    if left != "share/drystone\n" || !files.starts_with("share/drystone/of the user ") || files.contains('\n')
    {
        return Err(format!("uninstall leaves\n{left}{files}").into());
    }
    // Where nothing can be put, nothing is built.
    fs::write(folder.join("file"), "")?;
    let mut install = program(std::env::current_exe()?);
    let below = folder.join("file/a");
    let refused = output(install.args(["install", "--prefix"]).arg(&below).env("CARGO", "false"));
    let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
    if !said.contains("twice/file: ") || said.contains("false build") {
        return Err(format!("an installation below a file says {said:?}").into());
    }
    // Where a file cannot be put, the message names it, and nothing half made stays.
    fs::create_dir_all(place.join("include/drystone.h/folder"))?;
    let refused = run_install(&[format!("--prefix={}", place.display())]);
    let said = refused.err().map(|error| error.to_string()).unwrap_or_default();
    let hidden = output(program("find").arg(&place).args(["-name", ".*"]))?;
    if !said.contains("include/drystone.h: ") || !hidden.is_empty() {
        return Err(format!("an installation that fails says {said:?} and leaves\n{hidden}").into());
    }
    Ok(())
}

/// Compares with what CMake installed.
fn same(prefix: &Path, cmake_prefix: &Path) -> Outcome {
    let only_ours = |line: &&str| PROGRAM.iter().any(|file| line.starts_with(&format!("{file} ")));
    let ours = tree(prefix)?;
    let ours: Vec<_> = ours.lines().filter(|line| !only_ours(line)).collect();
    let (ours, theirs) = (ours.join("\n"), tree(cmake_prefix)?);
    if ours == theirs {
        return Ok(());
    }
    Err(format!("xtask installed\n{ours}\nand CMake installed\n{theirs}").into())
}

/// An empty folder of this name.
fn empty(name: &str) -> Outcome<PathBuf> {
    let folder = target().join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The shell lines of `docs/c.md` and how the README builds, as they stand, beside a checkout and with a home of their own;
/// each block with a `cc` line makes a program that starts.
fn documented_lines() -> Outcome {
    let home = empty("home")?;
    symlink(root(), home.join("drystone"))?;
    fs::copy(root().join("c-tests/consumers/program.c"), home.join("engine.c"))?;
    let document = fs::read_to_string(root().join("docs/c.md"))?;
    let blocks: Vec<_> =
        document.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let (remove, blocks) = blocks.split_last().ok_or("docs/c.md has no shell lines")?;
    if blocks.len() < 4 || !remove.contains("uninstall") {
        return Err("docs/c.md has lost its shell lines".into());
    }
    let readme = snippets("README.md", "sh")?;
    let readme =
        readme.iter().find(|block| block.contains("cc engine.c")).ok_or("README.md has lost its cc line")?;
    let mut programs = 0;
    let shell = |block: &str| {
        let mut shell = program("sh");
        shell.current_dir(&home).args(["-euc", block]);
        // Cargo and rustup stay the user's own; the rest of the home is empty.
        let user = PathBuf::from(std::env::var_os("HOME").ok_or("HOME is not set")?);
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            shell.env(name, std::env::var_os(name).unwrap_or_else(|| user.join(folder).into()));
        }
        for name in ["CARGO_TARGET_DIR", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH", "PKG_CONFIG_PATH"] {
            shell.env_remove(name);
        }
        run(shell.env("HOME", &home))
    };
    for block in core::iter::once(&readme.as_str()).chain(blocks) {
        shell(block)?;
        if block.contains("-o engine") {
            let said = output(program(home.join("engine")).env_remove("LD_LIBRARY_PATH"))?;
            if !said.starts_with("drystone ") {
                return Err(format!("{block}makes a program that says {said:?}").into());
            }
            fs::remove_file(home.join("engine"))?;
            programs += 1;
        }
    }
    if programs != 5 {
        return Err(format!("docs/c.md builds {programs} programs").into());
    }
    let targets = "add_executable(engine ../engine.c)\nadd_executable(program ../engine.c)";
    for document in ["docs/c.md", "bindings/cmake/README.md"] {
        for piece in snippets(document, "cmake")? {
            documents::configure(&home.join("configured"), targets, &piece, &home.join(".local"))?;
        }
    }
    shell(remove)?;
    let left = tree(&home.join(".local"))?;
    if left.is_empty() { Ok(()) } else { Err(format!("docs/c.md leaves when it removes\n{left}").into()) }
}

/// The shell lines of CMake's document beside a checkout, with another prefix, and cargo's folder shared.
fn lines_of_cmake() -> Outcome {
    let document = "bindings/cmake/README.md";
    let blocks = snippets(document, "sh")?;
    let [install, compile, remove] = blocks.as_slice() else {
        return Err(format!("{document} has lost its commands").into());
    };
    let folder = empty("cmake-lines")?;
    symlink(root(), folder.join("drystone"))?;
    fs::copy(root().join("c-tests/consumers/program.c"), folder.join("program.c"))?;
    let prefix = folder.join("prefix");
    let shell = |lines: &str| {
        let mut shell = program("sh");
        shell.current_dir(&folder).args(["-euc", lines]).env("PREFIX", &prefix).env("TARGET", target());
        shell.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).env_remove("LD_LIBRARY_PATH");
        shell
    };
    let own = "\"$PREFIX\" -DCMAKE_INSTALL_LIBDIR=lib -DDRYSTONE_CARGO_TARGET_DIR=\"$TARGET\"";
    run(&mut shell(&install.replace("/usr/local", own)))?;
    let compile: Vec<_> = compile.lines().collect();
    let [shared, linked_whole] = compile.as_slice() else {
        return Err(format!("{document} compiles in {} lines", compile.len()).into());
    };
    let starts = |library_path: &Path| -> Outcome {
        let said = output(program(folder.join("a.out")).env("LD_LIBRARY_PATH", library_path))?;
        if said.starts_with("drystone ") { Ok(()) } else { Err(format!("a.out says {said:?}").into()) }
    };
    run(&mut shell(shared))?;
    starts(&prefix.join("lib"))?;
    run(&mut shell("rm a.out \"$PREFIX\"/lib/libdrystone.so*"))?;
    run(&mut shell(linked_whole))?;
    starts(&folder)?;
    run(&mut shell(remove))?;
    let left = tree(&prefix)?;
    if left.is_empty() { Ok(()) } else { Err(format!("{document} leaves when it removes\n{left}").into()) }
}

/// Every file below, a line each, with what a link leads to and whether it is executable.
fn tree(folder: &Path) -> Outcome<String> {
    output(program("find").current_dir(folder).args([".", "!", "-type", "d", "-printf", "%P %l %m\\n"])).map(
        |list| {
            let mut lines: Vec<_> = list.lines().collect();
            lines.sort_unstable();
            lines.join("\n")
        },
    )
}
