//! Setting an integer key in a bucket with an index that has the key or room for it, which nearly every insertion in
//! place is. The bucket is checked once, and its parts are borrowed one beside the other.

use super::effort::look;
use super::index::{Entries, entry_bits};
use super::key::hash_bits;
use super::layout::{
    ENTRY_BYTES, GROUP_BYTES, HEADER_BYTES, OURS, SLOT_BYTES, Slot, TRAILER_BYTES, TableKind, WRAPPER_BYTES,
    Wrapper, at_mut, chunk, chunk_mut, has_index, limit, long, put, put_long, word,
};
use crate::lanes::{self, Mask};

/// Sets the value of an integer key to these bits. `None`, with nothing changed: more work is needed, or something is
/// wrong.
#[inline(always)]
pub(super) fn put_integer(window: &mut [u8], kind: TableKind, map: u32, key: i64, value: u64) -> Option<()> {
    let key = key as u64;
    let wrapper = chunk::<WRAPPER_BYTES>(window, map as usize).ok()?;
    let (tag, second, bucket) = (word(wrapper, 0), word(wrapper, 4), word(wrapper, 8));
    if tag != kind.tag() || bucket == 0 {
        return None;
    }
    let (header, body) = at_mut(window, bucket as usize).ok()?.split_first_chunk_mut::<HEADER_BYTES>()?;
    // In a plain wrapper, more than any bucket has.
    let view = second ^ OURS;
    let (capacity, count) = (word(header, 0), word(header, 4));
    if !has_index(capacity) {
        return None;
    }
    let (slots, body) = body.split_at_mut_checked(SLOT_BYTES * capacity as usize)?;
    let (index, body) = body.split_at_mut_checked(ENTRY_BYTES * capacity as usize)?;
    let trailer = body.first_chunk_mut::<TRAILER_BYTES>()?;
    look(WRAPPER_BYTES + HEADER_BYTES + TRAILER_BYTES);
    // Older versions of a bucket go the longer way.
    if count > capacity || view != word(trailer, 8) {
        return None;
    }
    let (slots, groups) = (slots.as_chunks_mut::<SLOT_BYTES>().0, index.as_chunks_mut::<GROUP_BYTES>().0);
    let hash = hash_bits(long(trailer, 0), key);
    let (entries, wanted) = (Entries::of(capacity), entry_bits(hash));
    let last = groups.len().wrapping_sub(1);
    let mut number = hash as usize;
    while let Some(group) = groups.get_mut(number & last) {
        look(GROUP_BYTES);
        if let Some(entry) = lanes::first_equal(group, entries.above, wanted) {
            let slot = slots.get_mut(..view as usize)?.get_mut((entry & entries.below) as usize)?;
            // Another key has the same bits in its entry.
            if Slot::key_bytes(slot) != &key.to_le_bytes() {
                return None;
            }
            put_long(slot, 12, value);
            return Some(());
        }
        if group.last_chunk() == Some(&[0; 4]) {
            if view >= limit(capacity) {
                return None;
            }
            let slot = slots.get_mut(view as usize)?;
            let place = lanes::equal(group, Mask::new(u32::MAX), 0).next()?;
            let place = group.as_chunks_mut::<4>().0.get_mut(place)?;
            // The number's bits below, the hash's above.
            *place = (wanted ^ (wanted ^ view) & entries.below).to_le_bytes();
            Slot::new(key, value).store(slot);
            put(trailer, 8, view.wrapping_add(1));
            put(header, 4, count.wrapping_add(1));
            // It was read above, so it is there.
            *chunk_mut(window, (map as usize).wrapping_add(4)).ok()? =
                Wrapper::view_word(view.wrapping_add(1)).to_le_bytes();
            return Some(());
        }
        number = number.wrapping_add(1);
        if (number ^ hash as usize) & last == 0 {
            break;
        }
    }
    None
}
