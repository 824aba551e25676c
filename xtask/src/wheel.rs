//! Python packages for distribution: a wheel for old systems, and the sources.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::{Outcome, output, program, root, run, target};
use crate::python;

const TARGET: &str = "x86_64-unknown-linux-gnu";
/// The glibc that the library may require: the oldest that Rust itself supports.
const GLIBC: &str = "2.17";
const PLATFORM: &str = "manylinux_2_17_x86_64";
/// All Python versions that may be installed; the package sets the oldest.
const PYTHONS: &[&str] =
    &["python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "python3"];

/// Builds both, checks them, and tests the installed packages.
pub fn run_wheel() -> Outcome {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return Err("wheels are built on Linux on x86-64".into());
    }
    python::needs()?;
    let (folder, package) = (target().join("wheel"), root().join("bindings/python"));
    let tools =
        python::environment("python3", &folder.join("tools"), &package.join("wheel-requirements.txt"))?;
    let dist = folder.join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)?;
    }
    let wheel = build_wheel(&tools, &folder, &package, &dist)?;
    check_platform(&tools, &wheel)?;
    let sources = build_sources(&tools, &package, &dist)?;
    install_sources(&folder, &sources)?;
    let mut tested = Vec::new();
    for name in PYTHONS {
        let Some((python, version)) = found(name)? else { continue };
        if !tested.contains(&version) {
            test_wheel(&python, name, &folder, &package, &wheel)?;
            tested.push(version);
        }
    }
    println!(
        "\n{}\n{}\ntested with {}",
        wheel.display(),
        sources.display(),
        tested.concat().replace('\n', " ")
    );
    Ok(())
}

/// A Python of this name and its version: on the path, where pyenv's commands may fail, or one of pyenv's own.
fn found(name: &str) -> Outcome<Option<(PathBuf, String)>> {
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv"));
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from).or(home).unwrap_or_default();
    let mut pythons = vec![PathBuf::from(name)];
    for version in fs::read_dir(pyenv.join("versions")).into_iter().flatten() {
        pythons.push(version?.path().join("bin").join(name));
    }
    let version = |python: PathBuf| Some((output(program(&python).arg("--version")).ok()?, python));
    Ok(pythons.into_iter().find_map(version).map(|(version, python)| (python, version)))
}

fn build_wheel(tools: &Path, folder: &Path, package: &Path, dist: &Path) -> Outcome<PathBuf> {
    let bin = tools.parent().ok_or("the interpreter is not in a folder")?;
    let mut zigbuild = program(bin.join("cargo-zigbuild"));
    zigbuild.args(["zigbuild", "--release", "--lib", "--locked", "--package", "drystone"]);
    zigbuild.arg("--target").arg(format!("{TARGET}.{GLIBC}")).arg("--target-dir").arg(folder);
    run(zigbuild.env("PATH", with_path(bin)?))?;
    let library = folder.join(TARGET).join("release/libdrystone.so");
    python::remove_leftovers(package)?;
    let mut wheel = python::quiet_pip(tools, package);
    wheel.args(["wheel", "--no-deps", "--wheel-dir"]).arg(dist);
    wheel.arg(format!("--config-settings=--build-option=--plat-name={PLATFORM}")).arg(package);
    run(wheel.env("DRYSTONE_BUILT_LIBRARY", library))?;
    python::remove_leftovers(package)?;
    only(dist, ".whl")
}

/// Compares the wheel's platform tag with auditwheel's result for the library.
fn check_platform(tools: &Path, wheel: &Path) -> Outcome {
    let said = output(python::interpreter(tools, &root()).args(["-m", "auditwheel", "show"]).arg(wheel))?;
    println!("{said}");
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let named = wheel
        .file_name()
        .is_some_and(|name| name.to_string_lossy().ends_with(&format!("py3-none-{PLATFORM}.whl")));
    if named && words.contains(&format!("consistent with the following platform tag: \"{PLATFORM}\"")) {
        return Ok(());
    }
    Err(format!("{} is not for {PLATFORM}", wheel.display()).into())
}

fn build_sources(tools: &Path, package: &Path, dist: &Path) -> Outcome<PathBuf> {
    let mut build = python::interpreter(tools, package);
    run(build.args(["-m", "build", "--sdist", "--outdir"]).arg(dist))?;
    only(dist, ".tar.gz")
}

/// Builds the source distribution outside of the repository.
fn install_sources(folder: &Path, sources: &Path) -> Outcome {
    let environment = folder.join("from-sources");
    run(program("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let python = environment.join("bin/python");
    run(python::quiet_pip(&python, folder).args(["install", "--no-deps"]).arg(sources))?;
    python::imports(&python)
}

/// In a new environment, without Rust on the path.
fn test_wheel(base: &Path, name: &str, folder: &Path, package: &Path, wheel: &Path) -> Outcome {
    let environment = folder.join(format!("test-{name}"));
    let requirements = package.join("tests/requirements.txt");
    let python = python::environment(base, &environment, &requirements)?;
    let bin = environment.join("bin");
    let mut install = python::quiet_pip(&python, folder);
    install.args(["install", "--no-deps", "--no-index", "--force-reinstall"]).arg(wheel);
    run(install.env("PATH", &bin))?;
    python::imports(&python)?;
    run(python::tests(&python, package).env("PATH", &bin))
}

fn with_path(first: &Path) -> Outcome<std::ffi::OsString> {
    let known = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(std::iter::once(first.to_path_buf()).chain(env::split_paths(&known)))?)
}

/// The only file there with this ending.
fn only(folder: &Path, ending: &str) -> Outcome<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    match <[PathBuf; 1]>::try_from(found) {
        Ok([path]) => Ok(path),
        Err(found) => Err(format!("{} files {ending} in {}", found.len(), folder.display()).into()),
    }
}
