//! Builds a map or set of many entries in a bucket that is sized once.

use super::change::{Made, append, capacity_for, create, empty, new_bucket, publish, with_own};
use super::effort::Late;
use super::index::Lookup;
use super::layout::{Slot, TableKind, chunk_mut, limit};
use super::memory::{Memory, building, rooted};
use super::value::{Key, Tag, Value};
use super::version::Bucket;
use crate::status::Status;

/// A map or set of these entries, in this order. Of equal keys, the first one gives the position and the last one the
/// value. `InvalidArgument` when the keys have different tags, `LimitExceeded`, `NoMemory`, `Malformed`.
pub(super) fn build<E>(memory: &mut impl Memory, kind: TableKind, entries: E) -> Result<u32, Status>
where
    E: ExactSizeIterator<Item = Result<(Value, Value), Status>> + Clone,
{
    let count = u32::try_from(entries.len()).map_err(|_| Status::LimitExceeded)?;
    let mut tags = None;
    for entry in entries.clone() {
        let (key, _) = entry?;
        if *tags.get_or_insert(key.tag()) != key.tag() {
            return Err(Status::InvalidArgument);
        }
    }
    let Some(tag) = tags else {
        return create(memory, kind);
    };
    let blocks =
        entries.clone().flat_map(|entry| entry.map_or([0, 0], |(key, value)| [key.block(), value.block()]));
    rooted(memory, blocks, |memory| {
        building(memory, |memory| {
            let mut builder = Builder::new(memory, kind, count, tag)?;
            let added = entries.into_iter().try_for_each(|entry| {
                let (key, value) = entry?;
                builder.add(memory, key, value)
            });
            builder.end(memory, added)
        })
    })
}

/// Builds a map or set entry by entry, in a bucket with room for all of them; without entries there is no bucket. The
/// bucket is the newest root from [`Builder::new`] to [`Builder::end`], which must be called.
pub(crate) struct Builder {
    made: Made,
    tag: Tag,
    hashed: Late,
}

impl Builder {
    /// A bucket for `count` entries whose keys have the tag. `NoMemory`, `LimitExceeded`, `Malformed`.
    pub(crate) fn new(
        memory: &mut impl Memory,
        kind: TableKind,
        count: u32,
        tag: Tag,
    ) -> Result<Self, Status> {
        let made = match count {
            0 => Made { wrapper: empty(kind, memory.flags().plain), seed: 0 },
            _ => new_bucket(memory, kind, capacity_for(count)?)?,
        };
        if made.wrapper.bucket != 0 {
            memory.push_root(made.wrapper.bucket);
        }
        Ok(Builder { made, tag, hashed: Late::default() })
    }

    /// Adds an entry, or replaces the value of a key that is already there. Whatever the entry points at must be
    /// rooted. `InvalidArgument` for a key of another tag; `LimitExceeded` when there is no room, or when too many keys
    /// are overlapping strings; `NoMemory`, `Malformed`.
    pub(crate) fn add(&mut self, memory: &mut impl Memory, key: Value, value: Value) -> Result<(), Status> {
        if key.tag() != self.tag {
            return Err(Status::InvalidArgument);
        }
        let bucket = Bucket::open(memory.bytes(), self.made.wrapper)?;
        let shape = bucket.shape;
        if let Value::Text { length, .. } = key {
            self.hashed.spend(bucket.window.len(), length as usize)?;
        }
        match bucket.find(&Key::Value(key))? {
            Lookup::At(number, slot, _) => with_own(memory, value, |memory, value| {
                let slot = Slot::new(slot.key, value.to_bits());
                slot.store(chunk_mut(memory.bytes_mut(), shape.slot_at(number))?);
                Ok(())
            }),
            // An index needs empty entries, even when it is built at its final size.
            Lookup::Absent(_) if shape.count >= limit(shape.capacity) => Err(Status::LimitExceeded),
            Lookup::Absent(place) => with_own(memory, key, |memory, key| {
                with_own(memory, value, |memory, value| {
                    let slot = Slot::new(key.to_bits(), value.to_bits());
                    append(memory.bytes_mut(), &shape, shape.count, slot, place)?;
                    self.made.wrapper.view = self.made.wrapper.view.map(|view| view.wrapping_add(1));
                    Ok(())
                })
            }),
        }
    }

    /// The wrapper. If anything failed, the bucket is freed instead. `NoMemory`, `Malformed`.
    pub(crate) fn end(self, memory: &mut impl Memory, added: Result<(), Status>) -> Result<u32, Status> {
        if self.made.wrapper.bucket != 0 {
            memory.pop_roots(1);
        }
        match added {
            Ok(()) => publish(memory, self.made),
            Err(status) => {
                if self.made.wrapper.bucket != 0 {
                    memory.discard(self.made.wrapper.bucket);
                }
                Err(status)
            }
        }
    }
}
