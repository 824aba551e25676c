//! Flattening: messages with every reference replaced by the value it refers to, for export and decoding.

use super::header::{dialect_of, refers};
use super::layout::{Dec64Words, Layout};
use super::read::{AnyReader, Reader};
use super::weigh::{Scale, Stones};
use super::word::Dialect;
use super::write::{AnyWriter, Writer};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::number::Number;
use crate::number::dec64::Dec64;
use crate::status::Status;
use crate::value::{Kind, Limits};

/// A message of the same value without references to other messages' values, in the given dialect. Stones stay
/// references. With `nearest`, numbers that DEC64 cannot represent are rounded. The size is computed before anything is
/// allocated.
///
/// `NotStone`; `WrongType` when it is not a message; `LimitExceeded`; `OutOfRange` for a number that the dialect cannot
/// represent; `NoMemory`.
pub(crate) fn flatten(
    message: &Blob,
    dialect: Dialect,
    nearest: bool,
    limits: &Limits,
) -> Result<Blob, Status> {
    let reader = AnyReader::new(message, &Limits::UNLIMITED)?;
    let words = Scale::new(Stones::Held, limits).weigh(message, dialect)?.words;
    match &mut AnyWriter::new(dialect) {
        AnyWriter::Classic(writer) => {
            *writer = Writer::deep();
            run(reader, words, writer, Writer::numeric)
        }
        AnyWriter::Dec64(writer) => {
            *writer = Writer::deep();
            run(reader, words, writer, if nearest { nearest_number } else { Writer::numeric })
        }
    }
}

/// The message itself when it has no references, otherwise [`flatten`]ed in its own dialect.
pub(crate) fn flat(message: &Blob, limits: &Limits) -> Result<Blob, Status> {
    let dialect = dialect_of(message)?;
    if refers(message) { flatten(message, dialect, false, limits) } else { Ok(message.clone()) }
}

fn nearest_number(writer: &mut Writer<Dec64Words>, number: Number) -> Result<(), Status> {
    match number {
        Number::Double(value) => writer.nearest(value),
        Number::Decimal(value) => writer.decimal(Dec64::nearest(value)),
        number => writer.numeric(number),
    }
}

fn run<L: Layout>(
    reader: AnyReader<'_>,
    words: u64,
    writer: &mut Writer<L>,
    number: fn(&mut Writer<L>, Number) -> Result<(), Status>,
) -> Result<Blob, Status> {
    writer.reserve(words)?;
    // The readers of the surrounding values, each with the number of values still to be read.
    let mut outer: Vec<(AnyReader<'_>, u64)> = Vec::new();
    let (mut reader, mut left) = (reader, 1_u64);
    loop {
        if left == 0 {
            match outer.pop() {
                Some(around) => (reader, left) = around,
                None => return writer.finish(),
            }
            continue;
        }
        left -= 1;
        let values = match &mut reader {
            AnyReader::Classic(reader) => piece(reader, writer, number)?,
            AnyReader::Dec64(reader) => piece(reader, writer, number)?,
        };
        match values {
            Some(values) => left = left.saturating_add(values),
            None => {
                let inner = match &mut reader {
                    AnyReader::Classic(reader) => reader.enter()?,
                    AnyReader::Dec64(reader) => reader.enter()?,
                };
                outer.try_push((reader, left))?;
                (reader, left) = (inner, 1);
            }
        }
    }
}

/// Writes a value without its inner values, and returns the number of those. For a reference does nothing and returns
/// `None`.
#[inline]
fn piece<F: Layout, T: Layout>(
    reader: &mut Reader<'_, F>,
    writer: &mut Writer<T>,
    number: fn(&mut Writer<T>, Number) -> Result<(), Status>,
) -> Result<Option<u64>, Status> {
    let head = reader.head()?;
    match head.kind {
        Kind::Value => return Ok(None),
        Kind::Integer | Kind::Float => {
            number(writer, reader.numeric()?)?;
            return Ok(Some(0));
        }
        Kind::Array => writer.array(head.field)?,
        Kind::Record => writer.record(head.field)?,
        Kind::Symbol => {
            let mut ahead = *reader;
            writer.symbol(ahead.symbol()?)?;
        }
        Kind::Stone => writer.blob(reader.stone_here()?)?,
        Kind::Text | Kind::Blob => writer.raw(head.kind, head.field, reader.payload(head)?)?,
    }
    reader.step_over(head)?;
    Ok(Some(head.contains().map_or(0, |(values, _)| values)))
}
