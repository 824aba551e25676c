//! A key as it stands in messages: its words are compared, not its characters.

use crate::utf8::Text;
use crate::wota::{Layout, SPARE, Word, Words, is_text, put_ascii, text_words};

/// Keys of no more words are packed once; longer ones are compared character by character.
const PACKED: usize = 8;

/// A key in UTF-8.
pub(super) enum Key<'k> {
    /// ASCII, as it stands in messages: its words, and how many characters.
    Short([Word; PACKED + SPARE], usize),
    Other(Text<'k>),
}

impl<'k> Key<'k> {
    /// `None` when it is no text, so that no record has it.
    #[inline(always)]
    pub(super) fn new(utf8: &'k [u8]) -> Option<Self> {
        let mut words = [[0; 8]; PACKED + SPARE];
        if utf8.len() <= 2 * PACKED && put_ascii(&mut words, utf8) {
            return Some(Key::Short(words, utf8.len()));
        }
        Text::check(utf8).ok().map(Key::Other)
    }

    #[inline(always)]
    fn characters(&self) -> usize {
        match self {
            Key::Short(_, characters) => *characters,
            Key::Other(text) => text.characters,
        }
    }

    /// The first word of the key in a message.
    #[inline(always)]
    pub(super) fn head<L: Layout>(&self) -> u64 {
        L::text_head(self.characters() as u64)
    }

    /// Whether the key stands behind its first word at `at`. Keys of a record often begin alike, so the last word is the first
    /// to be compared.
    #[inline(always)]
    pub(super) fn stands(&self, words: Words<'_>, at: usize) -> bool {
        match self {
            Key::Short(packed, characters) => {
                let count = characters.div_ceil(2);
                let Some(packed) = packed.get(..count) else { return false };
                let Some(there) = words.raw().get(at + 1..at + 1 + count) else { return false };
                match (there.split_last(), packed.split_last()) {
                    (Some((last, others)), Some((packed, before))) => {
                        last == packed && others.iter().zip(before).all(|(there, packed)| there == packed)
                    }
                    _ => true,
                }
            }
            Key::Other(text) => is_other(text, words, at),
        }
    }

    /// As [`hash`] of its words.
    #[inline(always)]
    pub(super) fn hash(&self, seed: u64) -> u32 {
        match self {
            Key::Short(packed, characters) => {
                let steps = packed.as_chunks::<2>().0.iter().take(characters.div_ceil(4));
                let pair = |pair: &[Word; 2]| pair.map(u64::from_ne_bytes);
                end(steps.fold(start(seed, *characters as u64), |state, words| step(state, pair(words))))
            }
            Key::Other(text) => hash_other(text, seed),
        }
    }
}

#[inline(never)]
fn is_other(text: &Text<'_>, words: Words<'_>, at: usize) -> bool {
    words.run(at + 1, text.characters.div_ceil(2) as u64).is_some_and(|there| is_text(text, there))
}

#[inline(never)]
fn hash_other(text: &Text<'_>, seed: u64) -> u32 {
    hash(seed, text.characters as u64, text_words(text))
}

/// Of the words of a key, two a step. With a seed that is not known outside nobody can make keys that meet.
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

/// The two halves of the product.
#[inline(always)]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}
