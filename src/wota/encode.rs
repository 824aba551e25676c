//! Encodes values as words, one after another. The caller checks which values are allowed where.

use core::marker::PhantomData;

use super::layout::Layout;
use super::text::{UNLOOPED, ascii_room, put_ascii, put_codes, put_other, room_of_text, short_ascii};
use super::word::{Word, Words};
use crate::allocation::{Grow, append_block, append_in_room};
use crate::blob::{Blob, bytes_for};
use crate::number::Number;
use crate::number::decimal::Decimal;
use crate::status::Status;
use crate::value::Kind;

/// The number of words allocated first, so that a small message needs one allocation.
const FIRST: usize = 32;
/// The number of words that are allocated at most before anything was read: untrusted bytes may turn out to be invalid.
const MOST_AT_FIRST: usize = 1 << 21;

/// The words so far. A call that fails leaves them unchanged. Every call can return `NoMemory`; calls with a count or a
/// length return `OutOfRange` when it does not fit in a preamble.
#[derive(Debug)]
pub(crate) struct Encoder<L: Layout> {
    words: Vec<Word>,
    /// How many words to expect: as many as the last message that took over the memory had, or as the input suggests.
    expected: usize,
    layout: PhantomData<L>,
}

impl<L: Layout> Default for Encoder<L> {
    fn default() -> Self {
        Encoder { words: Vec::new(), expected: 0, layout: PhantomData }
    }
}

impl<L: Layout> Encoder<L> {
    /// For the values in this much text, in bytes, and at most `most` words: text takes four bytes a character, and other
    /// values about the same. Growing step by step would copy the words several times.
    pub(crate) fn expect_text(&mut self, size: usize, most: u64) {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(MOST_AT_FIRST);
        self.expected = (size / 2).min(most).max(FIRST);
    }

    /// Discards all words. The memory stays.
    pub(super) fn clear(&mut self) {
        self.words.clear();
    }

    /// All words.
    pub(super) fn words(&self) -> &[Word] {
        &self.words
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
        self.words.len()
    }

    /// Makes room for `words` more words.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn reserve(&mut self, words: usize) -> Result<(), Status> {
        if self.words.capacity() - self.words.len() < words { self.grow(words) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, words: usize) -> Result<(), Status> {
        let wanted = self.words.len().checked_add(words).ok_or(Status::NoMemory)?;
        if self.words.capacity() == 0 && self.expected > 0 {
            // If this fails, less memory may still be enough.
            let _ = self.words.try_reserve_exact(self.expected + self.expected / 16);
        }
        if wanted > self.words.capacity() {
            self.words.try_reserve((wanted - self.words.len()).max(FIRST))?;
        }
        Ok(())
    }

    /// Puts one word; the caller has made room.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn push(&mut self, word: u64) {
        self.words.push_in_room(word.to_ne_bytes());
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
        self.reserve(1 + room_of_text(utf8.len()))?;
        if self.ascii_in_room(utf8) { Ok(()) } else { self.other_text(utf8) }
    }

    /// Puts a text if it is ASCII and there is room for it already.
    #[inline(never)]
    fn ascii_in_room(&mut self, utf8: &[u8]) -> bool {
        if cfg!(target_arch = "wasm32") || utf8.len() > UNLOOPED {
            self.any_ascii_in_room(utf8)
        } else {
            self.put_ascii_in_room::<false>(utf8)
        }
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(never))]
    fn any_ascii_in_room(&mut self, utf8: &[u8]) -> bool {
        self.put_ascii_in_room::<true>(utf8)
    }

    #[inline(always)]
    fn put_ascii_in_room<const LONG: bool>(&mut self, utf8: &[u8]) -> bool {
        let head = L::preamble(Kind::Text, utf8.len() as u64).to_ne_bytes();
        check_field::<L>(utf8.len() as u64).is_ok()
            && append_in_room(&mut self.words, 1 + ascii_room(utf8.len()), |room| {
                let put = room.put(0, &[head]) && put_ascii::<LONG>(room, 1, utf8);
                put.then_some(1 + utf8.len().div_ceil(2))
            })
    }

    /// Puts a text of at most eight bytes that are ASCII, if there is room for eight already.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn short_ascii_in_room(&mut self, utf8: &[u8]) -> bool {
        let Some([a, b, c, d]) = short_ascii(utf8) else { return false };
        let head = L::preamble(Kind::Text, utf8.len() as u64).to_ne_bytes();
        append_block(&mut self.words, &[head, a, b, c, d], (utf8.len() + 3) / 2)
    }

    /// Puts one word or two, if there is room for two already.
    #[inline(always)]
    pub(super) fn put_in_room(&mut self, first: u64, second: Option<u64>) -> bool {
        let block = [first.to_ne_bytes(), second.unwrap_or(0).to_ne_bytes()];
        append_block(&mut self.words, &block, 1 + usize::from(second.is_some()))
    }

    /// Puts a text that is not ASCII.
    #[inline(never)]
    fn other_text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        let place = self.words.len();
        let room = self.words.try_append_copies([0; 8], 1 + room_of_text(utf8.len()))?;
        let put = put_other(&mut room[1..], utf8)
            .and_then(|characters| check_field::<L>(characters as u64).map(|()| characters));
        self.words.truncate(place + put.map_or(0, |characters| 1 + characters.div_ceil(2)));
        let characters = put?;
        if let Some(head) = self.words.get_mut(place) {
            *head = L::preamble(Kind::Text, characters as u64).to_ne_bytes();
        }
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
        let put = put_codes(self.words.try_append_copies([0; 8], count.div_ceil(2))?, characters);
        debug_assert_eq!(put, count);
        Ok(())
    }

    /// A text or a blob whose words after the preamble are copied unchanged from another message.
    pub(super) fn raw(&mut self, kind: Kind, field: u64, payload: Words<'_>) -> Result<(), Status> {
        check_field::<L>(field)?;
        self.reserve(1 + payload.len())?;
        self.push(L::preamble(kind, field));
        self.words.try_append(payload.raw())
    }

    /// A blob: a copy of the first `length_bits` bits of `bytes`. `OutOfRange` when there are fewer.
    pub(crate) fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        let bytes = bytes.get(..bytes_for(length_bits)).ok_or(Status::OutOfRange)?;
        check_field::<L>(length_bits as u64)?;
        self.reserve(length_bits.div_ceil(64).saturating_add(1))?;
        self.push(L::preamble(Kind::Blob, length_bits as u64));
        put_bits(self.words.try_append_copies([0; 8], length_bits.div_ceil(64))?, bytes, length_bits);
        Ok(())
    }

    /// Makes a message of the words, which are a complete value of this depth and refer to the blobs in `held`.
    /// `marks` are the additional bits of its kind. Afterwards there are no words, and a large message has taken over
    /// the memory. On failure nothing changes.
    pub(crate) fn message(&mut self, held: &mut Vec<Blob>, marks: u8, depth: u16) -> Result<Blob, Status> {
        let kind = L::DIALECT.message_kind() | marks;
        let used = self.words.len();
        let message = Blob::message_of(&mut self.words, held, kind, depth)?;
        if self.words.capacity() == 0 {
            self.expected = used;
        }
        self.words.clear();
        Ok(message)
    }
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
