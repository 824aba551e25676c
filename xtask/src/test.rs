//! All tests: Rust, loom, C through CMake, consumers, QuickJS, Python.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::choice::chosen;
use crate::engines::engine;
use crate::process::{Outcome, cargo, program, root, run, target};
use crate::snippets::snippets;
use crate::{
    abi, cargo_c, commands, compiled, conan, core_check, crates, demo, documents, examples, fuzz, guest,
    header, install_tests, instructions, javascript, packages, post, python, web, wheel,
};

/// What a step of that name runs.
fn body(name: &str) -> Option<fn() -> Outcome> {
    Some(match name {
        "rust" => rust,
        "compiled" => compiled::check_compiled,
        "loom" => loom,
        "sanitizer" => address_sanitizer,
        "c" => c,
        "install" => installation,
        "documents" => documents::check,
        "examples" => examples::run_examples,
        "declarations" => crates::check,
        "quickjs" => javascript::run_quick,
        "python" => python::run_tests,
        "post" => post::run_quick,
        "wasmtime" => guest::check,
        "web" => web::check,
        "instructions" => counted,
        "demo" => demonstration,
        "fuzz" => fuzzing,
        _ => return None,
    })
}

/// Runs all steps, or those selected by `--only` or `--changed`. A failing step does not stop the run: all failures
/// are listed at the end, with each step's time.
pub fn run_tests(arguments: &[String]) -> Outcome {
    let steps = chosen(arguments)?;
    packages::install(packages::TEST)?;
    let mut report = Vec::new();
    let mut failed = 0;
    for step in &steps {
        println!("\n=== {}: {}", step.name, step.what);
        let begin = Instant::now();
        let outcome = body(step.name).map_or_else(|| Err("nothing runs it".into()), |run| run());
        let seconds = begin.elapsed().as_secs();
        let end = match outcome {
            Ok(()) => String::from("passed"),
            Err(error) => {
                failed += 1;
                format!("FAILED: {error}")
            }
        };
        println!("\n=== {}: {end} ({seconds} s)", step.name);
        report.push(format!("{:>5} s  {:<13} {end}", seconds, step.name));
    }
    println!("\nxtask test:\n{}", report.join("\n"));
    println!("\n{} passed, {failed} failed", steps.len() - failed);
    if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} steps failed", steps.len()).into()) }
}

fn counted() -> Outcome {
    instructions::run_count(false)
}

fn demonstration() -> Outcome {
    demo::run_demo(engine(None)?, true)
}

fn fuzzing() -> Outcome {
    fuzz::run_fuzz(20)
}

/// The same tests with more generated cases (`DRYSTONE_DEEP` multiplies them), and what takes long to build.
pub fn run_deep() -> Outcome {
    run(cargo().args(["test", "--release", "--package", "drystone"]).env("DRYSTONE_DEEP", "200"))?;
    cargo_c::install_and_check()?;
    wheel::run_wheel()?;
    web::check_older_nodes()?;
    python::check_wasmtimes()?;
    javascript::run_tests(None)?;
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

/// The models have their own target folder, as the flag affects every crate.
fn loom() -> Outcome {
    let mut command = cargo();
    command.args(["test", "--release", "--locked", "--test", "loom_models", "--test", "loom_mailbox"]);
    run(command.env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", target().join("loom")))
}

/// The Rust tests with AddressSanitizer and its leak check, which only a nightly compiler offers.
fn address_sanitizer() -> Outcome {
    let nightly = Command::new("rustup").args(["run", "nightly", "rustc", "-vV"]).output();
    let Some(version) = nightly.ok().filter(|output| output.status.success()) else {
        println!("\nno nightly toolchain: the tests under AddressSanitizer are skipped");
        return Ok(());
    };
    let version = String::from_utf8(version.stdout)?;
    let host =
        version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc does not name the host")?;
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
    // Some tests request impossible sizes.
    command.env("ASAN_OPTIONS", "allocator_may_return_null=1");
    // The tests read trees recursively, with large stack frames in this build.
    command.env("RUST_MIN_STACK", "33554432");
    run(command.env("CARGO_TARGET_DIR", target().join("sanitizer")).env_remove("CARGO").env_remove("RUSTC"))
}

fn c() -> Outcome {
    let build = configured()?;
    let lines = commands::lines(&snippets("c-tests/README.md", "sh")?.concat());
    let [configure, compile, test] = lines.as_slice() else {
        return Err("c-tests/README.md no longer has its commands".into());
    };
    // Builds in the target folder, on both cores.
    let own = [
        format!("{configure} -DDRYSTONE_CARGO_TARGET_DIR=\"$TARGET\""),
        format!("{compile} --parallel 2"),
        test.clone(),
    ];
    for line in own {
        let line = line.replace("target/cmake", "\"$BUILD\"");
        run(program("sh").args(["-euc", &line]).env("TARGET", target()).env("BUILD", &build))?;
    }
    Ok(())
}

/// The folder in which CMake builds, created if necessary.
fn configured() -> Outcome<PathBuf> {
    let build = target().join("cmake");
    let mut configure = program("cmake");
    configure.arg("-S").arg(root()).arg("-B").arg(&build);
    run(configure.arg(format!("-DDRYSTONE_CARGO_TARGET_DIR={}", target().display())))?;
    Ok(build)
}

/// Compares CMake's installation with ours.
fn installation() -> Outcome {
    let build = configured()?;
    run(program("cmake").arg("--build").arg(&build).args(["--target", "drystone_library"]))?;
    let mut install = program("ctest");
    install.arg("--test-dir").arg(&build).args(["--output-on-failure", "-R", "^consumer\\.install$"]);
    run(&mut install)?;
    for preset in ["library", "tests", "quick"] {
        let build = target().join("preset");
        if build.exists() {
            fs::remove_dir_all(&build)?;
        }
        run(program("cmake").args(["--preset", preset, "-B"]).arg(build))?;
    }
    abi::run_abi(true)?;
    install_tests::check(&build.join("c-tests/consumers of drystone/prefix"))?;
    conan::check()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::STEPS;

    #[test]
    fn each_step_runs_something() {
        assert!(STEPS.iter().all(|step| body(step.name).is_some()));
        assert!(body("none").is_none());
    }
}
