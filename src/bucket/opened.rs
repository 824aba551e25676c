//! A version of a map or set that is opened once and read many times, without a borrow of its memory. It stores only
//! numbers. Each call compares the wrapper's words and the bucket's seed with those found when it was opened. No two
//! buckets of this library at the same offset have the same seed, so if they are equal, the bucket is the same one.
//! Otherwise the call opens the version again.

use super::effort::look;
use super::index::{Entries, Indexed};
use super::key::hash_bits;
use super::layout::{
    BucketForm, FIRST, GROUP_BYTES, SLOT_BYTES, Shape, TRAILER_BYTES, TableKind, WRAPPER_BYTES, chunk, long,
    word,
};
use super::table::Table;
use super::value::Key;
use super::version::Bucket;
use crate::status::Status;

/// An opened map or set. It stays correct when the memory moves, grows or changes: the results are those of
/// [`Table`](super::Table).
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    kind: TableKind,
    wrapper: u32,
    /// Versions without an index are opened again by each call, which is cheap.
    has_index: bool,
    index: OpenedIndex,
}

/// The state of a version with an index when it was opened, and the positions of its parts, in bytes from the start of
/// its window.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OpenedIndex {
    /// The wrapper's tag and second word.
    head: u64,
    seed: u64,
    bucket: u32,
    pub(crate) wrapper: usize,
    pub(crate) slots: usize,
    /// How many slots belong to the version.
    pub(crate) seen: usize,
    pub(crate) groups: usize,
    /// The number of the last one: that there is one, the compiler sees.
    last_group: u32,
    /// The bits of an entry that are not the slot's number.
    above: u32,
    pub(crate) trailer: usize,
}

/// The bytes at these positions.
#[derive(Clone, Copy)]
pub(crate) struct OpenedParts<'a> {
    /// Where the strings of keys lie.
    pub(crate) window: &'a [u8],
    pub(crate) wrapper: &'a [u8; WRAPPER_BYTES],
    pub(crate) seen: &'a [[u8; SLOT_BYTES]],
    pub(crate) groups: &'a [[u8; GROUP_BYTES]],
    pub(crate) trailer: &'a [u8; TRAILER_BYTES],
}

impl Opened {
    /// The map or set whose wrapper is at the offset. `WrongType`, `Malformed`.
    pub fn new(window: &[u8], kind: TableKind, wrapper: u32) -> Result<Self, Status> {
        let shape = Bucket::of(window, wrapper, kind)?.shape;
        let has_index = shape.form == BucketForm::Indexed;
        let index =
            if has_index { OpenedIndex::new(window, wrapper, &shape)? } else { OpenedIndex::default() };
        Ok(Opened { kind, wrapper, has_index, index })
    }

    /// The field of a key's value. As [`Table::field`](super::Table::field), plus the statuses of [`Opened::new`].
    pub fn field(&self, window: &[u8], key: &Key<'_>) -> Result<u64, Status> {
        match self.index.in_window(window) {
            Some(indexed) if self.has_index => indexed.value(key),
            _ => Table::open(window, self.kind, self.wrapper)?.field(key),
        }
    }

    /// All zero when there is no index.
    #[inline(always)]
    pub(crate) fn index(&self) -> &OpenedIndex {
        &self.index
    }

    /// Whether there is an index.
    pub(crate) fn has_index(&self) -> bool {
        self.has_index
    }
}

impl OpenedIndex {
    fn new(window: &[u8], wrapper: u32, shape: &Shape) -> Result<Self, Status> {
        Ok(OpenedIndex {
            head: long(chunk::<WRAPPER_BYTES>(window, wrapper as usize)?, 0),
            seed: shape.seed,
            bucket: shape.bucket,
            wrapper: wrapper as usize - FIRST,
            slots: shape.slot_at(0) - FIRST,
            seen: shape.view as usize,
            groups: shape.index_at() - FIRST,
            last_group: shape.capacity / 8 - 1,
            above: shape.capacity.wrapping_neg(),
            trailer: shape.trailer_at() - FIRST,
        })
    }

    #[inline(always)]
    pub(crate) fn group_count(&self) -> usize {
        self.last_group as usize + 1
    }

    /// The hash of an integer key.
    #[inline(always)]
    pub(crate) fn hash(&self, key: i64) -> u64 {
        hash_bits(self.seed, key as u64)
    }

    /// The position of the group where the entry of a key with this hash belongs.
    #[inline(always)]
    pub(crate) fn home(&self, hash: u64) -> usize {
        let group = hash as usize & self.last_group as usize;
        self.groups.wrapping_add(group.wrapping_mul(GROUP_BYTES))
    }

    /// How its entries are divided.
    #[inline(always)]
    pub(crate) fn entries(&self) -> Entries {
        Entries::above(self.above)
    }

    /// What a search needs, if version and bucket are still those that were opened.
    fn in_window<'a>(&self, window: &'a [u8]) -> Option<Indexed<'a>> {
        let part = |from: usize, size: usize| window.get(from..from.checked_add(size)?);
        self.in_parts(OpenedParts {
            window,
            wrapper: part(self.wrapper, WRAPPER_BYTES)?.first_chunk()?,
            seen: part(self.slots, SLOT_BYTES * self.seen)?.as_chunks().0,
            groups: part(self.groups, GROUP_BYTES * self.group_count())?.as_chunks().0,
            trailer: part(self.trailer, TRAILER_BYTES)?.first_chunk()?,
        })
    }

    /// The same with these parts.
    #[inline(always)]
    pub(crate) fn in_parts<'a>(&self, parts: OpenedParts<'a>) -> Option<Indexed<'a>> {
        let OpenedParts { window, wrapper, seen, groups, trailer } = parts;
        look(WRAPPER_BYTES + TRAILER_BYTES);
        let same =
            long(wrapper, 0) == self.head && word(wrapper, 8) == self.bucket && long(trailer, 0) == self.seed;
        same.then_some(Indexed { window, seed: self.seed, seen, groups })
    }
}
