//! libdrystone_post: as cargo builds it, and as it is installed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::library::{self, SONAME};
use crate::process::{Outcome, cargo, output, program, root};

pub const POST_SONAME: &str = "libdrystone_post.so.0";
/// The name that linkers look for.
pub const POST_SHARED: &str = "libdrystone_post.so";
pub const POST_ARCHIVE: &str = "libdrystone_post.a";

/// Builds the shared library and cargo's static one; returns their paths.
pub fn release() -> Outcome<[PathBuf; 2]> {
    let mut build = cargo();
    build.args(["rustc", "--release", "--locked", "--package", "drystone-post", "--lib"]);
    library::made(build.args(["--crate-type", "cdylib,staticlib"]), [POST_SHARED, POST_ARCHIVE])
}

/// Makes the installed static library from cargo's: it exports only the header's names.
pub fn localised(built: &Path, result: &Path) -> Outcome {
    library::localised(built, &symbols(), result)
}

/// Builds libdrystone and the shared library; returns the folder that has both under their sonames.
pub fn build() -> Outcome<PathBuf> {
    let folder = library::build()?;
    let [shared, _] = release()?;
    let library = folder.join(POST_SONAME);
    fs::copy(shared, &library)?;
    check_shared(&library)?;
    Ok(folder)
}

/// Checks that the installed library has a version on each exported name.
pub fn check_versions(library: &Path) -> Outcome {
    let names = output(program("readelf").args(["--dyn-syms", "--wide"]).arg(library))?;
    let of_header = fs::read_to_string(symbols())?;
    let missing = |name: &&str| !names.contains(&format!(" {name}@@DRYSTONE_POST_0\n"));
    match of_header.lines().find(missing) {
        None => Ok(()),
        Some(name) => Err(format!("{name} has no version in {}", library.display()).into()),
    }
}

/// Checks that the library exports exactly the header's names, and needs libdrystone by its soname.
pub fn check_shared(library: &Path) -> Outcome {
    check_names(library, &["--dynamic"])?;
    let dynamic = output(program("readelf").args(["--dynamic", "--wide"]).arg(library))?;
    let named = |what: &str, name: &str| {
        dynamic.lines().any(|line| line.contains(what) && line.contains(&format!("[{name}]")))
    };
    if named("(SONAME)", POST_SONAME) && named("(NEEDED)", SONAME) {
        return Ok(());
    }
    Err(format!("libdrystone_post lacks its soname, or does not need libdrystone:\n{dynamic}").into())
}

/// Checks that the installed static library exports exactly the header's names.
pub fn check_archive(library: &Path) -> Outcome {
    check_names(library, &["--extern-only"])
}

fn check_names(library: &Path, kind: &[&str]) -> Outcome {
    let names = output(program("nm").args(["--defined-only", "--format=posix"]).args(kind).arg(library))?;
    // A line that ends in a colon names the file in the archive.
    let names = names.lines().filter(|line| !line.ends_with(':'));
    // The name of the version itself is absolute.
    let names = names.filter(|line| line.split(' ').nth(1) != Some("A"));
    let name = |line: &'_ str| line.split([' ', '@']).next().map(str::to_owned);
    let mut names: Vec<String> = names.filter_map(name).collect();
    names.sort_unstable();
    let wanted = fs::read_to_string(symbols())?;
    if names == wanted.lines().collect::<Vec<_>>() {
        return Ok(());
    }
    Err(format!("{} exports {names:?}", library.display()).into())
}

/// The names that the library exports.
pub fn symbols() -> PathBuf {
    root().join("post/include/drystone_post.symbols")
}
