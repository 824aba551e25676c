//! Installs the Python package as users do, by pip into a new environment, checks its types and runs its tests.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packages::{self, Found, Need};
use crate::process::{Outcome, output, program, root, run, target};

const PYTHON: &[Need] = &[Need { found: Found::Program("python3"), package: "python3" }];
/// Debian has the part of `venv` that installs pip in a package of its own.
const VENV: &[Need] = &[Need { found: Found::Module("ensurepip"), package: "python3-venv" }];

/// The interpreter within an environment's folder.
const INTERPRETER: &str = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };

/// Installs the package and runs its tests.
pub fn run_tests() -> Outcome {
    let package = root().join("bindings/python");
    let python = installed(&package)?;
    imports(&python)?;
    let mut types = interpreter(&python, &package);
    types.args(["-m", "mypy", "--cache-dir"]).arg(target().join("python-mypy"));
    run(types.args(["src", "tests"]))?;
    run(&mut tests(&python, &package))
}

/// The tests, run on the package that the interpreter has installed.
pub fn tests(python: &Path, package: &Path) -> Command {
    let mut tests = interpreter(python, package);
    tests.args(["-X", "dev", "-W", "error", "-m", "pytest", "--quiet", "-p", "no:cacheprovider"]);
    tests
}

/// The older releases of wasmtime whose functions the host calls natively; the tests' requirements have the newest one.
const WASMTIMES: [&str; 4] = ["46.0.1", "47.0.1", "48.0.0", "49.0.0"];

/// The hosts' tests on each of those.
pub fn check_wasmtimes() -> Outcome {
    let package = root().join("bindings/python");
    let python = installed(&package)?;
    for version in WASMTIMES {
        let folder = target().join("python-wasmtime").join(version);
        if !folder.join("wasmtime").exists() {
            let mut pip = program(&python);
            pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]);
            run(pip.arg("--target").arg(&folder).arg(format!("wasmtime=={version}")))?;
        }
        let mut tests = tests(&python, &package);
        tests.args([
            "tests/test_wasmtime_host.py",
            "tests/test_wasmtime_linking.py",
            "tests/test_wasmtime_conventions.py",
            "tests/test_guest.py",
        ]);
        run(tests.env("PYTHONPATH", folder))?;
    }
    Ok(())
}

/// Runs a script of `bindings/python/bench`.
pub fn run_bench(script: &str) -> Outcome {
    let package = root().join("bindings/python");
    let python = installed(&package)?;
    run(interpreter(&python, &package).arg(format!("bench/{script}")))
}

/// Installs the required system packages.
pub fn needs() -> Outcome {
    packages::install(PYTHON)?;
    packages::install(VENV)
}

/// setuptools would include modules that no longer exist in the wheel.
pub fn remove_leftovers(package: &Path) -> Outcome {
    let leftovers = package.join("build");
    if leftovers.exists() {
        fs::remove_dir_all(leftovers)?;
    }
    Ok(())
}

/// The interpreter of an environment that has the package.
pub fn installed(package: &Path) -> Outcome<PathBuf> {
    needs()?;
    let python = environment("python3", &target().join("python"), &package.join("tests/requirements.txt"))?;
    remove_leftovers(package)?;
    let mut install = quiet_pip(&python, package);
    install.args(["install", "--no-deps", "--force-reinstall"]).arg(package);
    run(install.env("CARGO_TARGET_DIR", target()))?;
    Ok(python)
}

/// An environment of the Python `base` with the requirements of a list, made again only when the list changes. Returns
/// its interpreter.
pub fn environment(base: impl AsRef<OsStr>, folder: &Path, requirements: &Path) -> Outcome<PathBuf> {
    let (python, stamp) = (folder.join(INTERPRETER), folder.join("made-for"));
    let version = output(program(&base).arg("--version"))?;
    let wanted = version + &fs::read_to_string(requirements)?;
    if fs::read_to_string(&stamp).is_ok_and(|known| known == wanted) {
        return Ok(python);
    }
    println!(
        "\nan environment for Python in {}, with what {} says:",
        folder.display(),
        requirements.display()
    );
    println!("{wanted}");
    run(program(base).args(["-m", "venv", "--clear"]).arg(folder))?;
    run(quiet_pip(&python, &root()).args(["install", "--requirement"]).arg(requirements))?;
    fs::write(stamp, wanted)?;
    Ok(python)
}

/// A program that a requirement provides, in a separate environment.
pub fn program_of(requirement: &str, folder: &Path, name: &str) -> Outcome<PathBuf> {
    needs()?;
    fs::create_dir_all(folder)?;
    let list = folder.join("requirements.txt");
    if fs::read_to_string(&list).ok().as_deref() != Some(requirement) {
        fs::write(&list, requirement)?;
    }
    let python = environment("python3", &folder.join("python"), &list)?;
    Ok(python.with_file_name(name))
}

/// Unpacks the source package of a requirement with its hash into a folder. pip builds the package's metadata, and
/// installs what is needed for that.
pub fn fetch_source(requirement: &str, package: &str, folder: &Path) -> Outcome {
    packages::install(PYTHON)?;
    packages::install(VENV)?;
    fs::create_dir_all(folder)?;
    let environment = folder.join("python");
    let (list, archive) = (folder.join(format!("{package}.txt")), folder.join(format!("{package}.tar.gz")));
    fs::write(&list, requirement)?;
    run(program("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let python = environment.join(INTERPRETER);
    let mut download = quiet_pip(&python, folder);
    let name = requirement.split("==").next().unwrap_or(requirement);
    download.args(["download", "--no-deps", "--no-binary", name, "--require-hashes"]);
    run(download.arg("--dest").arg(folder).arg("--requirement").arg(&list))?;
    run(interpreter(&python, folder).args(["-m", "tarfile", "--extract"]).arg(&archive).arg(folder))
}

/// Says which package is installed, and with which licences.
const INSTALLED: &str = "import drystone, importlib.metadata
licences = importlib.metadata.metadata('drystone').get_all('License-File')
assert licences == ['LICENSE-APACHE', 'LICENSE-MIT'], licences
files = [file.locate() for file in importlib.metadata.files('drystone') if file.name in licences]
assert len(files) == 2 and all('Licen' in file.read_text() or 'Permission' in file.read_text() for file in files), files
print(drystone.__version__, drystone.__file__)";

/// Imports the installed package, from an empty folder.
pub fn imports(python: &Path) -> Outcome {
    let empty = target().join("python-empty");
    fs::create_dir_all(&empty)?;
    let mut import = interpreter(python, &empty);
    import.args(["-X", "dev", "-W", "error", "-c"]);
    run(import.arg(INSTALLED))
}

pub fn quiet_pip(python: &Path, folder: &Path) -> Command {
    let mut command = interpreter(python, folder);
    command.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    command
}

/// Python in a folder, without the caller's variables for Python, so that the installed library is used.
pub fn interpreter(python: &Path, folder: &Path) -> Command {
    let mut command = program(python);
    command
        .current_dir(folder)
        .env_remove("DRYSTONE_LIBRARY")
        .env_remove("PYTHONPATH")
        .env("PYTHONUTF8", "1");
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}
