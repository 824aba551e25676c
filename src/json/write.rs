//! From a message to JSON text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::put::{put_double, put_integer, put_text};
use super::{BITS, BLOB, PRIVATE, SYSTEM, is_reserved};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::convert::output::Output;
use crate::convert::{Event, Source};
use crate::number::Number;
use crate::status::Status;
use crate::value::{Limits, Symbol};
use crate::wota::{AnyReader, check_message, outgoing, outgoing_stone};

/// A message's value as JSON text in UTF-8, a stone of bytes; on one line, or with `pretty` on many.
///
/// `NotStone`; `WrongType` when it is no message; `OutOfRange` for NaN, infinities and lone surrogates;
/// `LimitExceeded` when what it refers to and holds makes it more than 2^32 words, and when the text would be longer than
/// a MiB and than ten times the message: only text that is little more than indentation is;
/// `Malformed` when two keys of a record are the same; `NoMemory`.
pub fn json_from_message(message: &Blob, pretty: bool) -> Result<Blob, Status> {
    write(message, pretty, None)
}

/// The same for text of at most so many bytes.
pub fn json_from_message_within(message: &Blob, pretty: bool, max_bytes: usize) -> Result<Blob, Status> {
    write(message, pretty, Some(max_bytes))
}

/// What a text may always have, and how many times the bytes of the message.
const USUAL_BYTES: usize = 1 << 20;
const USUAL_MULTIPLE: usize = 10;

fn write(message: &Blob, pretty: bool, max_bytes: Option<usize>) -> Result<Blob, Status> {
    let message = &outgoing(message)?;
    let reader = AnyReader::new(message, &Limits::UNLIMITED)?;
    check_message(message)?;
    let usual = message.bytes().len().saturating_mul(USUAL_MULTIPLE).max(USUAL_BYTES);
    let output = Output::within(max_bytes.unwrap_or(usual));
    let mut text = JsonText { output, open: Vec::new(), pretty, limited: max_bytes.is_some() };
    match reader {
        AnyReader::Classic(mut reader) => text.value(&mut reader)?,
        AnyReader::Dec64(mut reader) => text.value(&mut reader)?,
    }
    text.output.into_stone()
}

/// No line begins further to the right: otherwise a small deep message would make a huge text.
const INDENTED: usize = 32;

struct JsonText {
    output: Output,
    /// What is open around the place, innermost last.
    open: Vec<OpenBracket>,
    pretty: bool,
    /// The caller gave the limit; else what the message holds counts for it.
    limited: bool,
}

struct OpenBracket {
    left: u64,
    first: bool,
    closing: &'static str,
    kind: ContainerKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ContainerKind {
    Array,
    /// Keys and values take turns.
    Record,
    /// One value, on the same line.
    Symbol,
}

impl JsonText {
    fn value(&mut self, source: &mut impl Source) -> Result<(), Status> {
        let mut scratch = Vec::new();
        loop {
            let key = self.before()?;
            match source.piece(&mut scratch) {
                Ok(Event::Text(utf8)) if key => {
                    let escape = if is_reserved(utf8) { "$" } else { "" };
                    self.string(escape, utf8)?;
                    self.output.put(if self.pretty { b": " } else { b":" })?;
                    continue;
                }
                Ok(piece) => self.piece(piece)?,
                Err(status) => return Err(status),
            }
            if self.close()? {
                return Ok(());
            }
        }
    }

    /// Writes what separates the next value from the one before; true where a key is to follow.
    fn before(&mut self) -> Result<bool, Status> {
        let depth = self.open.len();
        let Some(open) = self.open.last_mut() else { return Ok(false) };
        let key = open.kind == ContainerKind::Record && open.left.is_multiple_of(2);
        if open.kind == ContainerKind::Array || key {
            let separator: &[u8] = if open.first { b"" } else { b"," };
            open.first = false;
            self.output.put(separator)?;
            self.line(depth)?;
        }
        if let Some(open) = self.open.last_mut() {
            open.left -= 1;
        }
        Ok(key)
    }

    /// Writes the ends of what is complete; true when all is.
    fn close(&mut self) -> Result<bool, Status> {
        while let Some(open) = self.open.pop_if(|open| open.left == 0) {
            if !open.first {
                self.line(self.open.len())?;
            }
            self.output.put(open.closing.as_bytes())?;
        }
        Ok(self.open.is_empty())
    }

    fn line(&mut self, depth: usize) -> Result<(), Status> {
        if self.pretty {
            self.output.put(b"\n")?;
            for _ in 0..depth.min(INDENTED) {
                self.output.put(b"  ")?;
            }
        }
        Ok(())
    }

    fn piece(&mut self, piece: Event<'_>) -> Result<(), Status> {
        match piece {
            Event::Number(Number::Integer(value)) => put_integer(&mut self.output, value),
            Event::Number(Number::Double(value)) if !value.is_finite() => Err(Status::OutOfRange),
            Event::Number(Number::Double(value)) => put_double(&mut self.output, value),
            Event::Number(Number::Decimal(value)) => put_double(&mut self.output, value.to_double()),
            Event::Text(utf8) => self.string("", utf8),
            Event::Array(count) => self.begin(b"[", "]", count, ContainerKind::Array),
            Event::Record(pairs) => self.begin(b"{", "}", pairs * 2, ContainerKind::Record),
            Event::Symbol(Symbol::Null) => self.output.put(b"null"),
            Event::Symbol(Symbol::False) => self.output.put(b"false"),
            Event::Symbol(Symbol::True) => self.output.put(b"true"),
            Event::Symbol(Symbol::Private) => self.carrier(PRIVATE),
            Event::Symbol(Symbol::System) => self.carrier(SYSTEM),
            Event::Bits(bytes, bits) => self.blob(bytes, bits),
            Event::Stone(stone) => {
                let stone = outgoing_stone(stone)?;
                if !self.limited {
                    self.output.allow(stone.bytes().len().saturating_mul(USUAL_MULTIPLE));
                }
                self.blob(stone.bytes(), stone.length_bits())
            }
        }
    }

    fn begin(
        &mut self,
        opening: &[u8],
        closing: &'static str,
        left: u64,
        kind: ContainerKind,
    ) -> Result<(), Status> {
        self.output.put(opening)?;
        self.open.try_push(OpenBracket { left, first: true, closing, kind })
    }

    /// A symbol with one value, on the same line.
    fn carrier(&mut self, name: &str) -> Result<(), Status> {
        self.name(name)?;
        self.open.try_push(OpenBracket { left: 1, first: true, closing: "}", kind: ContainerKind::Symbol })
    }

    /// The opening of an object whose first key is a reserved one.
    fn name(&mut self, name: &str) -> Result<(), Status> {
        self.output.put(b"{")?;
        put_text(&mut self.output, name.as_bytes())?;
        self.output.put(b":")
    }

    fn blob(&mut self, bytes: &[u8], bits: usize) -> Result<(), Status> {
        let used = bits % 8;
        let mut clean = Vec::new();
        clean.try_reserve_exact(bytes.len())?;
        clean.try_append(bytes)?;
        if used != 0
            && let Some(last) = clean.last_mut()
        {
            *last &= !(0xFF >> used);
        }
        let size = base64::encoded_len(bytes.len(), true).ok_or(Status::NoMemory)?;
        self.output.reserve(size)?;
        let mut text = Vec::new();
        text.try_reserve_exact(size)?;
        text.resize(size, 0);
        let length = STANDARD.encode_slice(&clean, &mut text).map_err(|_| Status::NoMemory)?;
        self.name(BLOB)?;
        self.output.put(b"\"")?;
        self.output.put(&text[..length])?;
        self.output.put(b"\"")?;
        if used != 0 {
            self.output.put(b",")?;
            put_text(&mut self.output, BITS.as_bytes())?;
            self.output.put(b":")?;
            put_integer(&mut self.output, i64::try_from(bits).map_err(|_| Status::OutOfRange)?)?;
        }
        self.output.put(b"}")
    }

    fn string(&mut self, escape: &str, utf8: &[u8]) -> Result<(), Status> {
        if escape.is_empty() {
            return put_text(&mut self.output, utf8);
        }
        // Reserved names have nothing to escape.
        self.output.put(b"\"$")?;
        self.output.put(utf8)?;
        self.output.put(b"\"")
    }
}
