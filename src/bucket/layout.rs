//! Where everything lies: the wrapper, the bucket's header, its slots, its index and the trailer behind it.
//! All numbers are little-endian, all offsets are bytes from the start of the memory.

use crate::Status;

/// A map or a set: the same layout, told apart by the tag of the wrapper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
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
const ENTRY_BYTES: usize = 4;
/// Seed and slots used, behind the index.
pub(super) const TRAILER_BYTES: usize = 12;
/// Larger buckets of ours have an index.
pub(super) const SMALL_CAPACITY: u32 = 8;
/// The largest bucket that fits the 32 bits of an offset.
pub(super) const MAX_CAPACITY: u32 = 1 << 27;
/// In a wrapper's second word: it is one of ours, the other bits are its view.
const OURS: u32 = 1 << 31;
/// In a slot's first word.
pub(super) const LIVE: u32 = 1;

impl Kind {
    fn tag(self) -> u32 {
        match self {
            Kind::Map => MAP_TAG,
            Kind::Set => SET_TAG,
        }
    }
}

/// What a wrapper says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrapper {
    pub(super) kind: Kind,
    /// How many of the bucket's slots belong to this version; `None` in a wrapper that somebody else made.
    pub(super) view: Option<u32>,
    /// 0 while there is none.
    pub(super) bucket: u32,
}

impl Wrapper {
    /// The wrapper at the offset, of whichever kind. `Malformed`, `WrongType`.
    #[inline]
    pub(super) fn load(window: &[u8], offset: u32) -> Result<Self, Status> {
        let words = chunk::<WRAPPER_BYTES>(window, offset as usize)?;
        let kind = match word(words, 0) {
            MAP_TAG => Kind::Map,
            SET_TAG => Kind::Set,
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

    /// The wrapper's bytes.
    pub(super) fn to_bytes(self) -> [u8; WRAPPER_BYTES] {
        let mut bytes = [0; WRAPPER_BYTES];
        put(&mut bytes, 0, self.kind.tag());
        put(&mut bytes, 4, self.view.map_or(0, |view| OURS | view));
        put(&mut bytes, 8, self.bucket);
        bytes
    }
}

/// How a bucket is made, which its wrapper and its capacity tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
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
    pub(super) form: Form,
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
    pub(super) fn bytes(form: Form, capacity: u32) -> usize {
        let slots = HEADER_BYTES + SLOT_BYTES * capacity as usize;
        match form {
            Form::Plain | Form::Small => slots,
            Form::Indexed => slots + ENTRY_BYTES * capacity as usize + TRAILER_BYTES,
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
    slots: &'a [u8],
    /// The entries of the index; none when it has no index.
    pub(super) entries: &'a [u8],
}

impl<'a> Bucket<'a> {
    /// The bucket of the wrapper at the offset. `WrongType` when it is of another kind, `Malformed`.
    #[inline]
    pub(super) fn of(window: &'a [u8], offset: u32, kind: Kind) -> Result<Self, Status> {
        let wrapper = Wrapper::load(window, offset)?;
        if wrapper.kind != kind {
            return Err(Status::WrongType);
        }
        Self::open(window, wrapper)
    }

    /// The wrapper's bucket. `Malformed`.
    #[inline]
    pub(super) fn open(window: &'a [u8], wrapper: Wrapper) -> Result<Self, Status> {
        if wrapper.bucket == 0 {
            return Self::empty(window, wrapper);
        }
        let (header, body) = at(window, wrapper.bucket as usize)?
            .split_first_chunk::<HEADER_BYTES>()
            .ok_or(Status::Malformed)?;
        let (capacity, count) = (word(header, 0), word(header, 4));
        let good = capacity.is_power_of_two() && capacity <= MAX_CAPACITY && count <= capacity;
        let (slots, body) = body.split_at_checked(SLOT_BYTES * capacity as usize).ok_or(Status::Malformed)?;
        let mut shape = Shape {
            form: Form::Plain,
            bucket: wrapper.bucket,
            capacity,
            count,
            used: capacity,
            view: capacity,
            seed: 0,
        };
        let mut entries: &[u8] = &[];
        if let Some(view) = wrapper.view {
            (shape.form, shape.view, shape.used) = (Form::Small, view, view);
            if capacity > SMALL_CAPACITY {
                let (index, body) =
                    body.split_at_checked(ENTRY_BYTES * capacity as usize).ok_or(Status::Malformed)?;
                let trailer = chunk::<TRAILER_BYTES>(body, 0)?;
                shape.form = Form::Indexed;
                shape.seed = long(trailer, 0);
                shape.used = word(trailer, 8);
                entries = index;
            }
        }
        if good && shape.view <= shape.used && shape.used <= capacity {
            Ok(Bucket { window, shape, slots, entries })
        } else {
            Err(Status::Malformed)
        }
    }

    #[cold]
    fn empty(window: &'a [u8], wrapper: Wrapper) -> Result<Self, Status> {
        let form = match wrapper.view {
            None => Form::Plain,
            Some(0) => Form::Small,
            Some(_) => return Err(Status::Malformed),
        };
        let shape = Shape { form, bucket: 0, capacity: 0, count: 0, used: 0, view: 0, seed: 0 };
        Ok(Bucket { window, shape, slots: &[], entries: &[] })
    }

    /// A slot of the bucket. `Malformed` when there is none of this number.
    #[inline]
    pub(super) fn slot(&self, slot: u32) -> Result<Slot, Status> {
        let start = SLOT_BYTES * slot as usize;
        chunk(self.slots, start).map(|bytes| Slot { bytes: *bytes })
    }

    /// The slots of this version that are live, with their numbers.
    pub(super) fn live(&self) -> impl Iterator<Item = (u32, Slot)> + use<'a> {
        let slots = self.slots.as_chunks::<SLOT_BYTES>().0.iter().take(self.shape.view as usize);
        (0..)
            .zip(slots)
            .map(|(number, bytes)| (number, Slot { bytes: *bytes }))
            .filter(|(_, slot)| slot.is_live())
    }

    /// How many entries this version has: O(1), but for foreign buckets' own word for it.
    pub(super) fn size(&self) -> Result<u32, Status> {
        let shape = &self.shape;
        match shape.form {
            Form::Plain => Ok(shape.count),
            // At most eight are looked at.
            Form::Small => Ok(self.live().count() as u32),
            Form::Indexed => shape.count.checked_sub(shape.used - shape.view).ok_or(Status::Malformed),
        }
    }
}

/// A slot's bytes.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    bytes: [u8; SLOT_BYTES],
}

impl Slot {
    pub(super) fn new(key: u64, value: u64) -> Self {
        let mut bytes = [0; SLOT_BYTES];
        put(&mut bytes, 0, LIVE);
        put(&mut bytes, 4, key as u32);
        put(&mut bytes, 8, (key >> 32) as u32);
        put(&mut bytes, 12, value as u32);
        put(&mut bytes, 16, (value >> 32) as u32);
        Slot { bytes }
    }

    #[inline]
    pub(super) fn is_live(&self) -> bool {
        word(&self.bytes, 0) == LIVE
    }

    #[inline]
    pub(super) fn occupancy(&self) -> u32 {
        word(&self.bytes, 0)
    }

    #[inline]
    pub(super) fn key(&self) -> u64 {
        long(&self.bytes, 4)
    }

    #[inline]
    pub(super) fn value(&self) -> u64 {
        long(&self.bytes, 12)
    }

    pub(super) fn to_bytes(self) -> [u8; SLOT_BYTES] {
        self.bytes
    }
}

/// What lies from the position on. `Malformed` behind the end.
#[inline]
pub(super) fn at(window: &[u8], position: usize) -> Result<&[u8], Status> {
    window.get(position..).ok_or(Status::Malformed)
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
    window.get_mut(position..).and_then(<[u8]>::first_chunk_mut).ok_or(Status::Malformed)
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
