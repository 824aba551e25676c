//! The index behind a bucket's slots: groups of eight entries, looked at together. An entry is 0, or the top bit, then
//! bits of the hash, then the number of the slot. Groups are filled from the front. Every live slot has an entry; one of
//! a newer version is passed over. The entry of a slot that is emptied stays as [`LEFT`], so that the group stays full.

use core::hint::black_box;

use super::layout::{
    Bucket, Form, GROUP_BYTES, LIVE, SLOT_BYTES, Shape, Slot, chunk, chunk_mut, long, text, word,
};
use super::value::{Content, Exact, Key, Number, Probe, Tag, Value, canonical, hash_key};
use crate::Status;
use crate::lanes::{self, Mask};

const GROUP: usize = 8;
/// No entry is so many groups away from where its hash belongs: of 2^24 groups that are 7/8 full, one is with a
/// probability below 2^-70. Only keys that are there many times, in memory that others wrote into, get so far, and
/// copying them must not take their number's square.
const FARTHEST: usize = 1024;
/// In every entry; beyond all addresses of a heap, for conservative collectors.
const ENTRY: u32 = 1 << 31;
/// The entry of no slot any more: the last slot of a bucket is never used.
const LEFT: u32 = u32::MAX;

/// What a search found.
#[derive(Clone, Copy)]
pub(super) enum Found {
    /// The slot's number, what is in it, and where its entry is.
    At(u32, Slot, Place),
    /// The key is not there; what it takes to put it there.
    Absent(Place),
}

/// A key's hash and the group where its entry is, or belongs.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    hash: u64,
    group: usize,
}

/// The same with the probe of a key, whichever it is.
macro_rules! on_probe {
    ($window:expr, $key:expr, $probe:ident => $body:expr) => {
        match *$key {
            Key::Value(Value::Int(value)) => {
                let $probe = Exact(value as u64);
                $body
            }
            Key::Value(Value::Bits(bits)) => {
                let $probe = Exact(u64::from(bits));
                $body
            }
            Key::Value(Value::Float(value)) => {
                let $probe = Number(canonical(value.to_bits()));
                $body
            }
            Key::Value(Value::Text { pointer, length }) => {
                let $probe = Content(text($window, pointer, length)?);
                $body
            }
            Key::Text(bytes) => {
                let $probe = Content(bytes);
                $body
            }
        }
    };
}

/// What a hash is in entries, above the slot's number.
#[inline]
fn entry_bits(hash: u64) -> u32 {
    ENTRY | (hash >> 33) as u32
}

/// How the entries of an index are divided; who searches many times keeps it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entries {
    /// The bits that are not the slot's number.
    above: Mask,
    /// Those that are.
    below: u32,
}

impl Entries {
    #[inline(always)]
    pub(super) fn of(shape: &Shape) -> Self {
        let below = shape.capacity.wrapping_sub(1);
        Entries { above: Mask::new(!below), below }
    }
}

impl Shape {
    fn groups(&self) -> usize {
        self.capacity as usize / GROUP
    }

    /// The entry of a slot whose key has this hash.
    #[inline]
    fn entry(&self, hash: u64, slot: u32) -> u32 {
        entry_bits(hash) & !self.capacity.wrapping_sub(1) | slot
    }

    #[inline]
    fn home(&self, hash: u64) -> usize {
        hash as usize & self.groups().wrapping_sub(1)
    }
}

impl Bucket<'_> {
    /// The live slot of this version that has the key. `Malformed`.
    #[inline(always)]
    pub(super) fn find(&self, key: &Key<'_>) -> Result<Found, Status> {
        on_probe!(self.window, key, probe => self.search(probe))
    }

    /// The value of the key. `NotFound`, `Malformed`.
    #[inline(always)]
    pub(super) fn value(&self, key: &Key<'_>, entries: Entries) -> Result<u64, Status> {
        on_probe!(self.window, key, probe => self.value_of(probe, entries))
    }

    /// Always in line: a call would want the bucket in memory.
    #[inline(always)]
    fn value_of(&self, probe: impl Probe, entries: Entries) -> Result<u64, Status> {
        let found = match (self.groups.len().checked_sub(1), probe.field()) {
            (Some(last), _) => self.probe(probe, entries, last)?,
            (None, Some(field)) => {
                if self.shape.form == Form::Plain {
                    return value_in(self.seen, field).ok_or(Status::NotFound);
                }
                let slot = number_in(self.slots, self.seen.len(), field)
                    .and_then(|number| self.slots.get(number as usize));
                return slot.map(|slot| long(slot, 12)).ok_or(Status::NotFound);
            }
            (None, None) => self.scan(probe)?,
        };
        match found {
            Found::At(_, slot, _) => Ok(slot.value),
            Found::Absent(_) => Err(Status::NotFound),
        }
    }

    #[inline(always)]
    fn search(&self, probe: impl Probe) -> Result<Found, Status> {
        match self.groups.len().checked_sub(1) {
            Some(last) => self.probe(probe, Entries::of(&self.shape), last),
            None => self.scan(probe),
        }
    }

    #[inline(always)]
    fn scan(&self, probe: impl Probe) -> Result<Found, Status> {
        let number = match (self.shape.form, probe.field()) {
            (Form::Small, Some(field)) => number_of(self.slots, self.seen.len(), field),
            _ => first_in(self.window, self.seen, probe)?,
        };
        let slot = number.and_then(|number| Some((number, self.seen_slot(number)?)));
        Ok(slot.map_or(Found::Absent(Place::default()), |(number, slot)| {
            Found::At(number, slot, Place::default())
        }))
    }

    /// In an index whose last group has that number.
    #[inline(always)]
    fn probe(&self, probe: impl Probe, entries: Entries, last: usize) -> Result<Found, Status> {
        let hash = probe.hash(self.shape.seed);
        let Entries { above, below } = entries;
        let wanted = entry_bits(hash);
        let mut group = hash as usize;
        // The compiler sees that there is a group of every number that is masked so.
        while let Some(entries) = self.groups.get(group & last) {
            let words = entries.as_chunks::<4>().0;
            for lane in lanes::equal(entries, above, wanted) {
                let Some(word) = words.get(lane) else { break };
                let number = u32::from_le_bytes(*word) & below;
                if let Some(slot) = self.seen_slot(number)
                    && probe.is(self.window, slot.key)?
                {
                    return Ok(Found::At(number, slot, Place { hash, group: group & last }));
                }
            }
            let next = group.wrapping_add(1);
            // All are full: only memory that others wrote into gets so far.
            let around = (next ^ hash as usize) & last == 0;
            if has_room(entries) || around {
                break;
            }
            group = next;
        }
        Ok(Found::Absent(Place { hash, group: group & last }))
    }
}

/// Whether the last entry of a group is empty, and so no entry that belongs here is in the next one.
#[inline(always)]
fn has_room(entries: &[u8; GROUP_BYTES]) -> bool {
    // Else the compiler loads it before it is asked for, and every get of a key that is there takes 8 percent longer.
    black_box(entries).last_chunk() == Some(&[0; 4])
}

/// The value of the key whose field is this one, in slots of a plain bucket. A function of its own, of what fits into
/// registers, as its loop would else be in the way of lookups in an index.
#[inline(never)]
fn value_in(seen: &[[u8; SLOT_BYTES]], field: u64) -> Option<u64> {
    let mut live = seen.iter().map(Slot::load).filter(Slot::is_live);
    live.find(|slot| slot.key == field).map(|slot| slot.value)
}

/// The live slot of a key, whichever it is, without an index.
#[inline(never)]
fn first_in(window: &[u8], seen: &[[u8; SLOT_BYTES]], probe: impl Probe) -> Result<Option<u32>, Status> {
    for (number, slot) in (0..).zip(seen.iter().map(Slot::load)) {
        if slot.is_live() && probe.is(window, slot.key)? {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// As [`number_in`], apart for the same reason as [`value_in`].
#[inline(never)]
fn number_of(slots: &[[u8; SLOT_BYTES]], seen: usize, field: u64) -> Option<u32> {
    number_in(slots, seen, field)
}

/// The slot of the key whose field is this one: all eight of a small bucket are looked at at once.
#[inline(always)]
fn number_in(slots: &[[u8; SLOT_BYTES]], seen: usize, field: u64) -> Option<u32> {
    let slots = slots.first_chunk::<8>()?;
    let keys = slots.each_ref().map(Slot::key_bytes);
    let mut lanes = lanes::equal_long(keys, field);
    let lane =
        lanes.find(|lane| *lane < seen && slots.get(*lane).is_some_and(|slot| word(slot, 0) == LIVE))?;
    Some(lane as u32)
}

/// Makes the entry of a slot, whose key is not in the index. `Malformed` when every group is full that may be looked
/// at.
#[inline(always)]
pub(super) fn enter(window: &mut [u8], shape: &Shape, place: Place, slot: u32) -> Result<(), Status> {
    let entry = shape.entry(place.hash, slot);
    let entries = chunk_mut(window, shape.index_at().wrapping_add(GROUP_BYTES.wrapping_mul(place.group)))?;
    // The place is nearly always that of a group with room.
    if put_entry(entries, entry) { Ok(()) } else { enter_behind(window, *shape, place.group, entry) }
}

/// The entry into a group, if that has room.
#[inline(always)]
fn put_entry(entries: &mut [u8; GROUP_BYTES], entry: u32) -> bool {
    let empty = lanes::equal(entries, Mask::new(u32::MAX), 0).next();
    let place = empty.and_then(|lane| entries.as_chunks_mut().0.get_mut(lane));
    place.map(|place| *place = entry.to_le_bytes()).is_some()
}

/// The entry into the next group that has room.
#[inline(never)]
fn enter_behind(window: &mut [u8], shape: Shape, full: usize, entry: u32) -> Result<(), Status> {
    enter_next(groups_mut(window, &shape)?, full, entry)
}

fn enter_next(groups: &mut [[u8; GROUP_BYTES]], full: usize, entry: u32) -> Result<(), Status> {
    let last = groups.len().wrapping_sub(1);
    for step in 1..groups.len().min(FARTHEST) {
        let entries = groups.get_mut(full.wrapping_add(step) & last).ok_or(Status::Malformed)?;
        if put_entry(entries, entry) {
            return Ok(());
        }
    }
    Err(Status::Malformed)
}

/// Takes back the entry of a slot that is emptied. `Malformed` when it is not where it was found.
pub(super) fn leave(window: &mut [u8], shape: &Shape, place: Place, slot: u32) -> Result<(), Status> {
    let entries = groups_mut(window, shape)?.get_mut(place.group).ok_or(Status::Malformed)?;
    let lane = lanes::equal(entries, Mask::new(u32::MAX), shape.entry(place.hash, slot)).next();
    let entry = lane.and_then(|lane| entries.as_chunks_mut::<4>().0.get_mut(lane));
    *entry.ok_or(Status::Malformed)? = LEFT.to_le_bytes();
    Ok(())
}

fn groups_mut<'w>(window: &'w mut [u8], shape: &Shape) -> Result<&'w mut [[u8; GROUP_BYTES]], Status> {
    let index =
        window.get_mut(shape.index_at()..).and_then(|index| index.get_mut(..GROUP_BYTES * shape.groups()));
    Ok(index.ok_or(Status::Malformed)?.as_chunks_mut().0)
}

/// Where the entry of a key that is nowhere in the index belongs.
#[inline]
pub(super) fn home(shape: &Shape, hash: u64) -> Place {
    Place { hash, group: shape.home(hash) }
}

/// Makes the entries of the first `count` slots of a bucket whose index is empty. `Malformed` when a key is a string
/// outside the memory.
pub(super) fn enter_all(window: &mut [u8], shape: &Shape, tag: Tag, count: u32) -> Result<(), Status> {
    if tag == Tag::Text {
        for number in 0..count {
            let slot: &[u8; SLOT_BYTES] = chunk(window, shape.slot_at(number))?;
            let hash = hash_key(window, tag, long(slot, 4), shape.seed)?;
            enter(window, shape, home(shape, hash), number)?;
        }
        return Ok(());
    }
    // Other keys need nothing but the slots.
    let (slots, index) = window.split_at_mut_checked(shape.index_at()).ok_or(Status::Malformed)?;
    let (slots, _) = slots.get(shape.slot_at(0)..).ok_or(Status::Malformed)?.as_chunks::<SLOT_BYTES>();
    let groups = index.get_mut(..GROUP_BYTES * shape.groups()).ok_or(Status::Malformed)?.as_chunks_mut().0;
    let slots = slots.get(..count as usize).ok_or(Status::Malformed)?;
    match tag {
        Tag::Float => enter_words(groups, shape, slots, |key| Number(canonical(key)).hash(shape.seed)),
        _ => enter_words(groups, shape, slots, |key| Exact(key).hash(shape.seed)),
    }
}

/// Makes the entries of slots whose keys are hashed as they stand.
#[inline]
fn enter_words(
    groups: &mut [[u8; GROUP_BYTES]],
    shape: &Shape,
    slots: &[[u8; SLOT_BYTES]],
    hash: impl Fn(u64) -> u64,
) -> Result<(), Status> {
    for (slot, number) in slots.iter().zip(0..) {
        let hash = hash(long(slot, 4));
        let (group, entry) = (shape.home(hash), shape.entry(hash, number));
        if !put_entry(groups.get_mut(group).ok_or(Status::Malformed)?, entry) {
            enter_next(groups, group, entry)?;
        }
    }
    Ok(())
}

/// The slot numbers of the index, in no order, of entries that are not empty; `None` for one whose slot was emptied.
pub(super) fn numbers<'a>(
    bucket: &Bucket<'a>,
) -> impl Iterator<Item = Result<Option<u32>, Status>> + use<'a> {
    let below = bucket.shape.capacity.wrapping_sub(1);
    let entries =
        bucket.groups.as_flattened().as_chunks::<4>().0.iter().map(|entry| u32::from_le_bytes(*entry));
    entries.filter(|entry| *entry != 0).map(move |entry| match entry {
        LEFT => Ok(None),
        _ if entry & ENTRY != 0 => Ok(Some(entry & below)),
        _ => Err(Status::Malformed),
    })
}
