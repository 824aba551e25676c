//! Sorting with little stack.
#![forbid(unsafe_code)]

use core::cmp::Ordering;

/// The largest number of items for the standard library's sort. Its stack grows with the logarithm of the number: for
/// this many it needs less than 10 KiB, whatever their order.
const MANY: usize = 1 << 20;

/// Does not recurse.
#[cold]
fn heap_sort<T>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    let sift = |heap: &mut [T], mut at: usize| loop {
        let mut largest = at;
        for child in [2 * at + 1, 2 * at + 2] {
            if child < heap.len() && order(&heap[largest], &heap[child]) == Ordering::Less {
                largest = child;
            }
        }
        if largest == at {
            return;
        }
        heap.swap(at, largest);
        at = largest;
    };
    for at in (0..items.len() / 2).rev() {
        sift(items, at);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sift(&mut items[..end], 0);
    }
}

/// Sorts items in any order with little stack: with the standard library's sort, or with a heap sort when there are
/// very many.
pub(crate) fn sort<T>(items: &mut [T], order: impl Fn(&T, &T) -> Ordering) {
    if items.len() <= MANY {
        items.sort_unstable_by(order);
    } else {
        heap_sort(items, order);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::heap_sort;

    #[test]
    fn the_heap_sort_sorts() {
        for length in 0..200_u32 {
            for step in [1, 7, 61] {
                let mut items: Vec<u32> = (0..length).map(|number| number * step % 64).collect();
                let mut sorted = items.clone();
                sorted.sort();
                heap_sort(&mut items, u32::cmp);
                assert_eq!(items, sorted);
            }
        }
    }
}
