//! Finding fields by key.

use core::slice;

use super::{Fields, Node, TextSlice};
use crate::bucket::hash_text;
use crate::value::Kind;

/// Whether a record of this many fields has an index. Scanning fewer fields is about as fast, and most records have
/// no more. Records with more fields than an index entry can number have none.
pub(super) fn is_indexed(count: usize) -> bool {
    count > 16 && count < 1 << 31
}

/// The number of entries in the index of a record of this many fields; at most half of them are used.
pub(super) fn index_size(count: usize) -> usize {
    (count.saturating_mul(2)).checked_next_power_of_two().unwrap_or(usize::MAX)
}

/// # Safety
/// The bytes are there.
unsafe fn bytes<'a>(text: TextSlice) -> &'a [u8] {
    if text.length == 0 {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { slice::from_raw_parts(text.utf8.cast(), text.length) }
}

/// The hash seed is the address of the index, which nobody outside knows, because keys are untrusted.
fn home(index: *const u32, size: usize, key: &[u8]) -> usize {
    hash_text(index.addr() as u64, key) as usize & (size - 1)
}

/// The address of the index of a record that has one.
fn index_of(record: &Fields) -> *const u32 {
    record.keys.wrapping_add(record.count).cast()
}

/// Writes the index of a record if it is to have one. An entry is 0, or the number of a field plus 1. Of equal keys
/// the first one is found.
///
/// # Safety
/// The record's keys are written, with room for the index after them.
pub(super) unsafe fn make_index(node: &Node) {
    if node.indexed == 0 {
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let record = node.r#as.record;
        let index = index_of(&record).cast_mut();
        let size = index_size(record.count);
        index.write_bytes(0, size);
        for number in 0..record.count {
            let mut place = home(index, size, bytes(*record.keys.add(number)));
            while *index.add(place) != 0 {
                place = (place + 1) & (size - 1);
            }
            *index.add(place) = number as u32 + 1;
        }
    }
}

/// The value of a key, when the node is a record with that key: O(1) in trees that `decode` made.
///
/// # Safety
/// A tree of [`decode`](super::decode), or one with the same structure.
pub unsafe fn find<'a>(node: &'a Node, key: &[u8]) -> Option<&'a Node> {
    if node.r#type != Kind::Record as i32 {
        return None;
    }
    // SAFETY: the caller's promise; the type says which field of the union is there.
    unsafe {
        let record = node.r#as.record;
        let is_key = |number: usize| bytes(*record.keys.add(number)) == key;
        let number = if node.indexed == 0 {
            (0..record.count).find(|number| is_key(*number))?
        } else {
            let index = index_of(&record);
            let size = index_size(record.count);
            let mut place = home(index, size, key);
            loop {
                let number = (*index.add(place) as usize).checked_sub(1)?;
                if is_key(number) {
                    break number;
                }
                place = (place + 1) & (size - 1);
            }
        };
        record.values.add(number).as_ref()
    }
}
