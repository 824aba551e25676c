//! A map or set as self-contained bytes: offsets from the first byte, strings included. A stone holds such bytes; many
//! threads can read it, and messages can carry it.
//!
//! `"bucket"`, a version (u16), the wrapper (12 bytes), the letters of the key's and the value's tag, two zeros, the
//! bucket, the strings.

use super::effort::{Effort, look};
use super::entries::{self, Steps, home};
use super::key::hash_key;
use super::layout::{
    BucketForm, HEADER_BYTES, MAX_CAPACITY, SMALL_CAPACITY, Shape, Slot, TRAILER_BYTES, TableKind,
    WRAPPER_BYTES, Wrapper, chunk, chunk_mut, put, put_long, text,
};
use super::value::{Tag, Value};
use super::version::Bucket;
use crate::status::Status;

const MARK: [u8; 8] = *b"bucket\x01\0";
const WRAPPER_AT: usize = 8;
const TAGS_AT: usize = WRAPPER_AT + WRAPPER_BYTES;
const BUCKET_AT: usize = TAGS_AT + 4;

/// The header of a stone that has a map or set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// A map or a set.
    pub kind: TableKind,
    /// The offset of its wrapper.
    pub wrapper: u32,
    /// The tag of the keys.
    pub key: Tag,
    /// The tag of the values; [`Tag::Bits`] in a set.
    pub value: Tag,
}

/// The map or set in a stone's bytes. `Malformed` when there is none.
pub fn frozen(bytes: &[u8]) -> Result<Frozen, Status> {
    if *chunk(bytes, 0)? != MARK {
        return Err(Status::Malformed);
    }
    let [key, value, ..] = *chunk::<4>(bytes, TAGS_AT)?;
    let tag = |letter| Tag::from_letter(letter).map_err(|_| Status::Malformed);
    let wrapper = WRAPPER_AT as u32;
    Ok(Frozen { kind: Wrapper::load(bytes, wrapper)?.kind, wrapper, key: tag(key)?, value: tag(value)? })
}

/// The smallest capacity that holds this many entries and leaves room in the index.
fn capacity_for(count: u32) -> u32 {
    if count <= SMALL_CAPACITY {
        return SMALL_CAPACITY;
    }
    let slots = count.saturating_add(count.div_ceil(7)).checked_next_power_of_two();
    slots.unwrap_or(MAX_CAPACITY).min(MAX_CAPACITY)
}

fn form_of(capacity: u32) -> BucketForm {
    if capacity > SMALL_CAPACITY { BucketForm::Indexed } else { BucketForm::Small }
}

/// The size that a stone may always have when the caller sets no limit.
const USUAL_SIZE: usize = 1 << 24;
/// The same in multiples of the memory's length. A stone is larger than the memory only when many values are the same
/// string and are far apart.
const USUAL_MULTIPLE: usize = 8;

/// The default limit in bytes for a stone made from this window.
pub fn freeze_limit(window: &[u8]) -> usize {
    window.len().saturating_mul(USUAL_MULTIPLE).max(USUAL_SIZE)
}

/// The size in bytes of the map or set as a stone. `WrongType`, `Malformed`, `LimitExceeded` when that is more than
/// [`freeze_limit`] or 4 GiB.
pub fn freeze_size(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    key: Tag,
    value: Tag,
) -> Result<usize, Status> {
    freeze_size_within(window, kind, wrapper, key, value, freeze_limit(window))
}

/// The same with another limit.
pub fn freeze_size_within(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    key: Tag,
    value: Tag,
    limit: usize,
) -> Result<usize, Status> {
    let limit = u64::from(u32::MAX).min(limit as u64);
    let bucket = Bucket::of(window, wrapper, kind)?;
    let count = bucket.size()?;
    let mut size = BUCKET_AT as u64;
    if count != 0 {
        let capacity = capacity_for(count);
        size = size.saturating_add(Shape::bytes(form_of(capacity), capacity) as u64);
    }
    let mut copied = Copied::default();
    for (_, slot) in bucket.live() {
        if size > limit {
            break;
        }
        // Strings outside the memory must not add to the size.
        if key == Tag::Text {
            size = size.saturating_add(string(window, slot.key)?.len() as u64);
        }
        if value == Tag::Text && copied.place(slot.value).is_none() {
            size = size.saturating_add(string(window, slot.value)?.len() as u64);
            copied.note(slot.value, 0);
        }
    }
    if size > limit { Err(Status::LimitExceeded) } else { Ok(size as usize) }
}

fn string(window: &[u8], field: u64) -> Result<&[u8], Status> {
    text(window, field as u32, (field >> 32) as u32)
}

/// Where recently copied strings are. Values that share a string in the memory share it in the stone too, unless many
/// other strings come between.
struct Copied {
    fields: [(u64, u32); Self::FEW],
}

impl Default for Copied {
    fn default() -> Self {
        Copied { fields: [(0, 0); Self::FEW] }
    }
}

impl Copied {
    const FEW: usize = 32;

    /// Many strings' blocks are at multiples of eight.
    fn slot(field: u64) -> usize {
        (field as u32 / 8).wrapping_mul(0x9E37_79B1) as usize >> 27 & (Self::FEW - 1)
    }

    fn place(&self, field: u64) -> Option<u32> {
        self.fields.get(Self::slot(field)).filter(|(known, _)| *known == field).map(|(_, place)| *place)
    }

    fn note(&mut self, field: u64, place: u32) {
        if let Some(known) = self.fields.get_mut(Self::slot(field)) {
            *known = (field, place);
        }
    }
}

/// Writes the map or set into `to`, which must be [`freeze_size`] zero bytes. Values with tag `b` are copied as they
/// are, pointers or not. `WrongType`, `Malformed`; `OutOfRange`, or `LimitExceeded`, when `to` has another size; its
/// content is then undefined.
pub fn freeze(
    window: &[u8],
    kind: TableKind,
    wrapper: u32,
    key: Tag,
    value: Tag,
    seed: u64,
    to: &mut [u8],
) -> Result<(), Status> {
    let bucket = Bucket::of(window, wrapper, kind)?;
    let count = bucket.size()?;
    if to.len() != freeze_size_within(window, kind, wrapper, key, value, to.len())? {
        return Err(Status::OutOfRange);
    }
    *chunk_mut(to, 0)? = MARK;
    *chunk_mut(to, TAGS_AT)? = [key.letter(), value.letter(), 0, 0];
    let place = if count == 0 { 0 } else { BUCKET_AT as u32 };
    *chunk_mut(to, WRAPPER_AT)? = Wrapper { kind, view: Some(count), bucket: place }.to_bytes();
    if count == 0 {
        return Ok(());
    }
    let capacity = capacity_for(count);
    let form = form_of(capacity);
    let shape = Shape { form, bucket: place, capacity, count, used: count, view: count, seed };
    let header = chunk_mut::<HEADER_BYTES>(to, BUCKET_AT)?;
    put(header, 0, capacity);
    put(header, 4, count);
    if form == BucketForm::Indexed {
        let trailer = chunk_mut::<TRAILER_BYTES>(to, shape.trailer_at())?;
        put_long(trailer, 0, seed);
        put(trailer, 8, count);
    }
    let mut next = BUCKET_AT.wrapping_add(Shape::bytes(form, capacity));
    let mut number = 0u32;
    let (mut copied, mut steps) = (Copied::default(), Steps::of(&shape));
    let mut effort = Effort::of(to.len());
    for (_, slot) in bucket.live() {
        if number == count {
            return Err(Status::Malformed);
        }
        let mut own = |tag: Tag, bits: u64, known: Option<u32>| -> Result<u64, Status> {
            match Value::from_bits(tag, bits) {
                Value::Text { length, .. } if length != 0 => {
                    let pointer = match known {
                        Some(place) => place,
                        None => {
                            let content = string(window, bits)?;
                            look(content.len());
                            let place = to.get_mut(next..).and_then(|to| to.get_mut(..content.len()));
                            place.ok_or(Status::Malformed)?.copy_from_slice(content);
                            let place = next as u32;
                            next = next.wrapping_add(content.len());
                            place
                        }
                    };
                    Ok(Value::Text { pointer, length }.to_bits())
                }
                other => Ok(other.to_bits()),
            }
        };
        let own_key = own(key, slot.key, None)?;
        let own_value = own(value, slot.value, copied.place(slot.value))?;
        copied.note(slot.value, own_value as u32);
        let moved = Slot::new(own_key, own_value);
        moved.store(chunk_mut(to, shape.slot_at(number))?);
        if form == BucketForm::Indexed {
            // The keys were copied, so hashing them reads no more bytes than the stone has.
            let hash = hash_key(to, key, own_key, seed, &mut effort)?;
            entries::enter_with(to, &shape, home(&shape, hash), number, &mut steps)?;
        }
        number = number.wrapping_add(1);
    }
    if number == count { Ok(()) } else { Err(Status::Malformed) }
}
