//! The flags of a queue. They change under the inbox's lock.

/// Urgent letters are queued.
pub(super) const URGENT: u8 = 1;
/// The mailbox has a descriptor or a notify function.
pub(super) const WATCHED: u8 = 2;
/// The mailbox has bounds.
pub(super) const BOUNDED: u8 = 4;
/// The mailbox is closed.
pub(super) const CLOSED: u8 = 8;
