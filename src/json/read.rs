//! From JSON text to a message in one pass: each value is written as soon as it is read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::tokens::{Token, Tokens};
use super::{BITS, BLOB, MAX_DEPTH, PRIVATE, SYSTEM, is_reserved};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;
use crate::value::nesting::{Checking, Rule};
use crate::value::{Fault, INTEGER_MAX, INTEGER_MIN, Kind, Limits, Symbol};
use crate::wota::{Classic, Encoder, Words, mark};

/// A message (classic) of JSON text in UTF-8. The fault's offset is in bytes: of the first unexpected byte; of the
/// start of a container that is nested too deeply; of the byte after JSON that is valid but cannot be a message.
///
/// `Truncated`; `Malformed`, also when two keys of an object are equal; `LimitExceeded`; `NoMemory`.
pub fn message_from_json(text: &[u8], limits: &Limits) -> Result<Blob, Fault> {
    let mut reading = Reading {
        tokens: Tokens::new(text),
        encoder: Encoder::default(),
        nesting: Checking::new(limits.depth().min(MAX_DEPTH)),
        duplicate: false,
        open: Vec::new(),
        depth: limits.depth().min(MAX_DEPTH),
        max_words: limits.max_words,
    };
    reading.encoder.expect_text(text.len(), limits.max_words);
    match reading.all() {
        Ok(message) => Ok(message),
        Err(status) => Err(reading.tokens.fault(status)),
    }
}

struct Reading<'t> {
    tokens: Tokens<'t>,
    encoder: Encoder<Classic>,
    nesting: Checking,
    /// The offset of a duplicate key. Other faults in the text take precedence.
    duplicate: bool,
    /// The open containers, innermost last.
    open: Vec<OpenStart>,
    /// The largest number of open containers.
    depth: usize,
    max_words: u64,
}

#[derive(Clone, Copy)]
enum OpenStart {
    /// The offset of its head in the message.
    Array(usize),
    /// The offset of its head in the message.
    Record(usize),
    /// A symbol with one value.
    Carrier,
}

/// What is expected at the position.
#[derive(PartialEq, Eq)]
enum Expected {
    Value,
    /// The innermost container's first key or element, or its end.
    First,
    /// A separator or an end, after a value.
    After,
}

impl Reading<'_> {
    fn all(&mut self) -> Result<Blob, Status> {
        let mut next = Expected::Value;
        loop {
            while next == Expected::Value {
                next = self.value()?;
                self.check_words()?;
            }
            let first = next == Expected::First;
            next = match self.open.last() {
                None => break,
                Some(OpenStart::Array(place)) => {
                    if self.tokens.element(first)? {
                        Expected::Value
                    } else {
                        self.end(Kind::Array, *place)?
                    }
                }
                Some(OpenStart::Record(place)) => match self.tokens.key(first)? {
                    Some(key) => {
                        let start = self.encoder.len();
                        write_key(&mut self.encoder, key.bytes()).map_err(|status| self.at_key(status))?;
                        self.key_written(start)?;
                        Expected::Value
                    }
                    None => self.end(Kind::Record, *place)?,
                },
                Some(OpenStart::Carrier) => match self.tokens.key(first)? {
                    Some(_) => return Err(self.at_key(Status::Malformed)),
                    None => {
                        self.open.pop();
                        self.nesting.close_one(|_, _| &[]).map_err(|_| Status::Malformed)?;
                        Expected::After
                    }
                },
            };
        }
        self.tokens.end()?;
        if self.duplicate {
            return Err(Status::Malformed);
        }
        self.encoder.message(&mut Vec::new(), 0, self.nesting.deepest() as u16)
    }

    /// The key at `start` of the message was written: compares it with the other keys of its record.
    #[inline]
    fn key_written(&mut self, start: usize) -> Result<(), Status> {
        self.check_words()?;
        let words = self.encoder.written();
        let image =
            |from: usize, end: usize| words.run(from, (end - from) as u64).map_or(&[][..], Words::image);
        let end = words.len();
        match self.nesting.key(start, end, mark(words, start, end), image) {
            Err(Status::Malformed) => self.duplicate = true,
            outcome => outcome?,
        }
        self.nesting.filled();
        Ok(())
    }

    /// Ends the innermost container, whose head is at this offset in the message.
    #[inline]
    fn end(&mut self, kind: Kind, place: usize) -> Result<Expected, Status> {
        self.open.pop();
        let words = self.encoder.written();
        let image =
            |from: usize, end: usize| words.run(from, (end - from) as u64).map_or(&[][..], Words::image);
        let (values, distinct) = self.nesting.end(image);
        self.duplicate |= distinct.is_err();
        let count = if kind == Kind::Record { values / 2 } else { values };
        self.encoder.set_head(place, kind, count);
        Ok(Expected::After)
    }

    /// A fault at the key that was read last, together with its colon.
    fn at_key(&mut self, status: Status) -> Status {
        self.tokens.step_back();
        status
    }

    fn check_words(&self) -> Result<(), Status> {
        if self.encoder.len() as u64 > self.max_words { Err(Status::LimitExceeded) } else { Ok(()) }
    }

    #[inline]
    fn value(&mut self) -> Result<Expected, Status> {
        let encoder = &mut self.encoder;
        let symbol = |symbol| (Kind::Symbol, symbol as u64);
        let (kind, field) = match self.tokens.value()? {
            Token::Text(text) => {
                self.nesting.admit(Kind::Text)?;
                encoder.text(text.bytes())?;
                self.nesting.filled();
                return Ok(Expected::After);
            }
            Token::Integer(value) => {
                self.nesting.admit(Kind::Integer)?;
                if (INTEGER_MIN..=INTEGER_MAX).contains(&value) {
                    encoder.integer(value)?;
                } else {
                    encoder.double(value as f64)?;
                }
                self.nesting.filled();
                return Ok(Expected::After);
            }
            Token::Double(value) => {
                self.nesting.admit(Kind::Integer)?;
                encoder.double(value)?;
                self.nesting.filled();
                return Ok(Expected::After);
            }
            Token::Null => symbol(Symbol::Null),
            Token::Logical(false) => symbol(Symbol::False),
            Token::Logical(true) => symbol(Symbol::True),
            Token::Array => {
                self.deeper()?;
                let place = self.begin(Kind::Array, Rule::Values)?;
                self.open.push_in_room(OpenStart::Array(place));
                return Ok(Expected::First);
            }
            Token::Object => {
                self.deeper()?;
                return self.object();
            }
        };
        self.nesting.admit(kind)?;
        encoder.head(kind, field)?;
        self.nesting.filled();
        Ok(Expected::After)
    }

    /// Begins a container whose length is not known yet; returns the offset of its head in the message.
    #[inline]
    fn begin(&mut self, kind: Kind, rule: Rule) -> Result<usize, Status> {
        self.nesting.admit(kind)?;
        let place = self.encoder.len();
        self.encoder.head(kind, 0)?;
        self.nesting.open_ended(rule)?;
        Ok(place)
    }

    /// Checks that one more container may be opened, and makes room for it.
    fn deeper(&mut self) -> Result<(), Status> {
        if self.open.len() == self.depth {
            self.tokens.step_back();
            return Err(Status::LimitExceeded);
        }
        Ok(self.open.try_reserve(1)?)
    }

    /// After a brace: the first key decides what the object is.
    fn object(&mut self) -> Result<Expected, Status> {
        let key = self.tokens.key(true)?;
        let symbol = match key.map(|key| key.bytes()) {
            Some(key) if key == BLOB.as_bytes() => return self.blob(),
            Some(key) if key == PRIVATE.as_bytes() => Symbol::Private,
            Some(key) if key == SYSTEM.as_bytes() => Symbol::System,
            key => {
                self.nesting.admit(Kind::Record)?;
                let place = self.encoder.len();
                self.encoder.head(Kind::Record, 0)?;
                self.nesting.open_ended(Rule::Pairs)?;
                let Some(key) = key else {
                    self.open.push_in_room(OpenStart::Record(place));
                    return self.end(Kind::Record, place);
                };
                let start = self.encoder.len();
                let written = write_key(&mut self.encoder, key);
                written.map_err(|status| self.at_key(status))?;
                self.open.push_in_room(OpenStart::Record(place));
                self.key_written(start)?;
                return Ok(Expected::Value);
            }
        };
        self.nesting.admit(Kind::Symbol)?;
        self.encoder.head(Kind::Symbol, symbol as u64)?;
        let rule = if symbol == Symbol::System { Rule::System } else { Rule::Values };
        self.nesting.open(1, rule)?;
        self.open.push_in_room(OpenStart::Carrier);
        Ok(Expected::Value)
    }

    /// After the key of a blob: reads the rest of its object.
    fn blob(&mut self) -> Result<Expected, Status> {
        let bytes = match self.tokens.value()? {
            Token::Text(text) => decoded(text.bytes())?,
            _ => return Err(Status::Malformed),
        };
        let mut bits = bytes.len() * 8;
        if let Some(key) = self.tokens.key(false)? {
            if key.bytes() != BITS.as_bytes() {
                return Err(self.at_key(Status::Malformed));
            }
            let Token::Integer(given) = self.tokens.value()? else { return Err(Status::Malformed) };
            bits = usize::try_from(given).map_err(|_| Status::Malformed)?;
            if bits.div_ceil(8) != bytes.len() || self.tokens.key(false)?.is_some() {
                return Err(Status::Malformed);
            }
        }
        self.nesting.admit(Kind::Blob)?;
        self.encoder.bits(&bytes, bits)?;
        self.nesting.filled();
        Ok(Expected::After)
    }
}

/// Writes a key that is not reserved. Removes one `$` from a reserved one with `$` before it.
fn write_key(writer: &mut Encoder<Classic>, key: &[u8]) -> Result<(), Status> {
    match key {
        [b'$', rest @ ..] if is_reserved(key) => match rest {
            [b'$', ..] => writer.text(rest),
            // The key is a reserved one, or one with more `$` before it.
            _ => Err(Status::Malformed),
        },
        _ => writer.text(key),
    }
}

fn decoded(base64: &[u8]) -> Result<Vec<u8>, Status> {
    let mut bytes = Vec::new();
    let room = base64::decoded_len_estimate(base64.len());
    bytes.try_reserve_exact(room)?;
    bytes.resize(room, 0);
    let length = STANDARD.decode_slice(base64, &mut bytes).map_err(|_| Status::Malformed)?;
    bytes.truncate(length);
    Ok(bytes)
}
