//! Where everything lies: the wrapper, the bucket's header, its slots, its index and the trailer after it.
//! All numbers are little-endian, all offsets are bytes from the start of the memory.

use super::effort::look;
use crate::status::Status;

/// A map or a set: the same layout, distinguished by the wrapper's tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// Keys with values.
    Map,
    /// Elements; the value fields of the slots are 0.
    Set,
}

const MAP_TAG: u32 = 0xFEED_C001;
const SET_TAG: u32 = 0xFEED_C002;
/// A number of the guest: a value, never a map.
const DECIMAL_TAG: u32 = 0xFEED_C003;

pub(super) const WRAPPER_BYTES: usize = 12;
pub(crate) const HEADER_BYTES: usize = 8;
pub(crate) const SLOT_BYTES: usize = 20;
pub(super) const ENTRY_BYTES: usize = 4;
/// Eight entries of the index.
pub(crate) const GROUP_BYTES: usize = 32;
/// The seed and the number of used slots, after the index.
pub(super) const TRAILER_BYTES: usize = 12;
/// Larger buckets of this library have an index.
pub(super) const SMALL_CAPACITY: u32 = 8;
/// The largest bucket that fits the 32 bits of an offset.
pub(super) const MAX_CAPACITY: u32 = 1 << 27;
/// In a wrapper's second word: this library made it, and the other bits are its view.
pub(super) const OURS: u32 = 1 << 31;
/// In a slot's first word.
pub(super) const LIVE: u32 = 1;

/// How many slots of a bucket are used before a larger one is made. An index needs empty entries: when more than three
/// quarters are used, too many groups are full, and searches go on in the next ones.
pub(super) fn limit(capacity: u32) -> u32 {
    // Nothing less in a small one.
    capacity - capacity / 16 * 4
}

/// Whether a bucket of this capacity has an index, if this library made it.
#[inline(always)]
pub(super) fn has_index(capacity: u32) -> bool {
    const POWERS: u32 = (2 * MAX_CAPACITY - 1) & !(2 * SMALL_CAPACITY - 1);
    capacity & capacity.wrapping_sub(1) == 0 && capacity & POWERS != 0
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

/// The contents of a wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrapper {
    pub(super) kind: TableKind,
    /// How many of the bucket's slots belong to this version; `None` in a wrapper in the plain layout.
    pub(super) view: Option<u32>,
    /// 0 if there is none yet.
    pub(super) bucket: u32,
}

impl Wrapper {
    /// The wrapper at the offset, of either kind. `Malformed`, `WrongType`.
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

    /// The second word of a wrapper of this library.
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

/// The form of a bucket, determined by its wrapper and capacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BucketForm {
    /// The plain layout, which others read and write: no index, live slots anywhere.
    Plain,
    /// This library's layout, too small for an index.
    Small,
    /// This library's layout, with index and trailer.
    Indexed,
}

/// A bucket as its wrapper and header describe it, without a borrow of the memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) form: BucketForm,
    /// 0 if there is none yet.
    pub(super) bucket: u32,
    pub(super) capacity: u32,
    /// Live slots in the bucket.
    pub(super) count: u32,
    /// The slots before this one have been used by some version; the capacity in a plain bucket, the view in a small
    /// one.
    pub(super) used: u32,
    /// The slots before this one belong to this version.
    pub(super) view: u32,
    pub(super) seed: u64,
}

impl Shape {
    /// The size in bytes of a bucket of this form and capacity.
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

/// The contents of a slot.
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

    /// Loads the fields one by one, never the slot as a whole. A load that spans several recent stores would have to
    /// wait until they reach the cache.
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

/// The offset of a window's first byte. A guest's memory begins at address 0, where a slice in a WebAssembly module
/// cannot begin, so there the first bytes are outside the window. Nothing is stored in them, since offset 0 means
/// nothing. Such a module cannot read stones, whose content begins at 0.
pub(crate) const FIRST: usize = if cfg!(all(drystone_core, target_arch = "wasm32")) { 8 } else { 0 };

/// Converts a position to an index into the window. `Malformed` before the first byte.
#[inline]
fn in_window(position: usize) -> Result<usize, Status> {
    position.checked_sub(FIRST).ok_or(Status::Malformed)
}

/// The bytes from the position on. `Malformed` beyond the end.
#[inline]
pub(crate) fn at(window: &[u8], position: usize) -> Result<&[u8], Status> {
    window.get(in_window(position)?..).ok_or(Status::Malformed)
}

/// The same, writable.
#[inline]
pub(crate) fn at_mut(window: &mut [u8], position: usize) -> Result<&mut [u8], Status> {
    window.get_mut(in_window(position)?..).ok_or(Status::Malformed)
}

/// The bytes at the position. `Malformed` when they do not lie in the memory.
#[inline]
pub(super) fn chunk<const SIZE: usize>(window: &[u8], position: usize) -> Result<&[u8; SIZE], Status> {
    let start = in_window(position)?;
    let bytes = start.checked_add(SIZE).and_then(|end| window.get(start..end));
    bytes.and_then(<[u8]>::first_chunk).ok_or(Status::Malformed)
}

/// The bytes at the position, writable. `Malformed` when they do not lie in the memory.
#[inline]
pub(super) fn chunk_mut<const SIZE: usize>(
    window: &mut [u8],
    position: usize,
) -> Result<&mut [u8; SIZE], Status> {
    let start = in_window(position)?;
    let bytes = start.checked_add(SIZE).and_then(|end| window.get_mut(start..end));
    bytes.and_then(<[u8]>::first_chunk_mut).ok_or(Status::Malformed)
}

/// A string's bytes. `Malformed` when they do not lie in the memory.
#[inline]
pub(super) fn text(window: &[u8], pointer: u32, length: u32) -> Result<&[u8], Status> {
    if length == 0 {
        return Ok(&[]);
    }
    let start = in_window(pointer as usize)?;
    start.checked_add(length as usize).and_then(|end| window.get(start..end)).ok_or(Status::Malformed)
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

/// Stores a number in four of the bytes.
#[inline]
pub(super) fn put<const SIZE: usize>(bytes: &mut [u8; SIZE], position: usize, value: u32) {
    if let Some(place) = bytes.get_mut(position..).and_then(<[u8]>::first_chunk_mut) {
        *place = value.to_le_bytes();
    }
}

/// Stores a number in eight of the bytes.
#[inline]
pub(super) fn put_long<const SIZE: usize>(bytes: &mut [u8; SIZE], position: usize, value: u64) {
    if let Some(place) = bytes.get_mut(position..).and_then(<[u8]>::first_chunk_mut) {
        *place = value.to_le_bytes();
    }
}

/// Copies bytes within the memory; the ranges may overlap. `Malformed` when they are outside it.
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
