//! Where the next block begins, and how far blocks may go: arithmetic on addresses, which reads and writes no memory.
//!
//! The position moves up through a chunk; the soft end is where the chunk or the budget ends, whichever comes first. Both
//! are kept as the address of the byte *before* them: setting the low bits of that aligns the position, which is one step
//! less from each block to the next than rounding up.
//!
//! How much is used is a number, `before - origin`: the origin is where the arena would have begun if all that is used
//! lay in the current chunk. A limit is such a number too, so that a budget is an address in the current chunk, and
//! leaving a scope only puts old values back.

use core::ptr;

/// No limit.
pub(super) const NO_LIMIT: usize = usize::MAX;

/// The position in the current chunk. Its first two words are frozen: programs are compiled with them.
#[repr(C)]
pub(super) struct Position {
    /// The byte before the one where the next block may begin.
    before: *mut u8,
    /// The last byte of blocks that are handed out without a call. NULL when every block needs one.
    end: *mut u8,
    /// `before` minus the number of bytes in use; may wrap around.
    origin: usize,
    peak: usize,
    /// The most that may be used, all in all.
    limit: usize,
    /// Where the chunk ends.
    chunk_end: *mut u8,
    /// Every block needs a call.
    watched: bool,
}

/// What a scope puts back.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    before: *mut u8,
    end: *mut u8,
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

/// A block's size, and how far it moves the position: more than its size when a red zone lies behind it.
#[derive(Clone, Copy)]
pub(super) struct Extent {
    pub(super) size: usize,
    pub(super) advance: usize,
}

pub(super) fn round_up(place: *mut u8, align: usize) -> *mut u8 {
    // An address is far from the end of its range, and alignments are at most 64 KiB.
    place.map_addr(|address| address.wrapping_add(align - 1) & !(align - 1))
}

impl Mark {
    /// What was used when it was made.
    pub(super) fn used(&self) -> usize {
        self.before.addr().wrapping_sub(self.origin)
    }

    /// Where the next block would have begun.
    pub(super) fn next(&self) -> *mut u8 {
        self.before.wrapping_add(1)
    }

    /// The limit that there was.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// The chunk ends earlier now.
    pub(super) fn cut(&mut self, chunk_end: *mut u8) {
        self.end = self.end.min(chunk_end.wrapping_sub(1));
    }

    /// The same use and limit where `position` stands.
    pub(super) fn move_to(&mut self, position: &Position) {
        debug_assert_eq!(self.used(), position.used());
        let allowed = self.limit.saturating_sub(position.used());
        let room = position.chunk_end.addr().saturating_sub(position.next().addr());
        self.before = position.before;
        self.origin = position.origin;
        self.end = position.before.wrapping_add(room.min(allowed));
    }
}

impl Position {
    /// In no chunk, with nothing in use.
    pub(super) fn new(limit: usize) -> Self {
        let before = ptr::null_mut();
        Position { before, end: before, origin: 0, peak: 0, limit, chunk_end: before, watched: true }
    }

    /// Where the next block may begin.
    #[inline]
    pub(super) fn next(&self) -> *mut u8 {
        self.before.wrapping_add(1)
    }

    /// Where the chunk ends.
    pub(super) fn chunk_end(&self) -> *mut u8 {
        self.chunk_end
    }

    /// How many bytes are used, padding included.
    #[inline]
    pub(super) fn used(&self) -> usize {
        self.before.addr().wrapping_sub(self.origin)
    }

    /// The most that ever was used.
    pub(super) fn peak(&self) -> usize {
        self.peak.max(self.used())
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// How many bytes may still be used, if there is memory.
    #[inline]
    pub(super) fn remaining(&self) -> usize {
        if self.limit == NO_LIMIT { NO_LIMIT } else { self.limit.saturating_sub(self.used()) }
    }

    /// How many bytes the chunk still has.
    #[inline]
    fn room(&self) -> usize {
        self.chunk_end.addr() - self.next().addr()
    }

    /// Puts the soft end where chunk or budget end.
    #[inline]
    fn set_end(&mut self) {
        if self.watched {
            self.end = ptr::null_mut();
            return;
        }
        debug_assert!(self.next() <= self.chunk_end);
        self.end = self.before.wrapping_add(self.room().min(self.remaining()));
    }

    /// Whether every block needs a call.
    #[inline]
    pub(super) fn watch(&mut self, watched: bool) {
        self.watched = watched;
        self.set_end();
    }

    /// Notes the most that was ever used; before anything makes it less.
    #[inline]
    pub(super) fn note_peak(&mut self) {
        let used = self.used();
        if used > self.peak {
            self.peak = used;
        }
    }

    /// A block, if it simply fits.
    #[inline(always)]
    pub(super) fn allocate(&mut self, size: usize, align: usize) -> Option<*mut u8> {
        let before = self.before.map_addr(|address| address | (align - 1));
        // Never an addition to the size: it may be anything.
        if before <= self.end && size <= self.end.addr() - before.addr() {
            self.before = before.wrapping_add(size);
            return Some(before.wrapping_add(1));
        }
        None
    }

    /// A block without alignment, and how many times sixteen bytes from there on may be overwritten until something else
    /// is allocated: `least`, and more than the block.
    #[inline(always)]
    pub(super) fn allocate_roomy(&mut self, size: usize, least: usize) -> Option<(*mut u8, usize)> {
        let (before, sixteens) = (self.before, (size / 16).saturating_add(1).max(least));
        // No more than what a block of that size could have, in this chunk and within the budget.
        if before <= self.end && sixteens <= (self.end.addr() - before.addr()) / 16 {
            self.before = before.wrapping_add(size);
            return Some((before.wrapping_add(1), sixteens));
        }
        None
    }

    /// How many bytes from a block on, the last one, may be overwritten until something is allocated.
    pub(super) fn room_from(&self, block: *mut u8) -> usize {
        self.end.addr().saturating_add(1).saturating_sub(block.addr())
    }

    /// Goes up or down to an address in the chunk, as far as the soft end.
    pub(super) fn set_next(&mut self, next: *mut u8) {
        debug_assert!(next <= self.end.wrapping_add(1));
        self.before = next.wrapping_sub(1);
    }

    /// Whether a block fits, and where.
    pub(super) fn fit(&self, block: Extent, align: usize) -> Fit {
        let start = round_up(self.next(), align);
        let padding = start.addr() - self.next().addr();
        let here = start <= self.chunk_end && block.advance <= self.chunk_end.addr() - start.addr();
        let charged = block.size.saturating_add(if here { padding } else { 0 });
        // Without a limit nothing that large fits anywhere either.
        if charged > self.remaining() {
            return Fit::Nowhere;
        }
        if here { Fit::Here } else { Fit::Elsewhere }
    }

    /// Takes a block that fits here.
    pub(super) fn take(&mut self, block: Extent, align: usize) -> *mut u8 {
        let start = round_up(self.next(), align);
        self.before = start.wrapping_add(block.advance).wrapping_sub(1);
        self.origin = self.origin.wrapping_add(block.advance - block.size);
        self.set_end();
        start
    }

    /// The last block, of the extent `old`, is given back.
    pub(super) fn give_back(&mut self, block: *mut u8, old: Extent) {
        debug_assert!(block.addr() + old.advance == self.next().addr());
        self.note_peak();
        self.before = block.wrapping_sub(1);
        self.origin = self.origin.wrapping_sub(old.advance - old.size);
        self.set_end();
    }

    /// Whether the last block can become as large as that where it is.
    pub(super) fn can_resize(&self, block: *mut u8, old: Extent, new: Extent) -> bool {
        let more = new.size.saturating_sub(old.size);
        new.advance <= self.chunk_end.addr() - block.addr() && more <= self.remaining()
    }

    /// Goes to another place, which is in a chunk that ends there. What is used stays so.
    pub(super) fn move_to(&mut self, next: *mut u8, chunk_end: *mut u8) {
        let used = self.used();
        self.before = next.wrapping_sub(1);
        self.chunk_end = chunk_end;
        self.origin = self.before.addr().wrapping_sub(used);
        self.set_end();
    }

    /// Nothing is in use any more.
    pub(super) fn clear(&mut self) {
        self.note_peak();
        self.origin = self.before.addr();
        self.set_end();
    }

    /// The chunk ends earlier now, behind the position.
    pub(super) fn cut(&mut self, chunk_end: *mut u8) {
        self.chunk_end = chunk_end;
        self.set_end();
    }

    #[inline(always)]
    pub(super) fn mark(&self) -> Mark {
        Mark { before: self.before, end: self.end, limit: self.limit, origin: self.origin }
    }

    /// From here on no more than `budget` bytes may be used, nor than before. When blocks need calls, the end has to be set
    /// again.
    #[inline(always)]
    pub(super) fn bound(&mut self, budget: usize) {
        self.limit = self.limit.min(self.used().saturating_add(budget));
        // The end that there is knows of the chunk and of all limits outside.
        let room = self.end.addr().wrapping_sub(self.before.addr());
        self.end = self.before.wrapping_add(room.min(budget));
    }

    /// Back to where it was in this chunk, which has not been cut.
    #[inline(always)]
    pub(super) fn restore(&mut self, mark: Mark) {
        self.note_peak();
        (self.before, self.end, self.limit, self.origin) = (mark.before, mark.end, mark.limit, mark.origin);
    }

    /// As [`Position::restore`], in a chunk that ends there.
    pub(super) fn restore_in(&mut self, mark: Mark, chunk_end: *mut u8) {
        self.restore(mark);
        self.chunk_end = chunk_end;
        self.set_end();
    }

    /// Another limit.
    pub(super) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
        self.set_end();
    }

    /// The last block, which was just given back, has that extent, for which there is room.
    pub(super) fn retake(&mut self, block: *mut u8, extent: Extent) {
        self.before = block.wrapping_add(extent.advance).wrapping_sub(1);
        self.origin = self.origin.wrapping_add(extent.advance - extent.size);
        self.set_end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Allocate { size: usize, align: usize, red_zone: usize },
        GiveBack,
        Resize { size: usize },
        Enter { budget: usize },
        Leave,
        OtherChunk { address: usize, size: usize },
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0_usize..200, 0_u32..8, 0_usize..3).prop_map(|(size, align, zones)| {
                Step::Allocate { size, align: 1 << align, red_zone: zones * 8 }
            }),
            1 => Just(Step::GiveBack),
            1 => (0_usize..300).prop_map(|size| Step::Resize { size }),
            1 => (0_usize..500).prop_map(|budget| Step::Enter { budget }),
            1 => Just(Step::Leave),
            1 => (0_usize..1 << 20, 1_usize..2000).prop_map(|(address, size)| {
                Step::OtherChunk { address: 16 + address * 16, size: size * 16 }
            }),
        ];
        proptest::collection::vec(step, 0..60)
    }

    fn at(address: usize) -> *mut u8 {
        ptr::without_provenance_mut(address)
    }

    proptest! {
        /// Against plain numbers: where the position is, what is used, and what may be.
        #[test]
        fn does_what_numbers_say(steps in steps()) {
            let mut position = Position::new(NO_LIMIT);
            let (mut next, mut end, mut used) = (4096, 8192, 0_usize);
            let (mut limit, mut peak) = (NO_LIMIT, 0);
            position.move_to(at(next), at(end));
            position.watch(false);
            let mut last: Option<(usize, Extent)> = None;
            let mut scopes = Vec::new();
            for step in steps {
                match step {
                    Step::Allocate { size, align, red_zone } => {
                        let start = next.next_multiple_of(align);
                        let extent = Extent { size, advance: size + red_zone };
                        let left = if limit == NO_LIMIT { NO_LIMIT } else { limit - used };
                        let here = start + extent.advance <= end;
                        let fits = if size + (if here { start - next } else { 0 }) > left {
                            Fit::Nowhere
                        } else if here {
                            Fit::Here
                        } else {
                            Fit::Elsewhere
                        };
                        prop_assert_eq!(position.fit(extent, align), fits);
                        if red_zone == 0 {
                            let block = position.allocate(size, align);
                            prop_assert_eq!(block, (fits == Fit::Here).then(|| at(start)));
                        } else if fits == Fit::Here {
                            prop_assert_eq!(position.take(extent, align), at(start));
                        }
                        if fits == Fit::Here {
                            used += start - next + size;
                            next = start + extent.advance;
                            last = Some((start, extent));
                        }
                    }
                    Step::GiveBack => {
                        if let Some((start, extent)) = last.take() {
                            position.give_back(at(start), extent);
                            (next, used) = (start, used - extent.size);
                        }
                    }
                    Step::Resize { size } => {
                        if let Some((start, old)) = last {
                            let new = Extent { size, advance: size + old.advance - old.size };
                            let left = if limit == NO_LIMIT { NO_LIMIT } else { limit - used };
                            let fits = start + new.advance <= end && size.saturating_sub(old.size) <= left;
                            prop_assert_eq!(position.can_resize(at(start), old, new), fits);
                            if fits {
                                position.give_back(at(start), old);
                                position.retake(at(start), new);
                                (next, used) = (start + new.advance, used - old.size + size);
                                last = Some((start, new));
                            }
                        }
                    }
                    Step::Enter { budget } => {
                        scopes.push((position.mark(), next, end, used, limit));
                        position.bound(budget);
                        limit = limit.min(used + budget);
                        last = None;
                    }
                    Step::Leave => {
                        if let Some((mark, old_next, old_end, old_used, old_limit)) = scopes.pop() {
                            prop_assert_eq!((mark.next(), mark.used()), (at(old_next), old_used));
                            if end == old_end {
                                position.restore(mark);
                            } else {
                                position.restore_in(mark, at(old_end));
                            }
                            (next, end, used, limit) = (old_next, old_end, old_used, old_limit);
                            last = None;
                        }
                    }
                    Step::OtherChunk { address, size } => {
                        (next, end) = (address, address + size);
                        position.move_to(at(next), at(end));
                        last = None;
                    }
                }
                peak = peak.max(used);
                prop_assert!(used <= limit && next <= end);
                prop_assert_eq!((position.next(), position.used(), position.peak()), (at(next), used, peak));
                let left = if limit == NO_LIMIT { NO_LIMIT } else { limit - used };
                prop_assert_eq!(position.remaining(), left);
                prop_assert_eq!(position.room_from(at(next)), left.min(end - next));
            }
        }
    }
}
