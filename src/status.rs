//! The status codes. Each kind of failure has one number, which never changes and is never reused.

use core::ffi::CStr;
use core::fmt;

/// Why a call failed. The numbers are those of the `DRYSTONE_…` constants in C, where 0 is success.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum Status {
    /// Memory could not be allocated; nothing was changed.
    NoMemory = 1,
    /// A pointer that must not be NULL is NULL, or a value has no meaning here.
    InvalidArgument = 2,
    /// A position, length or number lies outside what is allowed.
    OutOfRange = 3,
    /// The call would change a stone.
    IsStone = 4,
    /// The call needs a stone.
    NotStone = 5,
    /// The input, or what was written so far, ends too early.
    Truncated = 6,
    /// The input, or a call, breaks a rule of the format.
    Malformed = 7,
    /// A limit on depth, size or number was reached.
    LimitExceeded = 8,
    /// The value is of another type than the call expects.
    WrongType = 9,
    /// No such key or name.
    NotFound = 10,
    /// There is nothing more.
    End = 11,
    /// The mailbox is closed.
    Closed = 12,
    /// The scope has ended.
    StaleScope = 13,
    /// The budget does not allow it.
    OverBudget = 14,
    /// Plain bytes name a stone of some process.
    ForeignReference = 15,
    /// The object is in use and cannot be changed now.
    Busy = 16,
    /// Not available in this build or on this system.
    Unsupported = 17,
    /// Another thread owns it.
    WrongThread = 18,
}

/// The texts that `drystone_status_text` returns, in the order of the status numbers.
const TEXTS: [(Status, &CStr); 18] = [
    (Status::NoMemory, c"out of memory"),
    (Status::InvalidArgument, c"invalid argument"),
    (Status::OutOfRange, c"out of range"),
    (Status::IsStone, c"the blob is a stone and cannot be changed"),
    (Status::NotStone, c"the blob is not a stone"),
    (Status::Truncated, c"ends too early"),
    (Status::Malformed, c"malformed"),
    (Status::LimitExceeded, c"limit exceeded"),
    (Status::WrongType, c"wrong type"),
    (Status::NotFound, c"not found"),
    (Status::End, c"nothing more"),
    (Status::Closed, c"closed"),
    (Status::StaleScope, c"the scope is not open"),
    (Status::OverBudget, c"over budget"),
    (Status::ForeignReference, c"a reference to a stone that is not here"),
    (Status::Busy, c"in use"),
    (Status::Unsupported, c"not supported"),
    (Status::WrongThread, c"owned by another thread"),
];

impl Status {
    /// The number of this status in C.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The status of a number; `None` for 0 (success) and for unknown numbers.
    pub fn from_code(code: i32) -> Option<Self> {
        let index = usize::try_from(code).ok()?.checked_sub(1)?;
        TEXTS.get(index).map(|row| row.0)
    }

    /// A short English text without a full stop. It is static.
    pub fn text(self) -> &'static CStr {
        TEXTS[self as usize - 1].1
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text().to_str().unwrap_or(""))
    }
}

impl core::error::Error for Status {}

#[cfg(not(drystone_core))]
impl From<std::collections::TryReserveError> for Status {
    fn from(_: std::collections::TryReserveError) -> Self {
        Status::NoMemory
    }
}

#[cfg(not(drystone_core))]
impl From<smallvec::CollectionAllocErr> for Status {
    fn from(_: smallvec::CollectionAllocErr) -> Self {
        Status::NoMemory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_at_its_number() {
        for (index, (status, text)) in TEXTS.iter().enumerate() {
            assert_eq!(status.code() as usize, index + 1);
            assert_eq!(Status::from_code(status.code()), Some(*status));
            assert_eq!(status.text(), *text);
        }
        for unknown in [0, -1, 19, i32::MIN, i32::MAX] {
            assert_eq!(Status::from_code(unknown), None);
        }
    }
}
