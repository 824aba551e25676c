//! Mailboxes in C.

use core::ffi::c_char;
use std::time::Duration;

use super::blob::blob;
use super::ptr::{blob_give, blob_take, bytes, mailbox_give, mailbox_ref, mailbox_take_count, out};
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, required};
use crate::Mailbox;

/// Where letters wait for an actor: any thread posts, one takes. Counted like a blob.
pub struct mailbox {
    _private: [u8; 0],
}

/// A new mailbox for `capacity` letters (0: no bound), count 1, which the caller owns. Any thread.
/// INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_new(capacity: usize, mailbox: *mut *mut mailbox) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(mailbox) });
    out.put(mailbox_give(attempt!(Mailbox::new(capacity))))
}

/// The mailbox of this name in the process: the one that somebody has and nobody has closed, or a new one
/// for `capacity` letters (0: no bound). The caller owns one count on it. The name is any `length` bytes
/// but none, and *readable*. Any thread.
/// INVALID_ARGUMENT for NULL or no name, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_open(
    name: *const c_char,
    length: usize,
    capacity: usize,
    mailbox: *mut *mut mailbox,
) -> drystone_status {
    // SAFETY: readable; an out.
    let (name, out) = unsafe { (required!(bytes(name.cast(), length)), required!(out(mailbox))) };
    out.put(mailbox_give(attempt!(Mailbox::open(name, capacity))))
}

/// One more count. `m` is *live*, NULL does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_incref(m: *mut mailbox) {
    // SAFETY: live.
    if let Some(mailbox) = unsafe { mailbox_ref(m) } {
        core::mem::forget(Mailbox::clone(&mailbox));
    }
}

/// One count less: the caller's, who does not use `m` again. The last one destroys the letters that are
/// still queued, without decoding them. `m` is *live*, NULL does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_destroy(m: *mut mailbox) {
    // SAFETY: live, and the count is given up.
    drop(unsafe { mailbox_take_count(m) });
}

/// Queues a letter, any blob, and wakes a taker. On success the caller's count on the letter goes to the
/// mailbox; else it stays the caller's. `m` and `letter` are *live*. Any thread.
/// INVALID_ARGUMENT for NULL, CLOSED, LIMIT_EXCEEDED when the mailbox is full, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_post(m: *mut mailbox, letter: *mut blob) -> drystone_status {
    // SAFETY: live.
    let mailbox = required!(unsafe { mailbox_ref(m) });
    // SAFETY: live; the count goes over, and back when it is refused.
    let letter = required!(unsafe { blob_take(letter) });
    match mailbox.post(letter) {
        Ok(()) => DRYSTONE_OK,
        Err(refused) => {
            blob_give(refused.letter);
            refused.status.code()
        }
    }
}

/// Takes the oldest letter, whose count is then the caller's. Waits for one up to `timeout_ms`
/// milliseconds: 0 does not wait, a negative number waits until a letter comes or the mailbox is closed.
/// `m` is *live*, and stays so during the call. Any thread.
/// INVALID_ARGUMENT for NULL, END when none came, CLOSED when it is closed and empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_take(
    m: *mut mailbox,
    timeout_ms: i64,
    letter: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; an out.
    let (mailbox, out) = unsafe { (required!(mailbox_ref(m)), required!(out(letter))) };
    let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
    out.put(blob_give(attempt!(mailbox.take(timeout))))
}

/// Refuses letters from now on, wakes those who wait, and gives up the name; queued letters can still be
/// taken. Closing again does nothing. `m` is *live*, NULL does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_close(m: *mut mailbox) {
    // SAFETY: live.
    if let Some(mailbox) = unsafe { mailbox_ref(m) } {
        mailbox.close();
    }
}

/// How many letters are queued; 0 for NULL. `m` is *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_length(m: *const mailbox) -> usize {
    // SAFETY: live.
    required!(unsafe { mailbox_ref(m) }, 0).len()
}
