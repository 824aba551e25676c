//! The project's own commands: `cargo xtask demo | test | bench | install | header | deep`.

mod abi;
mod bench;
mod bench_program;
mod bench_quickjs;
mod bindings;
mod blocks;
mod book;
mod browsers;
mod cargo_c;
mod choice;
mod circles;
mod commands;
mod compiled;
mod conan;
mod core_check;
mod crates;
mod declarations;
mod demo;
mod documents;
mod engine_tests;
mod engines;
mod example;
mod examples;
mod fuzz;
mod guest;
mod header;
mod install;
mod install_tests;
mod instructions;
mod interface;
mod javascript;
mod library;
mod mirrors;
mod packages;
mod place;
mod plots;
mod post;
mod post_document;
mod post_library;
mod process;
mod python;
mod quickjs;
mod quickjs_post;
mod results;
mod sections;
mod snippets;
mod steps;
mod test;
mod typescript;
mod web;
mod wheel;

use std::process::ExitCode;

use engines::engine;
use process::Outcome;

const USAGE: &str = "cargo xtask COMMAND

  demo [-- --json]  build everything and run actors on a real QuickJS that pass stones around;
                    [--engine NAME] on an engine other than the newest release (a wrong name lists them)
  test              everything: Rust, C, CMake and pkg-config consumers, QuickJS, Python, wasmtime;
                    [--only STEP] for a part of it (a wrong name lists the steps), [--changed [COMMIT]]
                    for the parts affected by changes since that commit (HEAD)
  python, quickjs   only the Python package, or only the QuickJS module, which
                    takes [--engine NAME] too
  web               the package for browsers and Node, built and tested in Node, Chromium and Firefox;
                    --serve [PORT] for the demo page instead
  wheel             Python packages for distribution, in target/wheel/dist: a wheel for Linux on x86-64 with
                    glibc 2.17 or newer, and the sources; tested with every installed Python
  bench [AREA]      comparisons with the peers; AREA: count, stones, small, mailbox, wota,
                    text, nota, fields, bucket, arena, quickjs, python, guest (WebAssembly), web (Chromium);
                    --instructions counts the instructions of hot C calls instead and compares them
                    with the recorded figures, --instructions --write records new ones;
                    --report [--runs N] writes docs/performance.md from N runs (5)
  post              letters between machines: starts NATS servers (Debian's and a newer one) and tests every
                    guarantee: kills, cuts, clusters, TLS, letters of 1 GB; some tests need root
  install           the library, headers, CMake and pkg-config files: [--prefix P] [--destdir D]
                    [--libdir L]; P defaults to /usr/local; --post: also libdrystone_post
  uninstall         removes what install installed with the same arguments
  deep              the longer models and properties, the wheel, older releases of Node and wasmtime,
                    and cargo-c, which is built for that
  header            regenerate the headers and include/drystone.symbols
  abi               record today's binary interface as the promised one: include/drystone.abi
  bindings          regenerate the declarations of bindings/rust/drystone-sys (needs libclang)
  declarations      copy bindings/types/common.d.ts into the TypeScript declarations of QuickJS and web, and
                    write the names of the statuses in JavaScript
  header --check    fail if they are out of date; likewise bindings --check, declarations --check
                    and abi --check (which accepts additions)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--").collect();
    let rest = arguments.get(1..).unwrap_or_default();
    match run(arguments.first().map(String::as_str), rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Option<&str>, rest: &[String]) -> Outcome {
    let command =
        if rest.iter().any(|word| word == "--help" || word == "-h") { Some("help") } else { command };
    match command {
        Some("abi") => abi::run_abi(rest.iter().any(|argument| argument == "--check")),
        Some("declarations") => declarations::run(rest.iter().any(|argument| argument == "--check")),
        Some("header") => header::run(rest.iter().any(|argument| argument == "--check")),
        Some("bindings") => bindings::run_bindings(rest.iter().any(|argument| argument == "--check")),
        Some("demo") => {
            let json = rest.iter().any(|argument| argument == "--json");
            demo::run_demo(engine(chosen_engine(rest)?)?, json)
        }
        Some("post") => post::run_all(),
        Some("install") => install::run_install(rest),
        Some("uninstall") => install::run_uninstall(rest),
        Some("test") => test::run_tests(rest),
        Some("deep") => test::run_deep(),
        Some("python") => python::run_tests(),
        Some("web") => match rest {
            [] => web::check(),
            [flag] if flag == "--serve" => web::serve(None),
            [flag, port] if flag == "--serve" => web::serve(Some(port)),
            _ => Err("web takes --serve [PORT], or nothing".into()),
        },
        Some("wheel") => wheel::run_wheel(),
        Some("quickjs") => javascript::run_tests(chosen_engine(rest)?),
        Some("bench") => bench::run_benches(rest),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}

/// The value of `--engine NAME` or `--engine=NAME`.
fn chosen_engine(arguments: &[String]) -> Outcome<Option<&str>> {
    let Some(at) = arguments.iter().position(|argument| argument.starts_with("--engine")) else {
        return Ok(None);
    };
    let name = match arguments[at].strip_prefix("--engine=") {
        Some(name) => Some(name),
        None => arguments.get(at + 1).map(String::as_str),
    };
    Ok(Some(name.ok_or("--engine needs the name of an engine")?))
}
