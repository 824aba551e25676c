//! Counts a piece of work's calls of the allocator, and its peak number of allocated bytes. Only that piece is counted:
//! while others are timed, a call costs one more load.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static COUNTS: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

struct Counting;

/// The allocations of a piece of work.
pub(crate) struct Taken {
    /// New blocks and blocks that grew or shrank.
    pub(crate) calls: usize,
    /// The requested bytes at the peak, without the allocator's own overhead.
    pub(crate) peak: usize,
}

/// Does the work and counts. Nothing else may run in this process meanwhile.
pub(crate) fn counted<R>(work: impl FnOnce() -> R) -> Taken {
    CALLS.store(0, Relaxed);
    BYTES.store(0, Relaxed);
    PEAK.store(0, Relaxed);
    COUNTS.store(true, Relaxed);
    let made = work();
    COUNTS.store(false, Relaxed);
    drop(made);
    Taken { calls: CALLS.load(Relaxed), peak: PEAK.load(Relaxed).unsigned_abs() }
}

/// A block of `new` bytes replaces one of `old`; 0 means none.
fn note(old: usize, new: usize) {
    if !COUNTS.load(Relaxed) {
        return;
    }
    CALLS.fetch_add((new != 0).into(), Relaxed);
    // Sizes are at most isize::MAX.
    let change = new as isize - old as isize;
    PEAK.fetch_max(BYTES.fetch_add(change, Relaxed) + change, Relaxed);
}

// SAFETY: the system's allocator does all the work.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(0, layout.size());
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(0, layout.size());
        // SAFETY: passed on.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(layout.size(), 0);
        // SAFETY: passed on.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(layout.size(), size);
        // SAFETY: passed on.
        unsafe { System.realloc(block, layout, size) }
    }
}
