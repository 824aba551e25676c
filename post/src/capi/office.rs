//! Post offices in C.

use core::ffi::c_char;

use super::ptr::{
    bytes, carrier_take, mailbox_counted, mailbox_give, office_give, office_ref, office_take, options, out,
    put_counts, timeout,
};
use super::types::{drystone_status, mailbox, post_carrier, post_counts, post_office, post_options};
use super::{attempt, required};
use crate::{Office, Status};

fn code(result: Result<(), Status>) -> drystone_status {
    result.map_or_else(Status::code, |()| 0)
}

/// Opens an office. It owns the carrier from now on, also when this fails. `options` may be NULL. The office has two
/// threads. The caller owns `*office` and ends it with `post_office_close`. `carrier` is *live*. Any thread.
/// INVALID_ARGUMENT for NULL or a struct that is too small; CLOSED in a child of `fork` for the parent's carrier over
/// NATS; NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_office_open(
    carrier: *mut post_carrier,
    options: *const post_options,
    office: *mut *mut post_office,
) -> drystone_status {
    // SAFETY: live, and given to the library.
    let carrier = required!(unsafe { carrier_take(carrier) });
    // SAFETY: NULL or as large as it says; an out.
    let (options, out) = unsafe { (attempt!(self::options(options)), required!(out(office))) };
    out.put(office_give(attempt!(Office::open(carrier, options))))
}

/// Gets the proxy of an address (1 to 64 bytes of any value, *readable*): letters that any thread posts to it go, in
/// order, to the office that serves the address. Antestones arrive as stones. A full proxy refuses letters
/// (LIMIT_EXCEEDED); it is closed with the office. Further calls return the same proxy. The caller owns one count in
/// `*proxy`. `office` is *live*. Any thread.
/// INVALID_ARGUMENT for NULL, or an address that is empty or too long; CLOSED in a child of `fork`; NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_office_mailbox(
    office: *mut post_office,
    address: *const c_char,
    length: usize,
    proxy: *mut *mut mailbox,
) -> drystone_status {
    // SAFETY: live; readable; an out.
    let (office, address, out) =
        unsafe { (required!(office_ref(office)), required!(bytes(address, length)), required!(out(proxy))) };
    out.put(mailbox_give(attempt!(office.mailbox(address))))
}

/// Delivers the letters for an address (1 to 64 bytes of any value, *readable*) to a mailbox, on which the office takes
/// a count. If the address is already served, this mailbox replaces the earlier one, and letters that nobody took from
/// the earlier one move to it. If the earlier one is closed, gets other letters too, or serves another address too,
/// they cannot be moved: the store then delivers them again, with those that were stored together with them. Letters
/// that do not fit into the mailbox wait in the store. When the mailbox is closed, the address is no longer served. If
/// several offices serve one address, each letter goes to one of them. `office` and `own` are *live*. Any thread.
/// INVALID_ARGUMENT for NULL, or an address that is empty or too long; NOT_FOUND when the store cannot be reached;
/// UNSUPPORTED when the store forbids it; CLOSED in a child of `fork`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_office_serve(
    office: *mut post_office,
    address: *const c_char,
    length: usize,
    own: *mut mailbox,
) -> drystone_status {
    // SAFETY: live; readable; live.
    let (office, address, own) = unsafe {
        (required!(office_ref(office)), required!(bytes(address, length)), required!(mailbox_counted(own)))
    };
    code(office.serve(address, &own))
}

/// Waits until every letter has a receipt, up to `timeout_ms` milliseconds: 0 does not wait, a negative number waits
/// without end. `office` is *live* throughout the call. Any thread. OK: all letters have one, or were returned, or can
/// never have one and were destroyed because no mailbox is there to return them to (`lost` of `post_counts`). When some
/// have none in time: NOT_FOUND if the store cannot be reached or no longer exists, LIMIT_EXCEEDED if it is full,
/// otherwise END. A line that is cut gives no sign: then the result may be END for up to 12 seconds before it is
/// NOT_FOUND. INVALID_ARGUMENT for NULL; CLOSED in a child of `fork`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_office_flush(office: *mut post_office, timeout_ms: i64) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { office_ref(office) }).flush(timeout(timeout_ms)))
}

/// Gets the counts of letters. The caller sets `counts->struct_size`. `office` is *live*. Any thread.
/// INVALID_ARGUMENT for NULL or a struct that is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_office_counts(
    office: *const post_office,
    counts: *mut post_counts,
) -> drystone_status {
    // SAFETY: live; as large as it says.
    unsafe {
        let office = required!(office_ref(office));
        put_counts(counts, || office.counts())
    }
}

/// Ends the office, after a `post_office_flush` with this timeout. Its proxies are closed, and letters without a
/// receipt are returned. Letters that arrived but that nobody took are delivered again, to the next office that serves the
/// address, with those of the same head that were taken. They are first removed from the served mailbox, unless it is
/// closed or others have posted to it, too. The office is freed whatever the status. `office` is *live*; no other
/// thread is in a call with it. NULL does nothing.
/// The status is that of the flush; OK for NULL. In a child of `fork` it is CLOSED, and nothing is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_office_close(office: *mut post_office, timeout_ms: i64) -> drystone_status {
    // SAFETY: live, and not used again.
    match unsafe { office_take(office) } {
        Some(office) => code(office.close(timeout(timeout_ms))),
        None => 0,
    }
}
