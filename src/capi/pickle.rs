//! Messages and Python's pickle streams, in C.

use core::ptr;

use super::blob::blob;
use super::ptr::{blob_give, blob_handle, blob_pointer, bytes, faulted, limits, out};
use super::status::drystone_status;
use super::wota_types::wota_limits;
use super::{attempt, required};
use crate::pickle::{message_from_pickle, pickle_from_message};
use crate::wota::is_message;

/// The message's value as a stream of Python's `pickle` format (protocol 4), a stone of bytes, for bindings: Python's
/// own C code builds the value. The stream contains no code. A record becomes a dict, an array a list. Values without
/// a Python equivalent become persistent IDs: a stone its number (see `wota_held_get`); an inline blob the pair of
/// its bytes and its length in bits; a symbol that carries a value its code, negated, which is called with that
/// value. The caller owns the count in `*pickle`. `message` is *live*. Any thread. INVALID_ARGUMENT for NULL,
/// NOT_STONE, WRONG_TYPE for a stone that is not a message and for a message with references to other messages'
/// values (replace them with `wota_transcode` first), NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_to_pickle(message: *const blob, pickle: *mut *mut blob) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(out(pickle))) };
    out.put(blob_give(attempt!(pickle_from_message(message))))
}

/// A message (classic) of `count` untrusted bytes of Python's `pickle` format. The values may be None, bool, int,
/// float, str, bytes, bytearray, list, tuple and dict; no object may occur twice (write the stream with
/// `Pickler.fast`). No code runs. A float that is a whole number of at most 56 bits becomes an integer. On a failure
/// that is not INVALID_ARGUMENT, `error_offset` (may be NULL) tells where, in bytes. The caller owns the count in
/// `*message`. `bytes` is *readable*, `limits` may be NULL; values nest at most 512 deep. Any thread.
/// INVALID_ARGUMENT for NULL, TRUNCATED, MALFORMED, also for a key that is not a str and for duplicate keys,
/// OUT_OF_RANGE for an integer of more than 56 bits, UNSUPPORTED for any other content of the format, LIMIT_EXCEEDED,
/// NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_from_pickle(
    bytes: *const u8,
    count: usize,
    limits: *const wota_limits,
    message: *mut *mut blob,
    error_offset: *mut usize,
) -> drystone_status {
    // SAFETY: readable; NULL or as large as it says; an out; NULL or an out.
    unsafe {
        let (out, bytes) = (required!(out(message)), required!(self::bytes(bytes, count)));
        let limits = attempt!(self::limits(limits));
        match message_from_pickle(bytes, &limits) {
            Ok(message) => out.put(blob_give(message)),
            Err(fault) => faulted(fault, self::out(error_offset)),
        }
    }
}

/// One of the blobs that a message holds; `number` is below `wota_held_count`. The count stays with the message: add
/// one (`blob_incref`) to keep the blob longer. NULL when there is no such blob, for other blobs and for NULL.
/// `message` is *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_held_get(message: *const blob, number: usize) -> *mut blob {
    // SAFETY: live.
    let message = required!(unsafe { blob_handle(&message) }, ptr::null_mut());
    let held = if is_message(message) { message.held() } else { &[] };
    held.get(number).map_or(ptr::null_mut(), blob_pointer)
}
