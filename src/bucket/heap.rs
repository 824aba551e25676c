//! A memory of our own for hosts that have none: a growable region with size classes. Freed blocks are used again;
//! wrappers and buckets are counted, so that versions that share a bucket can be released one by one; strings that
//! nobody holds any more are freed when space is needed and no bucket mentions them.
//!
//! A block is a header of eight bytes (its size and its state, how many use it) and what its user sees. The region's
//! content may have been written to by anyone: a broken header ends in a status.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::effort::look;
use super::layout::{Bucket, Form, Kind, Shape, Slot, Wrapper, chunk, chunk_mut, put, word};
use super::memory::{Flags, Memory, string_new};
use super::value::Value;
use crate::Status;
use crate::grow::Grow;
use crate::region::Region;

const HEADER: usize = 8;
/// Offset 0 is nobody's block, and the first of the large blocks lies well.
const START: usize = 64;
/// From this size on, a block's first byte lies 8 before a multiple of 64, so that no group of an index crosses a
/// cache line.
const LARGE: usize = 256;
/// What is added to the even sizes of large blocks: a bucket's header and trailer, and our own.
const EXTRA: usize = 64;
const CLASSES: usize = 256;
/// The largest heap: what 32-bit offsets reach.
const MAXIMUM: usize = u32::MAX as usize & !(STEP - 1);
/// The least that the region grows by.
const STEP: usize = 1 << 16;
/// What has to come together before loose strings are looked for.
const SWEEP_FLOOR: usize = 1 << 16;

/// The low bits of a header's first word; sizes are multiples of 8.
const STATE: u32 = 7;
const FREE: u32 = 0;
/// A wrapper or a bucket, or whatever else was allocated.
const TABLE: u32 = 1;
const STRING: u32 = 2;
/// Room that was left to align the next block.
const GAP: u32 = 3;

/// A heap for maps, sets and strings.
pub struct Heap {
    region: Region,
    maximum: usize,
    /// Everything from here on was never used.
    top: usize,
    /// The first free block of each class, 0 when there is none.
    free: [u32; CLASSES],
    in_use: usize,
    /// Bytes of strings that nobody holds, about which only a sweep knows whether a bucket has them.
    loose: usize,
    /// How many of those make a sweep worth it.
    sweep_at: usize,
    /// The blocks that were allocated since something was begun that takes many.
    building: Option<Vec<u32>>,
    seeds: RandomState,
    seeds_given: u64,
}

impl Heap {
    /// A heap of `initial` bytes that grows up to `maximum`; 0 for a maximum of 4 GiB, less a little.
    /// More is never used. `InvalidArgument` when the initial size is larger, `NoMemory`.
    pub fn new(initial: usize, maximum: usize) -> Result<Self, Status> {
        let maximum = if maximum == 0 { MAXIMUM } else { maximum.min(MAXIMUM) };
        if initial > maximum {
            return Err(Status::InvalidArgument);
        }
        let mut region = Region::new(maximum)?;
        region.grow(initial.max(START).min(maximum))?;
        Ok(Heap {
            region,
            maximum,
            top: START,
            free: [0; CLASSES],
            in_use: 0,
            loose: 0,
            sweep_at: SWEEP_FLOOR,
            building: None,
            seeds: RandomState::new(),
            seeds_given: 0,
        })
    }

    /// The bytes of all blocks in use, headers included; strings count until they are swept.
    pub fn used(&self) -> usize {
        self.in_use
    }

    /// A string in the heap, which the caller holds until [`Heap::release_string`]. `NoMemory`, `LimitExceeded`.
    pub fn string(&mut self, bytes: &[u8]) -> Result<Value, Status> {
        let value = string_new(self, bytes)?;
        if let Value::Text { pointer, length } = value
            && length != 0
        {
            let (size, _) = self.header(pointer)?;
            self.put_header(pointer, size, STRING, 1)?;
        }
        Ok(value)
    }

    /// Says that the caller does not hold the string any more. It stays as long as a bucket has it as a key or value.
    /// `InvalidArgument` when it is no string that is held.
    pub fn release_string(&mut self, value: Value) -> Result<(), Status> {
        let Value::Text { pointer, length } = value else {
            return Err(Status::InvalidArgument);
        };
        if length == 0 {
            return Ok(());
        }
        let (size, count) = self.block(pointer, STRING)?;
        if count == 0 {
            return Err(Status::InvalidArgument);
        }
        self.put_header(pointer, size, STRING, count - 1)?;
        if count == 1 {
            self.loose += size;
        }
        Ok(())
    }

    /// Says that the caller does not use this version any more: its wrapper goes, and its bucket with the last
    /// version that has it. `InvalidArgument` when it is no map or set of this heap, or was released already.
    pub fn release(&mut self, wrapper: u32) -> Result<(), Status> {
        let (size, count) = self.block(wrapper, TABLE)?;
        // A bucket is counted too, but by its wrappers.
        let bucket = Wrapper::load(self.bytes(), wrapper).map_err(|_| Status::InvalidArgument)?.bucket;
        if count > 1 {
            return self.put_header(wrapper, size, TABLE, count - 1);
        }
        self.give_back(wrapper, size)?;
        if bucket != 0 { self.unuse(bucket) } else { Ok(()) }
    }

    /// One user less of a wrapper or bucket.
    fn unuse(&mut self, block: u32) -> Result<(), Status> {
        let (size, count) = self.block(block, TABLE)?;
        if count > 1 { self.put_header(block, size, TABLE, count - 1) } else { self.give_back(block, size) }
    }

    /// Size and count of a block in that state. `InvalidArgument` when there is none at the offset.
    fn block(&self, offset: u32, state: u32) -> Result<(usize, u32), Status> {
        let (size, count) = self.header(offset).map_err(|_| Status::InvalidArgument)?;
        let found = word(chunk::<HEADER>(self.bytes(), offset as usize - HEADER)?, 0) & STATE;
        if found == state { Ok((size, count)) } else { Err(Status::InvalidArgument) }
    }

    /// Size and count of the block. `Malformed` when none can be there.
    fn header(&self, offset: u32) -> Result<(usize, u32), Status> {
        let start = (offset as usize).checked_sub(HEADER).filter(|start| *start >= START - HEADER);
        let start = start.filter(|start| start % 8 == 0 && *start < self.top).ok_or(Status::Malformed)?;
        let header = chunk::<HEADER>(self.bytes(), start)?;
        let size = (word(header, 0) & !STATE) as usize;
        if size < HEADER || size > self.top - start {
            return Err(Status::Malformed);
        }
        Ok((size, word(header, 4)))
    }

    fn put_header(&mut self, offset: u32, size: usize, state: u32, count: u32) -> Result<(), Status> {
        let header = chunk_mut::<HEADER>(self.region.bytes_mut(), (offset as usize).wrapping_sub(HEADER))?;
        put(header, 0, size as u32 | state);
        put(header, 4, count);
        Ok(())
    }

    /// The block to the free ones of its class.
    fn give_back(&mut self, offset: u32, size: usize) -> Result<(), Status> {
        let (class, rounded) = class_of(size);
        let head = self.free.get_mut(class).filter(|_| rounded == size).ok_or(Status::Malformed)?;
        let next = core::mem::replace(head, offset);
        self.in_use = self.in_use.saturating_sub(size);
        self.put_header(offset, size, FREE, next)
    }

    /// A free block of the class.
    fn take_free(&mut self, class: usize, size: usize) -> Option<u32> {
        let head = self.free.get(class).copied().filter(|head| *head != 0)?;
        // What the list says is believed as far as the blocks bear it out.
        let (found, next) = self.block(head, FREE).ok().filter(|(found, _)| *found == size)?;
        *self.free.get_mut(class)? = next;
        // Blocks are zero when they are given, and this one was used.
        let start = head as usize;
        self.region.bytes_mut().get_mut(start..start + found - HEADER)?.fill(0);
        Some(head)
    }

    /// A block that was never used.
    fn take_new(&mut self, size: usize) -> Result<u32, Status> {
        let start = if size < LARGE { self.top } else { self.top.next_multiple_of(64) + 48 };
        let end = start + size;
        if end > self.maximum {
            return Err(Status::NoMemory);
        }
        if end > self.bytes().len() {
            let more = end.max(self.bytes().len() * 2).next_multiple_of(STEP);
            self.region.grow(more.min(self.maximum))?;
        }
        if start > self.top {
            self.put_header((self.top + HEADER) as u32, start - self.top, GAP, 0)?;
        }
        self.top = end;
        Ok((start + HEADER) as u32)
    }
}

/// The class of blocks of that many bytes, header included, and how many they really have. Small ones are multiples
/// of 8, large ones have eight steps from each power of two to the next, after `EXTRA`.
fn class_of(size: usize) -> (usize, usize) {
    let rounded = size.next_multiple_of(8).max(16);
    if rounded < LARGE {
        return (rounded / 8, rounded);
    }
    let even = (size - EXTRA).next_multiple_of(64).max(512);
    let power = even.ilog2();
    let step = 1 << (power - 3);
    let rounded = even.next_multiple_of(step);
    let power = rounded.ilog2();
    let class = LARGE / 8 + (power as usize - 9) * 8 + (rounded >> (power - 3) & 7);
    (class, rounded + EXTRA)
}

impl Memory for Heap {
    fn bytes(&self) -> &[u8] {
        self.region.bytes()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self.region.bytes_mut()
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        let (class, rounded) = class_of(size as usize + HEADER);
        if self.loose >= self.sweep_at {
            self.sweep()?;
        }
        let block = match self.take_free(class, rounded) {
            Some(block) => block,
            None => match self.take_new(rounded) {
                Err(_) if self.loose > 0 => {
                    self.sweep()?;
                    self.take_free(class, rounded).ok_or(Status::NoMemory)?
                }
                taken => taken?,
            },
        };
        self.put_header(block, rounded, TABLE, 1)?;
        self.in_use += rounded;
        if let Some(blocks) = &mut self.building
            && let Err(status) = blocks.try_push(block)
        {
            self.give_back(block, rounded)?;
            return Err(status);
        }
        Ok(block)
    }

    fn flags(&self) -> Flags {
        Flags { zeroed: true, ..Flags::default() }
    }

    fn seed(&mut self) -> u64 {
        self.seeds_given += 1;
        self.seeds.hash_one(self.seeds_given)
    }

    fn keep(&mut self, offset: u32) {
        if let Ok((size, count)) = self.block(offset, TABLE) {
            // A count that would overflow stays, and the block with it.
            let _ = self.put_header(offset, size, TABLE, count.saturating_add(1));
        }
    }

    fn discard(&mut self, offset: u32) {
        // A block that is not one was damaged from outside: then nothing is freed.
        let _ = self.unuse(offset);
    }

    fn settle(&mut self, offset: u32) {
        if let Ok((size, 1)) = self.block(offset, TABLE)
            && self.put_header(offset, size, STRING, 0).is_ok()
        {
            self.loose += size;
        }
    }

    fn begin_building(&mut self) {
        self.building = Some(Vec::new());
    }

    fn end_building(&mut self, built: bool) {
        let blocks = self.building.take().unwrap_or_default();
        if built {
            return;
        }
        // One that was given back and given out again is there twice.
        for block in blocks.into_iter().rev() {
            if let Ok((size, _)) = self.block(block, TABLE) {
                let _ = self.give_back(block, size);
            } else if let Ok((size, 0)) = self.block(block, STRING) {
                self.loose = self.loose.saturating_sub(size);
                let _ = self.give_back(block, size);
            }
        }
    }
}

/// Freeing the strings that nobody holds.
impl Heap {
    /// Frees the strings that nobody holds and no bucket mentions. Linear in what is in use, whatever was written into
    /// it: each block is looked at once and for itself. A number that happens to be a string's offset keeps it.
    fn sweep(&mut self) -> Result<(), Status> {
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
                Mark::LOOSE => self.give_back(offset, size)?,
                Mark::MENTIONED => left += size,
                _ => {}
            }
            start += size;
        }
        self.loose = left;
        // What a sweep costs is linear in what is in use, so is what makes the next one worth it.
        self.sweep_at = (2 * left).max(SWEEP_FLOOR).max(self.in_use / 8);
        Ok(())
    }

    /// Visits every block.
    fn walk(&self, mut visit: impl FnMut(u32, usize, u32, u32)) -> Result<(), Status> {
        let mut start = START;
        while start < self.top {
            let offset = (start + HEADER) as u32;
            let (size, count) = self.header(offset)?;
            let state = word(chunk::<HEADER>(self.bytes(), start)?, 0) & STATE;
            look(HEADER);
            visit(offset, size, state, count);
            start += size;
        }
        Ok(())
    }

    /// Marks the loose strings that a bucket has, in whichever version. What the block has is known from itself, not
    /// from a wrapper: every bucket is a block, and its slots lie in the same places whatever its form.
    fn mark_mentioned(&self, offset: u32, size: usize, marks: &mut Marks) {
        let wrapper = Wrapper { kind: Kind::Map, view: None, bucket: offset };
        let Ok(bucket) = Bucket::open(self.bytes(), wrapper) else {
            return;
        };
        // What is no bucket may look as one that reaches into other blocks.
        if Shape::bytes(Form::Plain, bucket.shape.capacity) > size - HEADER {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_goes_back_to_the_class_it_came_from() {
        for size in 1..5000 {
            let (class, rounded) = class_of(size);
            assert!(class < CLASSES && rounded >= size);
            assert_eq!(class_of(rounded), (class, rounded), "{size}");
        }
    }
}
