//! Bit fields of blobs in C.

use core::ffi::c_char;

use super::blob_types::blob;
use super::ptr::{blob_alone, blob_ref, bytes_at, bytes_mut, code, out};
use super::status::drystone_status;
use super::{attempt, required};

/// Appends one bit. `b` is *live* and *alone*. A call that fails changes nothing; this holds for every
/// `blob_write_…`, and so do these statuses: INVALID_ARGUMENT for NULL, IS_STONE, BUSY when the blob is shared,
/// NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_write_bit(b: *mut blob, bit: bool) -> drystone_status {
    // SAFETY: live and alone.
    code(required!(unsafe { blob_alone(b) }).append_bit(bit))
}

/// Appends the low `bits` bits (1 to 56) of `value`, the most significant first. `b` is *live* and *alone*.
/// Statuses: see `blob_write_bit`; OUT_OF_RANGE for another width, and for a value outside
/// -2^(bits-1) .. 2^bits - 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_write_fit(b: *mut blob, value: i64, bits: u32) -> drystone_status {
    // SAFETY: live and alone.
    code(required!(unsafe { blob_alone(b) }).append_fit(value, bits))
}

/// Appends a number as Kim, 8 to 88 bits. A Kim number has seven bits per byte, the most significant ones first; the
/// high bit is set in every byte except the last. A negative number is the byte 0x80 and its magnitude. `b` is *live*
/// and *alone*. Statuses: see `blob_write_bit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_write_kim(b: *mut blob, value: i64) -> drystone_status {
    // SAFETY: live and alone.
    code(required!(unsafe { blob_alone(b) }).append_kim(value))
}

/// Appends the 64 bits of a DEC64 number (see `dec64_from_double`). `b` is *live* and *alone*. Statuses: see
/// `blob_write_bit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_write_dec64(b: *mut blob, dec64: i64) -> drystone_status {
    // SAFETY: live and alone.
    code(required!(unsafe { blob_alone(b) }).append_dec64(dec64))
}

/// Appends a text of `length` bytes of UTF-8: the Kim number of its characters, then each character as Kim. `b` is
/// *live* and *alone*, `utf8` *readable*. Statuses: see `blob_write_bit`; MALFORMED for bytes that are not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_write_text(
    b: *mut blob,
    utf8: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: live and alone; readable, and perhaps the blob's own, of which there is no reference.
    unsafe {
        let (mut blob, utf8) = (required!(blob_alone(b)), required!(bytes_at(utf8.cast(), length)));
        code(blob.append_text_at(utf8))
    }
}

/// Appends the bits of another blob, or of the same one. Both are *live* and *alone*. Statuses: see
/// `blob_write_bit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_write_blob(b: *mut blob, other: *const blob) -> drystone_status {
    // SAFETY: live and alone.
    let (mut blob, other) = unsafe { (required!(blob_alone(b)), required!(blob_ref(other))) };
    code(blob.append_blob(other))
}

/// Appends a 1 bit, then 0 bits up to a multiple of `block_bits`; a whole block when the length is already such a
/// multiple. `b` is *live* and *alone*. Statuses: see `blob_write_bit`; INVALID_ARGUMENT for a block of 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_write_pad(b: *mut blob, block_bits: usize) -> drystone_status {
    // SAFETY: live and alone.
    code(required!(unsafe { blob_alone(b) }).append_pad(block_bits))
}

/// Reads the bit at `from`. `b` is *live*. Any thread. These statuses hold for every `blob_read_…`: INVALID_ARGUMENT
/// for NULL, NOT_STONE, OUT_OF_RANGE beyond the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_read_bit(b: *const blob, from: usize, bit: *mut bool) -> drystone_status {
    // SAFETY: live; an out.
    let (blob, out) = unsafe { (required!(blob_ref(b)), required!(out(bit))) };
    out.put_result(blob.read_bit(from))
}

/// Reads `bits` bits (1 to 56) starting at bit `from`: unsigned below 56 bits, two's complement at 56. `b` is *live*.
/// Any thread. Statuses: see `blob_read_bit`; OUT_OF_RANGE for another width.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_read_fit(
    b: *const blob,
    from: usize,
    bits: u32,
    value: *mut i64,
) -> drystone_status {
    // SAFETY: live; an out.
    let (blob, out) = unsafe { (required!(blob_ref(b)), required!(out(value))) };
    out.put_result(blob.read_fit(from, bits))
}

/// Reads the Kim number that starts at bit `from`, and its length in bits. `b` is *live*. Any thread. Statuses: see
/// `blob_read_bit`; MALFORMED when it is not in its shortest form or has more than 64 bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_read_kim(
    b: *const blob,
    from: usize,
    value: *mut i64,
    bits_read: *mut usize,
) -> drystone_status {
    // SAFETY: live; outs.
    let (blob, out, out_bits) =
        unsafe { (required!(blob_ref(b)), required!(out(value)), required!(self::out(bits_read))) };
    let (value, bits) = attempt!(blob.read_kim(from));
    out.put(value);
    out_bits.put(bits)
}

/// Reads the 64 bits of a DEC64 number from bit `from` on. `b` is *live*. Any thread. Statuses: see
/// `blob_read_bit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_read_dec64(b: *const blob, from: usize, dec64: *mut i64) -> drystone_status {
    // SAFETY: live; an out.
    let (blob, out) = unsafe { (required!(blob_ref(b)), required!(out(dec64))) };
    out.put_result(blob.read_dec64(from))
}

/// Reads a text starting at bit `from` into `buffer` as UTF-8, without a terminating zero byte; also its length in
/// bytes and how many bits of the blob it takes. With a capacity of 0 only these two numbers are written. `buffer` is
/// *writable* for `capacity` bytes, `b` is *live*. Any thread. Statuses: see `blob_read_bit`; MALFORMED; OUT_OF_RANGE
/// also when the buffer is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_read_text(
    b: *const blob,
    from: usize,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
    bits_read: *mut usize,
) -> drystone_status {
    // SAFETY: live; writable; outs.
    let (blob, buffer, out, out_bits) = unsafe {
        (
            required!(blob_ref(b)),
            required!(bytes_mut(buffer.cast(), capacity)),
            required!(out(length)),
            required!(self::out(bits_read)),
        )
    };
    let found = if capacity == 0 { blob.text_at(from) } else { blob.read_text(from, buffer) };
    let found = attempt!(found);
    out.put(found.length);
    out_bits.put(found.bits_read)
}

/// Whether everything from bit `from` to the end is what `blob_write_pad` appends: a 1 bit, then 0 bits, at most one
/// block, up to a length that is a multiple of `block_bits`. `b` is *live*. Any thread. Statuses: see `blob_read_bit`;
/// INVALID_ARGUMENT for a block of 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn blob_is_pad(
    b: *const blob,
    from: usize,
    block_bits: usize,
    is_pad: *mut bool,
) -> drystone_status {
    // SAFETY: live; an out.
    let (blob, out) = unsafe { (required!(blob_ref(b)), required!(out(is_pad))) };
    out.put_result(blob.is_pad(from, block_bits))
}
