//! A global allocator with scopes, which bound and bundle the allocations of a thread.

mod chunks;
mod ledger;
mod level;
mod range;
mod recycle;
mod scope;

use core::alloc::{GlobalAlloc, Layout};
use core::ptr;

use crate::sync::{AtomicUsize, Ordering};
use chunks::Chunks;
use level::BlockSource;

pub use scope::HeapScope;

/// The number of the newest heap.
static HEAPS: AtomicUsize = AtomicUsize::new(0);

/// A global allocator (or an allocator for a part of a program) around another one, `A`. While a thread has a scope
/// open, its allocations are charged to the scope's budget, and small blocks come from chunks of 64 KiB that belong
/// to the scope. Everything else comes from `A`.
///
/// ```
/// use std::alloc::System;
/// use drystone::arena::ScopedHeap;
///
/// #[global_allocator]
/// static HEAP: ScopedHeap<System> = ScopedHeap::new(System);
///
/// let scope = HEAP.enter(65536);
/// let mut bytes: Vec<u8> = Vec::new();
/// assert!(bytes.try_reserve_exact(100_000).is_err()); // and all is as before
/// bytes.try_reserve_exact(1000)?;
/// assert_eq!((scope.used(), scope.remaining()), (1000, 64536));
/// # Ok::<(), std::collections::TryReserveError>(())
/// ```
///
/// # Blocks may outlive their scope
///
/// A block stays valid until it is freed. A chunk is reused when its scope has ended and its last block was freed, by
/// any thread; usually both are true when the scope ends. Otherwise a single live block keeps its chunk.
///
/// # The budget
///
/// A block is charged with its size and the padding before it (headers and the ends of chunks are not charged). Bytes
/// are refunded when the last block of the chunk being filled is freed or shrinks, when that chunk has no block left,
/// when a block from `A` that was charged to the scope is freed or shrinks (on the thread of the scope), and when the
/// last block of the chunk moves to grow, so that it counts once. Other blocks stay charged until the scope ends;
/// blocks from before the scope are never refunded to it. A request beyond the budget is refused with NULL and has no
/// other effect: `try_reserve` and the like report it. Most of the standard library does not report it, but ends the
/// process.
///
/// A nested scope gets the budget that it requests, or what the enclosing scope has left if that is less. When it
/// ends, the enclosing scope is charged only for what is still alive: the bytes of chunks with a live block, and
/// blocks from `A`.
///
/// Blocks of more than 16 KiB, or with an alignment above 4096, come from `A`, but are charged. A block from `A` that
/// grows stays in `A`, and the innermost scope is charged with the difference. The charges for each of these blocks
/// are recorded in the system's memory. On systems other than Unix, or when no chunk is available, this applies to
/// all blocks.
///
/// # What it costs
///
/// The chunks of a heap share one range of addresses (64 GiB, or less if that is not available), which is reserved
/// with the first chunk. A used chunk stays with the heap. There are no locks, and outside of scopes a call costs a
/// check of the thread's state. Dropping a heap releases its range if no chunk is in use.
///
/// The state of a thread must not need an allocation itself. That is the case wherever the system supports
/// thread-local variables natively.
pub struct ScopedHeap<A> {
    inner: A,
    /// The number of the heap, for the state of threads; zero until its first scope.
    number: AtomicUsize,
    chunks: Chunks,
}

/// The number of chunks of 64 KiB of a heap, by state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapStatistics {
    /// All chunks ever used: the sum of the others.
    pub committed: usize,
    /// Spare.
    pub spare: usize,
    /// Kept by a block that has outlived its scope.
    pub abandoned: usize,
    /// In open scopes.
    pub in_use: usize,
}

impl<A> ScopedHeap<A> {
    /// A heap around another allocator.
    pub const fn new(inner: A) -> Self {
        ScopedHeap { inner, number: AtomicUsize::new(0), chunks: Chunks::new() }
    }

    /// Opens a scope on this thread. Any budget is allowed, including zero and `usize::MAX`.
    ///
    /// Ends the process if more than 16 scopes are open on this thread and there is no memory for another one.
    pub fn enter(&self, budget: usize) -> HeapScope<'_> {
        scope::enter(self.assign_number(), &self.chunks, budget)
    }

    /// A number, because the address of a heap may be that of another heap later.
    fn assign_number(&self) -> usize {
        let number = self.number();
        if number != 0 {
            return number;
        }
        let fresh = HEAPS.fetch_add(1, Ordering::Relaxed) + 1;
        match self.number.compare_exchange(0, fresh, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => fresh,
            Err(number) => number,
        }
    }

    #[inline]
    fn number(&self) -> usize {
        self.number.load(Ordering::Relaxed)
    }

    /// The number of chunks by state: exact while no other thread opens or closes a scope or frees a block of a
    /// chunk.
    #[must_use]
    pub fn statistics(&self) -> HeapStatistics {
        self.chunks.statistics()
    }

    /// The backing allocator.
    pub const fn inner(&self) -> &A {
        &self.inner
    }

    #[inline]
    fn place(&self, layout: Layout) -> BlockSource {
        scope::with_innermost(self.number(), |level| match level {
            Some(level) => level.place(&self.chunks, layout),
            None => BlockSource::Backing(None),
        })
    }

    /// Records a block of the backing allocator, for which `size` bytes were charged before the allocation: `A` may
    /// do anything, even open scopes.
    #[inline]
    fn record_backing(charged: Option<u64>, size: usize, block: *mut u8) -> *mut u8 {
        if let Some(serial) = charged {
            scope::settle(serial, (!block.is_null()).then(|| block.addr()), size);
        }
        block
    }
}

impl<A: GlobalAlloc> ScopedHeap<A> {
    /// The block from a source that was found for it.
    ///
    /// # Safety
    ///
    /// The source was found for this layout, which is not empty.
    #[inline]
    unsafe fn take(&self, place: BlockSource, layout: Layout) -> *mut u8 {
        match place {
            BlockSource::HeapChunk(block) => block,
            BlockSource::Backing(charged) => {
                // SAFETY: passed on.
                let block = unsafe { self.inner.alloc(layout) };
                Self::record_backing(charged, layout.size(), block)
            }
            BlockSource::Refused => ptr::null_mut(),
        }
    }

    /// As `realloc`, for a block of a chunk.
    ///
    /// # Safety
    ///
    /// As for `realloc`.
    unsafe fn resize(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let chunk = self.chunks.chunk_of(block);
        // SAFETY: by the caller's promise, the size rounded up to the alignment is possible.
        let grown = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        let place = scope::with_innermost(self.number(), |level| match level {
            Some(level) if level.fills(chunk) && level.resize(block, layout.size(), size) => {
                BlockSource::HeapChunk(block)
            }
            _ if size <= layout.size() => BlockSource::HeapChunk(block),
            Some(level) if level.fills(chunk) => {
                level.place_instead(&self.chunks, block, layout.size(), grown)
            }
            Some(level) => level.place(&self.chunks, grown),
            None => BlockSource::Backing(None),
        });
        // SAFETY: found for this layout, whose size is not zero.
        let moved = unsafe { self.take(place, grown) };
        if !moved.is_null() && moved != block {
            // SAFETY: the new block is another one, and larger.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
            // SAFETY: the caller's block, which is not used any more.
            unsafe { self.dealloc(block, layout) };
        }
        moved
    }

    /// As `realloc`, for a block of `A`.
    ///
    /// # Safety
    ///
    /// As for `realloc`.
    unsafe fn resize_behind(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let more = size.saturating_sub(layout.size());
        let place = scope::with_innermost(self.number(), |level| match level {
            Some(level) if level.charge(more) => BlockSource::Backing(Some(level.serial.get())),
            Some(_) => BlockSource::Refused,
            None => BlockSource::Backing(None),
        });
        let BlockSource::Backing(charged) = place else {
            return ptr::null_mut();
        };
        let address = block.addr();
        // SAFETY: passed on; the block is from `A`.
        let resized = unsafe { self.inner.realloc(block, layout, size) };
        if !resized.is_null() {
            if resized.addr() != address {
                scope::moved(self.number(), address, resized.addr());
            }
            if size < layout.size() {
                scope::refund(self.number(), resized.addr(), layout.size() - size);
            }
        }
        Self::record_backing(charged, more, resized)
    }
}

// SAFETY: the bytes of a block of a chunk belong to no other block: a scope has its chunks alone, fills them upwards,
// and moves back only over blocks that it has freed. A chunk is refilled only after its scope has ended and all its
// blocks were freed. The other blocks are blocks of `A`, and are returned to it; addresses tell the two apart.
// Nothing here unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for ScopedHeap<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: found for this layout, which is not empty by the caller's promise.
        unsafe { self.take(self.place(layout), layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match self.place(layout) {
            BlockSource::HeapChunk(block) => {
                // SAFETY: a new block of that size.
                unsafe { block.write_bytes(0, layout.size()) };
                block
            }
            BlockSource::Backing(charged) => {
                // SAFETY: passed on.
                let block = unsafe { self.inner.alloc_zeroed(layout) };
                Self::record_backing(charged, layout.size(), block)
            }
            BlockSource::Refused => ptr::null_mut(),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !self.chunks.contains(block) {
            scope::refund(self.number(), block.addr(), usize::MAX);
            // SAFETY: passed on; the block is from `A`.
            return unsafe { self.inner.dealloc(block, layout) };
        }
        let chunk = self.chunks.chunk_of(block);
        let freed = scope::with_innermost(self.number(), |level| match level {
            Some(level) if level.fills(chunk) => {
                level.free(block, layout.size());
                true
            }
            _ => false,
        });
        if !freed {
            // SAFETY: the block was allocated from this chunk, and its freeing is counted once.
            unsafe { self.chunks.free(chunk) };
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.chunks.contains(block) {
            // SAFETY: the caller's promises.
            unsafe { self.resize(block, layout, size) }
        } else {
            // SAFETY: the caller's promises.
            unsafe { self.resize_behind(block, layout, size) }
        }
    }
}
