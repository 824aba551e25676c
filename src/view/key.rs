//! A key as messages store it: its words are compared, not its characters.

use crate::text::utf8::Utf8Text;
use crate::wota::{Layout, Word, Words, pack_ascii, text_matches, text_words};

/// Keys of up to this many words are packed once; longer keys are compared character by character.
const PACKED: usize = 8;

/// The words of a packed key.
pub(super) type PackedKey = [Word; PACKED + 4];

/// A key to search for in a record.
pub(super) trait SearchKey: Copy {
    /// The key in UTF-8.
    fn utf8(&self) -> &[u8];
    fn characters(&self) -> usize;
    /// Whether a word may be the last word of the key.
    fn may_end(&self, last: u64) -> bool;
    /// Whether the rest of the key follows its first word at `at`; its last word was compared before.
    fn matches(&self, words: Words<'_>, at: usize) -> bool;
    /// The [`hash`] of its words.
    fn hash(&self, seed: u64) -> u32;

    /// The first word of the key in a message.
    #[inline(always)]
    fn head<L: Layout>(&self) -> u64 {
        L::text_head(self.characters() as u64)
    }
}

/// A short key, all ASCII, as messages store it.
#[derive(Clone, Copy)]
pub(super) struct Short<'k> {
    utf8: &'k [u8],
    /// The words, then zeros.
    words: &'k PackedKey,
    /// Keys of a record often begin alike, so the last word is the first to be compared.
    last: u64,
}

impl<'k> Short<'k> {
    /// Puts the words into `room`, which is all zero. `None` for an empty key, and for one that is long or not ASCII.
    #[inline(always)]
    pub(super) fn pack(utf8: &'k [u8], room: &'k mut PackedKey) -> Option<Self> {
        if !pack_ascii(room, utf8) {
            return None;
        }
        let last = room.get(utf8.len().div_ceil(2).checked_sub(1)?)?;
        Some(Short { utf8, last: u64::from_ne_bytes(*last), words: room })
    }
}

impl SearchKey for Short<'_> {
    #[inline(always)]
    fn utf8(&self) -> &[u8] {
        self.utf8
    }

    #[inline(always)]
    fn characters(&self) -> usize {
        self.utf8.len()
    }

    #[inline(always)]
    fn may_end(&self, last: u64) -> bool {
        last == self.last
    }

    #[inline(always)]
    fn matches(&self, words: Words<'_>, at: usize) -> bool {
        let before = self.utf8.len().div_ceil(2).saturating_sub(1);
        let there = words.raw().get(at + 1..at + 1 + before);
        there.is_some_and(|there| there.iter().zip(self.words).all(|(there, packed)| there == packed))
    }

    #[inline(always)]
    fn hash(&self, seed: u64) -> u32 {
        let steps = self.words.as_chunks::<2>().0.iter().take(self.utf8.len().div_ceil(4));
        let pair = |pair: &[Word; 2]| pair.map(u64::from_ne_bytes);
        end(steps.fold(start(seed, self.utf8.len() as u64), |state, words| step(state, pair(words))))
    }
}

/// Any other key: compared character by character.
#[derive(Clone, Copy)]
pub(super) struct Long<'k> {
    utf8: &'k [u8],
    text: Utf8Text<'k>,
}

impl<'k> Long<'k> {
    /// `None` when it is not valid text, so that no record can have it.
    pub(super) fn check(utf8: &'k [u8]) -> Option<Self> {
        Some(Long { utf8, text: Utf8Text::check(utf8).ok()? })
    }
}

impl SearchKey for Long<'_> {
    fn utf8(&self) -> &[u8] {
        self.utf8
    }

    fn characters(&self) -> usize {
        self.text.characters
    }

    fn may_end(&self, _last: u64) -> bool {
        true
    }

    fn matches(&self, words: Words<'_>, at: usize) -> bool {
        let there = words.run(at + 1, self.text.characters.div_ceil(2) as u64);
        there.is_some_and(|there| text_matches(&self.text, there))
    }

    fn hash(&self, seed: u64) -> u32 {
        hash(seed, self.text.characters as u64, text_words(&self.text))
    }
}

/// The hash of a key's words, two per step. The seed is secret, so nobody can choose keys that collide.
pub(super) fn hash(seed: u64, characters: u64, mut words: impl Iterator<Item = u64>) -> u32 {
    let mut state = start(seed, characters);
    while let Some(first) = words.next() {
        state = step(state, [first, words.next().unwrap_or(0)]);
    }
    end(state)
}

#[inline(always)]
fn start(seed: u64, characters: u64) -> u64 {
    seed ^ characters.rotate_left(32)
}

#[inline(always)]
fn step(state: u64, [first, second]: [u64; 2]) -> u64 {
    fold(state ^ first, second ^ state.rotate_left(32) ^ 0x9E37_79B9_7F4A_7C15)
}

#[inline(always)]
fn end(state: u64) -> u32 {
    (fold(state, 0x2436_3F84_D188_5A31) >> 32) as u32
}

/// Both halves of the product combined.
#[inline(always)]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}
