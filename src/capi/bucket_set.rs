//! Bucket sets in C.

use core::ffi::c_char;

use super::bucket_types::{bucket_memory, bucket_value};
use super::ptr::{
    MemoryMut, bytes, code, fields_mut, integer, memory_mut, out, tag, value, value_of, values, window,
    window_mut,
};
use super::status::drystone_status;
use super::{attempt, bucket_column, required, with_memory};
use crate::bucket::{Key, Table, TableKind, set};

/// A new, empty set in the memory. Statuses as for `bucket_map_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_new(memory: *mut bucket_memory, set: *mut u32) -> drystone_status {
    // SAFETY: a memory; an out.
    let (memory, out) = unsafe { (attempt!(memory_mut(memory)), required!(out(set))) };
    with_memory!(memory, memory => out.put_result(set::new(memory)))
}

/// How many elements the set has. O(1). INVALID_ARGUMENT for NULL, WRONG_TYPE, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_size(
    memory: *const bucket_memory,
    set: u32,
    size: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(size))) };
    out.put_result(Table::open(window, TableKind::Set, set).and_then(|table| table.size()))
}

/// Whether the set has the element. Elements compare as the keys of maps. Costs and statuses as for
/// `bucket_map_contains`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_contains(
    memory: *const bucket_memory,
    set: u32,
    element: *const bucket_value,
    contains: *mut bool,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (window, out) = unsafe { (attempt!(window(memory)), required!(out(contains))) };
    // SAFETY: readable.
    unsafe { bucket_column::contains(window, TableKind::Set, set, element, out) }
}

/// As `bucket_set_contains`, for a string outside the memory: `length` bytes, *readable*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_contains_text(
    memory: *const bucket_memory,
    set: u32,
    element: *const c_char,
    length: usize,
    contains: *mut bool,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (window, element, out) = unsafe {
        (attempt!(window(memory)), required!(bytes(element.cast(), length)), required!(out(contains)))
    };
    out.put_result(
        Table::open(window, TableKind::Set, set).and_then(|table| table.contains(&Key::Text(element))),
    )
}

/// A new version of the set with the element; the old version does not change. When it already has the element,
/// `new_set` is `set`; on a heap it must then be released once more. Costs and statuses as for `bucket_map_insert`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_add(
    memory: *mut bucket_memory,
    set: u32,
    element: *const bucket_value,
    new_set: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (memory, element, out) =
        unsafe { (attempt!(memory_mut(memory)), attempt!(value(element)), required!(out(new_set))) };
    with_memory!(memory, memory => out.put_result(set::add(memory, set, element)))
}

/// Adds the element to this set. The caller promises that no other version of it is in use. Costs as for
/// `bucket_map_insert_in_place`, statuses as for `bucket_map_insert`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_add_in_place(
    memory: *mut bucket_memory,
    set: u32,
    element: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    let (memory, element) = unsafe { (attempt!(memory_mut(memory)), attempt!(value(element))) };
    with_memory!(memory, memory => code(set::add_in_place(memory, set, element)))
}

/// A new version of the set without the element; the old version does not change. When the element is not there,
/// `new_set` is `set`; on a heap it must then be released once more. Statuses as for `bucket_map_insert`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_remove(
    memory: *mut bucket_memory,
    set: u32,
    element: *const bucket_value,
    new_set: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (memory, element, out) =
        unsafe { (attempt!(memory_mut(memory)), attempt!(value(element)), required!(out(new_set))) };
    with_memory!(memory, memory => out.put_result(set::remove(memory, set, Key::Value(element))))
}

/// Removes the element from this set, if it is there. The caller promises that no other version of it is in use. O(1),
/// O(n) in a plain bucket, and allocates nothing. INVALID_ARGUMENT for NULL or an unknown tag, IS_STONE, WRONG_TYPE,
/// MALFORMED, LIMIT_EXCEEDED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_remove_in_place(
    memory: *mut bucket_memory,
    set: u32,
    element: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    unsafe {
        match (window_mut(memory), integer(element)) {
            (Some(window), Some(element)) => code(set::remove_integer(window, set, element)),
            _ => remove_in_place_apart(memory, set, element),
        }
    }
}

/// Out of line: adds or removes any element in any memory.
///
/// # Safety
/// A memory; *readable*; or NULL.
#[inline(never)]
unsafe fn remove_in_place_apart(
    memory: *mut bucket_memory,
    set: u32,
    element: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    let (memory, element) = unsafe { (attempt!(memory_mut(memory)), attempt!(value(element))) };
    with_memory!(memory, memory => code(set::remove_in_place(memory, set, Key::Value(element))))
}

/// A set of `count` elements in this order, each once. `elements` is NULL when there are none. As
/// `bucket_map_from_entries`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_from_elements(
    memory: *mut bucket_memory,
    elements: *const bucket_value,
    count: u32,
    set: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; readable; an out.
    let (memory, elements, out) =
        unsafe { (attempt!(memory_mut(memory)), attempt!(values(elements, count)), required!(out(set))) };
    with_memory!(memory, memory => out.put_result(set::from_elements(memory, elements.iter().map(value_of))))
}

/// The next element, in insertion order, and the cursor after it. As `bucket_map_next`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_next(
    memory: *const bucket_memory,
    set: u32,
    element_tag: u8,
    cursor: *mut u32,
    element: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; two outs, the first of which has a number.
    unsafe {
        let (window, element) = (attempt!(window(memory)), required!(out(element)));
        let tag = attempt!(tag(element_tag));
        bucket_column::next(window, TableKind::Set, set, cursor, |found| {
            element.put(bucket_value::of_field(tag, found.0));
        })
    }
}

/// All elements, in insertion order. As `bucket_map_keys`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_elements(
    memory: *const bucket_memory,
    set: u32,
    out: *mut u64,
    capacity: u32,
    count: *mut u32,
) -> drystone_status {
    use super::ptr::out as one;
    // SAFETY: a memory; writable; an out.
    let (window, fields, count) =
        unsafe { (attempt!(window(memory)), attempt!(fields_mut(out, capacity)), required!(one(count))) };
    let table = attempt!(Table::open(window, TableKind::Set, set));
    count.put_result(bucket_column::copy(&table, table.keys(), fields))
}
