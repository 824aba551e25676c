//! Flags for the slots of an indexed bucket that were emptied in place. Slots are filled in order and never reused, so
//! an iteration can skip emptied ones, however many there are and whatever order they were removed in.
//!
//! The last eighth of the slots is never used: a bucket grows before (see [`limit`](super::layout::limit)). Their key
//! and value fields store words of 16 flags: first one flag for each slot of the bucket, then one for each of those words
//! whose flags are all set, and so on. The first word is in the last slot; a slot has four. The top bit of a word with
//! flags is set, which keeps it out of a conservative collector's range. A word without the top bit has no information.
//! Older versions of this library do not set flags when they empty a slot.

use super::effort::look;
use super::layout::{BucketForm, SLOT_BYTES, Shape, put, word};
use crate::status::Status;

const SAYS: u32 = 1 << 31;
const FLAGS: usize = 16;
const ALL: u32 = (1 << FLAGS) - 1;

type Bytes = [u8; SLOT_BYTES];

/// Whether a bucket has room for flags: others may have used all of its slots.
#[inline(always)]
pub(super) fn has_flags(shape: &Shape) -> bool {
    shape.form == BucketForm::Indexed && shape.used <= shape.capacity - shape.capacity / 8
}

/// The slot that a word of flags is in, and its position there.
#[inline(always)]
fn place(capacity: usize, number: usize) -> (usize, usize) {
    (capacity.wrapping_sub(1).wrapping_sub(number / 4), 4 + 4 * (number % 4))
}

/// The flags of a word.
#[inline(always)]
fn flags(slots: &[Bytes], number: usize) -> u32 {
    look(4);
    let (slot, at) = place(slots.len(), number);
    slots.get(slot).map(|slot| word(slot, at)).filter(|word| word & SAYS != 0).map_or(0, |word| word & ALL)
}

/// The words for groups of one size, from single slots up.
#[derive(Clone, Copy)]
struct FlagLevel {
    /// The number of its first word.
    first: usize,
    /// How many it has.
    words: usize,
}

impl FlagLevel {
    #[inline(always)]
    fn lowest(slots: &[Bytes]) -> Self {
        FlagLevel { first: 0, words: slots.len() / FLAGS }
    }

    #[inline(always)]
    fn above(self) -> Option<Self> {
        let words = (self.words / FLAGS).max(1);
        (self.words > 1).then_some(FlagLevel { first: self.first.wrapping_add(self.words), words })
    }
}

/// Marks a slot as emptied, in a bucket that has flags.
#[inline(always)]
pub(super) fn note(slots: &mut [Bytes], number: u32) {
    let number = number as usize;
    if set_flag(slots, number / FLAGS, number % FLAGS) {
        note_above(slots, number / FLAGS);
    }
}

/// The same for words whose flags are all set.
#[cold]
#[inline(never)]
fn note_above(slots: &mut [Bytes], mut item: usize) {
    let mut level = FlagLevel::lowest(slots);
    while let Some(above) = level.above()
        && set_flag(slots, above.first.wrapping_add(item / FLAGS), item % FLAGS)
    {
        (level, item) = (above, item / FLAGS);
    }
}

/// Sets a flag of a word; true when all are set now.
#[inline(always)]
fn set_flag(slots: &mut [Bytes], number: usize, flag: usize) -> bool {
    let flags = flags(slots, number) | 1 << flag;
    let (slot, at) = place(slots.len(), number);
    if let Some(slot) = slots.get_mut(slot) {
        put(slot, at, SAYS | flags);
    }
    flags == ALL
}

/// The next slot after this one that is not known to be empty; `u32::MAX` when there is none.
pub(super) fn next(slots: &[Bytes], number: u32) -> u32 {
    let (mut level, mut item, mut size) = (FlagLevel::lowest(slots), number as usize, 1_usize);
    loop {
        let later = !flags(slots, level.first.wrapping_add(item / FLAGS)) & ALL & (!1 << (item % FLAGS));
        if later != 0 {
            let next = (item & !(FLAGS - 1)).wrapping_add(later.trailing_zeros() as usize);
            return u32::try_from(next.wrapping_mul(size)).unwrap_or(u32::MAX);
        }
        let Some(above) = level.above() else { return u32::MAX };
        (level, item, size) = (above, item / FLAGS, size.wrapping_mul(FLAGS));
    }
}

/// Checks that only emptied slots are flagged, and only words whose flags are all set. `Malformed`.
pub(super) fn check(slots: &[Bytes], used: u32) -> Result<(), Status> {
    let is_empty = |item| item < used as usize && slots.get(item).is_some_and(|slot| word(slot, 0) == 0);
    let mut level = FlagLevel::lowest(slots);
    check_level(slots, level, is_empty)?;
    while let Some(above) = level.above() {
        check_level(slots, above, |item| {
            item < level.words && flags(slots, level.first.wrapping_add(item)) == ALL
        })?;
        level = above;
    }
    Ok(())
}

fn check_level(slots: &[Bytes], level: FlagLevel, may_be: impl Fn(usize) -> bool) -> Result<(), Status> {
    for number in 0..level.words {
        let flags = flags(slots, level.first.wrapping_add(number));
        let mut items = (0..FLAGS).filter(|flag| flags >> flag & 1 != 0);
        if !items.all(|flag| may_be(number.wrapping_mul(FLAGS).wrapping_add(flag))) {
            return Err(Status::Malformed);
        }
    }
    Ok(())
}
