//! The chunks of a heap: scopes fill them, and they are reused after their last block is freed. How pointers keep
//! their provenance: `docs/internals.md`.

use core::cell::Cell;
use core::ptr;

use super::HeapStatistics;
use super::range::{CHUNK, Range};
use super::recycle::{FreeList, LiveBlocks};
use crate::sync::{AtomicU32, AtomicUsize, Ordering};

/// The offset of the first block in a chunk.
pub(super) const HEADER: usize = 64;

/// The header of a chunk. All zeroes are valid. Only the scope that fills the chunk uses more than the atomics.
#[repr(C, align(64))]
pub(super) struct HeapChunk {
    count: LiveBlocks,
    /// The link of the list of spare chunks.
    link: AtomicU32,
    /// The chunk that the same scope filled before this one, or NULL.
    pub(super) previous: Cell<*const HeapChunk>,
    /// The number of blocks that the scope allocated, less those freed while it filled the chunk.
    pub(super) blocks: Cell<u32>,
    /// The number of bytes charged for them.
    pub(super) charged: Cell<usize>,
}

const _: () = assert!(size_of::<HeapChunk>() == HEADER);

/// Keeps the fields that every free reads on another cache line than those that scopes write.
#[repr(align(64))]
struct Apart<T>(T);

/// All chunks of a heap.
pub(super) struct Chunks {
    range: Range,
    spare: Apart<FreeList>,
    /// The number of chunks in that list; briefly larger.
    spares: AtomicU32,
    /// Chunks from this index on were never used.
    committed: AtomicU32,
    /// The number of chunks ever that had live blocks when their scope ended.
    left: AtomicUsize,
    /// The number of those whose last block was freed since.
    regained: AtomicUsize,
}

impl Chunks {
    /// No chunks; their addresses are reserved when the first one is taken.
    pub(super) const fn new() -> Self {
        Chunks {
            range: Range::new(),
            spare: Apart(FreeList::new()),
            spares: AtomicU32::new(0),
            committed: AtomicU32::new(0),
            left: AtomicUsize::new(0),
            regained: AtomicUsize::new(0),
        }
    }

    /// Whether the block is in one of these chunks.
    #[inline]
    pub(super) fn contains(&self, block: *mut u8) -> bool {
        self.range.contains(block)
    }

    /// The chunk of a block that is in one.
    #[inline]
    pub(super) fn chunk_of(&self, block: *mut u8) -> *const HeapChunk {
        self.range.chunk_of(block).cast_const().cast()
    }

    /// A chunk for the calling scope only, open; `None` when there are no more.
    pub(super) fn take(&self) -> Option<*const HeapChunk> {
        let index = match self.spare.0.pop(|index| &self.chunk(index).link) {
            Some(index) => {
                self.spares.fetch_sub(1, Ordering::Relaxed);
                index
            }
            None => self.commit()?,
        };
        self.chunk(index).count.open();
        // Not through the reference, which covers only the header.
        Some(self.range.chunk(index).cast_const().cast())
    }

    /// The header of a committed chunk.
    fn chunk(&self, index: u32) -> &HeapChunk {
        // SAFETY: committed memory stays readable and writable as long as the heap exists, and begins with a header,
        // for which the zeroes of new memory are valid.
        unsafe { &*self.range.chunk(index).cast::<HeapChunk>() }
    }

    /// A chunk that was never used. It is committed before it is claimed: a thread that loses the race has committed
    /// it twice, which is harmless.
    fn commit(&self) -> Option<u32> {
        let most = self.range.reserve();
        let mut next = self.committed.load(Ordering::Relaxed);
        loop {
            if next as usize >= most || !self.range.open(next) {
                return None;
            }
            let after = next + 1;
            match self.committed.compare_exchange_weak(next, after, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(next),
                Err(changed) => next = changed,
            }
        }
    }

    fn recycle(&self, chunk: &HeapChunk) {
        self.spares.fetch_add(1, Ordering::Relaxed);
        self.spare.0.push(self.range.index(ptr::from_ref(chunk).cast()), &chunk.link);
    }

    /// Ends the use by the scope that filled the chunk. Returns false when blocks are alive; the thread that frees
    /// the last one then gets the chunk.
    ///
    /// # Safety
    ///
    /// The caller took the chunk from here and does not use it again.
    pub(super) unsafe fn close(&self, chunk: *const HeapChunk) -> bool {
        // SAFETY: committed memory stays.
        let chunk = unsafe { &*chunk };
        let empty = chunk.count.close(chunk.blocks.get());
        if empty {
            self.recycle(chunk);
        } else {
            self.left.fetch_add(1, Ordering::Relaxed);
        }
        empty
    }

    /// Counts a freed block of a chunk.
    ///
    /// # Safety
    ///
    /// The chunk is one of these; the block was alive, and is not counted elsewhere.
    pub(super) unsafe fn free(&self, chunk: *const HeapChunk) {
        // SAFETY: committed memory stays.
        let chunk = unsafe { &*chunk };
        if chunk.count.free() {
            self.regained.fetch_add(1, Ordering::Relaxed);
            self.recycle(chunk);
        }
    }

    /// The number of chunks in each state. Exact while no other thread takes or returns one.
    pub(super) fn statistics(&self) -> HeapStatistics {
        let committed = self.committed.load(Ordering::Relaxed) as usize;
        let spare = (self.spares.load(Ordering::Relaxed) as usize).min(committed);
        let regained = self.regained.load(Ordering::Relaxed);
        let abandoned = self.left.load(Ordering::Relaxed).saturating_sub(regained).min(committed - spare);
        HeapStatistics { committed, spare, abandoned, in_use: committed - spare - abandoned }
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        let statistics = self.statistics();
        if statistics.spare == statistics.committed {
            // SAFETY: every chunk is spare, so no block is alive and no scope, not even a forgotten one, has a chunk.
            unsafe { self.range.release_all() };
        }
    }
}

/// The end of the bytes of a chunk.
pub(super) fn end_of(chunk: *const HeapChunk) -> usize {
    chunk.addr() + CHUNK
}
