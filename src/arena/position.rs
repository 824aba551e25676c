//! The position of the next block, and how far blocks may go: arithmetic on addresses that reads and writes no
//! memory.
//!
//! The position moves up through a chunk; the soft end is where the chunk or the budget ends, whichever comes first.
//! Both are kept as the address of the byte *before* them: setting the low bits of that aligns the position, which is
//! one step less from each block to the next than rounding up.
//!
//! The number of bytes in use is `before - origin`: the origin is where the arena would have begun if everything in
//! use lay in the current chunk. A limit is a number of bytes in use, so that a budget is an address in the current
//! chunk, and leaving a scope only restores old values.

use core::ptr;

/// No limit.
pub(super) const NO_LIMIT: usize = usize::MAX;
/// The alignment of a block whose caller asks for none.
pub const DEFAULT_ALIGN: usize = 16;
/// The strictest alignment.
pub const MAX_ALIGN: usize = 1 << 16;

/// The position in the current chunk. Its first three words are frozen: programs are compiled with them.
#[repr(C)]
pub(super) struct Position {
    /// The byte before the one where the next block may begin.
    before: *mut u8,
    /// The last byte for blocks that are allocated without a call. NULL when every block needs a call.
    end: *mut u8,
    /// The highest `before` since the origin last changed, recorded each time before the position moves down.
    highest: *mut u8,
    /// `before` minus the number of bytes in use; may wrap.
    origin: usize,
    /// The largest number of bytes in use with earlier origins.
    peak: usize,
    /// The largest number of bytes that may be in use.
    limit: usize,
    /// The end of the chunk.
    chunk_end: *mut u8,
    /// Whether every block needs a call.
    watched: bool,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(Position, before) == 0 && offset_of!(Position, end) == 8);
    assert!(offset_of!(Position, highest) == 16 && size_of::<Position>() == 64);
};

/// The part of a position that a scope restores when it ends.
#[derive(Clone, Copy)]
pub(super) struct SavedPosition {
    before: *mut u8,
    limit: usize,
    origin: usize,
}

/// Whether a block fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Into this chunk.
    Here,
    /// Into another chunk.
    Elsewhere,
    /// Into no chunk: the limit forbids it.
    Nowhere,
}

/// A block's size, and how far it moves the position: further than its size when a red zone follows it.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) size: usize,
    pub(super) advance: usize,
}

/// Tells the compiler that a branch is rarely taken, so that the other one needs no jump.
#[cold]
#[inline]
pub(super) fn rarely() {}

/// The first multiple of `align` from `address` on.
pub(super) fn round_up(address: *mut u8, align: usize) -> *mut u8 {
    debug_assert!(align.is_power_of_two() && align <= MAX_ALIGN);
    // Memory ends far below the largest address, so this does not overflow.
    address.map_addr(|address| address.wrapping_add(align - 1) & !(align - 1))
}

/// The start of the next block, as the address of the byte before it.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Place(*mut u8);

impl Place {
    pub(super) const NOWHERE: Place = Place(ptr::null_mut());

    /// The start of the next block.
    pub(super) fn next(&self) -> *mut u8 {
        self.0.wrapping_add(1)
    }
}

impl SavedPosition {
    /// A saved position of its parts.
    pub(super) fn new(place: Place, limit: usize, origin: usize) -> Self {
        SavedPosition { before: place.0, limit, origin }
    }

    /// The number of bytes in use when it was saved.
    pub(super) fn used(&self) -> usize {
        self.before.addr().wrapping_sub(self.origin)
    }

    /// The start of the next block at that time.
    pub(super) fn next(&self) -> *mut u8 {
        self.before.wrapping_add(1)
    }

    /// The limit that applied.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }
}

impl Position {
    /// In no chunk, with nothing in use.
    pub(super) fn new(limit: usize) -> Self {
        let before = ptr::null_mut();
        let (end, highest, chunk_end) = (before, before, before);
        Position { before, end, highest, origin: 0, peak: 0, limit, chunk_end, watched: true }
    }

    /// The start of the next block.
    #[inline]
    pub(super) fn next(&self) -> *mut u8 {
        self.before.wrapping_add(1)
    }

    /// The end of the chunk.
    pub(super) fn chunk_end(&self) -> *mut u8 {
        self.chunk_end
    }

    /// `before` minus the number of bytes in use.
    pub(super) fn origin(&self) -> usize {
        self.origin
    }

    /// The number of bytes in use, padding included.
    #[inline]
    pub(super) fn used(&self) -> usize {
        self.before.addr().wrapping_sub(self.origin)
    }

    /// The largest number of bytes ever in use.
    pub(super) fn peak(&self) -> usize {
        self.peak.max(self.highest.max(self.before).addr().wrapping_sub(self.origin))
    }

    #[inline]
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The number of bytes that may still be used, if there is memory.
    #[inline]
    pub(super) fn remaining(&self) -> usize {
        if self.limit == NO_LIMIT { NO_LIMIT } else { self.limit.saturating_sub(self.used()) }
    }

    /// The number of bytes left in the chunk.
    #[inline]
    fn room(&self) -> usize {
        debug_assert!(self.next() <= self.chunk_end);
        self.chunk_end.addr().wrapping_sub(self.next().addr())
    }

    /// Sets the soft end to the end of the chunk or of the budget.
    #[inline]
    fn set_end(&mut self) {
        self.end = if self.watched { ptr::null_mut() } else { self.soft_end() };
    }

    #[inline(always)]
    fn soft_end(&self) -> *mut u8 {
        self.before.wrapping_add(self.room().min(self.limit.saturating_sub(self.used())))
    }

    /// Sets whether every block needs a call.
    #[inline]
    pub(super) fn watch(&mut self, watched: bool) {
        self.watched = watched;
        self.set_end();
    }

    /// Records the highest position. To be called before it moves down.
    #[inline(always)]
    fn note_highest(&mut self) {
        if self.before > self.highest {
            rarely();
            self.highest = self.before;
        }
    }

    /// Moves to another place, with another origin.
    fn rebase(&mut self, before: *mut u8, origin: usize) {
        self.peak = self.peak();
        (self.before, self.highest, self.origin) = (before, before, origin);
    }

    /// Allocates a block if it fits without a chunk change.
    #[inline(always)]
    pub(super) fn allocate(&mut self, size: usize, align: usize) -> Option<*mut u8> {
        debug_assert!(align.is_power_of_two() && align <= MAX_ALIGN);
        let before = self.before.map_addr(|address| address | (align - 1));
        // Never adds to the size: it may be any number, and the sum could overflow.
        if before <= self.end && size <= self.end.addr() - before.addr() {
            self.before = before.wrapping_add(size);
            debug_assert!(self.before <= self.end && self.used() <= self.limit);
            return Some(before.wrapping_add(1));
        }
        None
    }

    /// A block without alignment, and the number of 16-byte pieces from its start that may be overwritten until the
    /// next allocation: at least `least`, and more than the block.
    #[inline(always)]
    pub(super) fn allocate_roomy(&mut self, size: usize, least: usize) -> Option<(*mut u8, usize)> {
        let (before, sixteens) = (self.before, (size / 16).saturating_add(1).max(least));
        // No more than a block of that size could have, in this chunk and within the budget.
        if before <= self.end && sixteens <= (self.end.addr() - before.addr()) / 16 {
            self.before = before.wrapping_add(size);
            debug_assert!(self.before <= self.end && self.used() <= self.limit);
            return Some((before.wrapping_add(1), sixteens));
        }
        None
    }

    /// The number of bytes from the start of the last block that may be overwritten until the next allocation.
    pub(super) fn room_from(&self, block: *mut u8) -> usize {
        debug_assert!(block <= self.next());
        self.end.addr().saturating_add(1).saturating_sub(block.addr())
    }

    /// Moves up or down to an address in the chunk, up to the soft end.
    pub(super) fn set_next(&mut self, next: *mut u8) {
        debug_assert!(next <= self.end.wrapping_add(1));
        self.before = next.wrapping_sub(1);
    }

    /// Whether a block fits, and where.
    pub(super) fn fit(&self, block: Extent, align: usize) -> Fit {
        debug_assert!(block.size <= block.advance);
        let start = round_up(self.next(), align);
        let padding = start.addr() - self.next().addr();
        let here = start <= self.chunk_end && block.advance <= self.chunk_end.addr() - start.addr();
        let charged = block.size.saturating_add(if here { padding } else { 0 });
        // Without a limit, nothing that large fits anywhere either.
        if charged > self.remaining() {
            return Fit::Nowhere;
        }
        if here { Fit::Here } else { Fit::Elsewhere }
    }

    /// Takes a block that fits here.
    pub(super) fn take(&mut self, block: Extent, align: usize) -> *mut u8 {
        debug_assert_eq!(self.fit(block, align), Fit::Here);
        let start = round_up(self.next(), align);
        self.set_last(start, block);
        start
    }

    /// Makes that block the last one.
    fn set_last(&mut self, block: *mut u8, extent: Extent) {
        let before = block.wrapping_add(extent.advance).wrapping_sub(1);
        if extent.advance == extent.size {
            self.before = before;
        } else {
            self.rebase(before, self.origin.wrapping_add(extent.advance - extent.size));
        }
        debug_assert!(self.next() <= self.chunk_end && self.used() <= self.limit);
        self.set_end();
    }

    /// Returns the last block, which has the extent `old`.
    pub(super) fn release_last(&mut self, block: *mut u8, old: Extent) {
        debug_assert!(block.addr() + old.advance == self.next().addr());
        debug_assert!(old.size <= self.used());
        self.note_highest();
        if old.advance == old.size {
            self.before = block.wrapping_sub(1);
        } else {
            self.rebase(block.wrapping_sub(1), self.origin.wrapping_sub(old.advance - old.size));
        }
        self.set_end();
    }

    /// Takes the block that was just returned again, with another extent, for which there is room.
    pub(super) fn retake(&mut self, block: *mut u8, extent: Extent) {
        debug_assert_eq!(block, self.next());
        self.set_last(block, extent);
    }

    /// Whether the last block can have another extent where it is.
    pub(super) fn can_resize(&self, block: *mut u8, old: Extent, new: Extent) -> bool {
        debug_assert!(block.addr() + old.advance == self.next().addr());
        let more = new.size.saturating_sub(old.size);
        new.advance <= self.chunk_end.addr() - block.addr() && more <= self.remaining()
    }

    /// Moves to another place, in a chunk that ends there. The number of bytes in use stays the same.
    pub(super) fn move_to(&mut self, next: *mut u8, chunk_end: *mut u8) {
        let (used, before) = (self.used(), next.wrapping_sub(1));
        debug_assert!(before <= chunk_end);
        self.rebase(before, before.addr().wrapping_sub(used));
        self.chunk_end = chunk_end;
        debug_assert_eq!(self.used(), used);
        self.set_end();
    }

    /// Sets the number of bytes in use to 0.
    pub(super) fn clear(&mut self) {
        self.rebase(self.before, self.before.addr());
        self.set_end();
    }

    /// Moves the end of the chunk down, not below the position.
    pub(super) fn cut(&mut self, chunk_end: *mut u8) {
        debug_assert!(self.next() <= chunk_end && chunk_end <= self.chunk_end);
        self.chunk_end = chunk_end;
        self.set_end();
    }

    #[inline(always)]
    pub(super) fn place(&self) -> Place {
        Place(self.before)
    }

    /// Allows no more than `budget` further bytes, and no more than before. When every block needs a call, the end
    /// has to be set again.
    #[inline(always)]
    pub(super) fn bound(&mut self, budget: usize) {
        debug_assert!(budget != NO_LIMIT);
        self.limit = self.limit.min(self.used().saturating_add(budget));
        // The present end takes account of the chunk and of all outer limits.
        let room = self.end.addr().wrapping_sub(self.before.addr());
        self.end = self.before.wrapping_add(room.min(budget));
    }

    /// Moves back to a place that was saved with the present origin and limit.
    #[inline(always)]
    pub(super) fn restore_place(&mut self, place: Place) {
        debug_assert!(place.0 <= self.before, "blocks of the chunk lie above the saved place");
        self.note_highest();
        self.before = place.0;
    }

    /// Moves back to a place that was saved with the present origin, and to another limit. Not when every block needs
    /// a call.
    #[inline(always)]
    pub(super) fn restore_bounded(&mut self, place: Place, limit: usize) {
        debug_assert!(!self.watched);
        self.restore_place(place);
        self.limit = limit;
        self.end = self.soft_end();
    }

    /// Moves back to a saved position, in a chunk that ends at `chunk_end`.
    pub(super) fn restore_in(&mut self, saved: SavedPosition, chunk_end: *mut u8) {
        debug_assert!(saved.before <= chunk_end && saved.used() <= self.used());
        self.rebase(saved.before, saved.origin);
        self.limit = saved.limit;
        self.chunk_end = chunk_end;
        self.set_end();
    }

    /// Changes the limit.
    #[inline]
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.set_end();
    }
}

#[cfg(test)]
mod tests;
