//! Stones that other processes can map, in C.

use super::blob_types::blob;
use super::link_types::link_limits;
use super::ptr::{
    blob_alone, blob_give, blob_handle, blob_or_null, blob_writable_bytes, descriptor_take,
    link_limits as limits_of, out, required_out_pair,
};
use super::status::drystone_status;
use super::{attempt, required};
use crate::blob::Blob;
use crate::blob::file;

/// A new antestone of `bits` zero bits in a memory file, count 1. When it becomes a stone (`blob_make_stone`), its
/// bytes do not move and the file is sealed: another process can map it, and nobody can change it any more. A child
/// made by `fork` shares the bytes of such an antestone and sees what is written to them. An antestone that becomes a
/// stone while such a child lives is copied to private memory and is an ordinary stone. The blob uses a descriptor as
/// long as it lives. NULL when there is no memory or no descriptor, and on systems other than Linux. The caller owns
/// the count. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn blob_new_shared(bits: usize) -> *mut blob {
    blob_or_null(Blob::zeroed_shared(bits))
}

/// The bytes of an antestone, to be filled in place: as many as its length needs. `*bytes` is valid until the next
/// call that writes to the blob, shares it or makes it a stone. `b` is *live* and *alone*. INVALID_ARGUMENT for NULL,
/// IS_STONE, BUSY when the blob is shared.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_writable(b: *mut blob, bytes: *mut *mut u8) -> drystone_status {
    // SAFETY: live and alone; an out.
    let (blob, out) = unsafe { (required!(blob_alone(b)), required!(out(bytes))) };
    out.put_result(blob_writable_bytes(&blob))
}

/// A stone whose bytes are in a sealed memory file: `stone` itself if possible, else a copy. The caller owns the count
/// in `*shared`. `stone` is *live*. Any thread. INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a message (post
/// messages to a link as they are), NO_MEMORY, LIMIT_EXCEEDED when the process has no more descriptors, UNSUPPORTED on
/// systems other than Linux.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_to_shared(stone: *mut blob, shared: *mut *mut blob) -> drystone_status {
    let stone = stone.cast_const();
    // SAFETY: live; an out.
    let (stone, out) = unsafe { (required!(blob_handle(&stone)), required!(out(shared))) };
    out.put(blob_give(attempt!(stone.to_shared())))
}

/// A descriptor of the sealed memory file with the stone's bytes, to be passed to another process, and where in the
/// file they begin, in bytes. The caller owns the descriptor, which `exec` closes. `shared` is *live*. Any thread.
/// INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone that is not in a memory file of this process (see
/// `blob_to_shared`; this includes stones that came from another process), LIMIT_EXCEEDED when the process has no more
/// descriptors.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_descriptor(
    shared: *const blob,
    descriptor: *mut i32,
    byte_offset: *mut usize,
) -> drystone_status {
    // SAFETY: live; outs.
    let (shared, (descriptor, offset)) =
        unsafe { (required!(blob_handle(&shared)), required!(required_out_pair(descriptor, byte_offset))) };
    let (made, from) = attempt!(shared.another_descriptor());
    descriptor.put(file::give(made));
    offset.put(from)
}

/// A stone of `bits` bits of a memory file, starting at a byte. The file may come from anybody; its bytes are mapped,
/// not copied. It must be sealed (`F_SEAL_SHRINK`, `F_SEAL_GROW`, `F_SEAL_WRITE`), so that its maker can neither
/// change the bytes nor remove them. The library takes ownership of the descriptor and closes it, whatever the
/// outcome. `limits` may be NULL; its `max_bytes` bounds the stone. The caller owns the count in `*out`. Any thread.
/// INVALID_ARGUMENT for NULL or a bad descriptor, NOT_STONE for a file that is not a sealed memory file, OUT_OF_RANGE
/// when it has fewer bytes, MALFORMED when it has holes, LIMIT_EXCEEDED, NO_MEMORY, UNSUPPORTED on systems other than
/// Linux.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_from_descriptor(
    descriptor: i32,
    byte_offset: usize,
    bits: usize,
    limits: *const link_limits,
    out: *mut *mut blob,
) -> drystone_status {
    // SAFETY: the descriptor is given to the library.
    let descriptor = unsafe { descriptor_take(descriptor) };
    // SAFETY: NULL or as large as it says; an out.
    let (limits, out) = unsafe { (attempt!(limits_of(limits)), required!(self::out(out))) };
    let descriptor = attempt!(descriptor);
    let max_bytes = limits.max_bytes;
    out.put(blob_give(attempt!(Blob::of_file(&descriptor, byte_offset, bits, max_bytes))))
}
