//! Encodes values as words, one after another. The caller checks which values are allowed where.

use core::marker::PhantomData;

use super::layout::Layout;
use super::text::{SPARE, put_ascii, put_codes, put_other, put_short_ascii};
use super::word::{Word, Words};
use crate::allocation::Grow;
use crate::blob::{Blob, bytes_for};
use crate::number::Number;
use crate::number::decimal::Decimal;
use crate::status::Status;
use crate::value::Kind;

/// The number of words allocated first, so that a small message needs one allocation.
const FIRST: usize = 32;

/// How many words are initialised at a time.
const READY: usize = 4096;

/// The words so far. A call that fails leaves them unchanged. Every call can return `NoMemory`; calls with a count or a
/// length return `OutOfRange` when it does not fit in a preamble.
#[derive(Debug)]
pub(crate) struct Encoder<L: Layout> {
    /// Initialised memory, so that putting a word needs no growth check. The value is the first `used` words.
    words: Vec<Word>,
    used: usize,
    /// The number of words of the last message that took over the memory.
    last: usize,
    layout: PhantomData<L>,
}

impl<L: Layout> Default for Encoder<L> {
    fn default() -> Self {
        Encoder { words: Vec::new(), used: 0, last: 0, layout: PhantomData }
    }
}

impl<L: Layout> Encoder<L> {
    /// Discards all words. The memory stays.
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// All words.
    pub(super) fn words(&self) -> &[Word] {
        &self.words[..self.used]
    }

    /// All words, for reading.
    #[cfg(feature = "json")]
    #[inline]
    pub(crate) fn written(&self) -> Words<'_> {
        Words::of_words(self.words())
    }

    /// The number of words.
    #[cfg(feature = "json")]
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// Makes room for `words` more words.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn reserve(&mut self, words: usize) -> Result<(), Status> {
        if self.words.len() - self.used < words { self.grow(words) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, words: usize) -> Result<(), Status> {
        let wanted = self.used.checked_add(words).ok_or(Status::NoMemory)?;
        if self.words.capacity() == 0 && self.last > 0 {
            // The next message is often about as large as the last one. If this fails, less memory may still be enough.
            let _ = self.words.try_reserve_exact(self.last + self.last / 16);
        }
        if wanted > self.words.capacity() {
            self.words.try_reserve((wanted - self.words.len()).max(FIRST))?;
        }
        // Initialises no more than will be written soon, so that it is still in the cache then.
        let ready = wanted.max(self.used + READY).min(self.words.capacity());
        self.words.try_append_copies([0; 8], ready - self.words.len()).map(|_| ())
    }

    /// Puts one word; the caller has made room.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn push(&mut self, word: u64) {
        self.words[self.used] = word.to_ne_bytes();
        self.used += 1;
    }

    /// Sets the number of elements or pairs in the head at this offset.
    #[cfg(feature = "json")]
    #[inline]
    pub(crate) fn set_head(&mut self, place: usize, kind: Kind, count: u64) {
        if let Some(place) = self.words.get_mut(place) {
            *place = L::preamble(kind, count).to_ne_bytes();
        }
    }

    /// The head of an array, a record or a symbol.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn head(&mut self, kind: Kind, field: u64) -> Result<(), Status> {
        check_field::<L>(field)?;
        self.reserve(1)?;
        self.push(L::preamble(kind, field));
        Ok(())
    }

    /// A whole number of 56 bits.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn integer(&mut self, value: i64) -> Result<(), Status> {
        self.reserve(1)?;
        self.push(L::integer(value));
        Ok(())
    }

    /// A double. `OutOfRange`.
    #[cfg(feature = "json")]
    #[inline]
    pub(crate) fn double(&mut self, value: f64) -> Result<(), Status> {
        let (first, second) = L::number(value)?;
        self.one_or_two(first, second)
    }

    /// A decimal number. `OutOfRange`.
    #[inline]
    pub(crate) fn decimal(&mut self, value: Decimal) -> Result<(), Status> {
        let (first, second) = L::numeric(Number::Decimal(value))?;
        self.one_or_two(first, second)
    }

    /// The words of a number or a reference: one or two.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn one_or_two(&mut self, first: u64, second: Option<u64>) -> Result<(), Status> {
        if !self.put_in_room(first, second) {
            self.grow(2)?;
            self.put_in_room(first, second);
        }
        Ok(())
    }

    /// A text, in UTF-8, in which lone surrogates are allowed (as three bytes each). `Malformed` for other bytes.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        if self.ascii_in_room(utf8) { Ok(()) } else { self.other_text(utf8) }
    }

    /// Puts a text if it is ASCII and there is room for it already.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn ascii_in_room(&mut self, utf8: &[u8]) -> bool {
        if let Some(room) = self.words.get_mut(self.used..)
            && room.len() >= room_of_text(utf8)
            && let Some((first, room)) = room.split_first_mut()
            && put_ascii(room, utf8)
            && check_field::<L>(utf8.len() as u64).is_ok()
        {
            *first = L::preamble(Kind::Text, utf8.len() as u64).to_ne_bytes();
            self.used += 1 + utf8.len().div_ceil(2);
            return true;
        }
        false
    }

    /// Puts a text of at most eight bytes that are ASCII, if there is room for eight already.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn short_ascii_in_room(&mut self, utf8: &[u8]) -> bool {
        if let Some([first, room @ ..]) = self.room::<5>()
            && put_short_ascii(room, utf8)
        {
            *first = L::preamble(Kind::Text, utf8.len() as u64).to_ne_bytes();
            self.used += (utf8.len() + 3) / 2;
            return true;
        }
        false
    }

    /// The next words, if there is room for them already.
    #[inline(always)]
    fn room<const SIZE: usize>(&mut self) -> Option<&mut [Word; SIZE]> {
        self.words.get_mut(self.used..self.used.wrapping_add(SIZE))?.first_chunk_mut()
    }

    /// Puts one word or two, if there is room for two already.
    #[inline(always)]
    pub(super) fn put_in_room(&mut self, first: u64, second: Option<u64>) -> bool {
        let Some(room) = self.room::<2>() else { return false };
        *room = [first.to_ne_bytes(), second.unwrap_or(0).to_ne_bytes()];
        self.used += 1 + usize::from(second.is_some());
        true
    }

    #[inline(never)]
    fn other_text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        self.reserve(room_of_text(utf8))?;
        if self.ascii_in_room(utf8) {
            return Ok(());
        }
        let characters = put_other(&mut self.words[self.used + 1..], utf8)?;
        check_field::<L>(characters as u64)?;
        self.push(L::preamble(Kind::Text, characters as u64));
        self.used += characters.div_ceil(2);
        Ok(())
    }

    /// A text of `count` checked characters.
    #[inline(never)]
    pub(crate) fn characters(
        &mut self,
        count: usize,
        characters: impl Iterator<Item = u32>,
    ) -> Result<(), Status> {
        check_field::<L>(count as u64)?;
        self.reserve(1 + count.div_ceil(2))?;
        self.push(L::preamble(Kind::Text, count as u64));
        let put = put_codes(&mut self.words[self.used..][..count.div_ceil(2)], characters);
        debug_assert_eq!(put, count);
        self.used += count.div_ceil(2);
        Ok(())
    }

    /// A text or a blob whose words after the preamble are copied unchanged from another message.
    pub(super) fn raw(&mut self, kind: Kind, field: u64, payload: Words<'_>) -> Result<(), Status> {
        check_field::<L>(field)?;
        self.reserve(1 + payload.len())?;
        self.push(L::preamble(kind, field));
        self.words[self.used..self.used + payload.len()].copy_from_slice(payload.raw());
        self.used += payload.len();
        Ok(())
    }

    /// A blob: a copy of the first `length_bits` bits of `bytes`. `OutOfRange` when there are fewer.
    pub(crate) fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        let bytes = bytes.get(..bytes_for(length_bits)).ok_or(Status::OutOfRange)?;
        check_field::<L>(length_bits as u64)?;
        self.reserve(length_bits.div_ceil(64).saturating_add(1))?;
        self.push(L::preamble(Kind::Blob, length_bits as u64));
        put_bits(&mut self.words[self.used..], bytes, length_bits);
        self.used += length_bits.div_ceil(64);
        Ok(())
    }

    /// Makes a message of the words, which are a complete value of this depth and refer to the blobs in `held`.
    /// `marks` are the additional bits of its kind. Afterwards there are no words, and a large message has taken over
    /// the memory. On failure nothing changes.
    pub(crate) fn message(&mut self, held: &mut Vec<Blob>, marks: u8, depth: u16) -> Result<Blob, Status> {
        let kind = L::DIALECT.message_kind() | marks;
        let message = Blob::message_of(&mut self.words, self.used, held, kind, depth)?;
        if self.words.is_empty() {
            self.last = self.used;
        }
        self.used = 0;
        Ok(message)
    }
}

/// The largest number of words that a text of these bytes takes, plus those that may be overwritten after it.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn room_of_text(utf8: &[u8]) -> usize {
    utf8.len() / 2 + 2 + SPARE
}

#[inline]
pub(super) fn check_field<L: Layout>(field: u64) -> Result<(), Status> {
    if field > L::FIELD_MAX { Err(Status::OutOfRange) } else { Ok(()) }
}

/// Writes the words of an inline blob to the start of `room`. Bits after the last one become zero.
fn put_bits(room: &mut [Word], bytes: &[u8], length_bits: usize) {
    let (whole, rest) = bytes.as_chunks::<8>();
    for (place, eight) in room.iter_mut().zip(whole) {
        *place = u64::from_be_bytes(*eight).to_ne_bytes();
    }
    if let Some(place) = room.get_mut(whole.len())
        && !rest.is_empty()
    {
        let mut eight = [0; 8];
        eight[..rest.len()].copy_from_slice(rest);
        *place = u64::from_be_bytes(eight).to_ne_bytes();
    }
    if !length_bits.is_multiple_of(64)
        && let Some(last) = room.get_mut(length_bits / 64)
    {
        *last = (u64::from_ne_bytes(*last) & !(u64::MAX >> (length_bits % 64))).to_ne_bytes();
    }
}
