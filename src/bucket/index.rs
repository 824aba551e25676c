//! The index behind a bucket's slots: groups of eight entries, looked at together. An entry is 0, or the top bit, then
//! bits of the hash, then the number of the slot. Groups are filled from the front. Every live slot has an entry; one of
//! a newer version is passed over. The entry of a slot that is emptied stays as [`TOMBSTONE`], so that the group stays full.

use core::hint::black_box;

use super::effort::{Effort, Late, look};
use super::layout::{
    Bucket, BucketForm, ENTRY_BYTES, GROUP_BYTES, HEADER_BYTES, LIVE, MAX_CAPACITY, OURS, SLOT_BYTES,
    SMALL_CAPACITY, Shape, Slot, TRAILER_BYTES, TableKind, WRAPPER_BYTES, at, at_mut, chunk, chunk_mut, long,
    text, word,
};
use super::value::{ExactKey, FloatKey, Key, Probe, Tag, TextKey, Value, canonical, hash_key};
use crate::lanes::{self, Mask};
use crate::status::Status;

const GROUP: usize = 8;
/// No entry is so many groups away from where its hash belongs: of 2^24 groups that are 7/8 full, one is with a
/// probability below 2^-70. Only keys that are there many times, in memory that others wrote into, get so far, and
/// copying them must not take their number's square.
const FARTHEST: usize = 1024;
/// In every entry; beyond all addresses of a heap, for conservative collectors.
const ENTRY: u32 = 1 << 31;
/// A tombstone: the entry of a slot that was emptied. No slot has this number, as the last one of a bucket is never used.
const TOMBSTONE: u32 = u32::MAX;

/// What a search found.
#[derive(Clone, Copy)]
pub(super) enum Lookup {
    /// The slot's number, what is in it, and which entry of the index is its own.
    At(u32, Slot, usize),
    /// The key is not there; what it takes to put it there.
    Absent(ProbePosition),
}

/// A key's hash and the group where its entry belongs. In a plain bucket: the slot behind the live ones.
#[derive(Clone, Copy, Default)]
pub(super) struct ProbePosition {
    hash: u64,
    group: usize,
}

impl ProbePosition {
    /// Where a plain bucket, in which the key was looked for and is not, has the next slot.
    pub(super) fn next_plain(self) -> Option<u32> {
        u32::try_from(self.group).ok()
    }
}

/// The same with the probe of a key, whichever it is.
macro_rules! on_probe {
    ($window:expr, $key:expr, $probe:ident => $body:expr) => {
        match *$key {
            Key::Value(Value::Int(value)) => {
                let $probe = ExactKey(value as u64);
                $body
            }
            Key::Value(Value::Bits(bits)) => {
                let $probe = ExactKey(u64::from(bits));
                $body
            }
            Key::Value(Value::Float(value)) => {
                let $probe = FloatKey(canonical(value.to_bits()));
                $body
            }
            Key::Value(Value::Text { pointer, length }) => {
                let $probe = TextKey(text($window, pointer, length)?);
                $body
            }
            Key::Text(bytes) => {
                let $probe = TextKey(bytes);
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
    pub(super) fn of(capacity: u32) -> Self {
        let below = capacity.wrapping_sub(1);
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

/// What a search in an index looks at.
#[derive(Clone, Copy)]
pub(crate) struct Indexed<'a> {
    /// Where the strings of keys lie.
    pub(crate) window: &'a [u8],
    pub(crate) seed: u64,
    /// The slots of the version.
    pub(crate) seen: &'a [[u8; SLOT_BYTES]],
    /// The groups of the index: an eighth as many as the bucket has slots.
    pub(crate) groups: &'a [[u8; GROUP_BYTES]],
}

impl<'a> Indexed<'a> {
    /// A version whose bucket has an index, and its shape. `None` for any other wrapper, good or bad: what is wrong with it,
    /// opening it says.
    #[inline(always)]
    pub(super) fn of(window: &'a [u8], offset: u32, kind: TableKind) -> Option<(Self, Shape)> {
        let wrapper = chunk::<WRAPPER_BYTES>(window, offset as usize).ok()?;
        let (tag, second, bucket) = (word(wrapper, 0), word(wrapper, 4), word(wrapper, 8));
        if tag != kind.tag() || second & OURS == 0 || bucket == 0 {
            return None;
        }
        let (header, body) = at(window, bucket as usize).ok()?.split_first_chunk::<HEADER_BYTES>()?;
        let (capacity, count, view) = (word(header, 0), word(header, 4), second & !OURS);
        if !capacity.is_power_of_two() || !(SMALL_CAPACITY + 1..=MAX_CAPACITY).contains(&capacity) {
            return None;
        }
        let (slots, body) = body.split_at_checked(SLOT_BYTES * capacity as usize)?;
        let (index, body) = body.split_at_checked(ENTRY_BYTES * capacity as usize)?;
        let trailer = body.first_chunk::<TRAILER_BYTES>()?;
        look(WRAPPER_BYTES + HEADER_BYTES + TRAILER_BYTES);
        let (seed, used) = (long(trailer, 0), word(trailer, 8));
        if count > capacity || view > used || used > capacity {
            return None;
        }
        let seen = slots.get(..SLOT_BYTES * view as usize)?.as_chunks().0;
        let shape = Shape { form: BucketForm::Indexed, bucket, capacity, count, used, view, seed };
        Some((Indexed { window, seed, seen, groups: index.as_chunks().0 }, shape))
    }

    /// The value of a key. `NotFound`, `Malformed`, `LimitExceeded`.
    #[inline(always)]
    pub(crate) fn value(&self, key: &Key<'_>) -> Result<u64, Status> {
        match self.find(key)? {
            Lookup::At(_, slot, _) => Ok(slot.value),
            Lookup::Absent(_) => Err(Status::NotFound),
        }
    }

    /// The live slot that has the key. `Malformed`, `LimitExceeded`.
    #[inline(always)]
    pub(super) fn find(&self, key: &Key<'_>) -> Result<Lookup, Status> {
        let capacity = (self.groups.len() as u32).wrapping_mul(GROUP as u32);
        let last = self.groups.len().wrapping_sub(1);
        on_probe!(self.window, key, probe => self.probe(probe, Entries::of(capacity), last))
    }
}

impl<'a> Bucket<'a> {
    #[inline(always)]
    fn indexed(&self) -> Indexed<'a> {
        Indexed { window: self.window, seed: self.shape.seed, seen: self.seen, groups: self.groups }
    }

    /// The live slot of this version that has the key. `Malformed`, `LimitExceeded`.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn find(&self, key: &Key<'_>) -> Result<Lookup, Status> {
        on_probe!(self.window, key, probe => self.search(probe))
    }

    /// The value of the key. `NotFound`, `Malformed`, `LimitExceeded`.
    #[inline(always)]
    pub(super) fn value(&self, key: &Key<'_>, entries: Entries) -> Result<u64, Status> {
        on_probe!(self.window, key, probe => self.value_of(probe, entries))
    }

    /// Always in line: a call would want the bucket in memory.
    #[inline(always)]
    fn value_of(&self, probe: impl Probe, entries: Entries) -> Result<u64, Status> {
        let found = match (self.groups.len().checked_sub(1), probe.field()) {
            (Some(last), _) => self.indexed().probe(probe, entries, last)?,
            (None, Some(field)) => {
                if self.shape.form == BucketForm::Plain {
                    return value_in(self.seen, self.shape.count, field).ok_or(Status::NotFound);
                }
                let slot = number_in(self.slots, self.seen.len(), field)
                    .and_then(|number| self.slots.get(number as usize));
                return slot.map(|slot| long(slot, 12)).ok_or(Status::NotFound);
            }
            (None, None) => {
                let (number, _) = first_in(self.window, self.seen, self.most(), probe)?;
                let slot = number.and_then(|number| self.seen_slot(number));
                return slot.map(|slot| slot.value).ok_or(Status::NotFound);
            }
        };
        match found {
            Lookup::At(_, slot, _) => Ok(slot.value),
            Lookup::Absent(_) => Err(Status::NotFound),
        }
    }

    #[inline(always)]
    fn search(&self, probe: impl Probe) -> Result<Lookup, Status> {
        match self.groups.len().checked_sub(1) {
            Some(last) => self.indexed().probe(probe, Entries::of(self.shape.capacity), last),
            None => self.scan(probe),
        }
    }

    #[inline(always)]
    fn scan(&self, probe: impl Probe) -> Result<Lookup, Status> {
        let (number, behind) = match (self.shape.form, probe.field()) {
            (BucketForm::Small, Some(field)) => (number_of(self.slots, self.seen.len(), field), 0),
            _ => first_in(self.window, self.seen, self.most(), probe)?,
        };
        let place = ProbePosition { hash: 0, group: behind };
        let slot = number.and_then(|number| Some((number, self.seen_slot(number)?)));
        Ok(slot.map_or(Lookup::Absent(place), |(number, slot)| Lookup::At(number, slot, 0)))
    }
}

impl Indexed<'_> {
    /// In an index whose last group has that number.
    #[inline(always)]
    fn probe(&self, probe: impl Probe, divided: Entries, last: usize) -> Result<Lookup, Status> {
        let mut late = Late::default();
        let hash = probe.hash(self.seed);
        let Entries { above, below } = divided;
        let wanted = entry_bits(hash);
        let mut group = hash as usize;
        // The compiler sees that there is a group of every number that is masked so.
        while let Some(entries) = self.groups.get(group & last) {
            look(GROUP_BYTES);
            let words = entries.as_chunks::<4>().0;
            for lane in lanes::equal(entries, above, wanted) {
                let Some(word) = words.get(lane) else { break };
                let number = u32::from_le_bytes(*word) & below;
                let Some(slot) = self.seen.get(number as usize).map(Slot::load) else { continue };
                if probe.matches(self.window, slot.key, &mut late)? {
                    return Ok(Lookup::At(
                        number,
                        slot,
                        (group & last).wrapping_mul(GROUP).wrapping_add(lane),
                    ));
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
        Ok(Lookup::Absent(ProbePosition { hash, group: group & last }))
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
fn value_in(seen: &[[u8; SLOT_BYTES]], count: u32, field: u64) -> Option<u64> {
    let mut live = seen.iter().map(Slot::load).filter(Slot::is_live).take(count as usize);
    live.find(|slot| slot.key == field).map(|slot| slot.value)
}

/// The live slot of a key, whichever it is, without an index, among the first `most` ones, and else the number of the
/// slot behind those.
#[inline(never)]
fn first_in(
    window: &[u8],
    seen: &[[u8; SLOT_BYTES]],
    most: usize,
    probe: impl Probe,
) -> Result<(Option<u32>, usize), Status> {
    let live = (0..).zip(seen.iter().map(Slot::load)).filter(|(_, slot)| slot.is_live());
    let (mut behind, mut late) = (0, Late::default());
    for (number, slot) in live.take(most) {
        if probe.matches(window, slot.key, &mut late)? {
            return Ok((Some(number), 0));
        }
        behind = number.wrapping_add(1);
    }
    Ok((None, behind as usize))
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
pub(super) fn enter(window: &mut [u8], shape: &Shape, place: ProbePosition, slot: u32) -> Result<(), Status> {
    let entry = shape.entry(place.hash, slot);
    // The place is nearly always that of a group with room.
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

/// How many groups may still be looked at, behind those where the entries of a whole index belong.
pub(super) struct Steps {
    left: usize,
}

impl Steps {
    /// For an index that is made or looked through. Of one that is 7/8 full, one entry in six is in the next group;
    /// only keys that are there many times take more than this.
    pub(super) fn of(shape: &Shape) -> Self {
        Steps { left: (shape.capacity as usize).saturating_mul(4) }
    }

    fn take(&mut self) -> Result<(), Status> {
        self.left = self.left.checked_sub(1).ok_or(Status::Malformed)?;
        Ok(())
    }
}

/// The entry into a group, if that has room.
#[inline(always)]
fn put_entry(entries: &mut [u8; GROUP_BYTES], entry: u32) -> bool {
    look(GROUP_BYTES);
    let empty = lanes::equal(entries, Mask::new(u32::MAX), 0).next();
    let place = empty.and_then(|lane| entries.as_chunks_mut().0.get_mut(lane));
    place.map(|place| *place = entry.to_le_bytes()).is_some()
}

/// The entry into the next group that has room.
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

/// Takes back an entry, of a slot that is emptied.
pub(super) fn leave(window: &mut [u8], shape: &Shape, entry: usize) -> Result<(), Status> {
    let at = shape.index_at().wrapping_add(ENTRY_BYTES.wrapping_mul(entry));
    *chunk_mut(window, at)? = TOMBSTONE.to_le_bytes();
    Ok(())
}

fn groups_mut<'w>(window: &'w mut [u8], shape: &Shape) -> Result<&'w mut [[u8; GROUP_BYTES]], Status> {
    let index = at_mut(window, shape.index_at())?.get_mut(..GROUP_BYTES * shape.groups());
    Ok(index.ok_or(Status::Malformed)?.as_chunks_mut().0)
}

/// Where the entry of a key that is nowhere in the index belongs.
#[inline]
pub(super) fn home(shape: &Shape, hash: u64) -> ProbePosition {
    ProbePosition { hash, group: shape.home(hash) }
}

/// Makes the entries of the first `count` slots of a bucket whose index is empty. `Malformed` when a key is a string
/// outside the memory, `LimitExceeded` when the keys are so many strings that overlap.
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
    // Other keys need nothing but the slots.
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

/// Makes the entries of slots whose keys are hashed as they stand.
#[inline]
fn enter_words(
    groups: &mut [[u8; GROUP_BYTES]],
    shape: &Shape,
    slots: &[[u8; SLOT_BYTES]],
    steps: &mut Steps,
    hash: impl Fn(u64) -> u64,
) -> Result<(), Status> {
    for (slot, number) in slots.iter().zip(0..) {
        look(SLOT_BYTES);
        let hash = hash(long(slot, 4));
        let (group, entry) = (shape.home(hash), shape.entry(hash, number));
        if !put_entry(groups.get_mut(group).ok_or(Status::Malformed)?, entry) {
            enter_next(groups, group, entry, steps)?;
        }
    }
    Ok(())
}

/// Whether the index is exactly that of the bucket's live slots, whose keys have these hashes: each has one entry,
/// where a search comes to it, and every other entry is that of a slot that was used and emptied. Linear; searches that
/// go so far as never happens by chance are `Malformed` too.
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
    // As every live slot has an entry, and no two the same, no more entries means that each has one.
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

/// Whether a search from that group on comes to the entry.
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
