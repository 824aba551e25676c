//! `drystone validate`.

use std::path::Path;

use drystone::Limits;

use crate::arguments::Validate;
use crate::explain;
use crate::failure::{FAULTY, Failure, GOOD, INPUT_OUTPUT};
use crate::format::Format;
use crate::input::Input;
use crate::output::Lines;
use crate::progress::Progress;
use crate::report;
use crate::walk::counted;

/// Reports for each file whether it is valid; returns the exit code. A faulty file takes precedence over one that
/// cannot be read.
pub(crate) fn validate(arguments: &Validate) -> Result<u8, Failure> {
    let mut files: Vec<&Path> = arguments.files.iter().map(AsRef::as_ref).collect();
    if files.is_empty() {
        files.push(Path::new("-"));
    }
    let limits = arguments.common.limits();
    let mut progress = Progress::new(arguments.common.quiet);
    let mut lines = Lines::new();
    let (mut faulty, mut unread) = (false, false);
    let code = |faulty, unread| match (faulty, unread) {
        (true, _) => FAULTY,
        (_, true) => INPUT_OUTPUT,
        _ => GOOD,
    };
    for file in files {
        let input = Input::new(Some(file));
        let format = arguments.from.or(input.format()).unwrap_or(Format::Wota);
        let checked = check(&input, format, &limits, &mut progress);
        progress.clear();
        let line = match checked {
            Ok(size) => format!("{}: good ({}, {})", input.name, format.name(), counted(size, "byte")),
            Err(failure @ Failure::Faulty(..)) => {
                faulty = true;
                failure.to_string()
            }
            Err(failure) => {
                unread = true;
                lines.flush()?;
                report(&failure);
                continue;
            }
        };
        match lines.line(&line).and_then(|()| lines.flush()) {
            // The reader has gone; the results so far count.
            Err(Failure::NobodyListens) => return Ok(code(faulty, unread)),
            outcome => outcome?,
        }
    }
    Ok(code(faulty, unread))
}

/// Returns the size in bytes.
fn check(input: &Input, format: Format, limits: &Limits, progress: &mut Progress) -> Result<u64, Failure> {
    let bytes = input.read(format, limits, progress)?;
    progress.working("checking");
    let checked = format.validate(&bytes, limits);
    checked.map_err(|fault| explain::failure(&input.name, &bytes, format, limits, fault))?;
    Ok(bytes.len() as u64)
}
