//! One pointer per thread. Getting and setting it needs no thread-local memory that has to be allocated first or may
//! already be freed, so it works when memory has run out, and while a thread ends.

#[cfg(unix)]
pub(crate) use keyed::{get, set};
#[cfg(not(unix))]
pub(crate) use local::{get, set};

/// Uses a key of the system. `thread_local!` does not work in shared libraries that are loaded late: a thread's first
/// access allocates all thread-locals of the library, and ends the process when that fails.
#[cfg(unix)]
mod keyed {
    use core::ptr;
    use core::sync::atomic::{AtomicUsize, Ordering};

    /// The key plus 1; 0 if there is none yet.
    static KEY: AtomicUsize = AtomicUsize::new(0);

    fn key() -> Option<libc::pthread_key_t> {
        KEY.load(Ordering::Acquire).checked_sub(1).map(|key| key as libc::pthread_key_t)
    }

    /// The pointer that was set; null before.
    pub(crate) fn get() -> *mut () {
        // SAFETY: the key was made and is never deleted.
        key().map_or(ptr::null_mut(), |key| unsafe { libc::pthread_getspecific(key) }).cast()
    }

    /// False when the system has no room for it; the pointer is then unchanged.
    pub(crate) fn set(pointer: *mut ()) -> bool {
        // SAFETY: the key was made and is never deleted.
        key().or_else(make).is_some_and(|key| unsafe { libc::pthread_setspecific(key, pointer.cast()) } == 0)
    }

    /// No lock, because a fork could leave it locked. If two threads make a key at the same time, the later one deletes
    /// its own.
    #[cold]
    fn make() -> Option<libc::pthread_key_t> {
        let mut made = 0;
        // SAFETY: room for the key, and no destructor.
        if unsafe { libc::pthread_key_create(&raw mut made, None) } != 0 {
            return None;
        }
        if KEY.compare_exchange(0, made as usize + 1, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: the key was made here, and nobody knows it.
            unsafe { libc::pthread_key_delete(made) };
        }
        key()
    }
}

#[cfg(any(test, not(unix)))]
mod local {
    use core::cell::Cell;
    use core::ptr;

    std::thread_local! {
        static POINTER: Cell<*mut ()> = const { Cell::new(ptr::null_mut()) };
    }

    /// The pointer that was set; null before.
    pub(crate) fn get() -> *mut () {
        POINTER.try_with(Cell::get).unwrap_or(ptr::null_mut())
    }

    /// False when there is no room for it; the pointer is then unchanged.
    pub(crate) fn set(pointer: *mut ()) -> bool {
        POINTER.try_with(|place| place.set(pointer)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    type Calls = (fn() -> *mut (), fn(*mut ()) -> bool);

    #[test]
    fn every_thread_has_its_own() {
        let both: [Calls; 2] = [(super::get, super::set), (super::local::get, super::local::set)];
        for (get, set) in both {
            let mark = ptr::without_provenance_mut(8);
            assert!(get().is_null());
            assert!(set(mark));
            std::thread::scope(|scope| {
                scope.spawn(|| assert!(get().is_null() && set(ptr::without_provenance_mut(16))));
            });
            assert_eq!(get(), mark);
            assert!(set(ptr::null_mut()));
        }
    }
}
