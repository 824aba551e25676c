//! What the header of a message says: its dialect, its depth, and whether it has references.

use super::word::{Dialect, Words};
use crate::blob::{Blob, RawBlob};
use crate::status::Status;

/// The bit next to the dialect in the kind field: the message has references.
pub(super) const REFERS: u8 = 0x80;

/// The words of a message, how deep it is, and its dialect. `NotStone`; `WrongType`.
#[inline]
pub(super) fn message_words(message: &RawBlob) -> Result<(Words<'_>, u16, Dialect), Status> {
    if !message.is_stone() {
        return Err(Status::NotStone);
    }
    let (kind, depth) = message.message_note();
    let dialect = Dialect::of_message(kind & !REFERS).ok_or(Status::WrongType)?;
    Ok((Words::native(message.bytes()), depth, dialect))
}

/// The dialect of a message. `NotStone`; `WrongType` when it is not a message.
pub fn dialect_of(message: &RawBlob) -> Result<Dialect, Status> {
    Ok(message_words(message)?.2)
}

/// Whether this blob is a message: made by a [`Writer`](crate::wota::Writer) or by
/// [`from_bytes`](crate::wota::from_bytes).
pub fn is_message(blob: &RawBlob) -> bool {
    message_words(blob).is_ok()
}

/// Whether the message has references, so that its words are not all of its value.
pub fn refers(message: &RawBlob) -> bool {
    message.message_note().0 & REFERS != 0
}

/// Whether the blob is a message that refers to stones or other messages' values, so that its bits mean nothing outside
/// this process.
pub(crate) fn holds_anything(blob: &Blob) -> bool {
    is_message(blob) && !blob.held().is_empty()
}
