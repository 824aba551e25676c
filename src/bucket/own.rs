//! Copy on write: changes of the version that a variable holds, in memories that count users. They are in place when no
//! other version uses the bucket, otherwise in a bucket of their own, so other versions never change. A wrapper with
//! several holders stays as it is, and the variable gets a new one.

use super::change::{Edit, rebuild, room, tag_of, with_own};
use super::in_place::{self, put_in_place, replace};
use super::index::Lookup;
use super::layout::{BucketForm, Slot, TableKind, Wrapper, chunk_mut};
use super::memory::{Memory, allocate_bytes, rooted};
use super::value::{Key, Value};
use super::version::Bucket;
use crate::status::Status;

/// Buckets up to this many slots are never shrunk.
const STAYS: u32 = 64;

/// A new version with the same content, which shares the bucket. O(1). `NoMemory`, `WrongType`, `Malformed`.
pub fn share(memory: &mut impl Memory, map: u32) -> Result<u32, Status> {
    let wrapper = Wrapper::load(memory.bytes(), map)?;
    let made = rooted(memory, [map], |memory| allocate_bytes(memory, wrapper.to_bytes()))?;
    if wrapper.bucket != 0 {
        memory.keep(wrapper.bucket);
    }
    Ok(made)
}

/// Sets the key's value.
pub(super) fn set(
    memory: &mut impl Memory,
    kind: TableKind,
    map: &mut u32,
    key: Value,
    value: Value,
) -> Result<(), Status> {
    Bucket::of(memory.bytes(), *map, kind)?;
    changed(memory, map, |memory, map| {
        if is_shared(memory, map)? {
            put_apart(memory, kind, map, key, value)
        } else {
            in_place::insert(memory, kind, map, key, value)
        }
    })
}

/// Removes the key. `NotFound` when it is not there.
pub(super) fn delete(
    memory: &mut impl Memory,
    kind: TableKind,
    map: &mut u32,
    key: Key<'_>,
) -> Result<(), Status> {
    let Lookup::At(number, ..) = Bucket::of(memory.bytes(), *map, kind)?.find(&key)? else {
        // Other memories do not know.
        return memory.users(*map).and(Err(Status::NotFound));
    };
    changed(memory, map, |memory, map| {
        let old = Wrapper::load(memory.bytes(), map)?.bucket;
        if is_shared(memory, map)? {
            let made = rebuild(memory, kind, map, tag_of(&key), Edit::Leave(number))?;
            return replace(memory, map, old, made, Some(number));
        }
        in_place::remove(memory.bytes_mut(), kind, map, key)?;
        let bucket = Bucket::of(memory.bytes(), map, kind)?;
        let Bucket { shape, .. } = bucket;
        if shape.form == BucketForm::Indexed && shape.capacity > STAYS && bucket.size()? <= shape.capacity / 8
        {
            // When there is no memory for a smaller bucket, this one stays.
            if let Ok(made) = rebuild(memory, kind, map, tag_of(&key), Edit::Nothing) {
                replace(memory, map, old, made, None)?;
            }
        }
        Ok(())
    })
}

/// Removes all entries.
pub(super) fn clear(memory: &mut impl Memory, kind: TableKind, map: &mut u32) -> Result<(), Status> {
    Bucket::of(memory.bytes(), *map, kind)?;
    changed(memory, map, |memory, map| {
        let old = Wrapper::load(memory.bytes(), map)?;
        let view = old.view.map(|_| 0);
        *chunk_mut(memory.bytes_mut(), map as usize)? = Wrapper { view, bucket: 0, ..old }.to_bytes();
        memory.cleared(map);
        if old.bucket != 0 {
            memory.discard(old.bucket);
        }
        Ok(())
    })
}

/// Whether other versions use the bucket. `Unsupported` in memories that do not count.
fn is_shared(memory: &impl Memory, map: u32) -> Result<bool, Status> {
    let bucket = Wrapper::load(memory.bytes(), map)?.bucket;
    Ok(bucket != 0 && memory.users(bucket)? > 1)
}

/// Runs a change on a wrapper that nobody else holds; afterwards the variable holds it.
fn changed<M: Memory>(
    memory: &mut M,
    map: &mut u32,
    change: impl FnOnce(&mut M, u32) -> Result<(), Status>,
) -> Result<(), Status> {
    if memory.users(*map)? == 1 {
        return change(memory, *map);
    }
    let own = share(memory, *map)?;
    let result = change(memory, own);
    match result {
        Ok(()) => {
            memory.discard(*map);
            *map = own;
        }
        Err(_) => {
            let bucket = Wrapper::load(memory.bytes(), own).map_or(0, |wrapper| wrapper.bucket);
            memory.discard(own);
            if bucket != 0 {
                memory.discard(bucket);
            }
        }
    }
    result
}

/// Sets the key's value where other versions use the bucket: at its end, if there is room, or in a copy.
fn put_apart(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<(), Status> {
    let plain = memory.flags().plain;
    let bucket = Bucket::of(memory.bytes(), map, kind)?;
    let shape = bucket.shape;
    match bucket.find(&Key::Value(key))? {
        Lookup::At(_, slot, _) if slot.value == value.to_bits() => Ok(()),
        Lookup::At(number, ..) => with_own(memory, value, |memory, value| {
            let made = rebuild(memory, kind, map, key.tag(), Edit::Replace(number, value.to_bits()))?;
            replace(memory, map, shape.bucket, made, None)
        }),
        Lookup::Absent(place) => {
            // The other versions end before this slot.
            let next = room(&bucket, place, plain)?.filter(|next| !plain && shape.count == *next);
            with_own(memory, key, |memory, key| {
                with_own(memory, value, |memory, value| match next {
                    Some(next) => {
                        let slot = Slot::new(key.to_bits(), value.to_bits());
                        put_in_place(memory.bytes_mut(), map, &shape, next, slot, place)
                    }
                    None => {
                        let slot = Slot::new(key.to_bits(), value.to_bits());
                        let made = rebuild(memory, kind, map, key.tag(), Edit::Append(slot))?;
                        replace(memory, map, shape.bucket, made, None)
                    }
                })
            })
        }
    }
}
