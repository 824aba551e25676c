//! Messages decoded into arenas as trees, in C.

use core::ffi::c_char;

use super::arena_types::arena;
use super::blob_types::blob;
use super::ptr::{arena_mut, blob_give, blob_handle, bytes, dialect, node_ref, out};
use super::status::drystone_status;
use super::wota_types::wota_dialect;
use super::{attempt, required};
use crate::tree::{self, Node};

/// Decodes a message's value, with everything in it and the targets of its references, into the arena's innermost
/// scope. Record fields are in the message's order, texts are UTF-8. Each blob in the tree holds one count, dropped
/// when the scope ends, before its memory is freed. Until then the tree is valid, even if the message is destroyed.
/// On failure everything allocated is returned. The usual pattern: `arena_scope_enter` with a budget, decode, use,
/// `arena_scope_exit`. `message` and `arena` are *live*. INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone
/// that is not a message, OVER_BUDGET, NO_MEMORY, LIMIT_EXCEEDED for the arena's other limits and when the value with
/// all references in place has more than 2^32 words, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_decode(
    message: *const blob,
    arena: *mut arena,
    root: *mut *const Node,
) -> drystone_status {
    // SAFETY: two live; an out.
    let (message, arena, out) =
        unsafe { (required!(blob_handle(&message)), required!(arena_mut(arena)), required!(out(root))) };
    out.put(attempt!(tree::decode(message, arena)).as_ptr().cast_const())
}

/// Makes a message of a tree: one from `wota_decode`, or one that the caller built. Stones are written by reference;
/// the bits of antestones are copied. The caller owns the count in `*message`. All pointers in the tree are valid,
/// and nobody changes the tree during the call. INVALID_ARGUMENT for NULL, and for an unknown dialect, type or
/// symbol; OUT_OF_RANGE for an integer beyond 56 bits or a number that the dialect cannot represent; MALFORMED for
/// text that is not UTF-8 or a system symbol without a record; LIMIT_EXCEEDED when more than 512 containers nest, as
/// in a tree that contains itself; NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_encode(
    root: *const Node,
    dialect: wota_dialect,
    message: *mut *mut blob,
) -> drystone_status {
    // SAFETY: a tree; an out.
    unsafe {
        let (root, out) = (required!(node_ref(root)), required!(out(message)));
        let dialect = attempt!(self::dialect(dialect));
        out.put(blob_give(attempt!(tree::encode(root, dialect))))
    }
}

/// The value of a key of `length` bytes (*readable*) in a record; in O(1) when `wota_decode` made the record. NULL
/// when the record does not have the key, when the value is not a record, and for NULL. The result is valid as long
/// as the tree.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_value_find(
    record: *const Node,
    key: *const c_char,
    length: usize,
) -> *const Node {
    // SAFETY: a tree; readable.
    unsafe {
        let record = required!(node_ref(record), core::ptr::null());
        let key = required!(bytes(key.cast(), length), core::ptr::null());
        tree::find(record, key).map_or(core::ptr::null(), core::ptr::from_ref)
    }
}
