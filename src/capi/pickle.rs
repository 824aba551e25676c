//! Messages and Python's pickle streams, in C.

use core::ptr;

use super::blob::blob;
use super::ptr::{blob_give, blob_handle, blob_pointer, bytes, faulted, limits, out, view_out, view_ref};
use super::status::drystone_status;
use super::wota_types::{wota_limits, wota_view};
use super::{attempt, required};
use crate::pickle::{message_from_pickle, pickle_from_children, pickle_from_message};
use crate::wota::is_message;

/// A stone of bytes with the message's value as a stream of Python's `pickle` format (protocol 4), for bindings: the
/// interpreter builds the value in C. The stream refers to no code. A record is a dict, an array a list. Values
/// without a Python equivalent are persistent IDs: for a stone its number (`wota_held_get`), for an inline blob the
/// pair of its bytes and its length in bits, and for a symbol that carries a value its negated code, which is called
/// with that value. The caller owns the count in `*pickle`. `message` is *live*. Any thread. INVALID_ARGUMENT for
/// NULL, NOT_STONE, WRONG_TYPE for a stone that is not a message and for a message with references to other messages'
/// values (`wota_transcode` replaces them), NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_to_pickle(message: *const blob, pickle: *mut *mut blob) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(out(pickle))) };
    out.put(blob_give(attempt!(pickle_from_message(message))))
}

/// A stream as `wota_to_pickle` writes it, of a list of the next children of a container; moves `next` past them. It
/// stops before a child of more than `words_each` words, before a child that contains a blob, a reference, a symbol
/// that carries a value or a record with a duplicate key, and before `words_all` words are exceeded. `wota_view_next`
/// reads that child, so `*count` may be 0. `capacity` must not exceed the number of children left (for a record,
/// twice the number of pairs). `next` is as for `wota_view_next`. The caller owns the count in `*pickle`.
/// INVALID_ARGUMENT, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_view_next_pickle(
    next: *mut wota_view,
    capacity: u64,
    words_each: usize,
    words_all: usize,
    pickle: *mut *mut blob,
    count: *mut u64,
) -> drystone_status {
    // SAFETY: a view, which is also an out; two outs.
    let (view, next_out, pickle, out) = unsafe {
        (*required!(view_ref(next)), required!(view_out(next)), required!(out(pickle)), required!(out(count)))
    };
    let (stream, written, after) = attempt!(pickle_from_children(view, capacity, words_each, words_all));
    next_out.put(after);
    pickle.put(blob_give(stream));
    out.put(written)
}

/// A message (classic) of `count` untrusted bytes of Python's `pickle` format: None, bool, int, float, str, bytes,
/// bytearray, list, tuple and dict, nothing else, each referred to once (`Pickler.fast`). No code runs. A float that
/// is a whole number of at most 56 bits becomes an integer. On a failure that is not INVALID_ARGUMENT, `error_offset`
/// (may be NULL) tells where, in bytes. The caller owns the count in `*message`. `bytes` is *readable*, `limits` may
/// be NULL; values nest at most 512 deep. Any thread. INVALID_ARGUMENT for NULL, TRUNCATED, MALFORMED, also for a key
/// that is not a text or is a duplicate, OUT_OF_RANGE for an integer of more than 56 bits, UNSUPPORTED for everything
/// else in the format, LIMIT_EXCEEDED, NO_MEMORY.
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
