//! Text in words: UTF-32, two characters a word, the first in the high half.

use super::word::{Word, Words};
use crate::Status;
use crate::utf8::{self, Codes, Form, Pairs, Text};

/// How many words the characters take.
pub(super) fn words_of(text: &Text<'_>) -> usize {
    text.characters.div_ceil(2)
}

/// Appends the words; the caller has made room for them.
pub(super) fn append(text: &Text<'_>, words: &mut Vec<Word>) {
    match text.form {
        Form::Ascii(bytes) => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            words.extend(pairs.iter().map(|pair| pack(pair[0].into(), pair[1].into())));
            words.extend(rest.iter().map(|last| pack((*last).into(), 0)));
        }
        Form::Utf8(text) => append_codes(words, text.chars().map(u32::from)),
        Form::Generalised(bytes) => append_codes(words, Codes(bytes)),
    }
}

/// Whether these words are this text.
pub(super) fn is(text: &Text<'_>, words: Words<'_>) -> bool {
    words.len() == words_of(text)
        && match text.form {
            Form::Ascii(bytes) => {
                let (pairs, rest) = bytes.as_chunks::<2>();
                let pairs = pairs.iter().map(|pair| join(pair[0].into(), pair[1].into()));
                words.iter().eq(pairs.chain(rest.iter().map(|last| join((*last).into(), 0))))
            }
            Form::Utf8(utf8) => codes(words).take(text.characters).eq(utf8.chars().map(u32::from)),
            Form::Generalised(bytes) => codes(words).take(text.characters).eq(Codes(bytes)),
        }
}

fn join(first: u32, second: u32) -> u64 {
    u64::from(first) << 32 | u64::from(second)
}

fn pack(first: u32, second: u32) -> Word {
    join(first, second).to_ne_bytes()
}

fn append_codes(words: &mut Vec<Word>, mut codes: impl Iterator<Item = u32>) {
    while let Some(first) = codes.next() {
        words.push(pack(first, codes.next().unwrap_or(0)));
    }
}

/// The halves of the words in order, the padding of an odd number included.
fn codes(words: Words<'_>) -> impl Iterator<Item = u32> {
    words.iter().flat_map(|word| [(word >> 32) as u32, word as u32])
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
        const NOT_ASCII: u64 = 0xFFFF_FF80_FFFF_FF80;
        if characters % 2 == 1 && words.iter().next_back().is_some_and(|word| word as u32 != 0) {
            return Err(Status::Malformed);
        }
        // No early exit, so that the loop becomes a few vector instructions.
        let union = words.iter().fold(0, |union, word| union | word);
        if union & NOT_ASCII == 0 {
            return Ok(Packed { words, characters, ascii: true, length: characters });
        }
        let mut length = 0;
        let mut pairs = Pairs::default();
        for code in codes(words).take(characters) {
            length += utf8::length(code)?;
            pairs.check(code)?;
        }
        Ok(Packed { words, characters, ascii: false, length })
    }

    /// How many bytes of (generalised) UTF-8 it makes.
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
        let mut rest = target;
        for code in codes(self.words).take(self.characters) {
            let Some(behind) = utf8::put(rest, code) else {
                return;
            };
            rest = behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(bytes: &[u8]) -> Result<Vec<u8>, Status> {
        let text = Text::check(bytes)?;
        let mut words = Vec::new();
        append(&text, &mut words);
        let words = Words::native(words.as_flattened());
        assert!(is(&text, words));
        let packed = Packed::check(words, text.characters)?;
        let mut back = vec![0; packed.length()];
        packed.write_to(&mut back);
        Ok(back)
    }

    #[test]
    fn every_character_and_every_lone_surrogate_survives() {
        for code in 0..=0x10_FFFF {
            let (buffer, length) = utf8::encode(code);
            let bytes = &buffer[..length];
            assert_eq!(there_and_back(bytes).as_deref(), Ok(bytes));
            if let Some(character) = char::from_u32(code) {
                assert_eq!(character.encode_utf8(&mut [0; 4]).as_bytes(), bytes);
            }
        }
    }

    #[test]
    fn mixed_texts_survive_at_every_length() {
        let all: Vec<char> = "plain é ß 水 \u{1F4A9} end of it, odd and even".chars().collect();
        for end in 0..=all.len() {
            let text: String = all[..end].iter().collect();
            assert_eq!(there_and_back(text.as_bytes()).as_deref(), Ok(text.as_bytes()));
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        for bytes in [
            &b"\xFF"[..],
            b"\x80",
            b"\xC0\x80",
            b"\xC1\xBF",
            b"\xE0\x80\x80",
            b"\xF0\x80\x80\x80",
            b"\xF4\x90\x80\x80",
            b"\xF5\x80\x80\x80",
            b"a\xC3",
            b"\xE2\x82",
            b"\xC3A",
            b"\xED\xA0\x80\xED\xB0\x80",
        ] {
            assert_eq!(there_and_back(bytes), Err(Status::Malformed), "{bytes:x?}");
        }
        let lone = b"\xED\xB0\x80\xED\xA0\x80";
        assert_eq!(there_and_back(lone).as_deref(), Ok(&lone[..]));
    }
}
