//! The index behind a bucket's slots: groups of eight entries, looked at together. An entry is 0, or the top bit, then
//! bits of the hash, then the number of the slot. Groups are filled from the front, entries never go away: one whose
//! slot is dead, or of a newer version, is passed over.

use super::layout::{Bucket, Form, SLOT_BYTES, Shape, Slot, chunk, chunk_mut, long, text};
use super::value::{Content, Exact, Key, Number, Probe, Tag, Value, canonical, hash_key};
use crate::{Status, lanes};

const GROUP: usize = 8;
const GROUP_BYTES: usize = 32;
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
    #[inline]
    pub(super) fn find(&self, key: &Key<'_>) -> Result<Found, Status> {
        match *key {
            Key::Value(Value::Int(value)) => self.search(&Exact(value as u64)),
            Key::Value(Value::Bits(bits)) => self.search(&Exact(u64::from(bits))),
            Key::Value(Value::Float(value)) => self.search(&Number(canonical(value.to_bits()))),
            Key::Value(Value::Text { pointer, length }) => {
                self.search(&Content(text(self.window, pointer, length)?))
            }
            Key::Text(bytes) => self.search(&Content(bytes)),
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
        for (number, slot) in self.live() {
            if probe.is(self.window, slot.key())? {
                return Ok(Found::At(number, slot));
            }
        }
        Ok(Found::Absent(Vacancy::default()))
    }

    #[inline]
    fn probe(&self, probe: &impl Probe) -> Result<Found, Status> {
        let shape = &self.shape;
        let hash = probe.hash(shape.seed);
        let (wanted, above) = shape.entry(hash);
        let mut group = shape.home(hash);
        for _ in 0..shape.groups() {
            let entries: &[u8; GROUP_BYTES] = chunk(self.entries, group.wrapping_mul(GROUP_BYTES))?;
            let mut hits = lanes::equal(entries, above, wanted);
            while hits != 0 {
                let number = entry(entries, hits.trailing_zeros() as usize) & !above;
                if number < shape.view {
                    let slot = self.slot(number)?;
                    if slot.is_live() && probe.is(self.window, slot.key())? {
                        return Ok(Found::At(number, slot));
                    }
                }
                hits &= hits.wrapping_sub(1);
            }
            if entry(entries, GROUP - 1) == 0 {
                return Ok(Found::Absent(Vacancy { hash, group }));
            }
            group = group.wrapping_add(1) & shape.groups().wrapping_sub(1);
        }
        // Full: only memory that others wrote into gets here.
        Ok(Found::Absent(Vacancy { hash, group }))
    }
}

/// Makes the entry of a slot, whose key is not in the index. `Malformed` when every group is full.
#[inline]
pub(super) fn enter(window: &mut [u8], shape: &Shape, vacancy: Vacancy, slot: u32) -> Result<(), Status> {
    let mut group = vacancy.group;
    for _ in 0..shape.groups() {
        let at = shape.index_at().wrapping_add(group.wrapping_mul(GROUP_BYTES));
        let entries: &mut [u8; GROUP_BYTES] = chunk_mut(window, at)?;
        let empty = lanes::equal(entries, u32::MAX, 0);
        if empty != 0 {
            let place = chunk_mut(entries, 4 * empty.trailing_zeros() as usize)?;
            *place = (shape.entry(vacancy.hash).0 | slot).to_le_bytes();
            return Ok(());
        }
        group = group.wrapping_add(1) & shape.groups().wrapping_sub(1);
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
    for number in 0..count {
        let slot: &[u8; SLOT_BYTES] = chunk(window, shape.slot_at(number))?;
        let hash = hash_key(window, tag, long(slot, 4), shape.seed)?;
        enter(window, shape, vacancy(shape, hash), number)?;
    }
    Ok(())
}

/// The slot numbers of the index, in no order, of entries that are not empty.
pub(super) fn numbers<'a>(bucket: &Bucket<'a>) -> impl Iterator<Item = Result<u32, Status>> + use<'a> {
    let below = bucket.shape.capacity.wrapping_sub(1);
    let entries = bucket.entries.as_chunks::<4>().0.iter().map(|entry| u32::from_le_bytes(*entry));
    entries
        .filter(|entry| *entry != 0)
        .map(move |entry| if entry & ENTRY != 0 { Ok(entry & below) } else { Err(Status::Malformed) })
}

#[inline]
fn entry(entries: &[u8; GROUP_BYTES], lane: usize) -> u32 {
    let (entries, _) = entries.as_chunks::<4>();
    entries.get(lane).map_or(0, |entry| u32::from_le_bytes(*entry))
}
