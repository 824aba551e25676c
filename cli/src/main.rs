//! `drystone`: looks into, checks and converts messages. See `docs/command-line.md`.
#![forbid(unsafe_code)]

mod allowed;
mod arguments;
mod command;
mod explain;
mod failure;
mod format;
mod input;
mod json_fault;
mod listing;
#[cfg(feature = "machines")]
mod machines;
mod meeting;
mod neighbourhood;
mod output;
mod progress;
mod refusal;
mod tally;
mod walk;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use failure::{Failure, GOOD, USAGE};

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help whose reader has gone is not a failure.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { USAGE } else { GOOD });
        }
    };
    let outcome = match &arguments.command {
        Command::Inspect(arguments) => command::inspect(arguments).map(|()| GOOD),
        Command::Convert(arguments) => command::convert(arguments).map(|()| GOOD),
        Command::Validate(arguments) => command::validate(arguments),
        Command::Serve(arguments) => command::serve(arguments).map(|()| GOOD),
        Command::Post(arguments) => command::post(arguments).map(|()| GOOD),
    };
    ExitCode::from(outcome.unwrap_or_else(|failure| {
        report(&failure);
        failure.exit_code()
    }))
}

/// Tells the user, unless standard error is closed.
fn report(failure: &Failure) {
    if !matches!(failure, Failure::NobodyListens) {
        let _ = writeln!(io::stderr(), "drystone: {failure}");
    }
}
