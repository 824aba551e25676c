//! Everything that has to hold: Rust, loom, C through CMake, consumers, QuickJS, Python.

use std::fs;
use std::process::Command;

use crate::library::{self, SONAME};
use crate::process::{Outcome, cargo, program, root, run, target};
use crate::quickjs::{self, QuickJs, compiler, files};
use crate::{core_check, demo, fuzz, header, packages, python};

/// All of it. Whatever fails ends the run; what cannot run here is said.
pub fn run_tests() -> Outcome {
    packages::install(packages::TEST)?;
    rust()?;
    loom()?;
    address_sanitizer()?;
    c()?;
    declarations()?;
    javascript()?;
    python::run_tests()?;
    wasmtime()?;
    demo::run_demo(true)?;
    fuzz::run_fuzz(20)?;
    println!("\nxtask test: every step passed");
    Ok(())
}

/// The module for QuickJS alone.
pub fn run_quickjs() -> Outcome {
    packages::install(packages::TEST)?;
    javascript()
}

fn javascript() -> Outcome {
    let quickjs = quickjs::build(true)?;
    scripts(&quickjs)?;
    hosts(&quickjs)
}

/// More of the same, for longer: `DRYSTONE_DEEP` multiplies the generated cases.
pub fn run_deep() -> Outcome {
    run(cargo().args(["test", "--release", "--package", "drystone"]).env("DRYSTONE_DEEP", "200"))?;
    fuzz::run_fuzz(600)
}

fn rust() -> Outcome {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))?;
    header::run(true)?;
    core_check::check_core()?;
    run(cargo().args(["test", "--workspace", "--locked"]))?;
    run(cargo().args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "--deny warnings"))
}

/// The models have a target folder of their own, as the flag changes every crate.
fn loom() -> Outcome {
    let mut command = cargo();
    command.args(["test", "--release", "--locked", "--test", "loom_models"]);
    run(command.env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", target().join("loom")))
}

/// The Rust tests with AddressSanitizer and its leak check, which only a nightly compiler offers.
fn address_sanitizer() -> Outcome {
    let nightly = Command::new("rustup").args(["run", "nightly", "rustc", "-vV"]).output();
    let Some(version) = nightly.ok().filter(|output| output.status.success()) else {
        println!("\nno nightly toolchain: the tests under AddressSanitizer are left out here");
        return Ok(());
    };
    let version = String::from_utf8(version.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
    let mut command = program("rustup");
    command.args([
        "run",
        "nightly",
        "cargo",
        "test",
        "--locked",
        "--package",
        "drystone",
        "--lib",
        "--tests",
    ]);
    command.args(["--target", host]).env("RUSTFLAGS", "-Zsanitizer=address");
    // Sizes that cannot be had are among the tests.
    command.env("ASAN_OPTIONS", "allocator_may_return_null=1");
    // The trees of the tests are read by recursion, whose frames are large here.
    command.env("RUST_MIN_STACK", "33554432");
    run(command.env("CARGO_TARGET_DIR", target().join("sanitizer")).env_remove("CARGO").env_remove("RUSTC"))
}

fn c() -> Outcome {
    let build = target().join("cmake");
    let mut configure = program("cmake");
    configure.arg("-S").arg(root()).arg("-B").arg(&build);
    run(configure.arg(format!("-DDRYSTONE_CARGO_TARGET_DIR={}", target().display())))?;
    run(program("cmake").arg("--build").arg(&build).args(["--parallel", "2"]))?;
    run(program("ctest").arg("--test-dir").arg(&build).args(["--output-on-failure", "--parallel", "2"]))
}

/// The Rust declarations of the C interface, against the header (types, by ctest2) and against the list of
/// symbols (none missing).
fn declarations() -> Outcome {
    let library = library::build()?;
    let crates = root().join("bindings/rust");
    let declared = fs::read_to_string(crates.join("drystone-sys/src/bindings.rs"))?;
    for symbol in fs::read_to_string(root().join("include/drystone.symbols"))?.lines() {
        if !declared.contains(&format!("pub fn {symbol}(")) {
            return Err(format!("drystone-sys does not declare {symbol}: run `cargo xtask bindings`").into());
        }
    }
    let mut command = cargo();
    command
        .args(["run", "--locked", "--package", "systest", "--manifest-path"])
        .arg(crates.join("Cargo.toml"));
    command.env("CARGO_TARGET_DIR", target().join("sys"));
    run(command.env("DRYSTONE_LIB_DIR", &library).env("LD_LIBRARY_PATH", &library))
}

/// The host in Rust of a WebAssembly guest, outside the workspace: it brings a compiler along.
fn wasmtime() -> Outcome {
    let mut command = cargo();
    command.args(["test", "--locked", "--manifest-path"]).arg(root().join("bindings/wasmtime/Cargo.toml"));
    run(command.env("CARGO_TARGET_DIR", target().join("wasmtime")))
}

/// The `.mjs` tests by the real `qjs`, and by one that collects before every allocation.
fn scripts(quickjs: &QuickJs) -> Outcome {
    let tests = files(&root().join("bindings/quickjs/tests"), "mjs")?;
    let tests: Vec<_> = tests.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    let vectors = root().join("c-tests/vectors/wota.json");
    for test in tests.iter().filter(|name| name.ends_with(".test.mjs")) {
        run(quickjs.qjs(false, test).arg(&vectors))?;
        run(quickjs.qjs(true, test).arg("--gc-stress").arg(&vectors))?;
    }
    Ok(())
}

/// C hosts of our own around the engine with the module linked in: several runtimes, failing memory.
fn hosts(quickjs: &QuickJs) -> Outcome {
    let binding = root().join("bindings/quickjs");
    let host = quickjs.folder.join("host");
    let mut command = compiler()?;
    command.args(["-g", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-isystem"]).arg(&quickjs.source);
    command.arg("-I").arg(root().join("include")).arg("-I").arg(&binding);
    command.args(files(&binding.join("tests"), "c")?).args(files(&binding, "c")?).args(&quickjs.objects);
    command.arg(quickjs.folder.join(SONAME)).arg("-Wl,-rpath,$ORIGIN");
    run(command.args(["-lm", "-ldl", "-lpthread", "-o"]).arg(&host))?;
    run(&mut Command::new(&host))?;
    let mut valgrind = program("valgrind");
    valgrind.args(["--quiet", "--error-exitcode=99", "--leak-check=full"]);
    run(valgrind.arg("--errors-for-leak-kinds=definite,possible,indirect").arg(&host))
}
