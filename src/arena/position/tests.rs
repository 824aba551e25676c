//! Blocks never overlap nor leave their chunk, and the limit holds, whatever is asked for and in which order.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Move {
    Allocate { size: usize, align: usize, red_zone: usize },
    GiveBack,
    Resize { size: usize },
    Enter { budget: usize },
    Leave,
    OtherChunk { address: usize, size: usize },
}

fn steps() -> impl Strategy<Value = Vec<Move>> {
    let step = prop_oneof![
        4 => (0_usize..200, 0_u32..8, 0_usize..3).prop_map(|(size, align, zones)| {
            Move::Allocate { size, align: 1 << align, red_zone: zones * 8 }
        }),
        1 => Just(Move::GiveBack),
        1 => (0_usize..300).prop_map(|size| Move::Resize { size }),
        1 => (0_usize..500).prop_map(|budget| Move::Enter { budget }),
        1 => Just(Move::Leave),
        1 => (0_usize..1 << 20, 1_usize..2000).prop_map(|(address, size)| {
            Move::OtherChunk { address: 16 + address * 16, size: size * 16 }
        }),
    ];
    proptest::collection::vec(step, 0..60)
}

fn at(address: usize) -> *mut u8 {
    ptr::without_provenance_mut(address)
}

proptest! {
    /// Against plain numbers: where the position is, what is used, and what may be.
    #[test]
    fn does_what_numbers_say(steps in steps()) {
        let mut position = Position::new(NO_LIMIT);
        let (mut next, mut end, mut used) = (4096, 8192, 0_usize);
        let (mut limit, mut peak) = (NO_LIMIT, 0);
        position.move_to(at(next), at(end));
        position.watch(false);
        let mut last: Option<(usize, Extent)> = None;
        let mut scopes = Vec::new();
        for step in steps {
            match step {
                Move::Allocate { size, align, red_zone } => {
                    let start = next.next_multiple_of(align);
                    let extent = Extent { size, advance: size + red_zone };
                    let left = if limit == NO_LIMIT { NO_LIMIT } else { limit - used };
                    let here = start + extent.advance <= end;
                    let fits = if size + (if here { start - next } else { 0 }) > left {
                        Fit::Nowhere
                    } else if here {
                        Fit::Here
                    } else {
                        Fit::Elsewhere
                    };
                    prop_assert_eq!(position.fit(extent, align), fits);
                    if red_zone == 0 {
                        let block = position.allocate(size, align);
                        prop_assert_eq!(block, (fits == Fit::Here).then(|| at(start)));
                    } else if fits == Fit::Here {
                        prop_assert_eq!(position.take(extent, align), at(start));
                    }
                    if fits == Fit::Here {
                        used += start - next + size;
                        next = start + extent.advance;
                        last = Some((start, extent));
                    }
                }
                Move::GiveBack => {
                    if let Some((start, extent)) = last.take() {
                        position.release_last(at(start), extent);
                        (next, used) = (start, used - extent.size);
                    }
                }
                Move::Resize { size } => {
                    if let Some((start, old)) = last {
                        let new = Extent { size, advance: size + old.advance - old.size };
                        let left = if limit == NO_LIMIT { NO_LIMIT } else { limit - used };
                        let fits = start + new.advance <= end && size.saturating_sub(old.size) <= left;
                        prop_assert_eq!(position.can_resize(at(start), old, new), fits);
                        if fits {
                            position.release_last(at(start), old);
                            position.retake(at(start), new);
                            (next, used) = (start + new.advance, used - old.size + size);
                            last = Some((start, new));
                        }
                    }
                }
                Move::Enter { budget } => {
                    scopes.push((SavedPosition::new(position.place(), position.limit(), position.origin()), next, end, used, limit));
                    position.bound(budget);
                    limit = limit.min(used + budget);
                    last = None;
                }
                Move::Leave => {
                    if let Some((saved, old_next, old_end, old_used, old_limit)) = scopes.pop() {
                        prop_assert_eq!((saved.next(), saved.used()), (at(old_next), old_used));
                        // Red zones and other chunks change the origin.
                        if end != old_end || saved.origin != position.origin {
                            position.restore_in(saved, at(old_end));
                        } else if limit != old_limit {
                            position.restore_bounded(Place(saved.before), old_limit);
                        } else {
                            position.restore_place(Place(saved.before));
                        }
                        (next, end, used, limit) = (old_next, old_end, old_used, old_limit);
                        last = None;
                    }
                }
                Move::OtherChunk { address, size } => {
                    (next, end) = (address, address + size);
                    position.move_to(at(next), at(end));
                    last = None;
                }
            }
            peak = peak.max(used);
            prop_assert!(used <= limit && next <= end);
            prop_assert_eq!((position.next(), position.used(), position.peak()), (at(next), used, peak));
            let left = if limit == NO_LIMIT { NO_LIMIT } else { limit - used };
            prop_assert_eq!(position.remaining(), left);
            prop_assert_eq!(position.room_from(at(next)), left.min(end - next));
        }
    }
}
