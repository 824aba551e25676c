//! A real engine, built from its C source, and our native module for it, side by side in one folder with the
//! scripts.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::engines::{Engine, Family};
use crate::library::{self, SONAME};
use crate::process::{Outcome, output, root, run, target};

/// The file of the binding that includes all others.
pub const BINDING: &str = "bindings/quickjs/drystone_quickjs.c";
/// Makes post offices part of the binding.
pub const POST_DEFINE: &str = "-DDRYSTONE_QUICKJS_POST";
/// Makes the engine collect before every allocation of an object.
const STRESS: &str = "-DFORCE_GC_AT_MALLOC";
pub const SANITIZE: &str = "-fsanitize=address";
/// Replaces the prompt of `qjs`, which this family compiles from JavaScript during its build; no test needs it.
const NO_PROMPT: &str =
    "#include <stdint.h>\nconst uint8_t qjsc_repl[1];\nconst uint32_t qjsc_repl_size = 0;\n";

impl Family {
    /// The engine's translation units, without the ones of `qjs` itself.
    fn engine(self) -> &'static [&'static str] {
        match self {
            Family::Ng => &["quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c", "quickjs-libc.c"],
            Family::Bellard => {
                &["quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c", "cutils.c", "quickjs-libc.c"]
            }
        }
    }

    fn shell(self) -> &'static [&'static str] {
        match self {
            Family::Ng => &["qjs.c", "gen/repl.c", "gen/standalone.c"],
            Family::Bellard => &["qjs.c"],
        }
    }

    fn defines(self) -> &'static [&'static str] {
        match self {
            Family::Ng => &["-DQUICKJS_NG_BUILD"],
            Family::Bellard => &["-DCONFIG_VERSION=\"2026-06-04\"", "-fwrapv"],
        }
    }
}

/// The results of a build, all in `folder`.
pub struct QuickJs {
    pub engine: &'static Engine,
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

/// Builds the library, the engine (with `stress` also the stress build) and the module, and copies the binding's
/// scripts next to them.
pub fn build(engine: &'static Engine, stress: bool) -> Outcome<QuickJs> {
    let source = engine.source()?;
    let folder = target().join("qjs").join(engine.name);
    fs::create_dir_all(&folder)?;
    fs::copy(library::build()?.join(SONAME), folder.join(SONAME))?;
    let objects = compile(engine, &source, &folder, "qjs", None)?;
    if stress {
        compile(engine, &source, &folder, "qjs-stress", Some(STRESS))?;
    }
    module(&source, &folder, &[])?;
    for part in ["tests", "demo", "bench"] {
        for script in files(&root().join("bindings/quickjs").join(part), "mjs")? {
            lay(engine, &script, &folder)?;
        }
    }
    Ok(QuickJs { engine, source, folder, objects })
}

/// The engine itself with AddressSanitizer, as nothing else detects reads beyond its own stack.
pub fn sanitized(quickjs: &QuickJs) -> Outcome<Vec<PathBuf>> {
    compile(quickjs.engine, &quickjs.source, &quickjs.folder, "qjs-asan", Some(SANITIZE))
}

pub fn lay(engine: &Engine, script: &Path, folder: &Path) -> Outcome {
    lay_text(
        engine,
        &fs::read_to_string(script)?,
        &folder.join(script.file_name().ok_or("a script has a name")?),
    )
}

/// Writes a script. The modules of `qjs` have different names in each family.
pub fn lay_text(engine: &Engine, script: &str, file: &Path) -> Outcome {
    let bellard = engine.family == Family::Bellard;
    let text = if bellard { script.replace("from \"qjs:", "from \"") } else { script.to_owned() };
    Ok(fs::write(file, text)?)
}

/// The C compiler of this machine (`CC`, or the default).
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

/// Compiles the engine into `folder/NAME.objects` and links `folder/NAME`, unless that is up to date.
fn compile(
    engine: &Engine,
    source: &Path,
    folder: &Path,
    name: &str,
    flag: Option<&str>,
) -> Outcome<Vec<PathBuf>> {
    let place = folder.join(format!("{name}.objects"));
    let object = |file: &&str| place.join(file.replace('/', "-")).with_extension("o");
    let objects: Vec<_> = engine.family.engine().iter().map(object).collect();
    // The path of the source contains the version.
    let (stamp, made) = (place.join("made-from"), source.display().to_string());
    if fs::read_to_string(&stamp).is_ok_and(|known| known == made) {
        return Ok(objects);
    }
    fs::create_dir_all(&place)?;
    println!("\n> building {name} from {made}");
    let mut running = Vec::new();
    for file in engine.family.engine().iter().chain(engine.family.shell()) {
        let mut command = compiler()?;
        command.args(["-std=gnu11", "-D_GNU_SOURCE", "-funsigned-char", "-w", "-c"]);
        command.args(engine.family.defines()).args(flag).arg("-I").arg(source);
        running.push(command.arg(source.join(file)).arg("-o").arg(object(file)).spawn()?);
    }
    for mut process in running {
        if !process.wait()?.success() {
            return Err(format!("{name} of {} does not compile", engine.name).into());
        }
    }
    let mut link = compiler()?;
    link.arg("-rdynamic").args(flag).args(&objects).args(engine.family.shell().iter().map(object));
    if engine.family == Family::Bellard {
        let prompt = place.join("prompt.c");
        fs::write(&prompt, NO_PROMPT)?;
        link.arg(prompt);
    }
    run(link.arg("-o").arg(folder.join(name)).args(["-lm", "-ldl", "-lpthread"]))?;
    fs::write(stamp, made)?;
    Ok(objects)
}

/// Our module, next to the library that it uses, with further arguments for the compiler.
pub fn module(source: &Path, folder: &Path, arguments: &[OsString]) -> Outcome {
    let mut command = compiler()?;
    command.args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden"]);
    command.arg("-DJS_SHARED_LIBRARY").arg("-isystem").arg(source).arg("-I").arg(root().join("include"));
    command.arg(root().join(BINDING)).args(arguments).arg(folder.join(SONAME));
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

/// The compiler's option for the folder of the header.
pub fn include_post() -> std::ffi::OsString {
    let mut option = std::ffi::OsString::from("-I");
    option.push(root().join("post/include"));
    option
}
