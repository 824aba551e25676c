//! Removing a key from a bucket that has an index and that nobody else has, and setting a text in one: most changes in a
//! heap. Instead of checking first that all of the bucket lies in the memory, each access is checked by itself, which
//! needs fewer registers. What is not found at once is left to the longer way (`own.rs`).

use super::effort::look;
use super::emptied::has_flags;
use super::in_place;
use super::index::{Entries, GROUP, ProbePosition, entry_bits};
use super::key::{ShortText, hash_bits, hash_text, same_text};
use super::layout::{
    BucketForm, GROUP_BYTES, HEADER_BYTES, Shape, Slot, TRAILER_BYTES, TableKind, WRAPPER_BYTES, Wrapper,
    chunk, has_index, limit, long, text, word,
};
use super::memory::{Memory, string_new};
use super::value::{Key, Value};
use crate::lanes;
use crate::status::Status;

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
        |window, field| is_text(window, field, key),
    )
}

/// The same for a text of 8 to 16 bytes, which needs fewer registers.
#[inline(always)]
pub(crate) fn take_short_text(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: ShortText,
) -> Option<Left> {
    take_key(
        memory,
        kind,
        map,
        #[inline(always)]
        |seed| key.hash(seed),
        #[inline(always)]
        |window, field| key.is_key(window, field),
    )
}

/// Whether a bucket with an index is too large for this many entries.
#[inline(always)]
pub(super) fn is_few(shape: &Shape, left: u32) -> bool {
    shape.capacity > STAYS && left <= shape.capacity / 16
}

#[inline(always)]
fn take_key(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    hash: impl FnOnce(u64) -> u64,
    is_key: impl FnOnce(&[u8], u64) -> bool,
) -> Option<Left> {
    let shape = shape_alone(memory, kind, map)?;
    let (number, entry) = match place(memory.bytes(), &shape, hash(shape.seed), is_key)? {
        Place::At(number, entry) => (number, entry),
        Place::Absent(_) => return Some(Left::All),
    };
    let left = shape.count.checked_sub(1)?;
    in_place::empty(memory.bytes_mut(), &shape, number, entry).ok()?;
    Some(if is_few(&shape, left) { Left::Few } else { Left::Enough })
}

/// Sets the value of a text to these bits, if the bucket has the text or room for it. `None`: nothing was done.
#[inline(always)]
pub(crate) fn set_text_alone(
    memory: &mut impl Memory,
    kind: TableKind,
    map: u32,
    key: &[u8],
    value: u64,
) -> Option<Result<(), Status>> {
    let flags = memory.flags();
    if flags.plain || flags.copy_strings {
        return None;
    }
    let shape = shape_alone(memory, kind, map)?;
    let hash = hash_text(shape.seed, key);
    let found = place(
        memory.bytes(),
        &shape,
        hash,
        #[inline(always)]
        |window, field| is_text(window, field, key),
    );
    let group = match found? {
        Place::At(number, _) => return Some(in_place::overwrite(memory.bytes_mut(), &shape, number, value)),
        Place::Absent(group) => group,
    };
    if shape.used >= limit(shape.capacity) {
        return None;
    }
    Some(with_text(
        memory,
        key,
        #[inline(always)]
        |memory, key| {
            let slot = Slot::new(key.to_bits(), value);
            let place = ProbePosition { hash, group };
            in_place::put_in_place(memory.bytes_mut(), map, &shape, shape.used, slot, place)
        },
    ))
}

/// Runs with a new string, which afterwards only the bucket uses.
#[inline(always)]
pub(super) fn with_text<M: Memory>(
    memory: &mut M,
    text: &[u8],
    add: impl FnOnce(&mut M, Value) -> Result<(), Status>,
) -> Result<(), Status> {
    let string = string_new(memory, text)?;
    let added = add(memory, string);
    match added {
        Ok(()) => memory.settle(string.block()),
        Err(_) => memory.discard(string.block()),
    }
    added
}

/// Whether a slot's key is the text.
#[inline(always)]
fn is_text(window: &[u8], field: u64, key: &[u8]) -> bool {
    let length = (field >> 32) as u32;
    if length as usize != key.len() {
        return false;
    }
    match text(window, field as u32, length) {
        Ok(found) => same_text(found, key),
        Err(_) => false,
    }
}

/// The bucket of a version, if nobody else has the version or the bucket.
#[inline(always)]
fn shape_alone(memory: &impl Memory, kind: TableKind, map: u32) -> Option<Shape> {
    let shape = shape(memory.bytes(), kind, map)?;
    (memory.has_one_user(map) && memory.has_one_user(shape.bucket)).then_some(shape)
}

/// The bucket of a version, if it has an index and no newer version has more slots.
#[inline(always)]
fn shape(window: &[u8], kind: TableKind, map: u32) -> Option<Shape> {
    let wrapper = chunk::<WRAPPER_BYTES>(window, map as usize).ok()?;
    let (tag, second, bucket) = (word(wrapper, 0), word(wrapper, 4), word(wrapper, 8));
    let header = chunk::<HEADER_BYTES>(window, bucket as usize).ok()?;
    let (capacity, count) = (word(header, 0), word(header, 4));
    if tag != kind.tag() || !has_index(capacity) {
        return None;
    }
    let form = BucketForm::Indexed;
    let shape = Shape { form, bucket, capacity, count, used: 0, view: 0, seed: 0 };
    let trailer = chunk::<TRAILER_BYTES>(window, shape.trailer_at()).ok()?;
    look(WRAPPER_BYTES + HEADER_BYTES + TRAILER_BYTES);
    let (seed, used) = (long(trailer, 0), word(trailer, 8));
    let is_whole = second == Wrapper::view_word(used) && has_flags(&Shape { used, ..shape });
    is_whole.then_some(Shape { used, view: used, seed, ..shape })
}

/// Where a key is.
enum Place {
    /// The number of its slot, and that of its entry.
    At(u32, usize),
    /// Nowhere; the group where its entry would be added.
    Absent(usize),
}

/// Looks only at the first entry with the key's hash. `None`: it is another key's, or something is wrong.
#[inline(always)]
fn place(window: &[u8], shape: &Shape, hash: u64, is_key: impl FnOnce(&[u8], u64) -> bool) -> Option<Place> {
    let (Entries { above, below }, wanted) = (Entries::of(shape.capacity), entry_bits(hash));
    let home = shape.home(hash) as u32;
    let mut number = home;
    loop {
        let at = shape.index_at().wrapping_add(GROUP_BYTES.wrapping_mul(number as usize));
        let group = chunk::<GROUP_BYTES>(window, at).ok()?;
        look(GROUP_BYTES);
        if let Some(lane) = lanes::equal(group, above, wanted).next() {
            let slot = u32::from_le_bytes(*group.as_chunks::<4>().0.get(lane)?) & below;
            if slot >= shape.used {
                return None;
            }
            let key = Slot::key_bytes(chunk(window, shape.slot_at(slot)).ok()?);
            let is_key = is_key(window, u64::from_le_bytes(*key));
            let entry = GROUP.wrapping_mul(number as usize).wrapping_add(lane);
            return is_key.then_some(Place::At(slot, entry));
        }
        if group.last_chunk() == Some(&[0; 4]) {
            return Some(Place::Absent(number as usize));
        }
        number = number.wrapping_add(1) & (shape.groups() as u32).wrapping_sub(1);
        if number == home {
            return None;
        }
    }
}
