//! Messages as text, in C.

use core::ffi::c_char;

use super::blob_types::blob;
use super::ptr::{blob_give, blob_handle, bytes, faulted, limits, out};
use super::status::drystone_status;
use super::wota_types::wota_limits;
use super::{attempt, required};
use crate::blob::Blob;
use crate::convert::dump;
use crate::status::Status;
use crate::value::Limits;
use crate::wota::Fault;

/// A stone with the message's value as JSON text in UTF-8 (not zero-terminated), for tools and debugging; on one
/// line, or on many with `pretty`. Blobs are `{"$blob": "BASE64"}`, with `"bits"` when their length is not a whole
/// number of bytes. DEC64 numbers are written as the nearest doubles. Symbols that carry a value are `{"$private":
/// …}` and `{"$system": …}`; keys that look like these get one more `$`. The caller owns the count in `*text`.
/// `message` is *live*. Any thread. INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone that is not a
/// message, OUT_OF_RANGE for NaN, infinities and lone surrogates, LIMIT_EXCEEDED when the value with all references
/// and stones in place has more than 2^32 words, or when the text would be longer than both 1 MiB and ten times the
/// message, MALFORMED when two keys of a record are equal, NO_MEMORY; UNSUPPORTED when the library was built without
/// JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_to_json(
    message: *const blob,
    pretty: bool,
    text: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(out(text))) };
    out.put(blob_give(attempt!(to_json(message, pretty, 0))))
}

/// As `wota_to_json`, but LIMIT_EXCEEDED beyond `max_bytes` bytes of text; 0: the limit of `wota_to_json`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_to_json_limited(
    message: *const blob,
    pretty: bool,
    max_bytes: usize,
    text: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(out(text))) };
    out.put(blob_give(attempt!(to_json(message, pretty, max_bytes))))
}

/// A message (classic) of `length` bytes of untrusted JSON text in UTF-8, with objects as `wota_to_json` writes them.
/// Whole numbers of at most 56 bits are integers, all others doubles. On a failure that is not INVALID_ARGUMENT,
/// `error_offset` (may be NULL) tells where, in bytes. The caller owns the count in `*message`. `text` is *readable*,
/// `limits` may be NULL. Any thread; nesting is limited to 120 levels. INVALID_ARGUMENT for NULL, TRUNCATED, MALFORMED,
/// LIMIT_EXCEEDED, NO_MEMORY; UNSUPPORTED when the library was built without JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_from_json(
    text: *const c_char,
    length: usize,
    limits: *const wota_limits,
    message: *mut *mut blob,
    error_offset: *mut usize,
) -> drystone_status {
    // SAFETY: readable; NULL or as large as it says; an out; NULL or an out.
    unsafe {
        let (out, text) = (required!(out(message)), required!(bytes(text.cast(), length)));
        let limits = attempt!(self::limits(limits));
        match from_json(text, &limits) {
            Ok(message) => out.put(blob_give(message)),
            Err(fault) => faulted(fault, self::out(error_offset)),
        }
    }
}

/// A stone of readable text in UTF-8 (not zero-terminated): one line for each value of a message, with its offset in
/// words, its first word, and its meaning. For bug reports; the format may change. The caller owns the count in
/// `*text`. `message` is *live*. Any thread. INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone that is not
/// a message, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_dump(message: *const blob, text: *mut *mut blob) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(out(text))) };
    out.put(blob_give(attempt!(dump::dump(message))))
}

#[cfg(feature = "json")]
fn to_json(message: &Blob, pretty: bool, max_bytes: usize) -> Result<Blob, Status> {
    match max_bytes {
        0 => crate::json::json_from_message(message, pretty),
        _ => crate::json::json_from_message_within(message, pretty, max_bytes),
    }
}

#[cfg(feature = "json")]
fn from_json(text: &[u8], limits: &Limits) -> Result<Blob, Fault> {
    crate::json::message_from_json(text, limits)
}

#[cfg(not(feature = "json"))]
fn to_json(_: &Blob, _: bool, _: usize) -> Result<Blob, Status> {
    Err(Status::Unsupported)
}

#[cfg(not(feature = "json"))]
fn from_json(_: &[u8], _: &Limits) -> Result<Blob, Fault> {
    Err(Fault { status: Status::Unsupported, offset: 0 })
}
