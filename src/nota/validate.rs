//! Checking bytes from outside, completely and in one pass; memory as for Wota.

use super::form::{Head, Type};
use crate::blob::bytes_for;
use crate::nesting::{Checking, Rule, carried_by};
use crate::number::decimal::Decimal;
use crate::number::kim;
use crate::utf8::{self, Codes, Form, Pairs, Text};
use crate::value::Symbol;
use crate::{Fault, Limits, Status};

/// Checks that the bytes are exactly one value that keeps every rule, and that the message it makes has no
/// more words than `limits` allow. The fault's offset is in bytes.
pub fn validate(bytes: &[u8], limits: &Limits) -> Result<(), Fault> {
    let mut nesting = Checking::new(limits.depth());
    let mut offset = 0;
    let mut words = 0_u64;
    while !nesting.is_complete() {
        let fault = |status| Fault { status, offset };
        let rest = bytes.get(offset..).unwrap_or_default();
        let head = Head::read(rest).map_err(fault)?;
        let (own, more) = value(&mut nesting, bytes, offset, head).map_err(fault)?;
        words = words.saturating_add(more);
        if words > limits.max_words {
            return Err(fault(Status::LimitExceeded));
        }
        let image = |offset: usize, end: usize| &bytes[offset..end];
        nesting.close(image).map_err(|offset| Fault { status: Status::Malformed, offset })?;
        offset += head.length + own;
    }
    if offset != bytes.len() {
        return Err(Fault { status: Status::Malformed, offset });
    }
    Ok(())
}

/// Checks one value but for what it contains; gives how many bytes follow its head that are its own, and how
/// many words it makes in a message.
#[inline(always)]
fn value(nesting: &mut Checking, bytes: &[u8], offset: usize, head: Head) -> Result<(usize, u64), Status> {
    nesting.admit(head.kind.kind())?;
    let rest = &bytes[offset + head.length..];
    let (own, values) = size(rest, head)?;
    // An element has at least one byte, a pair two.
    if values > (rest.len() - own) as u64 {
        return Err(Status::Truncated);
    }
    let rule = match head.kind {
        Type::Array => Rule::Values,
        Type::Record => Rule::Pairs,
        Type::Symbol => {
            // Codes have no continuation, and only some are given.
            if head.length != 1 || Symbol::from_code(head.number).is_none() {
                return Err(Status::Malformed);
            }
            match carried_by(head.number) {
                Some(rule) => rule,
                None => return scalar(nesting, offset, bytes, head.length, own, 1),
            }
        }
        Type::Blob => {
            let used = head.number % 8;
            if used != 0 && rest.get(own - 1).is_some_and(|last| last << used != 0) {
                return Err(Status::Malformed);
            }
            return scalar(nesting, offset, bytes, head.length, own, 1 + head.number.div_ceil(64));
        }
        Type::Text => return scalar(nesting, offset, bytes, head.length, own, 1 + head.number.div_ceil(2)),
        Type::Large | Type::Small => {
            let (magnitude, _) = kim::decode(rest)?;
            let coefficient = i64::try_from(magnitude).map_err(|_| Status::Malformed)?;
            let power = head.number.min(1 << 20) as i32;
            if head.kind == Type::Large && !(Decimal { coefficient, exponent: power }).to_double().is_finite()
            {
                return Err(Status::Malformed);
            }
            return scalar(nesting, offset, bytes, head.length, own, 2);
        }
        Type::Integer => {
            if head.number > i64::MAX as u64 {
                return Err(Status::Malformed);
            }
            return scalar(nesting, offset, bytes, head.length, own, 1 + u64::from(head.number >> 55 != 0));
        }
    };
    nesting.open(values, rule)?;
    Ok((own, 1))
}

#[inline(always)]
fn scalar(
    nesting: &mut Checking,
    offset: usize,
    bytes: &[u8],
    length: usize,
    own: usize,
    words: u64,
) -> Result<(usize, u64), Status> {
    if nesting.wants_key() {
        nesting.key(
            offset,
            offset + length + own,
            mark(&bytes[offset..offset + length + own]),
            |offset, end| &bytes[offset..end],
        )?;
    }
    nesting.filled();
    Ok((own, words))
}

/// The length of a key and its first and last bytes, mixed.
#[inline]
fn mark(key: &[u8]) -> u32 {
    let word = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
    let mixed = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => word(first) ^ word(last).rotate_left(29),
        _ => key.iter().fold(0, |mixed, byte| mixed << 8 | u64::from(*byte)),
    };
    ((mixed ^ key.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// How many bytes behind its head are a value's own, and how many values follow that belong to it.
/// `Truncated`; `Malformed`.
#[inline(always)]
pub(super) fn size(rest: &[u8], head: Head) -> Result<(usize, u64), Status> {
    match head.kind {
        Type::Integer => Ok((0, 0)),
        Type::Array => Ok((0, head.number)),
        Type::Record => Ok((0, head.number.saturating_mul(2))),
        Type::Symbol => Ok((0, carried_by(head.number).is_some().into())),
        Type::Large | Type::Small => Ok((kim::decode(rest)?.1, 0)),
        Type::Text => Ok((Characters::check(rest, head.number)?.bytes().len(), 0)),
        Type::Blob => {
            let bits = usize::try_from(head.number).map_err(|_| Status::Truncated)?;
            let own = bytes_for(bits);
            if own > rest.len() { Err(Status::Truncated) } else { Ok((own, 0)) }
        }
    }
}

/// The characters of a text, checked.
#[derive(Clone, Copy)]
pub(super) enum Characters<'a> {
    Ascii(&'a [u8]),
    Wide {
        codes: &'a [u8],
        /// In bytes of UTF-8.
        length: usize,
    },
}

impl<'a> Characters<'a> {
    /// The `count` characters at the start of `rest`. `Truncated`; `Malformed`.
    #[inline]
    pub(super) fn check(rest: &'a [u8], count: u64) -> Result<Self, Status> {
        let count = usize::try_from(count).map_err(|_| Status::Truncated)?;
        match rest.get(..count) {
            None => Err(Status::Truncated),
            Some(bytes) if utf8::is_ascii(bytes) => Ok(Characters::Ascii(bytes)),
            Some(_) => Self::check_wide(rest, count),
        }
    }

    #[inline(never)]
    fn check_wide(rest: &'a [u8], count: usize) -> Result<Self, Status> {
        let (mut at, mut length) = (0, 0);
        let mut pairs = Pairs::default();
        for _ in 0..count {
            let (code, bytes) = kim::decode(&rest[at..])?;
            let code = u32::try_from(code).map_err(|_| Status::Malformed)?;
            length += utf8::length(code)?;
            pairs.check(code)?;
            at += bytes;
        }
        Ok(Characters::Wide { codes: &rest[..at], length })
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        match self {
            Characters::Ascii(bytes) => bytes,
            Characters::Wide { codes, .. } => codes,
        }
    }

    pub(super) fn utf8_length(&self) -> usize {
        match self {
            Characters::Ascii(bytes) => bytes.len(),
            Characters::Wide { length, .. } => *length,
        }
    }

    /// Whether these are the characters of this text.
    pub(super) fn is(&self, text: &Text<'_>) -> bool {
        let mut rest = self.bytes();
        let codes = core::iter::from_fn(|| {
            let (code, length) = kim::decode(rest).ok()?;
            rest = &rest[length..];
            Some(code as u32)
        });
        match text.form {
            Form::Ascii(bytes) => self.bytes() == bytes,
            Form::Utf8(utf8) => codes.eq(utf8.chars().map(u32::from)),
            Form::Generalised(bytes) => codes.eq(Codes(bytes)),
        }
    }
}
