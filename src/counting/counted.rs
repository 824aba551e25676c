//! A shared value with a saturating count: an `Arc` whose creation can fail instead of aborting. Blobs have their own
//! header and do not use this. How pointers keep their provenance: `docs/internals.md`.

use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

use super::count::Count;
use crate::allocation::try_box;
use crate::status::Status;

/// A value that weak pointers may point to.
pub(crate) trait Retire: Sized {
    /// Called once, after the last count has gone and before the value is dropped. It must remove all weak pointers to
    /// the value, which are equal to `own`.
    fn retire(&self, own: WeakPtr<Self>);
}

/// The value and its count on the heap: in this order and from the start of a cache line, so that a value can choose
/// which of its fields share a line.
#[repr(C, align(64))]
pub(crate) struct CountedInner<T> {
    count: Count,
    value: T,
}

/// One count on a value.
pub(crate) struct Counted<T: Retire> {
    inner: NonNull<CountedInner<T>>,
}

// SAFETY: the count is atomic, the value may be used and dropped on any thread.
unsafe impl<T: Retire + Send + Sync> Send for Counted<T> {}
// SAFETY: as above.
unsafe impl<T: Retire + Send + Sync> Sync for Counted<T> {}

impl<T: Retire> Counted<T> {
    /// Moves the value to the heap, with a count of one.
    pub(crate) fn try_new(value: T) -> Result<Self, Status> {
        let inner = try_box(CountedInner { count: Count::one(), value })?;
        Ok(Counted { inner: NonNull::from(Box::leak(inner)) })
    }

    /// A pointer to the value, without a count.
    pub(crate) fn downgrade(&self) -> WeakPtr<T> {
        WeakPtr(self.inner)
    }

    /// The pointer that owns this handle's count.
    pub(crate) fn into_raw(self) -> NonNull<CountedInner<T>> {
        ManuallyDrop::new(self).inner
    }

    /// Turns the pointer back into the handle.
    ///
    /// # Safety
    /// The pointer came from [`Counted::into_raw`]; the handle takes over its count.
    pub(crate) unsafe fn from_raw(inner: NonNull<CountedInner<T>>) -> Self {
        Counted { inner }
    }

    fn inner(&self) -> &CountedInner<T> {
        // SAFETY: the handle owns a count, so the allocation is there.
        unsafe { self.inner.as_ref() }
    }
}

impl<T: Retire> Deref for Counted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().value
    }
}

impl<T: Retire> Clone for Counted<T> {
    fn clone(&self) -> Self {
        self.inner().count.increment();
        Counted { inner: self.inner }
    }
}

impl<T: Retire> Drop for Counted<T> {
    fn drop(&mut self) {
        if self.inner().count.decrement() {
            self.inner().value.retire(self.downgrade());
            // SAFETY: the last count has gone and no weak pointer is left; it was made as a box.
            drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
        }
    }
}

/// A pointer to a value without a count: to be compared, or upgraded to a handle.
pub(crate) struct WeakPtr<T>(NonNull<CountedInner<T>>);

// SAFETY: it is an address; `upgrade` has a contract of its own.
unsafe impl<T: Send + Sync> Send for WeakPtr<T> {}

impl<T> Clone for WeakPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for WeakPtr<T> {}

impl<T> PartialEq for WeakPtr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T: Retire> WeakPtr<T> {
    /// A new handle, unless the last count has gone.
    ///
    /// # Safety
    /// The value's `retire` has not returned yet.
    pub(crate) unsafe fn upgrade(self) -> Option<Counted<T>> {
        // SAFETY: the allocation is freed only after `retire` has returned.
        let inner = unsafe { self.0.as_ref() };
        // Only after the check: a handle made before it would drop a count that it never had.
        inner.count.increment_if_alive().then(|| Counted { inner: self.0 })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::sync::atomic::{AtomicU32, Ordering};

    /// Like a table that still has a weak pointer while the last handle is dropped.
    struct Sought<'a> {
        retired: &'a AtomicU32,
    }

    impl Retire for Sought<'_> {
        fn retire(&self, own: WeakPtr<Self>) {
            self.retired.fetch_add(1, Ordering::Relaxed);
            for _ in 0..3 {
                // SAFETY: this is `retire`, which has not returned.
                assert!(unsafe { own.upgrade() }.is_none());
            }
        }
    }

    #[test]
    fn nobody_finds_a_value_whose_last_handle_has_gone() {
        let retired = AtomicU32::new(0);
        let first = Counted::try_new(Sought { retired: &retired }).unwrap();
        // SAFETY: the value is alive.
        let second = unsafe { first.downgrade().upgrade() }.unwrap();
        drop(first);
        assert_eq!(retired.load(Ordering::Relaxed), 0);
        drop(second);
        assert_eq!(retired.load(Ordering::Relaxed), 1);
    }
}
