//! A version of a map or set: its wrapper and its bucket, checked to lie in the memory, and its live slots.

use super::effort::look;
use super::emptied;
use super::layout::{
    BucketForm, GROUP_BYTES, HEADER_BYTES, MAX_CAPACITY, SLOT_BYTES, SMALL_CAPACITY, Shape, Slot,
    TRAILER_BYTES, TableKind, Wrapper, at, long, word,
};
use crate::status::Status;

/// A version of a map or set that is safe to read: its slots and its index lie in the memory.
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
    /// The bucket of the wrapper at the offset. `WrongType` when it has another kind, `Malformed`.
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

    /// A slot of the bucket. `Malformed` when there is no slot of this number.
    #[inline]
    pub(super) fn slot(&self, slot: u32) -> Result<Slot, Status> {
        self.slots.get(slot as usize).map(Slot::load).ok_or(Status::Malformed)
    }

    /// A slot of this version, live or not.
    #[inline(always)]
    pub(super) fn seen_slot(&self, slot: u32) -> Option<Slot> {
        self.seen.get(slot as usize).map(Slot::load)
    }

    /// The most live slots that this version has. A plain bucket is read until its count is reached: later slots are
    /// unused, but may look live.
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

    /// The next slot after an empty one that may be live.
    #[inline(always)]
    pub(super) fn behind_empty(&self, number: u32) -> u32 {
        if emptied::has_flags(&self.shape) {
            emptied::next(self.slots, number)
        } else {
            number.wrapping_add(1)
        }
    }

    /// The number of entries of this version. O(1). For a plain bucket it is the count in its header, which is not
    /// checked.
    pub(super) fn size(&self) -> Result<u32, Status> {
        let shape = &self.shape;
        match shape.form {
            BucketForm::Plain => Ok(shape.count),
            // At most eight slots are read.
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
    /// The slots before this one belong to the version.
    view: u32,
    next: u32,
    /// The most live slots that are still to come.
    left: usize,
    /// Whether the bucket has flags for emptied slots.
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
