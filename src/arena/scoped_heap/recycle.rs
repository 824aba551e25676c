//! When a chunk may be used again, and by whom: the count of its blocks and the list of the spare ones. The models
//! compile this file by itself.

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// What an open scope adds to the count of each of its chunks: more than a chunk has bytes, so that frees alone
/// cannot bring the count to zero.
const OPEN: u32 = 1 << 31;

/// How many blocks of a chunk are alive. The scope that fills a chunk counts its own blocks without atomics and
/// settles with the others, who only count down, when it ends.
pub(super) struct LiveBlocks(AtomicU32);

impl LiveBlocks {
    /// Of a chunk that was never used; zeroed memory is one as well.
    #[cfg(loom)]
    pub(super) fn zero() -> Self {
        LiveBlocks(AtomicU32::new(0))
    }

    /// A scope begins to fill the chunk. Only for whoever has just taken it.
    pub(super) fn open(&self) {
        self.0.store(OPEN, Ordering::Relaxed);
    }

    /// A block less, by anyone. True: it was the last of a closed chunk, which is the caller's from now on, with
    /// all that was written there.
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

    /// The scope ends, and had given out that many blocks more than it took back itself. True: none is alive, and
    /// the chunk is the caller's.
    #[inline]
    #[must_use]
    pub(super) fn close(&self, blocks: u32) -> bool {
        let held = OPEN - blocks;
        self.0.fetch_sub(held, Ordering::AcqRel) == held
    }
}

/// How many bits of the head name a chunk; the others count what was pushed, so that a head that has come back is
/// not taken for one that stayed: for that, 2^40 pushes would have to fit between a load and its exchange.
const INDEX_BITS: u32 = 24;

/// The spare chunks, last in first out, without a lock. A chunk's link is only ever changed by its owner, but may
/// be read by anyone, at any time.
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

    /// Gives away the chunk of that index, whose link is given.
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

    /// Takes the index of a spare chunk. The links of all chunks that were ever pushed can be had.
    pub(super) fn pop<'link>(&self, link: impl Fn(u32) -> &'link AtomicU32) -> Option<u32> {
        let mut head = self.head.load(Ordering::Acquire);
        loop {
            let index = Self::first(head).checked_sub(1)?;
            // What is read from a chunk that another thread has meanwhile taken is not used: the exchange fails.
            let next = u64::from(link(index).load(Ordering::Relaxed));
            let popped = head >> INDEX_BITS << INDEX_BITS | next;
            match self.head.compare_exchange_weak(head, popped, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(changed) => head = changed,
            }
        }
    }
}
