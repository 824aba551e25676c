//! Complete checks of words from outside, in one pass. A reader of checked words meets only valid values.
//!
//! Ordinary input needs no allocation. Input that nests deeper, or has more keys in open records, than the local tables
//! hold needs scratch memory in proportion to its size.

use super::header::message_words;
use super::layout::{Classic, Dec64Words, Head, Layout};
use super::packed::Packed;
use super::text::is_ascii;
use super::value_ref::{ValueRef, held_blob};
use super::word::{Dialect, Word, Words};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;
use crate::value::nesting::Checking;
use crate::value::{Fault, Kind, Limits, Symbol};

/// Checks that little-endian bytes are exactly one valid value without references to stones or other messages.
pub fn validate(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<(), Fault> {
    let (words, ragged) = Words::little_endian(bytes);
    check_as(dialect, words, ragged, &mut Referents::Nothing, limits).map(|_| ())
}

/// Whether words of a message are one valid value without references, in which no record has a duplicate key. `false`
/// also when there is not enough memory for the check.
pub(crate) fn names_nothing(words: &[Word], dialect: Dialect) -> bool {
    check_as(dialect, Words::of_words(words), false, &mut Referents::Nothing, &Limits::UNLIMITED).is_ok()
}

/// Checks what writers do not: that the keys of each record differ. Called before a message leaves the process.
pub(crate) fn check_message(message: &Blob) -> Result<(), Status> {
    let (words, _, dialect) = message_words(message)?;
    check_as(dialect, words, false, &mut Referents::Stones(message.held()), &Limits::UNLIMITED)?;
    Ok(())
}

/// What the words may refer to.
pub(super) enum Referents<'a> {
    /// Nothing, as for bytes from outside.
    Nothing,
    /// These held stones, but no values of messages.
    Stones(&'a [Blob]),
    /// These held stones and their values. Adds the references to the list. The caller checks that a value starts at
    /// each target.
    All(&'a [Blob], &'a mut Vec<Reference>),
}

/// A reference that was found.
pub(super) struct Reference {
    /// The index of the message among the held blobs.
    pub(super) held: usize,
    /// The offset of the target in that message, in words.
    pub(super) offset: usize,
}

/// [`check`] in the dialect.
pub(super) fn check_as(
    dialect: Dialect,
    words: Words<'_>,
    ragged: bool,
    held: &mut Referents<'_>,
    limits: &Limits,
) -> Result<u16, Fault> {
    match dialect {
        Dialect::Classic => check::<Classic>(words, ragged, held, limits),
        Dialect::Dec64 => check::<Dec64Words>(words, ragged, held, limits),
    }
}

/// Checks words; returns the depth. `ragged` says that a part of a word is left over at the end; `held` is what the
/// words may refer to.
pub(super) fn check<L: Layout>(
    words: Words<'_>,
    ragged: bool,
    held: &mut Referents<'_>,
    limits: &Limits,
) -> Result<u16, Fault> {
    if words.len() as u64 > limits.max_words {
        return Err(Fault { status: Status::LimitExceeded, offset: 0 });
    }
    let mut nesting = Checking::new(limits.depth());
    let mut offset = 0;
    while !nesting.is_complete() {
        offset = value::<L>(&mut nesting, words, held, offset)?;
    }
    if offset != words.len() || ragged {
        return Err(Fault { status: Status::Malformed, offset });
    }
    Ok(nesting.deepest() as u16)
}

/// Checks the value at `offset` without its inner values; returns the offset of the next value.
#[inline(always)]
fn value<L: Layout>(
    nesting: &mut Checking,
    words: Words<'_>,
    held: &mut Referents<'_>,
    offset: usize,
) -> Result<usize, Fault> {
    let fault = |status| Fault { status, offset };
    let word = words.get(offset).ok_or(fault(Status::Truncated))?;
    let head = L::head(word).map_err(fault)?;
    let next = offset + 1;
    // Words are canonical, so equal texts are equal in memory.
    let image =
        |offset: usize, end: usize| words.run(offset, (end - offset) as u64).map_or(&[][..], Words::image);
    if nesting.wants_key() {
        // The key's value follows, so the level is not full yet.
        if head.kind != Kind::Text {
            return Err(fault(Status::Malformed));
        }
        let end = text(words, next, head).map_err(fault)?;
        nesting.key(offset, end, mark(words, offset, end), image).map_err(fault)?;
        nesting.filled();
        return Ok(end);
    }
    if head.kind != Kind::Value {
        nesting.admit(head.kind).map_err(fault)?;
    }
    let end = match head.kind {
        Kind::Text => text(words, next, head).map_err(fault)?,
        Kind::Integer => next,
        Kind::Float => {
            let end = next + L::FLOAT_PAYLOAD as usize;
            if end > words.len() {
                return Err(fault(Status::Truncated));
            }
            if !L::is_float(head) {
                return Err(fault(Status::Malformed));
            }
            end
        }
        Kind::Array | Kind::Record => next,
        Kind::Symbol if Symbol::from_code(head.field).is_some() => next,
        Kind::Symbol => return Err(fault(Status::Malformed)),
        Kind::Blob | Kind::Stone => bits::<L>(words, next, head, held).map_err(fault)?,
        Kind::Value => reference(nesting, words, next, head, held).map_err(fault)?,
    };
    match head.contains() {
        Some((values, rule)) => {
            if values > (words.len() - next) as u64 {
                return Err(fault(Status::Truncated));
            }
            nesting.open(values, rule).map_err(fault)?;
        }
        None => nesting.filled(),
    }
    nesting.close(image).map_err(|offset| Fault { status: Status::Malformed, offset })?;
    Ok(end)
}

/// Checks the characters after a text's head; returns the offset of their end. `Truncated`; `Malformed`.
#[inline(always)]
fn text(words: Words<'_>, next: usize, head: Head) -> Result<usize, Status> {
    let own = words.run(next, head.field.div_ceil(2)).ok_or(Status::Truncated)?;
    if !is_ascii(own, head.field) {
        Packed::check(own, head.field as usize)?;
    }
    Ok(next + own.len())
}

/// Checks the words after the head of a blob or a stone; returns the offset of their end.
#[inline(never)]
fn bits<L: Layout>(
    words: Words<'_>,
    next: usize,
    head: Head,
    held: &mut Referents<'_>,
) -> Result<usize, Status> {
    let held = match held {
        Referents::Nothing if head.kind == Kind::Stone => return Err(Status::ForeignReference),
        Referents::Nothing => &[],
        Referents::Stones(held) | Referents::All(held, _) => *held,
    };
    let own = words.run(next, L::payload(head)).ok_or(Status::Truncated)?;
    let good = if head.kind == Kind::Blob {
        let used = head.field % 64;
        used == 0 || own.iter().next_back().is_none_or(|last| last << used == 0)
    } else {
        let stone = held_blob(held, own.get(0).ok_or(Status::Malformed)?)?;
        stone.length_bits() as u64 == head.field
    };
    if good { Ok(next + own.len()) } else { Err(Status::Malformed) }
}

/// Checks a reference: it must be allowed here, and its target must be in a held message, of a kind that is allowed
/// here, and not itself a reference.
#[inline(never)]
fn reference(
    nesting: &Checking,
    words: Words<'_>,
    next: usize,
    head: Head,
    held: &mut Referents<'_>,
) -> Result<usize, Status> {
    let Referents::All(held, found) = held else { return Err(Status::Malformed) };
    let index = words.get(next).ok_or(Status::Truncated)?;
    let offset = usize::try_from(head.field).map_err(|_| Status::Malformed)?;
    let message = held_blob(held, index)?;
    let place = ValueRef { message: message.into(), offset };
    match place.kind() {
        Ok(kind) if kind != Kind::Value => nesting.admit(kind)?,
        _ => return Err(Status::Malformed),
    }
    found.try_push(Reference { held: index as usize, offset })?;
    Ok(next + 1)
}

/// A hash of a key's head, its first characters, and its last ones.
#[inline(always)]
pub(crate) fn mark(words: Words<'_>, offset: usize, end: usize) -> u32 {
    let word = |at: usize| words.get(at).unwrap_or(0);
    // The empty text has only its head.
    let first = word((offset + 1).min(end - 1));
    let mixed = word(offset) ^ first.rotate_left(20) ^ word(end - 1).rotate_left(41);
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}
