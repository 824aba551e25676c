//! A real quickjs-ng, built from its complete C source, and our native module for it, side by side in one
//! folder with the scripts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::library::{self, SONAME};
use crate::process::{Outcome, cargo, output, root, run, target};

/// The engine's translation units, without the ones of `qjs` itself.
const ENGINE: [&str; 5] = ["quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c", "quickjs-libc.c"];
const SHELL: [&str; 3] = ["qjs.c", "gen/repl.c", "gen/standalone.c"];
/// The one file of the binding, which includes the others.
pub const BINDING: &str = "bindings/quickjs/drystone_quickjs.c";
/// A collection before every allocation of an object.
const STRESS: &str = "-DFORCE_GC_AT_MALLOC";

/// What was built, all in `folder`.
pub struct QuickJs {
    /// The engine's C sources.
    pub source: PathBuf,
    /// Where `qjs`, `drystone.so`, `libdrystone.so.0` and the scripts are.
    pub folder: PathBuf,
    /// The engine without its shell, for hosts of our own.
    pub objects: Vec<PathBuf>,
}

impl QuickJs {
    /// `qjs` on a script in the folder.
    pub fn qjs(&self, stress: bool, script: impl AsRef<Path>) -> Command {
        let mut command = Command::new(self.folder.join(if stress { "qjs-stress" } else { "qjs" }));
        command.current_dir(&self.folder).arg("--module").arg(script.as_ref());
        command
    }
}

/// Builds the library, the engine (also with `stress` when asked) and the module, and lays the scripts of
/// the binding beside them.
pub fn build(stress: bool) -> Outcome<QuickJs> {
    let source = source()?;
    let folder = target().join("qjs");
    fs::create_dir_all(&folder)?;
    fs::copy(library::build()?.join(SONAME), folder.join(SONAME))?;
    let objects = engine(&source, &folder, "qjs", None)?;
    if stress {
        engine(&source, &folder, "qjs-stress", Some(STRESS))?;
    }
    module(&source, &folder)?;
    for part in ["tests", "demo", "bench"] {
        for script in files(&root().join("bindings/quickjs").join(part), "mjs")? {
            fs::copy(&script, folder.join(script.file_name().ok_or("a script has a name")?))?;
        }
    }
    Ok(QuickJs { source, folder, objects })
}

/// The folder of quickjs-ng in the crate that carries it.
fn source() -> Outcome<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version=1", "--locked"]))?;
    let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let package = packages.iter().find(|package| package["name"] == "rquickjs-sys");
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let manifest = manifest.ok_or("the crate with quickjs-ng is not among the packages")?;
    Ok(Path::new(manifest).with_file_name("quickjs"))
}

/// The C compiler of this machine (`CC`, or what is usual here).
pub fn compiler() -> Outcome<Command> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
    let tool = cc::Build::new()
        .cargo_metadata(false)
        .target(host)
        .host(host)
        .opt_level(2)
        .warnings(false)
        .try_get_compiler()?;
    let mut command = Command::new(tool.path());
    command.current_dir(root()).arg("-O2");
    Ok(command)
}

/// Compiles the engine into `folder/NAME.objects` and links `folder/NAME`, unless that was done already.
fn engine(source: &Path, folder: &Path, name: &str, define: Option<&str>) -> Outcome<Vec<PathBuf>> {
    let place = folder.join(format!("{name}.objects"));
    let object = |file: &str| place.join(file.replace('/', "-")).with_extension("o");
    let objects = ENGINE.map(object).to_vec();
    // The crate's folder has its version in its name.
    let (stamp, made) = (place.join("made-from"), source.display().to_string());
    if fs::read_to_string(&stamp).is_ok_and(|known| known == made) {
        return Ok(objects);
    }
    fs::create_dir_all(&place)?;
    println!("\n> building {name} from {made}");
    let mut running = Vec::new();
    for file in ENGINE.iter().chain(&SHELL) {
        let mut command = compiler()?;
        command.args(["-std=gnu11", "-D_GNU_SOURCE", "-DQUICKJS_NG_BUILD", "-funsigned-char", "-w", "-c"]);
        command.args(define).arg("-I").arg(source).arg(source.join(file)).arg("-o").arg(object(file));
        running.push(command.spawn()?);
    }
    for mut process in running {
        if !process.wait()?.success() {
            return Err(format!("{name} does not compile").into());
        }
    }
    let mut link = compiler()?;
    link.arg("-rdynamic").args(&objects).args(SHELL.map(object)).arg("-o").arg(folder.join(name));
    run(link.args(["-lm", "-ldl", "-lpthread"]))?;
    fs::write(stamp, made)?;
    Ok(objects)
}

/// Our module, beside the library that it uses.
fn module(source: &Path, folder: &Path) -> Outcome {
    let mut command = compiler()?;
    command.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden"]);
    command.arg("-DJS_SHARED_LIBRARY").arg("-isystem").arg(source).arg("-I").arg(root().join("include"));
    command.arg(root().join(BINDING)).arg(folder.join(SONAME));
    run(command.arg("-Wl,-rpath,$ORIGIN").arg("-o").arg(folder.join("drystone.so")))
}

/// The files of a folder with this ending, in order.
pub fn files(folder: &Path, ending: &str) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == ending) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
