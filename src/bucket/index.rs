//! The index behind a bucket's slots: groups of eight entries, looked at together. An entry is 0, or the top bit, then
//! bits of the hash, then the number of the slot. Groups are filled from the front, entries never go away: one whose
//! slot is dead, or of a newer version, is passed over.

use super::layout::{Bucket, Form, GROUP_BYTES, SLOT_BYTES, Shape, Slot, chunk, long, text};
use super::value::{Content, Exact, Key, Number, Probe, Tag, Value, canonical, hash_key};
use crate::{Status, lanes};

const GROUP: usize = 8;
/// No entry is so many groups away from where its hash belongs: of 2^24 groups that are 7/8 full, one is with a
/// probability below 2^-70. Only keys that are there many times, in memory that others wrote into, get so far, and
/// copying them must not take their number's square.
const FARTHEST: usize = 1024;
/// In every entry; beyond all addresses of a heap, for conservative collectors.
const ENTRY: u32 = 1 << 31;

/// What a search found.
#[derive(Clone, Copy)]
pub(super) enum Found {
    /// The slot's number, and what is in it.
    At(u32, Slot),
    /// The key is not there; what it takes to put it there.
    Absent(Vacancy),
}

/// A key's hash and the group where its entry belongs.
#[derive(Clone, Copy, Default)]
pub(super) struct Vacancy {
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

impl Shape {
    fn groups(&self) -> usize {
        self.capacity as usize / GROUP
    }

    /// The entry of a slot with this hash, and which of its bits are not the slot's number.
    #[inline]
    fn entry(&self, hash: u64) -> (u32, u32) {
        let above = !self.capacity.wrapping_sub(1);
        (ENTRY | ((hash >> 33) as u32 & above), above)
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
        on_probe!(self.window, key, probe => self.search(&probe))
    }

    /// The value of the key. `NotFound`, `Malformed`.
    #[inline(always)]
    pub(super) fn value(&self, key: &Key<'_>) -> Result<u64, Status> {
        on_probe!(self.window, key, probe => self.value_of(&probe))
    }

    /// What a caller that knows its keys' tag calls; its result fits into registers.
    #[inline]
    fn value_of(&self, probe: &impl Probe) -> Result<u64, Status> {
        match self.search(probe)? {
            Found::At(_, slot) => Ok(slot.value),
            Found::Absent(_) => Err(Status::NotFound),
        }
    }

    #[inline]
    fn search(&self, probe: &impl Probe) -> Result<Found, Status> {
        match self.shape.form {
            Form::Indexed => self.probe(probe),
            Form::Plain | Form::Small => self.scan(probe),
        }
    }

    #[inline]
    fn scan(&self, probe: &impl Probe) -> Result<Found, Status> {
        if let (Form::Small, Some(field)) = (self.shape.form, probe.field()) {
            return Ok(self.scan_fields(field));
        }
        for (number, slot) in self.live() {
            if probe.is(self.window, slot.key)? {
                return Ok(Found::At(number, slot));
            }
        }
        Ok(Found::Absent(Vacancy::default()))
    }

    /// The keys of empty slots are 0, so that it is only asked of the right one whether it is live.
    #[inline]
    fn scan_fields(&self, field: u64) -> Found {
        for (number, slot) in (0..).zip(self.seen()) {
            if slot.key == field && slot.is_live() {
                return Found::At(number, slot);
            }
        }
        Found::Absent(Vacancy::default())
    }

    #[inline(always)]
    fn probe(&self, probe: &impl Probe) -> Result<Found, Status> {
        let hash = probe.hash(self.shape.seed);
        let (wanted, above) = self.shape.entry(hash);
        let last = self.groups.len().wrapping_sub(1);
        let mut group = hash as usize & last;
        for _ in self.groups {
            let Some(entries) = self.groups.get(group) else { break };
            let mut hits = lanes::equal(entries, above, wanted);
            let words = entries.as_chunks::<4>().0;
            // No hit has the number of a lane that is not there.
            while let Some(word) = words.get(hits.trailing_zeros() as usize) {
                let number = u32::from_le_bytes(*word) & !above;
                if let Some(slot) = self.seen_slot(number)
                    && slot.is_live()
                    && probe.is(self.window, slot.key)?
                {
                    return Ok(Found::At(number, slot));
                }
                hits &= hits.wrapping_sub(1);
            }
            if words.last() == Some(&[0; 4]) {
                return Ok(Found::Absent(Vacancy { hash, group }));
            }
            group = group.wrapping_add(1) & last;
        }
        // Full: only memory that others wrote into gets here.
        Ok(Found::Absent(Vacancy { hash, group }))
    }
}

/// Makes the entry of a slot, whose key is not in the index. `Malformed` when every group is full that may be looked
/// at.
#[inline]
pub(super) fn enter(window: &mut [u8], shape: &Shape, vacancy: Vacancy, slot: u32) -> Result<(), Status> {
    let index =
        window.get_mut(shape.index_at()..).and_then(|index| index.get_mut(..GROUP_BYTES * shape.groups()));
    enter_in(index.ok_or(Status::Malformed)?.as_chunks_mut().0, shape, vacancy, slot)
}

#[inline]
fn enter_in(
    groups: &mut [[u8; GROUP_BYTES]],
    shape: &Shape,
    vacancy: Vacancy,
    slot: u32,
) -> Result<(), Status> {
    let last = groups.len().wrapping_sub(1);
    let mut group = vacancy.group;
    for _ in 0..groups.len().min(FARTHEST) {
        let entries = groups.get_mut(group).ok_or(Status::Malformed)?;
        let empty = lanes::equal(entries, u32::MAX, 0);
        if let Some(place) = entries.as_chunks_mut().0.get_mut(empty.trailing_zeros() as usize) {
            *place = (shape.entry(vacancy.hash).0 | slot).to_le_bytes();
            return Ok(());
        }
        group = group.wrapping_add(1) & last;
    }
    Err(Status::Malformed)
}

/// Where the entry of a key that is nowhere in the index belongs.
#[inline]
pub(super) fn vacancy(shape: &Shape, hash: u64) -> Vacancy {
    Vacancy { hash, group: shape.home(hash) }
}

/// Makes the entries of the first `count` slots of a bucket whose index is empty. `Malformed` when a key is a string
/// outside the memory.
pub(super) fn enter_all(window: &mut [u8], shape: &Shape, tag: Tag, count: u32) -> Result<(), Status> {
    if tag == Tag::Text {
        for number in 0..count {
            let slot: &[u8; SLOT_BYTES] = chunk(window, shape.slot_at(number))?;
            let hash = hash_key(window, tag, long(slot, 4), shape.seed)?;
            enter(window, shape, vacancy(shape, hash), number)?;
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
        enter_in(groups, shape, vacancy(shape, hash(long(slot, 4))), number)?;
    }
    Ok(())
}

/// The slot numbers of the index, in no order, of entries that are not empty.
pub(super) fn numbers<'a>(bucket: &Bucket<'a>) -> impl Iterator<Item = Result<u32, Status>> + use<'a> {
    let below = bucket.shape.capacity.wrapping_sub(1);
    let entries =
        bucket.groups.as_flattened().as_chunks::<4>().0.iter().map(|entry| u32::from_le_bytes(*entry));
    entries
        .filter(|entry| *entry != 0)
        .map(move |entry| if entry & ENTRY != 0 { Ok(entry & below) } else { Err(Status::Malformed) })
}
