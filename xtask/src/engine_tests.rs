//! The tests in an engine's own source, unchanged and after an import of our module: the module replaces a few
//! functions of the engine, which must not affect other programs.

use std::fs;
use std::path::Path;

use crate::engines::Family;
use crate::process::Outcome;
use crate::quickjs::{QuickJs, files};

/// Files that are not tests: read by tests, or benchmarks.
fn is_part(name: &str) -> bool {
    ["fixture", "microbench", "empty.", "test_worker_module", "assert."]
        .iter()
        .any(|part| name.contains(part))
}

/// Tests that must pass, so that the comparison means something.
const PASS: [&str; 2] = ["test_builtin.js", "test_language.js"];

/// Globals that the engine's own runner provides, and `qjs` does not, or only with an option.
const RUNNER: &str = "globalThis.std = std;\nglobalThis.os = os;\nglobalThis.qjs ??= { getStringKind: text => text.length > 255 ? 1 : 0 };\n";

/// Runs each of them twice, and compares the output and the exit status.
pub fn check(quickjs: &QuickJs) -> Outcome {
    let tests = quickjs.source.join("tests");
    if !tests.is_dir() {
        println!("\nthis engine's source has no tests: only builtins.test.mjs checks its functions");
        return Ok(());
    }
    let (mut compared, mut passed) = (0, 0);
    for test in files(&tests, "js")? {
        let name = test.file_name().and_then(|name| name.to_str()).ok_or("a test has a name")?;
        if is_part(name) {
            continue;
        }
        let (bare, with) =
            (run_test(quickjs, &test, "")?, run_test(quickjs, &test, "import \"./drystone.so\";\n")?);
        if bare != with {
            return Err(format!("{name} prints and ends as {bare:?}, and with the module as {with:?}").into());
        }
        if PASS.contains(&name) && bare.0 != Some(0) {
            return Err(format!("{name} fails without the module: {bare:?}").into());
        }
        compared += 1;
        passed += usize::from(bare.0 == Some(0));
    }
    println!("\n{compared} of the engine's own tests end the same way with the module; {passed} pass in qjs");
    if passed < 5 { Err("too few of the engine's own tests were found".into()) } else { Ok(()) }
}

/// The exit status and the output.
fn run_test(quickjs: &QuickJs, test: &Path, first: &str) -> Outcome<(Option<i32>, String)> {
    let text = fs::read_to_string(test)?;
    let is_module = text.lines().any(|line| line.starts_with("import ") || line.starts_with("export "));
    let prefix = if quickjs.engine.family == Family::Bellard { "" } else { "qjs:" };
    let path = test.display();
    let load =
        if is_module { format!("await import(\"{path}\");") } else { format!("std.loadScript(\"{path}\");") };
    let name = "engine_test.mjs";
    let modules = ["std", "os"].map(|module| format!("import * as {module} from \"{prefix}{module}\";\n"));
    fs::write(quickjs.folder.join(name), format!("{first}{}{RUNNER}{load}\n", modules.concat()))?;
    let mut command = quickjs.qjs(false, name);
    let output = command.env("TZ", "UTC").stdin(std::process::Stdio::null()).output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()))
}
