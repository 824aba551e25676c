//! A bell wakes sleeping threads. It has a number. Ringing takes two steps: striking the bell changes its number, then
//! waking wakes the sleepers. A thread notes the number before it decides to sleep, and sleeps only if the number is
//! still the same.

use core::time::Duration;

pub(super) use kind::Bell;

/// A futex: no thread owns it, so a forked child never finds it held.
#[cfg(all(target_os = "linux", not(loom)))]
mod kind {
    use core::ptr;
    use core::sync::atomic::{AtomicU32, Ordering};

    pub(in super::super) struct Bell(AtomicU32);

    impl Bell {
        pub(in super::super) fn new() -> Self {
            Bell(AtomicU32::new(0))
        }

        pub(in super::super) fn number(&self) -> u32 {
            self.0.load(Ordering::SeqCst)
        }

        pub(in super::super) fn strike(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }

        pub(in super::super) fn wake_one(&self) {
            self.wake(1);
        }

        pub(in super::super) fn wake_all(&self) {
            self.wake(i32::MAX);
        }

        fn wake(&self, sleepers: i32) {
            // SAFETY: the word is alive during the call, which only wakes threads.
            unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.0.as_ptr(),
                    libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
                    sleepers,
                )
            };
        }

        /// Sleeps until woken, at most as long as `left`, perhaps less: the caller must look again. Returns whether it
        /// was woken.
        pub(in super::super) fn wait(&self, number: u32, left: Option<super::Duration>) -> bool {
            let span = left.map(|left| libc::timespec {
                tv_sec: libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX),
                tv_nsec: left.subsec_nanos().into(),
            });
            let span = span.as_ref().map_or(ptr::null(), ptr::from_ref);
            // SAFETY: the word and the span are alive during the call, which only sleeps.
            let outcome = unsafe {
                libc::syscall(
                    libc::SYS_futex,
                    self.0.as_ptr(),
                    libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                    number,
                    span,
                )
            };
            outcome == 0
        }
    }
}

/// A condition variable, of the standard library or loom.
#[cfg(any(not(target_os = "linux"), loom))]
mod kind {
    use crate::sync::{Condvar, Mutex, lock};

    pub(in super::super) struct Bell {
        number: Mutex<u32>,
        rung: Condvar,
    }

    impl Bell {
        pub(in super::super) fn new() -> Self {
            Bell { number: Mutex::new(0), rung: Condvar::new() }
        }

        pub(in super::super) fn number(&self) -> u32 {
            *lock(&self.number)
        }

        pub(in super::super) fn strike(&self) {
            let mut number = lock(&self.number);
            *number = number.wrapping_add(1);
        }

        /// Wakes all: a single thread might be one that the bell was not struck for.
        pub(in super::super) fn wake_one(&self) {
            self.rung.notify_all();
        }

        pub(in super::super) fn wake_all(&self) {
            self.rung.notify_all();
        }

        /// Never reports a wake-up without a strike.
        pub(in super::super) fn wait(&self, number: u32, left: Option<super::Duration>) -> bool {
            let mut now = lock(&self.number);
            while *now == number {
                match left {
                    None => now = self.rung.wait(now).unwrap_or_else(|poisoned| poisoned.into_inner()),
                    Some(left) => {
                        let waited = self.rung.wait_timeout(now, left);
                        drop(waited.unwrap_or_else(|poisoned| poisoned.into_inner()));
                        return false;
                    }
                }
            }
            false
        }
    }
}

/// The time at which a wait ends, if any.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<std::time::Instant>);

impl Deadline {
    /// `timeout` from now; never for `None` and for times beyond the clock's range.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Deadline(timeout.and_then(|timeout| std::time::Instant::now().checked_add(timeout)))
    }

    /// The time left: `None` if the wait never ends, an error if it is over.
    pub(crate) fn left(self) -> Result<Option<Duration>, ()> {
        match self.0 {
            None => Ok(None),
            Some(end) => match end.checked_duration_since(std::time::Instant::now()) {
                Some(left) if !left.is_zero() => Ok(Some(left)),
                _ => Err(()),
            },
        }
    }
}
