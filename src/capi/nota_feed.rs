//! Nota in pieces, in C.

use super::blob_types::blob;
pub use super::nota_types::nota_feeder;
use super::ptr::{blob_give, boxed_give, boxed_mut, boxed_ref, boxed_take, bytes, limits, out};
use super::status::drystone_status;
use super::wota_types::wota_limits;
use super::{attempt, required};
use crate::convert::nota_to_message;
use crate::nota::{Fed, Feeder};
use crate::status::Status;

/// A new feeder, which the caller owns and ends with `nota_feeder_free`. What it collects is bounded by
/// `limits` (may be NULL): 16 bytes for each word of `max_words`. Any thread.
/// INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_new(
    limits: *const wota_limits,
    feeder: *mut *mut nota_feeder,
) -> drystone_status {
    // SAFETY: NULL or as large as it says; an out.
    unsafe {
        let out = required!(out(feeder));
        let limits = attempt!(self::limits(limits));
        out.put(attempt!(boxed_give(Feeder::new(limits))))
    }
}

/// Frees a feeder. `feeder` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_free(feeder: *mut nota_feeder) {
    // SAFETY: live, and not used again.
    drop(unsafe { boxed_take(feeder) });
}

/// Takes bytes until the value is complete; `consumed` is how many it took. `feeder` is *live*, `bytes` *readable*. OK:
/// the value is complete; the remaining bytes belong to the next one. TRUNCATED: all bytes were taken and more are
/// needed (`consumed` is written in this case too). INVALID_ARGUMENT for NULL. MALFORMED, LIMIT_EXCEEDED, NO_MEMORY:
/// the feeder is unusable until `nota_feeder_reset`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_feed(
    feeder: *mut nota_feeder,
    bytes: *const u8,
    count: usize,
    consumed: *mut usize,
) -> drystone_status {
    // SAFETY: live; readable; an out.
    let (feeder, bytes, out) = unsafe {
        (required!(boxed_mut(feeder)), required!(self::bytes(bytes, count)), required!(out(consumed)))
    };
    match attempt!(feeder.feed(bytes)) {
        Fed::Complete(taken) => out.put(taken),
        Fed::More => {
            out.put(count);
            Status::Truncated.code()
        }
    }
}

/// The older name of `nota_feeder_feed`, the same in every respect.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_reader_feed(
    feeder: *mut nota_feeder,
    bytes: *const u8,
    count: usize,
    consumed: *mut usize,
) -> drystone_status {
    // SAFETY: the same contract.
    unsafe { nota_feeder_feed(feeder, bytes, count, consumed) }
}

/// A message (classic) of the complete value, checked as by `nota_to_message`; the feeder is then ready for the next
/// value. The caller owns the count in `*message`. `feeder` is *live*. INVALID_ARGUMENT for NULL, TRUNCATED before the
/// value is complete; after MALFORMED, LIMIT_EXCEEDED and NO_MEMORY the value is still there, and `nota_feeder_reset`
/// discards it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_take(
    feeder: *mut nota_feeder,
    limits: *const wota_limits,
    message: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; NULL or as large as it says; an out.
    let (feeder, limits, out) =
        unsafe { (required!(boxed_mut(feeder)), attempt!(self::limits(limits)), required!(out(message))) };
    let message = attempt!(nota_to_message(attempt!(feeder.bytes()), &limits));
    feeder.reset();
    out.put(blob_give(message))
}

/// The bytes of the complete value, not yet checked, valid until the next call on the feeder. For `nota_reader_init`.
/// `feeder` is *live*. INVALID_ARGUMENT for NULL, TRUNCATED before the value is complete.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_bytes(
    feeder: *const nota_feeder,
    bytes: *mut *const u8,
    count: *mut usize,
) -> drystone_status {
    // SAFETY: live; outs.
    let (feeder, out, out_count) =
        unsafe { (required!(boxed_ref(feeder)), required!(out(bytes)), required!(self::out(count))) };
    let bytes = attempt!(feeder.bytes());
    out.put(bytes.as_ptr());
    out_count.put(bytes.len())
}

/// Discards what was collected; keeps the buffer. `feeder` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_reset(feeder: *mut nota_feeder) {
    // SAFETY: live.
    if let Some(feeder) = unsafe { boxed_mut(feeder) } {
        feeder.reset();
    }
}
