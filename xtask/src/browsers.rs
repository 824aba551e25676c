//! What the package for browsers is tested in: releases of Node, Chromium, and Firefox.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::packages::{self, Found, Need};
use crate::process::{Outcome, output, program, run, target};

const CHROMIUM: &[Need] = &[Need { found: Found::Program("chromium"), package: "chromium" }];
const FIREFOX: &[Need] = &[Need { found: Found::Program("firefox"), package: "firefox-esr" }];
/// From npm, below `target/`: it drives Chromium.
const DRIVER: &str = "playwright-core@1.65.1";

/// Releases of Node, from npm. The system's own one is tested, too.
pub const NEWEST_NODE: &str = "26.10.0";
pub const OLDER_NODES: [&str; 2] = ["22.23.3", "24.21.0"];

/// The tests in a Node.
pub fn in_node(mut node: Command, built: &Path) -> Command {
    node.args(["--test", "bindings/web/tests/node.test.mjs"]).env("BUILT", built);
    node
}

/// A release of Node, downloaded if necessary.
pub fn node(version: &str) -> Outcome<Command> {
    let modules = modules(&format!("web/node-{version}"), &format!("node@{version}"))?;
    let node = modules.join("node_modules/node/bin/node");
    let found = output(program(&node).arg("--version"))?;
    if found.trim() != format!("v{version}") {
        return Err(format!("{} is {found}", node.display()).into());
    }
    Ok(program(node))
}

/// The tests' script for Chromium.
pub fn in_chromium(built: &Path) -> Outcome<Command> {
    packages::install(CHROMIUM)?;
    let modules = modules("web/modules", DRIVER)?;
    let mut command = program("node");
    command.arg("bindings/web/tests/chromium.mjs").env("BUILT", built).env("MODULES", modules);
    command.env("CHROMIUM", packages::path_of("chromium").ok_or("chromium is not on the PATH")?);
    Ok(command)
}

/// The tests' script for Firefox.
pub fn in_firefox(built: &Path) -> Outcome<Command> {
    packages::install(FIREFOX)?;
    let mut command = program("node");
    command.arg("bindings/web/tests/firefox.mjs").env("BUILT", built);
    command.env("FIREFOX", packages::path_of("firefox").ok_or("firefox is not on the PATH")?);
    Ok(command)
}

/// A folder below `target/` with a package from npm, `name@version`, installed if that version is not there.
fn modules(folder: &str, package: &str) -> Outcome<PathBuf> {
    let folder = target().join(folder);
    let (name, version) = package.split_once('@').ok_or("a package has a version")?;
    let known = fs::read_to_string(folder.join("node_modules").join(name).join("package.json"));
    if !known.is_ok_and(|text| text.contains(&format!("\"version\": \"{version}\""))) {
        fs::create_dir_all(&folder)?;
        let mut npm = program("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--no-save", package, "--prefix"]).arg(&folder);
        run(&mut npm)?;
    }
    Ok(folder)
}
