//! The types of mailboxes in C.

use core::ffi::{c_char, c_void};

/// A queue of letters for an actor. Any thread may post, and any may take, though usually one does. Counted like a
/// blob.
pub struct mailbox {
    _private: [u8; 0],
}

/// The letters of one turn, posted together when the turn succeeds. One thread at a time.
pub struct mailbox_outbox {
    _private: [u8; 0],
}

/// The bounds of a new mailbox, and its name.
#[repr(C)]
pub struct mailbox_options {
    /// `sizeof(mailbox_options)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// The most letters that may be queued; 0: no bound.
    pub max_letters: usize,
    /// The most bytes that the queued letters may keep alive: those of each letter and of everything it holds, counted
    /// as often as it is held. 0: no bound.
    pub max_bytes: u64,
    /// The name that `mailbox_find` finds it by: any bytes, *readable*. NULL for a mailbox without a name.
    pub name: *const c_char,
    /// The length of the name in bytes: at least 1 with a name, 0 without. The name need not be zero-terminated.
    pub name_length: usize,
}

/// Called when a mailbox turns from empty to not empty.
pub type mailbox_ready = Option<unsafe extern "C" fn(context: *mut c_void)>;
