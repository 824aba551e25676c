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
    /// In words.
    pub(crate) offset: usize,
}

impl<'a> ValueRef<'a> {
    /// The place of the value at `offset`, in words; of a reference there, what it leads to. The words before are walked
    /// over, without what they contain being looked at.
    ///
    /// `NotStone`; `WrongType` when it is no message; `OutOfRange` when no value starts there.
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
        // References never lead to references: they are made of places.
        match place.reader()? {
            AnyReader::Classic(reader) => Ok(reader.referenced().unwrap_or(place)),
            AnyReader::Dec64(reader) => Ok(reader.referenced().unwrap_or(place)),
        }
    }

    /// A reader that stands there.
    #[inline]
    pub(crate) fn reader(self) -> Result<AnyReader<'a>, Status> {
        Ok(match message_words(self.message.header())?.2 {
            Dialect::Classic => AnyReader::Classic(Reader::at(self.message, self.offset)),
            Dialect::Dec64 => AnyReader::Dec64(Reader::at(self.message, self.offset)),
        })
    }

    /// What stands there.
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

/// The bit beside the dialect in what a message's header says of its kind.
pub(super) const REFERS: u8 = 0x80;

impl AnyReader<'_> {
    /// Stands at a value of a message. See `ValueRef::find` for what can be wrong, and [`Reader::enter`] for where it ends.
    pub fn at_value<'a>(message: &'a Blob, offset: usize) -> Result<AnyReader<'a>, Status> {
        ValueRef::find(message.into(), offset)?.reader()
    }
}

impl<'a, L: Layout> Reader<'a, L> {
    /// What a reference here leads to, as a reader of that message's dialect, which has no count; and moves behind the
    /// reference. The reader reads on behind the value if it is asked to: the values of the message around it.
    pub fn enter(&mut self) -> Result<AnyReader<'a>, Status> {
        let place = self.reference()?;
        let inner = place.reader()?;
        self.step_over_reference();
        Ok(inner)
    }

    /// The message and the offset, in words, of what a reference here leads to; the message counted once more.
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

/// The limits on what leaves a message where the caller gives none.
pub(crate) const OUTGOING: Limits =
    Limits { max_depth: Limits::UNLIMITED.max_depth, max_words: Limits::DEFAULT.max_words };
