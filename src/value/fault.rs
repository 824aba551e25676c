//! Why input was refused, and at which position.

use crate::status::Status;

/// Why input was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `Truncated`, `LimitExceeded`, `ForeignReference`, `Malformed` or `NoMemory`.
    pub status: Status,
    /// The offset from the start: in words for Wota, in bytes for Nota and JSON.
    pub offset: usize,
}

impl From<Fault> for Status {
    fn from(fault: Fault) -> Status {
        fault.status
    }
}
