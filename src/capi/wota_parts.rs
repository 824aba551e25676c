//! Messages in parts, in C.

use core::ptr;

use super::blob_types::blob;
use super::ptr::{
    blob_give, blob_handle, blob_list, blob_pointer, boxed_give, boxed_ref, boxed_take, limits, out,
};
use super::status::drystone_status;
use super::wota_types::wota_limits;
pub use super::wota_types::wota_parts;
use super::{attempt, required};
use crate::wota::{from_parts, to_parts};

/// Takes a message apart, for transports that carry blobs. Part 0 describes the rest and contains the message's own
/// words (when those are more than 32 KiB, they are part 1). The other parts are every stone and every message that
/// it holds, directly or indirectly, each once, however often it is referred to. Those of fewer than
/// `inline_below_bits` bits are copied into part 0 instead, also once. The others are not copied: each part takes a
/// count. The part of a held message is its words. Each part is a stone whose bytes mean the same on every machine.
/// This call does not check for duplicate keys; `wota_from_parts` does. The caller owns `*parts` and frees it with
/// `wota_parts_free`. `message` is *live*. Any thread. INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone
/// that is not a message, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_to_parts(
    message: *const blob,
    inline_below_bits: usize,
    parts: *mut *mut wota_parts,
) -> drystone_status {
    // SAFETY: live; an out.
    let (message, out) = unsafe { (required!(blob_handle(&message)), required!(out(parts))) };
    out.put(attempt!(boxed_give(attempt!(to_parts(message, inline_below_bits)))))
}

/// How many parts there are, at least 1; 0 for NULL. `parts` is *live*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_parts_count(parts: *const wota_parts) -> usize {
    // SAFETY: live.
    required!(unsafe { boxed_ref(parts) }, 0).count()
}

/// A part. The count stays with `parts`: add one (`blob_incref`) to keep the part longer. NULL when there is no such
/// part, and for NULL. `parts` is *live*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_parts_get(parts: *const wota_parts, index: usize) -> *mut blob {
    // SAFETY: live.
    let parts = required!(unsafe { boxed_ref(parts) }, ptr::null_mut());
    parts.get(index).map_or(ptr::null_mut(), blob_pointer)
}

/// Frees the list and drops the counts on the parts. `parts` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_parts_free(parts: *mut wota_parts) {
    // SAFETY: live, and not used again.
    drop(unsafe { boxed_take(parts) });
}

/// Puts a message together from its parts, which may come from anywhere: everything in them is checked, including that
/// every index exists and that every reference points to the start of a value. The parts stay the caller's. The message
/// takes counts on them; only what is inside part 0, and messages whose parts are not aligned for words, is copied. The
/// caller owns the count in `*message`. `parts` are `count` pointers, each *live*; `limits` may be NULL, and its
/// `max_words` is for all messages among the parts together. Any thread. INVALID_ARGUMENT for NULL, NOT_STONE,
/// TRUNCATED when part 0 ends too early, MALFORMED (also for a missing part or one too many), LIMIT_EXCEEDED,
/// NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_from_parts(
    parts: *const *mut blob,
    count: usize,
    limits: *const wota_limits,
    message: *mut *mut blob,
) -> drystone_status {
    // SAFETY: `count` live blobs; NULL or as large as it says; an out.
    unsafe {
        let (parts, out) = (required!(blob_list(parts, count)), required!(out(message)));
        let limits = attempt!(self::limits(limits));
        out.put(blob_give(attempt!(from_parts(parts, &limits))))
    }
}
