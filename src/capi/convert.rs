//! Conversions of messages, in C.

use super::blob_types::blob;
use super::ptr::{blob_give, blob_handle, bytes, dialect, limits, out};
use super::status::drystone_status;
use super::wota_types::{WOTA_NEAREST, wota_dialect, wota_limits};
use super::{attempt, required};
use crate::convert;

/// A message of the same value in the other (or the same) dialect. Stones stay references; references to values are
/// replaced by their targets. DEC64 numbers become the nearest doubles. With `dialect | WOTA_NEAREST`, numbers that
/// DEC64 cannot represent become the nearest ones that it can (NaN, infinities and numbers that are too large remain
/// OUT_OF_RANGE). The caller owns the count in `*out`. `message` is *live*. Any thread. INVALID_ARGUMENT for NULL or
/// an unknown dialect, NOT_STONE, WRONG_TYPE for a stone that is not a message, OUT_OF_RANGE for a number that does
/// not fit the dialect, LIMIT_EXCEEDED when the result would have more than 2^32 words or nest deeper than any limit
/// allows, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_transcode(
    message: *const blob,
    dialect: wota_dialect,
    out: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(self::out(out))) };
    let nearest = dialect & WOTA_NEAREST != 0;
    let dialect = attempt!(self::dialect(dialect & !WOTA_NEAREST));
    out.put(blob_give(attempt!(convert::transcode(message, dialect, nearest))))
}

/// A stone with the message's value as Nota bytes, for networks and files. Stones are inline, and references are
/// replaced by their targets. The caller owns the count in `*nota`. `message` is *live*. Any thread. INVALID_ARGUMENT
/// for NULL, NOT_STONE, WRONG_TYPE for a stone that is not a message, OUT_OF_RANGE for NaN and infinities,
/// LIMIT_EXCEEDED when the value with all references and stones in place has more than 2^32 words, MALFORMED when two
/// keys of a record are equal, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_from_message(message: *const blob, nota: *mut *mut blob) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(out(nota))) };
    out.put(blob_give(attempt!(convert::nota_from_message(message))))
}

/// A message (classic) of `count` untrusted bytes of Nota, which are checked as by `nota_validate`. The caller
/// owns the count in `*message`. `bytes` is *readable*, `limits` may be NULL. Any thread.
/// INVALID_ARGUMENT for NULL, TRUNCATED, MALFORMED, LIMIT_EXCEEDED, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_to_message(
    bytes: *const u8,
    count: usize,
    limits: *const wota_limits,
    message: *mut *mut blob,
) -> drystone_status {
    // SAFETY: readable; NULL or as large as it says; an out.
    unsafe {
        let (out, bytes) = (required!(out(message)), required!(self::bytes(bytes, count)));
        let limits = attempt!(self::limits(limits));
        out.put(blob_give(attempt!(convert::nota_to_message(bytes, &limits))))
    }
}
