//! What is wrong with an input, and where.

use crate::status::Status;

/// Why bytes from outside were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `Truncated`, `LimitExceeded`, `ForeignReference`, `Malformed` or `NoMemory`.
    pub status: Status,
    /// From the start: in words in Wota, in bytes in Nota and JSON.
    pub offset: usize,
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Status {
        fault.status
    }
}
