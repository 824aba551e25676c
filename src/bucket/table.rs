//! Reading a version of a map or set.

use super::emptied;
use super::index::{Entries, FirstEntry, Indexed};
use super::key::hash_bits;
use super::layout::{BucketForm, SLOT_BYTES, Shape, Slot, TableKind, at, text};
use super::value::{Key, Tag, Value};
use super::version::{Bucket, Live};
use crate::status::Status;

/// A version of a map or set in a window of memory, checked to lie in it. Opening it costs a few loads; keep it open
/// for many reads.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    bucket: Bucket<'a>,
    entries: Entries,
    /// The bucket's.
    indexed: Indexed<'a>,
}

/// The position of an iteration: the number of the next slot.
pub type Cursor = u32;

impl<'a> Table<'a> {
    /// The map or set whose wrapper is at the offset. `WrongType`, `Malformed`.
    #[inline(always)]
    pub fn open(window: &'a [u8], kind: TableKind, wrapper: u32) -> Result<Self, Status> {
        Bucket::of(window, wrapper, kind).map(|bucket| Table {
            entries: Entries::of(bucket.shape.capacity),
            indexed: bucket.indexed(),
            bucket,
        })
    }

    /// The field of an integer key's value, for a single read. As [`Table::field`]. `None` when there is no index or
    /// something is wrong: then use [`Table::open`].
    #[inline(always)]
    pub fn integer_field(
        window: &'a [u8],
        kind: TableKind,
        wrapper: u32,
        key: i64,
    ) -> Option<Result<u64, Status>> {
        let (indexed, _) = Indexed::of(window, wrapper, kind)?;
        Some(indexed.value(&Key::Value(Value::Int(key))))
    }

    /// Looks only at the key's first matching entry. `Undecided` also when there is no index or something is wrong.
    #[inline(always)]
    pub(crate) fn first_of_integer(window: &'a [u8], kind: TableKind, wrapper: u32, key: i64) -> FirstEntry {
        match Indexed::of(window, wrapper, kind) {
            Some((indexed, shape)) => {
                indexed.first(key, hash_bits(shape.seed, key as u64), Entries::of(shape.capacity))
            }
            None => FirstEntry::Undecided,
        }
    }

    /// How many entries it has. O(1). `Malformed`.
    pub fn size(&self) -> Result<u32, Status> {
        self.bucket.size()
    }

    /// The value of a key, read as the tag says. `NotFound`, `Malformed`.
    #[inline(always)]
    pub fn get(&self, key: &Key<'_>, tag: Tag) -> Result<Value, Status> {
        self.bucket.value(key, self.entries, &self.indexed).map(|bits| Value::from_bits(tag, bits))
    }

    /// The field of a key's value, as in the slot. `NotFound`, `Malformed`.
    #[inline(always)]
    pub fn field(&self, key: &Key<'_>) -> Result<u64, Status> {
        self.bucket.value(key, self.entries, &self.indexed)
    }

    /// Whether the key or element is there. `Malformed`.
    #[inline(always)]
    pub fn contains(&self, key: &Key<'_>) -> Result<bool, Status> {
        match self.bucket.value(key, self.entries, &self.indexed) {
            Ok(_) => Ok(true),
            Err(Status::NotFound) => Ok(false),
            Err(status) => Err(status),
        }
    }

    /// The next entry as two raw fields, in the order of insertion; `None` at the end. A cursor begins at 0; it stays
    /// valid while entries are only removed in place or overwritten.
    #[inline(always)]
    pub fn next(&self, cursor: &mut Cursor) -> Result<Option<(u64, u64)>, Status> {
        let mut number = *cursor;
        while let Some(slot) = self.bucket.seen_slot(number) {
            if slot.is_live() {
                if self.is_behind(number) {
                    break;
                }
                *cursor = number.wrapping_add(1);
                return Ok(Some((slot.key, slot.value)));
            }
            number = self.bucket.behind_empty(number);
        }
        *cursor = (*cursor).max(self.bucket.shape.view);
        Ok(None)
    }

    /// The next entry of a version with an index, for a single read. As [`Table::next`]. `None` when there is no index,
    /// no further entry, or something is wrong: then use [`Table::open`].
    #[inline(always)]
    pub fn next_indexed(
        window: &'a [u8],
        kind: TableKind,
        wrapper: u32,
        cursor: &mut Cursor,
    ) -> Option<(u64, u64)> {
        let (indexed, shape) = Indexed::of(window, wrapper, kind)?;
        let mut slot = indexed.seen.get(*cursor as usize).map(Slot::load)?;
        let mut number = *cursor;
        while !slot.is_live() {
            number = after_empty(window, &shape, number);
            slot = indexed.seen.get(number as usize).map(Slot::load)?;
        }
        *cursor = number.wrapping_add(1);
        Some((slot.key, slot.value))
    }

    /// Whether a slot is after the live ones of a plain bucket, of which only as many as its count are read.
    fn is_behind(&self, number: u32) -> bool {
        let shape = &self.bucket.shape;
        shape.form == BucketForm::Plain
            && number >= shape.count
            && has_live(self.bucket.seen, shape.count, number)
    }

    /// All entries as two raw fields, in the order of insertion.
    pub(crate) fn walk(&self) -> EntryWalk<'a> {
        EntryWalk { live: self.bucket.live() }
    }

    /// How many bytes of slots an iteration may read.
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

    /// The bytes of a string of this table. `Malformed` when they do not lie in the memory, `WrongType` when the value
    /// is not a string.
    pub fn text(&self, value: Value) -> Result<&'a [u8], Status> {
        text_of(self.bucket.window, value)
    }
}

/// The next slot that may be live, after an empty one of a bucket with an index. A separate function, because few
/// iterations meet any.
#[inline(never)]
fn after_empty(window: &[u8], shape: &Shape, number: u32) -> u32 {
    let slots =
        at(window, shape.slot_at(0)).ok().and_then(|slots| slots.get(..shape.index_at() - shape.slot_at(0)));
    match slots {
        Some(slots) if emptied::has_flags(shape) => emptied::next(slots.as_chunks().0, number),
        _ => number.wrapping_add(1),
    }
}

/// Whether at least `count` slots before this one are live. A separate function whose arguments fit into registers.
#[cold]
#[inline(never)]
fn has_live(seen: &[[u8; SLOT_BYTES]], count: u32, before: u32) -> bool {
    let seen = seen.get(..before as usize).unwrap_or(seen);
    seen.iter().map(Slot::load).filter(Slot::is_live).count() >= count as usize
}

/// The entries of a table.
pub(crate) struct EntryWalk<'a> {
    live: Live<'a>,
}

impl Iterator for EntryWalk<'_> {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        self.live.next().map(|(_, slot)| (slot.key, slot.value))
    }
}

/// The bytes of a string in the window. `Malformed`, `WrongType`.
pub fn text_of(window: &[u8], value: Value) -> Result<&[u8], Status> {
    match value {
        Value::Text { pointer, length } => text(window, pointer, length),
        _ => Err(Status::WrongType),
    }
}
