//! `drystone convert`.

use drystone::wota::to_bytes;
use drystone::{Blob, Status};

use crate::arguments::Convert;
use crate::explain;
use crate::failure::Failure;
use crate::format::Format;
use crate::input::{Input, resources};
use crate::output::Output;
use crate::progress::Progress;
use crate::refusal::{self, Target};

/// Converts from one format to another.
pub(crate) fn convert(arguments: &Convert) -> Result<(), Failure> {
    let input = Input::new(arguments.input.as_deref());
    let from = arguments.from.or(input.format()).ok_or_else(|| unknown("--from"))?;
    let by_ending = arguments.output.as_deref().and_then(Format::of_path);
    let to = arguments.to.or(by_ending).ok_or_else(|| unknown("--to"))?;
    only_for(arguments.pretty, "--pretty", to, Format::Json)?;
    only_for(arguments.nearest, "--nearest", to, Format::WotaDec64)?;
    let output = Output::new(arguments.output.as_deref())?;
    output.refuse_terminal(to, arguments.force)?;

    let limits = arguments.common.limits();
    let mut progress = Progress::new(arguments.common.quiet);
    let bytes = input.read(from, &limits, &mut progress)?;
    progress.working("checking");
    let message = from.decode(&bytes, &limits);
    let message = message.map_err(|fault| explain::failure(&input.name, &bytes, from, &limits, fault))?;
    progress.working("converting");
    let target = Target { format: to, nearest: arguments.nearest };
    let converted = to.encode(&message, arguments.pretty, arguments.nearest);
    let converted =
        converted.map_err(|status| refused(&input.name, &bytes, from, &message, target, status))?;
    progress.working("writing");
    let end_of_line: &[u8] = if to == Format::Json { b"\n" } else { b"" };
    let written = output.write(&[converted.bytes(), end_of_line]);
    progress.clear();
    written
}

/// A valid value cannot be represented in the target format. If it was JSON, the position is in its message.
fn refused(
    name: &str,
    bytes: &[u8],
    from: Format,
    message: &Blob,
    target: Target,
    status: Status,
) -> Failure {
    if from != Format::Json {
        return refusal::failure(name, bytes, from, target, status);
    }
    match to_bytes(message) {
        Ok(words) => refusal::failure(name, words.bytes(), from, target, status),
        Err(status) => resources(name, status),
    }
}

fn unknown(option: &str) -> Failure {
    Failure::Usage(format!("give the format with {option}: the file name's extension does not determine it"))
}

fn only_for(given: bool, option: &str, to: Format, format: Format) -> Result<(), Failure> {
    if given && to != format {
        return Err(Failure::Usage(format!("{option} is for --to {} only", format.name())));
    }
    Ok(())
}
