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

/// The upper 32 bits of a JSON value that is null; the lower ones are 0. What is no such pattern is a double.
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
/// equal keys the first one's place and the last one's value stay; an empty object has no bucket. A guest's collector finds all of it from the value's
/// lower half, which is to be rooted. Writes where it fails to `error_offset` (in bytes; may be NULL), only when it
/// fails and the arguments were good. Nests at most 120 deep. When it fails, a heap is as it was before; a guest, which
/// cannot be given blocks back, has to collect what was built until then.
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

/// A stone of JSON text in UTF-8 (not zero-terminated), in one line, with a value of `bucket_json_parse` or one that is
/// made alike. The caller owns the count in `*text`. `value` is *readable*.
/// INVALID_ARGUMENT for NULL or a tag that is not `i`, MALFORMED, LIMIT_EXCEEDED beyond 120 levels, when the text
/// would be longer than any that the memory can hold without sharing (eight times its length), or when what is there
/// many times makes the call look at more than sixteen times the memory, empty slots too; NO_MEMORY; UNSUPPORTED when
/// the library was built without JSON.
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

/// As `bucket_json_print`, for a text of at most `max_bytes` bytes, beyond which it is LIMIT_EXCEEDED, whatever the
/// memory's length; the call then looks at no more than sixteen times either of them. 0: as `bucket_json_print`.
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
    crate::json::bucket_from_json(memory, text).map(crate::json::Word::to_bits)
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
    let word = crate::json::Word::from_bits(value.to_bits())?;
    match max_bytes {
        0 => crate::json::json_from_bucket(window, word),
        _ => crate::json::json_from_bucket_within(window, word, max_bytes),
    }
}

#[cfg(not(feature = "json"))]
fn print(_: &[u8], value: Value, _: usize) -> Result<Blob, Status> {
    Err(if value.tag() == Tag::Int { Status::Unsupported } else { Status::InvalidArgument })
}
