//! `cargo xtask install`: what the CMake project installs, without CMake, and the command line. The same files from the
//! same templates; a test compares the two.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use crate::library::{self, SONAME};
use crate::process::{Outcome, cargo, output, program, root, run, target};
use crate::quickjs::files;
use crate::{cargo_c, documents};

const HEADERS: [&str; 4] = [
    "include/drystone.h",
    "include/drystone_inline.h",
    "include/drystone_wasmtime.h",
    "bindings/quickjs/drystone_quickjs.h",
];
const TEXTS: [&str; 5] = ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-MIT", "LICENSE-APACHE"];
/// What CMake does not install.
const PROGRAM: [&str; 2] = ["bin/drystone", "share/man/man1/drystone.1"];
/// Where the binding for QuickJS goes, below the prefix.
pub const QUICKJS: &str = "share/drystone/quickjs";
/// What CMake writes for `@PACKAGE_INIT@`, as far as our template uses it.
const PACKAGE_INIT: &str = r#"get_filename_component(PACKAGE_PREFIX_DIR "${CMAKE_CURRENT_LIST_DIR}/@up@" ABSOLUTE)

macro(check_required_components name)
  foreach(component IN LISTS ${name}_FIND_COMPONENTS)
    if(NOT ${name}_${component}_FOUND AND ${name}_FIND_REQUIRED_${component})
      set(${name}_FOUND FALSE)
    endif()
  endforeach()
endmacro()"#;

const OPTIONS: [&str; 3] = ["--prefix", "--destdir", "--libdir"];

/// Where things go.
struct Places {
    prefix: PathBuf,
    /// In front of the prefix while copying only: for those who make packages.
    destdir: Option<PathBuf>,
    /// Below the prefix.
    libdir: String,
}

impl Places {
    /// From `--prefix P`, `--destdir D`, `--libdir L`, each also with `=`.
    fn from_arguments(arguments: &[String]) -> Outcome<Places> {
        let mut places =
            Places { prefix: PathBuf::from("/usr/local"), destdir: None, libdir: String::from("lib") };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), arguments.next().cloned()),
            };
            if !OPTIONS.contains(&name) {
                return Err(format!("install does not know {name}; it takes {}", OPTIONS.join(", ")).into());
            }
            let value = value.filter(|value| !value.is_empty()).ok_or(format!("{name} wants a value"))?;
            let is_below = Path::new(&value).components().all(|part| matches!(part, Component::Normal(_)));
            match name {
                "--prefix" => places.prefix = std::path::absolute(value)?,
                "--destdir" => places.destdir = Some(std::path::absolute(value)?),
                _ if is_below => places.libdir = value,
                _ => return Err("--libdir is a folder below the prefix, as lib or lib64".into()),
            }
        }
        Ok(places)
    }

    /// A folder below the prefix, as it is written to.
    fn folder(&self, below: &str) -> Outcome<PathBuf> {
        let place = self.prefix.join(below);
        let place = match &self.destdir {
            Some(destdir) => destdir.join(place.strip_prefix("/")?),
            None => place,
        };
        fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
        Ok(place)
    }
}

/// Builds the release library and the program, and installs them.
pub fn run_install(arguments: &[String]) -> Outcome {
    let places = Places::from_arguments(arguments)?;
    library::build()?;
    let version = version()?;
    libraries(&places, &version)?;
    let include = places.folder("include")?;
    for header in HEADERS {
        copy(&root().join(header), &include)?;
    }
    let binding = places.folder(QUICKJS)?;
    for ending in ["c", "h", "ts", "md"] {
        for file in files(&root().join("bindings/quickjs"), ending)? {
            copy(&file, &binding)?;
        }
    }
    packages(&places, &version)?;
    let documents = places.folder("share/doc/drystone")?;
    for text in TEXTS {
        copy(&root().join(text), &documents)?;
    }
    let documents = places.folder("share/doc/drystone/docs")?;
    for text in files(&root().join("docs"), "md")? {
        copy(&text, &documents)?;
    }
    run(cargo().args(["build", "--release", "--locked", "--package", "drystone-cli"]))?;
    let [binary, page] = PROGRAM.map(Path::new);
    for (from, to, mode) in
        [(target().join("release/drystone"), binary, 0o755), (root().join("cli/drystone.1"), page, 0o644)]
    {
        let folder = places.folder(&to.parent().ok_or("it lies in a folder")?.to_string_lossy())?;
        place(&from, &folder.join(to.file_name().ok_or("a file has a name")?), mode)?;
    }
    println!("\ninstalled drystone {version} below {}", places.folder("")?.display());
    Ok(())
}

/// The workspace's version, which is the library's.
pub fn version() -> Outcome<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \""));
    Ok(line.and_then(|rest| rest.split('"').next()).ok_or("Cargo.toml has no version")?.to_owned())
}

fn libraries(places: &Places, version: &str) -> Outcome {
    let folder = places.folder(&places.libdir)?;
    let file = format!("libdrystone.so.{}", numeric(version));
    // Libraries that run are replaced, never written into.
    let archive = folder.join("libdrystone.a");
    library::localised(&archive)?;
    library::versioned(&archive, &native_libraries()?, &folder.join(&file))?;
    for (name, leads_to) in [(SONAME, file.as_str()), ("libdrystone.so", SONAME)] {
        let link = folder.join(name);
        if link.symlink_metadata().is_ok() {
            fs::remove_file(&link)?;
        }
        symlink(leads_to, link)?;
    }
    Ok(())
}

/// What CMake's `find_package` and pkg-config read.
fn packages(places: &Places, version: &str) -> Outcome {
    let libdir = places.libdir.as_str();
    let native = native_libraries()?;
    let up = |below: &str| "../".repeat(Path::new(libdir).components().count() + below.split('/').count());
    let init = PACKAGE_INIT.replace("@up@", &up("cmake/drystone"));
    let pointer_size = size_of::<usize>().to_string();
    let file = format!("libdrystone.so.{}", numeric(version));
    let values = [
        ("PACKAGE_INIT", init.as_str()),
        ("PACKAGE_CMAKE_INSTALL_LIBDIR", &format!("${{PACKAGE_PREFIX_DIR}}/{libdir}")),
        ("PACKAGE_CMAKE_INSTALL_INCLUDEDIR", "${PACKAGE_PREFIX_DIR}/include"),
        ("PACKAGE_drystone_quickjs_dir", &format!("${{PACKAGE_PREFIX_DIR}}/{QUICKJS}")),
        ("drystone_shared_file", file.as_str()),
        ("drystone_soname", SONAME),
        ("DRYSTONE_NATIVE_LIBRARIES", &native.join(";")),
        ("drystone_numeric_version", numeric(version)),
        ("drystone_pointer_size", &pointer_size),
        ("drystone_pc_prefix", &format!("${{pcfiledir}}/{}", up("pkgconfig").trim_end_matches('/'))),
        ("drystone_pc_libdir", &format!("${{prefix}}/{libdir}")),
        ("drystone_pc_includedir", "${prefix}/include"),
        ("drystone_full_version", version),
        ("drystone_pc_native_libraries", &native.join(" ")),
    ];
    let cmake = places.folder(&format!("{libdir}/cmake/drystone"))?;
    fill("bindings/cmake/drystone-config.cmake.in", &cmake, &values)?;
    fill("bindings/cmake/drystone-config-version.cmake.in", &cmake, &values)?;
    copy(&root().join("bindings/cmake/drystone-quickjs.cmake"), &cmake)?;
    fill("bindings/pkgconfig/drystone.pc.in", &places.folder(&format!("{libdir}/pkgconfig"))?, &values)
}

/// CMakeLists.txt has the list, which a test compares with rustc's answer.
fn native_libraries() -> Outcome<Vec<String>> {
    let project = fs::read_to_string(root().join("CMakeLists.txt"))?;
    let rest = project.split("set(DRYSTONE_NATIVE_LIBRARIES ").nth(1);
    let list =
        rest.and_then(|rest| rest.split(" CACHE").next()).ok_or("CMakeLists.txt names no libraries")?;
    Ok(list.split_whitespace().map(str::to_owned).collect())
}

/// A template with its `@NAME@`s replaced, under its name without `.in`.
fn fill(template: &str, folder: &Path, values: &[(&str, &str)]) -> Outcome {
    let template = root().join(template);
    let mut text = fs::read_to_string(&template)?;
    for (name, value) in values {
        text = text.replace(&format!("@{name}@"), value);
    }
    let name = template.file_stem().ok_or("a template has a name")?;
    Ok(fs::write(folder.join(name), text)?)
}

/// The version without what comes after a hyphen or plus.
fn numeric(version: &str) -> &str {
    version.split(['-', '+']).next().unwrap_or(version)
}

fn copy(file: &Path, folder: &Path) -> Outcome {
    place(file, &folder.join(file.file_name().ok_or("a file has a name")?), 0o644)
}

fn place(from: &Path, to: &Path, mode: u32) -> Outcome {
    if to.symlink_metadata().is_ok() {
        fs::remove_file(to)?;
    }
    fs::copy(from, to).map_err(|error| format!("{}: {error}", to.display()))?;
    Ok(fs::set_permissions(to, fs::Permissions::from_mode(mode))?)
}

/// Installs as `docs/c.md` says and as CMake does.
pub fn test_install(cmake_prefix: &Path) -> Outcome {
    same_as_cmake(cmake_prefix)?;
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
    let prefix = target().join("installed by xtask");
    if prefix.exists() {
        fs::remove_dir_all(&prefix)?;
    }
    run_install(&[String::from("--prefix"), prefix.display().to_string()])?;
    let said = output(program(prefix.join("bin/drystone")).arg("--version"))?;
    if said != format!("drystone {}\n", version()?) {
        return Err(format!("the installed program says {said:?}").into());
    }
    for file in PROGRAM {
        fs::remove_file(prefix.join(file))?;
    }
    let (ours, theirs) = (tree(&prefix)?, tree(cmake_prefix)?);
    if ours != theirs {
        return Err(format!("xtask installed\n{ours}\nand CMake installed\n{theirs}").into());
    }
    let package = fs::read_to_string(prefix.join("lib/pkgconfig/drystone.pc"))?;
    if package.contains(&*prefix.to_string_lossy()) || package.contains('@') {
        return Err(format!("drystone.pc names its place or keeps a variable:\n{package}").into());
    }
    Ok(())
}

/// The shell lines of `docs/c.md` and how the README builds, as they stand, beside a checkout and with a home of their own;
/// each block with a `cc` line makes a program that starts.
fn documented_lines() -> Outcome {
    let home = target().join("home");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(&home)?;
    symlink(root(), home.join("drystone"))?;
    fs::copy(root().join("c-tests/consumers/program.c"), home.join("engine.c"))?;
    let document = fs::read_to_string(root().join("docs/c.md"))?;
    let blocks: Vec<_> =
        document.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let (remove, blocks) = blocks.split_last().ok_or("docs/c.md has no shell lines")?;
    if blocks.len() < 4 || !remove.contains("rm ") {
        return Err("docs/c.md has lost its shell lines".into());
    }
    let readme = documents::snippets("README.md", "sh")?;
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
        for piece in documents::snippets(document, "cmake")? {
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
    let blocks = documents::snippets(document, "sh")?;
    let [install, compile] = blocks.as_slice() else {
        return Err(format!("{document} has lost its commands").into());
    };
    let folder = target().join("cmake-lines");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
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
    let starts = |library_path: &Path| {
        let said = output(program(folder.join("a.out")).env("LD_LIBRARY_PATH", library_path))?;
        if said.starts_with("drystone ") { Ok(()) } else { Err(format!("a.out says {said:?}").into()) }
    };
    run(&mut shell(shared))?;
    starts(&prefix.join("lib"))?;
    run(&mut shell("rm a.out \"$PREFIX\"/lib/libdrystone.so*"))?;
    run(&mut shell(linked_whole))?;
    starts(&folder)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn places(words: &str) -> Outcome<Places> {
        Places::from_arguments(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_library_stays_below_the_prefix() {
        let good = places("--prefix /a --libdir=lib/x86_64-linux-gnu --destdir /d").unwrap();
        assert_eq!(good.libdir, "lib/x86_64-linux-gnu");
        assert_eq!((good.prefix, good.destdir), ("/a".into(), Some("/d".into())));
        for words in
            ["--libdir /lib", "--libdir ../lib", "--libdir lib/../..", "--libdir .", "--prefix", "--help"]
        {
            assert!(places(words).is_err(), "{words}");
        }
    }
}
