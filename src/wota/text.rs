//! Text: UTF-8 outside, UTF-32 two characters a word inside. A lone surrogate (JavaScript has them) is
//! three bytes of generalised UTF-8; a pair of them must be one character.

use super::word::{Word, Words};
use crate::Status;

const HIGH_SURROGATES: core::ops::RangeInclusive<u32> = 0xD800..=0xDBFF;
const LOW_SURROGATES: core::ops::RangeInclusive<u32> = 0xDC00..=0xDFFF;

/// Checked text from outside, and how many characters it has.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    form: Form<'a>,
    characters: usize,
}

#[derive(Clone, Copy)]
enum Form<'a> {
    Ascii(&'a [u8]),
    Utf8(&'a str),
    /// With lone surrogates.
    Generalised(&'a [u8]),
}

impl<'a> Text<'a> {
    /// `Malformed` when it is no text.
    pub(super) fn check(bytes: &'a [u8]) -> Result<Self, Status> {
        if bytes.is_ascii() {
            return Ok(Text { form: Form::Ascii(bytes), characters: bytes.len() });
        }
        if let Ok(text) = core::str::from_utf8(bytes) {
            return Ok(Text { form: Form::Utf8(text), characters: text.chars().count() });
        }
        let mut characters = 0;
        let mut before = 0;
        let mut rest = bytes;
        while let Some((code, tail)) = decode(rest)? {
            check_pair(before, code)?;
            before = code;
            characters += 1;
            rest = tail;
        }
        Ok(Text { form: Form::Generalised(bytes), characters })
    }

    pub(super) fn characters(&self) -> usize {
        self.characters
    }

    /// How many words the characters take.
    pub(super) fn words(&self) -> usize {
        self.characters.div_ceil(2)
    }

    /// Appends the words; the caller has made room for them.
    pub(super) fn append_to(&self, words: &mut Vec<Word>) {
        match self.form {
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
    pub(super) fn is(&self, words: Words<'_>) -> bool {
        words.len() == self.words()
            && match self.form {
                Form::Ascii(bytes) => {
                    let (pairs, rest) = bytes.as_chunks::<2>();
                    let pairs = pairs.iter().map(|pair| join(pair[0].into(), pair[1].into()));
                    words.iter().eq(pairs.chain(rest.iter().map(|last| join((*last).into(), 0))))
                }
                Form::Utf8(text) => codes(words).take(self.characters).eq(text.chars().map(u32::from)),
                Form::Generalised(bytes) => codes(words).take(self.characters).eq(Codes(bytes)),
            }
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

/// The characters of checked generalised UTF-8.
struct Codes<'a>(&'a [u8]);

impl Iterator for Codes<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (code, rest) = decode(self.0).ok()??;
        self.0 = rest;
        Some(code)
    }
}

/// The first character of generalised UTF-8 and what comes behind it; `None` at the end.
fn decode(bytes: &[u8]) -> Result<Option<(u32, &[u8])>, Status> {
    let Some((&lead, rest)) = bytes.split_first() else {
        return Ok(None);
    };
    let (more, smallest, start) = match lead {
        0..=0x7F => return Ok(Some((lead.into(), rest))),
        0xC2..=0xDF => (1, 0x80, lead & 0x1F),
        0xE0..=0xEF => (2, 0x800, lead & 0x0F),
        0xF0..=0xF4 => (3, 0x1_0000, lead & 0x07),
        _ => return Err(Status::Malformed),
    };
    let (tail, rest) = rest.split_at_checked(more).ok_or(Status::Malformed)?;
    let mut code = u32::from(start);
    for byte in tail {
        if byte & 0xC0 != 0x80 {
            return Err(Status::Malformed);
        }
        code = code << 6 | u32::from(byte & 0x3F);
    }
    if code < smallest || code > 0x10_FFFF {
        return Err(Status::Malformed);
    }
    Ok(Some((code, rest)))
}

fn check_pair(before: u32, code: u32) -> Result<(), Status> {
    if LOW_SURROGATES.contains(&code) && HIGH_SURROGATES.contains(&before) {
        return Err(Status::Malformed);
    }
    Ok(())
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
        let mut before = 0;
        for code in codes(words).take(characters) {
            length += match code {
                0..=0x7F => 1,
                0x80..=0x7FF => 2,
                0x800..=0xFFFF => 3,
                0x1_0000..=0x10_FFFF => 4,
                _ => return Err(Status::Malformed),
            };
            check_pair(before, code)?;
            before = code;
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
            let (buffer, length) = encode(code);
            let Some((place, behind)) = rest.split_at_mut_checked(length) else {
                return;
            };
            place.copy_from_slice(&buffer[..length]);
            rest = behind;
        }
    }
}

fn encode(code: u32) -> ([u8; 4], usize) {
    let tail = |shift: u32| (code >> shift) as u8 & 0x3F | 0x80;
    match code {
        0..=0x7F => ([code as u8, 0, 0, 0], 1),
        0x80..=0x7FF => ([(code >> 6) as u8 | 0xC0, tail(0), 0, 0], 2),
        0x800..=0xFFFF => ([(code >> 12) as u8 | 0xE0, tail(6), tail(0), 0], 3),
        _ => ([(code >> 18) as u8 | 0xF0, tail(12), tail(6), tail(0)], 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(bytes: &[u8]) -> Result<Vec<u8>, Status> {
        let text = Text::check(bytes)?;
        let mut words = Vec::new();
        text.append_to(&mut words);
        let words = Words::native(words.as_flattened());
        assert!(text.is(words));
        let packed = Packed::check(words, text.characters())?;
        let mut back = vec![0; packed.length()];
        packed.write_to(&mut back);
        Ok(back)
    }

    #[test]
    fn every_character_and_every_lone_surrogate_survives() {
        for code in 0..=0x10_FFFF {
            let (buffer, length) = encode(code);
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
