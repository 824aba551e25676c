//! From a message to JSON text, in one pass over its words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::put::{put_double, put_integer, put_text};
use super::{BITS, BLOB, PRIVATE, SYSTEM, is_reserved};
use crate::allocation::Grow;
use crate::blob::{Blob, bytes_for};
use crate::convert::output::Output;
use crate::lanes::escapes;
use crate::number::Number;
use crate::status::Status;
use crate::value::Symbol;
use crate::wota::{self, Visitor, Words, copy_bits, narrow_ascii};

/// A message's value as JSON text in UTF-8, a stone of bytes; on one line, or with `pretty` on many.
///
/// `NotStone`; `WrongType` when it is not a message; `OutOfRange` for NaN, infinities and lone surrogates;
/// `LimitExceeded` when the value with everything that it refers to and holds has more than 2^32 words, and when the
/// text would be longer than both 1 MiB and ten times the message (only text that is mostly indentation is);
/// `Malformed` when two keys of a record are equal; `NoMemory`.
pub fn json_from_message(message: &Blob, pretty: bool) -> Result<Blob, Status> {
    write(message, pretty, None)
}

/// The same for text of at most `limit` bytes.
pub fn json_from_message_within(message: &Blob, pretty: bool, max_bytes: usize) -> Result<Blob, Status> {
    write(message, pretty, Some(max_bytes))
}

/// The length that a text may always have, and the factor for the bytes of the message.
const USUAL_BYTES: usize = 1 << 20;
const USUAL_MULTIPLE: usize = 10;

fn write(message: &Blob, pretty: bool, max_bytes: Option<usize>) -> Result<Blob, Status> {
    let message = &wota::outgoing(message)?;
    let size = message.bytes().len();
    let usual = size.saturating_mul(USUAL_MULTIPLE).max(USUAL_BYTES);
    let limit = max_bytes.unwrap_or(usual);
    let mut output = Output::within(limit);
    // Most of a message is text, with four bytes per character.
    output.room((size / 3).min(limit))?;
    let open = Vec::new();
    let mut text = JsonText {
        output,
        open,
        before: Before::Value,
        pretty,
        limited: max_bytes.is_some(),
        scratch: Vec::new(),
    };
    wota::visit(message, &mut text)?;
    text.output.into_stone()
}

/// The largest indentation, in levels. Without it, a small deep message would make a huge text.
const INDENTED: usize = 32;

/// 16-character blocks written before branching on the length.
const KEY: usize = 1;
const VALUE: usize = 2;

struct JsonText {
    output: Output,
    /// The closing tokens of the open containers, innermost last.
    open: Vec<Closing>,
    before: Before,
    pretty: bool,
    /// The caller set the limit. Otherwise held stones raise it.
    limited: bool,
    /// A text that is not ASCII, in UTF-8.
    scratch: Vec<u8>,
}

/// What precedes the next piece.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Nothing to separate: the value after a key, or the outermost value.
    Value,
    /// The start of its container.
    Opening,
    /// Another element or pair.
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    Array,
    Record,
    /// The value of a symbol stays on the same line.
    Symbol,
}

impl JsonText {
    /// Writes the separator between the previous piece and the next.
    #[inline(always)]
    fn separate(&mut self) -> Result<(), Status> {
        if self.pretty {
            return self.separate_lines();
        }
        let comma = self.before == Before::Other;
        if let Some(place) = self.output.room(1)?.first_mut() {
            *place = b',';
        }
        self.output.advance(comma.into())
    }

    #[inline(never)]
    fn separate_lines(&mut self) -> Result<(), Status> {
        match self.before {
            Before::Value => return Ok(()),
            Before::Opening => {}
            Before::Other => self.output.put(b",")?,
        }
        self.line()
    }

    /// Begins a line, indented by the number of open containers.
    fn line(&mut self) -> Result<(), Status> {
        self.output.put(b"\n")?;
        for _ in 0..self.open.len().min(INDENTED) {
            self.output.put(b"  ")?;
        }
        Ok(())
    }

    #[inline(always)]
    fn word(&mut self, word: &[u8]) -> Result<(), Status> {
        self.separate()?;
        self.before = Before::Other;
        self.output.put(word)
    }

    #[inline(always)]
    fn begin(&mut self, opening: u8, closing: Closing) -> Result<(), Status> {
        self.separate()?;
        self.before = Before::Opening;
        self.output.put(&[opening])?;
        self.open.try_push(closing)
    }

    /// A symbol with one value, on the same line.
    fn carrier(&mut self, name: &str) -> Result<(), Status> {
        self.separate()?;
        self.before = Before::Value;
        self.name(name)?;
        self.open.try_push(Closing::Symbol)
    }

    /// The start of an object whose first key is a reserved one.
    fn name(&mut self, name: &str) -> Result<(), Status> {
        self.output.put(b"{")?;
        put_text(&mut self.output, name.as_bytes())?;
        self.output.put(b":")
    }

    fn blob(&mut self, bytes: &[u8], bits: usize) -> Result<(), Status> {
        self.separate()?;
        self.before = Before::Other;
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
        self.name(BLOB)?;
        self.output.put(b"\"")?;
        let room = self.output.room(size)?;
        let length = STANDARD.encode_slice(&clean, room).map_err(|_| Status::NoMemory)?;
        self.output.advance(length)?;
        self.output.put(b"\"")?;
        if used != 0 {
            self.output.put(b",")?;
            put_text(&mut self.output, BITS.as_bytes())?;
            self.output.put(b":")?;
            put_integer(&mut self.output, i64::try_from(bits).map_err(|_| Status::OutOfRange)?)?;
        }
        self.output.put(b"}")
    }

    /// Writes a text in quotes and two bytes after it, if it is ASCII and has nothing to escape. Otherwise returns
    /// false, and the output is unchanged.
    #[inline(always)]
    fn plain<const FIRST: usize>(
        &mut self,
        words: Words<'_>,
        count: usize,
        after: &[u8; 2],
        after_length: usize,
    ) -> Result<bool, Status> {
        let room = self.output.room((16 * (FIRST + 1) + 3).saturating_add(count))?;
        let Some((quote, room)) = room.split_first_mut() else { return Err(Status::NoMemory) };
        *quote = b'"';
        if !narrow_ascii::<FIRST>(words, room, count) || !is_plain(room, count) {
            return Ok(false);
        }
        if let Some(place) = room[count..].first_chunk_mut() {
            *place = *after;
        }
        self.output.advance(1 + count + after_length)?;
        Ok(true)
    }

    /// Writes any text. With `key`, a reserved one gets one more `$`.
    #[inline(never)]
    fn any(&mut self, words: Words<'_>, count: usize, key: bool) -> Result<(), Status> {
        // Takes the scratch memory, so that the output can be borrowed.
        let mut scratch = core::mem::take(&mut self.scratch);
        let utf8 = wota::utf8(words, count, &mut scratch)?;
        if key && is_reserved(utf8) {
            // Reserved keys have nothing to escape.
            self.output.put(b"\"$")?;
            self.output.put(utf8)?;
            self.output.put(b"\"")?;
        } else {
            put_text(&mut self.output, utf8)?;
        }
        self.scratch = scratch;
        Ok(())
    }
}

/// Whether the first `count` of the bytes need no escapes. There are sixteen more bytes after them.
#[inline(always)]
fn is_plain(bytes: &[u8], count: usize) -> bool {
    let (blocks, _) = bytes.as_chunks::<16>();
    let (Some(whole), Some(last)) = (blocks.get(..count / 16), blocks.get(count / 16)) else { return false };
    let escaped = whole.iter().fold(0, |escaped, block| escaped | escapes(block));
    let rest = escapes(last) & ((1 << (count % 16)) - 1);
    escaped | rest == 0
}

impl Visitor for JsonText {
    #[inline(always)]
    fn integer(&mut self, value: i64) -> Result<(), Status> {
        self.separate()?;
        self.before = Before::Other;
        put_integer(&mut self.output, value)
    }

    #[inline]
    fn number(&mut self, value: Number) -> Result<(), Status> {
        self.separate()?;
        self.before = Before::Other;
        match value {
            Number::Integer(value) => put_integer(&mut self.output, value),
            Number::Double(value) if !value.is_finite() => Err(Status::OutOfRange),
            Number::Double(value) => put_double(&mut self.output, value),
            Number::Decimal(value) => put_double(&mut self.output, value.to_double()),
        }
    }

    #[inline(always)]
    fn key(&mut self, words: Words<'_>, count: usize) -> Result<(), Status> {
        self.separate()?;
        self.before = Before::Value;
        let reserved = words.get(0).is_some_and(|word| word >> 32 == u64::from(b'$'));
        if !self.pretty && !reserved && self.plain::<KEY>(words, count, b"\":", 2)? {
            return Ok(());
        }
        self.any(words, count, true)?;
        self.output.put(if self.pretty { b": " } else { b":" })
    }

    #[inline(always)]
    fn text(&mut self, words: Words<'_>, count: usize) -> Result<(), Status> {
        self.separate()?;
        self.before = Before::Other;
        if self.plain::<VALUE>(words, count, b"\"\0", 1)? { Ok(()) } else { self.any(words, count, false) }
    }

    #[inline(always)]
    fn array(&mut self, _: u64) -> Result<(), Status> {
        self.begin(b'[', Closing::Array)
    }

    #[inline(always)]
    fn record(&mut self, _: u64) -> Result<(), Status> {
        self.begin(b'{', Closing::Record)
    }

    #[inline(always)]
    fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        match symbol {
            Symbol::Null => self.word(b"null"),
            Symbol::False => self.word(b"false"),
            Symbol::True => self.word(b"true"),
            Symbol::Private => self.carrier(PRIVATE),
            Symbol::System => self.carrier(SYSTEM),
        }
    }

    #[inline(never)]
    fn bits(&mut self, words: Words<'_>, bits: usize) -> Result<(), Status> {
        let mut bytes = Vec::new();
        let size = bytes_for(bits);
        bytes.try_reserve_exact(size)?;
        bytes.resize(size, 0);
        copy_bits(words, &mut bytes);
        self.blob(&bytes, bits)
    }

    #[inline(never)]
    fn stone(&mut self, stone: &Blob) -> Result<(), Status> {
        let stone = wota::outgoing_stone(stone.clone())?;
        if !self.limited {
            self.output.allow(stone.bytes().len().saturating_mul(USUAL_MULTIPLE));
        }
        self.blob(stone.bytes(), stone.length_bits())
    }

    #[inline(always)]
    fn end(&mut self) -> Result<(), Status> {
        let closing = self.open.pop();
        if self.pretty && self.before == Before::Other && closing != Some(Closing::Symbol) {
            self.line()?;
        }
        self.before = Before::Other;
        self.output.put(if closing == Some(Closing::Array) { b"]" } else { b"}" })
    }
}
