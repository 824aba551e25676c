//! Blobs in C.

use core::ffi::c_void;
use core::ptr::{self, NonNull};

pub use super::blob_types::{blob, blob_release};
use super::ptr::{
    blob_alone, blob_give, blob_handle, blob_or_null, blob_ref, blob_take, bytes, bytes_at, code, out,
};
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, required};
use crate::blob::{Blob, blobs_alive, blobs_created, blobs_released};

/// A new antestone of `bits` zero bits, count 1. NULL when there is no memory.
/// The caller owns the count. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn blob_new(bits: usize) -> *mut blob {
    blob_or_null(Blob::zeroed(bits))
}

/// A new antestone of `bits` bits that are all 0 or all 1, count 1. NULL when there is no memory.
/// The caller owns the count. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn blob_new_filled(bits: usize, bit: bool) -> *mut blob {
    blob_or_null(Blob::filled(bits, bit))
}

/// A new empty antestone with room for `bits` bits, count 1. NULL when there is no memory.
/// The caller owns the count. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn blob_with_capacity(bits: usize) -> *mut blob {
    blob_or_null(Blob::with_capacity(bits))
}

/// A new antestone with a copy of `count` bytes, count 1. NULL when there is no memory, or when `bytes` is
/// NULL and `count` is not 0. `bytes` is *readable*. The caller owns the count. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_from_bytes(bytes: *const u8, count: usize) -> *mut blob {
    // SAFETY: readable.
    let bytes = required!(unsafe { self::bytes(bytes, count) }, ptr::null_mut());
    blob_or_null(Blob::from_bytes(bytes))
}

/// A stone over `bits` bits of memory that the caller keeps, count 1. Nothing is copied, and the library never writes
/// to the memory or frees it, so a `const` table may be wrapped with a cast. The memory must stay readable and
/// unchanged, for every thread, until the last count on the blob, its slices and the messages that hold it is
/// dropped. NULL when there is no memory, or when `data` is NULL and `bits` is not 0. The caller owns the count. Any
/// thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_wrap(data: *mut u8, bits: usize) -> *mut blob {
    let data = required!(wrapped(data, bits), ptr::null_mut());
    // SAFETY: the memory's contract is the caller's.
    blob_or_null(unsafe { Blob::borrow_memory(data, bits) })
}

/// As `blob_wrap`, but the blob takes ownership of the memory: `release(context, data, bits)` is called exactly once,
/// on the thread that drops the last count, or by this call when it returns NULL. `release` may be NULL. `context` is
/// only passed on. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_wrap_owned(
    data: *mut u8,
    bits: usize,
    release: blob_release,
    context: *mut c_void,
) -> *mut blob {
    // SAFETY: the memory's contract is the caller's, and so is what `release` does with its arguments.
    unsafe {
        match (wrapped(data, bits), release) {
            (Some(data), Some(release)) => blob_or_null(Blob::wrap_memory(data, bits, release, context)),
            (Some(data), None) => blob_or_null(Blob::borrow_memory(data, bits)),
            (None, Some(release)) => {
                release(context, data, bits);
                ptr::null_mut()
            }
            (None, None) => ptr::null_mut(),
        }
    }
}

/// The memory to wrap. NULL is allowed for 0 bits.
fn wrapped(data: *mut u8, bits: usize) -> Option<NonNull<u8>> {
    NonNull::new(data).or((bits == 0).then(NonNull::<u128>::dangling).map(NonNull::cast))
}

/// Adds a count. `b` is *live*, NULL does nothing. Beyond 2^30 counts the blob is never freed. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_incref(b: *mut blob) {
    // SAFETY: live.
    if let Some(blob) = unsafe { blob_ref(b) } {
        blob.count_up();
    }
}

/// Drops the caller's count; the caller must not use `b` afterwards. Dropping the last count frees the bytes and the
/// blob and drops the counts on everything it holds, without recursion and without decoding. `b` is *live*, NULL does
/// nothing. Any thread; release functions run on the calling thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_destroy(b: *mut blob) {
    // SAFETY: live, and the count is given up.
    drop(unsafe { blob_take(b) });
}

/// Turns an antestone into a stone, in place, and frees spare memory (`data` may move) unless the blob is shared. A
/// stone stays as it is. `b` is *live* and *alone*. INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_make_stone(b: *mut blob) -> drystone_status {
    // SAFETY: live and alone.
    required!(unsafe { blob_alone(b) }).make_stone();
    DRYSTONE_OK
}

/// The bytes, valid while the caller has a count and, for an antestone, until the next write. NULL only for NULL; must
/// not be dereferenced when the length is 0. `b` is *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_data(b: *const blob) -> *const u8 {
    // SAFETY: live.
    required!(unsafe { blob_ref(b) }, ptr::null()).bytes().as_ptr()
}

/// The length in bits; 0 for NULL. `b` is *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_length_bits(b: *const blob) -> usize {
    // SAFETY: live.
    required!(unsafe { blob_ref(b) }, 0).length_bits()
}

/// How many bytes a blob keeps alive: its own (for a slice, those of the whole blob that it was cut from) plus, for a
/// message, those of everything it holds, directly or indirectly, counted as often as it is held. At most SIZE_MAX; 0
/// for NULL. Unless `whole` is NULL, `*whole` is the blob that owns the bytes: `b`, or the blob that `b` was cut from,
/// which lives as long as `b`. Takes constant time. Meant for telling a garbage collector. `b` is *live* and *alone*,
/// `whole` *writable*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_kept_bytes(b: *const blob, whole: *mut *const blob) -> usize {
    // SAFETY: live.
    let b = required!(unsafe { blob_handle(&b) }, 0);
    // SAFETY: writable.
    if let Some(whole) = unsafe { out(whole) } {
        whole.put(b.whole().as_raw().as_ptr().cast_const().cast());
    }
    b.kept_bytes()
}

/// Whether `b` is a stone; false for NULL. `b` is *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_is_stone(b: *const blob) -> bool {
    // SAFETY: live.
    required!(unsafe { blob_ref(b) }, false).is_stone()
}

/// The reference count, a hint while other threads count; INT32_MAX for a blob that is never freed, 0 for NULL. `b` is
/// *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_refcount(b: *const blob) -> i32 {
    // SAFETY: live.
    required!(unsafe { blob_ref(b) }, 0).reference_count()
}

/// A stone of the bits `from` to `to` (exclusive) of a stone. It shares the bytes when `from` is a multiple of 8;
/// otherwise they are copied. The caller owns the count in `*out`. `b` is *live*. Any thread. INVALID_ARGUMENT for
/// NULL, NOT_STONE, OUT_OF_RANGE, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_slice(
    b: *mut blob,
    from: usize,
    to: usize,
    out: *mut *mut blob,
) -> drystone_status {
    let b = b.cast_const();
    // SAFETY: live; an out.
    let (blob, out) = unsafe { (required!(blob_handle(&b)), required!(self::out(out))) };
    out.put(blob_give(attempt!(blob.slice(from, to))))
}

/// An antestone with a copy of the bits `from` to `to` (exclusive) of a stone or an antestone. The caller
/// owns the count in `*out`. `b` is *live* and *alone*.
/// INVALID_ARGUMENT for NULL, OUT_OF_RANGE, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_copy(
    b: *const blob,
    from: usize,
    to: usize,
    out: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; an out.
    let (blob, out) = unsafe { (required!(blob_ref(b)), required!(self::out(out))) };
    out.put(blob_give(attempt!(blob.copy_range(from, to))))
}

/// Whether both have the same length and the same bits; false when one is NULL. Both are *live* and
/// *alone*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_equal(a: *const blob, b: *const blob) -> bool {
    // SAFETY: live.
    let (one, other) = unsafe { (required!(blob_ref(a), false), required!(blob_ref(b), false)) };
    ptr::eq(one, other) || one.same_bits(other)
}

/// Appends `count` bytes to an antestone, which may end at any bit. They may be bytes of the same blob. `b` is *live*
/// and *alone*, `bytes` *readable*. On failure nothing changes. INVALID_ARGUMENT for NULL, IS_STONE, BUSY when the blob
/// is shared, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_write_bytes(b: *mut blob, bytes: *const u8, count: usize) -> drystone_status {
    // SAFETY: live and alone; readable, and perhaps the blob's own, of which there is no reference.
    unsafe {
        let (mut blob, bytes) = (required!(blob_alone(b)), required!(bytes_at(bytes, count)));
        code(blob.append_bytes_at(bytes))
    }
}

/// How many blobs of this process are alive: made and not yet freed. Exact while no other thread makes or drops blobs.
/// Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn drystone_blobs_alive() -> usize {
    blobs_alive()
}

/// How many blobs this process has made so far. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn drystone_blobs_created() -> u64 {
    blobs_created()
}

/// How many blobs this process has freed so far. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn drystone_blobs_released() -> u64 {
    blobs_released()
}
