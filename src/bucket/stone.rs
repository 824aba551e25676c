//! A map or set as bytes that stand for themselves: offsets from the first byte, strings inside. Such bytes are put
//! into a stone, which many threads read and messages carry.
//!
//! `"bucket"`, a version (u16), the wrapper (12 bytes), the letters of the key's and the value's tag, two zeros, the
//! bucket, the strings.

use super::index::{self, home};
use super::layout::{
    Bucket, Form, HEADER_BYTES, Kind, MAX_CAPACITY, SMALL_CAPACITY, Shape, Slot, TRAILER_BYTES,
    WRAPPER_BYTES, Wrapper, chunk, chunk_mut, put, put_long, text,
};
use super::value::{Tag, Value, hash_key};
use crate::Status;

const MARK: [u8; 8] = *b"bucket\x01\0";
const WRAPPER_AT: usize = 8;
const TAGS_AT: usize = WRAPPER_AT + WRAPPER_BYTES;
const BUCKET_AT: usize = TAGS_AT + 4;

/// What a stone with a map or set says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// A map or a set.
    pub kind: Kind,
    /// The offset of its wrapper.
    pub wrapper: u32,
    /// What the keys are.
    pub key: Tag,
    /// What the values are; [`Tag::Bits`] in a set.
    pub value: Tag,
}

/// The map or set in a stone's bytes. `Malformed` when it is none.
pub fn frozen(bytes: &[u8]) -> Result<Frozen, Status> {
    if *chunk(bytes, 0)? != MARK {
        return Err(Status::Malformed);
    }
    let [key, value, ..] = *chunk::<4>(bytes, TAGS_AT)?;
    let tag = |letter| Tag::from_letter(letter).map_err(|_| Status::Malformed);
    let wrapper = WRAPPER_AT as u32;
    Ok(Frozen { kind: Wrapper::load(bytes, wrapper)?.kind, wrapper, key: tag(key)?, value: tag(value)? })
}

/// The smallest capacity that holds so many entries and leaves the index empty places.
fn capacity_for(count: u32) -> u32 {
    if count <= SMALL_CAPACITY {
        return SMALL_CAPACITY;
    }
    let slots = count.saturating_add(count.div_ceil(7)).checked_next_power_of_two();
    slots.unwrap_or(MAX_CAPACITY).min(MAX_CAPACITY)
}

fn form_of(capacity: u32) -> Form {
    if capacity > SMALL_CAPACITY { Form::Indexed } else { Form::Small }
}

/// How many bytes the map or set takes as a stone. `WrongType`, `LimitExceeded` beyond 4 GiB, `Malformed`.
pub fn freeze_size(window: &[u8], kind: Kind, wrapper: u32, key: Tag, value: Tag) -> Result<usize, Status> {
    let bucket = Bucket::of(window, wrapper, kind)?;
    let count = bucket.size()?;
    let mut size = BUCKET_AT as u64;
    if count != 0 {
        let capacity = capacity_for(count);
        size = size.saturating_add(Shape::bytes(form_of(capacity), capacity) as u64);
    }
    for (_, slot) in bucket.live() {
        for (tag, bits) in [(key, slot.key), (value, slot.value)] {
            if tag == Tag::Text {
                // What is not there must not make anyone ask for room.
                size = size.saturating_add(text(window, bits as u32, (bits >> 32) as u32)?.len() as u64);
            }
        }
    }
    match u32::try_from(size) {
        Ok(size) => Ok(size as usize),
        Err(_) => Err(Status::LimitExceeded),
    }
}

/// Writes the map or set into `to`, which has [`freeze_size`] bytes that are all zero. Values with tag `b` are copied
/// as they are, pointers or not. `WrongType`, `Malformed`, `OutOfRange` when `to` has another size; then its content
/// means nothing.
pub fn freeze(
    window: &[u8],
    kind: Kind,
    wrapper: u32,
    key: Tag,
    value: Tag,
    seed: u64,
    to: &mut [u8],
) -> Result<(), Status> {
    let bucket = Bucket::of(window, wrapper, kind)?;
    let count = bucket.size()?;
    if to.len() != freeze_size(window, kind, wrapper, key, value)? {
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
    if form == Form::Indexed {
        let trailer = chunk_mut::<TRAILER_BYTES>(to, shape.trailer_at())?;
        put_long(trailer, 0, seed);
        put(trailer, 8, count);
    }
    let mut next = BUCKET_AT.wrapping_add(Shape::bytes(form, capacity));
    let mut number = 0u32;
    for (_, slot) in bucket.live() {
        if number == count {
            return Err(Status::Malformed);
        }
        let mut own = |tag: Tag, bits: u64| -> Result<u64, Status> {
            match Value::from_bits(tag, bits) {
                Value::Text { pointer, length } if length != 0 => {
                    let content = text(window, pointer, length)?;
                    let place = to.get_mut(next..).and_then(|to| to.get_mut(..content.len()));
                    place.ok_or(Status::Malformed)?.copy_from_slice(content);
                    let moved = Value::Text { pointer: next as u32, length };
                    next = next.wrapping_add(content.len());
                    Ok(moved.to_bits())
                }
                other => Ok(other.to_bits()),
            }
        };
        let moved = Slot::new(own(key, slot.key)?, own(value, slot.value)?);
        moved.store(chunk_mut(to, shape.slot_at(number))?);
        if form == Form::Indexed {
            let hash = hash_key(window, key, slot.key, seed)?;
            index::enter(to, &shape, home(&shape, hash), number)?;
        }
        number = number.wrapping_add(1);
    }
    if number == count { Ok(()) } else { Err(Status::Malformed) }
}
