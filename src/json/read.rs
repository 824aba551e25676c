//! From JSON text to a message, in one pass: what is read is written at once.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::tokens::{Token, Tokens};
use super::{BITS, BLOB, MAX_DEPTH, PRIVATE, SYSTEM, is_reserved};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;
use crate::value::{INTEGER_MAX, INTEGER_MIN, Kind, Limits, Symbol};
use crate::wota::{Fault, Writer, check_message};

/// A message (classic) of JSON text in UTF-8. The fault's offset is in bytes: the first byte that cannot stand there; of
/// a container that is too deep, where it opens; of what is good JSON and no message, the byte behind it.
///
/// `Truncated`; `Malformed`, also when two keys of an object are the same; `LimitExceeded`; `NoMemory`.
pub fn message_from_json(text: &[u8], limits: &Limits) -> Result<Blob, Fault> {
    let mut reading = Reading {
        tokens: Tokens::new(text),
        writer: Writer::new(),
        open: Vec::new(),
        depth: limits.depth().min(MAX_DEPTH),
        max_words: limits.max_words,
    };
    match reading.all() {
        Ok(message) => Ok(message),
        Err(status) => Err(reading.tokens.fault(status)),
    }
}

struct Reading<'t> {
    tokens: Tokens<'t>,
    writer: Writer,
    /// The containers around the place, innermost last.
    open: Vec<OpenStart>,
    /// How many of them there may be.
    depth: usize,
    max_words: u64,
}

#[derive(Clone, Copy)]
enum OpenStart {
    /// Where it begins in the message.
    Array(usize),
    /// Where it begins in the message.
    Record(usize),
    /// A symbol with one value.
    Carrier,
}

/// What may stand at a place.
#[derive(PartialEq, Eq)]
enum Expected {
    Value,
    /// The innermost container's first key or element, or its end.
    First,
    /// What follows a value.
    Behind,
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
                        self.writer.end(Kind::Array, *place)?;
                        self.closed()
                    }
                }
                Some(OpenStart::Record(place)) => match self.tokens.key(first)? {
                    Some(key) => {
                        write_key(&mut self.writer, key.bytes()).map_err(|status| self.at_key(status))?;
                        self.check_words()?;
                        Expected::Value
                    }
                    None => {
                        self.writer.end(Kind::Record, *place)?;
                        self.closed()
                    }
                },
                Some(OpenStart::Carrier) => match self.tokens.key(first)? {
                    Some(_) => return Err(self.at_key(Status::Malformed)),
                    None => self.closed(),
                },
            };
        }
        self.tokens.end()?;
        let message = self.writer.finish()?;
        check_message(&message)?;
        Ok(message)
    }

    fn closed(&mut self) -> Expected {
        self.open.pop();
        Expected::Behind
    }

    /// A refusal of the key that was read last, whose colon is taken, too.
    fn at_key(&mut self, status: Status) -> Status {
        self.tokens.step_back();
        status
    }

    fn check_words(&self) -> Result<(), Status> {
        if self.writer.length() as u64 > self.max_words { Err(Status::LimitExceeded) } else { Ok(()) }
    }

    fn value(&mut self) -> Result<Expected, Status> {
        let writer = &mut self.writer;
        match self.tokens.value()? {
            Token::Text(text) => writer.text(text.bytes())?,
            Token::Integer(value) if (INTEGER_MIN..=INTEGER_MAX).contains(&value) => writer.integer(value)?,
            Token::Integer(value) => writer.number(value as f64)?,
            Token::Double(value) => writer.number(value)?,
            Token::Null => writer.symbol(Symbol::Null)?,
            Token::Logical(false) => writer.symbol(Symbol::False)?,
            Token::Logical(true) => writer.symbol(Symbol::True)?,
            Token::Array => {
                self.deeper()?;
                let place = self.writer.open_ended(Kind::Array)?;
                self.open.push_in_room(OpenStart::Array(place));
                return Ok(Expected::First);
            }
            Token::Object => {
                self.deeper()?;
                return self.object();
            }
        }
        Ok(Expected::Behind)
    }

    /// Whether one more container may be opened, and room for it.
    fn deeper(&mut self) -> Result<(), Status> {
        if self.open.len() == self.depth {
            self.tokens.step_back();
            return Err(Status::LimitExceeded);
        }
        Ok(self.open.try_reserve(1)?)
    }

    /// Behind a brace: its first key says what it is.
    fn object(&mut self) -> Result<Expected, Status> {
        let key = self.tokens.key(true)?;
        let symbol = match key.map(|key| key.bytes()) {
            Some(key) if key == BLOB.as_bytes() => return self.blob(),
            Some(key) if key == PRIVATE.as_bytes() => Symbol::Private,
            Some(key) if key == SYSTEM.as_bytes() => Symbol::System,
            key => {
                let place = self.writer.open_ended(Kind::Record)?;
                let Some(key) = key else {
                    self.writer.end(Kind::Record, place)?;
                    return Ok(Expected::Behind);
                };
                write_key(&mut self.writer, key).map_err(|status| self.at_key(status))?;
                self.open.push_in_room(OpenStart::Record(place));
                return Ok(Expected::Value);
            }
        };
        self.writer.symbol(symbol)?;
        self.open.push_in_room(OpenStart::Carrier);
        Ok(Expected::Value)
    }

    /// Behind the key of a blob; reads it to its end.
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
        self.writer.bits(&bytes, bits)?;
        Ok(Expected::Behind)
    }
}

/// A key that is no reserved one; those have one more `$`, which goes.
fn write_key(writer: &mut Writer, key: &[u8]) -> Result<(), Status> {
    match key {
        [b'$', rest @ ..] if is_reserved(key) => match rest {
            [b'$', ..] => writer.text(rest),
            // A reserved key stands in front, or with one more `$`.
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
