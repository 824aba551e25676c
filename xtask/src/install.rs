//! `cargo xtask install` and `uninstall`: what the CMake project installs, without CMake, and the command line. The same
//! files from the same templates; a test compares the two.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use crate::library::{self, SONAME};
use crate::post_library::{self, POST_ARCHIVE, POST_SHARED, POST_SONAME};
use crate::process::{Outcome, root, target};
use crate::quickjs::files;

const HEADERS: [&str; 4] = [
    "include/drystone.h",
    "include/drystone_inline.h",
    "include/drystone_wasmtime.h",
    "bindings/quickjs/drystone_quickjs.h",
];
const TEXTS: [&str; 5] = ["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-MIT", "LICENSE-APACHE"];
/// The command line and its manual page, which CMake does not install.
pub const PROGRAM: [&str; 2] = ["bin/drystone", "share/man/man1/drystone.1"];
/// Where the binding for QuickJS goes, below the prefix.
pub const QUICKJS: &str = "share/drystone/quickjs";
/// Folders whose documents and programs are installed beside the README, which names them.
const READ: [&str; 16] = [
    "bindings/cmake",
    "bindings/conan",
    "bindings/python",
    "bindings/quickjs",
    "bindings/rust/drystone-sys",
    "bindings/web",
    "docs",
    "examples",
    "examples/c",
    "examples/engine",
    "examples/guest-imports",
    "examples/javascript",
    "examples/link",
    "examples/python",
    "examples/quickjs",
    "examples/rust",
];
/// The book's own pages in `docs`: only mdBook can read them.
const BOOK: [&str; 2] = ["SUMMARY.md", "reference.md"];
/// What CMake writes for `@PACKAGE_INIT@`, as far as our template uses it.
const PACKAGE_INIT: &str = r#"get_filename_component(PACKAGE_PREFIX_DIR "${CMAKE_CURRENT_LIST_DIR}/@up@" ABSOLUTE)

macro(check_required_components name)
  foreach(component IN LISTS ${name}_FIND_COMPONENTS)
    if(NOT ${name}_${component}_FOUND AND ${name}_FIND_REQUIRED_${component})
      set(${name}_FOUND FALSE)
    endif()
  endforeach()
endmacro()"#;

const OPTIONS: [&str; 4] = ["--prefix", "--destdir", "--libdir", "--post"];

/// Where things go.
struct Places {
    prefix: PathBuf,
    /// In front of the prefix while copying only: for those who make packages.
    destdir: Option<PathBuf>,
    /// Below the prefix.
    libdir: String,
    /// libdrystone_post, too.
    post: bool,
}

impl Places {
    /// From `--prefix P`, `--destdir D`, `--libdir L`, each also with `=`, and `--post`.
    fn from_arguments(arguments: &[String]) -> Outcome<Places> {
        let (prefix, libdir) = (PathBuf::from("/usr/local"), String::from("lib"));
        let mut places = Places { prefix, destdir: None, libdir, post: false };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument == "--post" {
                places.post = true;
                continue;
            }
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (argument.as_str(), arguments.next().cloned()),
            };
            if !OPTIONS.contains(&name) {
                return Err(
                    format!("there is no option {name}; the options are {}", OPTIONS.join(", ")).into()
                );
            }
            let value = value.filter(|value| !value.is_empty()).ok_or(format!("{name} wants a value"))?;
            let is_below = Path::new(&value).components().all(|part| matches!(part, Component::Normal(_)));
            match name {
                "--prefix" => places.prefix = std::path::absolute(value)?,
                "--destdir" => places.destdir = Some(std::path::absolute(value)?),
                "--post" => return Err("--post takes no value".into()),
                _ if is_below => places.libdir = value,
                _ => return Err("--libdir is a folder below the prefix, as lib or lib64".into()),
            }
        }
        Ok(places)
    }

    /// The prefix, as it is written to.
    fn root(&self) -> Outcome<PathBuf> {
        Ok(match &self.destdir {
            Some(destdir) => destdir.join(self.prefix.strip_prefix("/")?),
            None => self.prefix.clone(),
        })
    }
}

/// One installed file.
struct Item {
    /// Its path below the prefix.
    to: PathBuf,
    content: Content,
}

enum Content {
    File(PathBuf),
    /// A file that can be run or, as a shared library, loaded.
    Executable(PathBuf),
    Text(String),
    Link(String),
}

/// What has been built, or will be.
struct Built {
    archive: PathBuf,
    shared: PathBuf,
    program: PathBuf,
    /// libdrystone_post's, where it is installed.
    post_archive: PathBuf,
    post_shared: PathBuf,
}

/// Builds the release library and the program, and installs them. Nothing is installed before everything is built, and
/// nothing is built where a file cannot be put.
pub fn run_install(arguments: &[String]) -> Outcome {
    let places = Places::from_arguments(arguments)?;
    let version = version()?;
    let prefix = places.root()?;
    let first = Item {
        to: Path::new(&places.libdir).join("drystone.installing"),
        content: Content::Text(String::new()),
    };
    first.put(&prefix).and_then(|()| first.remove(&prefix))?;
    let built = build(&version, places.post)?;
    for item in items(&places, &version, &built)? {
        item.put(&prefix)?;
    }
    println!("\ninstalled drystone {version} below {}", prefix.display());
    Ok(())
}

/// Removes what `run_install` installs with the same arguments, and the folders that only drystone uses.
pub fn run_uninstall(arguments: &[String]) -> Outcome {
    let places = Places::from_arguments(arguments)?;
    let version = version()?;
    let none = PathBuf::new;
    let built =
        Built { archive: none(), shared: none(), program: none(), post_archive: none(), post_shared: none() };
    let prefix = places.root()?;
    let mut removed = 0;
    for item in items(&places, &version, &built)? {
        removed += usize::from(item.remove(&prefix)?);
    }
    println!("removed {removed} files of drystone {version} below {}", prefix.display());
    Ok(())
}

/// The workspace's version, which is the library's.
pub fn version() -> Outcome<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = \""));
    Ok(line.and_then(|rest| rest.split('"').next()).ok_or("Cargo.toml has no version")?.to_owned())
}

fn build(version: &str, post: bool) -> Outcome<Built> {
    let folder = target().join("install");
    fs::create_dir_all(&folder)?;
    let built = Built {
        archive: folder.join("libdrystone.a"),
        shared: folder.join(shared_file(version)),
        program: library::release("drystone-cli", "drystone")?,
        post_archive: folder.join(POST_ARCHIVE),
        post_shared: folder.join(POST_SHARED),
    };
    let archive = library::release("drystone", "libdrystone.a")?;
    library::localised(&archive, &library::symbols(), &built.archive)?;
    let mut libraries = native_libraries()?;
    library::versioned(&built.archive, &library::symbols(), SONAME, &libraries, &built.shared)?;
    if post {
        let [_, archive] = post_library::release()?;
        post_library::localised(&archive, &built.post_archive)?;
        libraries.insert(0, built.shared.display().to_string());
        library::versioned(
            &built.post_archive,
            &post_library::symbols(),
            POST_SONAME,
            &libraries,
            &built.post_shared,
        )?;
    }
    Ok(built)
}

/// Everything that is installed.
fn items(places: &Places, version: &str, built: &Built) -> Outcome<Vec<Item>> {
    let libdir = Path::new(&places.libdir);
    let (documents, quickjs) = (Path::new("share/doc/drystone"), Path::new(QUICKJS));
    let mut items = vec![
        Item { to: libdir.join("libdrystone.a"), content: Content::File(built.archive.clone()) },
        Item { to: libdir.join(shared_file(version)), content: Content::Executable(built.shared.clone()) },
        Item { to: libdir.join(SONAME), content: Content::Link(shared_file(version)) },
        Item { to: libdir.join("libdrystone.so"), content: Content::Link(SONAME.to_owned()) },
        Item { to: PROGRAM[0].into(), content: Content::Executable(built.program.clone()) },
        Item { to: PROGRAM[1].into(), content: Content::File(root().join("cli/drystone.1")) },
    ];
    let mut copy = |file: &Path, folder: &Path| -> Outcome {
        let to = folder.join(file.file_name().ok_or("a file has a name")?);
        items.push(Item { to, content: Content::File(file.to_owned()) });
        Ok(())
    };
    for header in HEADERS {
        copy(&root().join(header), Path::new("include"))?;
    }
    for text in TEXTS {
        copy(&root().join(text), documents)?;
    }
    let cmake = libdir.join("cmake/drystone");
    copy(&root().join("bindings/cmake/drystone-quickjs.cmake"), &cmake)?;
    for ending in ["c", "h", "ts"] {
        for file in files(&root().join("bindings/quickjs"), ending)? {
            copy(&file, quickjs)?;
        }
    }
    for file in readable()? {
        let folder = file.parent().ok_or("a document is in a folder")?.strip_prefix(root())?;
        copy(&file, &documents.join(folder))?;
    }
    let values = values(&places.libdir, version)?;
    for (template, folder) in [
        ("bindings/cmake/drystone-config.cmake.in", &cmake),
        ("bindings/cmake/drystone-config-version.cmake.in", &cmake),
        ("bindings/pkgconfig/drystone.pc.in", &libdir.join("pkgconfig")),
    ] {
        items.push(filled(template, folder, &values)?);
    }
    if places.post {
        items.extend(post_items(libdir, version, built, values)?);
    }
    Ok(items)
}

/// The documents, their pictures, and the examples.
fn readable() -> Outcome<Vec<PathBuf>> {
    let mut readable = files(&root().join("docs/figures"), "svg")?;
    for folder in READ {
        readable.extend(files(&root().join(folder), "md")?);
        if folder.starts_with("examples") {
            for ending in ["c", "h", "mjs", "py", "rs", "wat"] {
                readable.extend(files(&root().join(folder), ending)?);
            }
        }
    }
    readable.retain(|file| !BOOK.iter().any(|page| file.ends_with(page)));
    Ok(readable)
}

/// What is installed of libdrystone_post.
fn post_items(
    libdir: &Path,
    version: &str,
    built: &Built,
    mut values: Vec<(&'static str, String)>,
) -> Outcome<Vec<Item>> {
    let shared = format!("{POST_SHARED}.{}", numeric(version));
    let cmake = libdir.join("cmake/drystone_post");
    values.extend([("post_file", shared.clone()), ("post_soname", POST_SONAME.to_owned())]);
    let header = "include/drystone_post.h";
    let mut of_version = filled("bindings/cmake/drystone-config-version.cmake.in", &cmake, &values)?;
    of_version.to = cmake.join("drystone_post-config-version.cmake");
    Ok(vec![
        of_version,
        Item { to: libdir.join(POST_ARCHIVE), content: Content::File(built.post_archive.clone()) },
        Item { to: libdir.join(&shared), content: Content::Executable(built.post_shared.clone()) },
        Item { to: libdir.join(POST_SONAME), content: Content::Link(shared) },
        Item { to: libdir.join(POST_SHARED), content: Content::Link(POST_SONAME.to_owned()) },
        Item { to: header.into(), content: Content::File(root().join("post").join(header)) },
        filled("post/cmake/drystone_post-config.cmake.in", &cmake, &values)?,
        filled("post/cmake/drystone_post.pc.in", &libdir.join("pkgconfig"), &values)?,
    ])
}

/// What the templates of CMake's `find_package` and pkg-config have in place of `@NAME@`.
fn values(libdir: &str, version: &str) -> Outcome<Vec<(&'static str, String)>> {
    let native = native_libraries()?;
    let up = |below: &str| "../".repeat(Path::new(libdir).components().count() + below.split('/').count());
    Ok(vec![
        ("PACKAGE_INIT", PACKAGE_INIT.replace("@up@", &up("cmake/drystone"))),
        ("drystone_package_up", up("cmake/drystone")),
        ("PACKAGE_CMAKE_INSTALL_LIBDIR", format!("${{PACKAGE_PREFIX_DIR}}/{libdir}")),
        ("PACKAGE_CMAKE_INSTALL_INCLUDEDIR", String::from("${PACKAGE_PREFIX_DIR}/include")),
        ("PACKAGE_drystone_quickjs_dir", format!("${{PACKAGE_PREFIX_DIR}}/{QUICKJS}")),
        ("drystone_shared_file", shared_file(version)),
        ("drystone_soname", SONAME.to_owned()),
        ("DRYSTONE_NATIVE_LIBRARIES", native.join(";")),
        ("drystone_numeric_version", numeric(version).to_owned()),
        ("drystone_pointer_size", size_of::<usize>().to_string()),
        ("drystone_pc_prefix", format!("${{pcfiledir}}/{}", up("pkgconfig").trim_end_matches('/'))),
        ("drystone_pc_libdir", format!("${{prefix}}/{libdir}")),
        ("drystone_pc_includedir", String::from("${prefix}/include")),
        ("drystone_full_version", version.to_owned()),
        ("drystone_pc_native_libraries", native.join(" ")),
    ])
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
fn filled(template: &str, folder: &Path, values: &[(&str, String)]) -> Outcome<Item> {
    let template = root().join(template);
    let mut text = fs::read_to_string(&template)?;
    for (name, value) in values {
        text = text.replace(&format!("@{name}@"), value);
    }
    let name = template.file_stem().ok_or("a template has a name")?;
    Ok(Item { to: folder.join(name), content: Content::Text(text) })
}

fn shared_file(version: &str) -> String {
    format!("libdrystone.so.{}", numeric(version))
}

/// The version without what comes after a hyphen or plus.
fn numeric(version: &str) -> &str {
    version.split(['-', '+']).next().unwrap_or(version)
}

impl Item {
    /// Puts the file in its place in one step: a program that runs keeps its library, and nobody sees half a file.
    fn put(&self, prefix: &Path) -> Outcome {
        let to = prefix.join(&self.to);
        let folder = to.parent().ok_or("a file is in a folder")?;
        let name = self.to.file_name().ok_or("a file has a name")?.to_string_lossy();
        let new = folder.join(format!(".{name}.{}", std::process::id()));
        create_folder(folder)?;
        let put = self.write(&new).and_then(|()| fs::rename(&new, &to));
        put.map_err(|error| {
            let _ = fs::remove_file(&new);
            format!("{}: {error}", to.display()).into()
        })
    }

    /// Every user may read it, whatever the umask of the one who installs.
    fn write(&self, to: &Path) -> std::io::Result<()> {
        let mode = match &self.content {
            Content::Link(leads_to) => return symlink(leads_to, to),
            Content::File(from) => fs::copy(from, to).map(|_| 0o644)?,
            Content::Executable(from) => fs::copy(from, to).map(|_| 0o755)?,
            Content::Text(text) => fs::write(to, text).map(|()| 0o644)?,
        };
        fs::set_permissions(to, fs::Permissions::from_mode(mode))
    }

    /// Removes the file, then the empty folders around it that are drystone's own; returns whether the file was there.
    fn remove(&self, prefix: &Path) -> Outcome<bool> {
        let file = prefix.join(&self.to);
        let was_there = match fs::remove_file(&file) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::NotFound => false,
            Err(error) => return Err(format!("{}: {error}", file.display()).into()),
        };
        let names = ["drystone", "drystone_post"];
        let is_ours = |folder: &&Path| {
            folder.components().any(|part| names.iter().any(|name| part.as_os_str() == *name))
        };
        for folder in self.to.ancestors().skip(1).take_while(is_ours) {
            if fs::remove_dir(prefix.join(folder)).is_err() {
                break;
            }
        }
        Ok(was_there)
    }
}

/// Creates the folder and the missing ones above it, for every user to read.
fn create_folder(folder: &Path) -> Outcome {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        create_folder(above)?;
    }
    let created = fs::create_dir(folder);
    match created.and_then(|()| fs::set_permissions(folder, fs::Permissions::from_mode(0o755))) {
        // Another installation has just made it.
        Err(_) if folder.is_dir() => Ok(()),
        result => result.map_err(|error| format!("{}: {error}", folder.display()).into()),
    }
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
        assert_eq!((good.prefix, good.destdir, good.post), ("/a".into(), Some("/d".into()), false));
        assert!(places("--prefix /a --post").unwrap().post);
        for words in [
            "--libdir /lib",
            "--libdir ../lib",
            "--libdir lib/../..",
            "--libdir .",
            "--prefix",
            "--help",
            "--post=lib64",
        ] {
            assert!(places(words).is_err(), "{words}");
        }
    }
}
