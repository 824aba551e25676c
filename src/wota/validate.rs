//! Checking words from outside, completely and in one pass: after it, a reader can only meet values.
//!
//! Nothing is allocated for ordinary input. Scratch memory is taken for what nests deeper, or has more
//! keys open, than the local tables hold; it stays within the size of the input.

use super::layout::{Classic, Dec64Words, Head, Layout};
use super::text::Packed;
use super::word::{Dialect, Words};
use crate::blob::Blob;
use crate::nesting::Checking;
use crate::value::{Kind, Symbol};
use crate::{Limits, Status};

/// What is wrong with an input, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `Truncated`, `LimitExceeded`, `ForeignReference`, `Malformed` or `NoMemory`.
    pub status: Status,
    /// From the start: in words in Wota, in bytes in Nota.
    pub offset: usize,
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Status {
        fault.status
    }
}

/// Checks that little-endian bytes are exactly one value that keeps every rule, and names no stone.
pub fn validate(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<(), Fault> {
    let (words, ragged) = Words::little_endian(bytes);
    check_as(dialect, words, ragged, None, limits).map(|_| ())
}

/// [`check`] in the dialect.
pub(super) fn check_as(
    dialect: Dialect,
    words: Words<'_>,
    ragged: bool,
    held: Option<&[Blob]>,
    limits: &Limits,
) -> Result<u16, Fault> {
    match dialect {
        Dialect::Classic => check::<Classic>(words, ragged, held, limits),
        Dialect::Dec64 => check::<Dec64Words>(words, ragged, held, limits),
    }
}

/// The check itself; gives the depth. `ragged` says that less than a word is left over; `held` are the
/// stones that may be named, `None` for bytes from outside.
pub(super) fn check<L: Layout>(
    words: Words<'_>,
    ragged: bool,
    held: Option<&[Blob]>,
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

/// Checks the value at `offset` but for what it contains; gives where the next one starts.
#[inline]
fn value<L: Layout>(
    nesting: &mut Checking,
    words: Words<'_>,
    held: Option<&[Blob]>,
    offset: usize,
) -> Result<usize, Fault> {
    let fault = |status| Fault { status, offset };
    let word = words.get(offset).ok_or(fault(Status::Truncated))?;
    let head = L::head(word).map_err(fault)?;
    nesting.admit(head.kind).map_err(fault)?;
    if head.kind == Kind::Stone && held.is_none() {
        return Err(fault(Status::ForeignReference));
    }
    let next = offset + 1;
    let Some(own) = words.run(next, L::payload(head)) else {
        return Err(fault(Status::Truncated));
    };
    payload::<L>(head, own, held).map_err(fault)?;
    let image = |offset| key_image::<L>(words, offset);
    match head.contains() {
        Some((values, rule)) => {
            if values > (words.len() - next) as u64 {
                return Err(fault(Status::Truncated));
            }
            nesting.open(values, rule).map_err(fault)?;
        }
        None => {
            if nesting.wants_key() {
                nesting.key(offset, image).map_err(fault)?;
            }
            nesting.filled();
        }
    }
    nesting.close(image).map_err(|offset| Fault { status: Status::Malformed, offset })?;
    Ok(next + own.len())
}

/// The words that belong to one value alone. `Malformed`.
#[inline]
fn payload<L: Layout>(head: Head, words: Words<'_>, held: Option<&[Blob]>) -> Result<(), Status> {
    let good = match head.kind {
        Kind::Integer | Kind::Array | Kind::Record => true,
        Kind::Float => L::is_float(head),
        Kind::Symbol => Symbol::from_code(head.field).is_some(),
        Kind::Text => {
            Packed::check(words, head.field as usize)?;
            true
        }
        Kind::Blob => {
            let used = head.field % 64;
            used == 0 || words.iter().next_back().is_none_or(|last| last << used == 0)
        }
        Kind::Stone => match (held, words.get(0)) {
            (Some(held), Some(index)) => usize::try_from(index)
                .ok()
                .and_then(|index| held.get(index))
                .is_some_and(|stone| stone.length_bits() as u64 == head.field),
            _ => false,
        },
    };
    if good { Ok(()) } else { Err(Status::Malformed) }
}

/// The memory of a text with its preamble. Words are canonical, so equal texts are equal here.
fn key_image<L: Layout>(words: Words<'_>, offset: usize) -> &[u8] {
    let head = words.get(offset).and_then(|word| L::head(word).ok());
    head.and_then(|head| words.run(offset, L::payload(head) + 1)).map_or(&[], Words::image)
}
