//! Writing Nota in C.

use core::ffi::c_char;

use super::attempt;
use super::blob_types::blob;
pub use super::nota_types::nota_writer;
use super::ptr::{blob_give, blob_handle, boxed_give, boxed_mut, boxed_take, bytes, code, out};
use super::required;
use super::status::drystone_status;
use crate::blob::bytes_for;
use crate::nota::Writer;
use crate::value::Symbol;

/// A new empty writer, which the caller owns and ends with `nota_writer_free`. Any thread.
/// INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_writer_new(writer: *mut *mut nota_writer) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(writer) });
    out.put(attempt!(boxed_give(Writer::new())))
}

/// Frees a writer. `writer` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_writer_free(writer: *mut nota_writer) {
    // SAFETY: live, and not used again.
    drop(unsafe { boxed_take(writer) });
}

/// Discards what was written; keeps the buffer. `writer` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_writer_reset(writer: *mut nota_writer) {
    // SAFETY: live.
    if let Some(writer) = unsafe { boxed_mut(writer) } {
        writer.reset();
    }
}

/// Writes an integer of at most 56 bits. See `wota_write_integer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_write_integer(writer: *mut nota_writer, value: i64) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { boxed_mut(writer) }).integer(value))
}

/// Writes a number as its shortest decimal, -0 as 0. See `wota_write_number`; OUT_OF_RANGE for NaN and
/// infinities.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_write_number(writer: *mut nota_writer, value: f64) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { boxed_mut(writer) }).number(value))
}

/// Writes a text of `length` bytes of UTF-8. See `wota_write_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_write_text(
    writer: *mut nota_writer,
    utf8: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: live; readable.
    let (writer, utf8) = unsafe { (required!(boxed_mut(writer)), required!(bytes(utf8.cast(), length))) };
    code(writer.text(utf8))
}

/// Starts an array of `count` elements. See `wota_write_array`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_write_array(writer: *mut nota_writer, count: u64) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { boxed_mut(writer) }).array(count))
}

/// Starts a record of `pairs` pairs. See `wota_write_record`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_write_record(writer: *mut nota_writer, pairs: u64) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { boxed_mut(writer) }).record(pairs))
}

/// Writes a symbol: `WOTA_NULL`, `WOTA_FALSE` and so on. See `wota_write_symbol`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_write_symbol(writer: *mut nota_writer, symbol: i32) -> drystone_status {
    // SAFETY: live.
    let writer = required!(unsafe { boxed_mut(writer) });
    let symbol = required!(u64::try_from(symbol).ok().and_then(Symbol::from_code));
    code(writer.symbol(symbol))
}

/// Writes the bits of a blob, stone or not. `b` is *live* and *alone*. See `wota_write_blob_copy`;
/// FOREIGN_REFERENCE for a message that holds stones.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_write_blob(writer: *mut nota_writer, b: *const blob) -> drystone_status {
    // SAFETY: live.
    let (writer, blob) = unsafe { (required!(boxed_mut(writer)), required!(blob_handle(&b))) };
    code(writer.blob(blob))
}

/// Writes `length_bits` bits of plain memory as a blob. See `wota_write_blob_bytes`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_write_blob_bytes(
    writer: *mut nota_writer,
    data: *const u8,
    length_bits: usize,
) -> drystone_status {
    // SAFETY: live; readable.
    let (writer, bytes) =
        unsafe { (required!(boxed_mut(writer)), required!(bytes(data, bytes_for(length_bits)))) };
    code(writer.bits(bytes, length_bits))
}

/// The bytes of the complete value: a stone whose count the caller owns. The writer is empty afterwards and keeps its
/// buffer, unless the stone is large: then it takes over the buffer's memory. `writer` is *live*. On failure nothing
/// changes. INVALID_ARGUMENT for NULL, TRUNCATED when the value is not complete, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn nota_writer_finish(
    writer: *mut nota_writer,
    nota: *mut *mut blob,
) -> drystone_status {
    // SAFETY: live; an out.
    let (writer, out) = unsafe { (required!(boxed_mut(writer)), required!(out(nota))) };
    out.put(blob_give(attempt!(writer.finish())))
}
