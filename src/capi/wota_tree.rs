//! Messages as trees in arenas, in C.

use core::ffi::c_char;

use super::arena_types::arena;
use super::blob_types::blob;
use super::ptr::{arena_mut, blob_give, blob_handle, bytes, dialect, node_ref, out};
use super::status::drystone_status;
use super::wota_types::wota_dialect;
use super::{attempt, required};
use crate::tree::{self, Node};

/// A message's value with all that is in it and that it refers to, in the arena's innermost scope: values, fields in the message's order,
/// texts as UTF-8, blobs with one count each, which is given back when the scope ends, before its memory goes. The tree
/// is good until then, whether the message is or not. When it fails, all is given back at once. The usual pattern:
/// `arena_scope_enter` with a budget, decode, use, `arena_scope_exit`. `message` and `arena` are *live*.
/// INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone that is no message, OVER_BUDGET, NO_MEMORY,
/// LIMIT_EXCEEDED for the arena's other limits and when what it refers
/// to makes it more than 2^32 words, BUSY in a cleanup, WRONG_THREAD.
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

/// A message of a tree, whoever made it: stones by reference, antestones by their bits. The caller owns the count in
/// `*message`. All pointers of the tree lead to what they say, and nobody changes it during the call.
/// INVALID_ARGUMENT for NULL, an unknown dialect, type or symbol; OUT_OF_RANGE for an integer beyond 56 bits or a
/// number that the dialect does not have; MALFORMED for text that is not UTF-8 or a system symbol without a record;
/// LIMIT_EXCEEDED beyond the depth of writers, so for a tree within itself; NO_MEMORY.
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

/// The value of a key of `length` bytes (*readable*) in a record: in O(1) when `wota_decode` made it. NULL when the key
/// is not there, for what is no record, and for NULL. It lives as long as the tree.
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
