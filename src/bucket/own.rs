//! Copy on write: changes of the version that a variable holds, in memories that count users. They are in place when no
//! other version uses the bucket, otherwise in a bucket of their own, so other versions never change. A wrapper with
//! several holders stays as it is, and the variable gets a new one.

use super::alone::{Left, is_few, take, with_text};
use super::change::{Edit, rebuild, room, tag_of, with_own};
use super::in_place::{self, put_in_place, replace};
use super::index::Lookup;
use super::layout::{BucketForm, Slot, TableKind, Wrapper, chunk_mut};
use super::memory::{Memory, allocate_bytes, rooted};
use super::put::put_integer;
use super::value::{Key, Tag, Value};
use super::version::Bucket;
use crate::status::Status;

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
    if cfg!(not(target_arch = "wasm32")) && is_alone(memory, *map) {
        return in_place::insert(memory, kind, *map, key, value);
    }
    Bucket::of(memory.bytes(), *map, kind)?;
    changed(memory, map, |memory, map| {
        if is_shared(memory, map)? {
            put_apart(memory, kind, map, key, value)
        } else {
            in_place::insert(memory, kind, map, key, value)
        }
    })
}

/// Sets the value of an integer key to these bits, in a bucket with an index that nobody else has and that has the key or
/// room for it, as most have. Returns false, with nothing changed, when more work is needed.
#[inline(always)]
pub(crate) fn set_integer(memory: &mut impl Memory, kind: TableKind, map: u32, key: i64, value: u64) -> bool {
    let flags = memory.flags();
    !flags.plain
        && !flags.copy_strings
        && is_alone(memory, map)
        && put_integer(memory.bytes_mut(), kind, map, key, value).is_some()
}

/// Gives the key the value; a key that is not there yet gets a string of its own, which only the bucket uses.
pub(super) fn set_text(
    memory: &mut impl Memory,
    kind: TableKind,
    map: &mut u32,
    key: &[u8],
    value: Value,
) -> Result<(), Status> {
    let bucket = Bucket::of(memory.bytes(), *map, kind)?;
    match bucket.find(&Key::Text(key))? {
        Lookup::At(_, slot, _) => set(memory, kind, map, Value::from_bits(Tag::Text, slot.key), value),
        Lookup::Absent(_) => {
            memory.users(*map)?;
            with_text(memory, key, |memory, key| set(memory, kind, map, key, value))
        }
    }
}

/// Removes the key. `NotFound` when it is not there.
pub(super) fn delete(
    memory: &mut impl Memory,
    kind: TableKind,
    map: &mut u32,
    key: Key<'_>,
) -> Result<(), Status> {
    // In browsers size counts for more.
    if cfg!(not(target_arch = "wasm32"))
        && let Some(left) = take(memory, kind, *map, &key)
    {
        return match left {
            Left::Enough => Ok(()),
            Left::Few => pack(memory, kind, *map, tag_of(&key)),
            Left::All => Err(Status::NotFound),
        };
    }
    delete_any(memory, kind, map, key)
}

/// Removes the key from any bucket.
fn delete_any(memory: &mut impl Memory, kind: TableKind, map: &mut u32, key: Key<'_>) -> Result<(), Status> {
    let bucket = Bucket::of(memory.bytes(), *map, kind)?;
    let shape = bucket.shape;
    let Lookup::At(number, _, entry) = bucket.find(&key)? else {
        // Other memories do not know.
        return memory.users(*map).and(Err(Status::NotFound));
    };
    changed(memory, map, |memory, map| {
        if is_shared(memory, map)? {
            let made = rebuild(memory, kind, map, tag_of(&key), Edit::Leave(number))?;
            return replace(memory, map, shape.bucket, made, Some(number));
        }
        in_place::empty(memory.bytes_mut(), &shape, number, entry)?;
        let left = shape.count.checked_sub(1 + shape.used - shape.view).ok_or(Status::Malformed)?;
        let is_few = shape.form == BucketForm::Indexed && is_few(&shape, left);
        if is_few { pack(memory, kind, map, tag_of(&key)) } else { Ok(()) }
    })
}

/// Replaces the bucket by one without empty slots. Without memory for it this one stays.
#[cold]
#[inline(never)]
pub(crate) fn pack(memory: &mut impl Memory, kind: TableKind, map: u32, tag: Tag) -> Result<(), Status> {
    let bucket = Wrapper::load(memory.bytes(), map)?.bucket;
    match rebuild(memory, kind, map, tag, Edit::Nothing) {
        Ok(made) => replace(memory, map, bucket, made, None),
        Err(_) => Ok(()),
    }
}

/// Takes everything out.
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

/// Whether nobody else has the wrapper or its bucket, so that a change in place is seen by nobody. False when something is
/// wrong: the longer way says what.
#[inline(always)]
fn is_alone(memory: &impl Memory, map: u32) -> bool {
    let bucket = Wrapper::load(memory.bytes(), map).map(|wrapper| wrapper.bucket);
    memory.has_one_user(map) && bucket.is_ok_and(|bucket| bucket == 0 || memory.has_one_user(bucket))
}

/// Whether other versions have the bucket. `Unsupported` in memories that do not count.
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
