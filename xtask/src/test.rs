//! All tests: Rust, loom, C through CMake, consumers, QuickJS, Python.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::choice::chosen;
use crate::documents::snippets;
use crate::engines::engine;
use crate::process::{Outcome, cargo, program, root, run, target};
use crate::{
    abi, cargo_c, commands, compiled, conan, core_check, crates, demo, documents, examples, fuzz, guest,
    header, install_tests, instructions, javascript, packages, post, python, web, wheel,
};

/// A part of `cargo xtask test`, with the name for `--only`.
pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    pub run: fn() -> Outcome,
    /// Prefixes of the paths that the step depends on; every step depends on `LIBRARY`.
    pub files: &'static [&'static str],
}

/// Files on which every step depends.
pub const LIBRARY: [&str; 5] = ["src/", "Cargo.", "build.rs", "rustfmt.toml", "xtask/"];

pub const STEPS: &[Step] = &[
    Step {
        name: "rust",
        what: "format, lints, header, Rust tests, rustdoc",
        run: rust,
        files: &["tests/", "cli/", "benches/", "include/", "examples/rust/", "post/"],
    },
    Step {
        name: "compiled",
        what: "nothing recurses, or aborts when memory runs out",
        run: compiled::check_compiled,
        files: &[],
    },
    Step { name: "loom", what: "models of the shared counts and queues", run: loom, files: &["tests/loom"] },
    Step {
        name: "sanitizer",
        what: "the Rust tests under AddressSanitizer",
        run: address_sanitizer,
        files: &["tests/"],
    },
    Step {
        name: "c",
        what: "C programs and consumers, valgrind and sanitizers",
        run: c,
        files: &["include/", "c-tests/", "CMake", "bindings/cmake/", "bindings/link/", "bindings/pkgconfig/"],
    },
    Step {
        name: "install",
        what: "cargo xtask install, docs/c.md's lines, the ABI, Conan",
        run: installation,
        files: &[
            "docs/",
            "include/",
            "CMake",
            "bindings/cmake/",
            "bindings/conan/",
            "bindings/link/",
            "bindings/pkgconfig/",
            "README.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "LICENSE",
            "cli/drystone.1",
            "c-tests/consumers/",
        ],
    },
    Step {
        name: "documents",
        what: "the C of the documents, their links and paths, the book",
        run: documents::check,
        files: &[
            "docs/",
            "include/",
            "README.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "CONTRIBUTING.md",
            "c-tests/documents",
            "c-tests/README.md",
            "bindings/cmake/README.md",
            "bindings/conan/README.md",
            "bindings/python/README.md",
            "bindings/quickjs/README.md",
            "bindings/web/README.md",
            "benches/README.md",
            "examples/README.md",
            "examples/engine/README.md",
            "cli/",
        ],
    },
    Step {
        name: "examples",
        what: "the programs of examples/; pip and the shell lines that run them",
        run: examples::run_examples,
        files: &["examples/", "bindings/python/", "bindings/quickjs/", "docs/python.md"],
    },
    Step {
        name: "declarations",
        what: "drystone-sys against the header; a Rust plugin",
        run: crates::check,
        files: &["include/", "bindings/rust/", "cli/Cargo.toml"],
    },
    Step {
        name: "quickjs",
        what: "the module on real engines",
        run: javascript::run_all,
        files: &["bindings/quickjs/", "bindings/types/", "include/", "examples/engine/", "c-tests/vectors/"],
    },
    Step {
        name: "python",
        what: "the Python package",
        run: python::run_tests,
        files: &["bindings/python/", "include/", "docs/python.md", "c-tests/vectors/"],
    },
    Step {
        name: "post",
        what: "letters between machines: the quick half of `cargo xtask post`",
        run: post::run_quick,
        files: &[
            "post/",
            "cli/",
            "include/",
            "docs/post.md",
            "docs/command-line.md",
            "bindings/cmake/",
            "bindings/pkgconfig/",
            "bindings/python/src/drystone/post",
            "bindings/python/tests/test_post",
            "bindings/quickjs/",
        ],
    },
    Step {
        name: "wasmtime",
        what: "hosts of WebAssembly guests, and the example's",
        run: guest::check,
        files: &["bindings/wasmtime/", "examples/guest", "include/"],
    },
    Step {
        name: "web",
        what: "the package for browsers, in Node, Chromium and Firefox; its demo page",
        run: web::check,
        files: &[
            "bindings/web/",
            "bindings/types/",
            "bindings/wasmtime/guest.wat",
            "examples/guest",
            "bindings/quickjs/bench/document",
        ],
    },
    Step {
        name: "instructions",
        what: "instruction counts of hot calls, against the recorded figures",
        run: counted,
        files: &["benches/instructions/", "include/"],
    },
    Step {
        name: "demo",
        what: "the demo, end to end",
        run: demonstration,
        files: &["bindings/quickjs/", "include/", "benches/"],
    },
    Step { name: "fuzz", what: "each fuzz target for twenty seconds", run: fuzzing, files: &["fuzz/"] },
];

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
        let outcome = (step.run)();
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
