//! The module for QuickJS, tested on every engine.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::engines::{ENGINES, Engine, engine};
use crate::library::{self, SONAME};
use crate::process::{Outcome, output, program, root, run};
use crate::quickjs::{self, BINDING, QuickJs, SANITIZE, compiler, files};
use crate::snippets::snippets;
use crate::{circles, engine_tests, example, interface, packages, typescript};

/// Engines that are built with AddressSanitizer too: the oldest, which checks its arguments least, and the other
/// family, which allocates small blocks in pieces of 4 KiB except in this build, so that few of its allocations fail
/// otherwise.
const SANITIZED: [(&str, &[&str]); 2] = [("0.14.0", &["--quick"]), ("bellard", &[])];

/// The engines on which `cargo xtask test` runs the scripts with a collection before every allocation: the newest, the
/// oldest, and the other family. `cargo xtask quickjs` does so on all.
const COLLECTS_ALWAYS: [&str; 3] = ["0.18.0", "0.14.0", "bellard"];

/// Tests every engine, or the one of that name; the scripts run with a collection before every allocation too.
pub fn run_tests(name: Option<&str>) -> Outcome {
    packages::install(packages::TEST)?;
    match name {
        None => run_all(|_| true),
        Some(_) => on_engine(engine(name)?, true),
    }
}

/// The same on every engine, but the collections on some only.
pub fn run_quick() -> Outcome {
    run_all(|name| COLLECTS_ALWAYS.contains(&name))
}

fn run_all(collects: fn(&str) -> bool) -> Outcome {
    // Runs two at a time, because most steps run a single process.
    library::build()?;
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(engine) = ENGINES.get(next.fetch_add(1, Ordering::Relaxed)) {
            on_engine(engine, collects(engine.name)).map_err(|error| format!("{}: {error}", engine.name))?;
        }
        Ok::<(), String>(())
    };
    let ended = thread::scope(|scope| {
        let other = scope.spawn(worker);
        [worker(), other.join().unwrap_or_else(|_| Err("an engine's tests panicked".into()))]
    });
    Ok(ended.into_iter().collect::<Result<(), String>>()?)
}

fn on_engine(engine: &'static Engine, collects: bool) -> Outcome {
    println!("\n--- QuickJS: {}", engine.name);
    let quickjs = quickjs::build(engine, collects)?;
    if engine.name == ENGINES[0].name {
        circles::check()?;
        interface::check(&quickjs)?;
        typescript::check(&quickjs)?;
    }
    scripts(&quickjs, collects)?;
    linked_processes(&quickjs)?;
    engine_tests::check(&quickjs)?;
    hosts(&quickjs)?;
    if let Some((_, arguments)) = SANITIZED.iter().find(|(name, _)| *name == engine.name) {
        sanitized_host(&quickjs, arguments)?;
    }
    example::check(&quickjs)
}

/// Runs the `.mjs` tests in the real `qjs`, and if wanted in one that collects before every allocation.
fn scripts(quickjs: &QuickJs, collects: bool) -> Outcome {
    let tests = files(&root().join("bindings/quickjs/tests"), "mjs")?;
    let tests: Vec<_> = tests.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    let vectors = root().join("c-tests/vectors/wota.json");
    for test in tests.iter().filter(|name| name.ends_with(".test.mjs")) {
        let engine = format!("--engine={}", quickjs.engine.name);
        run(quickjs.qjs(false, test).arg(&engine).arg(&vectors))?;
        if collects {
            run(quickjs.qjs(true, test).arg(&engine).arg("--gc-stress").arg(&vectors))?;
        }
    }
    Ok(())
}

/// Runs the two programs of `docs/links.md`, as printed there.
fn linked_processes(quickjs: &QuickJs) -> Outcome {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    for program in snippets("docs/links.md", "js")? {
        let name = program
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("// "))
            .ok_or("a program of docs/links.md lacks its name")?;
        let linked = quickjs.folder.join(format!("linked-{name}"));
        quickjs::lay_text(
            quickjs.engine,
            &program.replace("painter.mjs\"]", "linked-painter.mjs\"]"),
            &linked,
        )?;
    }
    let said = output(&mut quickjs.qjs(false, "linked-director.mjs"))?;
    if said == "a picture 1000000\n" {
        Ok(())
    } else {
        Err(format!("the programs of docs/links.md print {said:?}").into())
    }
}

/// Runs our own C hosts, with the engine and the module linked in: several runtimes, failing allocations.
fn hosts(quickjs: &QuickJs) -> Outcome {
    let host = host(quickjs, "host", &quickjs.objects, None)?;
    run(&mut Command::new(&host))?;
    let mut valgrind = program("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
    valgrind.arg("--errors-for-leak-kinds=definite,possible,indirect").arg(&host);
    // Completely on one engine only, as the module is the same on each.
    if quickjs.engine.name != ENGINES[0].name {
        valgrind.arg("--quick");
    }
    run(&mut valgrind)
}

/// The same with AddressSanitizer in the engine and the module.
fn sanitized_host(quickjs: &QuickJs, arguments: &[&str]) -> Outcome {
    let host = host(quickjs, "host-asan", &quickjs::sanitized(quickjs)?, Some(SANITIZE))?;
    if !output(program("nm").arg(&host))?.contains("__asan_init") {
        return Err("the host was built without AddressSanitizer".into());
    }
    // Valgrind checks for leaks.
    run(program(&host).args(arguments).env("ASAN_OPTIONS", "detect_leaks=0"))
}

fn host(quickjs: &QuickJs, name: &str, objects: &[PathBuf], flag: Option<&str>) -> Outcome<PathBuf> {
    let binding = root().join("bindings/quickjs");
    let host = quickjs.folder.join(name);
    let mut command = compiler()?;
    command.args(["-g", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-isystem"]).arg(&quickjs.source);
    command.args(flag).arg("-I").arg(root().join("include")).arg("-I").arg(&binding);
    command.args(files(&binding.join("tests"), "c")?).arg(root().join(BINDING)).args(objects);
    command.arg(quickjs.folder.join(SONAME)).arg("-Wl,-rpath,$ORIGIN");
    run(command.args(["-lm", "-ldl", "-lpthread", "-o"]).arg(&host))?;
    Ok(host)
}
