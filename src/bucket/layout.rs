//! Where everything lies: the wrapper, the bucket's header, its slots, its index and the trailer behind it.
//! All numbers are little-endian, all offsets are bytes from the start of the memory.

use super::effort::look;
use super::emptied;
use crate::status::Status;

/// A map or a set: the same layout, told apart by the tag of the wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// Keys with values.
    Map,
    /// Elements; the value fields of the slots are 0.
    Set,
}

const MAP_TAG: u32 = 0xFEED_C001;
const SET_TAG: u32 = 0xFEED_C002;
/// A number of the guest's, which is a value and never a map.
const DECIMAL_TAG: u32 = 0xFEED_C003;

pub(super) const WRAPPER_BYTES: usize = 12;
pub(super) const HEADER_BYTES: usize = 8;
pub(super) const SLOT_BYTES: usize = 20;
pub(super) const ENTRY_BYTES: usize = 4;
/// Eight entries of the index.
pub(super) const GROUP_BYTES: usize = 32;
/// Seed and slots used, behind the index.
pub(super) const TRAILER_BYTES: usize = 12;
/// Larger buckets of ours have an index.
pub(super) const SMALL_CAPACITY: u32 = 8;
/// The largest bucket that fits the 32 bits of an offset.
pub(super) const MAX_CAPACITY: u32 = 1 << 27;
/// In a wrapper's second word: it is one of ours, the other bits are its view.
pub(super) const OURS: u32 = 1 << 31;
/// In a slot's first word.
pub(super) const LIVE: u32 = 1;

/// How many slots of a bucket of ours are used before a larger one is made: an index needs empty entries.
pub(super) fn limit(capacity: u32) -> u32 {
    if capacity <= SMALL_CAPACITY { capacity } else { capacity - capacity / 8 }
}

impl TableKind {
    #[inline]
    pub(super) fn tag(self) -> u32 {
        match self {
            TableKind::Map => MAP_TAG,
            TableKind::Set => SET_TAG,
        }
    }
}

/// What a wrapper says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrapper {
    pub(super) kind: TableKind,
    /// How many of the bucket's slots belong to this version; `None` in a wrapper that somebody else made.
    pub(super) view: Option<u32>,
    /// 0 while there is none.
    pub(super) bucket: u32,
}

impl Wrapper {
    /// The wrapper at the offset, of whichever kind. `Malformed`, `WrongType`.
    #[inline(always)]
    pub(super) fn load(window: &[u8], offset: u32) -> Result<Self, Status> {
        look(WRAPPER_BYTES);
        let words = chunk::<WRAPPER_BYTES>(window, offset as usize)?;
        let kind = match word(words, 0) {
            MAP_TAG => TableKind::Map,
            SET_TAG => TableKind::Set,
            DECIMAL_TAG => return Err(Status::WrongType),
            _ => return Err(Status::Malformed),
        };
        let view = match word(words, 4) {
            0 => None,
            ours if ours & OURS != 0 => Some(ours & !OURS),
            _ => return Err(Status::Malformed),
        };
        Ok(Wrapper { kind, view, bucket: word(words, 8) })
    }

    /// The second word of one of ours.
    pub(super) fn view_word(view: u32) -> u32 {
        OURS | view
    }

    /// The wrapper's bytes.
    pub(super) fn to_bytes(self) -> [u8; WRAPPER_BYTES] {
        let mut bytes = [0; WRAPPER_BYTES];
        put(&mut bytes, 0, self.kind.tag());
        put(&mut bytes, 4, self.view.map_or(0, Self::view_word));
        put(&mut bytes, 8, self.bucket);
        bytes
    }
}

/// How a bucket is made, which its wrapper and its capacity tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BucketForm {
    /// Somebody else's, or for somebody else: no index, live slots anywhere.
    Plain,
    /// Ours, too small for an index.
    Small,
    /// Ours, with index and trailer.
    Indexed,
}

/// A bucket as its wrapper and its header say it is, without the borrow of the memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) form: BucketForm,
    /// 0 while there is none.
    pub(super) bucket: u32,
    pub(super) capacity: u32,
    /// Live slots in the bucket.
    pub(super) count: u32,
    /// The slots before this one have been used, by whichever version; the capacity in a plain bucket, the view in a
    /// small one.
    pub(super) used: u32,
    /// The slots before this one belong to this version.
    pub(super) view: u32,
    pub(super) seed: u64,
}

impl Shape {
    /// How large a bucket of this form and capacity is.
    pub(super) fn bytes(form: BucketForm, capacity: u32) -> usize {
        let slots = HEADER_BYTES + SLOT_BYTES * capacity as usize;
        match form {
            BucketForm::Plain | BucketForm::Small => slots,
            BucketForm::Indexed => slots + ENTRY_BYTES * capacity as usize + TRAILER_BYTES,
        }
    }

    /// Where a slot lies.
    pub(super) fn slot_at(&self, slot: u32) -> usize {
        self.bucket as usize + HEADER_BYTES + SLOT_BYTES * slot as usize
    }

    /// Where the index begins.
    pub(super) fn index_at(&self) -> usize {
        self.slot_at(self.capacity)
    }

    /// Where the trailer begins.
    pub(super) fn trailer_at(&self) -> usize {
        self.index_at() + ENTRY_BYTES * self.capacity as usize
    }
}

/// A version of a map or set, found good to be read: its slots and its index lie in the memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket<'a> {
    pub(super) window: &'a [u8],
    pub(super) shape: Shape,
    /// All slots of the bucket.
    pub(super) slots: &'a [[u8; SLOT_BYTES]],
    /// Those of this version.
    pub(super) seen: &'a [[u8; SLOT_BYTES]],
    /// The groups of the index; none when it has no index.
    pub(super) groups: &'a [[u8; GROUP_BYTES]],
}

impl<'a> Bucket<'a> {
    /// The bucket of the wrapper at the offset. `WrongType` when it is of another kind, `Malformed`.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn of(window: &'a [u8], offset: u32, kind: TableKind) -> Result<Self, Status> {
        let wrapper = Wrapper::load(window, offset)?;
        if wrapper.kind != kind {
            return Err(Status::WrongType);
        }
        Self::open(window, wrapper)
    }

    /// The wrapper's bucket. `Malformed`.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn open(window: &'a [u8], wrapper: Wrapper) -> Result<Self, Status> {
        if wrapper.bucket == 0 {
            return Self::empty(window, wrapper);
        }
        let (header, body) = at(window, wrapper.bucket as usize)?
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(Status::Malformed)?;
        look(HEADER_BYTES);
        let (capacity, count) = (word(header, 0), word(header, 4));
        let good = capacity.is_power_of_two() && capacity <= MAX_CAPACITY && count <= capacity;
        let (slots, body) = body.split_at_checked(SLOT_BYTES * capacity as usize).ok_or(Status::Malformed)?;
        let mut shape = Shape {
            form: BucketForm::Plain,
            bucket: wrapper.bucket,
            capacity,
            count,
            used: capacity,
            view: capacity,
            seed: 0,
        };
        let mut groups: &[[u8; GROUP_BYTES]] = &[];
        if let Some(view) = wrapper.view {
            (shape.form, shape.view, shape.used) = (BucketForm::Small, view, view);
            if capacity > SMALL_CAPACITY {
                let index = GROUP_BYTES * (capacity / 8) as usize;
                let (index, body) = body.split_at_checked(index).ok_or(Status::Malformed)?;
                let trailer = body.first_chunk::<TRAILER_BYTES>().ok_or(Status::Malformed)?;
                look(TRAILER_BYTES);
                shape.form = BucketForm::Indexed;
                shape.seed = long(trailer, 0);
                shape.used = word(trailer, 8);
                groups = index.as_chunks().0;
            } else if capacity != SMALL_CAPACITY {
                return Err(Status::Malformed);
            }
        }
        let slots = slots.as_chunks().0;
        match slots.get(..shape.view as usize) {
            Some(seen) if good && shape.view <= shape.used && shape.used <= capacity => {
                Ok(Bucket { window, shape, slots, seen, groups })
            }
            _ => Err(Status::Malformed),
        }
    }

    #[cold]
    fn empty(window: &'a [u8], wrapper: Wrapper) -> Result<Self, Status> {
        let form = match wrapper.view {
            None => BucketForm::Plain,
            Some(0) => BucketForm::Small,
            Some(_) => return Err(Status::Malformed),
        };
        let shape = Shape { form, bucket: 0, capacity: 0, count: 0, used: 0, view: 0, seed: 0 };
        Ok(Bucket { window, shape, slots: &[], seen: &[], groups: &[] })
    }

    /// A slot of the bucket. `Malformed` when there is none of this number.
    #[inline]
    pub(super) fn slot(&self, slot: u32) -> Result<Slot, Status> {
        self.slots.get(slot as usize).map(Slot::load).ok_or(Status::Malformed)
    }

    /// A slot of this version, live or not.
    #[inline(always)]
    pub(super) fn seen_slot(&self, slot: u32) -> Option<Slot> {
        self.seen.get(slot as usize).map(Slot::load)
    }

    /// How many live slots this version has at most. A plain bucket is read until so many were found: what lies in the
    /// slots behind them is nobody's, and may look live.
    #[inline(always)]
    pub(super) fn most(&self) -> usize {
        if self.shape.form == BucketForm::Plain { self.shape.count as usize } else { usize::MAX }
    }

    /// The slots of this version that are live, with their numbers.
    #[inline]
    pub(super) fn live(&self) -> Live<'a> {
        let has_flags = emptied::has_flags(&self.shape);
        Live { slots: self.slots, view: self.shape.view, next: 0, left: self.most(), has_flags }
    }

    /// The next slot that may be live, behind one that is empty.
    #[inline(always)]
    pub(super) fn behind_empty(&self, number: u32) -> u32 {
        if emptied::has_flags(&self.shape) {
            emptied::next(self.slots, number)
        } else {
            number.wrapping_add(1)
        }
    }

    /// How many entries this version has: O(1), but for foreign buckets' own word for it.
    pub(super) fn size(&self) -> Result<u32, Status> {
        let shape = &self.shape;
        match shape.form {
            BucketForm::Plain => Ok(shape.count),
            // At most eight are looked at.
            BucketForm::Small => Ok(self.live().count() as u32),
            BucketForm::Indexed => shape.count.checked_sub(shape.used - shape.view).ok_or(Status::Malformed),
        }
    }
}

/// The live slots of a version, with their numbers.
#[derive(Clone)]
pub(super) struct Live<'a> {
    /// All slots of the bucket.
    slots: &'a [[u8; SLOT_BYTES]],
    /// Those before this one are the version's.
    view: u32,
    next: u32,
    /// How many there still are at most.
    left: usize,
    /// Whether the bucket says which ones were emptied.
    has_flags: bool,
}

impl Iterator for Live<'_> {
    type Item = (u32, Slot);

    #[inline]
    fn next(&mut self) -> Option<(u32, Slot)> {
        self.left = self.left.checked_sub(1)?;
        while self.next < self.view {
            let number = self.next;
            let slot = Slot::load(self.slots.get(number as usize)?);
            self.next = number.wrapping_add(1);
            if slot.is_live() {
                return Some((number, slot));
            }
            if self.has_flags {
                self.next = emptied::next(self.slots, number);
            }
        }
        None
    }
}

/// What a slot says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    /// 1 live, 0 empty, else damaged.
    pub(super) occupancy: u32,
    pub(super) key: u64,
    pub(super) value: u64,
}

impl Slot {
    pub(super) fn new(key: u64, value: u64) -> Self {
        Slot { occupancy: LIVE, key, value }
    }

    /// The fields are loaded one by one, never the slot as a whole: bytes that were stored together would have to
    /// reach the caches before they could be loaded apart.
    #[inline(always)]
    pub(super) fn load(bytes: &[u8; SLOT_BYTES]) -> Self {
        look(SLOT_BYTES);
        Slot { occupancy: word(bytes, 0), key: long(bytes, 4), value: long(bytes, 12) }
    }

    /// The bytes of a slot's key.
    #[inline(always)]
    pub(super) fn key_bytes(bytes: &[u8; SLOT_BYTES]) -> &[u8; 8] {
        look(8);
        bytes.get(4..).and_then(<[u8]>::first_chunk).unwrap_or(&[0; 8])
    }

    #[inline(always)]
    pub(super) fn is_live(&self) -> bool {
        self.occupancy == LIVE
    }

    #[inline(always)]
    pub(super) fn store(&self, bytes: &mut [u8; SLOT_BYTES]) {
        put(bytes, 0, self.occupancy);
        put_long(bytes, 4, self.key);
        put_long(bytes, 12, self.value);
    }
}

/// The offset of a window's first byte. In a WebAssembly module that works on a guest's memory a slice cannot begin at
/// address 0, as that memory does: there the bytes before this are never looked at. They are nobody's, as 0 is nothing.
/// Stones, which begin at 0, are not for such a module.
pub(crate) const FIRST: usize = if cfg!(all(drystone_core, target_arch = "wasm32")) { 8 } else { 0 };

/// Where a position is in its window. `Malformed` before the first byte.
#[inline]
fn in_window(position: usize) -> Result<usize, Status> {
    position.checked_sub(FIRST).ok_or(Status::Malformed)
}

/// What lies from the position on. `Malformed` behind the end.
#[inline]
pub(crate) fn at(window: &[u8], position: usize) -> Result<&[u8], Status> {
    window.get(in_window(position)?..).ok_or(Status::Malformed)
}

/// The same, to be written.
#[inline]
pub(crate) fn at_mut(window: &mut [u8], position: usize) -> Result<&mut [u8], Status> {
    window.get_mut(in_window(position)?..).ok_or(Status::Malformed)
}

/// The bytes at the position. `Malformed` when they do not lie in the memory.
#[inline]
pub(super) fn chunk<const SIZE: usize>(window: &[u8], position: usize) -> Result<&[u8; SIZE], Status> {
    at(window, position)?.first_chunk().ok_or(Status::Malformed)
}

/// The bytes at the position, to be written. `Malformed` when they do not lie in the memory.
#[inline]
pub(super) fn chunk_mut<const SIZE: usize>(
    window: &mut [u8],
    position: usize,
) -> Result<&mut [u8; SIZE], Status> {
    at_mut(window, position)?.first_chunk_mut().ok_or(Status::Malformed)
}

/// A string's bytes. `Malformed` when they do not lie in the memory.
#[inline]
pub(super) fn text(window: &[u8], pointer: u32, length: u32) -> Result<&[u8], Status> {
    if length == 0 {
        return Ok(&[]);
    }
    at(window, pointer as usize)?.get(..length as usize).ok_or(Status::Malformed)
}

/// Four of the bytes as a number; the positions are constants within the array.
#[inline]
pub(super) fn word<const SIZE: usize>(bytes: &[u8; SIZE], position: usize) -> u32 {
    bytes.get(position..).and_then(<[u8]>::first_chunk).map_or(0, |word| u32::from_le_bytes(*word))
}

/// Eight of the bytes as a number.
#[inline]
pub(super) fn long<const SIZE: usize>(bytes: &[u8; SIZE], position: usize) -> u64 {
    bytes.get(position..).and_then(<[u8]>::first_chunk).map_or(0, |word| u64::from_le_bytes(*word))
}

/// The number into four of the bytes.
#[inline]
pub(super) fn put<const SIZE: usize>(bytes: &mut [u8; SIZE], position: usize, value: u32) {
    if let Some(place) = bytes.get_mut(position..).and_then(<[u8]>::first_chunk_mut) {
        *place = value.to_le_bytes();
    }
}

/// The number into eight of the bytes.
#[inline]
pub(super) fn put_long<const SIZE: usize>(bytes: &mut [u8; SIZE], position: usize, value: u64) {
    if let Some(place) = bytes.get_mut(position..).and_then(<[u8]>::first_chunk_mut) {
        *place = value.to_le_bytes();
    }
}

/// Copies bytes within the memory, which may overlap. `Malformed` when they do not lie in it.
pub(super) fn copy(window: &mut [u8], from: usize, to: usize, count: usize) -> Result<(), Status> {
    let last = window.len().checked_sub(count).ok_or(Status::Malformed)?;
    let (from, to) = (in_window(from)?, in_window(to)?);
    if from > last || to > last {
        return Err(Status::Malformed);
    }
    look(count);
    window.copy_within(from..from + count, to);
    Ok(())
}
