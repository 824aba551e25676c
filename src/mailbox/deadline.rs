//! The time at which a wait ends.

use core::time::Duration;

/// The end of a wait, if any, on the clock.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Duration>);

impl Deadline {
    /// `timeout` from now; never for `None` and for times beyond the clock's range.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Deadline(timeout.and_then(|timeout| clock::now().checked_add(timeout)))
    }

    /// The same or up to 10 ms later, determined in a tenth of the time: for waits whose timeout is exact by itself, and
    /// that seldom ask for the time left.
    pub(super) fn soon_after(timeout: Option<Duration>) -> Self {
        Deadline(timeout.and_then(|timeout| (clock::recently() + clock::LAG).checked_add(timeout)))
    }

    /// The time left: `None` if the wait never ends, an error if it is over.
    pub(crate) fn left(self) -> Result<Option<Duration>, ()> {
        match self.0 {
            None => Ok(None),
            Some(end) => match end.checked_sub(clock::now()) {
                Some(left) if !left.is_zero() => Ok(Some(left)),
                _ => Err(()),
            },
        }
    }
}

#[cfg(target_os = "linux")]
mod clock {
    use core::time::Duration;

    /// The kernel's tick at its slowest.
    pub(super) const LAG: Duration = Duration::from_millis(10);

    pub(super) fn now() -> Duration {
        read(libc::CLOCK_MONOTONIC)
    }

    /// The time of the kernel's last tick.
    pub(super) fn recently() -> Duration {
        read(libc::CLOCK_MONOTONIC_COARSE)
    }

    fn read(clock: libc::clockid_t) -> Duration {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the call writes to `time` and keeps nothing.
        unsafe { libc::clock_gettime(clock, &raw mut time) };
        // Both are positive: the clock counts from the machine's start.
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    }
}

#[cfg(not(target_os = "linux"))]
mod clock {
    use core::time::Duration;
    use std::sync::OnceLock;
    use std::time::Instant;

    pub(super) const LAG: Duration = Duration::ZERO;

    pub(super) fn now() -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }

    pub(super) fn recently() -> Duration {
        now()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_is_determined_sooner_is_never_earlier() {
        for _ in 0..1000 {
            let timeout = Some(Duration::from_secs(1));
            let (before, soon, after) =
                (Deadline::after(timeout), Deadline::soon_after(timeout), Deadline::after(timeout));
            assert!(before.0 <= soon.0 && soon.0 <= after.0.map(|after| after + clock::LAG));
        }
    }

    #[test]
    fn ends_beyond_the_clock_never_come() {
        for timeout in [None, Some(Duration::MAX), Some(Duration::MAX - Duration::from_millis(5))] {
            assert_eq!(Deadline::after(timeout).left(), Ok(None));
            assert_eq!(Deadline::soon_after(timeout).left(), Ok(None));
        }
        assert_eq!(Deadline::after(Some(Duration::ZERO)).left(), Err(()));
    }
}
