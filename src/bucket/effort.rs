//! Bounds on how much a call reads. In untrusted memory strings may overlap, and one object may be referenced many
//! times, so the memory's length alone bounds nothing. Whatever could be read more than a few times is counted, and
//! beyond a small multiple of the memory's length the call fails.

use crate::status::Status;

/// The multiple. Data that does not overlap is read a few times at most.
pub(crate) const MULTIPLE: usize = 16;
/// What any call may read, in bytes.
const LEAST: usize = 4096;

/// How many bytes one call may still read, of data that has to be counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    left: usize,
}

impl Effort {
    /// For a call in a memory of this length, or for a caller that allows the same cost.
    #[inline]
    pub(crate) fn of(length: usize) -> Self {
        Effort { left: length.saturating_mul(MULTIPLE).saturating_add(LEAST) }
    }

    /// Counts bytes that are about to be read. `LimitExceeded` when they are too many.
    #[inline]
    pub(crate) fn spend(&mut self, bytes: usize) -> Result<(), Status> {
        self.left = self.left.checked_sub(bytes).ok_or(Status::LimitExceeded)?;
        Ok(())
    }
}

/// The same for calls that mostly have nothing to count, in a memory that may grow meanwhile.
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

/// Records that bytes of the memory are read; only tests count them.
#[inline(always)]
pub(crate) fn look(bytes: usize) {
    #[cfg(any(test, feature = "looked"))]
    looked::BYTES.with(|looked| looked.set(looked.get().saturating_add(bytes)));
    #[cfg(not(any(test, feature = "looked")))]
    let _ = bytes;
}

/// How much this thread's calls read, for tests of hosts. Counted with the feature `looked`.
#[cfg(any(test, feature = "looked"))]
pub mod looked {
    use std::cell::Cell;

    thread_local! {
        pub(super) static BYTES: Cell<usize> = const { Cell::new(0) };
    }

    /// The result of `run`, and how many bytes it read.
    pub fn during<T>(run: impl FnOnce() -> T) -> (T, usize) {
        let before = BYTES.get();
        let result = run();
        (result, BYTES.get() - before)
    }
}
