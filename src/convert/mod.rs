//! Conversion between forms: every source produces its value piece by piece, from the outside in, and every sink
//! accepts it in that order. There is no intermediate form, and nesting uses no stack.
#![forbid(unsafe_code)]

pub mod dump;
pub(crate) mod output;

use crate::blob::Blob;
use crate::nota;
use crate::number::Number;
use crate::number::dec64::Dec64;
use crate::status::Status;
use crate::value::{Kind, Limits, Symbol};
use crate::wota::{self, AnyReader, Classic, Dec64Words, Dialect, Layout};

/// A value without its inner values.
pub(crate) enum Event<'a> {
    Number(Number),
    Text(&'a [u8]),
    Array(u64),
    Record(u64),
    Symbol(Symbol),
    Bits(&'a [u8], usize),
    Stone(Blob),
}

/// Something to read values from.
pub(crate) trait Source {
    /// The next event; `End` after the value. Texts and bits may point into the scratch memory.
    fn piece<'a>(&'a mut self, scratch: &'a mut Vec<u8>) -> Result<Event<'a>, Status>;
}

/// Something to write values to.
pub(crate) trait Sink {
    fn piece(&mut self, piece: Event<'_>) -> Result<(), Status>;
}

/// Copies all of the value.
pub(crate) fn copy(source: &mut impl Source, sink: &mut impl Sink) -> Result<(), Status> {
    let mut scratch = Vec::new();
    loop {
        match source.piece(&mut scratch) {
            Ok(piece) => sink.piece(piece)?,
            Err(Status::End) => return Ok(()),
            Err(status) => return Err(status),
        }
    }
}

/// The first `size` bytes of the scratch memory, which grows if necessary.
fn room(scratch: &mut Vec<u8>, size: usize) -> Result<&mut [u8], Status> {
    if scratch.len() < size {
        scratch.try_reserve(size - scratch.len())?;
        scratch.resize(size, 0);
    }
    Ok(&mut scratch[..size])
}

impl<L: Layout> Source for wota::Reader<'_, L> {
    #[inline]
    fn piece<'a>(&'a mut self, scratch: &'a mut Vec<u8>) -> Result<Event<'a>, Status> {
        Ok(match self.kind()? {
            Kind::Integer => Event::Number(Number::Integer(self.integer()?)),
            Kind::Float => Event::Number(self.numeric()?),
            Kind::Text => {
                // A character has at most as many bytes as in the words.
                let place = room(scratch, self.text_room()?)?;
                let length = self.text(place)?;
                Event::Text(&place[..length])
            }
            Kind::Array => Event::Array(self.array()?),
            Kind::Record => Event::Record(self.record()?),
            Kind::Symbol => Event::Symbol(self.symbol()?),
            Kind::Blob => {
                let place = room(scratch, self.bits_length()?.div_ceil(8))?;
                let bits = self.bits(place)?;
                Event::Bits(place, bits)
            }
            Kind::Stone => Event::Stone(self.blob()?),
            // Messages are flattened before they are read piece by piece.
            Kind::Value => return Err(Status::WrongType),
        })
    }
}

impl<L: Layout> Sink for wota::Writer<L> {
    #[inline]
    fn piece(&mut self, piece: Event<'_>) -> Result<(), Status> {
        match piece {
            Event::Number(number) => self.numeric(number),
            Event::Text(utf8) => self.text(utf8),
            Event::Array(count) => self.array(count),
            Event::Record(pairs) => self.record(pairs),
            Event::Symbol(symbol) => self.symbol(symbol),
            Event::Bits(bytes, bits) => self.bits(bytes, bits),
            Event::Stone(stone) => self.blob(&stone),
        }
    }
}

/// A message of the same value in the given dialect. Stones stay references; references to other messages' values are
/// replaced by the values. With `nearest`, numbers that DEC64 cannot represent are rounded.
///
/// `NotStone`; `WrongType` when it is not a message; `OutOfRange` for a number that the dialect cannot represent;
/// `LimitExceeded` when the result would have more than 2^32 words or be nested too deeply; `NoMemory`.
pub fn transcode(message: &Blob, dialect: Dialect, nearest: bool) -> Result<Blob, Status> {
    if wota::refers(message) {
        return wota::flatten(message, dialect, nearest, &wota::OUTGOING);
    }
    let reader = AnyReader::new(message, &Limits::UNLIMITED)?;
    match (dialect, nearest) {
        (Dialect::Classic, _) => {
            let mut writer = wota::Writer::<Classic>::deep();
            copy_any(reader, &mut writer)?;
            writer.finish()
        }
        (Dialect::Dec64, false) => {
            let mut writer = wota::Writer::<Dec64Words>::deep();
            copy_any(reader, &mut writer)?;
            writer.finish()
        }
        (Dialect::Dec64, true) => {
            let mut writer = Nearest(wota::Writer::deep());
            copy_any(reader, &mut writer)?;
            writer.0.finish()
        }
    }
}

/// A message's value as Nota, a stone of bytes. The stones that the message holds become inline blobs.
///
/// `NotStone`; `WrongType` when it is not a message; `OutOfRange` for NaN and infinities; `LimitExceeded` when the
/// value with everything that it refers to and holds has more than 2^32 words; `Malformed` when two keys of a record
/// are equal; `NoMemory`.
pub fn nota_from_message(message: &Blob) -> Result<Blob, Status> {
    nota::from_message(&wota::outgoing(message)?)
}

/// A message (classic) of Nota bytes, which are checked completely.
///
/// `Truncated`; `Malformed`; `LimitExceeded`; `NoMemory`.
pub fn nota_to_message(bytes: &[u8], limits: &Limits) -> Result<Blob, wota::Fault> {
    nota::to_message(bytes, limits)
}

fn copy_any(reader: AnyReader<'_>, sink: &mut impl Sink) -> Result<(), Status> {
    match reader {
        AnyReader::Classic(mut reader) => copy(&mut reader, sink),
        AnyReader::Dec64(mut reader) => copy(&mut reader, sink),
    }
}

/// A sink that rounds every number to the nearest DEC64 number.
struct Nearest(wota::Writer<Dec64Words>);

impl Sink for Nearest {
    fn piece(&mut self, piece: Event<'_>) -> Result<(), Status> {
        match piece {
            Event::Number(Number::Double(value)) => self.0.nearest(value),
            Event::Number(Number::Decimal(value)) => self.0.decimal(Dec64::nearest(value)),
            piece => self.0.piece(piece),
        }
    }
}
