//! Waiting awake for a moment before sleeping, only as long as that has paid lately.

use crate::sync::{AtomicU8, Ordering, spin, yield_now};

/// Turns of a spinning processor that let more letters, or more room, come together once there is some.
/// Few: a virtual machine may take the processor away from a thread that spins for some thousand cycles.
const GATHERING: u32 = 16;
/// Looks between pauses that grow from 1 to 64 turns of a spinning processor.
const SPINS: u32 = 7;
/// Looks after that, each after the other threads of this processor had their turn.
const YIELDS: u32 = 5;
/// A stage that found nothing this many times in a row is skipped, ...
const VAIN: u8 = 4;
/// ... this many times before it is tried once again.
const SKIPS: u8 = 12;
/// The counts take four bits each.
const _: () = assert!(VAIN + SKIPS <= 16);

/// What waiting awake was good for lately, for the threads that wait for one thing. A thread that waits for another one on
/// the same processor spins in vain and delays it; one whose letters come rarely burns the processor for nothing.
pub(super) struct Patience {
    /// How many times in a row spinning found nothing, skipped times included, and in the upper four bits the same for
    /// yielding.
    vain: AtomicU8,
}

impl Patience {
    pub(super) fn new() -> Self {
        Patience { vain: AtomicU8::new(0) }
    }

    /// Looks repeatedly, less and less often, until it is so or sleeping costs less. Where there is something, more may be
    /// about to come: it is better met together, as each meeting costs both sides as much as many letters.
    pub(super) fn look_for_a_while(&self, is_so: impl Fn() -> bool) {
        // Loom's models would only grow by this.
        if cfg!(loom) {
            return;
        }
        // If two threads change it at the same time, one change is lost, which does no harm.
        let before = self.vain.load(Ordering::Relaxed);
        let (mut spins, mut yields) = (before & 15, before >> 4);
        let spin_and_look = |turn: u32| {
            (0..1 << turn).for_each(|_| spin());
            is_so()
        };
        let yield_and_look = |_| {
            yield_now();
            is_so()
        };
        let found = is_so()
            || attempt(&mut spins, || (0..SPINS).any(spin_and_look))
            || attempt(&mut yields, || (0..YIELDS).any(yield_and_look));
        let after = spins | yields << 4;
        if after != before {
            self.vain.store(after, Ordering::Relaxed);
        }
        if found {
            (0..GATHERING).for_each(|_| spin());
        }
    }
}

/// Looks, unless that was vain too often; whether it found something.
fn attempt(vain: &mut u8, look: impl FnOnce() -> bool) -> bool {
    let found = *vain < VAIN && look();
    *vain = if found { 0 } else { *vain + 1 };
    if *vain == VAIN + SKIPS {
        *vain = VAIN - 1;
    }
    found
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::cell::Cell;

    /// How many times it looks until `found` looks have passed, or without end.
    fn looks(patience: &Patience, found: u32) -> u32 {
        let count = Cell::new(0);
        patience.look_for_a_while(|| {
            count.set(count.get() + 1);
            count.get() == found
        });
        count.get()
    }

    #[test]
    fn looking_in_vain_becomes_rare_and_success_brings_it_back() {
        const ALL: u32 = 1 + SPINS + YIELDS;
        let patience = Patience::new();
        for _ in 0..VAIN {
            assert_eq!(looks(&patience, u32::MAX), ALL);
        }
        for _ in 0..3 {
            for _ in 0..SKIPS {
                assert_eq!(looks(&patience, u32::MAX), 1);
            }
            assert_eq!(looks(&patience, u32::MAX), ALL);
        }
        for _ in 0..SKIPS {
            assert_eq!(looks(&patience, 3), 1);
        }
        assert_eq!(looks(&patience, 3), 3, "spinning finds it");
        assert_eq!(looks(&patience, u32::MAX), ALL);
        for _ in 1..VAIN {
            assert_eq!(looks(&patience, u32::MAX), 1 + SPINS, "yielding was vain once more");
        }
        assert_eq!(looks(&patience, u32::MAX), 1);
    }

    #[test]
    fn the_two_stages_are_judged_apart() {
        let patience = Patience::new();
        for _ in 0..VAIN {
            assert_eq!(looks(&patience, 1 + SPINS + 1), 1 + SPINS + 1);
        }
        assert_eq!(looks(&patience, 2), 2, "spinning is skipped, the first yield finds it");
        assert_eq!(looks(&patience, u32::MAX), 1 + YIELDS);
    }
}
