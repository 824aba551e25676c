//! Finding keys by the index that follows a bucket's slots: groups of eight entries, compared at once. An entry is 0, or
//! the top bit, then bits of the hash, then the number of the slot. Groups are filled from the front. Every live slot has
//! an entry; entries of a newer version are skipped. The entry of an emptied slot stays as [`TOMBSTONE`], so that its group
//! stays full.

use core::hint::black_box;

use super::effort::{Late, look};
use super::key::{ExactKey, FloatKey, Probe, TextKey, canonical, hash_bits};
use super::layout::{
    BucketForm, ENTRY_BYTES, GROUP_BYTES, HEADER_BYTES, LIVE, OURS, SLOT_BYTES, Shape, Slot, TRAILER_BYTES,
    TableKind, WRAPPER_BYTES, at, chunk, has_index, long, text, word,
};
use super::value::{Key, Value};
use super::version::Bucket;
use crate::lanes::{self, Mask};
use crate::status::Status;

pub(super) const GROUP: usize = 8;
/// An entry is always fewer groups than this away from its home group: in 2^24 groups that are 7/8 full, the
/// probability of one farther away is below 2^-70. Only keys that occur many times, in memory that others wrote to, get
/// this far, and copying them must not take quadratic time.
pub(super) const FARTHEST: usize = 1024;
/// Set in every entry: it lies beyond all addresses of a heap, for conservative collectors.
const ENTRY: u32 = 1 << 31;
/// A tombstone: the entry of a slot that was emptied. No slot has this number, as the last one of a bucket is never used.
pub(super) const TOMBSTONE: u32 = u32::MAX;

/// What a search found.
#[derive(Clone, Copy)]
pub(super) enum Lookup {
    /// The slot's number, its contents, and the number of its entry in the index.
    At(u32, Slot, usize),
    /// The key is not there; where it would be added.
    Absent(ProbePosition),
}

/// The result of looking only at the first entry that matches a key's hash.
#[derive(Clone, Copy)]
pub(crate) enum FirstEntry {
    /// The entry is the key's; its value.
    Value(u64),
    /// No entry matches and the group has room: the key is not there.
    Absent,
    /// A full search is needed.
    Undecided,
}

/// A key's hash and the group where its entry belongs. In a plain bucket: the slot after the live ones.
#[derive(Clone, Copy, Default)]
pub(super) struct ProbePosition {
    pub(super) hash: u64,
    pub(super) group: usize,
}

impl ProbePosition {
    /// The next free slot of a plain bucket in which the key was not found.
    pub(super) fn next_plain(self) -> Option<u32> {
        u32::try_from(self.group).ok()
    }
}

/// Runs code with the probe of a key, whatever its type.
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

/// The bits of a hash that an entry has above the slot's number.
#[inline]
pub(super) fn entry_bits(hash: u64) -> u32 {
    ENTRY | (hash >> 33) as u32
}

/// How the bits of an index's entries are divided; kept for repeated searches.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub(crate) struct Entries {
    /// The bits that are not the slot's number.
    pub(crate) above: Mask,
    /// The bits that are the slot's number.
    pub(crate) below: u32,
}

impl Entries {
    #[inline(always)]
    pub(super) fn of(capacity: u32) -> Self {
        let below = capacity.wrapping_sub(1);
        Entries { above: Mask::new(!below), below }
    }
}

impl Shape {
    pub(super) fn groups(&self) -> usize {
        self.capacity as usize / GROUP
    }

    /// The entry of a slot whose key has this hash.
    #[inline]
    pub(super) fn entry(&self, hash: u64, slot: u32) -> u32 {
        entry_bits(hash) & !self.capacity.wrapping_sub(1) | slot
    }

    #[inline]
    pub(super) fn home(&self, hash: u64) -> usize {
        hash as usize & self.groups().wrapping_sub(1)
    }
}

/// What a search in an index reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Indexed<'a> {
    /// Where the strings of keys lie.
    pub(crate) window: &'a [u8],
    pub(crate) seed: u64,
    /// The slots of the version.
    pub(crate) seen: &'a [[u8; SLOT_BYTES]],
    /// The groups of the index: one for every eight slots of the bucket.
    pub(crate) groups: &'a [[u8; GROUP_BYTES]],
}

impl<'a> Indexed<'a> {
    /// A version whose bucket has an index, and its shape. `None` for any other wrapper, valid or not; opening it
    /// returns the status.
    #[inline(always)]
    pub(super) fn of(window: &'a [u8], offset: u32, kind: TableKind) -> Option<(Self, Shape)> {
        let wrapper = chunk::<WRAPPER_BYTES>(window, offset as usize).ok()?;
        let (tag, second, bucket) = (word(wrapper, 0), word(wrapper, 4), word(wrapper, 8));
        if tag != kind.tag() || second & OURS == 0 || bucket == 0 {
            return None;
        }
        let (header, body) = at(window, bucket as usize).ok()?.split_first_chunk::<HEADER_BYTES>()?;
        let (capacity, count, view) = (word(header, 0), word(header, 4), second & !OURS);
        if !has_index(capacity) {
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

    /// Looks up an integer key by the first matching entry of its home group only. This decides nearly every search and
    /// needs few registers. `hash` is the key's, with this index's seed.
    #[inline(always)]
    pub(crate) fn first(&self, key: i64, hash: u64, divided: Entries) -> FirstEntry {
        match self.groups.get(hash as usize & self.groups.len().wrapping_sub(1)) {
            Some(home) => self.first_in(home, key, hash, divided),
            None => FirstEntry::Undecided,
        }
    }

    /// The same with the home group.
    #[inline(always)]
    pub(crate) fn first_in(
        &self,
        entries: &[u8; GROUP_BYTES],
        key: i64,
        hash: u64,
        divided: Entries,
    ) -> FirstEntry {
        look(GROUP_BYTES);
        let Entries { above, below } = divided;
        let Some(word) = lanes::first_equal(entries, above, entry_bits(hash)) else {
            return if entries.last_chunk() == Some(&[0; 4]) {
                FirstEntry::Absent
            } else {
                FirstEntry::Undecided
            };
        };
        match self.seen.get((word & below) as usize).map(Slot::load) {
            Some(slot) if slot.key == key as u64 => FirstEntry::Value(slot.value),
            _ => FirstEntry::Undecided,
        }
    }

    /// The value of an integer key by a full search: every fortieth key or so of a map is not in its home group. Comparing
    /// integers cannot fail.
    #[cold]
    #[inline(never)]
    pub(crate) fn searched(&self, field: u64) -> Option<u64> {
        match self.find(&Key::Value(Value::Int(field as i64))) {
            Ok(Lookup::At(_, slot, _)) => Some(slot.value),
            _ => None,
        }
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
    pub(super) fn indexed(&self) -> Indexed<'a> {
        Indexed { window: self.window, seed: self.shape.seed, seen: self.seen, groups: self.groups }
    }

    /// The live slot of this version that has the key. `Malformed`, `LimitExceeded`.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn find(&self, key: &Key<'_>) -> Result<Lookup, Status> {
        on_probe!(self.window, key, probe => self.search(probe))
    }

    /// The value of the key. `NotFound`, `Malformed`, `LimitExceeded`. With this bucket's entries and parts, kept for
    /// repeated searches.
    #[inline(always)]
    pub(super) fn value(
        &self,
        key: &Key<'_>,
        entries: Entries,
        indexed: &Indexed<'_>,
    ) -> Result<u64, Status> {
        on_probe!(self.window, key, probe => self.value_of(probe, entries, indexed))
    }

    /// Always inlined: a call would need the bucket in memory.
    #[inline(always)]
    fn value_of(&self, probe: impl Probe, entries: Entries, indexed: &Indexed<'_>) -> Result<u64, Status> {
        let found = match (indexed.groups.len().checked_sub(1), probe.field()) {
            // Smaller without it in WebAssembly.
            (Some(_), Some(field)) if cfg!(not(target_arch = "wasm32")) => {
                let hash = hash_bits(indexed.seed, field);
                return match indexed.first(field as i64, hash, entries) {
                    FirstEntry::Value(value) => Ok(value),
                    FirstEntry::Absent => Err(Status::NotFound),
                    FirstEntry::Undecided => {
                        // Copied as a whole, and only here: given one by one, the parts would be loaded into registers
                        // before the common case, and by reference, a table opened for one get would be in memory.
                        let indexed = *indexed;
                        indexed.searched(field).ok_or(Status::NotFound)
                    }
                };
            }
            (Some(last), _) => indexed.probe(probe, entries, last)?,
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
        let (number, end) = match (self.shape.form, probe.field()) {
            (BucketForm::Small, Some(field)) => (number_of(self.slots, self.seen.len(), field), 0),
            _ => first_in(self.window, self.seen, self.most(), probe)?,
        };
        let place = ProbePosition { hash: 0, group: end };
        let slot = number.and_then(|number| Some((number, self.seen_slot(number)?)));
        Ok(slot.map_or(Lookup::Absent(place), |(number, slot)| Lookup::At(number, slot, 0)))
    }
}

impl Indexed<'_> {
    /// Searches an index whose last group has this number.
    #[inline(always)]
    fn probe(&self, probe: impl Probe, divided: Entries, last: usize) -> Result<Lookup, Status> {
        let mut late = Late::default();
        let hash = probe.hash(self.seed);
        let Entries { above, below } = divided;
        let wanted = entry_bits(hash);
        let mut group = hash as usize;
        // The compiler sees that the masked number is always that of a group.
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
            // All groups are full, which only happens in memory that others wrote to.
            let around = (next ^ hash as usize) & last == 0;
            if has_room(entries) || around {
                break;
            }
            group = next;
        }
        Ok(Lookup::Absent(ProbePosition { hash, group: group & last }))
    }
}

/// Whether the last entry of a group is empty, so that none of its entries had to go to the next group.
#[inline(always)]
pub(super) fn has_room(entries: &[u8; GROUP_BYTES]) -> bool {
    // Otherwise the compiler loads it too early, and every get of an existing key takes 8 percent longer.
    black_box(entries).last_chunk() == Some(&[0; 4])
}

/// The value of the key whose field is this one, in slots of a plain bucket. A separate function whose arguments fit
/// into registers, because inlined, its loop would slow down lookups in an index.
#[inline(never)]
fn value_in(seen: &[[u8; SLOT_BYTES]], count: u32, field: u64) -> Option<u64> {
    let mut live = seen.iter().map(Slot::load).filter(Slot::is_live).take(count as usize);
    live.find(|slot| slot.key == field).map(|slot| slot.value)
}

/// The live slot of a key of any type, without an index, among the first `most` live ones; otherwise the number of the
/// slot after those.
#[inline(never)]
fn first_in(
    window: &[u8],
    seen: &[[u8; SLOT_BYTES]],
    most: usize,
    probe: impl Probe,
) -> Result<(Option<u32>, usize), Status> {
    let live = (0..).zip(seen.iter().map(Slot::load)).filter(|(_, slot)| slot.is_live());
    let (mut end, mut late) = (0, Late::default());
    for (number, slot) in live.take(most) {
        if probe.matches(window, slot.key, &mut late)? {
            return Ok((Some(number), 0));
        }
        end = number.wrapping_add(1);
    }
    Ok((None, end as usize))
}

/// As [`number_in`]; a separate function for the same reason as [`value_in`].
#[inline(never)]
fn number_of(slots: &[[u8; SLOT_BYTES]], seen: usize, field: u64) -> Option<u32> {
    number_in(slots, seen, field)
}

/// The slot of the key whose field is this one: all eight of a small bucket are compared at once.
#[inline(always)]
fn number_in(slots: &[[u8; SLOT_BYTES]], seen: usize, field: u64) -> Option<u32> {
    let slots = slots.first_chunk::<8>()?;
    let keys = slots.each_ref().map(Slot::key_bytes);
    let mut lanes = lanes::equal_long(keys, field);
    let lane =
        lanes.find(|lane| *lane < seen && slots.get(*lane).is_some_and(|slot| word(slot, 0) == LIVE))?;
    Some(lane as u32)
}
