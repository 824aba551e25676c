//! libdrystone's statuses, as far as this library returns them.

use core::fmt;

/// Why a call failed. The numbers are those of the `DRYSTONE_…` constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum Status {
    /// There was not enough memory.
    NoMemory = 1,
    /// An argument is invalid.
    InvalidArgument = 2,
    /// What was received ends too early.
    Truncated = 6,
    /// What was received breaks a rule.
    Malformed = 7,
    /// A limit was reached, or something is full.
    LimitExceeded = 8,
    /// Nobody answers.
    NotFound = 10,
    /// Nothing came in time.
    End = 11,
    /// It is closed.
    Closed = 12,
    /// It is in use.
    Busy = 16,
    /// The other side does not offer it.
    Unsupported = 17,
    /// A status of libdrystone that none of the calls made here returns.
    Other = 2_147_483_647,
}

impl Status {
    /// The number in C.
    pub const fn code(self) -> i32 {
        self as i32
    }

    pub(crate) fn from_code(code: i32) -> Status {
        match code {
            1 => Status::NoMemory,
            2 => Status::InvalidArgument,
            6 => Status::Truncated,
            7 => Status::Malformed,
            8 => Status::LimitExceeded,
            10 => Status::NotFound,
            11 => Status::End,
            12 => Status::Closed,
            16 => Status::Busy,
            17 => Status::Unsupported,
            _ => Status::Other,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Status::NoMemory => "out of memory",
            Status::InvalidArgument => "invalid argument",
            Status::Truncated => "ends too early",
            Status::Malformed => "malformed",
            Status::LimitExceeded => "limit exceeded",
            Status::NotFound => "nobody answers",
            Status::End => "nothing more",
            Status::Closed => "closed",
            Status::Busy => "in use",
            Status::Unsupported => "not supported",
            Status::Other => "another status of libdrystone",
        })
    }
}

impl core::error::Error for Status {}

impl From<std::collections::TryReserveError> for Status {
    fn from(_: std::collections::TryReserveError) -> Self {
        Status::NoMemory
    }
}
