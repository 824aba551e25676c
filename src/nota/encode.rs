//! Values as bytes, one after another: what may stand where is seen to by whoever calls.

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

/// The room of any number: a preamble, a Kim number, and what a block may write too much.
const NUMBER: usize = MAX_HEAD + kim::MAX_LENGTH + 8;

/// The bytes so far. A refused call leaves them as they were. Every call can end with `NoMemory`.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    buffer: Buffer,
}

impl Encoder {
    /// With room for so many bytes.
    pub(super) fn with_room(size: usize) -> Result<Self, Status> {
        let mut encoder = Self::default();
        encoder.buffer.reserve(size)?;
        Ok(encoder)
    }

    /// Forgets all of it. The memory stays.
    pub(super) fn clear(&mut self) {
        self.buffer.clear();
    }

    /// All of it.
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.bytes()
    }

    /// A stone of all of it.
    pub(super) fn into_stone(self) -> Result<Blob, Status> {
        Blob::stone_of(self.buffer.into_bytes())
    }

    /// A whole number. `OutOfRange` outside 56 bits.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn integer(&mut self, value: i64) -> Result<(), Status> {
        if !(INTEGER_MIN..=INTEGER_MAX).contains(&value) {
            return Err(Status::OutOfRange);
        }
        self.buffer.reserve(NUMBER)?;
        self.head(Type::Integer, value < 0, value.unsigned_abs());
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

    /// A decimal number. One with the exponent 0 is an integer. `OutOfRange` for what is too large for a
    /// double, and for a coefficient of -2^63.
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

    /// A text, in UTF-8; a lone surrogate may stand in it as three bytes. `Malformed` when it is no text.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // Kim needs at most as many bytes as UTF-8: 1, 2, 3 for 7, 14, 21 bits against 7, 11, 16.
        self.buffer.reserve((MAX_HEAD + 8).saturating_add(utf8.len()))?;
        // As if all were ASCII, which is seen while it is copied.
        let room = self.buffer.room();
        let Some(place) = room.first_chunk_mut() else { return Err(Status::NoMemory) };
        let head = form::put(place, Type::Text, false, utf8.len() as u64);
        if ascii::copy(&mut room[head..head + utf8.len()], utf8) {
            self.buffer.advance(head + utf8.len());
            return Ok(());
        }
        self.other_text(head, utf8)
    }

    /// A text that is not ASCII, behind room for the head that it would have if it were.
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

    /// A text of a message that was checked: the first `count` characters of the words, which go on with what follows.
    /// The first `FIRST` times sixteen characters are written before it is looked at how many there are.
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

    /// The head of an array of so many elements.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn array(&mut self, count: u64) -> Result<(), Status> {
        self.buffer.reserve(NUMBER)?;
        self.head(Type::Array, false, count);
        Ok(())
    }

    /// The head of a record of so many pairs.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn record(&mut self, pairs: u64) -> Result<(), Status> {
        self.buffer.reserve(NUMBER)?;
        self.head(Type::Record, false, pairs);
        Ok(())
    }

    /// A symbol, without what it carries.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        self.buffer.reserve(1)?;
        self.buffer.put_block(&[Type::Symbol as u8 | symbol as u8], 1);
        Ok(())
    }

    /// The first `length_bits` bits of `bytes`. `OutOfRange` when there are not so many.
    pub(super) fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        let bytes = bytes.get(..bytes_for(length_bits)).ok_or(Status::OutOfRange)?;
        self.fill_bits(length_bits, |place| place.copy_from_slice(bytes))
    }

    /// So many bits, put to their bytes by `fill`.
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

    /// Puts a preamble with a number; there is room for [`MAX_HEAD`] bytes.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn head(&mut self, kind: Type, negative: bool, number: u64) {
        if let Some(room) = self.buffer.room().first_chunk_mut() {
            let size = form::put(room, kind, negative, number);
            self.buffer.advance(size);
        }
    }

    /// Puts a Kim number; there is room for it and eight bytes.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn kim(&mut self, number: u64) {
        match kim::encode_word(number) {
            Some((word, length)) => self.buffer.put_block(&word.to_be_bytes(), length),
            None => self.buffer.put(kim::encode(number).bytes()),
        }
    }
}
