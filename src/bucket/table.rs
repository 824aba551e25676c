//! Reading a version of a map or set.

use super::index::Entries;
use super::layout::{Bucket, Form, Kind, SLOT_BYTES, Slot, text};
use super::value::{Key, Tag, Value};
use crate::Status;

/// A version of a map or set in a window of memory, checked to lie in it. Opening it costs a few loads; who asks
/// many times keeps it open.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    bucket: Bucket<'a>,
    entries: Entries,
}

/// How far an iteration has come: the number of the next slot.
pub type Cursor = u32;

impl<'a> Table<'a> {
    /// The map or set whose wrapper is at the offset. `WrongType`, `Malformed`.
    #[inline(always)]
    pub fn open(window: &'a [u8], kind: Kind, wrapper: u32) -> Result<Self, Status> {
        Bucket::of(window, wrapper, kind).map(|bucket| Table { entries: Entries::of(&bucket.shape), bucket })
    }

    /// How many entries it has. O(1). `Malformed`.
    pub fn size(&self) -> Result<u32, Status> {
        self.bucket.size()
    }

    /// The value of a key, read as the tag says. `NotFound`, `Malformed`.
    #[inline(always)]
    pub fn get(&self, key: &Key<'_>, tag: Tag) -> Result<Value, Status> {
        self.bucket.value(key, self.entries).map(|bits| Value::from_bits(tag, bits))
    }

    /// The field of a key's value as it stands in the slot. `NotFound`, `Malformed`.
    #[inline(always)]
    pub fn field(&self, key: &Key<'_>) -> Result<u64, Status> {
        self.bucket.value(key, self.entries)
    }

    /// Whether the key or element is there. `Malformed`.
    #[inline(always)]
    pub fn contains(&self, key: &Key<'_>) -> Result<bool, Status> {
        match self.bucket.value(key, self.entries) {
            Ok(_) => Ok(true),
            Err(Status::NotFound) => Ok(false),
            Err(status) => Err(status),
        }
    }

    /// The next entry as two raw fields, in the order of insertion; `None` at the end. A cursor begins at 0; it stays
    /// good while entries are only removed in place or overwritten.
    pub fn next(&self, cursor: &mut Cursor) -> Result<Option<(u64, u64)>, Status> {
        let rest = self.bucket.seen.get(*cursor as usize..).unwrap_or(&[]);
        for (number, slot) in (*cursor..).zip(rest.iter().map(Slot::load)) {
            if slot.is_live() {
                if self.is_behind(number) {
                    break;
                }
                *cursor = number.wrapping_add(1);
                return Ok(Some((slot.key, slot.value)));
            }
        }
        *cursor = (*cursor).max(self.bucket.shape.view);
        Ok(None)
    }

    /// Whether a slot lies behind the live ones of a plain bucket, which no more than its count are read.
    fn is_behind(&self, number: u32) -> bool {
        let shape = &self.bucket.shape;
        shape.form == Form::Plain
            && number >= shape.count
            && self.bucket.live().take_while(|(live, _)| *live < number).count() >= shape.count as usize
    }

    /// All entries as two raw fields, in the order of insertion.
    pub(crate) fn walk(&self) -> Walk<'a> {
        Walk { slots: self.bucket.seen.iter(), left: self.bucket.most() }
    }

    /// How many bytes of slots a walk may look at.
    pub(crate) fn walk_bytes(&self) -> usize {
        self.bucket.seen.as_flattened().len()
    }

    /// The raw keys, in the order of insertion.
    pub fn keys(&self) -> impl Iterator<Item = u64> + Clone + use<'a> {
        self.bucket.live().map(|(_, slot)| slot.key)
    }

    /// The raw values, in the order of insertion.
    pub fn values(&self) -> impl Iterator<Item = u64> + Clone + use<'a> {
        self.bucket.live().map(|(_, slot)| slot.value)
    }

    /// The bytes of a string of this table. `Malformed` when they do not lie in the memory, `WrongType` when the
    /// value is no string.
    pub fn text(&self, value: Value) -> Result<&'a [u8], Status> {
        text_of(self.bucket.window, value)
    }
}

/// The entries of a table.
pub(crate) struct Walk<'a> {
    slots: core::slice::Iter<'a, [u8; SLOT_BYTES]>,
    /// How many live slots there still are at most.
    left: usize,
}

impl Iterator for Walk<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        self.left = self.left.checked_sub(1)?;
        let slot = self.slots.by_ref().map(Slot::load).find(Slot::is_live)?;
        Some((slot.key, slot.value))
    }
}

/// The bytes of a string in the window. `Malformed`, `WrongType`.
pub fn text_of(window: &[u8], value: Value) -> Result<&[u8], Status> {
    match value {
        Value::Text { pointer, length } => text(window, pointer, length),
        _ => Err(Status::WrongType),
    }
}
