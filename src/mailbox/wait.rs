//! A short wait before sleeping.

use crate::sync::{spin, yield_now};

/// How many turns of a spinning processor somebody who had to wait lets letters, or room, come together.
/// Few: a virtual machine may take the processor away from a thread that spins for some thousand cycles.
const GATHERING: u32 = 16;

/// Looks again and again, less and less often, until it is so or sleeping costs less. Where there is something, more may
/// be about to come: it is better met together, as each meeting costs both sides as much as many letters.
pub(super) fn look_for_a_while(is_so: impl Fn() -> bool) {
    // The models have no time to lose.
    for turn in 0..if cfg!(loom) { 0 } else { 12_u32 } {
        if is_so() {
            (0..GATHERING).for_each(|_| spin());
            return;
        }
        if turn < 7 {
            (0..1 << turn).for_each(|_| spin());
        } else {
            yield_now();
        }
    }
}
