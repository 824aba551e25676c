//! New versions, and what they share with changes in place: appending to a bucket that has room, and copying into a new
//! bucket. A call allocates everything it needs before it changes existing data, so a failed allocation leaves
//! everything intact.

use super::effort::look;
use super::index::{Lookup, ProbePosition};
use super::layout::{
    BucketForm, HEADER_BYTES, LIVE, MAX_CAPACITY, SLOT_BYTES, SMALL_CAPACITY, Shape, Slot, TRAILER_BYTES,
    TableKind, Wrapper, chunk_mut, copy, limit, put, put_long,
};
use super::memory::{Memory, allocate_bytes, allocate_zeroed, rooted, string_copy};
use super::value::{Key, Tag, Value};
use super::version::Bucket;
use super::{emptied, entries};
use crate::status::Status;

/// The capacity of a new bucket for this many entries. `LimitExceeded`.
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

/// An empty wrapper.
pub(super) fn empty(kind: TableKind, plain: bool) -> Wrapper {
    Wrapper { kind, view: (!plain).then_some(0), bucket: 0 }
}

/// A new, empty map or set. `NoMemory`, `Malformed`.
pub(super) fn create(memory: &mut impl Memory, kind: TableKind) -> Result<u32, Status> {
    let wrapper = empty(kind, memory.flags().plain);
    allocate_bytes(memory, wrapper.to_bytes())
}

/// A new version that has the key; may be the version that was passed in.
pub(super) fn insert(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<u32, Status> {
    if wants_copies(memory, key, value) && !has(memory, kind, map, key, value)? {
        return with_copies(memory, kind, map, key, value, insert_as_is);
    }
    insert_as_is(memory, kind, map, key, value)
}

/// The same, with strings as they are.
fn insert_as_is(
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
            let made = rebuild(memory, kind, map, key.tag(), Edit::Replace(number, value.to_bits()))?;
            publish(memory, made)
        }),
        Lookup::Absent(place) => {
            let next = room(&bucket, place, memory.flags().plain)?.filter(|next| shape.count == *next);
            let slot = Slot::new(key.to_bits(), value.to_bits());
            rooted(memory, [map, key.block(), value.block()], |memory| {
                match next.filter(|_| !memory.flags().plain) {
                    Some(next) => share(memory, kind, map, &shape, next, slot, place),
                    None => {
                        let made = rebuild(memory, kind, map, key.tag(), Edit::Append(slot))?;
                        publish(memory, made)
                    }
                }
            })
        }
    }
}

/// A new version without the key; the same version when the key is not there.
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

/// The slot in this bucket for a new key that a search did not find; `plain` says that the memory wants plain buckets
/// only. `None`: a new bucket is needed.
#[inline(always)]
pub(super) fn room(bucket: &Bucket<'_>, place: ProbePosition, plain: bool) -> Result<Option<u32>, Status> {
    match (plain, bucket.shape.form == BucketForm::Plain) {
        (false, false) => free_slot(bucket),
        (true, true) => Ok(plain_room(bucket, place)),
        _ => Ok(None),
    }
}

/// At least half of the slots stay empty, for readers that search for an empty one.
fn plain_room(bucket: &Bucket<'_>, place: ProbePosition) -> Option<u32> {
    let shape = &bucket.shape;
    place.next_plain().filter(|next| *next < shape.capacity && shape.count < shape.capacity / 2)
}

/// The same for a bucket in this library's own layout.
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

/// Appends an entry whose key is absent. On failure nothing has changed.
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

/// Appends to the map's bucket and makes a new wrapper for it. The blocks are rooted.
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
    // The allocator may have run any code, including code that changed the memory.
    let now = Bucket::of(memory.bytes(), map, kind).map(|bucket| bucket.shape);
    let unchanged = now.is_ok_and(|now| {
        (now.bucket, now.capacity, now.count, now.used, now.view)
            == (shape.bucket, shape.capacity, shape.count, shape.used, shape.view)
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

/// The difference between a version and its copy.
#[derive(Clone, Copy)]
pub(super) enum Edit {
    /// Another value for this slot.
    Replace(u32, u64),
    /// One more entry.
    Append(Slot),
    /// Without this slot.
    Leave(u32),
    /// No difference.
    Nothing,
}

/// A bucket that no wrapper in the memory refers to yet.
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

/// A packed copy of a version, with one difference. The map and what the edit adds are rooted.
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
        // The header's count does not match the slots.
        if old.live().take(2).count() != size as usize {
            return Err(Status::Malformed);
        }
        return Ok(Made { wrapper: empty(kind, memory.flags().plain), seed: 0 });
    }
    let key = key_of(&old, edit)?;
    let made = new_bucket(memory, kind, copy_capacity(&old.shape, count, edit, memory.flags().plain)?)?;
    let filled = still_fits(memory.bytes(), kind, map, tag, edit, key)
        .and_then(|()| fill(memory.bytes_mut(), kind, map, tag, edit, &made, count));
    match filled {
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

/// The key in the slot that the edit is about, if the slot is live.
fn key_of(bucket: &Bucket<'_>, edit: Edit) -> Result<Option<u64>, Status> {
    let (Edit::Replace(number, _) | Edit::Leave(number)) = edit else { return Ok(None) };
    let slot = bucket.slot(number)?;
    Ok((slot.occupancy == LIVE).then_some(slot.key))
}

/// The allocator may have run any code, including code that changed this map. Then the slot may belong to another key, and
/// the new key may be there: `Malformed`.
fn still_fits(
    window: &[u8],
    kind: TableKind,
    map: u32,
    tag: Tag,
    edit: Edit,
    key: Option<u64>,
) -> Result<(), Status> {
    let bucket = Bucket::of(window, map, kind)?;
    let fits = match edit {
        Edit::Append(slot) => {
            let key = Value::from_bits(tag, slot.key);
            matches!(search(window, kind, map, key)?, Lookup::Absent(_))
        }
        _ => key_of(&bucket, edit)? == key,
    };
    if fits { Ok(()) } else { Err(Status::Malformed) }
}

/// Keeps the old capacity while it fits, so that blocks are reused. Appends tend to be followed by more appends, so an
/// eighth of the slots must be free; otherwise alternating insertions and removals would copy every time, at quadratic
/// cost.
fn copy_capacity(old: &Shape, count: u32, edit: Edit, plain: bool) -> Result<u32, Status> {
    let room = if let Edit::Append(_) = edit { old.capacity / 8 } else { 0 };
    let most = limit(old.capacity).saturating_sub(room);
    let suits = !plain && old.form == BucketForm::Indexed && count <= most && count > old.capacity / 4;
    if suits { Ok(old.capacity) } else { capacity_for(count) }
}

/// Copies a version's live slots into a new bucket, applies the edit and builds the index.
fn fill(
    window: &mut [u8],
    kind: TableKind,
    map: u32,
    tag: Tag,
    edit: Edit,
    made: &Made,
    count: u32,
) -> Result<(), Status> {
    // The map is read again, because an allocation happened since.
    let old = Bucket::of(window, map, kind)?.shape;
    let new = Shape { seed: made.seed, ..Bucket::open(window, made.wrapper)?.shape };
    let left = if let Edit::Leave(number) = edit { number } else { u32::MAX };
    // The most live slots to read: for a plain bucket, its count.
    let mut live = if old.form == BucketForm::Plain { old.count } else { u32::MAX };
    let (mut from, mut to) = (0u32, 0u32);
    while from < old.view && live > 0 {
        let run = run_of_live(window, &old, from, left)?.min(live);
        if run == 0 {
            live = live.wrapping_sub(u32::from(from == left));
            from = after_empty(window, &old, from)?;
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
    // The old bucket's count does not match its slots.
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

/// The next slot after an empty one that may be live.
fn after_empty(window: &[u8], old: &Shape, number: u32) -> Result<u32, Status> {
    if !emptied::has_flags(old) {
        return Ok(number.wrapping_add(1));
    }
    let length = old.index_at().wrapping_sub(old.slot_at(0));
    let slots = super::layout::at(window, old.slot_at(0))?.get(..length).ok_or(Status::Malformed)?;
    Ok(emptied::next(slots.as_chunks().0, number))
}

/// The number of consecutive live slots from this one on, up to the one to leave out.
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

/// Makes the wrapper of a bucket. The bucket is rooted meanwhile, and freed when the wrapper cannot be allocated.
pub(super) fn publish(memory: &mut impl Memory, made: Made) -> Result<u32, Status> {
    let bucket = made.wrapper.bucket;
    let wrapper = rooted(memory, [bucket], |memory| allocate_bytes(memory, made.wrapper.to_bytes()));
    if wrapper.is_err() && bucket != 0 {
        memory.discard(bucket);
    }
    wrapper
}

/// A search in seldom-run code, as a call, so that the compiler still inlines it where it is often run.
#[inline(never)]
fn search(window: &[u8], kind: TableKind, map: u32, key: Value) -> Result<Lookup, Status> {
    Bucket::of(window, map, kind)?.find(&Key::Value(key))
}

/// Whether the memory asks for copies, and the key or the value is a string.
pub(super) fn wants_copies(memory: &impl Memory, key: Value, value: Value) -> bool {
    memory.flags().copy_strings && [key, value].iter().any(|field| field.tag() == Tag::Text)
}

/// Whether the key has this very value.
pub(super) fn has(
    memory: &impl Memory,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
) -> Result<bool, Status> {
    let found = search(memory.bytes(), kind, map, key)?;
    Ok(matches!(found, Lookup::At(_, slot, _) if slot.value == value.to_bits()))
}

/// Runs an insertion with copies of its strings in blocks of their own; a key that is there already has its own. The
/// insertion searches again, because the allocations may have run any code.
pub(super) fn with_copies<M: Memory, T>(
    memory: &mut M,
    kind: TableKind,
    map: u32,
    key: Value,
    value: Value,
    insert: impl FnOnce(&mut M, TableKind, u32, Value, Value) -> Result<T, Status>,
) -> Result<T, Status> {
    let is_there = |memory: &M| -> Result<bool, Status> {
        Ok(matches!(search(memory.bytes(), kind, map, key)?, Lookup::At(..)))
    };
    let known = is_there(memory)?;
    rooted(memory, [map, key.block(), value.block()], |memory| {
        if known {
            return with_own(memory, value, |memory, value| {
                if is_there(memory)? { insert(memory, kind, map, key, value) } else { Err(Status::Malformed) }
            });
        }
        with_own(memory, key, |memory, key| {
            with_own(memory, value, |memory, value| insert(memory, kind, map, key, value))
        })
    })
}

/// Runs with a copy of the string in its own block if the memory asks for copies, otherwise with the value itself.
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
