//! Finding the strings that nobody holds and no bucket refers to.

use super::super::layout::{BucketForm, Shape, Slot, TableKind, Wrapper};
use super::super::memory::Memory;
use super::super::version::Bucket;
use super::{HEADER, Heap, START, STRING, SWEEP_FLOOR, TABLE};
use crate::status::Status;

impl Heap {
    /// Frees the strings that nobody holds and no bucket refers to. Linear in the bytes in use, whatever was written to
    /// them: each block is visited once, on its own. A number that happens to equal a string's offset keeps the string.
    pub(super) fn sweep(&mut self) -> Result<(), Status> {
        self.retire()?;
        let mut marks = Marks::new(self.top)?;
        self.walk(|offset, size, state, _| {
            if state == TABLE {
                self.mark_mentioned(offset, size, &mut marks);
            }
        })?;
        let mut left = 0;
        let mut is_garbage = |offset, size, state, count| {
            let is_loose = (state, count) == (STRING, 0);
            let is_mentioned = is_loose && marks.has(offset);
            left += if is_mentioned { size } else { 0 };
            is_loose && !is_mentioned
        };
        if self.building.is_none() {
            self.free_and_merge(is_garbage);
        } else {
            // Freed blocks may have to be found again, so they are not merged.
            let mut start = START;
            while start < self.top {
                let offset = (start + HEADER) as u32;
                let (size, state, count) = self.any_block(offset)?;
                if is_garbage(offset, size, state, count) {
                    self.free_block(offset, size)?;
                }
                start += size;
            }
        }
        self.loose = left;
        // The cost of a sweep is linear in the bytes in use, and so is the threshold for the next one.
        self.sweep_at = (2 * left).max(SWEEP_FLOOR).max(self.in_use / 8);
        Ok(())
    }

    /// Marks what may be strings that a bucket has in any version. The block itself is read, not a wrapper: every bucket
    /// is a block, and its slots are at the same positions in every form.
    fn mark_mentioned(&self, offset: u32, size: usize, marks: &mut Marks) {
        let wrapper = Wrapper { kind: TableKind::Map, view: None, bucket: offset };
        let Ok(bucket) = Bucket::open(self.bytes(), wrapper) else {
            return;
        };
        // A block that is not a bucket may look like one that reaches into other blocks.
        if Shape::bytes(BucketForm::Plain, bucket.shape.capacity) > size - HEADER {
            return;
        }
        for slot in bucket.slots.iter().map(Slot::load) {
            for field in [slot.key, slot.value] {
                marks.set(field as u32);
            }
        }
    }
}

/// A bit for every eight bytes: whether a bucket has their offset as a key or value.
struct Marks {
    bits: Vec<u8>,
}

impl Marks {
    fn new(top: usize) -> Result<Self, Status> {
        let mut bits = Vec::new();
        bits.try_reserve_exact(top / 64 + 1)?;
        bits.resize(top / 64 + 1, 0);
        Ok(Marks { bits })
    }

    /// Of the offset of a block.
    fn has(&self, offset: u32) -> bool {
        self.bits.get(offset as usize / 64).is_some_and(|bits| bits >> (offset / 8 % 8) & 1 != 0)
    }

    /// Blocks begin at multiples of eight.
    fn set(&mut self, offset: u32) {
        if offset.is_multiple_of(8)
            && let Some(bits) = self.bits.get_mut(offset as usize / 64)
        {
            *bits |= 1 << (offset / 8 % 8);
        }
    }
}
