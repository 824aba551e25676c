//! The chunks of a heap: taken by scopes, used again when the last of their blocks is gone.
//! How pointers keep their provenance: `docs/internals.md`.

use core::cell::Cell;
use core::ptr;

use super::HeapStatistics;
use super::range::{CHUNK, Range};
use super::recycle::{FreeList, LiveBlocks};
use crate::sync::{AtomicU32, AtomicUsize, Ordering};

/// How far from the start of a chunk its first block is.
pub(super) const HEADER: usize = 64;

/// What a chunk starts with. Valid as zeroes. Others than the scope that fills it only use the atomics.
#[repr(C, align(64))]
pub(super) struct HeapChunk {
    count: LiveBlocks,
    /// Of the list of spare chunks.
    link: AtomicU32,
    /// The chunk that the same scope filled before this one, or null.
    pub(super) previous: Cell<*const HeapChunk>,
    /// How many blocks the scope gave out, less those it took back while it filled the chunk.
    pub(super) blocks: Cell<u32>,
    /// The bytes that they are charged with.
    pub(super) charged: Cell<usize>,
}

const _: () = assert!(size_of::<HeapChunk>() == HEADER);

/// Keeps what every free reads apart from what scopes write.
#[repr(align(64))]
struct Apart<T>(T);

/// All chunks of a heap.
pub(super) struct Chunks {
    range: Range,
    spare: Apart<FreeList>,
    /// How many are in that list; for a moment, more than there are.
    spares: AtomicU32,
    /// Chunks from this index on were never used.
    committed: AtomicU32,
    /// How many chunks were left behind with blocks alive, ever.
    left: AtomicUsize,
    /// How many of those have lost their last block since.
    regained: AtomicUsize,
}

impl Chunks {
    /// None yet; their addresses are reserved when the first is taken.
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

    /// A chunk for the calling scope alone, open; `None` when there are no more.
    pub(super) fn take(&self) -> Option<*const HeapChunk> {
        let index = match self.spare.0.pop(|index| &self.chunk(index).link) {
            Some(index) => {
                self.spares.fetch_sub(1, Ordering::Relaxed);
                index
            }
            None => self.commit()?,
        };
        self.chunk(index).count.open();
        // Not by the reference, which is to the header only.
        Some(self.range.chunk(index).cast_const().cast())
    }

    /// The header of a chunk that was committed.
    fn chunk(&self, index: u32) -> &HeapChunk {
        // SAFETY: what was committed stays readable and writable as long as the heap is there, and begins with a
        // header, of which the zeroes of new memory are a valid one.
        unsafe { &*self.range.chunk(index).cast::<HeapChunk>() }
    }

    /// A chunk that was never used. It is opened before it is claimed: whoever is too late has opened what is open.
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

    /// The scope that filled the chunk ends. False: blocks are alive, and the last of them takes the chunk along.
    ///
    /// # Safety
    ///
    /// The chunk was taken from here, by the caller, who does not use it any more.
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

    /// A block less in a chunk.
    ///
    /// # Safety
    ///
    /// The chunk is one of these; the block was alive, and is not counted otherwise.
    pub(super) unsafe fn free(&self, chunk: *const HeapChunk) {
        // SAFETY: committed memory stays.
        let chunk = unsafe { &*chunk };
        if chunk.count.free() {
            self.regained.fetch_add(1, Ordering::Relaxed);
            self.recycle(chunk);
        }
    }

    /// How many chunks there are in each state. Exact while no other thread takes or gives back one.
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
            // SAFETY: every chunk is spare: no block is alive and no scope, not even a forgotten one, has a chunk.
            unsafe { self.range.give_back() };
        }
    }
}

/// Where the bytes of a chunk end.
pub(super) fn end_of(chunk: *const HeapChunk) -> usize {
    chunk.addr() + CHUNK
}
