//! A version of a map or set that is opened once and read many times, without a borrow of its memory. It stores only
//! numbers. Each call compares what the wrapper says of the version and the bucket's capacity and seed with those found
//! when it was opened. A search needs nothing else of the shape, so if they are equal, it is right whatever has
//! changed. Otherwise the call opens the version again. The capacity is compared because it determines where the seed
//! lies: behind a smaller bucket at the same offset, the seed of an earlier, larger one may still be there.
//!
//! The wrapper's tag is not compared: while the map or set exists, it does not change.

use super::effort::look;
use super::index::{Entries, GROUP, Indexed};
use super::key::hash_bits;
use super::layout::{
    BucketForm, FIRST, GROUP_BYTES, HEADER_BYTES, SLOT_BYTES, Shape, TRAILER_BYTES, TableKind, WRAPPER_BYTES,
    chunk, long, word,
};
use super::table::Table;
use super::value::Key;
use super::version::Bucket;
use crate::status::Status;

/// The words of a wrapper that say which slots of which bucket belong to the version; its tag comes before them.
const VERSION_BYTES: usize = 8;
const VERSION_AT: usize = WRAPPER_BYTES - VERSION_BYTES;

/// An opened map or set. It stays correct when the memory moves, grows or changes: as long as the map or set exists, the
/// results are those of [`Table`](super::Table).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Opened {
    pub(crate) index: OpenedIndex,
    wrapper: u32,
    kind: TableKind,
    /// Versions without an index are opened again by each call, which is cheap.
    has_index: bool,
}

/// The state of a version with an index when it was opened, and the positions of its parts, in bytes from the start of
/// its window. `drystone_inline.h` relies on the first six.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct OpenedIndex {
    pub(crate) version: u64,
    pub(crate) seed: u64,
    /// How many slots belong to the version.
    pub(crate) seen: usize,
    pub(crate) capacity: u32,
    pub(crate) last_group: u32,
    pub(crate) entries: Entries,
    pub(crate) version_at: usize,
    pub(crate) slots: usize,
    pub(crate) groups: usize,
    pub(crate) trailer: usize,
}

/// The bytes at these positions.
#[derive(Clone, Copy)]
pub(crate) struct OpenedParts<'a> {
    /// Where the strings of keys lie.
    pub(crate) window: &'a [u8],
    /// In the wrapper.
    pub(crate) version: &'a [u8; VERSION_BYTES],
    /// Of the bucket, before the slots.
    pub(crate) header: &'a [u8; HEADER_BYTES],
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
        Ok(Opened { index, wrapper, kind, has_index })
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
        let version_at = wrapper as usize + VERSION_AT;
        Ok(OpenedIndex {
            version: long(chunk::<VERSION_BYTES>(window, version_at)?, 0),
            seed: shape.seed,
            version_at: version_at - FIRST,
            slots: shape.slot_at(0) - FIRST,
            seen: shape.view as usize,
            groups: shape.index_at() - FIRST,
            capacity: shape.capacity,
            last_group: shape.capacity.wrapping_sub(1) / GROUP as u32,
            entries: Entries::of(shape.capacity),
            trailer: shape.trailer_at() - FIRST,
        })
    }

    #[inline(always)]
    fn last_group(&self) -> usize {
        self.last_group as usize
    }

    #[inline(always)]
    pub(crate) fn group_count(&self) -> usize {
        self.last_group() + 1
    }

    /// The hash of an integer key.
    #[inline(always)]
    pub(crate) fn hash(&self, key: i64) -> u64 {
        hash_bits(self.seed, key as u64)
    }

    /// How many bytes into the groups the entry of a key with this hash belongs.
    #[inline(always)]
    pub(crate) fn home(&self, hash: u64) -> usize {
        (hash as usize & self.last_group()).wrapping_mul(GROUP_BYTES)
    }

    /// How its entries are divided.
    #[inline(always)]
    pub(crate) fn entries(&self) -> Entries {
        self.entries
    }

    /// What a search needs, if version and bucket are still those that were opened.
    fn in_window<'a>(&self, window: &'a [u8]) -> Option<Indexed<'a>> {
        let part = |from: usize, size: usize| window.get(from..from.checked_add(size)?);
        self.in_parts(OpenedParts {
            window,
            version: part(self.version_at, VERSION_BYTES)?.first_chunk()?,
            header: part(self.slots.checked_sub(HEADER_BYTES)?, HEADER_BYTES)?.first_chunk()?,
            seen: part(self.slots, SLOT_BYTES * self.seen)?.as_chunks().0,
            groups: part(self.groups, GROUP_BYTES * self.group_count())?.as_chunks().0,
            trailer: part(self.trailer, TRAILER_BYTES)?.first_chunk()?,
        })
    }

    /// The same with these parts.
    #[inline(always)]
    pub(crate) fn in_parts<'a>(&self, parts: OpenedParts<'a>) -> Option<Indexed<'a>> {
        look(WRAPPER_BYTES + HEADER_BYTES + TRAILER_BYTES);
        let same = long(parts.version, 0) == self.version
            && word(parts.header, 0) == self.capacity
            && long(parts.trailer, 0) == self.seed;
        same.then(|| self.indexed(parts))
    }

    /// The same, known to be those that were opened.
    #[inline(always)]
    pub(crate) fn indexed<'a>(&self, parts: OpenedParts<'a>) -> Indexed<'a> {
        let OpenedParts { window, seen, groups, .. } = parts;
        Indexed { window, seed: self.seed, seen, groups }
    }
}

#[cfg(test)]
mod tests {
    use super::super::heap::Heap;
    use super::super::memory::Memory;
    use super::super::value::Value;
    use super::super::{map, share};
    use super::*;

    /// Among others, smaller buckets come to lie at the place of a larger one, behind which its seed is still there.
    #[test]
    fn opened_maps_follow_buckets_that_replace_others_at_the_same_place() {
        let mut heap = Heap::new(0, 0).unwrap();
        let mut maps: Vec<u32> = (0..2).map(|_| map::new(&mut heap).unwrap()).collect();
        let mut opened: Vec<Opened> = Vec::new();
        let mut state = 1_u64;
        for step in 0..40_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let (which, key) = ((state >> 8) as usize % maps.len(), (state >> 24) as i64 % 24);
            match state % 64 {
                0 => {
                    let copy = share(&mut heap, maps[which]).unwrap();
                    map::set(&mut heap, &mut maps[which], Value::Int(key), Value::Int(step)).unwrap();
                    heap.release(copy).unwrap();
                }
                1..=4 => opened.push(Opened::new(heap.bytes(), TableKind::Map, maps[which]).unwrap()),
                5..=34 => map::set(&mut heap, &mut maps[which], Value::Int(key), Value::Int(step)).unwrap(),
                _ => drop(map::delete(&mut heap, &mut maps[which], Key::Value(Value::Int(key)))),
            }
            opened.drain(..opened.len().saturating_sub(40));
            for opened in opened.iter().filter(|opened| maps.contains(&opened.wrapper)) {
                let table = Table::open(heap.bytes(), TableKind::Map, opened.wrapper).unwrap();
                let key = Key::Value(Value::Int(key));
                assert_eq!(opened.field(heap.bytes(), &key), table.field(&key), "after {step} steps");
            }
        }
    }
}
