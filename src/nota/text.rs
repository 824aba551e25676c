//! The characters of a text: Kim numbers, most of which are one byte of ASCII, in runs.

use crate::number::kim;
use crate::status::Status;
use crate::text::ascii;
use crate::text::utf8::{self, Codes, Pairs, TextForm};
use crate::wota::Words;

/// A checked text in place, in the bytes of the value.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(pub(super) Characters<'a>);

impl<'a> Text<'a> {
    /// The number of bytes of its UTF-8.
    #[inline]
    pub fn length(&self) -> usize {
        self.0.utf8_length()
    }

    /// The text in place, if it is ASCII: only then are its bytes UTF-8.
    #[inline]
    pub fn as_str(&self) -> Option<&'a str> {
        match self.0 {
            Characters::Ascii(text) => Some(text),
            Characters::Wide(_) => None,
        }
    }

    /// Writes the text to the start of `buffer`, lone surrogates as three bytes; returns the number of bytes.
    /// `OutOfRange` when the buffer is too small.
    #[inline]
    pub fn copy_to(&self, buffer: &mut [u8]) -> Result<usize, Status> {
        let target = buffer.get_mut(..self.length()).ok_or(Status::OutOfRange)?;
        match &self.0 {
            Characters::Ascii(text) => {
                ascii::copy(target, text.as_bytes());
            }
            Characters::Wide(wide) => wide.put(target)?,
        }
        Ok(self.length())
    }

    /// The number of characters.
    pub(super) fn count(&self) -> usize {
        match &self.0 {
            Characters::Ascii(text) => text.len(),
            // Only the last byte of a character is below 0x80.
            Characters::Wide(wide) => wide.codes.iter().filter(|byte| **byte < 0x80).count(),
        }
    }

    /// The characters.
    pub(super) fn characters(&self) -> impl Iterator<Item = u32> + use<'a> {
        let mut rest = self.0.bytes();
        core::iter::from_fn(move || {
            let (code, length) = character(rest).ok()?;
            rest = &rest[length..];
            Some(code)
        })
    }

    /// The text as a string. `OutOfRange` for a lone surrogate, which a `String` cannot hold; `NoMemory`.
    #[inline]
    pub fn string(&self) -> Result<String, Status> {
        let Some(text) = self.as_str() else { return self.wide_string() };
        let mut string = String::new();
        string.try_reserve_exact(text.len())?;
        string.push_str(text);
        Ok(string)
    }

    #[inline(never)]
    fn wide_string(&self) -> Result<String, Status> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(self.length())?;
        bytes.resize(self.length(), 0);
        self.copy_to(&mut bytes)?;
        String::from_utf8(bytes).map_err(|_| Status::OutOfRange)
    }
}

/// The characters of a text, checked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Characters<'a> {
    Ascii(&'a str),
    Wide(Wide<'a>),
}

/// Characters that are not all ASCII.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide<'a> {
    codes: &'a [u8],
    /// In bytes of UTF-8.
    length: usize,
}

impl<'a> Characters<'a> {
    /// The `count` characters at the start of `rest`. `Truncated`; `Malformed`.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn check(rest: &'a [u8], count: u64) -> Result<Self, Status> {
        let bytes = first(rest, count)?;
        if let Some(text) = ascii::text(rest, bytes) {
            return Ok(Characters::Ascii(text));
        }
        Ok(Characters::Wide(Wide::check(rest, bytes.len())?))
    }

    #[inline]
    pub(super) fn bytes(&self) -> &'a [u8] {
        match self {
            Characters::Ascii(text) => text.as_bytes(),
            Characters::Wide(wide) => wide.codes,
        }
    }

    #[inline]
    pub(super) fn utf8_length(&self) -> usize {
        match self {
            Characters::Ascii(text) => text.len(),
            Characters::Wide(wide) => wide.length,
        }
    }

    /// Whether the characters are equal to the text.
    pub(super) fn matches(&self, text: &utf8::Utf8Text<'_>) -> bool {
        let codes = Text(*self).characters();
        match text.form {
            TextForm::Ascii(bytes) => self.bytes() == bytes,
            TextForm::Utf8(utf8) => codes.eq(utf8.chars().map(u32::from)),
            TextForm::Generalised(bytes) => codes.eq(Codes(bytes)),
        }
    }
}

/// The bytes of `count` characters, if all of them are ASCII. `Truncated`, because every character has at least one
/// byte.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn first(rest: &[u8], count: u64) -> Result<&[u8], Status> {
    usize::try_from(count).ok().and_then(|count| rest.get(..count)).ok_or(Status::Truncated)
}

impl<'a> Wide<'a> {
    /// The `count` characters at the start of `rest`. `Truncated`; `Malformed`.
    #[inline(never)]
    fn check(rest: &'a [u8], count: usize) -> Result<Self, Status> {
        let (mut at, mut length, mut left) = (0, 0, count);
        let mut pairs = Pairs::default();
        while left != 0 {
            let run = ascii::run(&rest[at..]).min(left);
            if run == 0 {
                let (code, bytes) = character(&rest[at..])?;
                pairs.check(code)?;
                length += utf8::length(code)?;
                at += bytes;
                left -= 1;
            } else {
                pairs = Pairs::default();
                length += run;
                at += run;
                left -= run;
            }
        }
        Ok(Wide { codes: &rest[..at], length })
    }

    /// Writes the characters to `target`, which has exactly their length. `Malformed` when they do not fit, which
    /// cannot happen for checked ones.
    #[inline(never)]
    fn put(&self, mut target: &mut [u8]) -> Result<(), Status> {
        let mut rest = self.codes;
        while !rest.is_empty() {
            let run = ascii::run(rest);
            if run == 0 {
                let (code, length) = character(rest)?;
                target = utf8::put(target, code).ok_or(Status::Malformed)?;
                rest = &rest[length..];
                continue;
            }
            // Writes a whole block if there is room; later writes overwrite the surplus.
            match (target.first_chunk_mut::<8>(), rest.first_chunk::<8>()) {
                (Some(place), Some(eight)) => *place = *eight,
                _ => target.get_mut(..run).ok_or(Status::Malformed)?.copy_from_slice(&rest[..run]),
            }
            target = &mut target[run..];
            rest = &rest[run..];
        }
        Ok(())
    }
}

/// Writes the Kim bytes of a text to the start of `room`, which has eight bytes more than the text; returns the
/// number of characters and of bytes. `Malformed` when it is not UTF-8.
pub(super) fn encode(room: &mut [u8], utf8: &[u8]) -> Result<(usize, usize), Status> {
    let (mut characters, mut used) = (0, 0);
    let mut pairs = Pairs::default();
    let mut rest = utf8;
    while !rest.is_empty() {
        let place = room.get_mut(used..).and_then(<[u8]>::first_chunk_mut::<8>).ok_or(Status::NoMemory)?;
        let run = ascii::run(rest);
        if run == 0 {
            let (code, after) = utf8::decode(rest)?.ok_or(Status::Malformed)?;
            pairs.check(code)?;
            let (word, length) = kim::encode_word(code.into()).ok_or(Status::Malformed)?;
            *place = word.to_be_bytes();
            characters += 1;
            used += length;
            rest = after;
            continue;
        }
        // Writes a whole block if there is one; later writes overwrite the surplus.
        match rest.first_chunk::<8>() {
            Some(eight) => *place = *eight,
            None => place[..run].copy_from_slice(&rest[..run]),
        }
        pairs = Pairs::default();
        characters += run;
        used += run;
        rest = &rest[run..];
    }
    Ok((characters, used))
}

/// Writes the Kim bytes of the first `count` characters of the words to the start of `room`, which has three bytes
/// for each and eight more; returns the number of bytes. `None` when there are fewer characters or less room.
pub(super) fn encode_words(room: &mut [u8], words: Words<'_>, count: usize) -> Option<usize> {
    let mut used = 0;
    for (index, word) in words.run(0, count.div_ceil(2) as u64)?.iter().enumerate() {
        let place = room.get_mut(used..)?.first_chunk_mut::<8>()?;
        let (first, first_length) = kim_of((word >> 32) as u32);
        if 2 * index + 1 == count {
            place[..4].copy_from_slice(&first.to_be_bytes());
            return Some(used + first_length);
        }
        let (second, second_length) = kim_of(word as u32);
        *place = (u64::from(first) << 32 | u64::from(second) << (32 - 8 * first_length)).to_be_bytes();
        used += first_length + second_length;
    }
    Some(used)
}

/// The Kim bytes of a character, from the most significant byte of a word on, and their number.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn kim_of(code: u32) -> (u32, usize) {
    let (low, middle, high) = (code & 0x7F, code & 0x3F80, code >> 14);
    match code {
        0..0x80 => (code << 24, 1),
        0x80..0x4000 => (middle << 17 | low << 16 | 0x8000_0000, 2),
        _ => (high << 24 | middle << 9 | low << 8 | 0x8080_0000, 3),
    }
}

/// The character at the start of `bytes`, and its size in bytes. `Truncated`; `Malformed`.
#[inline]
fn character(bytes: &[u8]) -> Result<(u32, usize), Status> {
    let seven = |byte: u8| u32::from(byte & 0x7F);
    let (code, length) = match *bytes {
        [first @ 0x81..=0xFF, last @ ..=0x7F, ..] => return Ok((seven(first) << 7 | u32::from(last), 2)),
        [first @ 0x81..=0xFF, second, last @ ..=0x7F, ..] => {
            (seven(first) << 14 | seven(second) << 7 | u32::from(last), 3)
        }
        _ => {
            let (code, length) = kim::decode(bytes)?;
            (u32::try_from(code).map_err(|_| Status::Malformed)?, length)
        }
    };
    if code > 0x10_FFFF { Err(Status::Malformed) } else { Ok((code, length)) }
}
