//! Writing blocks of items to the memory after a vector's items, which is not initialised before.

use core::mem::MaybeUninit;

/// The memory after the items of a vector.
pub(crate) struct Room<'v, T> {
    places: &'v mut [MaybeUninit<T>],
    /// The items up to here are written.
    written: usize,
}

impl<T: Copy> Room<'_, T> {
    /// Writes a block. It begins within the blocks that were written before or right after them. Otherwise, and when
    /// the room ends too early, nothing is written and the result is false.
    #[inline(always)]
    pub(crate) fn put<const N: usize>(&mut self, at: usize, block: &[T; N]) -> bool {
        if at > self.written {
            return false;
        }
        let Some(place) = self.places.get_mut(at..).and_then(<[_]>::first_chunk_mut::<N>) else {
            return false;
        };
        // SAFETY: an array of items has the layout of an array of places for them.
        unsafe { place.as_mut_ptr().cast::<[T; N]>().write(*block) };
        self.written = self.written.max(at + N);
        true
    }

    /// Fills the room from `at` to its end with two blocks, which may overlap. `at` is as for [`Room::put`]. When the
    /// rest of the room is shorter than a block or longer than two, nothing is written and the result is false.
    #[inline(always)]
    pub(crate) fn fill<const N: usize>(&mut self, at: usize, first: &[T; N], last: &[T; N]) -> bool {
        let end = self.places.len();
        let fits = end.checked_sub(at).is_some_and(|rest| (N..=2 * N).contains(&rest));
        fits && self.put(at, first) && self.put(end - N, last)
    }
}

/// Lets `put` write to the next `size` places, if the vector has them, and appends as many of the items as it returns.
/// False, and no item is appended, when there is no room, or when it returns `None`.
#[inline(always)]
pub(crate) fn append_in_room<T: Copy>(
    vector: &mut Vec<T>,
    size: usize,
    put: impl FnOnce(&mut Room<'_, T>) -> Option<usize>,
) -> bool {
    let length = vector.len();
    let Some(places) = vector.spare_capacity_mut().get_mut(..size) else { return false };
    let mut room = Room { places, written: 0 };
    let Some(count) = put(&mut room) else { return false };
    let count = count.min(room.written);
    // SAFETY: the items up to `written` are initialised.
    unsafe { vector.set_len(length + count) };
    true
}

/// Writes a block after the vector's items, if there is room for all of it, and appends its first `count` items.
#[inline(always)]
pub(crate) fn append_block<T: Copy, const N: usize>(
    vector: &mut Vec<T>,
    block: &[T; N],
    count: usize,
) -> bool {
    append_in_room(vector, N, |room| room.put(0, block).then_some(count))
}

#[cfg(test)]
mod tests {
    use super::{append_block, append_in_room};

    #[test]
    fn blocks_overlap_but_leave_no_gap() {
        let mut vector = Vec::with_capacity(8);
        vector.push(1);
        let appended = append_in_room(&mut vector, 6, |room| {
            assert!(!room.put(1, &[0]));
            assert!(room.put(0, &[2, 3, 9]));
            assert!(room.put(2, &[4, 5]));
            assert!(!room.put(5, &[0]));
            assert!(!room.put(3, &[0, 0, 0, 0]));
            assert!(room.put(4, &[6]));
            Some(4)
        });
        assert!(appended);
        assert_eq!(vector, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn two_blocks_fill_the_room() {
        for size in 0..10 {
            let mut vector = vec![0; 1];
            vector.reserve_exact(9);
            let appended = append_in_room(&mut vector, size, |room| {
                let put = room.put(0, &[1]) && room.fill(1, &[2, 3, 4], &[7, 8, 9]);
                put.then_some(size)
            });
            assert_eq!(appended, (4..=7).contains(&size));
            let expected: &[i32] = match size {
                4 => &[0, 1, 7, 8, 9],
                5 => &[0, 1, 2, 7, 8, 9],
                6 => &[0, 1, 2, 3, 7, 8, 9],
                7 => &[0, 1, 2, 3, 4, 7, 8, 9],
                _ => &[0],
            };
            assert_eq!(vector, expected);
        }
    }

    #[test]
    fn only_what_was_written_is_appended() {
        let mut vector = Vec::with_capacity(4);
        assert!(append_in_room(&mut vector, 4, |room| room.put(0, &[1, 2]).then_some(3)));
        assert_eq!(vector, [1, 2]);
        assert!(!append_in_room(&mut vector, 2, |_| None));
        assert!(append_block(&mut vector, &[3, 4], 1));
        assert!(append_block(&mut vector, &[4], 1));
        assert!(!append_block(&mut vector, &[5], 1));
        assert_eq!(vector, [1, 2, 3, 4]);
    }
}
