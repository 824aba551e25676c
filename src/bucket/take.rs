//! Removing a key from a bucket with an index that nobody else has, which nearly every removal in a heap is.

use super::effort::look;
use super::in_place;
use super::index::{Entries, GROUP, Indexed, entry_bits};
use super::key::{hash_bits, hash_text, same_text};
use super::layout::{GROUP_BYTES, Shape, Slot, TableKind, text};
use super::memory::Memory;
use super::value::{Key, Value};
use crate::lanes;

/// Buckets up to this many slots are never replaced by smaller ones.
const STAYS: u32 = 64;

/// What is left after a removal.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// Entries for which the bucket is not too large.
    Enough,
    /// So few that a smaller bucket should replace this one.
    Few,
    /// What there was: the key is not there.
    All,
}

/// Removes a key. `None`, with nothing changed: more work is needed, or something is wrong.
#[inline(always)]
pub(super) fn take(memory: &mut impl Memory, kind: TableKind, map: u32, key: &Key<'_>) -> Option<Left> {
    match *key {
        Key::Value(Value::Int(key)) => take_integer(memory, kind, map, key),
        Key::Text(key) => take_text(memory, kind, map, key),
        Key::Value(_) => None,
    }
}

/// Removes an integer key, as [`take`].
#[inline(always)]
pub(crate) fn take_integer(memory: &mut impl Memory, kind: TableKind, map: u32, key: i64) -> Option<Left> {
    take_key(
        memory,
        kind,
        map,
        #[inline(always)]
        |seed| hash_bits(seed, key as u64),
        #[inline(always)]
        |_, field| field == key as u64,
    )
}

/// Removes a text, as [`take`].
#[inline(always)]
pub(crate) fn take_text(memory: &mut impl Memory, kind: TableKind, map: u32, key: &[u8]) -> Option<Left> {
    take_key(
        memory,
        kind,
        map,
        #[inline(always)]
        |seed| hash_text(seed, key),
        #[inline(always)]
        |window, field| match text(window, field as u32, (field >> 32) as u32) {
            Ok(found) => same_text(found, key),
            Err(_) => false,
        },
    )
}

/// Whether a bucket with an index is too large for this many entries.
#[inline(always)]
pub(super) fn is_few(shape: &Shape, left: u32) -> bool {
    shape.capacity > STAYS && left <= shape.capacity / 8
}

#[inline(always)]
fn take_key(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    hash: impl FnOnce(u64) -> u64,
    is_key: impl FnOnce(&[u8], u64) -> bool,
) -> Option<Left> {
    let (indexed, shape) = Indexed::of(memory.bytes(), map, kind)?;
    if !memory.has_one_user(map) || !memory.has_one_user(shape.bucket) {
        return None;
    }
    let Some((number, entry)) = place(&indexed, &shape, hash(shape.seed), is_key)? else {
        return Some(Left::All);
    };
    // Where a newer version had more slots, it takes longer to count.
    let left = shape.count.checked_sub(1).filter(|_| shape.view == shape.used)?;
    in_place::empty(memory.bytes_mut(), &shape, number, entry).ok()?;
    Some(if is_few(&shape, left) { Left::Few } else { Left::Enough })
}

/// The slot that the first entry with the key's hash refers to, and the number of that entry; `Some(None)` when there is no
/// such entry. `None`: it is another key's, or something is wrong.
#[inline(always)]
fn place(
    indexed: &Indexed<'_>,
    shape: &Shape,
    hash: u64,
    is_key: impl FnOnce(&[u8], u64) -> bool,
) -> Option<Option<(u32, usize)>> {
    let (Entries { above, below }, wanted) = (Entries::of(shape.capacity), entry_bits(hash));
    let last = indexed.groups.len().wrapping_sub(1);
    let mut number = hash as usize & last;
    while let Some(group) = indexed.groups.get(number) {
        look(GROUP_BYTES);
        if let Some(lane) = lanes::equal(group, above, wanted).next() {
            let slot = u32::from_le_bytes(*group.as_chunks::<4>().0.get(lane)?) & below;
            let key = Slot::key_bytes(indexed.seen.get(slot as usize)?);
            let is_key = is_key(indexed.window, u64::from_le_bytes(*key));
            return is_key.then_some(Some((slot, number.wrapping_mul(GROUP).wrapping_add(lane))));
        }
        if group.last_chunk() == Some(&[0; 4]) {
            return Some(None);
        }
        number = number.wrapping_add(1) & last;
        if number == hash as usize & last {
            break;
        }
    }
    None
}
