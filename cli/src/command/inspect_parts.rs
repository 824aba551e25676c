//! `drystone inspect --parts`.

use drystone::dump::dump;
use drystone::wota::{dialect_of, flattened_words, from_parts};
use drystone::{Blob, Status};

use crate::arguments::Inspect;
use crate::failure::{Failure, Trouble};
use crate::format::Format;
use crate::input::{Input, resources};
use crate::output::Lines;
use crate::progress::Progress;
use crate::tally::row;

/// Shows the message that the parts make, each message that it refers to once, and the sizes with and without
/// sharing.
pub(crate) fn inspect_parts(arguments: &Inspect) -> Result<(), Failure> {
    let limits = arguments.common.limits();
    let mut progress = Progress::new(arguments.common.quiet);
    let mut parts = Vec::new();
    let mut bytes = 0;
    for path in &arguments.parts {
        let input = Input::new(Some(path));
        let read = input.read(Format::Wota, &limits, &mut progress)?;
        bytes += read.len();
        let mut part = Blob::from_bytes(&read).map_err(|status| resources(&input.name, status))?;
        part.make_stone();
        parts.push(part);
    }
    progress.clear();
    let name = Input::new(arguments.parts.first().map(AsRef::as_ref)).name;
    let message = from_parts(&parts, &limits).map_err(|status| refused(&name, status))?;
    let mut lines = Lines::new();
    if !arguments.summary {
        lines.bytes(dump(&message).map_err(|status| resources(&name, status))?.bytes())?;
        lines.line("")?;
    }
    let dialect = dialect_of(&message).map_err(|status| resources(&name, status))?;
    let format = if dialect == Default::default() { Format::Wota } else { Format::WotaDec64 };
    lines.line(&row("format", format.name()))?;
    lines.line(&row("parts", &parts.len().to_string()))?;
    lines.line(&row("bytes", &bytes.to_string()))?;
    lines.line(&row("words", &(message.length_bits() / 64).to_string()))?;
    let flattened = match flattened_words(&message, &limits) {
        Ok(words) => words.to_string(),
        Err(Status::LimitExceeded) => "more than the limits".to_string(),
        Err(status) => status.to_string(),
    };
    lines.line(&row("seen through", &flattened))?;
    lines.flush()
}

fn refused(name: &str, status: Status) -> Failure {
    if status == Status::NoMemory {
        return resources(name, status);
    }
    let expected = "the parts of a message".to_string();
    Failure::Faulty(
        name.to_string(),
        Trouble { offset: 0, unit: "words", expected, found: status.to_string() },
    )
}
