//! Bucket maps in C.

use core::ffi::c_char;

use super::bucket_types::{bucket_memory, bucket_value};
use super::ptr::{
    MemoryMut, Out, bytes, code, field_of, fields_mut, integer, memory_mut, out, tag, value, value_of,
    window, window_mut,
};
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, bucket_column, required, with_memory};
use crate::bucket::{FirstEntry, Key, Table, TableKind, Tag, map};
use crate::status::Status;

/// A new, empty map in the memory. INVALID_ARGUMENT for NULL, NO_MEMORY, IS_STONE for a read-only memory, MALFORMED
/// when `alloc` returns a block outside the memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_new(memory: *mut bucket_memory, map: *mut u32) -> drystone_status {
    // SAFETY: a memory; an out.
    let (memory, out) = unsafe { (attempt!(memory_mut(memory)), required!(out(map))) };
    with_memory!(memory, memory => out.put_result(map::new(memory)))
}

/// How many entries the map has. O(1). INVALID_ARGUMENT for NULL, WRONG_TYPE, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_size(
    memory: *const bucket_memory,
    map: u32,
    size: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(size))) };
    out.put_result(Table::open(window, TableKind::Map, map).and_then(|table| table.size()))
}

/// The value of a key, read as the type `value_tag`, which the caller must know. Keys compare as by SameValueZero (NaN
/// equals NaN, and 0 equals -0), strings by content; a string key lies in the memory. O(1), but O(n) in a plain bucket
/// (`BUCKET_PLAIN`, or made by others). INVALID_ARGUMENT for NULL or an unknown tag, NOT_FOUND, WRONG_TYPE when it is
/// not a map, MALFORMED, LIMIT_EXCEEDED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_get(
    memory: *const bucket_memory,
    map: u32,
    key: *const bucket_value,
    value_tag: u8,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    unsafe {
        if value_tag == Tag::Int.letter() {
            get_of_tag(memory, map, key, Tag::Int, found)
        } else {
            get_of_letter(memory, map, key, value_tag, found)
        }
    }
}

// Each of these functions ends with a tail call of the next, so that the common case saves no registers for rarer
// ones.

/// # Safety
/// A memory; *readable*; an *out*; or NULL.
#[inline(never)]
unsafe fn get_of_letter(
    memory: *const bucket_memory,
    map: u32,
    key: *const bucket_value,
    value_tag: u8,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    unsafe { get_of_tag(memory, map, key, attempt!(tag(value_tag)), found) }
}

/// # Safety
/// A memory; *readable*; an *out*; or NULL.
#[inline(always)]
unsafe fn get_of_tag(
    memory: *const bucket_memory,
    map: u32,
    key: *const bucket_value,
    tag: Tag,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    unsafe {
        if let Some(out) = out(found) {
            match bucket_column::first(memory, TableKind::Map, map, key) {
                FirstEntry::Value(field) => return out.put(bucket_value::of_field(tag, field)),
                FirstEntry::Absent => return Status::NotFound.code(),
                FirstEntry::Undecided => {}
            }
        }
        get_searched(memory, map, key, tag, found)
    }
}

/// The full search.
///
/// # Safety
/// A memory; *readable*; an *out*; or NULL.
#[inline(never)]
unsafe fn get_searched(
    memory: *const bucket_memory,
    map: u32,
    key: *const bucket_value,
    tag: Tag,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(found))) };
    // SAFETY: readable.
    match unsafe { bucket_column::integer_field(window, TableKind::Map, map, key) } {
        Some(field) => bucket_column::put_field(out, tag, field),
        // SAFETY: readable.
        None => unsafe { get_apart(window, map, key, tag, out) },
    }
}

/// # Safety
/// The key is *readable*, or NULL.
#[inline(never)]
unsafe fn get_apart(
    window: &[u8],
    map: u32,
    key: *const bucket_value,
    tag: Tag,
    out: Out<bucket_value>,
) -> drystone_status {
    // SAFETY: the caller's promise.
    bucket_column::put_field(out, tag, unsafe {
        bucket_column::field_apart(window, TableKind::Map, map, key)
    })
}

/// As `bucket_map_get`, for a string key outside the memory: `length` bytes, *readable*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_get_text(
    memory: *const bucket_memory,
    map: u32,
    key: *const c_char,
    length: usize,
    value_tag: u8,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (window, key, out) =
        unsafe { (attempt!(window(memory)), required!(bytes(key.cast(), length)), required!(out(found))) };
    let tag = attempt!(tag(value_tag));
    let table = attempt!(Table::open(window, TableKind::Map, map));
    bucket_column::put_field(out, tag, table.field(&Key::Text(key)))
}

/// Whether the map has the key. Costs as for `bucket_map_get`. INVALID_ARGUMENT for NULL or an unknown tag, WRONG_TYPE,
/// MALFORMED, LIMIT_EXCEEDED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_contains(
    memory: *const bucket_memory,
    map: u32,
    key: *const bucket_value,
    contains: *mut bool,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(contains))) };
    // SAFETY: readable.
    unsafe { bucket_column::contains(window, TableKind::Map, map, key, out) }
}

/// As `bucket_map_contains`, for a string key outside the memory: `length` bytes, *readable*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_contains_text(
    memory: *const bucket_memory,
    map: u32,
    key: *const c_char,
    length: usize,
    contains: *mut bool,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (window, key, out) =
        unsafe { (attempt!(window(memory)), required!(bytes(key.cast(), length)), required!(out(contains))) };
    out.put_result(Table::open(window, TableKind::Map, map).and_then(|table| table.contains(&Key::Text(key))))
}

/// A new version of the map in which the key has the value; the old version does not change. Adding a new key to the
/// newest version shares its bucket and is O(1) while the bucket has room; everything else copies the entries. When the
/// key already has this value, `new_map` is `map`; on a heap it must then be released once more. INVALID_ARGUMENT for
/// NULL or an unknown tag, NO_MEMORY, LIMIT_EXCEEDED, IS_STONE, WRONG_TYPE, MALFORMED; the old map is unchanged in any
/// case.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_insert(
    memory: *mut bucket_memory,
    map: u32,
    key: *const bucket_value,
    value: *const bucket_value,
    new_map: *mut u32,
) -> drystone_status {
    use super::ptr::value as read;
    // SAFETY: a memory; readable; an out.
    let (memory, out) = unsafe { (attempt!(memory_mut(memory)), required!(out(new_map))) };
    // SAFETY: readable.
    let (key, value) = unsafe { (attempt!(read(key)), attempt!(read(value))) };
    with_memory!(memory, memory => out.put_result(map::insert(memory, map, key, value)))
}

/// Gives the key the value in this map. The caller promises that no other version of it is in use. O(1) apart from
/// growing; O(n) in a plain bucket (`BUCKET_PLAIN`, or made by others), which has no index. Statuses as for
/// `bucket_map_insert`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_insert_in_place(
    memory: *mut bucket_memory,
    map: u32,
    key: *const bucket_value,
    value: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; two readable.
    unsafe {
        if let Some(window) = window_mut(memory)
            && let Some(key) = integer(key)
            && let Some(field) = field_of(value)
            && map::put_integer(window, map, key, field)
        {
            return DRYSTONE_OK;
        }
        insert_in_place_apart(memory, map, key, value)
    }
}

/// Out of line: any key, value and memory. The common case does not pay for it.
///
/// # Safety
/// A memory; two *readable*; or NULL.
#[inline(never)]
unsafe fn insert_in_place_apart(
    memory: *mut bucket_memory,
    map: u32,
    key: *const bucket_value,
    value: *const bucket_value,
) -> drystone_status {
    use super::ptr::value as read;
    // SAFETY: a memory; readable.
    let (memory, key, value) =
        unsafe { (attempt!(memory_mut(memory)), attempt!(read(key)), attempt!(read(value))) };
    with_memory!(memory, memory => code(map::insert_in_place(memory, map, key, value)))
}

/// A new version of the map without the key; the old version does not change. When the key is not there, `new_map` is
/// `map`; on a heap it must then be released once more. Statuses as for `bucket_map_insert`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_remove(
    memory: *mut bucket_memory,
    map: u32,
    key: *const bucket_value,
    new_map: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (memory, key, out) =
        unsafe { (attempt!(memory_mut(memory)), attempt!(value(key)), required!(out(new_map))) };
    with_memory!(memory, memory => out.put_result(map::remove(memory, map, Key::Value(key))))
}

/// Removes the key from this map, if it is there. The caller promises that no other version of it is in use. O(1), O(n)
/// in a plain bucket, and allocates nothing. INVALID_ARGUMENT for NULL or an unknown tag, IS_STONE, WRONG_TYPE,
/// MALFORMED, LIMIT_EXCEEDED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_remove_in_place(
    memory: *mut bucket_memory,
    map: u32,
    key: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    unsafe {
        match (window_mut(memory), integer(key)) {
            (Some(window), Some(key)) => code(map::remove_integer(window, map, key)),
            _ => remove_in_place_apart(memory, map, key),
        }
    }
}

/// Out of line: any key and memory.
///
/// # Safety
/// A memory; *readable*; or NULL.
#[inline(never)]
unsafe fn remove_in_place_apart(
    memory: *mut bucket_memory,
    map: u32,
    key: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    let (memory, key) = unsafe { (attempt!(memory_mut(memory)), attempt!(value(key))) };
    with_memory!(memory, memory => code(map::remove_in_place(memory, map, Key::Value(key))))
}

/// A map of `count` entries in this order. Equal keys become one entry, at the position of the first, with the value of
/// the last. The bucket is sized and written once. `keys` and `values` are arrays of `count` items, NULL when there are
/// none. INVALID_ARGUMENT also for keys of several tags; else as `bucket_map_insert`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_from_entries(
    memory: *mut bucket_memory,
    keys: *const bucket_value,
    values: *const bucket_value,
    count: u32,
    map: *mut u32,
) -> drystone_status {
    use super::ptr::values as read;
    // SAFETY: a memory; readable; an out.
    let (memory, out) = unsafe { (attempt!(memory_mut(memory)), required!(out(map))) };
    // SAFETY: readable.
    let (keys, values) = unsafe { (attempt!(read(keys, count)), attempt!(read(values, count))) };
    let entry = |(key, value)| -> Result<_, Status> { Ok((value_of(key)?, value_of(value)?)) };
    with_memory!(memory, memory => {
        out.put_result(map::from_entries(memory, keys.iter().zip(values).map(entry)))
    })
}

/// The next entry, in insertion order, and the cursor after it. The cursor begins at 0. It stays valid while entries
/// are overwritten or removed in place, but not when one is inserted. In a plain bucket with holes, reaching an entry
/// whose slot number is not below the map's size takes O(n); the calls that return all entries read the bucket once.
/// END after the last one; INVALID_ARGUMENT for NULL or an unknown tag, WRONG_TYPE, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_next(
    memory: *const bucket_memory,
    map: u32,
    key_tag: u8,
    value_tag: u8,
    cursor: *mut u32,
    key: *mut bucket_value,
    value: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; three outs, the first of which has a number.
    unsafe {
        let window = attempt!(window(memory));
        let (key, value) = (required!(out(key)), required!(out(value)));
        let tags = (attempt!(tag(key_tag)), attempt!(tag(value_tag)));
        bucket_column::next(window, TableKind::Map, map, cursor, |found| {
            key.put(bucket_value::of_field(tags.0, found.0));
            value.put(bucket_value::of_field(tags.1, found.1));
        })
    }
}

/// All keys as raw 64-bit fields, in insertion order: an `i`, the bits of an `f`, the ptr (lower half) and len (upper
/// half) of an `s`, a `b`. `out` has room for `capacity` of them. With a capacity of 0 only the count is written, and
/// `out` may be NULL. OUT_OF_RANGE when `capacity` is less than the map's size, INVALID_ARGUMENT for NULL, WRONG_TYPE,
/// MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_keys(
    memory: *const bucket_memory,
    map: u32,
    out: *mut u64,
    capacity: u32,
    count: *mut u32,
) -> drystone_status {
    use super::ptr::out as one;
    // SAFETY: a memory; writable; an out.
    let (window, fields, count) =
        unsafe { (attempt!(window(memory)), attempt!(fields_mut(out, capacity)), required!(one(count))) };
    let table = attempt!(Table::open(window, TableKind::Map, map));
    count.put_result(bucket_column::copy(&table, table.keys(), fields))
}

/// All values, in insertion order. As `bucket_map_keys`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_values(
    memory: *const bucket_memory,
    map: u32,
    out: *mut u64,
    capacity: u32,
    count: *mut u32,
) -> drystone_status {
    use super::ptr::out as one;
    // SAFETY: a memory; writable; an out.
    let (window, fields, count) =
        unsafe { (attempt!(window(memory)), attempt!(fields_mut(out, capacity)), required!(one(count))) };
    let table = attempt!(Table::open(window, TableKind::Map, map));
    count.put_result(bucket_column::copy(&table, table.values(), fields))
}
