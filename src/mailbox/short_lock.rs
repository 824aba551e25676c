//! A lock for sections of a few dozen instructions that call no other code. A plain store releases it, so it costs half
//! as much as the standard one. A thread that waits spins, then yields, then sleeps briefly. In a forked child, a
//! thread can tell that a lock's holder does not exist and never will release it.

use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};

use super::fork::generation;
use crate::sync::{AtomicU32, Ordering, UnsafeCell, spin, yield_now};

/// A thread of the parent process held the lock when this process was forked. It does not exist here, and may have left
/// the value half changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abandoned;

/// How many turns of a spinning processor pass before the second look. Each further pause is twice as long.
const FIRST_PAUSE: u32 = 8;

#[repr(C)]
pub(super) struct ShortLock<T> {
    /// 0 when free, else the generation of the process whose thread holds the lock.
    holder: AtomicU32,
    value: UnsafeCell<ManuallyDrop<T>>,
}

// SAFETY: only the thread that holds the lock accesses the value.
unsafe impl<T: Send> Sync for ShortLock<T> {}

/// Holds the lock until it is dropped.
pub(super) struct Held<'a, T> {
    lock: &'a ShortLock<T>,
}

impl<T> ShortLock<T> {
    #[cfg(not(loom))]
    pub(super) const fn new(value: T) -> Self {
        ShortLock { holder: AtomicU32::new(0), value: UnsafeCell::new(ManuallyDrop::new(value)) }
    }

    #[cfg(loom)]
    pub(super) fn new(value: T) -> Self {
        ShortLock { holder: AtomicU32::new(0), value: UnsafeCell::new(ManuallyDrop::new(value)) }
    }

    /// Waits until the lock is free.
    #[inline]
    pub(super) fn lock(&self) -> Result<Held<'_, T>, Abandoned> {
        let me = generation();
        if self.holder.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait(me, FIRST_PAUSE)?;
        }
        Ok(Held { lock: self })
    }

    /// As [`ShortLock::lock`], for threads that gain by coming later. `first_pause` says how long they wait before the
    /// second look, in turns of a spinning processor.
    #[inline]
    pub(super) fn lock_patiently(&self, first_pause: impl FnOnce() -> u32) -> Result<Held<'_, T>, Abandoned> {
        let me = generation();
        if self.holder.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.wait(me, first_pause())?;
        }
        Ok(Held { lock: self })
    }

    /// As [`ShortLock::lock`], but replaces the value if it was abandoned.
    pub(super) fn lock_or_replace(&self, fresh: impl FnOnce() -> T) -> Held<'_, T> {
        loop {
            if let Ok(held) = self.lock() {
                return held;
            }
            let (gone, me) = (self.holder.load(Ordering::Relaxed), generation());
            let stale = gone != 0 && gone != me;
            if stale && self.holder.compare_exchange(gone, me, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                let mut held = Held { lock: self };
                // The old value may be half changed, so it is not dropped.
                *held.place() = MaybeUninit::new(fresh());
                return held;
            }
        }
    }

    #[cold]
    fn wait(&self, me: u32, first_pause: u32) -> Result<(), Abandoned> {
        let mut turn = 0_u32;
        loop {
            let holder = self.holder.load(Ordering::Relaxed);
            if holder == 0 {
                if self.holder.compare_exchange(0, me, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                    return Ok(());
                }
            } else if holder != me {
                return Err(Abandoned);
            }
            match turn {
                // Less and less often: each look takes the cache line from the holder.
                0..6 if cfg!(not(loom)) => (0..first_pause << turn).for_each(|_| spin()),
                0..40 => yield_now(),
                // The holder may have a lower priority than this thread and need the processor.
                _ => std::thread::sleep(core::time::Duration::from_micros(50)),
            }
            turn = turn.saturating_add(1);
        }
    }
}

impl<T> Drop for ShortLock<T> {
    fn drop(&mut self) {
        // An abandoned value may be half changed, so it is leaked.
        if self.holder.load(Ordering::Relaxed) == 0 {
            // SAFETY: no thread holds the lock, and the value is not used again.
            self.value.with_mut(|value| unsafe { ManuallyDrop::drop(&mut *value) });
        }
    }
}

impl<T> Held<'_, T> {
    fn place(&mut self) -> &mut MaybeUninit<T> {
        // SAFETY: this thread holds the lock. The two types have the same layout, and the caller writes a value before
        // the lock is released.
        self.lock.value.with_mut(|value| unsafe { &mut *value.cast::<MaybeUninit<T>>() })
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held as long as this lives, and the value is accessed only through this.
        self.lock.value.with(|value| unsafe { &**value })
    }
}

impl<T> DerefMut for Held<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        self.lock.value.with_mut(|value| unsafe { &mut **value })
    }
}

impl<T> Drop for Held<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.holder.store(0, Ordering::Release);
    }
}
