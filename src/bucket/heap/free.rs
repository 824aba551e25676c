//! Free blocks: lists by size, splitting of larger blocks, and merging.
//!
//! A free block's header has the next block of its list where other blocks have their count. The lists may have been
//! overwritten, so every block in them is checked. Adjacent free blocks are merged when many bytes were freed since the
//! last merge: before a block is taken that is large among those in use, and when no free block is large enough for
//! another one. Merging visits every block and rebuilds the lists.

use super::super::effort::look;
use super::super::memory::Memory;
use super::{FREE, HEADER, Heap, LARGE, START, STEP};
use crate::status::Status;

/// Added to the even sizes of large blocks: a bucket's header and trailer, and the block's own header.
const EXTRA: usize = 64;
/// The smallest size of a large free block.
const LARGE_FREE: usize = 512 + EXTRA;
/// Smaller pieces cannot be a block.
const SMALLEST: usize = 16;
const CLASSES: usize = 256;
/// From this class on, blocks are large.
const LARGE_CLASS: usize = LARGE / 8;
/// How much is taken from a large block for small ones.
const PIECE: usize = 1 << 14;
/// The same from memory that has no blocks yet.
const NEW_PIECE: usize = 1024;
/// Fewer freed bytes than this are not worth a merge.
const MERGE_FLOOR: usize = 1 << 14;

/// The first free block of each class.
pub(super) struct FreeLists {
    /// 0 when the class has none.
    heads: [u32; CLASSES],
    /// A bit for each class that has one.
    some: [u64; CLASSES / 64],
}

impl Default for FreeLists {
    fn default() -> Self {
        FreeLists { heads: [0; CLASSES], some: [0; CLASSES / 64] }
    }
}

impl FreeLists {
    fn head(&self, class: usize) -> u32 {
        self.heads.get(class).copied().unwrap_or(0)
    }

    fn set_head(&mut self, class: usize, head: u32) {
        if let Some(place) = self.heads.get_mut(class)
            && let Some(some) = self.some.get_mut(class / 64)
        {
            *place = head;
            let bit = 1 << (class % 64);
            *some = if head == 0 { *some & !bit } else { *some | bit };
        }
    }

    /// The first class, from this one on, that has a block.
    fn class_from(&self, class: usize) -> Option<usize> {
        let mut above = u64::MAX << (class % 64);
        for (number, some) in self.some.iter().enumerate().skip(class / 64) {
            if some & above != 0 {
                return Some(64 * number + (some & above).trailing_zeros() as usize);
            }
            above = u64::MAX;
        }
        None
    }
}

/// The class of blocks for this many bytes, header included, and the least size of its blocks. Small sizes are
/// multiples of 8; large ones have eight steps from each power of two to the next, plus `EXTRA`.
pub(super) fn class_of(size: usize) -> (usize, usize) {
    let rounded = size.next_multiple_of(8).max(SMALLEST);
    if rounded < LARGE {
        return (rounded / 8, rounded);
    }
    let even = (size - EXTRA).next_multiple_of(64).max(512);
    let step = 1 << (even.ilog2() - 3);
    let rounded = even.next_multiple_of(step) + EXTRA;
    (class_below(rounded), rounded)
}

/// The last class whose blocks have no more bytes than this one.
fn class_below(size: usize) -> usize {
    if size < LARGE_FREE {
        return (size / 8).min(LARGE_CLASS - 1);
    }
    let even = size - EXTRA;
    let power = even.ilog2();
    LARGE_CLASS + (power as usize - 9) * 8 + (even >> (power - 3) & 7)
}

/// How many bytes lie before the first position for a large block: 0, or enough for a block.
fn before_large(start: usize) -> usize {
    let before = (start.next_multiple_of(64) + 48 - start) % 64;
    if before == 0 || before >= SMALLEST { before } else { before + 64 }
}

/// A piece of free, zeroed memory, from which small blocks are taken one after the other. It has no header meanwhile.
#[derive(Default)]
pub(super) struct ZeroedRange {
    start: usize,
    end: usize,
}

impl ZeroedRange {
    #[inline]
    fn take(&mut self, size: usize) -> Option<usize> {
        let start = self.start;
        let end = start.checked_add(size).filter(|end| *end <= self.end)?;
        self.start = end;
        Some(start)
    }
}

impl Heap {
    /// A zeroed block of the class, and its size, from any source. `NoMemory`.
    #[inline]
    pub(super) fn take(&mut self, class: usize, size: usize) -> Result<(u32, usize), Status> {
        if let Some(block) = self.take_exact(class, size) {
            return Ok((block, size));
        }
        if class < LARGE_CLASS
            && let Some(start) = self.piece.take(size)
        {
            return Ok(((start + HEADER) as u32, size));
        }
        self.take_other(class, size)
    }

    /// The first block of the class's list, zeroed, when it has exactly this size.
    #[inline]
    fn take_exact(&mut self, class: usize, size: usize) -> Option<u32> {
        let head = self.free.head(class);
        if head == 0 {
            return None;
        }
        let Ok((found, next)) = self.block(head, FREE) else {
            self.free.set_head(class, 0);
            return None;
        };
        if found != size {
            return None;
        }
        self.free.set_head(class, next);
        let start = head as usize;
        self.region.bytes_mut().get_mut(start..start + size - HEADER)?.fill(0);
        Some(head)
    }

    /// A part of a larger block, or a new block.
    #[cold]
    fn take_other(&mut self, class: usize, size: usize) -> Result<(u32, usize), Status> {
        let mut is_due = self.returned >= MERGE_FLOOR.max(self.in_use / 2);
        // A block that is large among those in use comes out of merged ones: a map that grows again stays within less
        // memory, which the caches have. For another one, as when a map is emptied, visiting every block would take
        // longer than all else.
        if is_due && class >= LARGE_CLASS && size >= self.in_use / 4 {
            is_due = !self.merge();
        }
        if let Some(taken) = self.take_part(class, size) {
            return Ok(taken);
        }
        if is_due
            && self.merge()
            && let Some(taken) = self.take_part(class, size)
        {
            return Ok(taken);
        }
        match self.take_behind(class, size) {
            Err(status) => {
                if self.loose > 0 {
                    self.sweep()?;
                }
                // Merging also returns what is left of the zeroed range.
                if self.returned > 0 || self.piece.start != self.piece.end {
                    self.merge();
                }
                self.take_part(class, size).map_or_else(|| self.take_new(size).map_err(|_| status), Ok)
            }
            taken => taken,
        }
    }

    /// A block out of a free one that is at least as large. The remainder stays free.
    fn take_part(&mut self, class: usize, size: usize) -> Option<(u32, usize)> {
        let from = self.free.class_from(class)?;
        let head = self.free.head(from);
        let Ok((found, next)) = self.block(head, FREE) else {
            self.free.set_head(from, 0);
            return None;
        };
        let (start, rest) = (head as usize - HEADER, found.checked_sub(size)?);
        self.free.set_head(from, next);
        if class < LARGE_CLASS {
            self.retire().ok()?;
            let stays = if found >= PIECE + LARGE_FREE { found - PIECE } else { 0 };
            if stays != 0 {
                self.put_free(start, stays).ok()?;
            }
            self.piece = ZeroedRange { start: start + stays, end: start + found };
            self.region.bytes_mut().get_mut(start + stays..start + found)?.fill(0);
            return self.piece.take(size).map(|start| ((start + HEADER) as u32, size));
        }
        let size = if rest < SMALLEST { found } else { size };
        if size != found {
            self.put_free(start + size, rest).ok()?;
        }
        self.region.bytes_mut().get_mut(head as usize..start + size)?.fill(0);
        Some((head, size))
    }

    /// The rest of the piece becomes a free block again, because visiting all blocks needs headers.
    pub(super) fn retire(&mut self) -> Result<(), Status> {
        let ZeroedRange { start, end } = core::mem::take(&mut self.piece);
        if start == end { Ok(()) } else { self.put_free(start, end - start) }
    }

    /// A block after all others, or a piece there for small blocks, as long as there is room.
    fn take_behind(&mut self, class: usize, size: usize) -> Result<(u32, usize), Status> {
        if class < LARGE_CLASS
            && let Ok((block, _)) = self.take_new(NEW_PIECE)
        {
            let start = block as usize - HEADER;
            self.retire()?;
            self.piece = ZeroedRange { start, end: start + NEW_PIECE };
            return self
                .piece
                .take(size)
                .map(|start| ((start + HEADER) as u32, size))
                .ok_or(Status::NoMemory);
        }
        self.take_new(size)
    }

    /// A block after all others.
    fn take_new(&mut self, size: usize) -> Result<(u32, usize), Status> {
        let before = if size < LARGE { 0 } else { before_large(self.top) };
        let (first, start) = (self.top, self.top + before);
        self.advance(start, start + size)?;
        if before != 0 {
            self.put_free(first, before)?;
        }
        Ok(((start + HEADER) as u32, size))
    }

    /// Makes the bytes from the start to the end, which lie after all blocks, zero and used.
    pub(super) fn advance(&mut self, start: usize, end: usize) -> Result<(), Status> {
        if end > self.maximum {
            return Err(Status::NoMemory);
        }
        if end > self.bytes().len() {
            let more = end.max(self.bytes().len() * 2).next_multiple_of(STEP);
            self.region.grow(more.min(self.maximum))?;
        }
        if start < self.clean {
            let used = self.clean.min(end);
            self.region.bytes_mut().get_mut(start..used).ok_or(Status::Malformed)?.fill(0);
        }
        self.top = end;
        self.clean = self.clean.max(end);
        Ok(())
    }

    /// Adds the block to the free ones.
    pub(super) fn free_block(&mut self, offset: u32, size: usize) -> Result<(), Status> {
        self.in_use = self.in_use.saturating_sub(size);
        self.returned = self.returned.saturating_add(size);
        if let Some(building) = &mut self.building {
            building.some_returned = true;
        }
        self.put_free(offset as usize - HEADER, size)
    }

    /// Adds unused bytes to the free blocks: as one block, or as two when only the second is aligned for large blocks.
    fn put_free(&mut self, start: usize, size: usize) -> Result<(), Status> {
        if size < LARGE_FREE {
            return self.put_block(start, size, class_below(size));
        }
        let before = before_large(start);
        if size < before + LARGE_FREE {
            return self.put_block(start, size, LARGE_CLASS - 1);
        }
        if before != 0 {
            self.put_block(start, before, class_below(before))?;
        }
        self.put_block(start + before, size - before, class_below(size - before))
    }

    fn put_block(&mut self, start: usize, size: usize, class: usize) -> Result<(), Status> {
        let offset = (start + HEADER) as u32;
        if size < SMALLEST {
            return self.put_header(offset, size, FREE, 0);
        }
        self.put_header(offset, size, FREE, self.free.head(class))?;
        self.free.set_head(class, offset);
        Ok(())
    }

    /// Merges adjacent free blocks. Linear in the number of blocks. False when it was not done, because freed blocks
    /// may still have to be found again.
    fn merge(&mut self) -> bool {
        if self.building.as_ref().is_some_and(|building| building.some_returned) || self.retire().is_err() {
            return false;
        }
        self.free_and_merge(|_, _, _, _| false);
        true
    }

    /// Frees the blocks that are garbage, by their offset, size, state and count, and merges adjacent free ones. The piece
    /// is retired, and no freed block has to be found again.
    pub(super) fn free_and_merge(&mut self, mut is_garbage: impl FnMut(u32, usize, u32, u32) -> bool) {
        self.returned = 0;
        self.free = FreeLists::default();
        let (mut start, mut free) = (START, None);
        // After a broken header, nothing is known to be free.
        while start < self.top
            && let offset = (start + HEADER) as u32
            && let Ok((size, state, count)) = self.any_block(offset)
        {
            look(HEADER);
            if state == FREE {
                free.get_or_insert(start);
            } else if is_garbage(offset, size, state, count) {
                self.in_use = self.in_use.saturating_sub(size);
                free.get_or_insert(start);
            } else if let Some(first) = free.take() {
                // It lies in the memory, like the blocks that it is merged from.
                let _ = self.put_free(first, start - first);
            }
            start += size;
        }
        if start == self.top {
            self.top = free.unwrap_or(start);
        }
    }
}

#[cfg(test)]
mod tests;
