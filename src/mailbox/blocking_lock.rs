//! Replaces the short lock in loom's models of the mailbox: the same calls on a lock that loom can wait for. The short
//! lock has models of its own.

use loom::sync::{Mutex, MutexGuard};

/// Never occurs here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Abandoned;

pub(super) struct ShortLock<T>(Mutex<T>);

pub(super) type Held<'a, T> = MutexGuard<'a, T>;

impl<T> ShortLock<T> {
    pub(super) fn new(value: T) -> Self {
        ShortLock(Mutex::new(value))
    }

    pub(super) fn lock(&self) -> Result<Held<'_, T>, Abandoned> {
        Ok(crate::sync::lock(&self.0))
    }

    pub(super) fn lock_patiently(&self, _: impl FnOnce() -> u32) -> Result<Held<'_, T>, Abandoned> {
        self.lock()
    }
}
