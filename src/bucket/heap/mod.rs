//! A memory for hosts that have none: a growable region with size classes. Freed blocks are reused, split and merged.
//! Wrappers and buckets are counted, so versions that share a bucket can be released one by one. Strings that nobody
//! holds any more are freed when space is needed and no bucket refers to them.
//!
//! A block is a header of eight bytes (its size and state, the number of its users), then the bytes that its user sees.
//! Anyone may have written to the region; a broken header leads to an error status.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

mod free;
mod sweep;
mod walks;

use free::{FreeLists, ZeroedRange, class_of};
use walks::Walks;

use super::effort::look;
use super::layout::{Wrapper, chunk, chunk_mut, put, word};
use super::memory::{Flags, Memory, string_new};
use super::value::Value;
use crate::allocation::{Grow, Region};
use crate::status::Status;

const HEADER: usize = 8;
/// No block is at offset 0.
const START: usize = 64;
/// From this size on, a block's first byte lies 8 before a multiple of 64, so that no group of an index crosses a
/// cache line.
const LARGE: usize = 256;
/// The largest heap: what 32-bit offsets reach.
const MAXIMUM: usize = u32::MAX as usize & !(STEP - 1);
/// The smallest step by which the region grows.
const STEP: usize = 1 << 16;
/// How many bytes of loose strings make the first sweep worthwhile.
const SWEEP_FLOOR: usize = 1 << 16;

/// The low bits of a header's first word; sizes are multiples of 8.
const STATE: u32 = 7;
const FREE: u32 = 0;
/// A wrapper or a bucket, or any other allocation.
const TABLE: u32 = 1;
const STRING: u32 = 2;

/// The blocks of an object that is being built.
#[derive(Default)]
struct PendingBlocks {
    blocks: Vec<u32>,
    /// Some of them were freed already, and must stay blocks until the object is built: nothing is merged.
    some_returned: bool,
}

/// A heap for maps, sets and strings.
pub struct Heap {
    region: Region,
    maximum: usize,
    /// The end of the last block.
    top: usize,
    /// From here on, everything is unused and zero.
    clean: usize,
    free: FreeLists,
    piece: ZeroedRange,
    in_use: usize,
    /// The bytes that were freed since the last merge.
    returned: usize,
    /// The bytes of strings that nobody holds; only a sweep can tell whether a bucket refers to them.
    loose: usize,
    /// How many of those bytes make a sweep worthwhile.
    sweep_at: usize,
    /// The blocks that were allocated since building began.
    building: Option<PendingBlocks>,
    walks: Walks,
    seeds: RandomState,
    seeds_given: u64,
}

impl Heap {
    /// A heap of `initial` bytes that grows up to `maximum`; 0 means slightly less than 4 GiB, which is also the most
    /// that is ever used. `InvalidArgument` when the initial size is larger, `NoMemory`.
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
            clean: START,
            free: FreeLists::default(),
            piece: ZeroedRange::default(),
            in_use: 0,
            returned: 0,
            loose: 0,
            sweep_at: SWEEP_FLOOR,
            building: None,
            walks: Walks::default(),
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

    /// Ends the caller's hold on the string. It stays as long as a bucket has it as a key or value. `InvalidArgument`
    /// when it is not a held string.
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

    /// Ends the caller's use of this version: frees its wrapper, and its bucket with the last version that uses it.
    /// `InvalidArgument` when it is not a map or set of this heap, or was already released.
    pub fn release(&mut self, wrapper: u32) -> Result<(), Status> {
        let (size, count) = self.block(wrapper, TABLE)?;
        // Buckets are counted too, but their users are wrappers.
        let bucket = Wrapper::load(self.bytes(), wrapper).map_err(|_| Status::InvalidArgument)?.bucket;
        if count > 1 {
            return self.put_header(wrapper, size, TABLE, count - 1);
        }
        self.walks.forget(wrapper);
        self.free_block(wrapper, size)?;
        if bucket != 0 { self.unuse(bucket) } else { Ok(()) }
    }

    /// Counts one user less of a wrapper or bucket.
    fn unuse(&mut self, block: u32) -> Result<(), Status> {
        let (size, count) = self.block(block, TABLE)?;
        if count > 1 { self.put_header(block, size, TABLE, count - 1) } else { self.free_block(block, size) }
    }

    /// The size and count of a block in this state. `InvalidArgument` when there is no such block at the offset.
    fn block(&self, offset: u32, state: u32) -> Result<(usize, u32), Status> {
        match self.any_block(offset) {
            Ok((size, found, count)) if found == state => Ok((size, count)),
            _ => Err(Status::InvalidArgument),
        }
    }

    /// The size and count of the block. `Malformed` when there cannot be a block there.
    fn header(&self, offset: u32) -> Result<(usize, u32), Status> {
        self.any_block(offset).map(|(size, _, count)| (size, count))
    }

    /// Size, state and count of the block. `Malformed` when none can be there.
    #[inline(always)]
    fn any_block(&self, offset: u32) -> Result<(usize, u32, u32), Status> {
        // Below the header of the first block it wraps around, beyond all others.
        let start = (offset as usize).wrapping_sub(HEADER);
        let header = chunk::<HEADER>(self.bytes(), start)?;
        let (first, count) = (word(header, 0), word(header, 4));
        let (size, state) = ((first & !STATE) as usize, first & STATE);
        if self.is_block(start, size) { Ok((size, state, count)) } else { Err(Status::Malformed) }
    }

    /// Whether a block of this size can be at the position.
    #[inline(always)]
    fn is_block(&self, start: usize, size: usize) -> bool {
        let end = start.checked_add(size);
        (start | size).is_multiple_of(8)
            && start >= START - HEADER
            && size != 0
            && end.is_some_and(|end| end <= self.top)
    }

    fn put_header(&mut self, offset: u32, size: usize, state: u32, count: u32) -> Result<(), Status> {
        let header = chunk_mut::<HEADER>(self.region.bytes_mut(), (offset as usize).wrapping_sub(HEADER))?;
        put(header, 0, size as u32 | state);
        put(header, 4, count);
        Ok(())
    }

    /// Visits every block.
    fn walk(&self, mut visit: impl FnMut(u32, usize, u32, u32)) -> Result<(), Status> {
        let mut start = START;
        while start < self.top {
            let offset = (start + HEADER) as u32;
            let (size, count) = self.header(offset)?;
            visit(offset, size, self.state(start)?, count);
            start += size;
        }
        Ok(())
    }

    /// The state of the block whose header is at the position.
    fn state(&self, start: usize) -> Result<u32, Status> {
        look(HEADER);
        Ok(word(chunk::<HEADER>(self.bytes(), start)?, 0) & STATE)
    }
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
        let (block, size) = self.take(class, rounded)?;
        self.put_header(block, size, TABLE, 1)?;
        self.in_use += size;
        if let Some(building) = &mut self.building
            && let Err(status) = building.blocks.try_push(block)
        {
            self.free_block(block, size)?;
            return Err(status);
        }
        Ok(block)
    }

    fn extend(&mut self, offset: u32, size: u32) -> bool {
        let (_, size) = class_of(size as usize + HEADER);
        let Ok((old, 1)) = self.block(offset, TABLE) else { return false };
        let end = offset as usize - HEADER + size;
        let extended = offset as usize - HEADER + old == self.top
            && old <= size
            && self.advance(self.top, end).is_ok()
            && self.put_header(offset, size, TABLE, 1).is_ok();
        self.in_use += if extended { size - old } else { 0 };
        extended
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
            // A count that would overflow stays at its maximum, and the block is never freed.
            let _ = self.put_header(offset, size, TABLE, count.saturating_add(1));
        }
    }

    fn discard(&mut self, offset: u32) {
        // The block was damaged from outside: then nothing is freed.
        let _ = self.unuse(offset);
    }

    fn users(&self, offset: u32) -> Result<u32, Status> {
        self.block(offset, TABLE).map(|(_, count)| count).map_err(|_| Status::Malformed)
    }

    #[inline(always)]
    fn has_one_user(&self, offset: u32) -> bool {
        if (offset as usize) < START {
            return false;
        }
        let start = offset as usize - HEADER;
        match chunk::<HEADER>(self.bytes(), start) {
            // In any other state, what is taken for the size is not a multiple of 8.
            Ok(header) => {
                let size = word(header, 0).wrapping_sub(TABLE);
                word(header, 4) == 1 && self.is_block(start, size as usize)
            }
            Err(_) => false,
        }
    }

    fn packed(&mut self, map: u32, without: Option<u32>) {
        self.move_walks(map, without);
    }

    fn cleared(&mut self, map: u32) {
        self.walks.rewind(map);
    }

    fn settle(&mut self, offset: u32) {
        if let Ok((size, 1)) = self.block(offset, TABLE)
            && self.put_header(offset, size, STRING, 0).is_ok()
        {
            self.loose += size;
        }
    }

    fn begin_building(&mut self) {
        self.building = Some(PendingBlocks::default());
    }

    fn end_building(&mut self, built: bool) {
        let PendingBlocks { blocks, .. } = self.building.take().unwrap_or_default();
        if built {
            return;
        }
        // A block that was freed and allocated again is in the list twice.
        for block in blocks.into_iter().rev() {
            if let Ok((size, _)) = self.block(block, TABLE) {
                let _ = self.free_block(block, size);
            } else if let Ok((size, 0)) = self.block(block, STRING) {
                self.loose = self.loose.saturating_sub(size);
                let _ = self.free_block(block, size);
            }
        }
    }
}
