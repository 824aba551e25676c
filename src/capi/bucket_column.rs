//! Code shared by the C calls that read maps and sets.

use super::bucket_types::{bucket_memory, bucket_value};
use super::ptr::in_out;
use super::ptr::{Out, integer, value, window_of_bytes};
use super::required;
use super::status::drystone_status;
use crate::bucket::{FirstEntry, Key, Table, TableKind, Tag};
use crate::status::Status;

/// The field of a key's value, when the key is an integer and the map or set has an index; else the result of
/// [`field_apart`], which is out of line so that it does not slow this function down.
///
/// # Safety
/// The key is *readable*, or NULL.
#[inline(always)]
pub(super) unsafe fn integer_field(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    key: *const bucket_value,
) -> Option<Result<u64, Status>> {
    // SAFETY: the caller's promise.
    Table::integer_field(window, kind, wrapper, unsafe { integer(key) }?)
}

/// Looks only at the first entry that matches the key; `Undecided` also when something is wrong.
///
/// # Safety
/// A memory; the key is *readable*; or NULL.
#[inline(always)]
pub(super) unsafe fn first(
    memory: *const bucket_memory,
    kind: TableKind,
    wrapper: u32,
    key: *const bucket_value,
) -> FirstEntry {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(window) = window_of_bytes(memory)
            && let Some(key) = integer(key)
        {
            return Table::first_of_integer(window, kind, wrapper, key);
        }
    }
    FirstEntry::Undecided
}

/// The field of a key's value.
///
/// # Safety
/// The key is *readable*, or NULL.
pub(super) unsafe fn field_apart(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    key: *const bucket_value,
) -> Result<u64, Status> {
    // SAFETY: the caller's promise.
    let key = unsafe { value(key) }?;
    Table::open(window, kind, wrapper)?.field(&Key::Value(key))
}

/// Writes a field as a value.
#[inline(always)]
pub(super) fn put_field(out: Out<bucket_value>, tag: Tag, field: Result<u64, Status>) -> drystone_status {
    match field {
        Ok(field) => out.put(bucket_value::of_field(tag, field)),
        Err(status) => status.code(),
    }
}

/// Whether a map or set has a key.
///
/// # Safety
/// The key is *readable*, or NULL.
pub(super) unsafe fn contains(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    key: *const bucket_value,
    contains: Out<bool>,
) -> drystone_status {
    // SAFETY: the caller's promise.
    match unsafe { integer_field(window, kind, wrapper, key) } {
        Some(field) => contains.put_result(is_found(field)),
        // SAFETY: the caller's promise.
        None => contains.put_result(is_found(unsafe { field_apart(window, kind, wrapper, key) })),
    }
}

/// Turns the result of a search into whether the key was found.
#[inline(always)]
pub(super) fn is_found(field: Result<u64, Status>) -> Result<bool, Status> {
    match field {
        Ok(_) => Ok(true),
        Err(Status::NotFound) => Ok(false),
        Err(status) => Err(status),
    }
}

/// Writes the entry at the cursor and moves the cursor past it.
///
/// # Safety
/// The cursor is an *out* with a number in it, or NULL.
pub(super) unsafe fn next(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    cursor: *mut u32,
    give: impl FnOnce((u64, u64)),
) -> drystone_status {
    // SAFETY: the caller's promise.
    let (mut place, cursor) = unsafe { required!(in_out(cursor)) };
    let found = match Table::next_indexed(window, kind, wrapper, &mut place) {
        Some(found) => Ok(Some(found)),
        None => next_apart(window, kind, wrapper, &mut place),
    };
    match found {
        Ok(Some(found)) => {
            give(found);
            cursor.put(place)
        }
        Ok(None) => Status::End.code(),
        Err(status) => status.code(),
    }
}

/// The entry at the cursor of a map or a set.
#[inline(never)]
fn next_apart(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    cursor: &mut u32,
) -> Result<Option<(u64, u64)>, Status> {
    Table::open(window, kind, wrapper)?.next(cursor)
}

/// Copies a column and returns its length. Writes nothing when there is too little room. Without any room, returns
/// the length only.
pub(super) fn copy(
    table: &Table<'_>,
    column: impl Iterator<Item = u64> + Clone,
    fields: &mut [u64],
) -> Result<u32, Status> {
    let size = table.size()?;
    if fields.is_empty() {
        return Ok(size);
    }
    let fields = fields.get_mut(..size as usize).ok_or(Status::OutOfRange)?;
    // A header may lie about what follows it.
    if column.clone().count() != fields.len() {
        return Err(Status::Malformed);
    }
    for (place, field) in fields.iter_mut().zip(column) {
        *place = field;
    }
    Ok(size)
}
