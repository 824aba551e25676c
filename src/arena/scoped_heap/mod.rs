//! An allocator for a whole program, with scopes that bound and bundle what a thread takes.

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

/// The last number that a heap was given.
static HEAPS: AtomicUsize = AtomicUsize::new(0);

/// An allocator for a whole program, or a part of it, around another one. While a thread has a scope open, what it
/// allocates is counted against the budget of the scope, and small blocks are cut in turn from chunks of 64 KiB
/// that are the scope's own. All else comes from `A`.
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
/// Nothing is ever taken from under a block. A chunk is used again when its scope has ended and its last block is
/// freed, by whatever thread; usually, both is so when the scope ends. If not, one block that stays keeps its chunk.
///
/// # The budget
///
/// A block is charged with its size and the padding before it (headers and the ends of chunks are not charged).
/// Bytes are given back when the last block of the chunk being filled is freed or shrinks, when that chunk has no
/// block left, when a block from `A` that was charged to the scope is freed or shrinks (on the thread of the scope),
/// and when the last block of the chunk moves to grow, so that it counts once. Other blocks stay charged until the
/// scope ends; blocks from before the scope are never refunded to it. What does not fit is refused with null, exactly and without a trace: `try_reserve` and its like
/// report it. Most of the standard library does not, but ends the process.
///
/// A scope within a scope has what it asked for, or what is left of the budget around it if that is less. When it
/// ends, the scope around it is charged only for what is still alive: the bytes of chunks that have a block, and
/// blocks from `A`.
///
/// Blocks of more than 16 KiB, or aligned to more than 4096, come from `A`, but are charged; a block that already
/// comes from `A` and grows stays there, and the innermost scope is charged with the difference. What each scope was
/// charged for which of these blocks is noted in memory of the system's. On a system that is not Unix, or if no
/// chunk can be had, this is so for all blocks.
///
/// # What it costs
///
/// The chunks of a heap share one range of addresses (64 GiB, or less if that is not had), which is reserved with
/// the first chunk. A chunk once used stays with the heap. There are no locks, and outside of scopes a call costs
/// a look at the thread's state. A heap that is dropped gives back its range if no chunk is in use.
///
/// The state of a thread must not need an allocation itself, which is so wherever the system knows thread-local
/// variables natively.
pub struct ScopedHeap<A> {
    inner: A,
    /// Which heap it is, for the state of the threads; zero until its first scope.
    number: AtomicUsize,
    chunks: Chunks,
}

/// How many chunks of 64 KiB a heap has, and how many are in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapStatistics {
    /// All chunks ever used: the sum of the others.
    pub committed: usize,
    /// To be used next.
    pub spare: usize,
    /// Kept by a block that has outlived its scope.
    pub abandoned: usize,
    /// Of open scopes.
    pub in_use: usize,
}

impl<A> ScopedHeap<A> {
    /// A heap around another allocator.
    pub const fn new(inner: A) -> Self {
        ScopedHeap { inner, number: AtomicUsize::new(0), chunks: Chunks::new() }
    }

    /// Opens a scope on this thread. Any budget is possible, zero and `usize::MAX` included.
    ///
    /// Ends the process if more than 16 scopes are open on this thread and there is no memory to note down another.
    pub fn enter(&self, budget: usize) -> HeapScope<'_> {
        scope::enter(self.assign_number(), &self.chunks, budget)
    }

    /// Numbers, as the address would be that of another heap some time later.
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

    /// The state of all chunks: exact while no other thread opens or closes a scope or frees a block of one.
    #[must_use]
    pub fn statistics(&self) -> HeapStatistics {
        self.chunks.statistics()
    }

    /// The allocator behind this one.
    pub const fn inner(&self) -> &A {
        &self.inner
    }

    #[inline]
    fn place(&self, layout: Layout) -> BlockSource {
        scope::with_innermost(self.number(), |level| match level {
            Some(level) => level.place(&self.chunks, layout),
            None => BlockSource::Behind(None),
        })
    }

    /// A block that was asked for from behind the heap, where `size` bytes were charged before: `A` may do what it
    /// likes, even with scopes.
    #[inline]
    fn behind(charged: Option<u64>, size: usize, block: *mut u8) -> *mut u8 {
        if let Some(serial) = charged {
            scope::settle(serial, (!block.is_null()).then(|| block.addr()), size);
        }
        block
    }
}

impl<A: GlobalAlloc> ScopedHeap<A> {
    /// The block at a place that was found for it.
    ///
    /// # Safety
    ///
    /// The layout is the one that the place was found for, and not empty.
    #[inline]
    unsafe fn take(&self, place: BlockSource, layout: Layout) -> *mut u8 {
        match place {
            BlockSource::HeapChunk(block) => block,
            BlockSource::Behind(charged) => {
                // SAFETY: passed on.
                let block = unsafe { self.inner.alloc(layout) };
                Self::behind(charged, layout.size(), block)
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
        // SAFETY: the caller says that the size, rounded up to the alignment, is possible.
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
            None => BlockSource::Behind(None),
        });
        // SAFETY: found for that layout, whose size is not zero.
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
            Some(level) if level.charge(more) => BlockSource::Behind(Some(level.serial.get())),
            Some(_) => BlockSource::Refused,
            None => BlockSource::Behind(None),
        });
        let BlockSource::Behind(charged) = place else {
            return ptr::null_mut();
        };
        let address = block.addr();
        // SAFETY: passed on; the block is from there.
        let resized = unsafe { self.inner.realloc(block, layout, size) };
        if !resized.is_null() {
            if resized.addr() != address {
                scope::moved(self.number(), address, resized.addr());
            }
            if size < layout.size() {
                scope::refund(self.number(), resized.addr(), layout.size() - size);
            }
        }
        Self::behind(charged, more, resized)
    }
}

// SAFETY: a block of a chunk is cut from bytes that no other block has: a scope has its chunks alone, fills them
// upwards, and goes back only over what it has seen freed; a chunk is filled anew only after its scope has ended and
// as many blocks were freed as were given out. The others are blocks of `A`, and go back to it, told apart by their
// addresses. Nothing here unwinds.
unsafe impl<A: GlobalAlloc> GlobalAlloc for ScopedHeap<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: found for that layout; the caller says that it is not empty.
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
            BlockSource::Behind(charged) => {
                // SAFETY: passed on.
                let block = unsafe { self.inner.alloc_zeroed(layout) };
                Self::behind(charged, layout.size(), block)
            }
            BlockSource::Refused => ptr::null_mut(),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if !self.chunks.contains(block) {
            scope::refund(self.number(), block.addr(), usize::MAX);
            // SAFETY: passed on; the block is from there.
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
            // SAFETY: the block was given out from that chunk, and its freeing is counted once.
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
