//! The writer: one value, from the outside in, into bytes.

use super::form::{self, MAX_HEAD, Type};
use super::text;
use crate::blob::{Blob, bytes_for};
use crate::number::decimal::Decimal;
use crate::number::kim;
use crate::status::Status;
use crate::text::ascii;
use crate::value::nesting::{Rule, Writing, carried_by};
use crate::value::{INTEGER_MAX, INTEGER_MIN, Kind, Symbol};
use crate::wota::holds_anything;

/// No array or record has more; the same as in words, where a field says it.
const COUNT_MAX: u64 = (1 << 56) - 1;

/// Writes one complete value as Nota. A refused call leaves the writer as it was; statuses are those of the
/// [Wota writer](crate::wota::Writer).
#[derive(Debug, Default)]
pub struct Writer {
    /// All of it initialised, so that bytes are put without growing; the value is the first `used` of them.
    bytes: Vec<u8>,
    used: usize,
    nesting: Writing,
}

impl Writer {
    /// An empty writer; nothing is allocated yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty writer for values that were checked: as deep as any limit allows.
    pub(crate) fn deep() -> Self {
        Writer { nesting: Writing::deep(), ..Self::default() }
    }

    /// Forgets what was written. The buffer stays.
    pub fn reset(&mut self) {
        self.used = 0;
        self.nesting.reset();
    }

    /// A whole number. `OutOfRange` outside 56 bits.
    #[inline]
    pub fn integer(&mut self, value: i64) -> Result<(), Status> {
        if !(INTEGER_MIN..=INTEGER_MAX).contains(&value) {
            return Err(Status::OutOfRange);
        }
        self.admit(Kind::Integer, MAX_HEAD)?;
        self.head(Type::Integer, value < 0, value.unsigned_abs());
        self.nesting.filled();
        Ok(())
    }

    /// A number, as its shortest decimal; -0 as 0. `OutOfRange` for NaN and infinities.
    #[inline]
    pub fn number(&mut self, value: f64) -> Result<(), Status> {
        let whole = value as i64;
        if whole as f64 == value && (INTEGER_MIN..=INTEGER_MAX).contains(&whole) {
            return self.integer(whole);
        }
        self.decimal(Decimal::from_double(value).ok_or(Status::OutOfRange)?)
    }

    /// A decimal number. One with the exponent 0 is an integer. `OutOfRange` for what is too large for a
    /// double, and for a coefficient of -2^63.
    #[inline]
    pub fn decimal(&mut self, value: Decimal) -> Result<(), Status> {
        let negative = value.coefficient < 0;
        let magnitude = value.coefficient.unsigned_abs();
        if magnitude > i64::MAX as u64 || (value.exponent > 289 && !value.to_double().is_finite()) {
            return Err(Status::OutOfRange);
        }
        let power = u64::from(value.exponent.unsigned_abs());
        self.admit(Kind::Integer, MAX_HEAD + kim::MAX_LENGTH + 1)?;
        if value.exponent == 0 || magnitude == 0 {
            self.head(Type::Integer, negative, magnitude);
        } else {
            let kind = if value.exponent > 0 { Type::Large } else { Type::Small };
            self.head(kind, negative, power);
            self.kim(magnitude);
        }
        self.nesting.filled();
        Ok(())
    }

    /// A text, in UTF-8; a lone surrogate may stand in it as three bytes. `Malformed` when it is no text.
    #[inline(always)]
    pub fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // Kim needs at most as many bytes as UTF-8: 1, 2, 3 for 7, 14, 21 bits against 7, 11, 16.
        self.admit(Kind::Text, (MAX_HEAD + 8).saturating_add(utf8.len()))?;
        // As if all were ASCII, which is seen while it is copied.
        let room = &mut self.bytes[self.used..];
        let Some(place) = room.first_chunk_mut() else { return Err(Status::NoMemory) };
        let head = form::put(place, Type::Text, false, utf8.len() as u64);
        if ascii::copy(&mut room[head..head + utf8.len()], utf8) {
            self.used += head + utf8.len();
        } else {
            self.other_text(head, utf8)?;
        }
        self.nesting.filled();
        Ok(())
    }

    /// A text that is not ASCII, behind room for the head that it would have if it were.
    #[inline(never)]
    fn other_text(&mut self, guessed: usize, utf8: &[u8]) -> Result<(), Status> {
        let room = &mut self.bytes[self.used..];
        let (characters, length) = text::encode(&mut room[guessed..], utf8)?;
        let mut start = [0; MAX_HEAD];
        let head = form::put(&mut start, Type::Text, false, characters as u64);
        // There are fewer characters than bytes, so the head may turn out shorter.
        if head != guessed {
            room.copy_within(guessed..guessed + length, head);
        }
        room[..head].copy_from_slice(&start[..head]);
        self.used += head + length;
        Ok(())
    }

    /// An array; its `count` elements are to follow. `LimitExceeded` when it is too deep.
    #[inline]
    pub fn array(&mut self, count: u64) -> Result<(), Status> {
        self.open(Type::Array, count, count, Rule::Values)
    }

    /// A record; its `pairs` of a text and a value are to follow. `LimitExceeded` when it is too deep.
    #[inline]
    pub fn record(&mut self, pairs: u64) -> Result<(), Status> {
        self.open(Type::Record, pairs, pairs.saturating_mul(2), Rule::Pairs)
    }

    /// A symbol. A private one is to be followed by one value, a system one by one record: `LimitExceeded`
    /// when too deep.
    #[inline]
    pub fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        if let Some(rule) = carried_by(symbol as u64) {
            return self.open(Type::Symbol, symbol as u64, 1, rule);
        }
        self.admit(Kind::Symbol, 1)?;
        self.put(&[Type::Symbol as u8 | symbol as u8]);
        self.nesting.filled();
        Ok(())
    }

    /// The bits of a blob, stone or not. `ForeignReference` for a message that holds stones: what it names
    /// would mean nothing elsewhere.
    pub fn blob(&mut self, blob: &Blob) -> Result<(), Status> {
        if holds_anything(blob) {
            return Err(Status::ForeignReference);
        }
        self.bits(blob.bytes(), blob.length_bits())
    }

    /// The first `length_bits` bits of `bytes`. `OutOfRange` when there are not so many.
    pub fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        let bytes = bytes.get(..bytes_for(length_bits)).ok_or(Status::OutOfRange)?;
        self.admit(Kind::Blob, MAX_HEAD.saturating_add(bytes.len()))?;
        self.head(Type::Blob, false, length_bits as u64);
        self.put(bytes);
        if !length_bits.is_multiple_of(8)
            && let Some(last) = self.bytes[..self.used].last_mut()
        {
            *last &= !(0xFF >> (length_bits % 8));
        }
        self.nesting.filled();
        Ok(())
    }

    /// The bytes of the one complete value, as a stone. The writer is empty again, its buffer as it is.
    /// `Truncated` when something is still to follow; on failure nothing changes.
    pub fn finish(&mut self) -> Result<Blob, Status> {
        if !self.nesting.is_complete() {
            return Err(Status::Truncated);
        }
        let mut blob = Blob::from_bytes(&self.bytes[..self.used])?;
        blob.make_stone();
        self.reset();
        Ok(blob)
    }

    /// Whether such a value may stand here; makes room for so many bytes.
    #[inline]
    fn admit(&mut self, kind: Kind, bytes: usize) -> Result<(), Status> {
        self.nesting.admit(kind)?;
        if self.bytes.len() - self.used < bytes {
            self.grow(bytes)?;
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self, bytes: usize) -> Result<(), Status> {
        self.bytes.try_reserve(bytes)?;
        self.bytes.resize(self.bytes.capacity(), 0);
        Ok(())
    }

    /// Puts a preamble with a number; [`Writer::admit`] has made room for [`MAX_HEAD`] bytes.
    #[inline]
    fn head(&mut self, kind: Type, negative: bool, number: u64) {
        if let Some(room) = self.bytes[self.used..].first_chunk_mut() {
            self.used += form::put(room, kind, negative, number);
        }
    }

    /// Puts a Kim number; there is room for it and eight bytes.
    #[inline]
    fn kim(&mut self, number: u64) {
        if let Some((word, length)) = kim::encode_word(number)
            && let Some(room) = self.bytes[self.used..].first_chunk_mut()
        {
            *room = word.to_be_bytes();
            self.used += length;
        } else {
            self.put(kim::encode(number).bytes());
        }
    }

    /// Puts bytes; there is room for them.
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        let room = &mut self.bytes[self.used..][..bytes.len()];
        // Two blocks that may overlap do for short texts what a call would do.
        match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) if bytes.len() <= 16 => {
                if let Some(place) = room.first_chunk_mut() {
                    *place = *first;
                }
                if let Some(place) = room.last_chunk_mut() {
                    *place = *last;
                }
            }
            _ => room.copy_from_slice(bytes),
        }
        self.used += bytes.len();
    }

    #[inline]
    fn open(&mut self, kind: Type, number: u64, values: u64, rule: Rule) -> Result<(), Status> {
        if number > COUNT_MAX {
            return Err(Status::OutOfRange);
        }
        self.nesting.reserve()?;
        self.admit(kind.kind(), MAX_HEAD)?;
        self.head(kind, false, number);
        self.nesting.open(values, rule);
        Ok(())
    }
}
