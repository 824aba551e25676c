//! The types of blobs in C.

use core::ffi::c_void;

use crate::blob::RawBlob;

/// A counted bit string: the frozen beginning of it, which may be read but not written. Blobs are made by
/// the library only; private fields follow. Bit 0 is the most significant bit of the first byte.
#[repr(C)]
pub struct blob {
    /// The bytes. Never NULL; not to be followed when the length is 0. What lies behind the last bit in
    /// the last byte has no meaning.
    pub data: *mut u8,
    /// The length in bits.
    pub length_bits: usize,
    /// How many counts there are; atomic inside the library.
    pub refcount: i32,
    /// Whether it cannot change any more.
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

/// Gives memory back: called exactly once with what `blob_wrap_owned` was given, on whichever thread
/// drops the last count. It may use every call, and must not unwind, jump out or end the thread. Those of one thread do
/// not nest: when one drops the last count on another wrapped blob, that blob's is called once it has returned, in the
/// order in which the last counts went, and all of them before the outermost call that dropped a count returns.
pub type blob_release = Option<unsafe extern "C" fn(context: *mut c_void, data: *mut u8, bits: usize)>;
