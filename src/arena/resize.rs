//! The last block, which can be resized and returned in place when it was allocated in the innermost scope.

use core::ptr;

use super::chunk::Chunk;
use super::position::MAX_ALIGN;
use super::raw::RawArena;
use crate::status::Status;

impl RawArena {
    /// The start of the innermost scope in the current chunk, which exists.
    fn floor(&self) -> *mut u8 {
        let current = self.chunks.current();
        // SAFETY: a chunk of the list.
        self.scopes.floor(current).unwrap_or_else(|| unsafe { Chunk::payload(current) })
    }

    /// Whether the block is the last one, and was allocated in the innermost scope. An empty block never is: several
    /// scopes may begin at its address, and the position may have been below it meanwhile.
    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        !self.chunks.current().is_null()
            && size != 0
            && block >= self.floor()
            && block <= self.position.next()
            && self.position.next().addr() - block.addr() == self.protection.extent(size).advance
    }

    /// Resizes the last block to `new` bytes, which fit in place.
    fn resize_last(&mut self, block: *mut u8, old: usize, new: usize) {
        debug_assert!(self.is_last(block, old) && self.fits_in_place(block, old, new));
        self.position.release_last(block, self.protection.extent(old));
        self.position.retake(block, self.protection.extent(new));
        // SAFETY: both ranges are in the current chunk, from the block's start on; the caller gives up the bytes
        // after the new size, or gets those after the old one.
        unsafe { self.protection.resize(block, old, new) };
    }

    /// Whether the last block can be resized to `new` bytes in place.
    fn fits_in_place(&self, block: *mut u8, old: usize, new: usize) -> bool {
        self.position.can_resize(block, self.protection.extent(old), self.protection.extent(new))
    }

    /// Resizes the last block of the innermost scope in place. Returns false for other blocks, which is not a
    /// failure.
    ///
    /// # Safety
    /// A block of the arena that is in use, with this size.
    pub unsafe fn try_extend(&mut self, block: *mut u8, old: usize, new: usize) -> bool {
        if self.check_use().is_err() || !self.is_last(block, old) || !self.fits_in_place(block, old, new) {
            return false;
        }
        self.resize_last(block, old, new);
        true
    }

    /// Returns the last block of the innermost scope. Returns false for other blocks, which is not a failure. An
    /// empty block has nothing to return.
    ///
    /// # Safety
    /// A block of the arena with this size, which is not used again when it is returned; or NULL.
    pub unsafe fn free_last(&mut self, block: *mut u8, size: usize) -> bool {
        if block.is_null() || !(self.plain || self.check_use().is_ok()) {
            return false;
        }
        if size == 0 {
            // Nothing to return.
            return block == self.position.next();
        }
        if !self.is_last(block, size) {
            return false;
        }
        self.position.release_last(block, self.protection.extent(size));
        if !self.plain {
            // SAFETY: the block is in the current chunk and was given up; the red zone after it is poisoned already.
            unsafe { self.protection.take_back(block, size) };
        }
        true
    }

    /// Resizes a block: in place when it is the last one of the innermost scope, or when it does not grow and is
    /// aligned already; else by a copy. NULL on failure; the block is unchanged then.
    ///
    /// # Safety
    /// `old` bytes of the arena that are in use, or NULL with 0.
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
            // SAFETY: both blocks exist, and nobody used the new one before.
            unsafe { ptr::copy_nonoverlapping(block, copy, old.min(new)) };
        }
        copy
    }

    /// The last block does not count while a new place for it is searched, so a vector can grow to a whole budget, in
    /// any number of chunks.
    ///
    /// # Safety
    /// As for [`RawArena::reallocate`], and the block is the last one.
    unsafe fn move_last(&mut self, block: *mut u8, old: usize, new: usize, align: usize) -> *mut u8 {
        let extent = self.protection.extent(old);
        self.position.release_last(block, extent);
        let chunk = self.chunks.current();
        // The new block may overlap the old one, which will still be read.
        let zero = core::mem::replace(&mut self.protection.zero, false);
        let placed = self.place(new, align, true);
        self.protection.zero = zero;
        match placed {
            Ok(copy) => {
                // SAFETY: the old bytes are unchanged, though they may overlap the new ones.
                unsafe {
                    self.protection.unpoison(block, old);
                    ptr::copy(block, copy, old.min(new));
                    if zero && new > old {
                        copy.add(old).write_bytes(0, new - old);
                    }
                    let (end, copy_end) = (block.wrapping_add(old), copy.wrapping_add(new));
                    if chunk == self.chunks.current() {
                        debug_assert!(block <= copy);
                        self.protection.take_back(block, copy.addr().min(end.addr()) - block.addr());
                        self.protection.take_back(copy_end, end.addr().saturating_sub(copy_end.addr()));
                    } else {
                        self.protection.take_back(block, old);
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
}
