//! A key as it stands in messages: its words are compared, not its characters.

use crate::utf8::{Form, Text};
use crate::wota::{Layout, Words, is_text, text_words};

/// Keys of no more words are packed once; longer ones are compared character by character.
const PACKED: usize = 8;

pub(super) struct Key<'k> {
    text: Text<'k>,
    packed: [u64; PACKED],
    /// How many words are packed; `None` when there are too many.
    count: Option<usize>,
}

impl<'k> Key<'k> {
    /// `None` when it is no text, so that no record has it.
    #[inline]
    pub(super) fn new(utf8: &'k [u8]) -> Option<Self> {
        let text = Text::check(utf8).ok()?;
        let mut key = Key { text, packed: [0; PACKED], count: None };
        let count = text.characters.div_ceil(2);
        if count <= PACKED {
            match text.form {
                Form::Ascii(bytes) => {
                    let (pairs, rest) = bytes.as_chunks::<2>();
                    for (word, [first, second]) in key.packed.iter_mut().zip(pairs) {
                        *word = u64::from(*first) << 32 | u64::from(*second);
                    }
                    if let ([last], Some(word)) = (rest, key.packed.get_mut(pairs.len())) {
                        *word = u64::from(*last) << 32;
                    }
                }
                _ => key.packed.iter_mut().zip(text_words(&text)).for_each(|(place, word)| *place = word),
            }
            key.count = Some(count);
        }
        Some(key)
    }

    /// The first word of the key in a message.
    #[inline]
    pub(super) fn head<L: Layout>(&self) -> u64 {
        L::text_head(self.text.characters as u64)
    }

    /// Whether the key stands behind its first word at `at`.
    #[inline]
    pub(super) fn stands(&self, words: Words<'_>, at: usize) -> bool {
        match self.count {
            Some(count) => {
                let Some(there) = words.run(at + 1, count as u64) else { return false };
                there.iter().zip(&self.packed).all(|(there, packed)| there == *packed)
            }
            None => words
                .run(at + 1, self.text.characters.div_ceil(2) as u64)
                .is_some_and(|there| is_text(&self.text, there)),
        }
    }

    /// As [`hash`] of its words.
    #[inline]
    pub(super) fn hash(&self, seed: u64) -> u32 {
        let characters = self.text.characters as u64;
        match self.count {
            Some(count) => hash(seed, characters, self.packed.iter().take(count).copied()),
            None => hash(seed, characters, text_words(&self.text)),
        }
    }
}

/// Of the words of a key. With a seed that is not known outside nobody can make keys that meet.
#[inline]
pub(super) fn hash(seed: u64, characters: u64, words: impl Iterator<Item = u64>) -> u32 {
    let state = words.fold(seed ^ characters.rotate_left(32), |state, word| {
        fold(state ^ word, 0x9E37_79B9_7F4A_7C15 ^ seed.rotate_left(17))
    });
    (fold(state, 0x2436_3F84_D188_5A31) >> 32) as u32
}

/// The two halves of the product.
#[inline]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}
