//! References to values in messages.

use super::header::message_words;
use super::layout::{Classic, Dec64Words, Layout};
use super::word::{Dialect, Words};
use crate::blob::{Blob, BlobRef};
use crate::status::Status;
use crate::value::Kind;

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
        let (words, _, dialect) = message_words(message.header())?;
        let target = match dialect {
            Dialect::Classic => ValueRef::target::<Classic>(words, offset, message.held()),
            Dialect::Dec64 => ValueRef::target::<Dec64Words>(words, offset, message.held()),
        };
        // The target of a reference is never a reference, because references are made from such positions.
        Ok(target.unwrap_or(ValueRef { message, offset }))
    }

    /// The target of the reference at `offset` of the words of a message, which holds `held`. `End`; `WrongType` when
    /// something else is there; `Malformed`.
    #[inline]
    pub(super) fn target<L: Layout>(
        words: Words<'_>,
        offset: usize,
        held: &'a [Blob],
    ) -> Result<Self, Status> {
        let head = L::head(words.get(offset).ok_or(Status::End)?)?;
        if head.kind != Kind::Value {
            return Err(Status::WrongType);
        }
        let index = words.get(offset + 1).ok_or(Status::Malformed)?;
        Ok(ValueRef {
            message: held_blob(held, index)?.into(),
            offset: usize::try_from(head.field).map_err(|_| Status::Malformed)?,
        })
    }

    /// The kind of the value.
    pub(super) fn kind(self) -> Result<Kind, Status> {
        let (words, _, dialect) = message_words(self.message.header())?;
        let word = words.get(self.offset).ok_or(Status::End)?;
        let head = match dialect {
            Dialect::Classic => Classic::head(word),
            Dialect::Dec64 => Dec64Words::head(word),
        };
        Ok(head?.kind)
    }
}

/// The blob that a message holds at this index. `Malformed` when it holds fewer.
#[inline]
pub(super) fn held_blob(held: &[Blob], index: u64) -> Result<&Blob, Status> {
    usize::try_from(index).ok().and_then(|index| held.get(index)).ok_or(Status::Malformed)
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
