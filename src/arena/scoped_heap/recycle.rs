//! When a chunk may be reused, and by whom: the count of its blocks and the list of spare chunks. The loom models
//! compile this file on its own.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// The number that an open scope adds to the count of each of its chunks: larger than a chunk has bytes, so that
/// freeing alone cannot bring the count to zero.
const OPEN: u32 = 1 << 31;

/// The number of live blocks of a chunk. The scope that fills a chunk counts its own blocks without atomics, and adds
/// that number when it ends. Other threads only count down.
pub(super) struct LiveBlocks(AtomicU32);

impl LiveBlocks {
    /// Of a chunk that was never used; zeroed memory is valid too.
    #[cfg(loom)]
    pub(super) fn zero() -> Self {
        LiveBlocks(AtomicU32::new(0))
    }

    /// A scope begins to fill the chunk. Only for the thread that has just taken it.
    pub(super) fn open(&self) {
        self.0.store(OPEN, Ordering::Relaxed);
    }

    /// Counts a freed block, on any thread. Returns true for the last block of a closed chunk, which then belongs to
    /// the caller, with everything that was written to it.
    #[inline]
    #[must_use]
    pub(super) fn free(&self) -> bool {
        let last = self.0.fetch_sub(1, Ordering::Release) == 1;
        if last {
            // A load, not a fence: the thread sanitizer understands it, and it costs the same.
            self.0.load(Ordering::Acquire);
        }
        last
    }

    /// Ends the scope, which has allocated this many blocks more than it freed itself. Returns true when none is
    /// alive; the chunk then belongs to the caller.
    #[inline]
    #[must_use]
    pub(super) fn close(&self, blocks: u32) -> bool {
        let held = OPEN - blocks;
        self.0.fetch_sub(held, Ordering::AcqRel) == held
    }
}

/// The number of bits of the head that name a chunk. The others count pushes, so that a head that has returned is not
/// mistaken for one that stayed: that would need 2^40 pushes between a load and its exchange.
const INDEX_BITS: u32 = 24;

/// The spare chunks, last in, first out, without a lock. Only a chunk's owner changes its link, but any thread may
/// read it at any time.
pub(super) struct FreeList {
    /// The number of pushes, above the index of the first chunk plus one (zero: none).
    head: AtomicU64,
}

impl FreeList {
    /// No chunk is spare.
    #[cfg(not(loom))]
    pub(super) const fn new() -> Self {
        FreeList { head: AtomicU64::new(0) }
    }

    /// No chunk is spare.
    #[cfg(loom)]
    pub(super) fn new() -> Self {
        FreeList { head: AtomicU64::new(0) }
    }

    fn first(head: u64) -> u32 {
        head as u32 & ((1 << INDEX_BITS) - 1)
    }

    /// Adds the chunk with this index. The caller passes its link.
    pub(super) fn push(&self, index: u32, link: &AtomicU32) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            link.store(Self::first(head), Ordering::Relaxed);
            let pushes = (head >> INDEX_BITS).wrapping_add(1);
            let pushed = pushes << INDEX_BITS | u64::from(index + 1);
            match self.head.compare_exchange_weak(head, pushed, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(changed) => head = changed,
            }
        }
    }

    /// Takes the index of a spare chunk. `link` returns the link of any chunk that was ever pushed.
    pub(super) fn pop<'link>(&self, link: impl Fn(u32) -> &'link AtomicU32) -> Option<u32> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let index = Self::first(head).checked_sub(1)?;
            // What is read from a chunk that another thread took meanwhile is not used, because the exchange fails.
            let next = u64::from(link(index).load(Ordering::Relaxed));
            let popped = head >> INDEX_BITS << INDEX_BITS | next;
            match self.head.compare_exchange_weak(head, popped, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(changed) => head = changed,
            }
        }
    }
}
