//! The entries of an index: adding, removing and checking them.

use super::effort::{Effort, look};
use super::index::{FARTHEST, ProbePosition, TOMBSTONE, has_room};
use super::key::{ExactKey, FloatKey, Probe, canonical, hash_key};
use super::layout::{ENTRY_BYTES, GROUP_BYTES, SLOT_BYTES, Shape, Slot, at_mut, chunk, chunk_mut, long};
use super::value::Tag;
use super::version::Bucket;
use crate::lanes::{self, Mask};
use crate::status::Status;

/// Adds the entry of a slot whose key is not in the index. `Malformed` when every group within reach is full.
#[inline(always)]
pub(super) fn enter(window: &mut [u8], shape: &Shape, place: ProbePosition, slot: u32) -> Result<(), Status> {
    let entry = shape.entry(place.hash, slot);
    // The group at the position nearly always has room.
    if put_entry(group_mut(window, shape, place)?, entry) {
        Ok(())
    } else {
        enter_behind(window, *shape, place.group, entry)
    }
}

/// The same, for one of many entries.
#[inline(always)]
pub(super) fn enter_with(
    window: &mut [u8],
    shape: &Shape,
    place: ProbePosition,
    slot: u32,
    steps: &mut Steps,
) -> Result<(), Status> {
    let entry = shape.entry(place.hash, slot);
    if put_entry(group_mut(window, shape, place)?, entry) {
        Ok(())
    } else {
        enter_next(groups_mut(window, shape)?, place.group, entry, steps)
    }
}

#[inline(always)]
fn group_mut<'w>(
    window: &'w mut [u8],
    shape: &Shape,
    place: ProbePosition,
) -> Result<&'w mut [u8; GROUP_BYTES], Status> {
    chunk_mut(window, shape.index_at().wrapping_add(GROUP_BYTES.wrapping_mul(place.group)))
}

/// How many groups may still be searched beyond the entries' home groups, for a whole index.
pub(super) struct Steps {
    left: usize,
}

impl Steps {
    /// For building or checking a whole index. In one that is 7/8 full, one entry in six is in the next group; only
    /// keys that occur many times need more steps than this.
    pub(super) fn of(shape: &Shape) -> Self {
        Steps { left: (shape.capacity as usize).saturating_mul(4) }
    }

    fn take(&mut self) -> Result<(), Status> {
        self.left = self.left.checked_sub(1).ok_or(Status::Malformed)?;
        Ok(())
    }
}

/// Puts the entry into a group; false when that is full.
#[inline(always)]
fn put_entry(entries: &mut [u8; GROUP_BYTES], entry: u32) -> bool {
    look(GROUP_BYTES);
    let empty = lanes::equal(entries, Mask::new(u32::MAX), 0).next();
    let place = empty.and_then(|lane| entries.as_chunks_mut().0.get_mut(lane));
    place.map(|place| *place = entry.to_le_bytes()).is_some()
}

/// Puts the entry into the next group that has room.
#[inline(never)]
fn enter_behind(window: &mut [u8], shape: Shape, full: usize, entry: u32) -> Result<(), Status> {
    enter_next(groups_mut(window, &shape)?, full, entry, &mut Steps { left: FARTHEST })
}

#[inline(never)]
fn enter_next(
    groups: &mut [[u8; GROUP_BYTES]],
    full: usize,
    entry: u32,
    steps: &mut Steps,
) -> Result<(), Status> {
    let last = groups.len().wrapping_sub(1);
    for step in 1..groups.len().min(FARTHEST) {
        steps.take()?;
        let entries = groups.get_mut(full.wrapping_add(step) & last).ok_or(Status::Malformed)?;
        if put_entry(entries, entry) {
            return Ok(());
        }
    }
    Err(Status::Malformed)
}

/// Replaces the entry of an emptied slot by a tombstone.
pub(super) fn leave(window: &mut [u8], shape: &Shape, entry: usize) -> Result<(), Status> {
    let at = shape.index_at().wrapping_add(ENTRY_BYTES.wrapping_mul(entry));
    *chunk_mut(window, at)? = TOMBSTONE.to_le_bytes();
    Ok(())
}

fn groups_mut<'w>(window: &'w mut [u8], shape: &Shape) -> Result<&'w mut [[u8; GROUP_BYTES]], Status> {
    let index = at_mut(window, shape.index_at())?.get_mut(..GROUP_BYTES * shape.groups());
    Ok(index.ok_or(Status::Malformed)?.as_chunks_mut().0)
}

/// Where the entry of a key that is not in the index belongs.
#[inline]
pub(super) fn home(shape: &Shape, hash: u64) -> ProbePosition {
    ProbePosition { hash, group: shape.home(hash) }
}

/// Adds the entries of the first `count` slots of a bucket whose index is empty. `Malformed` when a key is a string
/// outside the memory, `LimitExceeded` when too many keys are overlapping strings.
pub(super) fn enter_all(window: &mut [u8], shape: &Shape, tag: Tag, count: u32) -> Result<(), Status> {
    let (mut steps, mut effort) = (Steps::of(shape), Effort::of(window.len()));
    if tag == Tag::Text {
        for number in 0..count {
            look(SLOT_BYTES);
            let slot: &[u8; SLOT_BYTES] = chunk(window, shape.slot_at(number))?;
            let hash = hash_key(window, tag, long(slot, 4), shape.seed, &mut effort)?;
            enter_with(window, shape, home(shape, hash), number, &mut steps)?;
        }
        return Ok(());
    }
    // Other keys need only the slots.
    let length = shape.index_at().wrapping_sub(shape.slot_at(0));
    let bucket = at_mut(window, shape.slot_at(0))?;
    let (slots, index) = bucket.split_at_mut_checked(length).ok_or(Status::Malformed)?;
    let (slots, _) = slots.as_chunks::<SLOT_BYTES>();
    let groups = index.get_mut(..GROUP_BYTES * shape.groups()).ok_or(Status::Malformed)?.as_chunks_mut().0;
    let slots = slots.get(..count as usize).ok_or(Status::Malformed)?;
    match tag {
        Tag::Float => {
            enter_words(groups, shape, slots, &mut steps, |key| FloatKey(canonical(key)).hash(shape.seed))
        }
        _ => enter_words(groups, shape, slots, &mut steps, |key| ExactKey(key).hash(shape.seed)),
    }
}

/// An index of this many groups is too large for the nearer caches.
const LARGE: usize = 1 << 13;
/// The group of an entry is fetched while the entries of this many slots before it are added.
const AHEAD: usize = 32;

/// Adds the entries of slots whose keys are hashed by their bits.
#[inline]
fn enter_words(
    groups: &mut [[u8; GROUP_BYTES]],
    shape: &Shape,
    slots: &[[u8; SLOT_BYTES]],
    steps: &mut Steps,
    hash: impl Fn(u64) -> u64,
) -> Result<(), Status> {
    let ahead = if groups.len() < LARGE { slots.len() } else { AHEAD };
    for (slot, number) in slots.iter().zip(0..) {
        look(SLOT_BYTES);
        if let Some(later) = slots.get((number as usize).wrapping_add(ahead))
            && let Some(group) = groups.get(shape.home(hash(long(later, 4))))
        {
            lanes::fetch(group);
        }
        let hash = hash(long(slot, 4));
        let (group, entry) = (shape.home(hash), shape.entry(hash, number));
        if !put_entry(groups.get_mut(group).ok_or(Status::Malformed)?, entry) {
            enter_next(groups, group, entry, steps)?;
        }
    }
    Ok(())
}

/// Checks that the index is exactly that of the bucket's live slots, whose keys have these hashes: each has one entry
/// that a search finds, and every other entry is a tombstone. Linear. `Malformed`, also when searches are longer than
/// ever happens by chance.
pub(super) fn check(
    bucket: &Bucket<'_>,
    mut hash: impl FnMut(u64) -> Result<u64, Status>,
) -> Result<(), Status> {
    let shape = &bucket.shape;
    let (mut live, mut steps) = (0u32, Steps::of(shape));
    for (number, slot) in (0..shape.used).zip(bucket.slots.iter().map(Slot::load)) {
        if slot.is_live() {
            let hash = hash(slot.key)?;
            check_entry(bucket, home(shape, hash).group, shape.entry(hash, number), &mut steps)?;
            live = live.wrapping_add(1);
        }
    }
    // Every live slot has an entry of its own, so equal numbers mean that there are no others.
    let (mut entries, mut left) = (0u32, 0u32);
    for group in bucket.groups {
        look(GROUP_BYTES);
        let mut empty = false;
        for entry in group.as_chunks::<4>().0 {
            match u32::from_le_bytes(*entry) {
                0 => empty = true,
                // Groups fill from the front.
                _ if empty => return Err(Status::Malformed),
                TOMBSTONE => left = left.wrapping_add(1),
                _ => entries = entries.wrapping_add(1),
            }
        }
    }
    let exact = entries == live && entries.checked_add(left) == Some(shape.used);
    if exact { Ok(()) } else { Err(Status::Malformed) }
}

/// Checks that a search from this group on finds the entry.
fn check_entry(bucket: &Bucket<'_>, home: usize, entry: u32, steps: &mut Steps) -> Result<(), Status> {
    let last = bucket.groups.len().wrapping_sub(1);
    for step in 0..bucket.groups.len().min(FARTHEST) {
        let entries = bucket.groups.get(home.wrapping_add(step) & last).ok_or(Status::Malformed)?;
        look(GROUP_BYTES);
        if lanes::equal(entries, Mask::new(u32::MAX), entry).next().is_some() {
            return Ok(());
        }
        if has_room(entries) {
            break;
        }
        steps.take()?;
    }
    Err(Status::Malformed)
}
