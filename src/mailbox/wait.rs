//! Waiting awake for a moment before sleeping.

use crate::sync::{AtomicU8, Ordering, spin, yield_now};

/// Turns of a spinning processor that let more letters, or more room, come together once there is some.
/// Few: a virtual machine may take the processor away from a thread that spins for some thousand cycles.
const GATHERING: u32 = 16;
/// Looks between pauses that grow from 1 to `LONGEST` turns of a spinning processor: some ten microseconds, longer than
/// a kernel takes to wake the thread that will answer.
const LOOKS: u32 = 21;
const LONGEST: u32 = 64;
/// After this many times in a row that looking was in vain, a thread sleeps at once, `SKIPPED` times. Then looking is
/// tried once again.
const VAIN: u8 = 3;
const SKIPPED: u8 = NEIGHBORS - VAIN;
/// What a lookout remembers, from this on, if yielding has helped. Then a yield comes first, `TRUSTED` times: a thread
/// on another processor may have been at work just then.
const NEIGHBORS: u8 = u8::MAX - TRUSTED + 1;
const TRUSTED: u8 = 24;
/// Letters, or places, that are worth a yield: a single one is an answer, which reaches a sleeping thread as soon.
const MANY: u64 = 2;

/// How threads that wait for one thing look for it: awake at first, as long as that helps. Two threads that both stay
/// awake answer each other far sooner than the kernel wakes one. But kernels often wake a thread on the processor of
/// its waker, in virtual machines even when another one is idle. Then the two run in turns, and looking only delays the
/// other one. If such a neighbor posts or takes many letters in its turn, it is left the processor by a yield. If it
/// answers single letters, sleeping is better: the kernel lets a thread that has yielded wait longer the next time.
///
/// It remembers how many times in a row looking was in vain and then how many times it was skipped; or from
/// `NEIGHBORS` on, how many times a yield came first; in one byte, as a mailbox is small.
pub(super) struct Lookout(AtomicU8);

impl Lookout {
    pub(super) fn new() -> Self {
        Lookout(AtomicU8::new(0))
    }

    /// Looks repeatedly, less and less often, until `count` finds something or sleeping costs less. Where there is
    /// something, more may be about to come: it is better met together, as each meeting costs both sides as much as
    /// many letters.
    pub(super) fn look_for_a_while(&self, count: impl Fn() -> u64) {
        // Loom's models would only grow by this.
        if !cfg!(loom) && (count() != 0 || self.look_again(&count)) {
            (0..GATHERING).for_each(|_| spin());
        }
    }

    /// If two threads change what it remembers at the same time, one change is lost, which does no harm.
    fn look_again(&self, count: &impl Fn() -> u64) -> bool {
        let before = self.0.load(Ordering::Relaxed);
        let (found, after) = match before {
            NEIGHBORS.. => match count_after_yield(count) {
                0 => look_awake(count, 0),
                1 => (true, 0),
                MANY.. => (true, before.checked_add(1).unwrap_or(VAIN - 1)),
            },
            0..VAIN => look_awake(count, before),
            VAIN.. => (false, if before < VAIN + SKIPPED - 1 { before + 1 } else { VAIN - 1 }),
        };
        if after != before {
            self.0.store(after, Ordering::Relaxed);
        }
        found
    }
}

fn count_after_yield(count: &impl Fn() -> u64) -> u64 {
    yield_now();
    count()
}

/// Whether there is something, and what to remember. `vain`: how many times in a row there was nothing before.
fn look_awake(count: &impl Fn() -> u64, vain: u8) -> (bool, u8) {
    let spin_and_look = |look: u32| {
        (0..LONGEST.min(1 << look)).for_each(|_| spin());
        count() != 0
    };
    if (0..LOOKS).any(spin_and_look) {
        return (true, 0);
    }
    if vain + 1 < VAIN {
        return (false, vain + 1);
    }
    match count_after_yield(count) {
        0 => (false, VAIN),
        1 => (true, VAIN),
        MANY.. => (true, NEIGHBORS),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::cell::Cell;

    const NEVER: u32 = u32::MAX;
    const AWAKE: u32 = 1 + LOOKS;
    /// With the look after a yield.
    const ALL: u32 = AWAKE + 1;

    /// Waits for something that the `found`-th look finds; the number of looks.
    fn looks_for(count: u64, lookout: &Lookout, found: u32) -> u32 {
        let looks = Cell::new(0);
        lookout.look_for_a_while(|| {
            looks.set(looks.get() + 1);
            if looks.get() == found { count } else { 0 }
        });
        looks.get()
    }

    fn looks(lookout: &Lookout, found: u32) -> u32 {
        looks_for(1, lookout, found)
    }

    /// Looks in vain, `VAIN` times but the last one.
    fn look_in_vain(lookout: &Lookout) {
        for _ in 1..VAIN {
            assert_eq!(looks(lookout, NEVER), AWAKE);
        }
    }

    fn after_vain_looks() -> Lookout {
        let lookout = Lookout::new();
        look_in_vain(&lookout);
        assert_eq!(looks(&lookout, NEVER), ALL);
        lookout
    }

    fn beside_neighbors() -> Lookout {
        let lookout = Lookout::new();
        look_in_vain(&lookout);
        assert_eq!(looks_for(MANY, &lookout, ALL), ALL);
        lookout
    }

    #[test]
    fn a_look_that_finds_something_is_the_last_one() {
        let lookout = Lookout::new();
        for found in 1..=AWAKE {
            assert_eq!(looks(&lookout, found), found);
        }
    }

    #[test]
    fn where_looking_is_vain_it_is_only_tried_now_and_then() {
        let lookout = after_vain_looks();
        for _ in 0..3 {
            for _ in 0..SKIPPED {
                assert_eq!(looks(&lookout, 2), 1, "sleeps at once");
            }
            assert_eq!(looks(&lookout, NEVER), ALL);
        }
    }

    #[test]
    fn where_looking_has_helped_it_is_tried_again() {
        let lookout = after_vain_looks();
        for _ in 0..SKIPPED {
            assert_eq!(looks(&lookout, 1), 1, "there already: looking has no merit");
            assert_eq!(looks(&lookout, 2), 1);
        }
        assert_eq!(looks(&lookout, 2), 2);
        look_in_vain(&lookout);
        assert_eq!(looks(&lookout, NEVER), ALL);
        assert_eq!(looks(&lookout, 2), 1);
    }

    #[test]
    fn single_letters_after_a_yield_are_no_reason_to_stay_awake() {
        let lookout = Lookout::new();
        look_in_vain(&lookout);
        assert_eq!(looks(&lookout, ALL), ALL);
        assert_eq!(looks(&lookout, 2), 1, "sleeps at once");
    }

    #[test]
    fn a_neighbor_that_posts_many_letters_at_a_time_is_given_its_turn_first() {
        let lookout = beside_neighbors();
        for _ in 0..3 {
            for _ in 0..TRUSTED {
                assert_eq!(looks_for(MANY, &lookout, 2), 2, "after the yield");
            }
            assert_eq!(looks_for(MANY, &lookout, ALL), ALL, "spins first once again");
        }
        assert_eq!(looks(&lookout, 2), 2, "a single one");
        look_in_vain(&lookout);
    }

    #[test]
    fn a_yield_in_vain_is_followed_by_looking_awake() {
        let lookout = beside_neighbors();
        assert_eq!(looks(&lookout, NEVER), 1 + AWAKE);
        assert_eq!(looks(&lookout, NEVER), AWAKE);
    }
}
