//! Texts of messages that are checked character by character.

use super::text::{NOT_ASCII, codes, padding_is_zero, put_utf8, union};
use super::word::Words;
use crate::status::Status;
use crate::text::utf8::{self, Pairs};

/// Whether there may be an invalid character, and how many bytes of UTF-8 the characters take beyond one each. The
/// compiler vectorises the loop.
fn survey(words: Words<'_>) -> (bool, usize) {
    let (mut suspect, mut more) = (false, 0);
    // Blocks are small enough that their sums do not overflow.
    for block in words.raw().chunks(1 << 20) {
        let (mut some, mut bytes) = (0, 0);
        for half in block.as_flattened().as_chunks::<4>().0 {
            let code = words.load_half(half);
            some |= u32::from(code > 0x10_FFFF) | u32::from(code & !0x7FF == 0xD800);
            bytes += u32::from(code >= 0x80) + u32::from(code >= 0x800) + u32::from(code >= 0x1_0000);
        }
        suspect |= some != 0;
        more += bytes as usize;
    }
    (suspect, more)
}

/// The words of a text in a message.
#[derive(Clone, Copy)]
pub(super) struct Packed<'a> {
    words: Words<'a>,
    characters: usize,
    ascii: bool,
    /// In bytes of UTF-8.
    length: usize,
}

impl<'a> Packed<'a> {
    /// Checks every character and the padding. `Malformed`.
    pub(super) fn check(words: Words<'a>, characters: usize) -> Result<Self, Status> {
        if characters % 2 == 1 && !padding_is_zero(words) {
            return Err(Status::Malformed);
        }
        if union(words) & NOT_ASCII == 0 {
            return Ok(Packed { words, characters, ascii: true, length: characters });
        }
        // Few texts need the second pass.
        let (suspect, more) = survey(words);
        let mut length = characters + more;
        if suspect {
            length = 0;
            let mut pairs = Pairs::default();
            for code in codes(words).take(characters) {
                length += utf8::length(code)?;
                pairs.check(code)?;
            }
        }
        Ok(Packed { words, characters, ascii: false, length })
    }

    /// The number of bytes of its (generalised) UTF-8.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// Writes exactly [`Packed::length`] bytes.
    pub(super) fn write_to(&self, target: &mut [u8]) {
        if self.ascii {
            let (pairs, rest) = target.as_chunks_mut::<2>();
            for (pair, word) in pairs.iter_mut().zip(self.words.iter()) {
                *pair = [(word >> 32) as u8, word as u8];
            }
            for last in rest {
                *last = self.words.iter().next_back().map_or(0, |word| (word >> 32) as u8);
            }
            return;
        }
        put_utf8(self.words, self.characters, target);
    }
}

#[cfg(test)]
mod tests;
