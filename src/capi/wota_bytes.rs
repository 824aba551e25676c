//! Messages and bytes in C.

use core::ffi::c_void;

use super::blob_types::blob;
use super::ptr::{blob_give, blob_handle, bytes, dialect, faulted, limits, out};
use super::status::{DRYSTONE_OK, drystone_status};
use super::wota_types::{wota_dialect, wota_limits};
use super::{attempt, required};
use crate::wota::{flattened_words, from_bytes, to_bytes, validate};

/// Checks that `count` untrusted little-endian bytes are exactly one valid value without references to stones or
/// messages. On a failure that is not INVALID_ARGUMENT, `error_offset` (may be NULL) tells where, in words from the
/// start. `bytes` is *readable*, `limits` may be NULL. Any thread. INVALID_ARGUMENT for NULL or an unknown dialect,
/// TRUNCATED, MALFORMED, LIMIT_EXCEEDED, FOREIGN_REFERENCE, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_validate(
    bytes: *const c_void,
    count: usize,
    dialect: wota_dialect,
    limits: *const wota_limits,
    error_offset: *mut usize,
) -> drystone_status {
    // SAFETY: readable; NULL or as large as it says; NULL or an out.
    unsafe {
        let bytes = required!(self::bytes(bytes.cast(), count));
        let (dialect, limits) = (attempt!(self::dialect(dialect)), attempt!(self::limits(limits)));
        match validate(bytes, dialect, &limits) {
            Ok(()) => DRYSTONE_OK,
            Err(fault) => faulted(fault, out(error_offset)),
        }
    }
}

/// A stone with the message as little-endian bytes that may leave the process: references are replaced by their
/// targets, and stones are inline. A held message that itself holds something becomes a blob of such bytes. The size
/// is computed before anything is allocated. The caller owns the count in `*bytes`. `message` is *live*. Any thread.
/// INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone that is not a message, LIMIT_EXCEEDED when the result
/// would have more than 2^32 words, OUT_OF_RANGE when a number of another message does not fit the dialect, MALFORMED
/// when two keys of a record are equal, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_to_bytes(message: *const blob, bytes: *mut *mut blob) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(out(bytes))) };
    out.put(blob_give(attempt!(to_bytes(message))))
}

/// The number of 64-bit words that the message would have with all references replaced by their targets and its
/// stones still by reference: the size of the result of `wota_transcode` into its own dialect. Each target is visited
/// once, so this is quick even when the number is huge. `message` is *live*, `limits` may be NULL; its `max_depth`
/// also bounds nesting through references. Any thread. INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone
/// that is not a message, LIMIT_EXCEEDED, OUT_OF_RANGE when a number of another message does not fit the dialect,
/// NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_flattened_words(
    message: *const blob,
    limits: *const wota_limits,
    words: *mut u64,
) -> drystone_status {
    // SAFETY: live; NULL or as large as it says; an out.
    unsafe {
        let (message, out) = (required!(blob_handle(&message)), required!(out(words)));
        let limits = attempt!(self::limits(limits));
        out.put_result(flattened_words(message, &limits))
    }
}

/// A message of `count` untrusted little-endian bytes, which are checked as by `wota_validate` and copied.
/// The caller owns the count in `*message`. `bytes` is *readable*, `limits` may be NULL. Any thread.
/// Statuses: see `wota_validate`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_from_bytes(
    bytes: *const u8,
    count: usize,
    dialect: wota_dialect,
    limits: *const wota_limits,
    message: *mut *mut blob,
) -> drystone_status {
    // SAFETY: readable; NULL or as large as it says; an out.
    unsafe {
        let (out, bytes) = (required!(out(message)), required!(self::bytes(bytes, count)));
        let (dialect, limits) = (attempt!(self::dialect(dialect)), attempt!(self::limits(limits)));
        out.put(blob_give(attempt!(from_bytes(bytes, dialect, &limits))))
    }
}
