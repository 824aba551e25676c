//! The words of a message in readable form for bug reports: offset, word, and meaning, one line per value.
#![forbid(unsafe_code)]

use core::fmt::{self, Write};

use crate::allocation::Grow;
use crate::blob::Blob;
use crate::convert::output::Output;
use crate::number::Number;
use crate::status::Status;
use crate::value::{Kind, Limits, Symbol};
use crate::wota::{AnyReader, Layout, Reader, Things, is_message};

/// At most this much of a text is shown.
const TEXT_SHOWN: usize = 60;

/// A message's words as UTF-8 text, a stone of bytes. Blobs that the message holds, directly or through messages, are
/// named by the numbers they have in its parts ([`to_parts`](crate::wota::to_parts)). Each held message is dumped
/// once after it.
///
/// `NotStone`; `WrongType` when it is not a message; `NoMemory`.
pub fn dump(message: &Blob) -> Result<Blob, Status> {
    let mut output = Output::default();
    AnyReader::new(message, &Limits::UNLIMITED)?;
    let things = Things::of(message)?;
    for (number, message) in things.messages() {
        let reader = AnyReader::new(message, &Limits::UNLIMITED)?;
        let written = heading(number, message, &mut output).and_then(|()| match reader {
            AnyReader::Classic(reader) => values(reader, &things, &mut output),
            AnyReader::Dec64(reader) => values(reader, &things, &mut output),
        });
        written.map_err(|_| Status::NoMemory)?;
    }
    output.into_stone()
}

/// The line above a held message.
fn heading(number: usize, message: &Blob, output: &mut Output) -> fmt::Result {
    if number == 0 {
        return Ok(());
    }
    writeln!(output, "\nthing {number}, a message of {} words", message.length_bits() / 64)
}

/// The largest indentation, in levels. Without it, a small deep message would make a huge text.
const INDENTED: usize = 32;

/// A container around a value.
struct OpenContainer {
    left: u64,
    record: bool,
}

fn values<L: Layout>(mut reader: Reader<'_, L>, things: &Things<'_>, output: &mut Output) -> fmt::Result {
    let mut open: Vec<OpenContainer> = Vec::new();
    while let Ok(kind) = reader.kind() {
        let key = open.last().is_some_and(|open| open.record && open.left.is_multiple_of(2));
        let word = reader.word().unwrap_or(0);
        write!(output, "{:8}  {word:016X}  ", reader.offset())?;
        for _ in 0..open.len().min(INDENTED) {
            output.write_str("  ")?;
        }
        if key {
            output.write_str("key ")?;
        }
        if let Some(open) = open.last_mut() {
            open.left -= 1;
        }
        let container = value(&mut reader, kind, things, output)?;
        output.write_str("\n")?;
        if let Some(container) = container {
            open.try_push(container).map_err(|_| fmt::Error)?;
        }
        while open.pop_if(|open| open.left == 0).is_some() {}
    }
    Ok(())
}

/// Describes the value here and moves past it; returns the container that it opens.
fn value<L: Layout>(
    reader: &mut Reader<'_, L>,
    kind: Kind,
    things: &Things<'_>,
    output: &mut Output,
) -> Result<Option<OpenContainer>, fmt::Error> {
    let broken = |_| fmt::Error;
    match kind {
        Kind::Integer => write!(output, "integer {}", reader.integer().map_err(broken)?)?,
        Kind::Float => match reader.numeric().map_err(broken)? {
            Number::Integer(value) => write!(output, "integer {value}")?,
            Number::Double(value) => write!(output, "float {value:?} ({:016X})", value.to_bits())?,
            Number::Decimal(value) => write!(output, "decimal {}e{}", value.coefficient, value.exponent)?,
        },
        Kind::Text => text(reader, output)?,
        Kind::Blob => {
            write!(output, "blob of {} bits", reader.bits_length().map_err(broken)?)?;
            reader.skip().map_err(broken)?;
        }
        Kind::Stone => {
            let stone = reader.blob().map_err(broken)?;
            write!(output, "stone of {} bits", stone.length_bits())?;
            if is_message(&stone) {
                write!(output, ", the message of thing {}", things.number(&stone))?;
            }
        }
        Kind::Value => {
            let (message, offset) = reader.value().map_err(broken)?;
            write!(output, "value at {offset} of thing {}", things.number(&message))?;
        }
        Kind::Array => {
            let count = reader.array().map_err(broken)?;
            write!(output, "array of {count}")?;
            return Ok(Some(OpenContainer { left: count, record: false }));
        }
        Kind::Record => {
            let pairs = reader.record().map_err(broken)?;
            write!(output, "record of {pairs}")?;
            return Ok(Some(OpenContainer { left: pairs * 2, record: true }));
        }
        Kind::Symbol => {
            let symbol = reader.symbol().map_err(broken)?;
            let name = match symbol {
                Symbol::Null => "null",
                Symbol::False => "false",
                Symbol::True => "true",
                Symbol::Private => "private",
                Symbol::System => "system",
            };
            output.write_str(name)?;
            if matches!(symbol, Symbol::Private | Symbol::System) {
                return Ok(Some(OpenContainer { left: 1, record: false }));
            }
        }
    }
    Ok(None)
}

fn text<L: Layout>(reader: &mut Reader<'_, L>, output: &mut Output) -> fmt::Result {
    let length = reader.text_length().map_err(|_| fmt::Error)?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| fmt::Error)?;
    bytes.resize(length, 0);
    reader.text(&mut bytes).map_err(|_| fmt::Error)?;
    let mut shown = Vec::new();
    for chunk in bytes[..length.min(TEXT_SHOWN)].utf8_chunks() {
        let broken = if chunk.invalid().is_empty() { "" } else { "\u{FFFD}" };
        for part in [chunk.valid(), broken] {
            shown.try_append(part.as_bytes()).map_err(|_| fmt::Error)?;
        }
    }
    let shown = str::from_utf8(&shown).map_err(|_| fmt::Error)?;
    let rest = if length > TEXT_SHOWN { "…" } else { "" };
    write!(output, "text of {length} bytes {shown:?}{rest}")
}
