//! What a thread knows of each scope it has open.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr;

use super::chunks::{Chunks, HEADER, HeapChunk, end_of};
use super::ledger::Ledger;
use super::range::CHUNK;

/// Blocks up to that size and that alignment come from chunks.
const LARGEST_BLOCK: usize = CHUNK / 4;
const LARGEST_ALIGN: usize = 4096;

/// Where a block comes from.
pub(super) enum BlockSource {
    /// From a chunk: here it is.
    HeapChunk(*mut u8),
    /// From the allocator behind the heap, and charged already to the scope of that serial, if to one.
    Behind(Option<u64>),
    /// The budget forbids it, or there is no memory to note it down. Nothing has changed.
    Refused,
}

/// An open scope. Its budget is a position: `end` is where the chunk ends or the budget, whichever comes first.
pub(super) struct Level {
    /// Whose scope it is, or zero.
    pub(super) heap: Cell<usize>,
    /// Which scope of its thread it is.
    pub(super) serial: Cell<u64>,
    /// The scope that was opened before, of whatever heap, or null.
    pub(super) outer: Cell<*const Level>,
    budget: Cell<usize>,
    /// The bytes charged for what is not in the chunk that is being filled.
    settled: Cell<usize>,
    /// Of these, the bytes of blocks from behind the heap.
    behind: Cell<usize>,
    /// Of which blocks.
    ledger: Ledger,
    /// The chunk that is being filled, or null.
    chunk: Cell<*const HeapChunk>,
    /// Where its first block can be, the next one, and the end. All null without a chunk.
    start: Cell<*mut u8>,
    position: Cell<*mut u8>,
    end: Cell<*mut u8>,
    /// How many blocks were taken from the chunk, less those given back while it was this one.
    blocks: Cell<u32>,
}

impl Level {
    /// Of no scope.
    pub(super) const fn new() -> Self {
        Level {
            heap: Cell::new(0),
            serial: Cell::new(0),
            outer: Cell::new(ptr::null()),
            budget: Cell::new(0),
            settled: Cell::new(0),
            behind: Cell::new(0),
            ledger: Ledger::new(),
            chunk: Cell::new(ptr::null()),
            start: Cell::new(ptr::null_mut()),
            position: Cell::new(ptr::null_mut()),
            end: Cell::new(ptr::null_mut()),
            blocks: Cell::new(0),
        }
    }

    /// Of a scope that has taken nothing.
    pub(super) fn begin(&self, heap: usize, serial: u64, budget: usize) {
        self.heap.set(heap);
        self.serial.set(serial);
        self.budget.set(budget);
        self.settled.set(0);
        self.behind.set(0);
        self.chunk.set(ptr::null());
        self.fill_from(ptr::null_mut());
    }

    /// The bytes charged, those of scopes within this one left out.
    pub(super) fn used(&self) -> usize {
        self.settled.get() + (self.position.get().addr() - self.start.get().addr())
    }

    /// How many more bytes may be charged while no scope within this one is open. (A block that moves behind the
    /// heap is charged already, and its old place still, while the allocator there is called.)
    pub(super) fn rest(&self) -> usize {
        self.budget.get().saturating_sub(self.used())
    }

    fn fill_from(&self, start: *mut u8) {
        self.start.set(start);
        self.position.set(start);
        self.end.set(start);
        self.blocks.set(0);
    }

    /// To be called whenever what is settled has changed.
    fn set_end(&self) {
        if !self.chunk.get().is_null() {
            let start = self.start.get();
            let room = end_of(self.chunk.get()) - start.addr();
            let allowed = self.budget.get().saturating_sub(self.settled.get());
            self.end.set(start.wrapping_add(room.min(allowed)));
        }
    }

    /// A block from the chunk that is being filled, or null if it does not fit.
    #[inline]
    fn bump(&self, layout: Layout) -> *mut u8 {
        let position = self.position.get();
        let padding = position.addr().wrapping_neg() & (layout.align() - 1);
        let room = self.end.get().addr().saturating_sub(position.addr());
        if padding > room || layout.size() > room - padding {
            return ptr::null_mut();
        }
        let block = position.wrapping_add(padding);
        self.position.set(block.wrapping_add(layout.size()));
        self.blocks.set(self.blocks.get() + 1);
        block
    }

    /// Finds a place for a block that is not empty.
    #[inline]
    pub(super) fn place(&self, chunks: &Chunks, layout: Layout) -> BlockSource {
        if layout.size() > LARGEST_BLOCK || layout.align() > LARGEST_ALIGN {
            return self.place_behind(layout.size());
        }
        let block = self.bump(layout);
        if block.is_null() { self.place_elsewhere(chunks, layout) } else { BlockSource::HeapChunk(block) }
    }

    #[cold]
    fn place_elsewhere(&self, chunks: &Chunks, layout: Layout) -> BlockSource {
        // If this chunk has room, it is the budget which has none.
        let padding = HEADER.wrapping_neg() & (layout.align() - 1);
        if self.has_room(layout) || padding + layout.size() > self.rest() {
            return BlockSource::Refused;
        }
        let Some(chunk) = chunks.take() else {
            return self.place_behind(layout.size());
        };
        self.settle();
        // SAFETY: the chunk was taken for this scope, and stays.
        unsafe { (*chunk).previous.set(self.chunk.get()) };
        self.chunk.set(chunk);
        self.fill_from(chunk.cast_mut().cast::<u8>().wrapping_add(HEADER));
        self.set_end();
        BlockSource::HeapChunk(self.bump(layout))
    }

    /// Whether the block fits into the chunk that is being filled, whatever the budget.
    fn has_room(&self, layout: Layout) -> bool {
        let chunk = self.chunk.get();
        if chunk.is_null() {
            return false;
        }
        let position = self.position.get().addr();
        let room = end_of(chunk) - position;
        let padding = position.wrapping_neg() & (layout.align() - 1);
        padding <= room && layout.size() <= room - padding
    }

    /// Finds another place for a block of the chunk that is being filled, which grows. If it is the last one there,
    /// the budget has its old bytes back, though they stay untouched until the block is freed.
    pub(super) fn place_instead(
        &self,
        chunks: &Chunks,
        block: *mut u8,
        old: usize,
        layout: Layout,
    ) -> BlockSource {
        let position = self.position.get();
        if block.addr() + old != position.addr() {
            return self.place(chunks, layout);
        }
        let filled = self.chunk.get();
        // The block does not fit here, so that its place is not given out again.
        self.position.set(block);
        let place = self.place(chunks, layout);
        if self.fills(filled) {
            self.position.set(position);
        }
        place
    }

    fn place_behind(&self, size: usize) -> BlockSource {
        if self.charge(size) { BlockSource::Behind(Some(self.serial.get())) } else { BlockSource::Refused }
    }

    /// Charges bytes from behind the heap, if the budget allows and there is room to note down whose they are.
    pub(super) fn charge(&self, size: usize) -> bool {
        let allowed = size <= self.rest() && (size == 0 || self.ledger.reserve());
        if allowed {
            self.behind.set(self.behind.get() + size);
            self.add_settled(size);
        }
        allowed
    }

    fn add_settled(&self, size: usize) {
        self.settled.set(self.settled.get() + size);
        self.set_end();
    }

    /// Notes down which block it is that was charged.
    pub(super) fn note(&self, block: usize, size: usize) {
        // If foreign code has used the room that was reserved, and there is no more, the bytes stay charged.
        let _ = self.ledger.add(block, size);
    }

    /// A block from behind the heap is at another address.
    pub(super) fn moved(&self, from: usize, to: usize) {
        self.ledger.moved(from, to);
    }

    /// Takes back what this scope was charged for a block from behind the heap, but no more than `most`. How much that
    /// was.
    pub(super) fn refund(&self, block: usize, most: usize) -> usize {
        let refunded = self.ledger.take(block, most);
        if refunded > 0 {
            self.uncharge(refunded);
        }
        refunded
    }

    /// Takes back what was charged and not noted down.
    pub(super) fn uncharge(&self, size: usize) {
        self.behind.set(self.behind.get() - size);
        self.settled.set(self.settled.get() - size);
        self.set_end();
    }

    /// Whether the chunk is the one that this scope is filling.
    #[inline]
    pub(super) fn fills(&self, chunk: *const HeapChunk) -> bool {
        self.chunk.get() == chunk
    }

    /// Takes back a block of the chunk that is being filled: its bytes can be used again if it was the last one
    /// there, or the only one.
    #[inline]
    pub(super) fn free(&self, block: *mut u8, size: usize) {
        let blocks = self.blocks.get() - 1;
        self.blocks.set(blocks);
        if blocks == 0 {
            self.position.set(self.start.get());
        } else if block.addr() + size == self.position.get().addr() {
            self.position.set(block);
        }
    }

    /// Changes the size of a block in its place, if it is the last one of the chunk that is being filled, and both
    /// chunk and budget allow.
    pub(super) fn resize(&self, block: *mut u8, old: usize, new: usize) -> bool {
        let last = block.addr() + old == self.position.get().addr();
        let resized = last && new <= self.end.get().addr().saturating_sub(block.addr());
        if resized {
            self.position.set(block.wrapping_add(new));
        }
        resized
    }

    /// Notes down in the chunk that is being filled what this scope has of it.
    fn settle(&self) {
        let chunk = self.chunk.get();
        if !chunk.is_null() {
            let charged = self.position.get().addr() - self.start.get().addr();
            // SAFETY: the chunk was taken for this scope, and stays.
            let chunk = unsafe { &*chunk };
            chunk.charged.set(charged);
            chunk.blocks.set(self.blocks.get());
            self.settled.set(self.settled.get() + charged);
        }
    }

    /// Gives back all chunks, and says what is left to charge to another scope, the heir, which gets to know the blocks.
    pub(super) fn end(&self, chunks: &Chunks, heir: Option<&Level>) -> Survivors {
        self.settle();
        match heir {
            Some(heir) => self.ledger.leave_to(&heir.ledger),
            None => self.ledger.clear(),
        }
        let mut survivors = Survivors { chunks: 0, behind: self.behind.get() };
        let mut next = self.chunk.replace(ptr::null());
        while !next.is_null() {
            // SAFETY: the chunk was taken for this scope, and stays.
            let chunk = unsafe { &*next };
            let (previous, charged) = (chunk.previous.get(), chunk.charged.get());
            // SAFETY: as above; from here on it is not this scope's any more.
            if !unsafe { chunks.close(next) } {
                survivors.chunks += charged;
            }
            next = previous;
        }
        self.heap.set(0);
        survivors
    }

    /// Charges what is left of a scope within this one, whose budget came from this one.
    pub(super) fn inherit(&self, survivors: Survivors) {
        self.behind.set(self.behind.get() + survivors.behind);
        self.add_settled(survivors.chunks + survivors.behind);
    }
}

/// The bytes charged for what outlives a scope.
#[derive(Clone, Copy, Default)]
pub(super) struct Survivors {
    /// In chunks that have blocks alive: all that was charged there.
    chunks: usize,
    /// From behind the heap.
    behind: usize,
}

impl Survivors {
    /// Both together.
    pub(super) fn and(self, other: Survivors) -> Survivors {
        Survivors { chunks: self.chunks + other.chunks, behind: self.behind + other.behind }
    }
}
