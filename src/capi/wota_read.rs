//! Reading messages in C.

use core::ffi::{c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use super::blob_types::blob;
use super::ptr::{
    Out, ReaderMut, blob_give, blob_handle, bytes, bytes_mut, code, dialect, limits, out, places_mut,
    reader_copy, reader_mut, reader_put,
};
use super::status::drystone_status;
use super::wota_types::{wota_dialect, wota_item, wota_limits, wota_reader, wota_type};
use super::{attempt, required, with_reader};
use crate::status::Status;
use crate::wota::AnyReader;

/// Puts the reader at the start of a message, which must stay alive as long as the reader is used. `message` is *live*,
/// `limits` may be NULL. One thread at a time may use a reader; any number of readers may read a message. On failure
/// the reader is unchanged. INVALID_ARGUMENT for NULL, NOT_STONE, WRONG_TYPE for a stone that is not a message,
/// LIMIT_EXCEEDED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_reader_init(
    reader: *mut wota_reader,
    message: *const blob,
    limits: *const wota_limits,
) -> drystone_status {
    // SAFETY: live; NULL or as large as it says; an out, and the message stays.
    unsafe {
        let (out, message) = (required!(NonNull::new(reader)), required!(blob_handle(&message)));
        let limits = attempt!(self::limits(limits));
        reader_put(out, attempt!(AnyReader::new(message, &limits)))
    }
}

/// Checks `count` untrusted little-endian bytes completely and puts the reader at their start. The bytes must stay in
/// place, unchanged, as long as the reader is used. `bytes` is *readable*, `limits` may be NULL. On failure the reader
/// is unchanged. INVALID_ARGUMENT for NULL or an unknown dialect, TRUNCATED, MALFORMED, LIMIT_EXCEEDED,
/// FOREIGN_REFERENCE for a reference to a stone, NO_MEMORY (checking large records takes some).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_reader_init_bytes(
    reader: *mut wota_reader,
    bytes: *const c_void,
    count: usize,
    dialect: wota_dialect,
    limits: *const wota_limits,
) -> drystone_status {
    // SAFETY: readable; NULL or as large as it says; an out, and the bytes stay.
    unsafe {
        let (out, bytes) = (required!(NonNull::new(reader)), required!(self::bytes(bytes.cast(), count)));
        let (dialect, limits) = (attempt!(self::dialect(dialect)), attempt!(self::limits(limits)));
        reader_put(out, attempt!(AnyReader::from_bytes(bytes, dialect, &limits)))
    }
}

/// The type of the value here; does not move. INVALID_ARGUMENT for NULL or memory that is not a reader, END after the
/// value: this holds for every `wota_read_…`, `wota_skip` and `wota_find`. A call that fails does not move.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_type(reader: *mut wota_reader, r#type: *mut wota_type) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(reader_mut(reader)), required!(out(r#type))) };
    out.put(attempt!(with_reader!(reader, reader => reader.kind())) as wota_type)
}

/// Reads an integer. INVALID_ARGUMENT, END; WRONG_TYPE for anything else, including a float.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_integer(reader: *mut wota_reader, value: *mut i64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(reader_mut(reader)), required!(out(value))) };
    with_reader!(reader, reader => out.put_result(reader.integer()))
}

/// Reads an integer or a float as a double; integers beyond 2^53 are rounded to the nearest. INVALID_ARGUMENT, END,
/// WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_number(reader: *mut wota_reader, value: *mut f64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(reader_mut(reader)), required!(out(value))) };
    with_reader!(reader, reader => out.put_result(reader.number()))
}

/// Reads a DEC64 number, unchanged. INVALID_ARGUMENT, END, WRONG_TYPE; UNSUPPORTED in a classic message.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_dec64(reader: *mut wota_reader, dec64: *mut i64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(reader_mut(reader)), required!(out(dec64))) };
    match reader {
        ReaderMut::Classic(_) => Status::Unsupported.code(),
        ReaderMut::Dec64(reader) => out.put_result(reader.decimal().map(|number| number.0)),
    }
}

/// Reads a symbol; the value of a private symbol or the record of a system symbol is next. INVALID_ARGUMENT, END,
/// WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_symbol(reader: *mut wota_reader, symbol: *mut i32) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(reader_mut(reader)), required!(out(symbol))) };
    out.put(attempt!(with_reader!(reader, reader => reader.symbol())) as i32)
}

/// Reads a text into `buffer` as UTF-8 (a lone surrogate as three bytes), without a terminating zero byte, and its
/// length in bytes into `length`. A capacity of 0 asks for the length and does not move. `buffer` is *writable* for
/// `capacity` bytes. INVALID_ARGUMENT, END, WRONG_TYPE; OUT_OF_RANGE when the buffer is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_text(
    reader: *mut wota_reader,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> drystone_status {
    // SAFETY: a reader; writable; an out.
    let (mut reader, buffer, out) = unsafe {
        (required!(reader_mut(reader)), required!(bytes_mut(buffer.cast(), capacity)), required!(out(length)))
    };
    if let ReaderMut::Classic(reader) = &mut reader
        && let Some(length) = reader.text_of_eight(buffer)
    {
        return out.put(length);
    }
    read_any_text(reader, buffer, out)
}

/// A call at the end, so that the path of short texts needs no stack.
#[inline(never)]
fn read_any_text(reader: ReaderMut<'_>, buffer: &mut [u8], length: Out<usize>) -> drystone_status {
    with_reader!(reader, reader => {
        length.put_result(if buffer.is_empty() { reader.text_length() } else { reader.text(buffer) })
    })
}

/// Reads an array's number of elements; read the elements next. INVALID_ARGUMENT, END, WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_array(reader: *mut wota_reader, count: *mut u64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(reader_mut(reader)), required!(out(count))) };
    with_reader!(reader, reader => out.put_result(reader.array()))
}

/// Reads a record's number of pairs; read text, value, text, value … next. INVALID_ARGUMENT, END, WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_record(reader: *mut wota_reader, pairs: *mut u64) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(reader_mut(reader)), required!(out(pairs))) };
    with_reader!(reader, reader => out.put_result(reader.record()))
}

/// Reads a blob: the stone that was written, with a count added, or a new stone with the inline bits. The caller owns
/// the count in `*out`. INVALID_ARGUMENT, END, WRONG_TYPE, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_blob(reader: *mut wota_reader, out: *mut *mut blob) -> drystone_status {
    // SAFETY: a reader; an out.
    let (reader, out) = unsafe { (required!(reader_mut(reader)), required!(self::out(out))) };
    out.put(blob_give(attempt!(with_reader!(reader, reader => reader.blob()))))
}

/// Copies the bits of an inline blob or of a stone to `buffer`, and their number to `length_bits`; the unused bits of
/// the last byte become zero. A capacity of 0 asks for the length and does not move. `buffer` is *writable* for
/// `capacity` bytes. INVALID_ARGUMENT, END, WRONG_TYPE; OUT_OF_RANGE when the buffer is too small.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_blob_bytes(
    reader: *mut wota_reader,
    buffer: *mut u8,
    capacity: usize,
    length_bits: *mut usize,
) -> drystone_status {
    // SAFETY: a reader; writable; an out.
    let (reader, buffer, out) = unsafe {
        (required!(reader_mut(reader)), required!(bytes_mut(buffer, capacity)), required!(out(length_bits)))
    };
    with_reader!(reader, reader => out.put_result(if capacity == 0 { reader.bits_length() } else { reader.bits(buffer) }))
}

/// Reads many values in one call: writes the next ones to `items` and the UTF-8 of their texts (as `wota_read_text`
/// does), one after the other, to `text`. It stops when `items` or `text` is full, when the value ends, and before a
/// blob, a stone or a reference, which the calls for single values read. `count` is how many were read, at least 1. The
/// bytes of `text` after the last text may be overwritten; some spare bytes there make reading faster. `items` is
/// *writable* for `capacity` items, `text` for `text_capacity` bytes. INVALID_ARGUMENT, also for a capacity of 0; when
/// no value was read: END, WRONG_TYPE for a blob or a stone, OUT_OF_RANGE for a text longer than `text_capacity`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_items(
    reader: *mut wota_reader,
    items: *mut wota_item,
    capacity: usize,
    text: *mut c_char,
    text_capacity: usize,
    count: *mut usize,
) -> drystone_status {
    // SAFETY: a reader; writable, both; an out.
    let (reader, items, text, out) = unsafe {
        (
            required!(reader_mut(reader)),
            required!(places_mut(items, capacity)),
            required!(bytes_mut(text.cast(), text_capacity)),
            required!(out(count)),
        )
    };
    let put = |place: &mut MaybeUninit<wota_item>, item| _ = place.write(wota_item::of(item));
    with_reader!(reader, reader => out.put_result(reader.items(items, text, put)))
}

/// Reads a reference: the message that it points into, with a count added, and where the value starts in it, in 64-bit
/// words. `wota_write_value` takes both. The caller owns the count in `*message`. INVALID_ARGUMENT, END, WRONG_TYPE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_read_value(
    reader: *mut wota_reader,
    message: *mut *mut blob,
    offset: *mut usize,
) -> drystone_status {
    // SAFETY: a reader; two outs.
    let (reader, message, offset) =
        unsafe { (required!(reader_mut(reader)), required!(out(message)), required!(out(offset))) };
    let (whole, place) = attempt!(with_reader!(reader, reader => reader.value()));
    message.put(blob_give(whole));
    offset.put(place)
}

/// Puts the reader `inner` at the target of the reference here, which may be of the other dialect, and moves `reader`
/// past the reference. It neither counts nor allocates: the message that `reader` reads keeps everything alive. Read
/// exactly one value with `inner`, and count what you read: the values after it belong to the message around it.
/// References may nest as deep as their author chose: do not recurse, or bound the depth (`wota_flattened_words`).
/// INVALID_ARGUMENT, END, WRONG_TYPE. `inner` is written only on success, and may be `reader`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_enter(reader: *mut wota_reader, inner: *mut wota_reader) -> drystone_status {
    // SAFETY: a reader; an out, and what the first one reads holds what the second one reads.
    unsafe {
        let (reader, out) = (required!(reader_mut(reader)), required!(NonNull::new(inner)));
        let entered = attempt!(with_reader!(reader, reader => reader.enter()));
        reader_put(out, entered)
    }
}

/// Moves past the value here and everything it contains; a reference counts as one value. INVALID_ARGUMENT, END.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_skip(reader: *mut wota_reader) -> drystone_status {
    // SAFETY: a reader.
    with_reader!(required!(unsafe { reader_mut(reader) }), reader => code(reader.skip()))
}

/// Moves from a record to the value of the key of `length` bytes of UTF-8; copy the reader first to be able to return.
/// `key` is *readable*. INVALID_ARGUMENT, END, WRONG_TYPE when no record is here, MALFORMED when the key is not UTF-8,
/// NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_find(
    reader: *mut wota_reader,
    key: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: a reader; readable.
    let (reader, key) = unsafe { (required!(reader_mut(reader)), required!(bytes(key.cast(), length))) };
    with_reader!(reader, reader => code(reader.find(key)))
}

/// The position, in 64-bit words from the start, for reports; 0 for NULL and memory that is not a reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_reader_offset(reader: *const wota_reader) -> usize {
    // SAFETY: a reader, which is only looked at.
    match required!(unsafe { reader_copy(reader) }, 0) {
        AnyReader::Classic(reader) => reader.offset(),
        AnyReader::Dec64(reader) => reader.offset(),
    }
}
