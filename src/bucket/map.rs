//! Changes to maps. [`Table`](super::Table) reads them.

use super::build;
use super::layout::TableKind;
use super::memory::Memory;
use super::value::{Key, Value};
use super::{change, in_place, own, put};
use crate::status::Status;

/// A new, empty map: the offset of its wrapper. `NoMemory`, `Malformed`.
pub fn new(memory: &mut impl Memory) -> Result<u32, Status> {
    change::create(memory, TableKind::Map)
}

/// A new version in which the key has the value. It shares the old one's bucket when that has room.
/// `NoMemory`, `LimitExceeded`, `WrongType`, `Malformed`.
pub fn insert(memory: &mut impl Memory, map: u32, key: Value, value: Value) -> Result<u32, Status> {
    change::insert(memory, TableKind::Map, map, key, value)
}

/// Sets the key's value. As [`insert`].
pub fn insert_in_place(memory: &mut impl Memory, map: u32, key: Value, value: Value) -> Result<(), Status> {
    in_place::insert(memory, TableKind::Map, map, key, value)
}

/// The common case of [`insert_in_place`], on a window and for the bits of a value. Returns false, with nothing
/// changed, when more work is needed.
#[inline(always)]
pub(crate) fn put_integer(window: &mut [u8], map: u32, key: i64, value: u64) -> bool {
    put::put_integer(window, TableKind::Map, map, key, value).is_some()
}

/// A new version without the key; the same one when the key is not there. `NoMemory`, `WrongType`, `Malformed`.
pub fn remove(memory: &mut impl Memory, map: u32, key: Key<'_>) -> Result<u32, Status> {
    change::remove(memory, TableKind::Map, map, key)
}

/// Removes the key, if it is there. Allocates nothing. `WrongType`, `Malformed`.
pub fn remove_in_place(memory: &mut impl Memory, map: u32, key: Key<'_>) -> Result<(), Status> {
    in_place::remove(memory.bytes_mut(), TableKind::Map, map, key)
}

/// The same for an integer key, on a window. As [`remove_in_place`].
#[inline(always)]
pub(crate) fn remove_integer(window: &mut [u8], map: u32, key: i64) -> Result<(), Status> {
    in_place::remove_integer(window, TableKind::Map, map, key)
}

/// A map of these entries, in this order. Of equal keys, the first one gives the position and the last one the value.
/// `InvalidArgument` when keys have different tags, `LimitExceeded`, `NoMemory`, `Malformed`.
pub fn from_entries<E>(memory: &mut impl Memory, entries: E) -> Result<u32, Status>
where
    E: ExactSizeIterator<Item = Result<(Value, Value), Status>> + Clone,
{
    build::build(memory, TableKind::Map, entries)
}

/// Sets the key's value in the version that the variable holds, in a memory that counts: in place when no other version
/// uses the bucket, otherwise in a bucket of its own. If the wrapper has several holders, the variable gets a new
/// wrapper. `Unsupported` in memories that do not count; otherwise as [`insert`].
pub fn set(memory: &mut impl Memory, map: &mut u32, key: Value, value: Value) -> Result<(), Status> {
    own::set(memory, TableKind::Map, map, key, value)
}

/// The same for a key that is a string outside the memory. When the map does not have it yet, it gets a copy of the string,
/// which nobody else holds. `LimitExceeded` for 4 GiB and more; otherwise as [`set`].
pub fn set_text(memory: &mut impl Memory, map: &mut u32, key: &[u8], value: Value) -> Result<(), Status> {
    own::set_text(memory, TableKind::Map, map, key, value)
}

/// Removes the key. `NotFound` when it is not there; otherwise as [`set`].
pub fn delete(memory: &mut impl Memory, map: &mut u32, key: Key<'_>) -> Result<(), Status> {
    own::delete(memory, TableKind::Map, map, key)
}

/// Removes all entries. As [`set`].
pub fn clear(memory: &mut impl Memory, map: &mut u32) -> Result<(), Status> {
    own::clear(memory, TableKind::Map, map)
}
