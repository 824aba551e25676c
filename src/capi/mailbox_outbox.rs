//! Outboxes in C.

use super::blob_types::blob;
use super::mailbox_types::{mailbox, mailbox_outbox};
use super::ptr::{blob_give, blob_take, boxed_give, boxed_mut, boxed_take, mailbox_ref, out};
use super::required;
use super::status::{DRYSTONE_OK, drystone_status};
use crate::mailbox::{Outbox, post_all};

/// A new outbox, which holds nothing. The caller owns it. INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_outbox_new(outbox: *mut *mut mailbox_outbox) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(outbox) });
    out.put_result(boxed_give(Outbox::new()))
}

/// Holds a letter for the mailbox until the outbox is committed. On success the caller's count on the letter goes to the
/// outbox, which takes a count on the mailbox; else it stays the caller's. `outbox`, `m` and `letter` are *live*.
/// INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_outbox_post(
    outbox: *mut mailbox_outbox,
    m: *mut mailbox,
    letter: *mut blob,
) -> drystone_status {
    // SAFETY: live, and used by nobody else; live.
    let (outbox, mailbox) = unsafe { (required!(boxed_mut(outbox)), required!(mailbox_ref(m))) };
    // SAFETY: live; the count goes over, and back when it is refused.
    let letter = required!(unsafe { blob_take(letter) });
    match outbox.post(&mailbox, letter) {
        Ok(()) => DRYSTONE_OK,
        Err(refused) => {
            blob_give(refused.letter);
            refused.status.code()
        }
    }
}

/// Posts all letters in the order they came; the outbox holds nothing then but what was posted into it meanwhile, by a
/// function that `mailbox_notify` set or by a release function. Letters that a mailbox refuses (closed,
/// full, out of memory) are destroyed, which is no failure of this call; their number goes to `refused`, which may be NULL. `outbox` is *live*.
/// INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_outbox_commit(
    outbox: *mut mailbox_outbox,
    refused: *mut usize,
) -> drystone_status {
    // SAFETY: live, and used by nobody else; NULL or an out.
    let (letters, out) = unsafe { (required!(boxed_mut(outbox)).take(), out(refused)) };
    // Nothing borrows the outbox here: what is called meanwhile may post into it, for the next commit.
    let refused = post_all(letters);
    out.map_or(DRYSTONE_OK, |out| out.put(refused))
}

/// Destroys all letters that it holds. `outbox` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_outbox_discard(outbox: *mut mailbox_outbox) {
    // SAFETY: live, and used by nobody else.
    let letters = unsafe { boxed_mut(outbox) }.map(Outbox::take);
    // As above: release functions may post into it.
    drop(letters);
}

/// Ends the outbox and destroys what it holds. `outbox` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_outbox_free(outbox: *mut mailbox_outbox) {
    // SAFETY: live, and not used again.
    drop(unsafe { boxed_take(outbox) });
}
