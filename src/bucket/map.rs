//! Changes to maps. Reading is [`Table`](super::Table)'s.

use super::build;
use super::layout::TableKind;
use super::memory::Memory;
use super::value::{Key, Value};
use super::{change, in_place, own};
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

/// Gives the key the value. As [`insert`].
pub fn insert_in_place(memory: &mut impl Memory, map: u32, key: Value, value: Value) -> Result<(), Status> {
    in_place::insert(memory, TableKind::Map, map, key, value)
}

/// What [`insert_in_place`] does in nearly every case, without a memory, and for the bits of a value. False when it takes
/// more: then nothing has changed.
#[inline(always)]
pub(crate) fn put_integer(window: &mut [u8], map: u32, key: i64, value: u64) -> bool {
    in_place::put_integer(window, TableKind::Map, map, key, value)
}

/// A new version without the key; the same one when the key is not there. `NoMemory`, `WrongType`, `Malformed`.
pub fn remove(memory: &mut impl Memory, map: u32, key: Key<'_>) -> Result<u32, Status> {
    change::remove(memory, TableKind::Map, map, key)
}

/// Takes the key out, if it is there. It allocates nothing. `WrongType`, `Malformed`.
pub fn remove_in_place(memory: &mut impl Memory, map: u32, key: Key<'_>) -> Result<(), Status> {
    in_place::remove(memory.bytes_mut(), TableKind::Map, map, key)
}

/// The same for a key that is an integer, without a memory. As [`remove_in_place`].
#[inline(always)]
pub(crate) fn remove_integer(window: &mut [u8], map: u32, key: i64) -> Result<(), Status> {
    in_place::remove_integer(window, TableKind::Map, map, key)
}

/// A map of these entries, in this order; of equal keys the first one's place and the last one's value stay.
/// `InvalidArgument` when keys have different tags, `LimitExceeded`, `NoMemory`, `Malformed`.
pub fn from_entries<E>(memory: &mut impl Memory, entries: E) -> Result<u32, Status>
where
    E: ExactSizeIterator<Item = Result<(Value, Value), Status>> + Clone,
{
    build::build(memory, TableKind::Map, entries)
}

/// Gives the key the value in the version that the variable has, in a memory that counts: in place when nobody else has its
/// bucket, else in one of its own. When the wrapper is of several holders, the variable gets another one.
/// `Unsupported` in memories that do not count; else as [`insert`].
pub fn set(memory: &mut impl Memory, map: &mut u32, key: Value, value: Value) -> Result<(), Status> {
    own::set(memory, TableKind::Map, map, key, value)
}

/// Takes the key out. `NotFound` when it is not there; else as [`set`].
pub fn delete(memory: &mut impl Memory, map: &mut u32, key: Key<'_>) -> Result<(), Status> {
    own::delete(memory, TableKind::Map, map, key)
}

/// Takes everything out. As [`set`].
pub fn clear(memory: &mut impl Memory, map: &mut u32) -> Result<(), Status> {
    own::clear(memory, TableKind::Map, map)
}
