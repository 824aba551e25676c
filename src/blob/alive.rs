//! Counts the blobs that the process has made and freed, for tests, demos and finding leaks. Relaxed, because nothing
//! depends on these numbers.
//!
//! Making a small blob takes less time than two locked instructions. So each thread that makes blobs claims a part of
//! the table and counts in it alone, with plain loads and stores. The key is the system's identifier of the thread,
//! which needs no thread-local storage. A thread whose part belongs to another thread counts in the shared half of that
//! part, with locked additions. Parts are never released: a later thread with the same identifier continues where the
//! earlier one ended.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// One number: what the owner of the part has counted, and what all other threads have.
struct SplitCounter {
    own: AtomicU64,
    others: AtomicU64,
}

impl SplitCounter {
    const fn zero() -> SplitCounter {
        SplitCounter { own: AtomicU64::new(0), others: AtomicU64::new(0) }
    }

    fn sum(&self) -> u64 {
        self.own.load(Ordering::Relaxed).wrapping_add(self.others.load(Ordering::Relaxed))
    }
}

/// The counts of all threads with the same hash. Threads that share no blob share no cache line either.
#[repr(align(128))]
struct Part {
    /// The thread that counts in `own`; 0 if there is none yet.
    owner: AtomicUsize,
    created: SplitCounter,
    released: SplitCounter,
}

const PARTS: usize = 64;

static COUNTERS: [Part; PARTS] = [const {
    Part { owner: AtomicUsize::new(0), created: SplitCounter::zero(), released: SplitCounter::zero() }
}; PARTS];

/// A number that no other running thread has; 0 on systems without one.
#[inline(always)]
fn this_thread() -> usize {
    #[cfg(unix)]
    // SAFETY: it has no preconditions and always succeeds.
    return unsafe { libc::pthread_self() } as usize;
    #[cfg(not(unix))]
    0
}

/// The part of a thread.
#[inline(always)]
fn part(thread: usize) -> &'static Part {
    const SHIFT: u32 = u64::BITS - PARTS.ilog2();
    &COUNTERS[((thread as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> SHIFT) as usize % PARTS]
}

#[inline(always)]
fn count(number: impl Fn(&Part) -> &SplitCounter) {
    let thread = this_thread();
    let part = part(thread);
    if thread != 0 && part.owner.load(Ordering::Relaxed) == thread {
        add_own(number(part));
    } else {
        count_shared(part, number(part), thread);
    }
}

/// Counts for the owner of the part, which alone stores here.
#[inline(always)]
fn add_own(number: &SplitCounter) {
    number.own.store(number.own.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Claims the part if it has no owner; otherwise counts in the shared half.
#[cold]
#[inline(never)]
fn count_shared(part: &Part, number: &SplitCounter, thread: usize) {
    let claimed =
        thread != 0 && part.owner.compare_exchange(0, thread, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    if claimed {
        add_own(number);
    } else {
        number.others.fetch_add(1, Ordering::Relaxed);
    }
}

/// Records that a blob was made.
#[inline(always)]
pub(super) fn note_created() {
    count(|part| &part.created);
}

/// Records that a blob was freed.
#[inline(always)]
pub(super) fn note_released() {
    count(|part| &part.released);
}

/// How many blobs this process has made.
pub fn blobs_created() -> u64 {
    COUNTERS.iter().map(|part| part.created.sum()).sum()
}

/// How many blobs this process has freed.
pub fn blobs_released() -> u64 {
    COUNTERS.iter().map(|part| part.released.sum()).sum()
}

/// How many blobs are alive. Exact while no other thread makes or drops blobs.
pub fn blobs_alive() -> usize {
    let released = blobs_released();
    blobs_created().saturating_sub(released) as usize
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Four threads count in one part, one of them as its owner.
    #[test]
    fn owners_and_others_count_in_one_part_and_nothing_is_lost() {
        const EACH: u64 = 10_000;
        let part = Part {
            owner: AtomicUsize::new(0),
            created: SplitCounter::zero(),
            released: SplitCounter::zero(),
        };
        std::thread::scope(|scope| {
            for thread in 1..=4 {
                let part = &part;
                scope.spawn(move || {
                    for _ in 0..EACH {
                        if part.owner.load(Ordering::Relaxed) == thread {
                            add_own(&part.created);
                        } else {
                            count_shared(part, &part.created, thread);
                        }
                    }
                });
            }
        });
        assert_eq!(part.created.sum(), 4 * EACH);
        assert!(part.created.own.load(Ordering::Relaxed) >= 1);
        assert_eq!(part.released.sum(), 0);
    }

    #[test]
    fn running_threads_have_different_names() {
        let here = this_thread();
        let there = std::thread::scope(|scope| scope.spawn(this_thread).join()).unwrap();
        assert!(here != there || here == 0);
        assert!(!cfg!(unix) || here != 0);
    }
}
