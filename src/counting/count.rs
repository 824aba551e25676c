//! The atomic count: it never overflows, and whoever drops the last count sees everything that the other owners did.

use crate::sync::{AtomicI32, Ordering};

/// From here on the object is immortal: no decrement changes the count. An increment changes it until the type's range
/// ends, because a count that has become negative is all that it looks for: the processor's flags say so, without another
/// register. 2^30 threads would have to run between a check and its store before the count could be small again.
const IMMORTAL: i32 = 1 << 30;

/// The value that an immortal count is reset to, as far from both ends of its range as possible.
const RESTING: i32 = IMMORTAL + (1 << 29);

#[inline(always)]
fn is_immortal(count: i32) -> bool {
    !(0..IMMORTAL).contains(&count)
}

/// A count of owners. The representation is that of an `int32_t`.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct Count(AtomicI32);

impl Count {
    /// A count of one.
    pub(crate) fn one() -> Self {
        Count(AtomicI32::new(1))
    }

    /// Adds an owner. Relaxed, because the caller already owns a count.
    #[inline]
    pub(crate) fn increment(&self) {
        if self.0.fetch_add(1, Ordering::Relaxed) < 0 {
            self.rest();
        }
    }

    /// Adds an owner, unless the last one has just gone. For callers that have the address but no count.
    pub(crate) fn increment_if_alive(&self) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            if now == 0 {
                return false;
            }
            if is_immortal(now) {
                return true;
            }
            match self.0.compare_exchange_weak(now, now + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(changed) => now = changed,
            }
        }
    }

    /// Removes an owner; true for the last one, who must free the object.
    #[inline]
    #[must_use]
    pub(crate) fn decrement(&self) -> bool {
        let before = self.0.fetch_sub(1, Ordering::Release);
        if before == 1 {
            // A load, not a fence: the thread sanitizer understands it, and it costs the same.
            self.0.load(Ordering::Acquire);
            return true;
        }
        if is_immortal(before) {
            self.rest();
        }
        false
    }

    /// True when the caller is the only owner; everything that former owners did is then visible.
    #[inline]
    pub(crate) fn is_one(&self) -> bool {
        self.0.load(Ordering::Acquire) == 1
    }

    /// The number of owners now, `i32::MAX` for an immortal one. A hint: others may be counting.
    pub(crate) fn get(&self) -> i32 {
        let now = self.0.load(Ordering::Relaxed);
        if is_immortal(now) { i32::MAX } else { now }
    }

    /// Inlined, although it is rare: a call here would make callers load their handle again after the locked
    /// instruction.
    #[inline(always)]
    fn rest(&self) {
        self.0.store(RESTING, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn at(value: i32) -> Count {
        Count(AtomicI32::new(value))
    }

    #[test]
    fn the_last_owner_is_told() {
        let count = Count::one();
        count.increment();
        assert_eq!(count.get(), 2);
        assert!(!count.decrement());
        assert!(count.is_one());
        assert!(count.decrement());
        assert!(!count.increment_if_alive());
    }

    #[test]
    fn a_count_at_the_edge_becomes_immortal_and_stays_so() {
        let count = at(IMMORTAL - 1);
        count.increment();
        assert_eq!(count.get(), i32::MAX);
        for _ in 0..1000 {
            count.increment();
            assert!(count.increment_if_alive());
        }
        for _ in 0..5000 {
            assert!(!count.decrement());
        }
        assert_eq!(count.get(), i32::MAX);
    }

    #[test]
    fn a_count_at_the_end_of_its_range_stays_immortal() {
        for start in [i32::MAX - 2, i32::MIN, -1] {
            let count = at(start);
            for _ in 0..5 {
                count.increment();
                assert_eq!(count.get(), i32::MAX);
            }
            assert!(!at(start).decrement() && at(start).increment_if_alive());
        }
    }
}
