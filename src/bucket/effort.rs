//! How much a call looks at. In memory that is not trusted strings may overlap, and one thing may be named many times:
//! then the memory's length bounds nothing by itself. What could be looked at more than a few times is counted, and
//! beyond a small multiple of the memory's length the call is refused.

use crate::status::Status;

/// The multiple. What does not overlap is looked at a few times at most.
pub(crate) const MULTIPLE: usize = 16;
/// What any call may look at.
const LEAST: usize = 4096;

/// What one call may still look at, in bytes, of what has to be counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    left: usize,
}

impl Effort {
    /// Of a call in a memory of that length, or for a caller who allows what a memory of that length would cost.
    #[inline]
    pub(crate) fn of(length: usize) -> Self {
        Effort { left: length.saturating_mul(MULTIPLE).saturating_add(LEAST) }
    }

    /// Counts bytes that are about to be looked at. `LimitExceeded` when that would be too much.
    #[inline]
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), Status> {
        self.left = self.left.checked_sub(bytes).ok_or(Status::LimitExceeded)?;
        Ok(())
    }
}

/// The same where most calls have nothing to count, and the memory may grow meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Late {
    spent: usize,
}

impl Late {
    /// As [`Effort::spend`], in a memory of that length.
    pub(super) fn spend(&mut self, length: usize, bytes: usize) -> Result<(), Status> {
        self.spent = self.spent.saturating_add(bytes);
        Effort::of(length).spend(self.spent)
    }
}

/// Bytes of the memory are looked at: the tests count them, wherever that is.
#[inline(always)]
pub(crate) fn look(bytes: usize) {
    #[cfg(any(test, feature = "looked"))]
    looked::BYTES.with(|looked| looked.set(looked.get().saturating_add(bytes)));
    #[cfg(not(any(test, feature = "looked")))]
    let _ = bytes;
}

/// How much the calls of this thread look at, for tests of hosts: the feature `looked` has it counted.
#[cfg(any(test, feature = "looked"))]
pub mod looked {
    use std::cell::Cell;

    thread_local! {
        pub(super) static BYTES: Cell<usize> = const { Cell::new(0) };
    }

    /// What `run` gives, and how many bytes it looked at.
    pub fn during<T>(run: impl FnOnce() -> T) -> (T, usize) {
        let before = BYTES.get();
        let result = run();
        (result, BYTES.get() - before)
    }
}
