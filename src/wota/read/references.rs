//! Following references.

use super::super::header::message_words;
use super::super::layout::Layout;
use super::super::value_ref::ValueRef;
use super::super::word::Dialect;
use super::{AnyReader, Reader};
use crate::blob::Blob;
use crate::status::Status;

impl<'a> ValueRef<'a> {
    /// A reader at the value.
    #[inline]
    pub(crate) fn reader(self) -> Result<AnyReader<'a>, Status> {
        Ok(match message_words(self.message.header())?.2 {
            Dialect::Classic => AnyReader::Classic(Reader::at(self.message, self.offset)),
            Dialect::Dec64 => AnyReader::Dec64(Reader::at(self.message, self.offset)),
        })
    }
}

impl AnyReader<'_> {
    /// A reader at a value of a message. See [`Reader::enter`] for where it ends.
    ///
    /// `NotStone`; `WrongType` when it is not a message; `OutOfRange` when no value starts there.
    pub fn at_value<'a>(message: &'a Blob, offset: usize) -> Result<AnyReader<'a>, Status> {
        ValueRef::find(message.into(), offset)?.reader()
    }
}

impl<'a, L: Layout> Reader<'a, L> {
    /// A reader at the target of the reference here, in that message's dialect and without a count; moves past the
    /// reference. The returned reader can read on after the value: the surrounding values of its message.
    pub fn enter(&mut self) -> Result<AnyReader<'a>, Status> {
        let inner = self.reference()?.reader()?;
        self.step_over_reference();
        Ok(inner)
    }

    /// The message that the reference here leads to, with a new count, and the offset of the value in words.
    pub fn value(&mut self) -> Result<(Blob, usize), Status> {
        let place = self.reference()?;
        self.step_over_reference();
        Ok((place.message.share(), place.offset))
    }

    /// The target of the reference here; `None` when there is something else.
    #[inline]
    pub(crate) fn referenced(&self) -> Option<ValueRef<'a>> {
        self.reference().ok()
    }

    /// The target of the reference here.
    #[inline]
    pub(in super::super) fn reference(&self) -> Result<ValueRef<'a>, Status> {
        ValueRef::target::<L>(self.words, self.position, self.held)
    }

    fn step_over_reference(&mut self) {
        self.position += 2;
    }
}
