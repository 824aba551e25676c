//! New versions, and what changes in place share with them: appending to a bucket that has room, and making a new one. A
//! call allocates all it needs before it changes anything that was there, so that a failing allocation leaves everything
//! whole.

use super::effort::look;
use super::entries;
use super::index::{Lookup, ProbePosition};
use super::layout::{
    BucketForm, HEADER_BYTES, LIVE, MAX_CAPACITY, SLOT_BYTES, SMALL_CAPACITY, Shape, Slot, TRAILER_BYTES,
    TableKind, Wrapper, chunk_mut, copy, limit, put, put_long,
};
use super::memory::{Memory, allocate_bytes, allocate_zeroed, rooted, string_copy};
use super::value::{Key, Tag, Value};
use super::version::Bucket;
use crate::status::Status;

/// The capacity of a bucket that is made for that many entries. `LimitExceeded`.
pub(super) fn capacity_for(count: u32) -> Result<u32, Status> {
    let slots = u64::from(count).saturating_mul(2).next_power_of_two().max(u64::from(SMALL_CAPACITY));
    u32::try_from(slots).ok().filter(|slots| *slots <= MAX_CAPACITY).ok_or(Status::LimitExceeded)
}

fn form_of(plain: bool, capacity: u32) -> BucketForm {
    match (plain, capacity <= SMALL_CAPACITY) {
        (true, _) => BucketForm::Plain,
        (false, true) => BucketForm::Small,
        (false, false) => BucketForm::Indexed,
    }
}

/// The wrapper of nothing.
pub(super) fn empty(kind: TableKind, plain: bool) -> Wrapper {
    Wrapper { kind, view: (!plain).then_some(0), bucket: 0 }
}

/// A new, empty map or set. `NoMemory`, `Malformed`.
pub(super) fn create(memory: &mut impl Memory, kind: TableKind) -> Result<u32, Status> {
    let wrapper = empty(kind, memory.flags().plain);
    allocate_bytes(memory, wrapper.to_bytes())
}

/// A new version with the key. It may be the one that was given.
pub(super) fn insert(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<u32, Status> {
    let bucket = Bucket::of(memory.bytes(), map, kind)?;
    let shape = bucket.shape;
    match bucket.find(&Key::Value(key))? {
        Lookup::At(_, slot, _) if slot.value == value.to_bits() => {
            memory.keep(map);
            Ok(map)
        }
        Lookup::At(number, ..) => rooted(memory, [map, value.block()], |memory| {
            with_own(memory, value, |memory, value| {
                let made = rebuild(memory, kind, map, key.tag(), Edit::Replace(number, value.to_bits()))?;
                publish(memory, made)
            })
        }),
        Lookup::Absent(place) => {
            let next = room(&bucket, place, memory.flags().plain)?.filter(|next| shape.count == *next);
            rooted(memory, [map, key.block(), value.block()], |memory| {
                with_own(memory, key, |memory, key| {
                    with_own(memory, value, |memory, value| {
                        let slot = Slot::new(key.to_bits(), value.to_bits());
                        match next.filter(|_| !memory.flags().plain) {
                            Some(next) => share(memory, kind, map, &shape, next, slot, place),
                            None => {
                                let made = rebuild(memory, kind, map, key.tag(), Edit::Append(slot))?;
                                publish(memory, made)
                            }
                        }
                    })
                })
            })
        }
    }
}

/// A new version without the key; the one that was given when the key is not there.
pub(super) fn remove(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Key<'_>,
) -> Result<u32, Status> {
    let bucket = Bucket::of(memory.bytes(), map, kind)?;
    match bucket.find(&key)? {
        Lookup::Absent(_) => {
            memory.keep(map);
            Ok(map)
        }
        Lookup::At(number, ..) => rooted(memory, [map], |memory| {
            let made = rebuild(memory, kind, map, tag_of(&key), Edit::Leave(number))?;
            publish(memory, made)
        }),
    }
}

/// Where a new key, which was looked for and belongs at the place, can be put into this very bucket, of which the
/// memory may want plain ones. `None`: a new bucket is needed.
#[inline(always)]
pub(super) fn room(bucket: &Bucket<'_>, place: ProbePosition, plain: bool) -> Result<Option<u32>, Status> {
    match (plain, bucket.shape.form == BucketForm::Plain) {
        (false, false) => free_slot(bucket),
        (true, true) => Ok(plain_room(bucket, place)),
        _ => Ok(None),
    }
}

/// At least half of the slots stay empty, for those who look for an empty one.
fn plain_room(bucket: &Bucket<'_>, place: ProbePosition) -> Option<u32> {
    let shape = &bucket.shape;
    place.next_plain().filter(|next| *next < shape.capacity && shape.count < shape.capacity / 2)
}

/// The same for a bucket of ours.
#[inline(always)]
pub(super) fn free_slot(bucket: &Bucket<'_>) -> Result<Option<u32>, Status> {
    let shape = &bucket.shape;
    let next = shape.view;
    let free = match shape.form {
        BucketForm::Indexed => next == shape.used && next < limit(shape.capacity),
        _ => next < shape.capacity && bucket.slot(next)?.occupancy == 0,
    };
    Ok(free.then_some(next))
}

/// Appends an entry whose key is not there. Nothing is changed when it fails.
#[inline(always)]
pub(super) fn append(
    window: &mut [u8],
    shape: &Shape,
    next: u32,
    slot: Slot,
    place: ProbePosition,
) -> Result<(), Status> {
    if next >= shape.capacity {
        return Err(Status::Malformed);
    }
    slot.store(chunk_mut(window, shape.slot_at(next))?);
    if shape.form == BucketForm::Indexed {
        if let Err(status) = entries::enter(window, shape, place, next) {
            *chunk_mut(window, shape.slot_at(next))? = [0; SLOT_BYTES];
            return Err(status);
        }
        put(chunk_mut::<TRAILER_BYTES>(window, shape.trailer_at())?, 8, next.wrapping_add(1));
    }
    put(chunk_mut::<HEADER_BYTES>(window, shape.bucket as usize)?, 4, shape.count.wrapping_add(1));
    Ok(())
}

/// A new wrapper over the bucket that the map has, after appending to it. The blocks are rooted.
fn share(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    shape: &Shape,
    next: u32,
    slot: Slot,
    place: ProbePosition,
) -> Result<u32, Status> {
    let view = Some(next.wrapping_add(1));
    let wrapper = allocate_bytes(memory, Wrapper { kind, view, bucket: shape.bucket }.to_bytes())?;
    // Whoever gave the block may have run anything, in memory that it may change.
    let now = Bucket::of(memory.bytes(), map, kind).map(|bucket| bucket.shape);
    let unchanged = now.is_ok_and(|now| {
        (now.bucket, now.capacity, now.count, now.used)
            == (shape.bucket, shape.capacity, shape.count, shape.used)
    });
    let appended =
        if unchanged { append(memory.bytes_mut(), shape, next, slot, place) } else { Err(Status::Malformed) };
    match appended {
        Ok(()) => {
            memory.keep(shape.bucket);
            Ok(wrapper)
        }
        Err(status) => {
            memory.discard(wrapper);
            Err(status)
        }
    }
}

/// What is different in a copy.
#[derive(Clone, Copy)]
pub(super) enum Edit {
    /// This slot's value.
    Replace(u32, u64),
    /// One more.
    Append(Slot),
    /// Without this one.
    Leave(u32),
    /// Nothing.
    Nothing,
}

/// A bucket that no wrapper in the memory names yet.
#[derive(Clone, Copy)]
pub(super) struct Made {
    pub(super) wrapper: Wrapper,
    pub(super) seed: u64,
}

/// An empty bucket of that capacity. `NoMemory`, `LimitExceeded`, `Malformed`.
pub(super) fn new_bucket(memory: &mut impl Memory, kind: TableKind, capacity: u32) -> Result<Made, Status> {
    let plain = memory.flags().plain;
    let form = form_of(plain, capacity);
    let seed = memory.seed();
    let block = allocate_zeroed(memory, Shape::bytes(form, capacity))?;
    let shape = Shape { form, bucket: block, capacity, count: 0, used: 0, view: 0, seed };
    let window = memory.bytes_mut();
    put(chunk_mut::<HEADER_BYTES>(window, block as usize)?, 0, capacity);
    if form == BucketForm::Indexed {
        put_seed(window, &shape, 0)?;
    }
    Ok(Made { wrapper: Wrapper { kind, view: (!plain).then_some(0), bucket: block }, seed })
}

/// Writes the trailer.
fn put_seed(window: &mut [u8], shape: &Shape, used: u32) -> Result<(), Status> {
    let trailer = chunk_mut::<TRAILER_BYTES>(window, shape.trailer_at())?;
    put_long(trailer, 0, shape.seed);
    put(trailer, 8, used);
    Ok(())
}

/// A copy of a version, packed, with one difference. The map and what the edit adds are rooted.
pub(super) fn rebuild(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    tag: Tag,
    edit: Edit,
) -> Result<Made, Status> {
    let old = Bucket::of(memory.bytes(), map, kind)?;
    let size = old.size()?;
    let count = match edit {
        Edit::Replace(..) | Edit::Nothing => size,
        Edit::Append(_) => size.checked_add(1).ok_or(Status::LimitExceeded)?,
        Edit::Leave(_) => size.checked_sub(1).ok_or(Status::Malformed)?,
    };
    if count == 0 {
        // What the header says of the bucket is not what lies in it.
        if old.live().take(2).count() != size as usize {
            return Err(Status::Malformed);
        }
        return Ok(Made { wrapper: empty(kind, memory.flags().plain), seed: 0 });
    }
    let made = new_bucket(memory, kind, copy_capacity(&old.shape, count, edit, memory.flags().plain)?)?;
    match fill(memory.bytes_mut(), kind, map, tag, edit, &made, count) {
        Ok(()) => {
            let view = made.wrapper.view.map(|_| count);
            Ok(Made { wrapper: Wrapper { view, ..made.wrapper }, ..made })
        }
        Err(status) => {
            memory.discard(made.wrapper.bucket);
            Err(status)
        }
    }
}

/// The old capacity as long as it suits, so that blocks are used again. Whoever appends will do so again: an eighth of the
/// slots is free then, or copying as often as one is added and another removed would cost the square of their number.
fn copy_capacity(old: &Shape, count: u32, edit: Edit, plain: bool) -> Result<u32, Status> {
    let room = if let Edit::Append(_) = edit { old.capacity / 8 } else { 0 };
    let most = limit(old.capacity).saturating_sub(room);
    let suits = !plain && old.form == BucketForm::Indexed && count <= most && count > old.capacity / 4;
    if suits { Ok(old.capacity) } else { capacity_for(count) }
}

/// Copies a version's live slots into a new bucket, applies the edit, makes the index.
fn fill(
    window: &mut [u8],
    kind: TableKind,
    map: u32,
    tag: Tag,
    edit: Edit,
    made: &Made,
    count: u32,
) -> Result<(), Status> {
    // It was allocated since the map was looked at.
    let old = Bucket::of(window, map, kind)?.shape;
    let new = Shape { seed: made.seed, ..Bucket::open(window, made.wrapper)?.shape };
    let left = if let Edit::Leave(number) = edit { number } else { u32::MAX };
    // How many live slots there may be: of a plain bucket no more than it says are read.
    let mut live = if old.form == BucketForm::Plain { old.count } else { u32::MAX };
    let (mut from, mut to) = (0u32, 0u32);
    while from < old.view && live > 0 {
        let run = run_of_live(window, &old, from, left)?.min(live);
        if run == 0 {
            live = live.wrapping_sub(u32::from(from == left));
            from = from.wrapping_add(1);
            continue;
        }
        live = live.wrapping_sub(run);
        if to.wrapping_add(run) > count {
            return Err(Status::Malformed);
        }
        copy(window, old.slot_at(from), new.slot_at(to), SLOT_BYTES * run as usize)?;
        if let Edit::Replace(number, value) = edit
            && (from..from.wrapping_add(run)).contains(&number)
        {
            let slot =
                chunk_mut::<SLOT_BYTES>(window, new.slot_at(to.wrapping_add(number.wrapping_sub(from))))?;
            put_long(slot, 12, value);
        }
        from = from.wrapping_add(run);
        to = to.wrapping_add(run);
    }
    if let Edit::Append(slot) = edit {
        if to >= count {
            return Err(Status::Malformed);
        }
        slot.store(chunk_mut(window, new.slot_at(to))?);
        to = to.wrapping_add(1);
    }
    // What the header says of the old bucket is not what lies in it.
    if to != count {
        return Err(Status::Malformed);
    }
    if new.form == BucketForm::Indexed {
        put_seed(window, &new, count)?;
        entries::enter_all(window, &new, tag, count)?;
    }
    put(chunk_mut::<HEADER_BYTES>(window, new.bucket as usize)?, 4, count);
    Ok(())
}

/// How many slots from this one on are live, none of them the one to leave.
fn run_of_live(window: &[u8], old: &Shape, from: u32, left: u32) -> Result<u32, Status> {
    let slots = super::layout::at(window, old.slot_at(from))?;
    let slots =
        slots.get(..old.slot_at(old.view).wrapping_sub(old.slot_at(from))).ok_or(Status::Malformed)?;
    let live = slots.as_chunks::<SLOT_BYTES>().0.iter().zip(from..);
    let run = live.take_while(|(slot, number)| super::layout::word(slot, 0) == LIVE && *number != left);
    let run = run.count();
    look(4usize.saturating_mul(run.saturating_add(1)));
    Ok(run as u32)
}

/// Makes the wrapper of a bucket. The bucket is kept meanwhile, and given back when there is no wrapper for it.
pub(super) fn publish(memory: &mut impl Memory, made: Made) -> Result<u32, Status> {
    let bucket = made.wrapper.bucket;
    let wrapper = rooted(memory, [bucket], |memory| allocate_bytes(memory, made.wrapper.to_bytes()));
    if wrapper.is_err() && bucket != 0 {
        memory.discard(bucket);
    }
    wrapper
}

/// Runs with the string in a block of its own where the memory wants that, and with the value itself elsewhere.
pub(super) fn with_own<M: Memory, T>(
    memory: &mut M,
    value: Value,
    run: impl FnOnce(&mut M, Value) -> Result<T, Status>,
) -> Result<T, Status> {
    let Value::Text { pointer, length } = value else {
        return run(memory, value);
    };
    if !memory.flags().copy_strings || length == 0 {
        return run(memory, value);
    }
    let copy = string_copy(memory, pointer, length)?;
    let result = rooted(memory, [copy.block()], |memory| run(memory, copy));
    match result {
        Ok(_) => memory.settle(copy.block()),
        Err(_) => memory.discard(copy.block()),
    }
    result
}

pub(super) fn tag_of(key: &Key<'_>) -> Tag {
    match key {
        Key::Value(value) => value.tag(),
        Key::Text(_) => Tag::Text,
    }
}
