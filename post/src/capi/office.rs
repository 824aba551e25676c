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

/// A new office over a carrier, which is the office's from now on, also when this fails. `options` may be NULL. The office
/// has two threads of its own. The caller owns `*office` and ends it with `post_office_close`. `carrier` is *live*. Any
/// thread.
/// INVALID_ARGUMENT for NULL and options that are too small, NO_MEMORY.
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

/// The proxy of an address (1 to 64 bytes of any value, *readable*): what is posted to it, by any thread, goes to whoever
/// serves the address, in order. Antestones arrive as stones. It refuses letters (LIMIT_EXCEEDED) when it is full, and is closed
/// when the office is. Asked again, the office gives the same one. The caller owns one count in `*proxy`. `office` is *live*.
/// Any thread.
/// INVALID_ARGUMENT for NULL, no address or a longer one; CLOSED in a child of `fork`; NO_MEMORY.
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

/// Has letters to an address (1 to 64 bytes of any value, *readable*) come into a mailbox, on which the office takes a count.
/// An address that is served already gets this mailbox instead. Letters that have no room in it wait in the store. When it
/// is closed the address is not served any more. Of several offices that serve one address each letter goes to one.
/// `office` and `own` are *live*. Any thread.
/// INVALID_ARGUMENT for NULL, no address or a longer one; NOT_FOUND when the store is not reached; UNSUPPORTED when it
/// forbids it; CLOSED in a child of `fork`.
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

/// Waits until no letter is without a receipt, up to `timeout_ms` milliseconds: 0 does not wait, a negative number waits
/// without end. `office` is *live*, and stays so during the call. Any thread.
/// OK: all have one, or were returned. When some have none in time: LIMIT_EXCEEDED when the store is full, NOT_FOUND when it
/// is not reached, else END. INVALID_ARGUMENT for NULL; CLOSED in a child of `fork`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_office_flush(office: *mut post_office, timeout_ms: i64) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { office_ref(office) }).flush(timeout(timeout_ms)))
}

/// What has gone through the office. The caller sets `counts->struct_size`. `office` is *live*. Any thread.
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

/// Ends the office after `post_office_flush` with this time. Its proxies are closed, letters without a receipt are returned, and
/// letters that had come but found no room are handed out again to others. The office is gone, whatever the status.
/// `office` is *live*; no other thread is in a call with it. NULL does nothing.
/// Statuses: see `post_office_flush`; OK for NULL. In a child of `fork` CLOSED, and nothing is freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn post_office_close(office: *mut post_office, timeout_ms: i64) -> drystone_status {
    // SAFETY: live, and not used again.
    match unsafe { office_take(office) } {
        Some(office) => code(office.close(timeout(timeout_ms))),
        None => 0,
    }
}
