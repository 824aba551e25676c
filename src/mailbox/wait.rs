//! Waiting awake for a moment before sleeping.

use crate::sync::{AtomicU8, Ordering, spin, yield_now};

/// Turns of a spinning processor that let more letters, or more room, come together once there is some.
/// Few: a virtual machine may take the processor away from a thread that spins for some thousand cycles.
const GATHERING: u32 = 16;
/// Looks between pauses that grow from 1 to 64 turns of a spinning processor.
const SPINS: u32 = 7;
/// Looks after that, each after a yield to the other threads of this processor.
const YIELDS: u32 = 5;
/// If the first yield was what helped this many times in a row, a yield comes before spinning, ...
const HABIT: u8 = 2;
/// ... at most this many times, then spinning comes first once again.
const TRUSTED: u8 = 12;

/// How threads that wait for one thing look for it. Kernels often wake a thread on the processor of the thread that
/// wakes it, in virtual machines even when another one is idle. Then the two run in turns, and spinning only delays the
/// other one.
pub(super) struct Lookout {
    /// How many times in a row it was the first yield that helped.
    neighbor: AtomicU8,
}

impl Lookout {
    pub(super) fn new() -> Self {
        Lookout { neighbor: AtomicU8::new(0) }
    }

    /// Looks repeatedly, less and less often, until it is so or sleeping costs less. Where there is something, more may
    /// be about to come: it is better met together, as each meeting costs both sides as much as many letters.
    pub(super) fn look_for_a_while(&self, is_so: impl Fn() -> bool) {
        // Loom's models would only grow by this.
        if !cfg!(loom) && (is_so() || self.look_again(&is_so)) {
            (0..GATHERING).for_each(|_| spin());
        }
    }

    fn look_again(&self, is_so: &impl Fn() -> bool) -> bool {
        let spin_and_look = |turn: u32| {
            (0..1 << turn).for_each(|_| spin());
            is_so()
        };
        let yield_and_look = |_: u32| {
            yield_now();
            is_so()
        };
        // If two threads change it at the same time, one change is lost, which does no harm.
        let before = self.neighbor.load(Ordering::Relaxed);
        let yield_first = before >= HABIT;
        let mut after = 0;
        let found = if yield_first && yield_and_look(0) {
            after = if before < HABIT + TRUSTED - 1 { before + 1 } else { HABIT - 1 };
            true
        } else if (0..SPINS).any(spin_and_look) {
            true
        } else if yield_and_look(0) {
            after = if yield_first { 0 } else { before + 1 };
            true
        } else {
            (1..YIELDS).any(yield_and_look)
        };
        if after != before {
            self.neighbor.store(after, Ordering::Relaxed);
        }
        found
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::cell::Cell;

    /// Waits for something that the `found`-th look finds; the number of looks.
    fn looks(lookout: &Lookout, found: u32) -> u32 {
        let count = Cell::new(0);
        lookout.look_for_a_while(|| {
            count.set(count.get() + 1);
            count.get() == found
        });
        count.get()
    }

    const IN_VAIN: u32 = u32::MAX;
    const FIRST_YIELD: u32 = 1 + SPINS + 1;

    #[test]
    fn the_number_of_looks_before_sleeping_is_bounded() {
        let lookout = Lookout::new();
        for _ in 0..100 {
            assert_eq!(looks(&lookout, IN_VAIN), 1 + SPINS + YIELDS);
        }
        for _ in 0..HABIT {
            assert_eq!(looks(&lookout, FIRST_YIELD), FIRST_YIELD);
        }
        assert_eq!(looks(&lookout, IN_VAIN), 1 + 1 + SPINS + YIELDS, "a yield, then as always");
        assert_eq!(looks(&lookout, IN_VAIN), 1 + SPINS + YIELDS, "which has changed it back");
    }

    #[test]
    fn a_neighbor_on_the_same_processor_is_given_its_turn_first() {
        let lookout = Lookout::new();
        for _ in 0..HABIT {
            assert_eq!(looks(&lookout, FIRST_YIELD), FIRST_YIELD);
        }
        for _ in 0..3 {
            for _ in 0..TRUSTED {
                assert_eq!(looks(&lookout, 2), 2);
                assert!(lookout.neighbor.load(Ordering::Relaxed) != 0, "found by the yield that came first");
            }
            // Spinning comes first again, and is vain.
            assert_eq!(looks(&lookout, FIRST_YIELD), FIRST_YIELD);
        }
        assert_eq!(looks(&lookout, 2), 2);
        assert!(lookout.neighbor.load(Ordering::Relaxed) != 0);
        // Found by spinning, after the yield that came first.
        assert_eq!(looks(&lookout, 3), 3);
        assert_eq!(lookout.neighbor.load(Ordering::Relaxed), 0);
    }
}
