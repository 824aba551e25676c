//! Reading Nota in C.

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;

use super::blob::blob;
use super::ptr::{
    blob_give, boxed_give, boxed_mut, boxed_ref, boxed_take, bytes, bytes_mut, code, faulted, limits,
    nota_reader_mut, nota_reader_put, out,
};
use super::status::{DRYSTONE_OK, drystone_status};
use super::wota_types::{wota_limits, wota_type};
use super::{attempt, required};
use crate::Status;
use crate::blob::bytes_for;
use crate::convert::nota_to_message;
use crate::nota::{Fed, Feeder, Reader, validate};

/// A place in Nota bytes, on the caller's stack; nothing has to be freed. Copying it by assignment keeps the
/// place. The calls have the shape, the contracts and the statuses of the `wota_read_…` calls of the same
/// names.
#[repr(C)]
pub struct nota_reader {
    /// The library's own.
    pub reserved: [u64; 12],
}

/// Checks that `count` untrusted bytes are exactly one value of Nota that keeps every rule, and that its
/// message has no more words than `limits` allow. Writes where it fails to `error_offset` (in bytes; may be
/// NULL), only when it fails for the bytes' sake. `bytes` is *readable*, `limits` may be NULL. Any thread.
/// INVALID_ARGUMENT for NULL, TRUNCATED, MALFORMED, LIMIT_EXCEEDED, NO_MEMORY.
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

/// Checks the bytes as `nota_validate` does, and puts the reader at their start. They have to stay there,
/// unchanged, as long as the reader is used. On failure the reader is as it was.
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

/// What stands here; does not move. A number with a power of ten is `WOTA_FLOAT`, even where it is whole. See
/// `wota_read_type`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_read_type(reader: *mut nota_reader, r#type: *mut wota_type) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(nota_reader_mut(reader)), required!(out(r#type))) };
    out.put(attempt!(reader.kind()) as wota_type)
}

/// Reads an integer. See `wota_read_integer`.
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
    let mut behind = *reader;
    let (source, bits) = attempt!(behind.bits());
    if capacity != 0 {
        match buffer.get_mut(..bytes_for(bits)) {
            Some(target) => target.copy_from_slice(source),
            None => return Status::OutOfRange.code(),
        }
        *reader = behind;
    }
    out.put(bits)
}

/// Moves behind the value here and all that it contains. See `wota_skip`.
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

/// The place, in bytes from the start, for reports; 0 for NULL and memory that is no reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_reader_offset(reader: *const nota_reader) -> usize {
    // SAFETY: a reader, which is only looked at.
    required!(unsafe { nota_reader_mut(reader.cast_mut()) }, 0).offset()
}

/// Collects the bytes of one value of Nota from pieces, as a socket gives them. One thread at a time.
pub struct nota_feeder {
    _private: [u8; 0],
}

/// A new feeder, which the caller owns and ends with `nota_feeder_free`. What it collects is bounded by
/// `limits` (may be NULL): 16 bytes for each word of `max_words`. Any thread.
/// INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_new(
    limits: *const wota_limits,
    feeder: *mut *mut nota_feeder,
) -> drystone_status {
    // SAFETY: NULL or as large as it says; an out.
    unsafe {
        let out = required!(out(feeder));
        let limits = attempt!(self::limits(limits));
        out.put(attempt!(boxed_give(Feeder::new(limits))))
    }
}

/// Ends a feeder. `feeder` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_free(feeder: *mut nota_feeder) {
    // SAFETY: live, and not used again.
    drop(unsafe { boxed_take::<_, Feeder>(feeder) });
}

/// Takes bytes until the value is complete, and writes how many it took to `consumed`. `feeder` is *live*,
/// `bytes` *readable*.
/// OK: the value is complete, the rest of the bytes belongs to the next one. TRUNCATED: all were taken and
/// more are needed (`consumed` is written then too). INVALID_ARGUMENT for NULL. MALFORMED, LIMIT_EXCEEDED,
/// NO_MEMORY: the feeder is of no use before `nota_feeder_reset`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_reader_feed(
    feeder: *mut nota_feeder,
    bytes: *const u8,
    count: usize,
    consumed: *mut usize,
) -> drystone_status {
    // SAFETY: live; readable; an out.
    let (feeder, bytes, out) = unsafe {
        (
            required!(boxed_mut::<_, Feeder>(feeder)),
            required!(self::bytes(bytes, count)),
            required!(out(consumed)),
        )
    };
    match attempt!(feeder.feed(bytes)) {
        Fed::Complete(taken) => out.put(taken),
        Fed::More => {
            out.put(count);
            Status::Truncated.code()
        }
    }
}

/// A message (classic) of the complete value, checked as by `nota_to_message`; the feeder is ready for the
/// next value then. The caller owns the count in `*message`. `feeder` is *live*.
/// INVALID_ARGUMENT for NULL, TRUNCATED before the value is complete, MALFORMED, LIMIT_EXCEEDED, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_take(
    feeder: *mut nota_feeder,
    limits: *const wota_limits,
    message: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; NULL or as large as it says; an out.
    let (feeder, limits, out) = unsafe {
        (required!(boxed_mut::<_, Feeder>(feeder)), attempt!(self::limits(limits)), required!(out(message)))
    };
    let message = attempt!(nota_to_message(attempt!(feeder.bytes()), &limits));
    feeder.reset();
    out.put(blob_give(message))
}

/// The bytes of the complete value, not checked yet, valid until the next call on the feeder; for
/// `nota_reader_init`. `feeder` is *live*. INVALID_ARGUMENT for NULL, TRUNCATED before the value is complete.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_bytes(
    feeder: *const nota_feeder,
    bytes: *mut *const u8,
    count: *mut usize,
) -> drystone_status {
    // SAFETY: live; outs.
    let (feeder, out, out_count) = unsafe {
        (required!(boxed_ref::<_, Feeder>(feeder)), required!(out(bytes)), required!(self::out(count)))
    };
    let bytes = attempt!(feeder.bytes());
    out.put(bytes.as_ptr());
    out_count.put(bytes.len())
}

/// Forgets what was collected; the buffer stays. `feeder` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_feeder_reset(feeder: *mut nota_feeder) {
    // SAFETY: live.
    if let Some(feeder) = unsafe { boxed_mut::<_, Feeder>(feeder) } {
        feeder.reset();
    }
}
