//! Messages and the bytes that leave the process.

use super::layout::{Classic, Dec64Words, Layout};
use super::read::message_words;
use super::validate::check_as;
use super::word::{Dialect, Words};
use crate::blob::{Blob, RawBlob};
use crate::value::Kind;
use crate::{Fault, Limits, Status};

/// Whether this blob is a message: made by a [`Writer`](super::Writer) or by [`from_bytes`].
pub fn is_message(blob: &RawBlob) -> bool {
    message_words(blob).is_ok()
}

/// Whether it is a message that names stones, whose bits say nothing outside this process.
pub(crate) fn holds_stones(blob: &Blob) -> bool {
    is_message(blob) && !blob.held().is_empty()
}

/// The dialect of a message. `NotStone`; `WrongType` when it is no message.
pub fn dialect_of(message: &RawBlob) -> Result<Dialect, Status> {
    Ok(message_words(message)?.2)
}

/// A message of checked little-endian bytes. It holds no stones.
pub fn from_bytes(bytes: &[u8], dialect: Dialect, limits: &Limits) -> Result<Blob, Fault> {
    let (words, ragged) = Words::little_endian(bytes);
    let depth = check_as(dialect, words, ragged, None, limits)?;
    let no_memory = |status| Fault { status, offset: 0 };
    let mut held = Vec::new();
    let kind = dialect.message_kind();
    if cfg!(target_endian = "little") {
        return Blob::message(bytes, &mut held, kind, depth).map_err(no_memory);
    }
    let mut native = Vec::new();
    native.try_reserve_exact(words.len()).map_err(|_| no_memory(Status::NoMemory))?;
    native.extend(words.iter().map(u64::to_ne_bytes));
    Blob::message(native.as_flattened(), &mut held, kind, depth).map_err(no_memory)
}

/// A stone with the message as little-endian bytes, the stones it holds inline: what may leave the
/// process, and what [`from_bytes`] reads.
///
/// `NotStone`; `WrongType` when it is no message; `ForeignReference` when it holds a message that itself
/// holds stones; `Malformed` when two keys of a record are the same; `NoMemory`.
pub fn to_bytes(message: &Blob) -> Result<Blob, Status> {
    let (words, _, dialect) = message_words(message)?;
    check_message(message)?;
    let mut bits = words.len().checked_mul(64).ok_or(Status::NoMemory)?;
    for stone in message.held() {
        if holds_stones(stone) {
            return Err(Status::ForeignReference);
        }
        // The index goes, the bits come.
        let inline = stone.length_bits().div_ceil(64).checked_mul(64).ok_or(Status::NoMemory)?;
        bits = (bits - 64).checked_add(inline).ok_or(Status::NoMemory)?;
    }
    let mut blob = Blob::zeroed(bits)?;
    match dialect {
        Dialect::Classic => inline_stones::<Classic>(words, message.held(), blob.bytes_mut()?),
        Dialect::Dec64 => inline_stones::<Dec64Words>(words, message.held(), blob.bytes_mut()?),
    }
    blob.make_stone();
    Ok(blob)
}

/// What writers do not look at, before a message leaves the process: that no key of a record stands twice.
pub(crate) fn check_message(message: &Blob) -> Result<(), Status> {
    let (words, _, dialect) = message_words(message)?;
    check_as(dialect, words, false, Some(message.held()), &Limits::UNLIMITED)?;
    Ok(())
}

/// Copies checked words, preamble by preamble, to a target of exactly the size they make.
fn inline_stones<L: Layout>(words: Words<'_>, held: &[Blob], target: &mut [u8]) {
    let mut target = target.as_chunks_mut::<8>().0.iter_mut();
    let mut put = |word: u64| {
        if let Some(place) = target.next() {
            *place = word.to_le_bytes();
        }
    };
    let mut offset = 0;
    while let Some(word) = words.get(offset) {
        let Ok(head) = L::head(word) else { return };
        let Some(payload) = words.run(offset + 1, L::payload(head)) else { return };
        let stone = payload.get(0).and_then(|index| held.get(index as usize));
        if let (Kind::Stone, Some(stone)) = (head.kind, stone) {
            put(L::preamble(Kind::Blob, head.field));
            stone.for_each_word(&mut put);
        } else {
            put(word);
            payload.iter().for_each(&mut put);
        }
        offset += 1 + payload.len();
    }
}
