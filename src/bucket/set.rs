//! Changes to sets. [`Table`](super::Table) reads them.

use super::build;
use super::layout::TableKind;
use super::memory::Memory;
use super::value::{Key, Value};
use super::{change, in_place, own};
use crate::status::Status;

/// The value field of a set's slots.
const NOTHING: Value = Value::Bits(0);

/// A new, empty set: the offset of its wrapper. `NoMemory`, `Malformed`.
pub fn new(memory: &mut impl Memory) -> Result<u32, Status> {
    change::create(memory, TableKind::Set)
}

/// A new version that has the element; the same version when it is already there. It shares the old one's bucket when
/// that has room. `NoMemory`, `LimitExceeded`, `WrongType`, `Malformed`.
pub fn add(memory: &mut impl Memory, set: u32, element: Value) -> Result<u32, Status> {
    change::insert(memory, TableKind::Set, set, element, NOTHING)
}

/// Adds the element. As [`add`].
pub fn add_in_place(memory: &mut impl Memory, set: u32, element: Value) -> Result<(), Status> {
    in_place::insert(memory, TableKind::Set, set, element, NOTHING)
}

/// A new version without the element; the same one when it is not there. `NoMemory`, `WrongType`, `Malformed`.
pub fn remove(memory: &mut impl Memory, set: u32, element: Key<'_>) -> Result<u32, Status> {
    change::remove(memory, TableKind::Set, set, element)
}

/// Removes the element, if it is there. Allocates nothing. `WrongType`, `Malformed`.
pub fn remove_in_place(memory: &mut impl Memory, set: u32, element: Key<'_>) -> Result<(), Status> {
    in_place::remove(memory.bytes_mut(), TableKind::Set, set, element)
}

/// The same for an integer element, on a window. As [`remove_in_place`].
#[inline(always)]
pub(crate) fn remove_integer(window: &mut [u8], set: u32, element: i64) -> Result<(), Status> {
    in_place::remove_integer(window, TableKind::Set, set, element)
}

/// A set of these elements, in this order, each once. As [`map::from_entries`](super::map::from_entries).
pub fn from_elements<E>(memory: &mut impl Memory, elements: E) -> Result<u32, Status>
where
    E: ExactSizeIterator<Item = Result<Value, Status>> + Clone,
{
    build::build(memory, TableKind::Set, elements.map(with_nothing))
}

/// Adds the element to the version that the variable holds. As [`map::set`](super::map::set).
pub fn put(memory: &mut impl Memory, set: &mut u32, element: Value) -> Result<(), Status> {
    own::set(memory, TableKind::Set, set, element, NOTHING)
}

/// The same for an element that is a string outside the memory, of which a set that does not have it yet gets a copy.
/// `LimitExceeded` for 4 GiB and more; otherwise as [`put`].
pub fn put_text(memory: &mut impl Memory, set: &mut u32, element: &[u8]) -> Result<(), Status> {
    own::set_text(memory, TableKind::Set, set, element, NOTHING)
}

/// Takes the element out. `NotFound` when it is not there; otherwise as [`put`].
pub fn delete(memory: &mut impl Memory, set: &mut u32, element: Key<'_>) -> Result<(), Status> {
    own::delete(memory, TableKind::Set, set, element)
}

/// Removes all elements. As [`put`].
pub fn clear(memory: &mut impl Memory, set: &mut u32) -> Result<(), Status> {
    own::clear(memory, TableKind::Set, set)
}

fn with_nothing(element: Result<Value, Status>) -> Result<(Value, Value), Status> {
    element.map(|element| (element, NOTHING))
}
