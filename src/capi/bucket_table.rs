//! Maps and sets that are opened once for many lookups, in C.

use core::ffi::c_char;

use super::bucket_column::{is_found, put_field};
use super::bucket_types::{bucket_memory, bucket_table, bucket_value};
use super::ptr::{
    bytes, code, integer, opened, opened_first, opened_first_in_grown, opened_map, opened_undecided, out,
    table_out, tag, value,
};
use super::status::drystone_status;
use super::{attempt, required};
use crate::bucket::{FirstEntry, Key, TableKind, Tag, Value};
use crate::status::Status;

/// Opens a map for many lookups, which then cost about two thirds of `bucket_map_get`. The `bucket_memory` struct and
/// the map must stay as long as the table is used. `table` is an *out*. INVALID_ARGUMENT for NULL, WRONG_TYPE,
/// MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_map_open(
    memory: *const bucket_memory,
    map: u32,
    table: *mut bucket_table,
) -> drystone_status {
    // SAFETY: a memory, which stays; an out.
    unsafe { code(required!(table_out(table)).open(memory, TableKind::Map, map)) }
}

/// Opens a set. As `bucket_map_open`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_set_open(
    memory: *const bucket_memory,
    set: u32,
    table: *mut bucket_table,
) -> drystone_status {
    // SAFETY: a memory, which stays; an out.
    unsafe { code(required!(table_out(table)).open(memory, TableKind::Set, set)) }
}

/// As `bucket_map_get`, for an opened map. INVALID_ARGUMENT also for memory that is not a table; WRONG_TYPE for a
/// set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_table_get(
    table: *const bucket_table,
    key: *const bucket_value,
    value_tag: u8,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a table; readable; an out.
    unsafe {
        if value_tag == Tag::Int.letter() {
            get_of_tag(table, key, Tag::Int, found)
        } else {
            get_of_letter(table, key, value_tag, found)
        }
    }
}

// Each of these functions ends with a tail call of the next, so that the common case saves no registers for rarer
// ones.

/// # Safety
/// A table; *readable*; an *out*; or NULL.
#[inline(never)]
unsafe fn get_of_letter(
    table: *const bucket_table,
    key: *const bucket_value,
    value_tag: u8,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a table; readable; an out.
    unsafe { get_of_tag(table, key, attempt!(tag(value_tag)), found) }
}

/// # Safety
/// A table; *readable*; an *out*; or NULL.
#[inline(always)]
unsafe fn get_of_tag(
    table: *const bucket_table,
    key: *const bucket_value,
    tag: Tag,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a table; readable; an out.
    unsafe {
        if let (Some(out), Some(integer)) = (out(found), integer(key)) {
            match opened_first(table, integer) {
                Some(FirstEntry::Value(field)) => return out.put(bucket_value::of_field(tag, field)),
                Some(FirstEntry::Absent) => return Status::NotFound.code(),
                Some(FirstEntry::Undecided) => return get_searched(table, integer, tag, found),
                None => {}
            }
        }
        get_apart(table, key, tag, found)
    }
}

/// The full search.
///
/// # Safety
/// As for [`opened_undecided`]; an *out*.
#[inline(never)]
unsafe fn get_searched(
    table: *const bucket_table,
    key: i64,
    tag: Tag,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        match opened_undecided(table, key) {
            Some(field) => required!(out(found)).put(bucket_value::of_field(tag, field)),
            None => Status::NotFound.code(),
        }
    }
}

/// The same for any key, for a memory that has grown, for a map that was changed, and for errors.
///
/// # Safety
/// A table; *readable*; an *out*; or NULL.
#[inline(never)]
unsafe fn get_apart(
    table: *const bucket_table,
    key: *const bucket_value,
    tag: Tag,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a table; readable; an out.
    unsafe {
        if let (Some(out), Some(integer)) = (out(found), integer(key))
            && let Some(FirstEntry::Value(field)) = opened_first_in_grown(table, integer)
        {
            return out.put(bucket_value::of_field(tag, field));
        }
        let (table, key, out) = (attempt!(opened_map(table)), attempt!(value(key)), required!(out(found)));
        put_field(out, tag, table.field(&Key::Value(key)))
    }
}

/// As `bucket_table_get` for an integer key and an integer value (the tag `i`), which need no structs here, and about
/// a tenth faster. `value` is an *out*. INVALID_ARGUMENT for NULL and memory that is not a table, NOT_FOUND,
/// WRONG_TYPE, MALFORMED, LIMIT_EXCEEDED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_table_get_integer(
    table: *const bucket_table,
    key: i64,
    value: *mut i64,
) -> drystone_status {
    // SAFETY: a table; an out.
    unsafe {
        if let Some(out) = out(value) {
            match opened_first(table, key) {
                Some(FirstEntry::Value(field)) => return out.put(field as i64),
                Some(FirstEntry::Absent) => return Status::NotFound.code(),
                Some(FirstEntry::Undecided) => return get_integer_searched(table, key, value),
                None => {}
            }
        }
        get_integer_apart(table, key, value)
    }
}

/// The full search.
///
/// # Safety
/// As for [`opened_undecided`]; an *out*.
#[inline(never)]
unsafe fn get_integer_searched(table: *const bucket_table, key: i64, value: *mut i64) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        match opened_undecided(table, key) {
            Some(field) => required!(out(value)).put(field as i64),
            None => Status::NotFound.code(),
        }
    }
}

/// The same for a memory that has grown, for a map that was changed or has no index, and for errors.
///
/// # Safety
/// A table; an *out*; or NULL.
#[inline(never)]
unsafe fn get_integer_apart(table: *const bucket_table, key: i64, value: *mut i64) -> drystone_status {
    // SAFETY: a table; an out.
    let (table, out) = unsafe {
        if let (Some(out), Some(FirstEntry::Value(field))) = (out(value), opened_first_in_grown(table, key)) {
            return out.put(field as i64);
        }
        (attempt!(opened_map(table)), required!(out(value)))
    };
    out.put_result(table.field(&Key::Value(Value::Int(key))).map(|field| field as i64))
}

/// As `bucket_map_get_text`, for an opened map. Statuses as for `bucket_table_get`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_table_get_text(
    table: *const bucket_table,
    key: *const c_char,
    length: usize,
    value_tag: u8,
    found: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a table; readable; an out.
    let (table, key, out) =
        unsafe { (attempt!(opened_map(table)), required!(bytes(key.cast(), length)), required!(out(found))) };
    let tag = attempt!(tag(value_tag));
    put_field(out, tag, table.field(&Key::Text(key)))
}

/// Whether an opened map has the key, or an opened set the element. As `bucket_map_contains` and
/// `bucket_set_contains`. INVALID_ARGUMENT also for memory that is not a table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_table_contains(
    table: *const bucket_table,
    key: *const bucket_value,
    contains: *mut bool,
) -> drystone_status {
    // SAFETY: a table; readable; an out.
    let (table, key, out) =
        unsafe { (attempt!(opened(table)), attempt!(value(key)), required!(out(contains))) };
    out.put_result(is_found(table.field(&Key::Value(key))))
}

/// As `bucket_table_contains`, for a string outside the memory: `length` bytes, *readable*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_table_contains_text(
    table: *const bucket_table,
    key: *const c_char,
    length: usize,
    contains: *mut bool,
) -> drystone_status {
    // SAFETY: a table; readable; an out.
    let (table, key, out) =
        unsafe { (attempt!(opened(table)), required!(bytes(key.cast(), length)), required!(out(contains))) };
    out.put_result(is_found(table.field(&Key::Text(key))))
}
