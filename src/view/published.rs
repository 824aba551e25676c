//! Lists that any thread can read while others add to their front. Entries are removed only when the list ends.

use core::ptr::{self, NonNull};

use crate::sync::{AtomicPtr, Ordering};

/// An entry, at the start of a block. Until it is added, only its owner uses it.
#[repr(C)]
pub(crate) struct ListEntry<T> {
    key: usize,
    next: *mut ListEntry<T>,
    pub(crate) value: T,
}

impl<T> ListEntry<T> {
    pub(crate) fn new(key: usize, value: T) -> Self {
        ListEntry { key, next: ptr::null_mut(), value }
    }

    pub(crate) fn key(&self) -> usize {
        self.key
    }
}

/// A list: a pointer to its first entry, or null.
pub(crate) struct List<T>(AtomicPtr<ListEntry<T>>);

impl<T> List<T> {
    pub(crate) fn new() -> Self {
        List(AtomicPtr::new(ptr::null_mut()))
    }

    /// The entry of the key, with everything that was written to it before it was added.
    #[inline(always)]
    pub(crate) fn find(&self, key: usize) -> Option<NonNull<ListEntry<T>>> {
        // SAFETY: entries stay until the list ends.
        unsafe { find_from(self.0.load(Ordering::Acquire), key) }
    }

    /// Adds an entry, unless another thread has added one with the same key: then returns that one, and the new entry
    /// stays the caller's.
    ///
    /// # Safety
    /// The entry is the caller's. Once added, it stays until the list ends.
    pub(crate) unsafe fn add(&self, new: NonNull<ListEntry<T>>) -> Result<(), NonNull<ListEntry<T>>> {
        let mut first = self.0.load(Ordering::Acquire);
        loop {
            // SAFETY: the caller's promise for the new one, and entries stay until the list ends.
            unsafe {
                if let Some(other) = find_from(first, new.as_ref().key) {
                    return Err(other);
                }
                (*new.as_ptr()).next = first;
            }
            match self.0.compare_exchange_weak(first, new.as_ptr(), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(()),
                Err(now) => first = now,
            }
        }
    }

    /// Adds an entry of any key.
    ///
    /// # Safety
    /// As for [`List::add`].
    pub(crate) unsafe fn push(&self, new: NonNull<ListEntry<T>>) {
        let mut first = self.0.load(Ordering::Relaxed);
        loop {
            // SAFETY: the caller's promise.
            unsafe { (*new.as_ptr()).next = first };
            match self.0.compare_exchange_weak(first, new.as_ptr(), Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
    }

    /// Removes the first entry.
    ///
    /// # Safety
    /// Nobody else uses the list any more.
    pub(crate) unsafe fn pop(&self) -> Option<NonNull<ListEntry<T>>> {
        let first = NonNull::new(self.0.load(Ordering::Acquire))?;
        // SAFETY: an entry of the list.
        self.0.store(unsafe { first.as_ref().next }, Ordering::Relaxed);
        Some(first)
    }
}

/// # Safety
/// All entries from the first one on are there.
#[inline(always)]
unsafe fn find_from<T>(first: *mut ListEntry<T>, key: usize) -> Option<NonNull<ListEntry<T>>> {
    let mut next = first;
    while let Some(node) = NonNull::new(next) {
        // SAFETY: the caller's promise.
        let entry = unsafe { node.as_ref() };
        if entry.key == key {
            return Some(node);
        }
        next = entry.next;
    }
    None
}
