//! A shared value with a saturating count, made without ever aborting: what `Arc` would be if it could fail. Blobs have a header of their own and do not use this.
//! How pointers keep their provenance: `docs/internals.md`.

use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

use super::count::Count;
use crate::allocation::try_box;
use crate::status::Status;

/// A value that others may know the place of without counting.
pub(crate) trait Retire: Sized {
    /// Called once, between the last count going and the value being dropped: from its return on nobody
    /// may know the place any more.
    fn retire(&self, place: Place<Self>);
}

/// The value with its count, as it lies on the heap: in this order, from the start of a line of the cache on, so that a
/// value can say which of its fields share one.
#[repr(C, align(64))]
pub(crate) struct Cell<T> {
    count: Count,
    value: T,
}

/// One count on a value.
pub(crate) struct Counted<T: Retire> {
    cell: NonNull<Cell<T>>,
}

// SAFETY: the count is atomic, the value may be used and dropped on any thread.
unsafe impl<T: Retire + Send + Sync> Send for Counted<T> {}
// SAFETY: as above.
unsafe impl<T: Retire + Send + Sync> Sync for Counted<T> {}

impl<T: Retire> Counted<T> {
    /// Moves the value to the heap, with a count of one.
    pub(crate) fn try_new(value: T) -> Result<Self, Status> {
        let cell = try_box(Cell { count: Count::one(), value })?;
        Ok(Counted { cell: NonNull::from(Box::leak(cell)) })
    }

    /// Where the value lies, without a count.
    pub(crate) fn place(&self) -> Place<T> {
        Place(self.cell)
    }

    /// The pointer that owns this handle's count.
    pub(crate) fn into_raw(self) -> NonNull<Cell<T>> {
        ManuallyDrop::new(self).cell
    }

    /// The handle back from its pointer.
    ///
    /// # Safety
    /// The pointer came from [`Counted::into_raw`]; its count goes over to the handle.
    pub(crate) unsafe fn from_raw(cell: NonNull<Cell<T>>) -> Self {
        Counted { cell }
    }

    fn cell(&self) -> &Cell<T> {
        // SAFETY: the handle owns a count, so the cell is there.
        unsafe { self.cell.as_ref() }
    }
}

impl<T: Retire> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.cell().value
    }
}

impl<T: Retire> Clone for Counted<T> {
    fn clone(&self) -> Self {
        self.cell().count.increment();
        Counted { cell: self.cell }
    }
}

impl<T: Retire> Drop for Counted<T> {
    fn drop(&mut self) {
        if self.cell().count.decrement() {
            self.cell().value.retire(self.place());
            // SAFETY: the last count has gone and nobody knows the place; it was made as a box.
            drop(unsafe { Box::from_raw(self.cell.as_ptr()) });
        }
    }
}

/// Where a value lies, without a count: only to be compared, or to try for a handle.
pub(crate) struct Place<T>(NonNull<Cell<T>>);

// SAFETY: it is an address; what is done with it is `handle_if_alive`'s contract.
unsafe impl<T: Send + Sync> Send for Place<T> {}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Place<T> {}

impl<T> PartialEq for Place<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Retire> Place<T> {
    /// A handle, unless the last count has gone.
    ///
    /// # Safety
    /// The value's `retire` has not returned yet.
    pub(crate) unsafe fn handle_if_alive(self) -> Option<Counted<T>> {
        // SAFETY: the cell is freed only after `retire` has returned.
        let cell = unsafe { self.0.as_ref() };
        // Made only then: a handle that is made and dropped gives up a count that it never had.
        cell.count.increment_if_alive().then(|| Counted { cell: self.0 })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};

    /// As somebody who finds the place in a table while the last handle goes.
    struct Sought<'a> {
        retired: &'a AtomicU32,
    }

    impl Retire for Sought<'_> {
        fn retire(&self, place: Place<Self>) {
            self.retired.fetch_add(1, Ordering::Relaxed);
            for _ in 0..3 {
                // SAFETY: this is `retire`, which has not returned.
                assert!(unsafe { place.handle_if_alive() }.is_none());
            }
        }
    }

    #[test]
    fn nobody_finds_a_value_whose_last_handle_has_gone() {
        let retired = AtomicU32::new(0);
        let first = Counted::try_new(Sought { retired: &retired }).unwrap();
        // SAFETY: the value is alive.
        let second = unsafe { first.place().handle_if_alive() }.unwrap();
        drop(first);
        assert_eq!(retired.load(Ordering::Relaxed), 0);
        drop(second);
        assert_eq!(retired.load(Ordering::Relaxed), 1);
    }
}
