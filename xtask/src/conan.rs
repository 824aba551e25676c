//! Creates and tests the Conan package without a remote.

use std::env;
use std::fs;

use crate::install;
use crate::process::{Outcome, output, program, root, run, target};
use crate::python;
use crate::snippets::snippets;

const README: &str = "bindings/conan/README.md";

/// Runs the shell lines of the recipe's README, with a separate cache.
pub fn check() -> Outcome {
    python::needs()?;
    let folder = target().join("conan");
    let requirements = root().join("bindings/conan/requirements.txt");
    let python = python::environment("python3", &folder.join("tools"), &requirements)?;
    let (bin, home) = (python.parent().ok_or("the interpreter is not in a folder")?, folder.join("home"));
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let conan = || {
        let mut command = program(bin.join("conan"));
        command.env("CONAN_HOME", &home);
        command
    };
    output(conan().args(["profile", "detect"]))?;
    output(conan().args(["remote", "disable", "*"]))?;
    let known = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([bin.to_path_buf()].into_iter().chain(env::split_paths(&known)))?;
    for lines in snippets(README, "sh")? {
        let mut shell = program("sh");
        shell.args(["-euc", &lines]).env("CONAN_HOME", &home).env("PATH", &path);
        run(shell.env("CARGO_NET_OFFLINE", "true").env_remove("LD_LIBRARY_PATH"))?;
    }
    let package = format!("drystone/{}", install::version()?);
    let listed = output(conan().args(["list", &format!("{package}:*")]))?;
    if !listed.contains("packages") {
        return Err(format!("Conan has not built {package}:\n{listed}").into());
    }
    let document = fs::read_to_string(root().join(README))?;
    if document.contains(&package) { Ok(()) } else { Err(format!("{README} does not name {package}").into()) }
}
