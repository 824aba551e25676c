//! The status codes. Each kind of failure has one number, which never changes and is never reused.

use core::ffi::CStr;
use core::fmt;

/// Makes `Status` and the table of its names and texts from one row for each status, in the order of the numbers.
macro_rules! statuses {
    ($($(#[$doc:meta])* $status:ident = $number:literal, $name:literal, $text:literal;)*) => {
        /// Why a call failed. The numbers are those of the `DRYSTONE_…` constants in C, where 0 is success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(i32)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[$doc])* $status = $number,)*
        }

        /// Each status with its name in C and its text.
        const TABLE: &[(Status, &CStr, &CStr)] = &[$((Status::$status, $name, $text),)*];
    };
}

// The one list of statuses. `cargo xtask header` and `cargo xtask declarations` write those of C and JavaScript from it.
statuses! {
    /// Memory could not be allocated.
    NoMemory = 1, c"NO_MEMORY", c"out of memory";
    /// A pointer that must not be NULL is NULL, or an argument has no meaning here.
    InvalidArgument = 2, c"INVALID_ARGUMENT", c"invalid argument";
    /// A position, length or number is outside the allowed range.
    OutOfRange = 3, c"OUT_OF_RANGE", c"out of range";
    /// The call would change a stone.
    IsStone = 4, c"IS_STONE", c"the blob is a stone and cannot be changed";
    /// The call needs a stone.
    NotStone = 5, c"NOT_STONE", c"the blob is not a stone";
    /// The input, or the value written so far, ends too early.
    Truncated = 6, c"TRUNCATED", c"ends too early";
    /// The input, or a call, breaks a rule of the format.
    Malformed = 7, c"MALFORMED", c"malformed";
    /// A limit on depth, size or number was reached.
    LimitExceeded = 8, c"LIMIT_EXCEEDED", c"limit exceeded";
    /// The value does not have the type that the call expects.
    WrongType = 9, c"WRONG_TYPE", c"wrong type";
    /// No such key or name.
    NotFound = 10, c"NOT_FOUND", c"not found";
    /// There is nothing more.
    End = 11, c"END", c"nothing more";
    /// The mailbox is closed, or another thread was in a call with it when `fork` made this process.
    Closed = 12, c"CLOSED", c"closed";
    /// The scope has ended.
    StaleScope = 13, c"STALE_SCOPE", c"the scope is not open";
    /// The scope's budget would be exceeded.
    OverBudget = 14, c"OVER_BUDGET", c"over budget";
    /// Plain bytes contain a reference to a stone, which has a meaning only within a message.
    ForeignReference = 15, c"FOREIGN_REFERENCE", c"a reference to a stone that is not here";
    /// The object is in use and cannot be changed now.
    Busy = 16, c"BUSY", c"in use";
    /// Not available in this build or on this system.
    Unsupported = 17, c"UNSUPPORTED", c"not supported";
    /// Another thread owns it.
    WrongThread = 18, c"WRONG_THREAD", c"owned by another thread";
}

impl Status {
    /// The number of this status in C.
    pub const fn code(self) -> i32 {
        self as i32
    }

    /// The status of a number; `None` for 0 (success) and for unknown numbers.
    pub fn from_code(code: i32) -> Option<Self> {
        let index = usize::try_from(code).ok()?.checked_sub(1)?;
        TABLE.get(index).map(|row| row.0)
    }

    /// The name in C, without `DRYSTONE_`.
    pub fn name(self) -> &'static CStr {
        TABLE[self as usize - 1].1
    }

    /// A short English text without a full stop.
    pub fn text(self) -> &'static CStr {
        TABLE[self as usize - 1].2
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
        for (index, (status, name, text)) in TABLE.iter().enumerate() {
            assert_eq!(status.code() as usize, index + 1);
            assert_eq!(Status::from_code(status.code()), Some(*status));
            assert_eq!((status.name(), status.text()), (*name, *text));
        }
        for unknown in [0, -1, 19, i32::MIN, i32::MAX] {
            assert_eq!(Status::from_code(unknown), None);
        }
    }
}
