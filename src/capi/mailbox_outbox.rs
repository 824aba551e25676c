//! Outboxes in C.

use super::blob_types::blob;
use super::mailbox_types::{mailbox, mailbox_outbox};
use super::ptr::{blob_give, blob_take, boxed_give, boxed_mut, boxed_take, mailbox_ref, out};
use super::required;
use super::status::{DRYSTONE_OK, drystone_status};
use crate::mailbox::{Outbox, post_all};

/// A new, empty outbox, which the caller owns. INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_outbox_new(outbox: *mut *mut mailbox_outbox) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(outbox) });
    out.put_result(boxed_give(Outbox::new()))
}

/// Keeps a letter for the mailbox until the outbox is committed. On success the outbox takes over the caller's count on
/// the letter and adds a count on the mailbox; on failure the caller keeps its count. `outbox`, `m` and `letter` are
/// *live*. INVALID_ARGUMENT for NULL, NO_MEMORY.
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

/// Posts all letters in order. Afterwards the outbox is empty, except for letters that a function of `mailbox_notify`
/// or a release function added meanwhile. Letters that a mailbox refuses (closed, full, out of memory) are destroyed;
/// that is not a failure of this call, and `refused` (may be NULL) is how many. `outbox` is *live*. INVALID_ARGUMENT
/// for NULL.
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

/// Destroys all letters in it. `outbox` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_outbox_discard(outbox: *mut mailbox_outbox) {
    // SAFETY: live, and used by nobody else.
    let letters = unsafe { boxed_mut(outbox) }.map(Outbox::take);
    // As above: release functions may post into it.
    drop(letters);
}

/// Frees the outbox and destroys the letters in it. `outbox` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_outbox_free(outbox: *mut mailbox_outbox) {
    // SAFETY: live, and not used again.
    drop(unsafe { boxed_take(outbox) });
}
