//! Writing messages in C.

use core::ffi::c_char;

use super::blob_types::blob;
use super::ptr::{
    blob_give, blob_handle, blob_ref, boxed_give, boxed_mut, boxed_take, bytes, code, dialect, out,
};
use super::status::drystone_status;
use super::wota_types::wota_dialect;
pub use super::wota_types::wota_writer;
use super::{attempt, required, with_writer};
use crate::blob::bytes_for;
use crate::number::dec64::Dec64;
use crate::status::Status;
use crate::wota::{AnyWriter, Symbol};

/// A new empty writer, which the caller owns and ends with `wota_writer_free`. Any thread.
/// INVALID_ARGUMENT for NULL or an unknown dialect, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_writer_new(
    dialect: wota_dialect,
    writer: *mut *mut wota_writer,
) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(writer) });
    out.put(attempt!(boxed_give(AnyWriter::new(attempt!(self::dialect(dialect))))))
}

/// Frees a writer and everything written to it that is not finished. `writer` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_writer_free(writer: *mut wota_writer) {
    // SAFETY: live, and not used again.
    drop(unsafe { boxed_take(writer) });
}

/// Discards what was written and drops the counts on the stones in it; keeps the buffer. `writer` is *live*, NULL does
/// nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_writer_reset(writer: *mut wota_writer) {
    // SAFETY: live.
    let held = unsafe { boxed_mut(writer) }.map(|writer| with_writer!(writer, writer => writer.emptied()));
    // Nothing borrows the writer here: the stones' release functions may write.
    drop(held);
}

/// Writes an integer. `writer` is *live*. A call that fails leaves the writer unchanged. This holds for every
/// `wota_write_…`, and so do these statuses: INVALID_ARGUMENT for NULL, NO_MEMORY, MALFORMED when no such value is
/// allowed here (the value is already complete; a record's key must be a text; a system symbol's value must be a
/// record). Here also OUT_OF_RANGE outside -2^55 .. 2^55-1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_integer(writer: *mut wota_writer, value: i64) -> drystone_status {
    // SAFETY: live.
    with_writer!(required!(unsafe { boxed_mut(writer) }), writer => code(writer.integer(value)))
}

/// Writes a number: as an integer when it is whole and fits 56 bits (-0 stays a float), else as a float. All NaNs
/// become the same one. In the dialect with DEC64 numbers -0 becomes 0, and a double that would not read back as the
/// same double is OUT_OF_RANGE. `writer` is *live*. Statuses: see `wota_write_integer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_number(writer: *mut wota_writer, value: f64) -> drystone_status {
    // SAFETY: live.
    with_writer!(required!(unsafe { boxed_mut(writer) }), writer => code(writer.number(value)))
}

/// Writes a text of `length` bytes of UTF-8; lone surrogates are allowed, as three bytes. `writer` is *live*, `utf8`
/// *readable*. Statuses: see `wota_write_integer`; MALFORMED also for bytes that are not UTF-8.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_text(
    writer: *mut wota_writer,
    utf8: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: live; readable.
    let (writer, utf8) = unsafe { (required!(boxed_mut(writer)), required!(bytes(utf8.cast(), length))) };
    match writer {
        AnyWriter::Classic(writer) => code(writer.text(utf8)),
        // A call at the end, for which nothing is put on the stack.
        AnyWriter::Dec64(writer) => code(writer.any_text(utf8)),
    }
}

/// Starts an array; write its `count` elements next. `writer` is *live*. Statuses: see `wota_write_integer`;
/// OUT_OF_RANGE for 2^56 (in the dialect with DEC64 numbers 2^52) and more, LIMIT_EXCEEDED when 512 containers are
/// open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_array(writer: *mut wota_writer, count: u64) -> drystone_status {
    // SAFETY: live.
    with_writer!(required!(unsafe { boxed_mut(writer) }), writer => code(writer.array(count)))
}

/// Starts a record; write `pairs` pairs of a text and a value next. Keys must differ. This call does not check that;
/// calls that read untrusted bytes do. `writer` is *live*. Statuses: see `wota_write_array`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_record(writer: *mut wota_writer, pairs: u64) -> drystone_status {
    // SAFETY: live.
    with_writer!(required!(unsafe { boxed_mut(writer) }), writer => code(writer.record(pairs)))
}

/// Writes a symbol. `WOTA_PRIVATE` must be followed by one value, `WOTA_SYSTEM` by one record. `writer` is *live*.
/// Statuses: see `wota_write_integer`; INVALID_ARGUMENT for an unknown symbol, LIMIT_EXCEEDED for one that must be
/// followed by a value when 512 containers are open.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_symbol(writer: *mut wota_writer, symbol: i32) -> drystone_status {
    // SAFETY: live.
    let writer = required!(unsafe { boxed_mut(writer) });
    let symbol = required!(u64::try_from(symbol).ok().and_then(Symbol::from_code));
    with_writer!(writer, writer => code(writer.symbol(symbol)))
}

/// Writes a blob. A stone goes by reference: the message takes a count on it each time it is written, whatever its
/// size; the caller keeps its own count. The bits of an antestone are copied. `writer` is *live*, `b` is *live* and
/// *alone*. Statuses: see `wota_write_integer`; OUT_OF_RANGE when the length does not fit a preamble.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_blob(writer: *mut wota_writer, b: *mut blob) -> drystone_status {
    let b = b.cast_const();
    // SAFETY: live.
    let (writer, blob) = unsafe { (required!(boxed_mut(writer)), required!(blob_handle(&b))) };
    with_writer!(writer, writer => code(writer.blob(blob)))
}

/// Writes a copy of a blob's bits, stone or not. `writer` is *live*, `b` is *live* and *alone*. Statuses: see
/// `wota_write_blob`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_blob_copy(writer: *mut wota_writer, b: *const blob) -> drystone_status {
    // SAFETY: live.
    let (writer, blob) = unsafe { (required!(boxed_mut(writer)), required!(blob_ref(b))) };
    with_writer!(writer, writer => code(writer.bits(blob.bytes(), blob.length_bits())))
}

/// Writes a copy of `length_bits` bits of plain memory as a blob. `writer` is *live*, `data` is *readable* for as many
/// bytes as hold them. Statuses: see `wota_write_blob`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_blob_bytes(
    writer: *mut wota_writer,
    data: *const u8,
    length_bits: usize,
) -> drystone_status {
    // SAFETY: live; readable.
    let (writer, bytes) =
        unsafe { (required!(boxed_mut(writer)), required!(bytes(data, bytes_for(length_bits)))) };
    with_writer!(writer, writer => code(writer.bits(bytes, length_bits)))
}

/// Writes a value of a message by reference: two words and one count on that message, whatever the value's size; the
/// caller keeps its own count. `offset` is where the value starts in the message, in 64-bit words; 0 is the whole
/// message. If a reference is there, its target is written instead. Takes time proportional to `offset`. The message
/// may be of the other dialect. The key of a record cannot be a reference. `writer` and `message` are *live*. Statuses:
/// see `wota_write_integer`; NOT_STONE, WRONG_TYPE for a stone that is not a message, OUT_OF_RANGE when no value starts
/// there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_value(
    writer: *mut wota_writer,
    message: *mut blob,
    offset: usize,
) -> drystone_status {
    let message = message.cast_const();
    // SAFETY: two live.
    let (writer, message) = unsafe { (required!(boxed_mut(writer)), required!(blob_handle(&message))) };
    with_writer!(writer, writer => code(writer.value(message, offset)))
}

/// Makes a message of the complete value: a stone whose count the caller owns. The writer is empty afterwards and
/// keeps its buffer. `writer` is *live*. On failure nothing changes. INVALID_ARGUMENT for NULL, TRUNCATED when the
/// value is not complete, NO_MEMORY. A write that failed earlier shows here only as a value that is not complete
/// (TRUNCATED), unless another value was written in its place.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_writer_finish(
    writer: *mut wota_writer,
    message: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; an out.
    let (writer, out) = unsafe { (required!(boxed_mut(writer)), required!(out(message))) };
    out.put(blob_give(attempt!(with_writer!(writer, writer => writer.finish()))))
}

/// Writes a DEC64 number, unchanged. `writer` is *live*. Statuses: see `wota_write_integer`; OUT_OF_RANGE for the
/// DEC64 not-a-number value, UNSUPPORTED for a writer of the classic dialect.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_dec64(writer: *mut wota_writer, dec64: i64) -> drystone_status {
    // SAFETY: live.
    match required!(unsafe { boxed_mut(writer) }) {
        AnyWriter::Classic(_) => Status::Unsupported.code(),
        AnyWriter::Dec64(writer) => code(writer.decimal(Dec64(dec64))),
    }
}

/// Writes the dialect's number nearest to a double: for a classic writer the double itself. `writer` is *live*.
/// Statuses: see `wota_write_integer`; for DEC64 OUT_OF_RANGE for NaN, infinities and numbers that are too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_write_number_nearest(writer: *mut wota_writer, value: f64) -> drystone_status {
    // SAFETY: live.
    match required!(unsafe { boxed_mut(writer) }) {
        AnyWriter::Classic(writer) => code(writer.number(value)),
        AnyWriter::Dec64(writer) => code(writer.nearest(value)),
    }
}

/// How many stones and messages a message holds, counted as often as it refers to them; 0 for other blobs and NULL.
/// `message` is *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_held_count(message: *const blob) -> usize {
    // SAFETY: live.
    let message = required!(unsafe { blob_handle(&message) }, 0);
    if crate::wota::is_message(message) { message.held().len() } else { 0 }
}

/// Whether a blob is a message: made by `wota_writer_finish` or `wota_from_bytes`; false for NULL. `b` is
/// *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn wota_is_message(b: *const blob) -> bool {
    // SAFETY: live.
    crate::wota::is_message(required!(unsafe { blob_ref(b) }, false))
}
