//! The state that a thread keeps for each of its open scopes.

use core::alloc::Layout;
use core::cell::Cell;
use core::ptr;

use super::chunks::{Chunks, HEADER, HeapChunk, end_of};
use super::ledger::Ledger;
use super::range::CHUNK;

/// Blocks of up to this size and alignment come from chunks.
const LARGEST_BLOCK: usize = CHUNK / 4;
const LARGEST_ALIGN: usize = 4096;

/// The source of a block.
pub(super) enum BlockSource {
    /// A chunk, with the address.
    HeapChunk(*mut u8),
    /// The backing allocator. The block was charged to the scope with this serial number, if to any.
    Backing(Option<u64>),
    /// None: the budget forbids it, or there is no memory to record the charge. Nothing has changed.
    Refused,
}

/// An open scope. Its budget is a position: `end` is the end of the chunk or of the budget, whichever comes first.
pub(super) struct Level {
    /// The heap of the scope; zero for an unused level.
    pub(super) heap: Cell<usize>,
    /// The serial number of the scope in its thread.
    pub(super) serial: Cell<u64>,
    /// The scope that was opened before, of any heap, or NULL.
    pub(super) outer: Cell<*const Level>,
    budget: Cell<usize>,
    /// The bytes charged for everything outside the chunk that is being filled.
    settled: Cell<usize>,
    /// The part of these that is charged for blocks of the backing allocator.
    backing: Cell<usize>,
    /// The charges by block.
    ledger: Ledger,
    /// The chunk that is being filled, or NULL.
    chunk: Cell<*const HeapChunk>,
    /// The lowest address for its blocks, the next one, and the end. All NULL without a chunk.
    start: Cell<*mut u8>,
    position: Cell<*mut u8>,
    end: Cell<*mut u8>,
    /// The number of blocks allocated from the chunk, less those freed while the scope was filling it.
    blocks: Cell<u32>,
}

impl Level {
    /// An unused level.
    pub(super) const fn new() -> Self {
        Level {
            heap: Cell::new(0),
            serial: Cell::new(0),
            outer: Cell::new(ptr::null()),
            budget: Cell::new(0),
            settled: Cell::new(0),
            backing: Cell::new(0),
            ledger: Ledger::new(),
            chunk: Cell::new(ptr::null()),
            start: Cell::new(ptr::null_mut()),
            position: Cell::new(ptr::null_mut()),
            end: Cell::new(ptr::null_mut()),
            blocks: Cell::new(0),
        }
    }

    /// A scope that has allocated nothing.
    pub(super) fn begin(&self, heap: usize, serial: u64, budget: usize) {
        self.heap.set(heap);
        self.serial.set(serial);
        self.budget.set(budget);
        self.settled.set(0);
        self.backing.set(0);
        self.chunk.set(ptr::null());
        self.fill_from(ptr::null_mut());
    }

    /// The bytes charged, without those of scopes within this one.
    pub(super) fn used(&self) -> usize {
        self.settled.get() + (self.position.get().addr() - self.start.get().addr())
    }

    /// The number of bytes that may still be charged while no scope within this one is open. (While the backing
    /// allocator moves a block of a chunk, both its new size and its old bytes are charged.)
    pub(super) fn rest(&self) -> usize {
        self.budget.get().saturating_sub(self.used())
    }

    fn fill_from(&self, start: *mut u8) {
        self.start.set(start);
        self.position.set(start);
        self.end.set(start);
        self.blocks.set(0);
    }

    /// To be called whenever the settled bytes change.
    fn set_end(&self) {
        if !self.chunk.get().is_null() {
            let start = self.start.get();
            let room = end_of(self.chunk.get()) - start.addr();
            let allowed = self.budget.get().saturating_sub(self.settled.get());
            self.end.set(start.wrapping_add(room.min(allowed)));
        }
    }

    /// Allocates a block from the chunk that is being filled; NULL if it does not fit.
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

    /// Finds the source of a block that is not empty.
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
        // If the chunk has room, the budget has none.
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

    /// Finds a source for a block of the chunk that is being filled and that grows. If it is the last one there, its
    /// old bytes are refunded to the budget, though they are not reused until the block is freed.
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
        // The block does not fit here, so its old bytes are not allocated again.
        self.position.set(block);
        let place = self.place(chunks, layout);
        if self.fills(filled) {
            self.position.set(position);
        }
        place
    }

    fn place_behind(&self, size: usize) -> BlockSource {
        if self.charge(size) { BlockSource::Backing(Some(self.serial.get())) } else { BlockSource::Refused }
    }

    /// Charges bytes of the backing allocator, if the budget allows it and there is room to record the block.
    pub(super) fn charge(&self, size: usize) -> bool {
        let allowed = size <= self.rest() && (size == 0 || self.ledger.reserve());
        if allowed {
            self.backing.set(self.backing.get() + size);
            self.add_settled(size);
        }
        allowed
    }

    fn add_settled(&self, size: usize) {
        self.settled.set(self.settled.get() + size);
        self.set_end();
    }

    /// Records the block that was charged.
    pub(super) fn note(&self, block: usize, size: usize) {
        // If foreign code has used the reserved room, and there is no more, the bytes stay charged.
        let _ = self.ledger.add(block, size);
    }

    /// A block of the backing allocator moved to another address.
    pub(super) fn moved(&self, from: usize, to: usize) {
        self.ledger.moved(from, to);
    }

    /// Refunds the bytes charged to this scope for a block of the backing allocator, but at most `most`. Returns
    /// their number.
    pub(super) fn refund(&self, block: usize, most: usize) -> usize {
        let refunded = self.ledger.take(block, most);
        if refunded > 0 {
            self.uncharge(refunded);
        }
        refunded
    }

    /// Refunds bytes that were charged and not recorded.
    pub(super) fn uncharge(&self, size: usize) {
        self.backing.set(self.backing.get() - size);
        self.settled.set(self.settled.get() - size);
        self.set_end();
    }

    /// Whether the scope is filling this chunk.
    #[inline]
    pub(super) fn fills(&self, chunk: *const HeapChunk) -> bool {
        self.chunk.get() == chunk
    }

    /// Frees a block of the chunk that is being filled. Its bytes can be reused if it was the last one there, or the
    /// only one.
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

    /// Resizes a block in place, if it is the last one of the chunk that is being filled, and both the chunk and the
    /// budget allow it.
    pub(super) fn resize(&self, block: *mut u8, old: usize, new: usize) -> bool {
        let last = block.addr() + old == self.position.get().addr();
        let resized = last && new <= self.end.get().addr().saturating_sub(block.addr());
        if resized {
            self.position.set(block.wrapping_add(new));
        }
        resized
    }

    /// Writes the state of the chunk that is being filled into its header.
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

    /// Returns all chunks and the bytes that remain charged. Charges by block move to another scope, the heir.
    pub(super) fn end(&self, chunks: &Chunks, heir: Option<&Level>) -> Survivors {
        self.settle();
        match heir {
            Some(heir) => self.ledger.leave_to(&heir.ledger),
            None => self.ledger.clear(),
        }
        let mut survivors = Survivors { chunks: 0, backing: self.backing.get() };
        let mut next = self.chunk.replace(ptr::null());
        while !next.is_null() {
            // SAFETY: the chunk was taken for this scope, and stays.
            let chunk = unsafe { &*next };
            let (previous, charged) = (chunk.previous.get(), chunk.charged.get());
            // SAFETY: as above; the chunk no longer belongs to this scope afterwards.
            if !unsafe { chunks.close(next) } {
                survivors.chunks += charged;
            }
            next = previous;
        }
        self.heap.set(0);
        survivors
    }

    /// Charges what survives a scope within this one, whose budget came from this one.
    pub(super) fn inherit(&self, survivors: Survivors) {
        self.backing.set(self.backing.get() + survivors.backing);
        self.add_settled(survivors.chunks + survivors.backing);
    }
}

/// The bytes charged for blocks that outlive a scope.
#[derive(Clone, Copy, Default)]
pub(super) struct Survivors {
    /// In chunks with live blocks: all bytes charged there.
    chunks: usize,
    /// In blocks of the backing allocator.
    backing: usize,
}

impl Survivors {
    /// The sum of both.
    pub(super) fn and(self, other: Survivors) -> Survivors {
        Survivors { chunks: self.chunks + other.chunks, backing: self.backing + other.backing }
    }
}
