//! Reading Nota in C.

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;

use super::blob_types::blob;
pub use super::nota_types::nota_reader;
use super::ptr::{
    blob_give, bytes, bytes_mut, code, faulted, limits, nota_reader_copy, nota_reader_mut, nota_reader_put,
    out,
};
use super::status::{DRYSTONE_OK, drystone_status};
use super::wota_types::{wota_limits, wota_type};
use super::{attempt, required};
use crate::blob::bytes_for;
use crate::nota::{Reader, validate};
use crate::status::Status;

/// Checks that `count` untrusted bytes are exactly one valid Nota value, and that its message has no more words than
/// `limits` allow. On a failure that is not INVALID_ARGUMENT, `error_offset` (may be NULL) tells where, in bytes.
/// `bytes` is *readable*, `limits` may be NULL. Any thread. INVALID_ARGUMENT for NULL, TRUNCATED, MALFORMED,
/// LIMIT_EXCEEDED, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_validate(
    bytes: *const c_void,
    count: usize,
    limits: *const wota_limits,
    error_offset: *mut usize,
) -> drystone_status {
    // SAFETY: readable; NULL or as large as it says; NULL or an out.
    unsafe {
        let bytes = required!(self::bytes(bytes.cast(), count));
        let limits = attempt!(self::limits(limits));
        match validate(bytes, &limits) {
            Ok(()) => DRYSTONE_OK,
            Err(fault) => faulted(fault, out(error_offset)),
        }
    }
}

/// Checks the bytes as `nota_validate` does and puts the reader at their start. The bytes must stay in place,
/// unchanged, as long as the reader is used. On failure the reader is unchanged. Statuses: see `nota_validate`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_reader_init(
    reader: *mut nota_reader,
    bytes: *const c_void,
    count: usize,
    limits: *const wota_limits,
) -> drystone_status {
    // SAFETY: readable; NULL or as large as it says; an out, and the bytes stay.
    unsafe {
        let (out, bytes) = (required!(NonNull::new(reader)), required!(self::bytes(bytes.cast(), count)));
        let limits = attempt!(self::limits(limits));
        nota_reader_put(out, attempt!(Reader::new(bytes, &limits)))
    }
}

/// The type of the value here; does not move. A number with a power of ten is `WOTA_FLOAT`, even when it is whole. See
/// `wota_read_type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_type(reader: *mut nota_reader, r#type: *mut wota_type) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(nota_reader_mut(reader)), required!(out(r#type))) };
    out.put(attempt!(reader.kind()) as wota_type)
}

/// Reads an integer, which may have up to 63 bits here. See `wota_read_integer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_integer(reader: *mut nota_reader, value: *mut i64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(nota_reader_mut(reader)), required!(out(value))) };
    out.put_result(reader.integer())
}

/// Reads a number as the nearest double. See `wota_read_number`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_number(reader: *mut nota_reader, value: *mut f64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(nota_reader_mut(reader)), required!(out(value))) };
    out.put_result(reader.number())
}

/// Reads a symbol. See `wota_read_symbol`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_symbol(reader: *mut nota_reader, symbol: *mut i32) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(nota_reader_mut(reader)), required!(out(symbol))) };
    out.put(attempt!(reader.symbol()) as i32)
}

/// Reads a text as UTF-8. See `wota_read_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_text(
    reader: *mut nota_reader,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> drystone_status {
    // SAFETY: a reader; writable; an out.
    let (reader, buffer, out) = unsafe {
        (
            required!(nota_reader_mut(reader)),
            required!(bytes_mut(buffer.cast(), capacity)),
            required!(out(length)),
        )
    };
    out.put_result(if capacity == 0 { reader.text_length() } else { reader.text(buffer) })
}

/// Reads an array's number of elements. See `wota_read_array`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_array(reader: *mut nota_reader, count: *mut u64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(nota_reader_mut(reader)), required!(out(count))) };
    out.put_result(reader.array())
}

/// Reads a record's number of pairs. See `wota_read_record`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_record(reader: *mut nota_reader, pairs: *mut u64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(nota_reader_mut(reader)), required!(out(pairs))) };
    out.put_result(reader.record())
}

/// Reads a blob, as a new stone. See `wota_read_blob`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_blob(reader: *mut nota_reader, out: *mut *mut blob) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(nota_reader_mut(reader)), required!(self::out(out))) };
    out.put(blob_give(attempt!(reader.blob())))
}

/// Copies the bits of a blob. See `wota_read_blob_bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_blob_bytes(
    reader: *mut nota_reader,
    buffer: *mut u8,
    capacity: usize,
    length_bits: *mut usize,
) -> drystone_status {
    // SAFETY: a reader; writable; an out.
    let (reader, buffer, out) = unsafe {
        (
            required!(nota_reader_mut(reader)),
            required!(bytes_mut(buffer, capacity)),
            required!(out(length_bits)),
        )
    };
    let mut ahead = *reader;
    let (source, bits) = attempt!(ahead.bits());
    if capacity != 0 {
        match buffer.get_mut(..bytes_for(bits)) {
            Some(target) => target.copy_from_slice(source),
            None => return Status::OutOfRange.code(),
        }
        *reader = ahead;
    }
    out.put(bits)
}

/// Moves past the value here and everything it contains. See `wota_skip`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_skip(reader: *mut nota_reader) -> drystone_status {
    // SAFETY: a reader.
    code(required!(unsafe { nota_reader_mut(reader) }).skip())
}

/// Moves from a record to the value of a key. See `wota_find`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_find(
    reader: *mut nota_reader,
    key: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: a reader; readable.
    let (reader, key) = unsafe { (required!(nota_reader_mut(reader)), required!(bytes(key.cast(), length))) };
    code(reader.find(key))
}

/// The position, in bytes from the start, for reports; 0 for NULL and memory that is not a reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_reader_offset(reader: *const nota_reader) -> usize {
    // SAFETY: a reader, which is only looked at.
    required!(unsafe { nota_reader_copy(reader) }, 0).offset()
}
