//! `bindings/web`: the core as WebAssembly modules, and the package in JavaScript, in Node and in browsers.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::browsers;
use crate::commands::{self, Started};
use crate::guest;
use crate::packages::{self, Found, Need};
use crate::process::{Outcome, output, program, root, run, target};
use crate::python;
use crate::snippets::snippets;

const TARGET: &str = "wasm32-unknown-unknown";
/// For toolchains without this target: Debian's compiler, which comes with the sources of its library.
const DEBIAN: &[Need] = &[
    Need { found: Found::File("/usr/bin/rustc"), package: "rustc-web" },
    Need { found: Found::File("/usr/lib/rustlib/src/rust/library/core/src/lib.rs"), package: "rust-web-src" },
];
const SHRINKER: &[Need] = &[Need { found: Found::Program("wasm-opt"), package: "binaryen" }];

/// A module of the package.
struct Module {
    /// Its crate, below `bindings/web`.
    folder: &'static str,
    built: &'static str,
    name: &'static str,
    flags: &'static [&'static str],
    /// The parts of the standard library to build from source, if the compiler has none for the target.
    library: &'static [&'static str],
}

/// The guest owns the memory, including the block for the stack, so the module must not need static data.
const CORE: Module = Module {
    folder: "core",
    built: "drystone_web_core.wasm",
    name: "drystone-core.wasm",
    flags: &[
        "--cfg",
        "drystone_core",
        "-Cjump-tables=no",
        "-Ctarget-feature=+bulk-memory,+sign-ext,+mutable-globals,+simd128",
        "-Clink-arg=--import-memory",
        "-Clink-arg=--export=__stack_pointer",
        "-Clink-arg=--stack-first",
        "-Clink-arg=-zstack-size=16384",
    ],
    library: &["-Zbuild-std=core"],
};

const ALL: Module = Module {
    folder: "all",
    built: "drystone_web.wasm",
    name: "drystone.wasm",
    flags: &[
        "--cfg",
        "drystone_classic",
        "-Ctarget-feature=+bulk-memory,+sign-ext,+mutable-globals,+simd128,+nontrapping-fptoint",
    ],
    library: &["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"],
};

/// The features that `wasm-opt` may use, matching the flags above.
const SHRINK: &[&str] = &[
    "-Oz",
    "--enable-bulk-memory",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-simd",
    "--enable-nontrapping-float-to-int",
];

/// Builds the modules, and runs the tests in Node and in browsers, and the example's host.
pub fn check() -> Outcome {
    let built = build()?;
    run(&mut browsers::in_node(program("node"), &built))?;
    run(&mut browsers::in_node(browsers::node(browsers::NEWEST_NODE)?, &built))?;
    let [core, example] = ["drystone-core.wasm", "guest-imports.wasm"].map(|name| built.join(name));
    guest::check_host(program("node").arg("examples/guest-imports/host.mjs").arg(core).arg(example))?;
    run(&mut browsers::in_chromium(&built)?)?;
    run(&mut browsers::in_firefox(&built)?)?;
    documented_lines(&built)
}

/// The tests in the older releases of Node that are maintained.
pub fn check_older_nodes() -> Outcome {
    let built = build()?;
    for version in browsers::OLDER_NODES {
        run(&mut browsers::in_node(browsers::node(version)?, &built))?;
    }
    Ok(())
}

/// Serves the demo page until interrupted; `port` defaults to 8080.
pub fn serve(port: Option<&str>) -> Outcome {
    run(&mut server(&build()?, port.unwrap_or("8080")))
}

fn server(built: &Path, port: &str) -> Command {
    let script = "import { serve } from './bindings/web/tests/server.mjs';
        const { address } = await serve(process.env.BUILT, Number(process.env.PORT));
        console.log(`the demo is at ${address}/`);";
    let mut server = program("node");
    server.args(["--input-type=module", "--eval", script]).env("BUILT", built);
    server.env("PORT", port);
    server
}

/// `docs/web.md`: its first line is what runs here, and the page of the second one is there.
fn documented_lines(built: &Path) -> Outcome {
    let lines = commands::lines(&snippets("docs/web.md", "sh")?.concat());
    if lines != ["cargo xtask web", "cargo xtask web --serve"] {
        return Err(format!("docs/web.md has other commands: {lines:?}").into());
    }
    let started = server(built, "0").stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut started = Started(started);
    let mut line = String::new();
    BufReader::new(started.0.stdout.take().ok_or("what it prints is read")?).read_line(&mut line)?;
    let address = line.trim().strip_prefix("the demo is at ").ok_or_else(|| format!("it says {line}"))?;
    let script = "const page = await fetch(process.argv[1]);
        if (!page.ok || !(await page.text()).includes('<script')) throw new Error(`no demo at ${page.url}`);";
    run(program("node").args(["--input-type=module", "--eval", script, address]))
}

/// Compared with a host in JavaScript, JSON and the native host, in Chromium.
pub fn bench() -> Outcome {
    let built = build()?;
    let python = python::installed(&root().join("bindings/python"))?;
    let mut native = python::interpreter(&python, &root());
    native.arg("bindings/web/bench/native.py").arg(built.join("guest.wasm"));
    let native = output(&mut native)?;
    run(browsers::in_chromium(&built)?.arg("--bench").env("NATIVE_GET", native.trim()))
}

/// The modules and the tests' guests, in a folder.
fn build() -> Outcome<PathBuf> {
    packages::install(packages::TEST)?;
    packages::install(SHRINKER)?;
    let built = target().join("web/built");
    fs::create_dir_all(&built)?;
    for module in [&CORE, &ALL] {
        let mut shrink = program("wasm-opt");
        run(shrink.args(SHRINK).arg(compile(module)?).arg("-o").arg(built.join(module.name)))?;
    }
    let python = python::installed(&root().join("bindings/python"))?;
    for (text, name) in
        [("bindings/wasmtime/guest.wat", "guest"), ("examples/guest-imports/guest.wat", "guest-imports")]
    {
        assemble(&python, text, &built.join(name).with_extension("wasm"))?;
    }
    Ok(built)
}

fn compile(module: &Module) -> Outcome<PathBuf> {
    let folder = target().join("web");
    let mut command = program("cargo");
    command.args(["build", "--locked", "--release", "--target", TARGET, "--manifest-path"]);
    command.arg(root().join("bindings/web").join(module.folder).join("Cargo.toml"));
    command.env("CARGO_TARGET_DIR", &folder);
    let mut flags = module.flags.join(" ");
    let library =
        Path::new(output(program("rustc").args(["--print", "sysroot"]))?.trim()).join("lib/rustlib");
    if !library.join(TARGET).exists() {
        packages::install(DEBIAN)?;
        let version = output(program("rustc").arg("-vV"))?;
        let host =
            version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc names no host")?;
        let linker = library.join(host).join("bin/rust-lld");
        // The standard library is built without panic messages, too.
        flags.push_str(&format!(
            " -Zunstable-options -Cpanic=immediate-abort -Clinker={} -Clinker-flavor=wasm-ld",
            linker.display()
        ));
        command.args(module.library).env("RUSTC", "/usr/bin/rustc").env("RUSTC_BOOTSTRAP", "1");
    }
    run(command.env("RUSTFLAGS", flags))?;
    Ok(folder.join(TARGET).join("release").join(module.built))
}

/// Compiles a module in text format, which JavaScript engines do not accept.
fn assemble(python: &Path, text: &str, made: &Path) -> Outcome {
    let mut command: Command = python::interpreter(python, &root());
    command.arg("-c").arg(
        "import pathlib, sys, wasmtime\n\
         pathlib.Path(sys.argv[2]).write_bytes(wasmtime.wat2wasm(pathlib.Path(sys.argv[1]).read_text()))",
    );
    run(command.arg(text).arg(made))
}
