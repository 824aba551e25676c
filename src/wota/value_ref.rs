//! References to values in messages.

use super::layout::{Classic, Dec64Words, Layout};
use super::read::{AnyReader, Reader, message_words};
use super::word::{Dialect, Words};
use crate::blob::{Blob, BlobRef, RawBlob};
use crate::status::Status;
use crate::value::{Kind, Limits};

/// The start of a value in a message; never of a reference.
#[derive(Clone, Copy)]
pub(crate) struct ValueRef<'a> {
    pub(crate) message: BlobRef<'a>,
    /// The offset in words.
    pub(crate) offset: usize,
}

impl<'a> ValueRef<'a> {
    /// The value at `offset`, in words, or the target of a reference there. The words before it are walked over without
    /// checking their content.
    ///
    /// `NotStone`; `WrongType` when it is not a message; `OutOfRange` when no value starts there.
    pub(crate) fn find(message: BlobRef<'a>, offset: usize) -> Result<Self, Status> {
        let (words, _, dialect) = message_words(message.header())?;
        let starts = match dialect {
            Dialect::Classic => starts::<Classic>(words, offset),
            Dialect::Dec64 => starts::<Dec64Words>(words, offset),
        };
        if starts { ValueRef::known(message, offset) } else { Err(Status::OutOfRange) }
    }

    /// The same for an offset at which a value is known to start.
    #[inline]
    pub(crate) fn known(message: BlobRef<'a>, offset: usize) -> Result<Self, Status> {
        let place = ValueRef { message, offset };
        // The target of a reference is never a reference, because references are made from such positions.
        match place.reader()? {
            AnyReader::Classic(reader) => Ok(reader.referenced().unwrap_or(place)),
            AnyReader::Dec64(reader) => Ok(reader.referenced().unwrap_or(place)),
        }
    }

    /// A reader at the value.
    #[inline]
    pub(crate) fn reader(self) -> Result<AnyReader<'a>, Status> {
        Ok(match message_words(self.message.header())?.2 {
            Dialect::Classic => AnyReader::Classic(Reader::at(self.message, self.offset)),
            Dialect::Dec64 => AnyReader::Dec64(Reader::at(self.message, self.offset)),
        })
    }

    /// The kind of the value.
    pub(super) fn kind(self) -> Result<Kind, Status> {
        match self.reader()? {
            AnyReader::Classic(reader) => reader.kind(),
            AnyReader::Dec64(reader) => reader.kind(),
        }
    }
}

/// Whether a value starts at `offset` of the words of a message.
fn starts<L: Layout>(words: Words<'_>, offset: usize) -> bool {
    let mut at = 0;
    while at < offset {
        let Some(Ok(head)) = words.get(at).map(L::head) else { return false };
        let Some(payload) = words.run(at + 1, L::payload(head)) else { return false };
        at += 1 + payload.len();
    }
    at == offset && offset < words.len()
}

/// Whether the message has references, so that its words are not all of its value.
pub fn refers(message: &RawBlob) -> bool {
    message.message_note().0 & REFERS != 0
}

/// The bit next to the dialect in the kind field of a message's header.
pub(super) const REFERS: u8 = 0x80;

impl AnyReader<'_> {
    /// A reader at a value of a message. Statuses as for `ValueRef::find`; see [`Reader::enter`] for where it ends.
    pub fn at_value<'a>(message: &'a Blob, offset: usize) -> Result<AnyReader<'a>, Status> {
        ValueRef::find(message.into(), offset)?.reader()
    }
}

impl<'a, L: Layout> Reader<'a, L> {
    /// A reader at the target of the reference here, in that message's dialect and without a count; moves past the
    /// reference. The returned reader can read on after the value: the surrounding values of its message.
    pub fn enter(&mut self) -> Result<AnyReader<'a>, Status> {
        let place = self.reference()?;
        let inner = place.reader()?;
        self.step_over_reference();
        Ok(inner)
    }

    /// The message that the reference here leads to, with a new count, and the offset of the value in words.
    pub fn value(&mut self) -> Result<(crate::blob::Blob, usize), Status> {
        let place = self.reference()?;
        self.step_over_reference();
        Ok((place.message.share(), place.offset))
    }

    #[inline]
    pub(crate) fn referenced(&self) -> Option<ValueRef<'a>> {
        self.reference().ok()
    }
}

/// The limits on exports for which the caller gives none.
pub(crate) const OUTGOING: Limits =
    Limits { max_depth: Limits::UNLIMITED.max_depth, max_words: Limits::DEFAULT.max_words };
