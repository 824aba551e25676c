//! Encodes values as bytes, one after another. The caller checks which values are allowed where.

use super::form::{self, MAX_HEAD, Type};
use super::text;
use crate::allocation::Buffer;
use crate::blob::{Blob, bytes_for};
use crate::number::decimal::Decimal;
use crate::number::kim;
use crate::status::Status;
use crate::text::ascii;
use crate::value::{INTEGER_MAX, INTEGER_MIN, Symbol};
use crate::wota::{Words, narrow_ascii};

/// Room for any number: a preamble, a Kim number, and the bytes that a block write may overwrite after them.
const NUMBER: usize = MAX_HEAD + kim::MAX_LENGTH + 8;

/// The bytes so far. A call that fails leaves them unchanged. Every call can return `NoMemory`.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    buffer: Buffer,
}

impl Encoder {
    /// Makes an encoder with room for `size` bytes.
    pub(super) fn with_room(size: usize) -> Result<Self, Status> {
        let mut encoder = Self::default();
        encoder.buffer.reserve(size)?;
        Ok(encoder)
    }

    /// Discards all bytes. The memory stays.
    pub(super) fn clear(&mut self) {
        self.buffer.clear();
    }

    /// A stone of all bytes. Afterwards there are no bytes, and a large stone has taken over the memory. On failure
    /// nothing changes.
    pub(super) fn stone(&mut self) -> Result<Blob, Status> {
        self.buffer.take(Blob::stone_of)
    }

    /// A whole number. `OutOfRange` outside 56 bits.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn integer(&mut self, value: i64) -> Result<(), Status> {
        if !(INTEGER_MIN..=INTEGER_MAX).contains(&value) {
            return Err(Status::OutOfRange);
        }
        self.buffer.reserve(NUMBER)?;
        if let Some(room) = self.buffer.room().first_chunk_mut() {
            let size = form::put_magnitude(room, Type::Integer, value < 0, value.unsigned_abs());
            self.buffer.advance(size);
        }
        Ok(())
    }

    /// A number, as its shortest decimal; -0 as 0. `OutOfRange` for NaN and infinities.
    #[inline]
    pub(super) fn number(&mut self, value: f64) -> Result<(), Status> {
        let whole = value as i64;
        if whole as f64 == value && (INTEGER_MIN..=INTEGER_MAX).contains(&whole) {
            return self.integer(whole);
        }
        self.decimal(Decimal::from_double(value).ok_or(Status::OutOfRange)?)
    }

    /// A decimal number. With the exponent 0 it is an integer. `OutOfRange` when it is too large for a double, and
    /// for the coefficient -2^63.
    #[inline]
    pub(super) fn decimal(&mut self, value: Decimal) -> Result<(), Status> {
        let negative = value.coefficient < 0;
        let magnitude = value.coefficient.unsigned_abs();
        if magnitude > i64::MAX as u64 || (value.exponent > 289 && !value.to_double().is_finite()) {
            return Err(Status::OutOfRange);
        }
        self.buffer.reserve(NUMBER)?;
        if value.exponent == 0 || magnitude == 0 {
            self.head(Type::Integer, negative, magnitude);
        } else {
            let kind = if value.exponent > 0 { Type::Large } else { Type::Small };
            self.head(kind, negative, value.exponent.unsigned_abs().into());
            self.kim(magnitude);
        }
        Ok(())
    }

    /// A text, in UTF-8, in which lone surrogates are allowed (as three bytes each). `Malformed` for other bytes.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // Kim needs at most as many bytes as UTF-8: 1, 2, 3 for 7, 14, 21 bits against 7, 11, 16.
        self.buffer.reserve((MAX_HEAD + 8).saturating_add(utf8.len()))?;
        // Writes the head for an ASCII text. Copying finds out whether the text is ASCII.
        let room = self.buffer.room();
        let Some(place) = room.first_chunk_mut() else { return Err(Status::NoMemory) };
        let head = form::put(place, Type::Text, false, utf8.len() as u64);
        if ascii::copy(&mut room[head..head + utf8.len()], utf8) {
            self.buffer.advance(head + utf8.len());
            return Ok(());
        }
        self.other_text(head, utf8)
    }

    /// A text that is not ASCII, encoded after room for a head of `guessed` bytes.
    #[inline(never)]
    fn other_text(&mut self, guessed: usize, utf8: &[u8]) -> Result<(), Status> {
        let room = self.buffer.room();
        let (characters, length) = text::encode(&mut room[guessed..], utf8)?;
        let mut start = [0; MAX_HEAD];
        let head = form::put(&mut start, Type::Text, false, characters as u64);
        // There are fewer characters than bytes, so the head may turn out shorter.
        if head != guessed {
            room.copy_within(guessed..guessed + length, head);
        }
        room[..head].copy_from_slice(&start[..head]);
        self.buffer.advance(head + length);
        Ok(())
    }

    /// A text of a checked message: the first `count` characters of the words. The words continue with the rest of
    /// the message. The first `FIRST` blocks of sixteen characters are written before branching on the count.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn words_text<const FIRST: usize>(
        &mut self,
        words: Words<'_>,
        count: usize,
    ) -> Result<(), Status> {
        self.buffer.reserve((MAX_HEAD + 16 * (FIRST + 1)).saturating_add(count))?;
        let room = self.buffer.room();
        let Some(place) = room.first_chunk_mut() else { return Err(Status::NoMemory) };
        let head = form::put(place, Type::Text, false, count as u64);
        if narrow_ascii::<FIRST>(words, &mut room[head..], count) {
            self.buffer.advance(head + count);
            return Ok(());
        }
        self.other_words_text(words, count)
    }

    #[inline(never)]
    fn other_words_text(&mut self, words: Words<'_>, count: usize) -> Result<(), Status> {
        let size = count.checked_mul(3).and_then(|size| size.checked_add(MAX_HEAD + 8));
        self.buffer.reserve(size.ok_or(Status::NoMemory)?)?;
        let room = self.buffer.room();
        let Some(place) = room.first_chunk_mut() else { return Err(Status::NoMemory) };
        let head = form::put(place, Type::Text, false, count as u64);
        let length = text::encode_words(&mut room[head..], words, count).ok_or(Status::Malformed)?;
        self.buffer.advance(head + length);
        Ok(())
    }

    /// The head of an array of `count` elements.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn array(&mut self, count: u64) -> Result<(), Status> {
        self.buffer.reserve(NUMBER)?;
        self.head(Type::Array, false, count);
        Ok(())
    }

    /// The head of a record of `pairs` pairs.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn record(&mut self, pairs: u64) -> Result<(), Status> {
        self.buffer.reserve(NUMBER)?;
        self.head(Type::Record, false, pairs);
        Ok(())
    }

    /// A symbol, without the value that it carries.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        self.buffer.reserve(1)?;
        self.buffer.put_block(&[Type::Symbol as u8 | symbol as u8], 1);
        Ok(())
    }

    /// The first `length_bits` bits of `bytes`. `OutOfRange` when there are fewer.
    pub(super) fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        let bytes = bytes.get(..bytes_for(length_bits)).ok_or(Status::OutOfRange)?;
        self.fill_bits(length_bits, |place| place.copy_from_slice(bytes))
    }

    /// A blob of `length_bits` bits, whose bytes `fill` writes.
    pub(super) fn fill_bits(
        &mut self,
        length_bits: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<(), Status> {
        let size = bytes_for(length_bits);
        self.buffer.reserve(MAX_HEAD.saturating_add(size))?;
        self.head(Type::Blob, false, length_bits as u64);
        let place = &mut self.buffer.room()[..size];
        fill(place);
        if !length_bits.is_multiple_of(8)
            && let Some(last) = place.last_mut()
        {
            *last &= !(0xFF >> (length_bits % 8));
        }
        self.buffer.advance(size);
        Ok(())
    }

    /// Writes a preamble with a number. The caller has made room for [`MAX_HEAD`] bytes.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn head(&mut self, kind: Type, negative: bool, number: u64) {
        if let Some(room) = self.buffer.room().first_chunk_mut() {
            let size = form::put(room, kind, negative, number);
            self.buffer.advance(size);
        }
    }

    /// Writes a Kim number. The caller has made room for it and eight more bytes.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn kim(&mut self, number: u64) {
        match kim::encode_word(number) {
            Some((word, length)) => self.buffer.put_block(&word.to_be_bytes(), length),
            None => self.buffer.put(kim::encode(number).bytes()),
        }
    }
}
