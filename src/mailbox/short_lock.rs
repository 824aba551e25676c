//! A lock for sections of a few dozen instructions that call nobody. It is let go with a plain store, which makes it half
//! as dear as the standard one; whoever waits spins, then yields, then sleeps a little. A child that `fork` made knows
//! when nobody is left who could let it go.

use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::{Deref, DerefMut};

use super::fork::generation;
use crate::sync::{AtomicU32, Ordering, UnsafeCell, spin, yield_now};

/// Its holder is gone, and was in the middle of a change: a thread of the process that this one was forked from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abandoned;

/// How many turns of a spinning processor pass before the second look. Each further pause is twice as long.
const FIRST_PAUSE: u32 = 8;

#[repr(C)]
pub(super) struct ShortLock<T> {
    /// 0, or the generation of the process whose thread holds it.
    holder: AtomicU32,
    value: UnsafeCell<ManuallyDrop<T>>,
}

// SAFETY: the value is reached by one thread at a time, who holds the lock.
unsafe impl<T: Send> Sync for ShortLock<T> {}

/// The lock is held until this is dropped.
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

    /// Waits for the others.
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

    /// As [`ShortLock::lock`]; a value whose holder is gone is forgotten, and this one takes its place.
    pub(super) fn lock_or_replace(&self, fresh: impl FnOnce() -> T) -> Held<'_, T> {
        loop {
            if let Ok(held) = self.lock() {
                return held;
            }
            let (gone, me) = (self.holder.load(Ordering::Relaxed), generation());
            let stale = gone != 0 && gone != me;
            if stale && self.holder.compare_exchange(gone, me, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                let mut held = Held { lock: self };
                // What is there may be half changed: it is not dropped.
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
                // Less and less often: each look takes the line of the cache from the holder.
                0..6 if cfg!(not(loom)) => (0..first_pause << turn).for_each(|_| spin()),
                0..40 => yield_now(),
                // The holder may be of a lower priority than this thread, and needs the processor.
                _ => std::thread::sleep(core::time::Duration::from_micros(50)),
            }
            turn = turn.saturating_add(1);
        }
    }
}

impl<T> Drop for ShortLock<T> {
    fn drop(&mut self) {
        // A value that its holder left half changed stays where it is.
        if self.holder.load(Ordering::Relaxed) == 0 {
            // SAFETY: nobody holds it, and it is not used again.
            self.value.with_mut(|value| unsafe { ManuallyDrop::drop(&mut *value) });
        }
    }
}

impl<T> Held<'_, T> {
    fn place(&mut self) -> &mut MaybeUninit<T> {
        // SAFETY: the lock is held; the two types have the same layout, and a value is there before it is let go.
        self.lock.value.with_mut(|value| unsafe { &mut *value.cast::<MaybeUninit<T>>() })
    }
}

impl<T> Deref for Held<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the lock is held as long as this lives, and only this reaches the value.
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
