//! Generalised UTF-8: UTF-8 in which a *lone* surrogate (JavaScript strings have them) may occur as three bytes. A
//! high surrogate followed by a low one must be one character. All text outside of messages has this form.

use crate::status::Status;
use crate::text::ascii::is_ascii;

const HIGH_SURROGATES: core::ops::RangeInclusive<u32> = 0xD800..=0xDBFF;
const LOW_SURROGATES: core::ops::RangeInclusive<u32> = 0xDC00..=0xDFFF;

/// Checked text and its number of characters.
#[derive(Clone, Copy)]
pub(crate) struct Utf8Text<'a> {
    pub(crate) form: TextForm<'a>,
    pub(crate) characters: usize,
}

/// The three forms of text, from the simplest.
#[derive(Clone, Copy)]
pub(crate) enum TextForm<'a> {
    Ascii(&'a [u8]),
    Utf8(&'a str),
    /// With lone surrogates.
    Generalised(&'a [u8]),
}

impl<'a> Utf8Text<'a> {
    /// Checks text. `Malformed` when it is not generalised UTF-8.
    #[inline]
    pub(crate) fn check(bytes: &'a [u8]) -> Result<Self, Status> {
        if is_ascii(bytes) {
            return Ok(Utf8Text { form: TextForm::Ascii(bytes), characters: bytes.len() });
        }
        Self::check_wide(bytes)
    }

    fn check_wide(bytes: &'a [u8]) -> Result<Self, Status> {
        if let Ok(text) = core::str::from_utf8(bytes) {
            return Ok(Utf8Text { form: TextForm::Utf8(text), characters: text.chars().count() });
        }
        let mut characters = 0;
        let mut pairs = Pairs::default();
        let mut rest = bytes;
        while let Some((code, tail)) = decode(rest)? {
            pairs.check(code)?;
            characters += 1;
            rest = tail;
        }
        Ok(Utf8Text { form: TextForm::Generalised(bytes), characters })
    }

    /// The characters in order.
    pub(crate) fn codes(&self) -> Codes<'a> {
        match self.form {
            TextForm::Ascii(bytes) | TextForm::Generalised(bytes) => Codes(bytes),
            TextForm::Utf8(text) => Codes(text.as_bytes()),
        }
    }

    /// Calls `each` with every character in order.
    pub(crate) fn for_each(&self, mut each: impl FnMut(u32)) {
        match self.form {
            TextForm::Ascii(bytes) => bytes.iter().for_each(|byte| each((*byte).into())),
            TextForm::Utf8(text) => text.chars().for_each(|character| each(character.into())),
            TextForm::Generalised(bytes) => Codes(bytes).for_each(each),
        }
    }
}

/// Refuses a high surrogate followed by a low one, character by character.
#[derive(Default)]
pub(crate) struct Pairs {
    before: u32,
}

impl Pairs {
    /// `Malformed`.
    #[inline]
    pub(crate) fn check(&mut self, code: u32) -> Result<(), Status> {
        if LOW_SURROGATES.contains(&code) && HIGH_SURROGATES.contains(&self.before) {
            return Err(Status::Malformed);
        }
        self.before = code;
        Ok(())
    }
}

/// The characters of checked text.
pub(crate) struct Codes<'a>(pub(crate) &'a [u8]);

impl Iterator for Codes<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let (code, rest) = decode(self.0).ok()??;
        self.0 = rest;
        Some(code)
    }
}

/// The first character and the rest; `None` at the end. `Malformed`.
#[inline]
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<(u32, &[u8])>, Status> {
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

/// The number of bytes of a character. `Malformed` beyond 10FFFF.
#[inline]
pub(crate) fn length(code: u32) -> Result<usize, Status> {
    match code {
        0..=0x7F => Ok(1),
        0x80..=0x7FF => Ok(2),
        0x800..=0xFFFF => Ok(3),
        0x1_0000..=0x10_FFFF => Ok(4),
        _ => Err(Status::Malformed),
    }
}

/// Writes a character to the start of `target`; returns the rest of it, `None` when there is no room.
#[inline]
pub(crate) fn put(target: &mut [u8], code: u32) -> Option<&mut [u8]> {
    let (buffer, length) = encode(code);
    let (place, rest) = target.split_at_mut_checked(length)?;
    place.copy_from_slice(&buffer[..length]);
    Some(rest)
}

#[inline]
pub(crate) fn encode(code: u32) -> ([u8; 4], usize) {
    let tail = |shift: u32| (code >> shift) as u8 & 0x3F | 0x80;
    match code {
        0..=0x7F => ([code as u8, 0, 0, 0], 1),
        0x80..=0x7FF => ([(code >> 6) as u8 | 0xC0, tail(0), 0, 0], 2),
        0x800..=0xFFFF => ([(code >> 12) as u8 | 0xE0, tail(6), tail(0), 0], 3),
        _ => ([(code >> 18) as u8 | 0xF0, tail(12), tail(6), tail(0)], 4),
    }
}
