//! The engines that the QuickJS module supports: their names, and where their C sources come from.

use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Outcome, cargo, output, target};
use crate::python;

/// One engine of the table in bindings/quickjs/README.md.
pub struct Engine {
    /// The argument of `--engine`.
    pub name: &'static str,
    pub family: Family,
    origin: Origin,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Family {
    /// quickjs-ng.
    Ng,
    /// The other one, by Fabrice Bellard and Charlie Gordon.
    Bellard,
}

enum Origin {
    /// A crate that contains a complete source, and the folder in it.
    Crate(&'static str, &'static str),
    /// A Python source package with the engine only; `qjs` and its library come from a compatible crate.
    Python { requirement: &'static str, package: &'static str, shell: (&'static str, &'static str) },
}

const RQUICKJS: (&str, &str) = ("rquickjs-sys", "quickjs");

/// The newest release is the first one, and the default.
pub const ENGINES: [Engine; 5] = [
    Engine {
        name: "0.18.0",
        family: Family::Ng,
        origin: Origin::Crate("libquickjs-ng-sys", "embed/quickjs"),
    },
    Engine {
        name: "0.17.0",
        family: Family::Ng,
        origin: Origin::Python {
            requirement: "quickjs-ng==0.17.0.2 \
                --hash=sha256:43d2e48272208721a7aaea8e3f02d4b9318f12ef20cc4f5421b59d9a470706ef",
            package: "quickjs_ng-0.17.0.2",
            shell: RQUICKJS,
        },
    },
    Engine { name: "0.16.2", family: Family::Ng, origin: Origin::Crate(RQUICKJS.0, RQUICKJS.1) },
    Engine {
        name: "0.14.0",
        family: Family::Ng,
        origin: Origin::Crate("hirofa-quickjs-sys", "quickjs-ng/quickjs"),
    },
    Engine {
        name: "bellard",
        family: Family::Bellard,
        origin: Origin::Crate("hirofa-quickjs-sys", "bellard/quickjs"),
    },
];

/// The engine with this name, or the newest release.
pub fn engine(name: Option<&str>) -> Outcome<&'static Engine> {
    let Some(name) = name else { return Ok(&ENGINES[0]) };
    let known = || ENGINES.map(|engine| engine.name).join(", ");
    let found = ENGINES.iter().find(|engine| engine.name == name);
    found.ok_or_else(|| format!("no engine is called {name}; the names are {}", known()).into())
}

impl Engine {
    /// The folder with its C files. Its path contains the version.
    pub fn source(&self) -> Outcome<PathBuf> {
        match self.origin {
            Origin::Crate(name, folder) => in_crate(name, folder),
            Origin::Python { requirement, package, shell } => {
                with_shell(requirement, package, &in_crate(shell.0, shell.1)?)
            }
        }
    }
}

/// The crates are optional dependencies that are never enabled: cargo downloads them and compiles nothing.
fn in_crate(name: &str, folder: &str) -> Outcome<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let package = packages.iter().find(|package| package["name"] == name);
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.ok_or_else(|| format!("{name} is not among the packages"))?;
    Ok(Path::new(manifest).with_file_name(folder))
}

/// Combines the engine of a Python package and the shell of another source in one folder.
fn with_shell(requirement: &str, package: &str, shell: &Path) -> Outcome<PathBuf> {
    let sources = target().join("qjs/sources");
    let merged = sources.join(package).join("merged");
    let stamp = merged.join("made-with");
    let made = shell.display().to_string();
    if fs::read_to_string(&stamp).is_ok_and(|known| known == made) {
        return Ok(merged);
    }
    python::fetch_source(requirement, package, &sources)?;
    fs::create_dir_all(merged.join("gen"))?;
    for entry in fs::read_dir(sources.join(package).join("upstream-quickjs"))? {
        let path = entry?.path();
        fs::copy(&path, merged.join(path.file_name().ok_or("a file has a name")?))?;
    }
    for file in ["qjs.c", "quickjs-libc.c", "gen/repl.c", "gen/standalone.c"] {
        fs::copy(shell.join(file), merged.join(file))?;
    }
    fs::write(stamp, made)?;
    Ok(merged)
}
