//! Memories of bucket maps and sets in C: heaps, strings, stones, verification.

use core::ffi::c_char;

use super::blob_types::blob;
pub use super::bucket_types::bucket_heap;
use super::bucket_types::{bucket_memory, bucket_value};
use super::ptr::{
    MemoryMut, blob_give, blob_ref, bytes, code, heap_free, heap_give, heap_memory, heap_used, memory_mut,
    next_seed, out, tag, value, window,
};
use super::status::drystone_status;
use super::{attempt, required};
use crate::blob::Blob;
use crate::blob::RawBlob;
use crate::bucket::{
    Frozen, Heap, TableKind, Tag, freeze, freeze_limit, freeze_size_within, frozen, string_new, text_of,
    verify,
};
use crate::status::Status;

/// A heap of `initial` bytes that grows up to `maximum` bytes (0: what 32-bit offsets reach, 4 GiB). Its memory never
/// moves; unused parts cost only address space. The caller owns it. INVALID_ARGUMENT for NULL or an initial size beyond
/// the maximum, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_heap_new(
    initial: usize,
    maximum: usize,
    heap: *mut *mut bucket_heap,
) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(heap) });
    out.put_result(Heap::new(initial, maximum).and_then(heap_give))
}

/// Frees the heap and everything in it. `heap` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_heap_free(heap: *mut bucket_heap) {
    // SAFETY: live, and not used again.
    unsafe { heap_free(heap) };
}

/// The heap's memory, which lives as long as the heap; NULL for NULL. `flags` may be set before the first map is made;
/// the other fields belong to the library. `heap` is *live*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_heap_memory(heap: *mut bucket_heap) -> *mut bucket_memory {
    // SAFETY: live.
    unsafe { heap_memory(heap) }
}

/// The bytes of the blocks in use, including the heap's overhead; strings count until they are swept. 0 for NULL.
/// `heap` is *live*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_heap_used(heap: *const bucket_heap) -> usize {
    // SAFETY: live.
    unsafe { heap_used(heap) }
}

/// Releases this version of a map or set on a heap: the caller must not use it afterwards. A bucket is freed with its
/// last version. Anything that keys and values point to is not released. INVALID_ARGUMENT for NULL, and for an offset
/// that is not a map or set or was already released; UNSUPPORTED in other memories, whose owners collect; IS_STONE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_release(memory: *mut bucket_memory, wrapper: u32) -> drystone_status {
    // SAFETY: a memory.
    match unsafe { attempt!(memory_mut(memory)) } {
        MemoryMut::Heap(mut memory) => code(memory.heap().release(wrapper)),
        MemoryMut::Host(_) => Status::Unsupported.code(),
    }
}

/// A string of `length` UTF-8 bytes (*readable*; not checked) in its own block. In a guest's memory the next
/// allocation may collect it, unless it is rooted or an argument of the call. On a heap the caller holds it until
/// `bucket_string_release`. The empty string has no block. INVALID_ARGUMENT for NULL, NO_MEMORY, IS_STONE, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_string_new(
    memory: *mut bucket_memory,
    utf8: *const c_char,
    length: u32,
    string: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (memory, utf8, out) = unsafe {
        (attempt!(memory_mut(memory)), required!(bytes(utf8.cast(), length as usize)), required!(out(string)))
    };
    let made = match memory {
        MemoryMut::Heap(mut memory) => memory.heap().string(utf8),
        MemoryMut::Host(mut memory) => string_new(&mut memory, utf8),
    };
    out.put_result(made.map(bucket_value::from))
}

/// Ends the caller's hold on a string of a heap. The string stays while a map or set there has it as a key, element or
/// value, and is freed some time after the last of them is released. INVALID_ARGUMENT for NULL, and for a value that is
/// not a string or is not held; UNSUPPORTED in other memories; IS_STONE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_string_release(
    memory: *mut bucket_memory,
    string: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    match unsafe { (attempt!(memory_mut(memory)), attempt!(value(string))) } {
        (MemoryMut::Heap(mut memory), string) => code(memory.heap().release_string(string)),
        (MemoryMut::Host(_), _) => Status::Unsupported.code(),
    }
}

/// A string's bytes, valid until the next allocation in the memory. The pointer is never NULL, even when the length
/// is 0. INVALID_ARGUMENT for NULL or an unknown tag, WRONG_TYPE when the value is not a string, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_string_data(
    memory: *const bucket_memory,
    string: *const bucket_value,
    utf8: *mut *const c_char,
    length: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; readable; two outs.
    let (window, string) = unsafe { (attempt!(window(memory)), attempt!(value(string))) };
    // SAFETY: two outs.
    let (utf8, length) = unsafe { (required!(out(utf8)), required!(out(length))) };
    let text = attempt!(text_of(window, string));
    utf8.put(text.as_ptr().cast());
    length.put(text.len() as u32)
}

/// Checks a map or set, made by this library or in the plain layout: all of it is inside the memory, the counts are
/// right, and the index has exactly one entry for each live slot, under the hash of its key. The memory does not record
/// the types of keys, so they must be all integers or bits, all numbers, or all strings. What values point to is not
/// checked. Other calls do not need this: each checks what it uses. Takes time linear in the capacity and the keys.
/// INVALID_ARGUMENT for NULL, WRONG_TYPE when it is a decimal, MALFORMED, LIMIT_EXCEEDED when too many keys are
/// overlapping strings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_verify(memory: *const bucket_memory, wrapper: u32) -> drystone_status {
    // SAFETY: a memory.
    code(unsafe { window(memory) }.and_then(|window| verify(window, wrapper)))
}

/// A map as a stone: packed, with its strings inside, readable by any number of threads, and fit for messages. The tags
/// are the types of its keys and values; values `b` are copied as they are, pointers included. The caller owns the
/// stone. It is at most eight times as large as the memory, or 16 MiB; only repeated long strings or overlapping keys
/// could make it larger, and then the call fails. INVALID_ARGUMENT for NULL or an unknown tag, NO_MEMORY,
/// LIMIT_EXCEEDED, WRONG_TYPE, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_to_stone(
    memory: *const bucket_memory,
    map: u32,
    key_tag: u8,
    value_tag: u8,
    stone: *mut *mut blob,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(stone))) };
    let (key, value) = (attempt!(tag(key_tag)), attempt!(tag(value_tag)));
    out.put_result(to_stone(window, TableKind::Map, map, key, value, 0).map(blob_give))
}

/// As `bucket_map_to_stone`, but LIMIT_EXCEEDED, without using memory, for a stone of more than `max_bytes` bytes or 4
/// GiB. 0: the limit of `bucket_map_to_stone`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_to_stone_limited(
    memory: *const bucket_memory,
    map: u32,
    key_tag: u8,
    value_tag: u8,
    max_bytes: usize,
    stone: *mut *mut blob,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(stone))) };
    let (key, value) = (attempt!(tag(key_tag)), attempt!(tag(value_tag)));
    out.put_result(to_stone(window, TableKind::Map, map, key, value, max_bytes).map(blob_give))
}

/// A set as a stone. As `bucket_map_to_stone`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_to_stone(
    memory: *const bucket_memory,
    set: u32,
    element_tag: u8,
    stone: *mut *mut blob,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(stone))) };
    let tag = attempt!(tag(element_tag));
    out.put_result(to_stone(window, TableKind::Set, set, tag, Tag::Bits, 0).map(blob_give))
}

/// A set as a stone of at most `max_bytes` bytes. As `bucket_map_to_stone_limited`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_to_stone_limited(
    memory: *const bucket_memory,
    set: u32,
    element_tag: u8,
    max_bytes: usize,
    stone: *mut *mut blob,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(stone))) };
    let tag = attempt!(tag(element_tag));
    out.put_result(to_stone(window, TableKind::Set, set, tag, Tag::Bits, max_bytes).map(blob_give))
}

fn to_stone(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    key: Tag,
    value: Tag,
    max_bytes: usize,
) -> Result<Blob, Status> {
    let limit = if max_bytes == 0 { freeze_limit(window) } else { max_bytes };
    let size = freeze_size_within(window, kind, wrapper, key, value, limit)?;
    let mut stone = Blob::zeroed(size.checked_mul(8).ok_or(Status::LimitExceeded)?)?;
    freeze(window, kind, wrapper, key, value, next_seed(), stone.bytes_mut()?)?;
    stone.make_stone();
    Ok(stone)
}

/// The memory of a stone that was made from a map or set, and the offset of its wrapper. All calls that take a `const
/// bucket_memory *` can read it, from any thread, as long as the caller has a count on the stone; calls that change are
/// IS_STONE. The stone's bytes are not trusted. `stone` is *live*. INVALID_ARGUMENT for NULL, NOT_STONE, MALFORMED for
/// any other stone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_memory_of_stone(
    stone: *const blob,
    memory: *mut bucket_memory,
    wrapper: *mut u32,
) -> drystone_status {
    // SAFETY: live; two outs.
    let (stone, memory, wrapper) =
        unsafe { (required!(blob_ref(stone)), required!(out(memory)), required!(out(wrapper))) };
    let found = attempt!(frozen_stone(stone));
    memory.put(bucket_memory {
        base: stone.bytes().as_ptr().cast_mut(),
        length: stone.bytes().len(),
        context: core::ptr::null_mut(),
        flags: 0,
        alloc: None,
        push_root: None,
        pop_roots: None,
        usable_size: None,
    });
    wrapper.put(found.wrapper)
}

/// The type tags in the stone of a map or set. A set's value tag is 0. `stone` is *live*. As `bucket_memory_of_stone`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_stone_tags(
    stone: *const blob,
    key_tag: *mut u8,
    value_tag: *mut u8,
) -> drystone_status {
    // SAFETY: live; two outs.
    let (stone, key, value) =
        unsafe { (required!(blob_ref(stone)), required!(out(key_tag)), required!(out(value_tag))) };
    let found = attempt!(frozen_stone(stone));
    key.put(found.key.letter());
    value.put(if found.kind == TableKind::Set { 0 } else { found.value.letter() })
}

fn frozen_stone(stone: &RawBlob) -> Result<Frozen, Status> {
    if stone.is_stone() { frozen(stone.bytes()) } else { Err(Status::NotStone) }
}
