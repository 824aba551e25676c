//! The project's own commands: `cargo xtask demo | test | bench | header | deep`.

mod header;
mod process;

use std::process::ExitCode;

use process::Outcome;

const USAGE: &str = "cargo xtask COMMAND

  demo [-- --json]  build everything and run actors on a real QuickJS that pass stones around
  test              everything: Rust, C, CMake and pkg-config consumers, QuickJS
  bench [AREA]      side by side with the peers; AREA: count, stones, wota, text, mailbox, quickjs
  deep              the longer models and properties
  header            write include/drystone.h and include/drystone.symbols anew
  header --check    fail when they are not what the sources say";

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
    match command {
        Some("header") => header::run(rest.iter().any(|argument| argument == "--check")),
        _ => Err(USAGE.into()),
    }
}
