//! The time at which a wait ends.

use core::time::Duration;

/// The end of a wait, if any, on the clock.
#[derive(Clone, Copy)]
pub(crate) struct Deadline(Option<Duration>);

/// When a wait began: the time of the kernel's last tick before it, read in a tenth of the time. For waits whose
/// timeout is exact by itself unless they are disturbed.
#[derive(Clone, Copy)]
pub(super) struct LastTick(Duration);

impl LastTick {
    pub(super) fn before_now() -> Self {
        LastTick(clock::recently())
    }
}

impl Deadline {
    /// `timeout` from now; never for `None` and for times beyond the clock's range.
    pub(crate) fn after(timeout: Option<Duration>) -> Self {
        Deadline(timeout.and_then(|timeout| clock::now().checked_add(timeout)))
    }

    /// The end of a wait that began after the tick and has just been disturbed for the first time. Never earlier than
    /// `timeout` after its beginning, unless the tick was longer ago than `clock::LAG`. Later by what it has lasted, at
    /// most by `clock::LAG`.
    pub(super) fn of_disturbed(tick: LastTick, timeout: Option<Duration>) -> Self {
        Deadline(timeout.and_then(|timeout| clock::now().min(tick.0 + clock::LAG).checked_add(timeout)))
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

    /// How long ago the last tick can have been. The kernel ticks at least every 10 ms, but on a busy machine, and in a
    /// virtual machine that others keep from running, ticks are late.
    pub(super) const LAG: Duration = Duration::from_millis(100);

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
    fn a_disturbed_wait_is_never_shorter_and_hardly_longer() {
        let second = Some(Duration::from_secs(1));
        for _ in 0..100 {
            let tick = LastTick::before_now();
            let (began, disturbed) = (Deadline::after(second), Deadline::of_disturbed(tick, second));
            let after = Deadline::after(second);
            assert!(disturbed.0 <= after.0 && (cfg!(not(target_os = "linux")) || began.0 <= disturbed.0));
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn late_ticks_make_no_wait_shorter() {
        let second = Some(Duration::from_secs(1));
        let began = Deadline::after(second);
        let tick = LastTick(clock::now() - Duration::from_millis(50));
        assert!(began.0 <= Deadline::of_disturbed(tick, second).0);
        // Disturbed after a long time.
        let tick = LastTick(clock::now() - Duration::from_millis(500));
        let end = Deadline::of_disturbed(tick, second).0;
        assert!(end <= Deadline::after(second).0.map(|now| now - Duration::from_millis(400)));
    }

    #[test]
    fn ends_beyond_the_clock_never_come() {
        for timeout in [None, Some(Duration::MAX), Some(Duration::MAX - Duration::from_millis(5))] {
            assert_eq!(Deadline::after(timeout).left(), Ok(None));
            assert_eq!(Deadline::of_disturbed(LastTick::before_now(), timeout).left(), Ok(None));
        }
        assert_eq!(Deadline::after(Some(Duration::ZERO)).left(), Err(()));
    }
}
