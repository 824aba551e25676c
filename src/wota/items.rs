//! Many values in one call, for bindings whose calls cost more than the values they read.

use core::mem::MaybeUninit;

use super::layout::Layout;
use super::read::Reader;
use crate::status::Status;
use crate::value::{Kind, Symbol};

/// A value without inner values, or the head of a container, whose values are the items after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item {
    /// An integer of 56 bits.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// The head of an array of this many values.
    Array(u64),
    /// The head of a record of this many pairs.
    Record(u64),
    /// A text in the buffer.
    Text {
        /// The offset of its UTF-8, in bytes.
        start: usize,
        /// Its length in bytes.
        length: u32,
    },
    /// A symbol; the items after a private or system symbol are the value that it carries.
    Symbol(Symbol),
}

impl<L: Layout> Reader<'_, L> {
    /// Reads items until there is no place for items or no room for their texts, the value ends, or a blob, a stone or
    /// a reference is next; returns how many. `put` writes the item of a place.
    ///
    /// When no item was read: `End`; `WrongType` for a blob, a stone or a reference; `OutOfRange` for a text that is
    /// too long for the buffer.
    #[inline(always)]
    pub fn items<T>(
        &mut self,
        places: &mut [MaybeUninit<T>],
        text: &mut [u8],
        put: impl Fn(&mut MaybeUninit<T>, Item),
    ) -> Result<usize, Status> {
        let mut reader = *self;
        let (mut count, mut filled) = (0, 0);
        let why = loop {
            let Some(place) = places.get_mut(count) else { break Status::OutOfRange };
            let item = match reader.item(text, filled) {
                Ok(item) => item,
                Err(status) => break status,
            };
            if let Item::Text { length, .. } = item {
                filled += length as usize;
            }
            put(place, item);
            count += 1;
        };
        match why {
            Status::End | Status::WrongType | Status::OutOfRange if count != 0 => {
                *self = reader;
                Ok(count)
            }
            status => Err(status),
        }
    }

    /// The same, but only for values without inner values: stops before anything else, and before a text for which
    /// there is no room. Returns how many.
    #[inline(always)]
    pub(crate) fn leaves<T>(
        &mut self,
        places: &mut [MaybeUninit<T>],
        text: &mut [u8],
        put: impl Fn(&mut MaybeUninit<T>, Item),
    ) -> usize {
        let (mut count, mut filled) = (0, 0);
        while let Some(place) = places.get_mut(count) {
            let mut reader = *self;
            let item = match reader.kind() {
                Ok(Kind::Array | Kind::Record) | Err(_) => break,
                Ok(_) => reader.item(text, filled),
            };
            match item {
                Ok(Item::Symbol(Symbol::Private | Symbol::System)) | Err(_) => break,
                Ok(item) => {
                    if let Item::Text { length, .. } = item {
                        filled += length as usize;
                    }
                    put(place, item);
                }
            }
            *self = reader;
            count += 1;
        }
        count
    }

    #[inline(always)]
    fn item(&mut self, text: &mut [u8], filled: usize) -> Result<Item, Status> {
        Ok(match self.kind()? {
            Kind::Integer => Item::Integer(self.integer()?),
            Kind::Float => Item::Float(self.number()?),
            Kind::Array => Item::Array(self.array()?),
            Kind::Record => Item::Record(self.record()?),
            Kind::Text => {
                let room = text.get_mut(filled..).ok_or(Status::OutOfRange)?;
                Item::Text { start: filled, length: self.short_text(room)? }
            }
            Kind::Symbol => Item::Symbol(self.symbol()?),
            Kind::Blob | Kind::Stone | Kind::Value => return Err(Status::WrongType),
        })
    }

    /// Writes the text here to the start of `room`; the rest of `room` may be overwritten.
    #[inline(always)]
    fn short_text(&mut self, room: &mut [u8]) -> Result<u32, Status> {
        // A longer text does not fit.
        let longest = room.len().min(u32::MAX as usize);
        let room = &mut room[..longest];
        // Most texts are read in whole blocks, beyond their end; texts at the end of the message or of the room are
        // not.
        let blocks = room.as_chunks_mut().0;
        let length = match self.ascii_in::<1, u8>(|_| Some(blocks))? {
            (_, characters, Ok(())) => characters,
            _ => self.text(room)?,
        };
        Ok(length as u32)
    }
}
