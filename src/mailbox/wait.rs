//! Waiting awake for a moment before sleeping.

use crate::sync::{AtomicU8, Ordering, spin};

/// Turns of a spinning processor that let more letters, or more room, come together once there is some.
/// Few: a virtual machine may take the processor away from a thread that spins for some thousand cycles.
const GATHERING: u32 = 16;
/// Looks between pauses that grow from 1 to `LONGEST` turns of a spinning processor: some ten microseconds, longer than it
/// takes a kernel to wake the thread that will answer.
const LOOKS: u32 = 21;
const LONGEST: u32 = 64;
/// After this many times in a row that looking was in vain, a thread sleeps at once, until the count has gone through
/// all of its byte. Then looking is tried once again.
const VAIN: u8 = 3;

/// How threads that wait for one thing look for it: awake at first, as long as that helps. Two threads that both stay
/// awake answer each other far sooner than the kernel wakes one. But kernels often wake a thread on the processor of the
/// thread that wakes it, in virtual machines even when another one is idle. Then the two run in turns, and looking only
/// delays the other one, as yielding does: the kernel lets a thread that has yielded wait longer the next time, too.
///
/// It counts how many times in a row looking was in vain, and then how many times it was skipped; in one byte, as a
/// mailbox is small.
pub(super) struct Lookout(AtomicU8);

impl Lookout {
    pub(super) fn new() -> Self {
        Lookout(AtomicU8::new(0))
    }

    /// Looks repeatedly, less and less often, until it is so or sleeping costs less. Where there is something, more may
    /// be about to come: it is better met together, as each meeting costs both sides as much as many letters.
    pub(super) fn look_for_a_while(&self, is_so: impl Fn() -> bool) {
        // Loom's models would only grow by this.
        if !cfg!(loom) && (is_so() || self.look_again(&is_so)) {
            (0..GATHERING).for_each(|_| spin());
        }
    }

    /// If two threads count at the same time, one count is lost, which does no harm.
    fn look_again(&self, is_so: &impl Fn() -> bool) -> bool {
        let vain = self.0.load(Ordering::Relaxed);
        if vain >= VAIN {
            self.0.store(vain.checked_add(1).unwrap_or(VAIN - 1), Ordering::Relaxed);
            return false;
        }
        let found = (0..LOOKS).any(|look| {
            (0..LONGEST.min(1 << look)).for_each(|_| spin());
            is_so()
        });
        let after = if found { 0 } else { vain + 1 };
        if after != vain {
            self.0.store(after, Ordering::Relaxed);
        }
        found
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::cell::Cell;

    const IN_VAIN: u32 = u32::MAX;
    const ALL: u32 = 1 + LOOKS;
    const SKIPPED: u32 = u8::MAX as u32 - VAIN as u32 + 1;

    /// Waits for something that the `found`-th look finds; the number of looks.
    fn looks(lookout: &Lookout, found: u32) -> u32 {
        let count = Cell::new(0);
        lookout.look_for_a_while(|| {
            count.set(count.get() + 1);
            count.get() == found
        });
        count.get()
    }

    #[test]
    fn a_look_that_finds_something_is_the_last_one() {
        let lookout = Lookout::new();
        for found in 1..=ALL {
            assert_eq!(looks(&lookout, found), found);
        }
    }

    #[test]
    fn where_looking_is_vain_it_is_only_tried_now_and_then() {
        let lookout = Lookout::new();
        for _ in 0..VAIN {
            assert_eq!(looks(&lookout, IN_VAIN), ALL);
        }
        for _ in 0..3 {
            for _ in 0..SKIPPED {
                assert_eq!(looks(&lookout, 2), 1, "sleeps at once");
            }
            assert_eq!(looks(&lookout, IN_VAIN), ALL);
        }
    }

    #[test]
    fn where_looking_has_helped_it_is_tried_again() {
        let lookout = Lookout::new();
        for _ in 0..VAIN {
            assert_eq!(looks(&lookout, IN_VAIN), ALL);
        }
        for _ in 0..SKIPPED {
            assert_eq!(looks(&lookout, 1), 1, "a letter that is there already is no look's merit");
            assert_eq!(looks(&lookout, 2), 1);
        }
        assert_eq!(looks(&lookout, 2), 2);
        for _ in 0..VAIN {
            assert_eq!(looks(&lookout, IN_VAIN), ALL);
        }
        assert_eq!(looks(&lookout, 2), 1);
    }
}
