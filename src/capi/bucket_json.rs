//! Nested bucket maps as JSON text and back, in C.

use core::ffi::c_char;

use super::blob_types::blob;
use super::bucket_types::{bucket_memory, bucket_value};
use super::ptr::{MemoryMut, blob_give, bytes, faulted, memory_mut, out, window};
use super::status::drystone_status;
use super::{attempt, required, with_memory};
use crate::blob::Blob;
use crate::bucket::{Memory, Tag, Value};
use crate::status::Status;
use crate::value::Fault;

/// The upper 32 bits of a JSON null; the lower ones are 0. A value whose upper bits are none of these five patterns is
/// a double.
pub const BUCKET_JSON_NULL: u32 = 0xFFFC_0000;
/// Upper 32 bits: a logical; the lower ones are 0 or 1.
pub const BUCKET_JSON_LOGICAL: u32 = 0xFFFC_0001;
/// Upper 32 bits: a text; the lower ones are the offset of a block with its length in bytes (u32) and its UTF-8 bytes.
pub const BUCKET_JSON_TEXT: u32 = 0xFFFC_0002;
/// Upper 32 bits: an array; the lower ones are the offset of a block with its length (u32), 0 (u32), and its values.
pub const BUCKET_JSON_ARRAY: u32 = 0xFFFC_0003;
/// Upper 32 bits: an object; the lower ones are the map's offset. Its keys are `s`, its values `i`: JSON values again.
pub const BUCKET_JSON_OBJECT: u32 = 0xFFFC_0004;

/// Builds the value of `length` bytes of untrusted JSON text in UTF-8 (*readable*) in the memory: a value `i` of 64
/// bits, as the constants BUCKET_JSON_… describe. Numbers are doubles. Containers are sized once and written once; of
/// equal keys, the first position and the last value count; an empty object has no bucket. A guest's collector finds
/// everything from the value's lower half, which must be rooted. On a failure that is not INVALID_ARGUMENT,
/// `error_offset` (may be NULL) tells where, in bytes. Nesting is limited to 120 levels. On failure a heap is
/// unchanged; in a guest, which cannot free single blocks, the collector has to find what was built until then.
/// INVALID_ARGUMENT for NULL, TRUNCATED, MALFORMED, LIMIT_EXCEEDED, NO_MEMORY, IS_STONE; UNSUPPORTED when the library
/// was built without JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_json_parse(
    memory: *mut bucket_memory,
    utf8: *const c_char,
    length: usize,
    value: *mut bucket_value,
    error_offset: *mut usize,
) -> drystone_status {
    // SAFETY: a memory; readable; an out; NULL or an out.
    unsafe {
        let (memory, text) = (attempt!(memory_mut(memory)), required!(bytes(utf8.cast(), length)));
        let value = required!(out(value));
        match with_memory!(memory, memory => parse(memory, text)) {
            Ok(bits) => value.put(Value::Int(bits as i64).into()),
            Err(fault) => faulted(fault, out(error_offset)),
        }
    }
}

/// A stone of JSON text in UTF-8 (not zero-terminated), on one line, of a value from `bucket_json_parse` or one with
/// the same layout. The caller owns the count in `*text`. `value` is *readable*. INVALID_ARGUMENT for NULL or a tag
/// that is not `i`, MALFORMED, LIMIT_EXCEEDED beyond 120 levels, when the text would be longer than eight times the
/// memory's length (more than any content without sharing), or when shared content makes the call look at more than
/// sixteen times the memory, empty slots included; NO_MEMORY; UNSUPPORTED when the library was built without JSON.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_json_print(
    memory: *const bucket_memory,
    value: *const bucket_value,
    text: *mut *mut blob,
) -> drystone_status {
    use super::ptr::value as read;
    // SAFETY: a memory; readable; an out.
    let (window, value, out) =
        unsafe { (attempt!(window(memory)), attempt!(read(value)), required!(out(text))) };
    out.put(blob_give(attempt!(print(window, value, 0))))
}

/// As `bucket_json_print`, but LIMIT_EXCEEDED beyond `max_bytes` bytes of text, whatever the memory's length; the call
/// looks at no more than sixteen times the larger of the two. 0: as `bucket_json_print`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_json_print_limited(
    memory: *const bucket_memory,
    value: *const bucket_value,
    max_bytes: usize,
    text: *mut *mut blob,
) -> drystone_status {
    use super::ptr::value as read;
    // SAFETY: a memory; readable; an out.
    let (window, value, out) =
        unsafe { (attempt!(window(memory)), attempt!(read(value)), required!(out(text))) };
    out.put(blob_give(attempt!(print(window, value, max_bytes))))
}

#[cfg(feature = "json")]
fn parse(memory: &mut impl Memory, text: &[u8]) -> Result<u64, Fault> {
    crate::json::bucket_from_json(memory, text).map(crate::json::JsonWord::to_bits)
}

#[cfg(not(feature = "json"))]
fn parse(_: &mut impl Memory, _: &[u8]) -> Result<u64, Fault> {
    Err(Fault { status: Status::Unsupported, offset: 0 })
}

#[cfg(feature = "json")]
fn print(window: &[u8], value: Value, max_bytes: usize) -> Result<Blob, Status> {
    if value.tag() != Tag::Int {
        return Err(Status::InvalidArgument);
    }
    let word = crate::json::JsonWord::from_bits(value.to_bits())?;
    match max_bytes {
        0 => crate::json::json_from_bucket(window, word),
        _ => crate::json::json_from_bucket_within(window, word, max_bytes),
    }
}

#[cfg(not(feature = "json"))]
fn print(_: &[u8], value: Value, _: usize) -> Result<Blob, Status> {
    Err(if value.tag() == Tag::Int { Status::Unsupported } else { Status::InvalidArgument })
}
