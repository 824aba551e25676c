//! Reading a version of a map or set.

use super::index::Found;
use super::layout::{Bucket, Kind, text};
use super::value::{Key, Tag, Value};
use crate::Status;

/// A version of a map or set in a window of memory, checked to lie in it. Opening it costs a few loads; who asks
/// many times keeps it open.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    bucket: Bucket<'a>,
}

/// How far an iteration has come: the number of the next slot.
pub type Cursor = u32;

impl<'a> Table<'a> {
    /// The map or set whose wrapper is at the offset. `WrongType`, `Malformed`.
    #[inline]
    pub fn open(window: &'a [u8], kind: Kind, wrapper: u32) -> Result<Self, Status> {
        Bucket::of(window, wrapper, kind).map(|bucket| Table { bucket })
    }

    /// How many entries it has. O(1). `Malformed`.
    pub fn size(&self) -> Result<u32, Status> {
        self.bucket.size()
    }

    /// The value of a key, read as the tag says. `NotFound`, `Malformed`.
    #[inline]
    pub fn get(&self, key: &Key<'_>, tag: Tag) -> Result<Value, Status> {
        match self.bucket.find(key)? {
            Found::At(_, slot) => Ok(Value::from_bits(tag, slot.value())),
            Found::Absent(_) => Err(Status::NotFound),
        }
    }

    /// Whether the key or element is there. `Malformed`.
    #[inline]
    pub fn contains(&self, key: &Key<'_>) -> Result<bool, Status> {
        self.bucket.find(key).map(|found| matches!(found, Found::At(..)))
    }

    /// The next entry as two raw fields, in the order of insertion; `None` at the end. A cursor begins at 0; it stays
    /// good while entries are only removed in place or overwritten.
    pub fn next(&self, cursor: &mut Cursor) -> Result<Option<(u64, u64)>, Status> {
        while *cursor < self.bucket.shape.view {
            let slot = self.bucket.slot(*cursor)?;
            *cursor = cursor.wrapping_add(1);
            if slot.is_live() {
                return Ok(Some((slot.key(), slot.value())));
            }
        }
        Ok(None)
    }

    /// The raw keys, in the order of insertion.
    pub fn keys(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.bucket.live().map(|(_, slot)| slot.key())
    }

    /// The raw values, in the order of insertion.
    pub fn values(&self) -> impl Iterator<Item = u64> + use<'a> {
        self.bucket.live().map(|(_, slot)| slot.value())
    }

    /// The bytes of a string of this table. `Malformed` when they do not lie in the memory, `WrongType` when the
    /// value is no string.
    pub fn text(&self, value: Value) -> Result<&'a [u8], Status> {
        text_of(self.bucket.window, value)
    }
}

/// The bytes of a string in the window. `Malformed`, `WrongType`.
pub fn text_of(window: &[u8], value: Value) -> Result<&[u8], Status> {
    match value {
        Value::Text { pointer, length } => text(window, pointer, length),
        _ => Err(Status::WrongType),
    }
}
