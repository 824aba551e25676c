//! From JSON text to a message, in one pass: what is read is written at once.

use core::cell::Cell;
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{BITS, BLOB, PRIVATE, SYSTEM, is_reserved};
use crate::blob::Blob;
use crate::value::{INTEGER_MAX, INTEGER_MIN, Kind, Symbol};
use crate::wota::{Fault, Writer, check_message};
use crate::{Limits, Status};

/// How deep reading nests: it uses the stack, and a thread may have a small one.
const MAX_DEPTH: usize = 120;

/// A message (classic) of JSON text in UTF-8. The fault's offset is in bytes.
///
/// `Truncated`; `Malformed`, also when two keys of an object are the same; `LimitExceeded`; `NoMemory`.
pub fn message_from_json(text: &[u8], limits: &Limits) -> Result<Blob, Fault> {
    let why = Cell::new(None);
    let mut writer = Writer::new();
    let depth = limits.depth().min(MAX_DEPTH);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Value { writer: &mut writer, why: &why, depth, max_words: limits.max_words };
    let outcome = value.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if let Err(error) = outcome {
        let status = match why.get() {
            Some(status) => status,
            None if error.is_eof() => Status::Truncated,
            None => Status::Malformed,
        };
        let offset = match status {
            Status::Truncated => text.len(),
            _ => offset_of(text, error.line(), error.column()),
        };
        return Err(Fault { status, offset });
    }
    let finished = writer.finish().and_then(|message| check_message(&message).map(|()| message));
    finished.map_err(|status| Fault { status, offset: text.len() })
}

/// Lines and columns count from 1; a column of 0 is the end of the line before.
pub(super) fn offset_of(text: &[u8], line: usize, column: usize) -> usize {
    let before: usize =
        text.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column.saturating_sub(1)).min(text.len())
}

/// Where the next value goes.
struct Value<'a> {
    writer: &'a mut Writer,
    /// The status behind an error of ours.
    why: &'a Cell<Option<Status>>,
    /// How many more levels may be opened.
    depth: usize,
    max_words: u64,
}

impl Value<'_> {
    fn inner(&mut self) -> Value<'_> {
        Value { writer: self.writer, why: self.why, depth: self.depth - 1, max_words: self.max_words }
    }

    /// Makes an error of ours one of the reader's.
    fn done<T, E: Error>(&self, outcome: Result<T, Status>) -> Result<T, E> {
        let outcome = outcome.and_then(|value| {
            if self.writer.length() as u64 > self.max_words { Err(Status::LimitExceeded) } else { Ok(value) }
        });
        outcome.map_err(|status| {
            self.why.set(Some(status));
            E::custom(status)
        })
    }

    fn deeper<E: Error>(&self) -> Result<(), E> {
        self.done(if self.depth == 0 { Err(Status::LimitExceeded) } else { Ok(()) })
    }

    fn record<'de, A: MapAccess<'de>>(&mut self, first: Option<Key>, mut map: A) -> Result<(), A::Error> {
        let place = self.writer.open_ended(Kind::Record);
        let place = self.done(place)?;
        let mut key = first;
        while let Some(Key(name)) = key {
            let name = match is_reserved(name.as_bytes()) {
                false => name.as_str(),
                true if name.starts_with("$$") => &name[1..],
                // A reserved key stands in front, or with one more `$`.
                true => return self.done(Err(Status::Malformed)),
            };
            let written = self.writer.text(name.as_bytes());
            self.done(written)?;
            map.next_value_seed(self.inner())?;
            key = map.next_key()?;
        }
        let ended = self.writer.end(Kind::Record, place);
        self.done(ended)
    }

    fn blob<'de, A: MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
        let text: String = map.next_value()?;
        let decoded = STANDARD.decode(&text).map_err(|_| Status::Malformed);
        let bytes = self.done(decoded)?;
        let mut bits = bytes.len() * 8;
        if let Some(Key(name)) = map.next_key()? {
            let given: u64 = map.next_value()?;
            let more: Option<Key> = map.next_key()?;
            let fits = name == BITS && more.is_none() && given.div_ceil(8) == bytes.len() as u64;
            self.done(if fits { Ok(()) } else { Err(Status::Malformed) })?;
            bits = given as usize;
        }
        let written = self.writer.bits(&bytes, bits);
        self.done(written)
    }

    fn carrier<'de, A: MapAccess<'de>>(&mut self, symbol: Symbol, mut map: A) -> Result<(), A::Error> {
        let written = self.writer.symbol(symbol);
        self.done(written)?;
        map.next_value_seed(self.inner())?;
        let more: Option<Key> = map.next_key()?;
        self.done(if more.is_none() { Ok(()) } else { Err(Status::Malformed) })
    }
}

/// A key as it stands in the text.
#[derive(serde::Deserialize)]
struct Key(String);

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        let written = self.writer.symbol(Symbol::Null);
        self.done(written)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        let written = self.writer.symbol(if value { Symbol::True } else { Symbol::False });
        self.done(written)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        let small = (INTEGER_MIN..=INTEGER_MAX).contains(&value);
        let written = if small { self.writer.integer(value) } else { self.writer.number(value as f64) };
        self.done(written)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => self.visit_f64(value as f64),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let written = self.writer.number(value);
        self.done(written)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        let written = self.writer.text(value.as_bytes());
        self.done(written)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<(), A::Error> {
        self.deeper()?;
        let place = self.writer.open_ended(Kind::Array);
        let place = self.done(place)?;
        while sequence.next_element_seed(self.inner())?.is_some() {}
        let ended = self.writer.end(Kind::Array, place);
        self.done(ended)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.deeper()?;
        let first: Option<Key> = map.next_key()?;
        match first.as_ref().map(|key| key.0.as_str()) {
            Some(BLOB) => self.blob(map),
            Some(PRIVATE) => self.carrier(Symbol::Private, map),
            Some(SYSTEM) => self.carrier(Symbol::System, map),
            _ => self.record(first, map),
        }
    }
}
