//! Growing a bucket where it is, when nothing lies after it in its memory: its entries are not copied. The new index lies
//! after the whole old bucket, which stays as it is until the new index is complete.

use super::change::capacity_for;
use super::entries;
use super::layout::{
    BucketForm, HEADER_BYTES, SLOT_BYTES, Shape, Slot, TRAILER_BYTES, Wrapper, at_mut, chunk_mut, put,
    put_long,
};
use super::memory::Memory;
use super::value::Tag;
use crate::status::Status;

/// Adds an absent key to a bucket without room. Returns false, with nothing changed, when the bucket has to be copied: also
/// when some of its slots were emptied. `Malformed`, `LimitExceeded`.
pub(super) fn extend(
    memory: &mut impl Memory,
    map: u32,
    old: &Shape,
    tag: Tag,
    slot: Slot,
) -> Result<bool, Status> {
    let Shape { form: BucketForm::Indexed, capacity, count, used, view, .. } = *old else { return Ok(false) };
    let all = used.wrapping_add(1);
    if view != used || count != used || used >= capacity || memory.flags().plain {
        return Ok(false);
    }
    // Then the new index lies after the old bucket.
    let double = capacity_for(all)?;
    if double != capacity.saturating_mul(2) {
        return Ok(false);
    }
    let Ok(size) = u32::try_from(Shape::bytes(BucketForm::Indexed, double)) else { return Ok(false) };
    if !memory.extend(old.bucket, size) {
        return Ok(false);
    }
    let new = Shape { capacity: double, count: all, used: all, view: all, seed: memory.seed(), ..*old };
    let window = memory.bytes_mut();
    slot.store(chunk_mut(window, new.slot_at(used))?);
    if let Err(status) = entries::enter_all(window, &new, tag, all) {
        *chunk_mut(window, new.slot_at(used))? = [0; SLOT_BYTES];
        zero(window, new.index_at(), new.trailer_at())?;
        return Err(status);
    }
    zero(window, old.index_at(), old.trailer_at() + TRAILER_BYTES)?;
    let trailer = chunk_mut::<TRAILER_BYTES>(window, new.trailer_at())?;
    put_long(trailer, 0, new.seed);
    put(trailer, 8, all);
    let header = chunk_mut::<HEADER_BYTES>(window, new.bucket as usize)?;
    put(header, 0, double);
    put(header, 4, all);
    *chunk_mut(window, (map as usize).wrapping_add(4))? = Wrapper::view_word(all).to_le_bytes();
    Ok(true)
}

fn zero(window: &mut [u8], start: usize, end: usize) -> Result<(), Status> {
    at_mut(window, start)?.get_mut(..end - start).ok_or(Status::Malformed)?.fill(0);
    Ok(())
}
