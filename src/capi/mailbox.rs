//! Mailboxes in C.

use core::ffi::c_char;
use std::time::Duration;

use super::blob_types::blob;
use super::mailbox_types::{mailbox, mailbox_options};
use super::ptr::{
    blob_give, blob_take, bytes, code, mailbox_give, mailbox_options as options, mailbox_ref,
    mailbox_take_count, out, places_mut, put_statistics,
};
use super::statistics_types::mailbox_statistics_t;
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, required};
use crate::blob::Blob;
use crate::mailbox::{Mailbox, NotPosted};

/// A new mailbox for `capacity` letters (0: no bound), count 1, which the caller owns. Any thread.
/// INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_new(capacity: usize, mailbox: *mut *mut mailbox) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(mailbox) });
    out.put(mailbox_give(attempt!(Mailbox::new(capacity))))
}

/// A new mailbox, count 1, which the caller owns. `options` may be NULL: no bounds and no name; a name in it is
/// *readable* and copied. A name becomes free when its mailbox is closed or its last count is dropped. Any thread.
/// INVALID_ARGUMENT for NULL, a struct that is too small or an empty name, BUSY when an open mailbox has that name,
/// NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_new_with(
    options: *const mailbox_options,
    mailbox: *mut *mut mailbox,
) -> drystone_status {
    // SAFETY: NULL or as large as it says, with a readable name; an out.
    let (options, out) = unsafe { (attempt!(self::options(options)), required!(out(mailbox))) };
    out.put(mailbox_give(attempt!(Mailbox::with_options(&options))))
}

/// The open mailbox of this name in the process. Senders use this call: a mailbox that a sender opened itself would
/// destroy its letters when the sender drops it. The caller owns the added count. The name is any `length` bytes, at
/// least one, and *readable*. Any thread. INVALID_ARGUMENT for NULL or no name, NOT_FOUND, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_find(
    name: *const c_char,
    length: usize,
    mailbox: *mut *mut mailbox,
) -> drystone_status {
    // SAFETY: readable; an out.
    let (name, out) = unsafe { (required!(bytes(name.cast(), length)), required!(out(mailbox))) };
    out.put(mailbox_give(attempt!(Mailbox::find(name))))
}

/// The open mailbox of this name in the process, or a new one for `capacity` letters (0: no bound); an existing one
/// keeps its own bound. The caller owns the added count. The name is any `length` bytes, at least one, and *readable*.
/// Any thread. INVALID_ARGUMENT for NULL or no name, NO_MEMORY.
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

/// Adds a count. `m` is *live*, NULL does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_incref(m: *mut mailbox) {
    // SAFETY: live.
    if let Some(mailbox) = unsafe { mailbox_ref(m) } {
        core::mem::forget(Mailbox::clone(&mailbox));
    }
}

/// Drops the caller's count; the caller must not use `m` afterwards. Dropping the last count destroys the letters that
/// are still queued, without decoding them. `m` is *live*, NULL does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_destroy(m: *mut mailbox) {
    // SAFETY: live, and the count is given up.
    drop(unsafe { mailbox_take_count(m) });
}

/// Queues a letter, which may be any blob, and wakes a taker. On success the mailbox takes over the caller's count on
/// the letter; on failure the caller keeps it. `m` and `letter` are *live*. Any thread. INVALID_ARGUMENT for NULL,
/// CLOSED, LIMIT_EXCEEDED when the mailbox is full, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_post(m: *mut mailbox, letter: *mut blob) -> drystone_status {
    // SAFETY: live, both.
    unsafe { post_by(m, letter, Mailbox::post) }
}

/// As `mailbox_post`, but the letter is taken before all ordinary ones, and after the urgent ones that are already
/// queued. `m` and `letter` are *live*. Any thread. Statuses: see `mailbox_post`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_post_urgent(m: *mut mailbox, letter: *mut blob) -> drystone_status {
    // SAFETY: live, both.
    unsafe { post_by(m, letter, Mailbox::post_urgent) }
}

/// As `mailbox_post`, but waits for room up to `timeout_ms` milliseconds: 0 does not wait, a negative number waits
/// until there is room or the mailbox is closed. `m` and `letter` are *live*, `m` throughout the call. Any thread.
/// INVALID_ARGUMENT for NULL, CLOSED, LIMIT_EXCEEDED when there was no room in time, and at once for a letter that
/// keeps more bytes alive than the mailbox may hold, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_post_wait(
    m: *mut mailbox,
    letter: *mut blob,
    timeout_ms: i64,
) -> drystone_status {
    // SAFETY: live, both.
    unsafe { post_by(m, letter, |mailbox, letter| mailbox.post_wait(letter, timeout(timeout_ms))) }
}

/// # Safety
/// *Live*, or NULL. The letter's count goes over, and back when it is refused.
unsafe fn post_by(
    m: *mut mailbox,
    letter: *mut blob,
    post: impl FnOnce(&Mailbox, Blob) -> Result<(), NotPosted>,
) -> drystone_status {
    // SAFETY: the caller's promise.
    let mailbox = required!(unsafe { mailbox_ref(m) });
    // SAFETY: as above.
    let letter = required!(unsafe { blob_take(letter) });
    match post(&mailbox, letter) {
        Ok(()) => DRYSTONE_OK,
        Err(refused) => {
            blob_give(refused.letter);
            refused.status.code()
        }
    }
}

/// Milliseconds; negative for no end.
pub(super) fn timeout(milliseconds: i64) -> Option<Duration> {
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

/// Takes the oldest letter; the caller then owns its count. Waits for one up to `timeout_ms` milliseconds: 0 does not
/// wait, a negative number waits until a letter comes or the mailbox is closed. `m` is *live* throughout the call. Any
/// thread. INVALID_ARGUMENT for NULL, END when none came, CLOSED when it is closed and empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_take(
    m: *mut mailbox,
    timeout_ms: i64,
    letter: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; an out.
    let (mailbox, out) = unsafe { (required!(mailbox_ref(m)), required!(out(letter))) };
    out.put(blob_give(attempt!(mailbox.take(timeout(timeout_ms)))))
}

/// Takes the oldest letter as `mailbox_take` does, and with it all others that are queued, up to `capacity` in total;
/// `count` is how many were written to `letters`. The caller then owns their counts. `m` is *live* throughout the call;
/// `letters` is *writable* for `capacity` pointers. Any thread. INVALID_ARGUMENT for NULL or a capacity of 0, END when
/// none came, CLOSED when it is closed and empty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_take_many(
    m: *mut mailbox,
    letters: *mut *mut blob,
    capacity: usize,
    timeout_ms: i64,
    count: *mut usize,
) -> drystone_status {
    // SAFETY: live; writable; an out.
    let (mailbox, letters, out) = unsafe {
        (required!(mailbox_ref(m)), required!(places_mut(letters, capacity)), required!(out(count)))
    };
    let mut places = letters.iter_mut();
    out.put_result(mailbox.take_into(capacity, timeout(timeout_ms), |letter| {
        if let Some(place) = places.next() {
            place.write(blob_give(letter));
        }
    }))
}

/// Makes the mailbox refuse letters from now on. Wakes all waiting threads and frees the name; queued letters can still
/// be taken. Closing again does nothing. `m` is *live*, NULL does nothing. Any thread.
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

/// Destroys the queued letters, without decoding them, and returns how many there were; 0 for NULL. `m` is *live*. Any
/// thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_sweep(m: *mut mailbox) -> usize {
    // SAFETY: live.
    required!(unsafe { mailbox_ref(m) }, 0).sweep()
}

/// What has passed through the mailbox, and what is in it. The caller sets `statistics->struct_size`. `m` is *live*.
/// Any thread. INVALID_ARGUMENT for NULL or a struct that is too small; CLOSED in a child of `fork` when a thread of
/// the parent was in a call with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_statistics(
    m: *const mailbox,
    statistics: *mut mailbox_statistics_t,
) -> drystone_status {
    // SAFETY: live; as large as it says.
    unsafe {
        let mailbox = required!(mailbox_ref(m));
        code(put_statistics(statistics, || mailbox.statistics()))
    }
}
