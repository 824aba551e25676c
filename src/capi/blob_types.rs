//! The types of blobs in C.

use core::ffi::c_void;

use crate::blob::RawBlob;

/// A counted bit string. These fields are frozen: programs may read them but not write them. Only the library makes
/// blobs; private fields follow. Bit 0 is the most significant bit of the first byte.
#[repr(C)]
pub struct blob {
    /// The bytes. Never NULL, but must not be dereferenced when the length is 0. The unused bits of the last byte have
    /// no meaning.
    pub data: *mut u8,
    /// The length in bits.
    pub length_bits: usize,
    /// The reference count; the library accesses it atomically.
    pub refcount: i32,
    /// Whether it is a stone, which never changes.
    pub stone: bool,
}

// `blob` is the frozen prefix of `RawBlob`: the same places, the same sizes.
const _: () = {
    assert!(core::mem::offset_of!(blob, data) == RawBlob::PREFIX[0]);
    assert!(core::mem::offset_of!(blob, length_bits) == RawBlob::PREFIX[1]);
    assert!(core::mem::offset_of!(blob, refcount) == RawBlob::PREFIX[2]);
    assert!(core::mem::offset_of!(blob, stone) == RawBlob::PREFIX[3]);
    assert!(align_of::<blob>() == align_of::<RawBlob>() && size_of::<blob>() <= size_of::<RawBlob>());
};

/// Releases wrapped memory. It is called exactly once, with the arguments of `blob_wrap_owned`, on the thread that
/// drops the last count. It may use every call; it must not unwind, jump out or end the thread. Release functions of
/// one thread do not nest: when one drops the last count on another wrapped blob, that blob's function runs after it
/// returns. They run in the order in which the last counts were dropped, and all of them before the outermost call that
/// dropped a count returns.
pub type blob_release = Option<unsafe extern "C" fn(context: *mut c_void, data: *mut u8, bits: usize)>;
