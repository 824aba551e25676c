//! Changes in place. No other version is in use, so a bucket that has room is modified directly. A call allocates
//! everything it needs before it changes existing data.

use super::change::{Edit, Made, append, free_slot, has, rebuild, room, wants_copies, with_copies};
use super::emptied;
use super::entries;
use super::extend::extend;
use super::index::{Indexed, Lookup, ProbePosition};
use super::layout::{
    BucketForm, HEADER_BYTES, SLOT_BYTES, Shape, Slot, TableKind, Wrapper, chunk_mut, put, put_long,
};
use super::memory::{Memory, rooted};
use super::put::put_integer;
use super::value::{Key, Tag, Value};
use super::version::Bucket;
use crate::status::Status;

/// Changes the map or set of this wrapper.
#[inline(always)]
pub(super) fn insert(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<(), Status> {
    let flags = memory.flags();
    if let Value::Int(key) = key
        && !flags.plain
        && (!flags.copy_strings || value.tag() != Tag::Text)
        && put_integer(memory.bytes_mut(), kind, map, key, value.to_bits()).is_some()
    {
        return Ok(());
    }
    insert_any(memory, kind, map, key, value)
}

/// The same, including the slow cases.
#[inline(always)]
fn insert_any(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<(), Status> {
    if wants_copies(memory, key, value) {
        return insert_copies(memory, kind, map, key, value);
    }
    insert_as_is(memory, kind, map, key, value)
}

/// The same, with strings as they are.
#[inline(never)]
pub(super) fn insert_as_is(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<(), Status> {
    let plain = memory.flags().plain;
    match put_at_once(memory.bytes_mut(), plain, kind, map, key, value)? {
        None => Ok(()),
        Some(place) => add_in_place(memory, kind, map, key, value, place),
    }
}

/// Does what needs no allocation: replaces a key's value, or appends it to a bucket that has room. Otherwise returns
/// where the key belongs.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn put_at_once(
    window: &mut [u8],
    plain: bool,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<Option<ProbePosition>, Status> {
    let bucket = Bucket::of(window, map, kind)?;
    let shape = bucket.shape;
    match bucket.find(&Key::Value(key))? {
        Lookup::At(_, slot, _) if slot.value == value.to_bits() => {}
        Lookup::At(number, ..) => overwrite(window, &shape, number, value.to_bits())?,
        Lookup::Absent(place) => {
            // In a plain bucket a free slot has to be searched for; in memories that want plain buckets only, other
            // buckets are copied.
            let next = if plain || shape.form == BucketForm::Plain { None } else { free_slot(&bucket)? };
            let Some(next) = next else { return Ok(Some(place)) };
            put_in_place(window, map, &shape, next, Slot::new(key.to_bits(), value.to_bits()), place)?;
        }
    }
    Ok(None)
}

/// Adds an absent key. Allocates a block, unless the bucket is plain.
#[cold]
#[inline(never)]
fn add_in_place(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
    place: ProbePosition,
) -> Result<(), Status> {
    let bucket = Bucket::of(memory.bytes(), map, kind)?;
    let shape = bucket.shape;
    if let Some(next) = room(&bucket, place, memory.flags().plain)? {
        let slot = Slot::new(key.to_bits(), value.to_bits());
        return put_in_place(memory.bytes_mut(), map, &shape, next, slot, place);
    }
    let slot = Slot::new(key.to_bits(), value.to_bits());
    // In browsers size counts for more.
    if cfg!(not(target_arch = "wasm32")) && extend(memory, map, &shape, key.tag(), slot)? {
        return Ok(());
    }
    rooted(memory, [map, key.block(), value.block()], |memory| {
        let made = rebuild(memory, kind, map, key.tag(), Edit::Append(slot))?;
        replace(memory, map, shape.bucket, made, None)
    })
}

/// For memories where each string has its own block.
#[cold]
#[inline(never)]
fn insert_copies(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<(), Status> {
    if has(memory, kind, map, key, value)? {
        return Ok(());
    }
    with_copies(memory, kind, map, key, value, insert_as_is)
}

/// Replaces the value in a slot.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(super) fn overwrite(window: &mut [u8], shape: &Shape, number: u32, value: u64) -> Result<(), Status> {
    put_long(chunk_mut::<SLOT_BYTES>(window, shape.slot_at(number))?, 12, value);
    Ok(())
}

/// Empties the slot of a key. Does nothing when the key is not there.
#[inline(always)]
pub(super) fn remove(window: &mut [u8], kind: TableKind, map: u32, key: Key<'_>) -> Result<(), Status> {
    let bucket = Bucket::of(window, map, kind)?;
    let shape = bucket.shape;
    match bucket.find(&key)? {
        Lookup::At(number, _, entry) => empty(window, &shape, number, entry),
        Lookup::Absent(_) => Ok(()),
    }
}

/// The same for an integer key, faster in a bucket with an index.
#[inline(always)]
pub(super) fn remove_integer(window: &mut [u8], kind: TableKind, map: u32, key: i64) -> Result<(), Status> {
    let Some((indexed, shape)) = Indexed::of(window, map, kind) else {
        return remove_integer_apart(window, kind, map, key);
    };
    match indexed.find(&Key::Value(Value::Int(key)))? {
        Lookup::At(number, _, entry) => empty(window, &shape, number, entry),
        Lookup::Absent(_) => Ok(()),
    }
}

#[inline(never)]
fn remove_integer_apart(window: &mut [u8], kind: TableKind, map: u32, key: i64) -> Result<(), Status> {
    remove(window, kind, map, Key::Value(Value::Int(key)))
}

/// Empties a live slot. `entry` is the number of its entry in the index.
#[inline(always)]
pub(super) fn empty(window: &mut [u8], shape: &Shape, number: u32, entry: usize) -> Result<(), Status> {
    let count = shape.count.checked_sub(1).ok_or(Status::Malformed)?;
    *chunk_mut(window, shape.slot_at(number))? = [0; SLOT_BYTES];
    if shape.form == BucketForm::Indexed {
        entries::leave(window, shape, entry)?;
        if emptied::has_flags(shape) {
            let slots = super::layout::at_mut(window, shape.slot_at(0))?;
            let length = shape.index_at().wrapping_sub(shape.slot_at(0));
            let slots = slots.get_mut(..length).ok_or(Status::Malformed)?;
            emptied::note(slots.as_chunks_mut().0, number);
        }
    }
    put(chunk_mut::<HEADER_BYTES>(window, shape.bucket as usize)?, 4, count);
    Ok(())
}

/// Appends an entry in place; the bucket has room and does not contain the key.
#[inline(always)]
pub(super) fn put_in_place(
    window: &mut [u8],
    map: u32,
    shape: &Shape,
    next: u32,
    slot: Slot,
    place: ProbePosition,
) -> Result<(), Status> {
    append(window, shape, next, slot, place)?;
    if shape.form != BucketForm::Plain {
        *chunk_mut(window, (map as usize).wrapping_add(4))? =
            Wrapper::view_word(next.wrapping_add(1)).to_le_bytes();
    }
    Ok(())
}

/// Replaces the wrapper's bucket by a copy that leaves out one slot.
pub(super) fn replace(
    memory: &mut impl Memory,
    map: u32,
    old: u32,
    made: Made,
    without: Option<u32>,
) -> Result<(), Status> {
    memory.packed(map, without);
    let stored = chunk_mut(memory.bytes_mut(), map as usize).map(|place| *place = made.wrapper.to_bytes());
    let unused = if stored.is_ok() { old } else { made.wrapper.bucket };
    if unused != 0 {
        memory.discard(unused);
    }
    stored
}
