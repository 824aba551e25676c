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
/// After this many times in a row that spinning was in vain, a single yield comes before sleeping, ...
const VAIN: u8 = 3;
/// ... at most this many times, then spinning is tried once again.
const SKIPPED: u8 = 12;

/// How threads that wait for one thing look for it. Kernels often wake a thread on the processor of the thread that
/// wakes it, in virtual machines even when another one is idle. Then the two run in turns, and spinning only delays the
/// other one. Two processors may also share one core, where a thread that spins slows the other one down.
pub(super) struct Lookout(AtomicU8);

/// What a lookout remembers, in one byte: a mailbox is small.
#[derive(Clone, Copy, PartialEq)]
struct Experience {
    /// How many times in a row it was the first yield that helped.
    neighbor: u8,
    /// How many times in a row spinning was in vain, and then how many times it was skipped.
    vain: u8,
}

impl Experience {
    const MOST: u8 = 15;

    fn load(byte: &AtomicU8) -> Self {
        const { assert!(HABIT + TRUSTED <= Self::MOST && VAIN + SKIPPED <= Self::MOST) };
        let both = byte.load(Ordering::Relaxed);
        Experience { neighbor: both & Self::MOST, vain: both >> 4 }
    }

    /// If two threads change it at the same time, one change is lost, which does no harm.
    fn store(self, byte: &AtomicU8) {
        byte.store(self.neighbor | self.vain << 4, Ordering::Relaxed);
    }

    fn with_helpful_yield(mut self) -> Self {
        self.neighbor = if self.neighbor < HABIT + TRUSTED - 1 { self.neighbor + 1 } else { HABIT - 1 };
        self
    }

    fn with_skipped_spins(mut self) -> Self {
        self.vain = if self.vain < VAIN + SKIPPED - 1 { self.vain + 1 } else { VAIN - 1 };
        self
    }
}

impl Lookout {
    pub(super) fn new() -> Self {
        Lookout(AtomicU8::new(0))
    }

    /// Looks repeatedly, less and less often, until it is so or sleeping costs less. Where there is something, more may
    /// be about to come: it is better met together, as each meeting costs both sides as much as many letters.
    ///
    /// `busy`: many come at a time, so spinning is worth it even if it was in vain.
    pub(super) fn look_for_a_while(&self, busy: bool, is_so: impl Fn() -> bool) {
        // Loom's models would only grow by this.
        if !cfg!(loom) && (is_so() || self.look_again(busy, &is_so)) {
            (0..GATHERING).for_each(|_| spin());
        }
    }

    fn look_again(&self, busy: bool, is_so: &impl Fn() -> bool) -> bool {
        let spin_and_look = |turn: u32| {
            (0..1 << turn).for_each(|_| spin());
            is_so()
        };
        let yield_and_look = |_: u32| {
            yield_now();
            is_so()
        };
        let before = Experience::load(&self.0);
        let spins_are_vain = before.vain >= VAIN && !busy;
        let yield_first = before.neighbor >= HABIT || spins_are_vain;
        let (found, after) = if yield_first && yield_and_look(0) {
            (true, before.with_helpful_yield())
        } else if spins_are_vain {
            (false, before.with_skipped_spins())
        } else if (0..SPINS).any(spin_and_look) {
            (true, Experience { neighbor: 0, vain: 0 })
        } else {
            let vain = if before.vain < VAIN { before.vain + 1 } else { before.vain };
            if yield_and_look(0) {
                (true, Experience { neighbor: if yield_first { 0 } else { before.neighbor + 1 }, vain })
            } else {
                ((1..YIELDS).any(yield_and_look), Experience { neighbor: 0, vain })
            }
        };
        if after != before {
            after.store(&self.0);
        }
        found
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::cell::Cell;

    /// Waits for something that the `found`-th look finds; the number of looks.
    fn looks_when(lookout: &Lookout, busy: bool, found: u32) -> u32 {
        let count = Cell::new(0);
        lookout.look_for_a_while(busy, || {
            count.set(count.get() + 1);
            count.get() == found
        });
        count.get()
    }

    fn looks(lookout: &Lookout, found: u32) -> u32 {
        looks_when(lookout, false, found)
    }

    fn neighbor(lookout: &Lookout) -> u8 {
        Experience::load(&lookout.0).neighbor
    }

    const IN_VAIN: u32 = u32::MAX;
    const FIRST_YIELD: u32 = 1 + SPINS + 1;
    const ALL: u32 = 1 + SPINS + YIELDS;

    #[test]
    fn the_number_of_looks_before_sleeping_is_bounded() {
        let lookout = Lookout::new();
        for _ in 0..100 {
            assert_eq!(looks_when(&lookout, true, IN_VAIN), ALL);
        }
        let lookout = Lookout::new();
        for _ in 0..HABIT {
            assert_eq!(looks(&lookout, FIRST_YIELD), FIRST_YIELD);
        }
        assert_eq!(looks(&lookout, IN_VAIN), 1 + ALL, "a yield, then as always");
    }

    #[test]
    fn where_spinning_is_vain_it_is_only_tried_now_and_then() {
        let lookout = Lookout::new();
        for _ in 0..VAIN {
            assert_eq!(looks(&lookout, IN_VAIN), ALL);
        }
        for _ in 0..3 {
            for _ in 0..SKIPPED {
                assert_eq!(looks(&lookout, IN_VAIN), 2, "before and after a yield");
            }
            assert_eq!(looks(&lookout, IN_VAIN), ALL);
        }
        assert_eq!(looks_when(&lookout, true, IN_VAIN), ALL, "many came");
        assert_eq!(looks_when(&lookout, true, 2), 2);
        assert_eq!(looks(&lookout, IN_VAIN), ALL, "spinning has helped");
    }

    #[test]
    fn a_neighbor_on_the_same_processor_is_given_its_turn_first() {
        let lookout = Lookout::new();
        for _ in 0..HABIT {
            assert_eq!(looks(&lookout, FIRST_YIELD), FIRST_YIELD);
        }
        let yields_come_first = || {
            for _ in 0..TRUSTED {
                assert_eq!(looks(&lookout, 2), 2);
                assert!(neighbor(&lookout) != 0, "found by the yield that came first");
            }
        };
        yields_come_first();
        assert_eq!(looks(&lookout, FIRST_YIELD), FIRST_YIELD, "spinning comes first again");
        yields_come_first();
        // It has been in vain three times by now.
        assert_eq!(looks(&lookout, 2), 2, "spinning is skipped");
        assert_eq!(looks_when(&lookout, true, FIRST_YIELD), 2 + SPINS, "unless many come");
        // Found by spinning, after the yield that came first.
        assert_eq!(looks_when(&lookout, true, 3), 3);
        assert_eq!(neighbor(&lookout), 0);
    }
}
