//! The constants of the statuses that are failures. Written by `cargo xtask header` from `src/status.rs`.

use super::status::drystone_status;

/// Memory could not be allocated.
pub const DRYSTONE_NO_MEMORY: drystone_status = 1;
/// A pointer that must not be NULL is NULL, or an argument has no meaning here.
pub const DRYSTONE_INVALID_ARGUMENT: drystone_status = 2;
/// A position, length or number is outside the allowed range.
pub const DRYSTONE_OUT_OF_RANGE: drystone_status = 3;
/// The call would change a stone.
pub const DRYSTONE_IS_STONE: drystone_status = 4;
/// The call needs a stone.
pub const DRYSTONE_NOT_STONE: drystone_status = 5;
/// The input, or the value written so far, ends too early.
pub const DRYSTONE_TRUNCATED: drystone_status = 6;
/// The input, or a call, breaks a rule of the format.
pub const DRYSTONE_MALFORMED: drystone_status = 7;
/// A limit on depth, size or number was reached.
pub const DRYSTONE_LIMIT_EXCEEDED: drystone_status = 8;
/// The value does not have the type that the call expects.
pub const DRYSTONE_WRONG_TYPE: drystone_status = 9;
/// No such key or name.
pub const DRYSTONE_NOT_FOUND: drystone_status = 10;
/// There is nothing more.
pub const DRYSTONE_END: drystone_status = 11;
/// The mailbox is closed, or another thread was in a call with it when `fork` made this process.
pub const DRYSTONE_CLOSED: drystone_status = 12;
/// The scope has ended.
pub const DRYSTONE_STALE_SCOPE: drystone_status = 13;
/// The scope's budget would be exceeded.
pub const DRYSTONE_OVER_BUDGET: drystone_status = 14;
/// Plain bytes contain a reference to a stone, which has a meaning only within a message.
pub const DRYSTONE_FOREIGN_REFERENCE: drystone_status = 15;
/// The object is in use and cannot be changed now.
pub const DRYSTONE_BUSY: drystone_status = 16;
/// Not available in this build or on this system.
pub const DRYSTONE_UNSUPPORTED: drystone_status = 17;
/// Another thread owns it.
pub const DRYSTONE_WRONG_THREAD: drystone_status = 18;
