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
        self.walk(|offset, _, state, count| {
            if state == STRING && count == 0 {
                marks.set(offset, Mark::LOOSE);
            }
        })?;
        self.walk(|offset, size, state, _| {
            if state == TABLE {
                self.mark_mentioned(offset, size, &mut marks);
            }
        })?;
        let mut left = 0;
        let mut start = START;
        while start < self.top {
            let offset = (start + HEADER) as u32;
            let (size, _) = self.header(offset)?;
            match marks.get(offset) {
                Mark::LOOSE => self.free_block(offset, size)?,
                Mark::MENTIONED => left += size,
                _ => {}
            }
            start += size;
        }
        self.loose = left;
        // The cost of a sweep is linear in the bytes in use, and so is the threshold for the next one.
        self.sweep_at = (2 * left).max(SWEEP_FLOOR).max(self.in_use / 8);
        Ok(())
    }

    /// Marks the loose strings that a bucket has in any version. The block itself is read, not a wrapper: every bucket
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
                let pointer = field as u32;
                if marks.get(pointer) == Mark::LOOSE {
                    marks.set(pointer, Mark::MENTIONED);
                }
            }
        }
    }
}

/// Two bits for every eight bytes.
struct Marks {
    bits: Vec<u8>,
}

struct Mark;

impl Mark {
    const LOOSE: u8 = 1;
    const MENTIONED: u8 = 2;
}

impl Marks {
    fn new(top: usize) -> Result<Self, Status> {
        let mut bits = Vec::new();
        bits.try_reserve_exact(top / 32 + 1)?;
        bits.resize(top / 32 + 1, 0);
        Ok(Marks { bits })
    }

    fn get(&self, offset: u32) -> u8 {
        if !offset.is_multiple_of(8) {
            return 0;
        }
        self.bits.get(offset as usize / 32).map_or(0, |bits| bits >> (offset / 8 % 4 * 2) & 3)
    }

    fn set(&mut self, offset: u32, mark: u8) {
        if let Some(bits) = self.bits.get_mut(offset as usize / 32) {
            let shift = offset / 8 % 4 * 2;
            *bits = *bits & !(3 << shift) | mark << shift;
        }
    }
}
