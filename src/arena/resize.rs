//! The last block, which can be resized and given back where it is, when it was begun in the innermost scope.

use core::ptr;

use super::chunk::Chunk;
use super::raw::{MAX_ALIGN, RawArena};
use crate::status::Status;

impl RawArena {
    /// Where the innermost scope began in the current chunk, which there is.
    fn floor(&self) -> *mut u8 {
        match self.scopes.innermost() {
            Some(scope) if scope.chunk == self.current => scope.mark.next(),
            // SAFETY: a chunk of the list.
            _ => unsafe { Chunk::payload(self.current) },
        }
    }

    /// Whether the block is the last one, and begun in the innermost scope. An empty one never is: nothing tells which of
    /// the scopes that began at its address it belongs to, nor whether the position was below it meanwhile.
    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        !self.current.is_null()
            && size != 0
            && block >= self.floor()
            && block <= self.position.next()
            && self.position.next().addr() - block.addr() == self.extent(size).advance
    }

    /// The last block becomes `new` bytes long, of which there are enough.
    fn resize_last(&mut self, block: *mut u8, old: usize, new: usize) {
        let (old_extent, new_extent) = (self.extent(old), self.extent(new));
        self.position.give_back(block, old_extent);
        self.position.retake(block, new_extent);
        // SAFETY: both ranges lie in the current chunk, behind the block's start; the caller gives up what is behind
        // the new size, and is handed what is behind the old one.
        unsafe {
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.poison(block, old_extent.advance.max(new_extent.advance));
                sanitizer.unpoison(block, new);
            }
            if self.zero && new > old {
                block.add(old).write_bytes(0, new - old);
            }
            if self.scrub && new < old {
                self.overwrite(block.add(new), old - new);
            }
        }
    }

    /// Whether the last block can become `new` bytes long where it is.
    fn fits_in_place(&self, block: *mut u8, old: usize, new: usize) -> bool {
        self.position.can_resize(block, self.extent(old), self.extent(new))
    }

    /// Resizes the last block of the innermost scope where it is. Refuses otherwise, which is no failure.
    ///
    /// # Safety
    /// A block of the arena's that is in use, with that size.
    pub unsafe fn try_extend(&mut self, block: *mut u8, old: usize, new: usize) -> bool {
        if self.check_use().is_err() || !self.is_last(block, old) || !self.fits_in_place(block, old, new) {
            return false;
        }
        self.resize_last(block, old, new);
        true
    }

    /// Gives the last block of the innermost scope back. Refuses otherwise, which is no failure. An empty one has nothing
    /// to give back.
    ///
    /// # Safety
    /// A block of the arena's with that size, which is not used again when it is taken; or NULL.
    pub unsafe fn free_last(&mut self, block: *mut u8, size: usize) -> bool {
        if block.is_null() || !(self.plain || self.check_use().is_ok()) {
            return false;
        }
        if size == 0 {
            // Nothing to give back.
            return block == self.position.next();
        }
        if !self.is_last(block, size) {
            return false;
        }
        self.position.give_back(block, self.extent(size));
        if !self.plain {
            // SAFETY: the block lies in the current chunk and was given up; what lies between it and the next one is
            // poisoned already.
            unsafe { self.leave(block, size) };
        }
        true
    }

    /// The block with another size: in place when it is the last one of the innermost scope, or does not grow, and
    /// aligned well; else a copy. NULL when that fails; then the block is as it was.
    ///
    /// # Safety
    /// `old` bytes of the arena's that are in use, or NULL with 0.
    pub unsafe fn reallocate(&mut self, block: *mut u8, old: usize, new: usize, align: usize) -> *mut u8 {
        if block.is_null() {
            return self.allocate(new, align);
        }
        if !align.is_power_of_two() || align > MAX_ALIGN {
            return self.fail(Status::InvalidArgument);
        }
        if let Err(status) = self.check_use() {
            return self.fail(status);
        }
        let aligned = block.addr().is_multiple_of(align);
        let last = self.is_last(block, old);
        if aligned && last && self.fits_in_place(block, old, new) {
            self.resize_last(block, old, new);
            return block;
        }
        if aligned && new <= old {
            return block;
        }
        // SAFETY: the caller's promise.
        unsafe {
            if last {
                self.move_last(block, old, new, align)
            } else {
                self.copy_block(block, old, new, align)
            }
        }
    }

    /// # Safety
    /// As for [`RawArena::reallocate`].
    unsafe fn copy_block(&mut self, block: *mut u8, old: usize, new: usize, align: usize) -> *mut u8 {
        let copy = self.allocate_aligned(new, align);
        if !copy.is_null() {
            // SAFETY: both blocks are there, the new one was nobody's.
            unsafe { ptr::copy_nonoverlapping(block, copy, old.min(new)) };
        }
        copy
    }

    /// The last block does not count any more while room for it is looked for elsewhere: so a vector can grow to
    /// all of a budget, in however many chunks.
    ///
    /// # Safety
    /// As for [`RawArena::reallocate`], and the block is the last one.
    unsafe fn move_last(&mut self, block: *mut u8, old: usize, new: usize, align: usize) -> *mut u8 {
        let extent = self.extent(old);
        self.position.give_back(block, extent);
        let chunk = self.current;
        // The new block may overlap the old one, which is still to be read.
        let zero = core::mem::replace(&mut self.zero, false);
        let placed = self.place(new, align, true);
        self.zero = zero;
        match placed {
            Ok(copy) => {
                // SAFETY: the old bytes are where they were, though they may overlap the new ones.
                unsafe {
                    if let Some(sanitizer) = self.sanitizer {
                        sanitizer.unpoison(block, old);
                    }
                    ptr::copy(block, copy, old.min(new));
                    if self.zero && new > old {
                        copy.add(old).write_bytes(0, new - old);
                    }
                    let (end, copy_end) = (block.wrapping_add(old), copy.wrapping_add(new));
                    if chunk == self.current {
                        self.leave(block, copy.addr().min(end.addr()) - block.addr());
                        self.leave(copy_end, end.addr().saturating_sub(copy_end.addr()));
                    } else {
                        self.leave(block, old);
                    }
                }
                copy
            }
            Err(status) => {
                self.position.retake(block, extent);
                self.fail(status)
            }
        }
    }

    /// Bytes of a block that has moved away are overwritten and poisoned, as far as these are wanted.
    ///
    /// # Safety
    /// The range is the arena's own, and nobody's block any more.
    unsafe fn leave(&self, from: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.scrub {
                self.overwrite(from, size);
            } else if let Some(sanitizer) = self.sanitizer {
                sanitizer.poison(from, size);
            }
        }
    }
}
