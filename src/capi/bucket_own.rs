//! Changes to the version of a map or set that a variable refers to, in C. Other versions do not change.

use core::ffi::c_char;

use super::bucket_types::{bucket_memory, bucket_value};
use super::ptr::{
    HeapMemory, MemoryMut, bytes, code, field_of, heap_mut, heap_of, in_out, integer, memory_mut, out, value,
};
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, required, with_memory};
use crate::bucket::{
    Key, Left, ShortText, TableKind, Tag, map, pack, set, set_integer, set_text_alone, share, take_integer,
    take_short_text, take_text,
};
use crate::status::Status;

/// Changes the version that a variable refers to. The variable is written only on success.
///
/// # Safety
/// An *out* with a number in it, or NULL.
unsafe fn change(variable: *mut u32, change: impl FnOnce(&mut u32) -> Result<(), Status>) -> drystone_status {
    // SAFETY: the caller's promise.
    let (mut own, variable) = unsafe { required!(in_out(variable)) };
    match change(&mut own) {
        Ok(()) => variable.put(own),
        Err(status) => status.code(),
    }
}

// The changes that most calls make are written out first: in a heap's bucket with an index that nobody else has, where the
// variable stays as it is. Their arguments stay in registers, so each kind of key has a function of its own. In browsers size
// counts for more.

/// A heap, and the version that a variable refers to; `None` for other memories.
///
/// # Safety
/// A memory; an *out* with a number in it; or NULL.
#[inline(always)]
unsafe fn heap_and_version<'a>(
    memory: *mut bucket_memory,
    variable: *mut u32,
) -> Option<(HeapMemory<'a>, u32)> {
    if cfg!(target_arch = "wasm32") {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe { Some((heap_mut(memory)?, in_out(variable)?.0)) }
}

/// # Safety
/// A memory; an *out* with a number in it; two *readable*; or NULL.
#[inline(always)]
unsafe fn integer_set_at_once(
    memory: *mut bucket_memory,
    kind: TableKind,
    variable: *mut u32,
    key: *const bucket_value,
    value: Option<u64>,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let (Some(key), Some(value)) = (integer(key), value) else { return false };
        heap_and_version(memory, variable)
            .is_some_and(|(mut memory, map)| set_integer(&mut memory, kind, map, key, value))
    }
}

/// # Safety
/// A memory; an *out* with a number in it; `length` *readable* bytes; or NULL.
#[inline(always)]
unsafe fn text_set_at_once(
    memory: *mut bucket_memory,
    kind: TableKind,
    variable: *mut u32,
    key: *const c_char,
    length: usize,
    value: Option<u64>,
) -> Option<drystone_status> {
    // SAFETY: the caller's promise.
    unsafe {
        let (key, value) = (bytes(key.cast(), length)?, value?);
        let (mut memory, map) = heap_and_version(memory, variable)?;
        set_text_alone(&mut memory, kind, map, key, value).map(code)
    }
}

/// # Safety
/// A memory; an *out* with a number in it; *readable*; or NULL.
#[inline(always)]
unsafe fn integer_deleted_at_once(
    memory: *mut bucket_memory,
    kind: TableKind,
    variable: *mut u32,
    key: *const bucket_value,
) -> Option<drystone_status> {
    if cfg!(target_arch = "wasm32") {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (key, (heap, _)) = (integer(key)?, heap_of(memory)?);
        let (map, _) = in_out(variable)?;
        let left = take_integer(heap, kind, map, key)?;
        Some(packed_if_few(left, memory, kind, map, Tag::Int))
    }
}

/// What a text is removed from. The longer way reads it from memory, so that the short one has the registers.
#[derive(Clone, Copy)]
struct TextRemoval {
    memory: *mut bucket_memory,
    variable: *mut u32,
    key: *const c_char,
    length: usize,
}

/// # Safety
/// A memory; an *out* with a number in it; `length` *readable* bytes; or NULL.
#[inline(always)]
unsafe fn text_deleted_at_once(kind: TableKind, removal: &TextRemoval) -> Option<drystone_status> {
    let TextRemoval { memory, variable, key, length } = *removal;
    if cfg!(target_arch = "wasm32") || key.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (key, (heap, _)) = (bytes(key.cast(), length)?, heap_of(memory)?);
        let (map, _) = in_out(variable)?;
        let Some(key) = ShortText::new(key) else { return other_text_deleted(kind, removal) };
        let left = take_short_text(heap, kind, map, key)?;
        Some(packed_if_few(left, memory, kind, map, Tag::Text))
    }
}

/// The same for shorter and longer texts, so that those of 8 to 16 bytes have the registers.
///
/// # Safety
/// As for [`text_deleted_at_once`].
#[inline(never)]
unsafe fn other_text_deleted(kind: TableKind, removal: &TextRemoval) -> Option<drystone_status> {
    let TextRemoval { memory, variable, key, length } = *removal;
    // SAFETY: the caller's promise.
    unsafe {
        let (key, (heap, _)) = (bytes(key.cast(), length)?, heap_of(memory)?);
        let (map, _) = in_out(variable)?;
        let left = take_text(heap, kind, map, key)?;
        Some(packed_if_few(left, memory, kind, map, Tag::Text))
    }
}

/// The end of a removal.
///
/// # Safety
/// A memory.
#[inline(always)]
unsafe fn packed_if_few(
    left: Left,
    memory: *mut bucket_memory,
    kind: TableKind,
    map: u32,
    tag: Tag,
) -> drystone_status {
    match left {
        Left::Enough => DRYSTONE_OK,
        Left::All => Status::NotFound.code(),
        // SAFETY: the caller's promise.
        Left::Few => unsafe { pack_apart(memory, kind, map, tag) },
    }
}

/// Replaces a bucket with few entries left by a smaller one.
///
/// # Safety
/// A memory.
#[cold]
#[inline(never)]
unsafe fn pack_apart(memory: *mut bucket_memory, kind: TableKind, map: u32, tag: Tag) -> drystone_status {
    // SAFETY: the caller's promise.
    let memory = unsafe { attempt!(memory_mut(memory)) };
    with_memory!(memory, memory => code(pack(memory, kind, map, tag)))
}

/// Another version of a map or set with the same entries; `version` is the offset of its wrapper. O(1): both share
/// their entries until one of them is changed by `bucket_map_set` and the like. On a heap it must be released
/// separately. INVALID_ARGUMENT for NULL, NO_MEMORY, IS_STONE, WRONG_TYPE, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_share(
    memory: *mut bucket_memory,
    wrapper: u32,
    version: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; an out.
    let (memory, out) = unsafe { (attempt!(memory_mut(memory)), required!(out(version))) };
    with_memory!(memory, memory => out.put_result(share(memory, wrapper)))
}

/// Gives the key the value in the version `*map` of a heap: in place when no other version shares its entries, else in
/// a copy, so other versions do not change. `*map` changes only when several owners have the same wrapper (from a
/// `bucket_map_insert` or `bucket_map_remove` that had nothing to do): the others keep it. O(1) apart from growing and
/// copying. Iterations (`bucket_walk_begin`) continue. INVALID_ARGUMENT for NULL or an unknown tag, UNSUPPORTED in
/// memories other than heaps, NO_MEMORY, LIMIT_EXCEEDED, IS_STONE, WRONG_TYPE, MALFORMED; on failure nothing changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_set(
    memory: *mut bucket_memory,
    map: *mut u32,
    key: *const bucket_value,
    value: *const bucket_value,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        if integer_set_at_once(memory, TableKind::Map, map, key, field_of(value)) {
            return DRYSTONE_OK;
        }
        bucket_map_set_apart(memory, map, key, value)
    }
}

/// # Safety
/// As for `bucket_map_set`.
#[inline(never)]
unsafe fn bucket_map_set_apart(
    memory: *mut bucket_memory,
    map: *mut u32,
    key: *const bucket_value,
    value: *const bucket_value,
) -> drystone_status {
    use super::ptr::value as read;
    // SAFETY: a memory; readable.
    let (memory, key, value) =
        unsafe { (attempt!(memory_mut(memory)), attempt!(read(key)), attempt!(read(value))) };
    // SAFETY: an out with a number.
    unsafe { change(map, |map| with_memory!(memory, memory => map::set(memory, map, key, value))) }
}

/// As `bucket_map_set`, for a key that is a string outside the memory: `length` UTF-8 bytes, *readable*, not checked.
/// When the map does not have the key yet, it gets a copy of it, which is freed some time after the last version that
/// has it. LIMIT_EXCEEDED also for 4 GiB and more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_set_text(
    memory: *mut bucket_memory,
    map: *mut u32,
    key: *const c_char,
    length: usize,
    value: *const bucket_value,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(status) = text_set_at_once(memory, TableKind::Map, map, key, length, field_of(value)) {
            return status;
        }
        bucket_map_set_text_apart(memory, map, key, length, value)
    }
}

/// # Safety
/// As for `bucket_map_set_text`.
#[inline(never)]
unsafe fn bucket_map_set_text_apart(
    memory: *mut bucket_memory,
    map: *mut u32,
    key: *const c_char,
    length: usize,
    value: *const bucket_value,
) -> drystone_status {
    use super::ptr::value as read;
    // SAFETY: a memory; readable.
    let (memory, key, value) = unsafe {
        (attempt!(memory_mut(memory)), required!(bytes(key.cast(), length)), attempt!(read(value)))
    };
    // SAFETY: an out with a number.
    unsafe { change(map, |map| with_memory!(memory, memory => map::set_text(memory, map, key, value))) }
}

/// Removes the key from the version `*map`, as `bucket_map_set` does. A bucket with few entries left is replaced by a
/// smaller one if there is memory for it. NOT_FOUND when the key is not there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_delete(
    memory: *mut bucket_memory,
    map: *mut u32,
    key: *const bucket_value,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(status) = integer_deleted_at_once(memory, TableKind::Map, map, key) {
            return status;
        }
        bucket_map_delete_apart(memory, map, key)
    }
}

/// # Safety
/// As for `bucket_map_delete`.
#[inline(never)]
unsafe fn bucket_map_delete_apart(
    memory: *mut bucket_memory,
    map: *mut u32,
    key: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    let (memory, key) = unsafe { (attempt!(memory_mut(memory)), attempt!(value(key))) };
    // SAFETY: an out with a number.
    unsafe { change(map, |map| with_memory!(memory, memory => map::delete(memory, map, Key::Value(key)))) }
}

/// As `bucket_map_delete`, for a string outside the memory: `length` bytes, *readable*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_delete_text(
    memory: *mut bucket_memory,
    map: *mut u32,
    key: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        let removal = TextRemoval { memory, variable: map, key, length };
        if let Some(status) = text_deleted_at_once(TableKind::Map, &removal) {
            return status;
        }
        bucket_map_delete_text_apart(&removal)
    }
}

/// # Safety
/// As for `bucket_map_delete_text`.
#[inline(never)]
unsafe fn bucket_map_delete_text_apart(removal: &TextRemoval) -> drystone_status {
    let TextRemoval { memory, variable, key, length } = *removal;
    // SAFETY: a memory; readable.
    let (memory, key) = unsafe { (attempt!(memory_mut(memory)), required!(bytes(key.cast(), length))) };
    // SAFETY: an out with a number.
    unsafe {
        change(variable, |map| with_memory!(memory, memory => map::delete(memory, map, Key::Text(key))))
    }
}

/// Removes everything from the version `*map`, as `bucket_map_set` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_clear(memory: *mut bucket_memory, map: *mut u32) -> drystone_status {
    // SAFETY: a memory.
    let memory = unsafe { attempt!(memory_mut(memory)) };
    // SAFETY: an out with a number.
    unsafe { change(map, |map| with_memory!(memory, memory => map::clear(memory, map))) }
}

/// Adds the element to the version `*set`, as `bucket_map_set` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_put(
    memory: *mut bucket_memory,
    set: *mut u32,
    element: *const bucket_value,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        if integer_set_at_once(memory, TableKind::Set, set, element, Some(0)) {
            return DRYSTONE_OK;
        }
        bucket_set_put_apart(memory, set, element)
    }
}

/// # Safety
/// As for `bucket_set_put`.
#[inline(never)]
unsafe fn bucket_set_put_apart(
    memory: *mut bucket_memory,
    set: *mut u32,
    element: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    let (memory, element) = unsafe { (attempt!(memory_mut(memory)), attempt!(value(element))) };
    // SAFETY: an out with a number.
    unsafe { change(set, |set| with_memory!(memory, memory => set::put(memory, set, element))) }
}

/// As `bucket_set_put`, for an element that is a string outside the memory, as the key of `bucket_map_set_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_put_text(
    memory: *mut bucket_memory,
    set: *mut u32,
    element: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(status) = text_set_at_once(memory, TableKind::Set, set, element, length, Some(0)) {
            return status;
        }
        bucket_set_put_text_apart(memory, set, element, length)
    }
}

/// # Safety
/// As for `bucket_set_put_text`.
#[inline(never)]
unsafe fn bucket_set_put_text_apart(
    memory: *mut bucket_memory,
    set: *mut u32,
    element: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: a memory; readable.
    let (memory, element) =
        unsafe { (attempt!(memory_mut(memory)), required!(bytes(element.cast(), length))) };
    // SAFETY: an out with a number.
    unsafe { change(set, |set| with_memory!(memory, memory => set::put_text(memory, set, element))) }
}

/// Removes the element from the version `*set`, as `bucket_map_set` does. A bucket with few elements left is replaced
/// by a smaller one if there is memory for it. NOT_FOUND when the element is not there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_delete(
    memory: *mut bucket_memory,
    set: *mut u32,
    element: *const bucket_value,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(status) = integer_deleted_at_once(memory, TableKind::Set, set, element) {
            return status;
        }
        bucket_set_delete_apart(memory, set, element)
    }
}

/// # Safety
/// As for `bucket_set_delete`.
#[inline(never)]
unsafe fn bucket_set_delete_apart(
    memory: *mut bucket_memory,
    set: *mut u32,
    element: *const bucket_value,
) -> drystone_status {
    // SAFETY: a memory; readable.
    let (memory, element) = unsafe { (attempt!(memory_mut(memory)), attempt!(value(element))) };
    // SAFETY: an out with a number.
    unsafe {
        change(set, |set| with_memory!(memory, memory => set::delete(memory, set, Key::Value(element))))
    }
}

/// As `bucket_set_delete`, for a string outside the memory: `length` bytes, *readable*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_delete_text(
    memory: *mut bucket_memory,
    set: *mut u32,
    element: *const c_char,
    length: usize,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        let removal = TextRemoval { memory, variable: set, key: element, length };
        if let Some(status) = text_deleted_at_once(TableKind::Set, &removal) {
            return status;
        }
        bucket_set_delete_text_apart(&removal)
    }
}

/// # Safety
/// As for `bucket_set_delete_text`.
#[inline(never)]
unsafe fn bucket_set_delete_text_apart(removal: &TextRemoval) -> drystone_status {
    let TextRemoval { memory, variable, key, length } = *removal;
    // SAFETY: a memory; readable.
    let (memory, key) = unsafe { (attempt!(memory_mut(memory)), required!(bytes(key.cast(), length))) };
    // SAFETY: an out with a number.
    unsafe {
        change(variable, |set| with_memory!(memory, memory => set::delete(memory, set, Key::Text(key))))
    }
}

/// Removes everything from the version `*set`, as `bucket_map_set` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_clear(memory: *mut bucket_memory, set: *mut u32) -> drystone_status {
    // SAFETY: a memory.
    let memory = unsafe { attempt!(memory_mut(memory)) };
    // SAFETY: an out with a number.
    unsafe { change(set, |set| with_memory!(memory, memory => set::clear(memory, set))) }
}
