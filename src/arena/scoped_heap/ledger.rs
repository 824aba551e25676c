//! The blocks of the backing allocator that a scope is charged for, with their numbers of bytes.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::{ptr, slice};
use std::alloc::System;

/// The bytes charged for one block. Zeroes are an empty slot.
struct Entry {
    block: Cell<usize>,
    bytes: Cell<usize>,
}

/// A hash table from addresses to bytes, in the system's memory, because the heap's own may be the memory being
/// allocated. Entries are at their home slot or in the next ones; at most half of all slots are used.
///
/// An entry may outlive its block if another thread freed it. Its bytes are then refunded with the next block at that
/// address that this thread frees.
pub(super) struct Ledger {
    /// NULL when there are no slots.
    entries: Cell<*mut Entry>,
    /// A power of two, or zero.
    places: Cell<usize>,
    taken: Cell<usize>,
}

const FEWEST: usize = 8;

impl Ledger {
    /// Nothing is charged.
    pub(super) const fn new() -> Self {
        Ledger { entries: Cell::new(ptr::null_mut()), places: Cell::new(0), taken: Cell::new(0) }
    }

    fn entries(&self) -> &[Entry] {
        if self.places.get() == 0 {
            return &[];
        }
        // SAFETY: this many entries exist, and zeroes are valid ones, until the table is replaced, which cannot
        // happen while this reference exists.
        unsafe { slice::from_raw_parts(self.entries.get(), self.places.get()) }
    }

    /// The home slot of an address. Blocks are at multiples of 16, and often of much more.
    fn home(&self, block: usize) -> usize {
        let mixed = (block as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize & (self.places.get() - 1)
    }

    /// The slot of the block, or the empty one where it would be. There are slots.
    fn place(&self, block: usize) -> usize {
        let entries = self.entries();
        let mut place = self.home(block);
        while entries[place].block.get() != 0 && entries[place].block.get() != block {
            place = (place + 1) & (entries.len() - 1);
        }
        place
    }

    /// Makes room for one more entry. Returns false when there is no memory.
    #[must_use]
    pub(super) fn reserve(&self) -> bool {
        let (places, taken) = (self.places.get(), self.taken.get());
        if taken < places / 2 {
            return true;
        }
        let more = (places * 2).max(FEWEST);
        let Ok(layout) = Layout::array::<Entry>(more) else { return false };
        // SAFETY: the table is not empty.
        let entries: *mut Entry = unsafe { System.alloc_zeroed(layout) }.cast();
        if entries.is_null() {
            return false;
        }
        let larger = Ledger { entries: Cell::new(entries), places: Cell::new(more), taken: Cell::new(taken) };
        for entry in self.entries().iter().filter(|entry| entry.block.get() != 0) {
            let to = &larger.entries()[larger.place(entry.block.get())];
            to.block.set(entry.block.get());
            to.bytes.set(entry.bytes.get());
        }
        self.clear();
        self.entries.swap(&larger.entries);
        self.places.swap(&larger.places);
        self.taken.swap(&larger.taken);
        true
    }

    /// Charges `size` more bytes for the block. Returns false and changes nothing when there is no memory, which
    /// cannot happen after room was reserved.
    pub(super) fn add(&self, block: usize, bytes: usize) -> bool {
        if bytes == 0 {
            return true;
        }
        if !self.reserve() {
            return false;
        }
        let entry = &self.entries()[self.place(block)];
        if entry.block.replace(block) == 0 {
            self.taken.set(self.taken.get() + 1);
        }
        entry.bytes.set(entry.bytes.get() + bytes);
        true
    }

    /// Removes the bytes charged for the block, but at most `most`. Returns their number.
    pub(super) fn take(&self, block: usize, most: usize) -> usize {
        if self.taken.get() == 0 {
            return 0;
        }
        let place = self.place(block);
        let entry = &self.entries()[place];
        let bytes = entry.bytes.get();
        if bytes > most {
            entry.bytes.set(bytes - most);
            return most;
        }
        if entry.block.get() != 0 {
            self.remove(place);
        }
        bytes
    }

    /// Empties the slot. Later entries that can be nearer to their home move into it.
    fn remove(&self, mut place: usize) {
        let entries = self.entries();
        let mask = entries.len() - 1;
        let mut next = place;
        loop {
            next = (next + 1) & mask;
            let block = entries[next].block.get();
            if block == 0 {
                break;
            }
            if (next.wrapping_sub(self.home(block)) & mask) >= (next.wrapping_sub(place) & mask) {
                entries[place].block.set(block);
                entries[place].bytes.set(entries[next].bytes.get());
                place = next;
            }
        }
        entries[place].block.set(0);
        entries[place].bytes.set(0);
        self.taken.set(self.taken.get() - 1);
    }

    /// Moves the entry of a block to its new address.
    pub(super) fn moved(&self, from: usize, to: usize) {
        let bytes = self.take(from, usize::MAX);
        // Removing the entry has emptied a slot, unless there was no entry.
        let _ = self.add(to, bytes);
    }

    /// Moves all entries to the heir, as far as there is memory; the bytes of the others stay charged.
    pub(super) fn leave_to(&self, heir: &Ledger) {
        if heir.taken.get() == 0 {
            heir.clear();
            self.entries.swap(&heir.entries);
            self.places.swap(&heir.places);
            self.taken.swap(&heir.taken);
        }
        for entry in self.entries().iter().filter(|entry| entry.block.get() != 0) {
            heir.add(entry.block.get(), entry.bytes.get());
        }
        self.clear();
    }

    /// Removes all entries and frees the memory.
    pub(super) fn clear(&self) {
        let entries = self.entries.replace(ptr::null_mut());
        let places = self.places.replace(0);
        self.taken.set(0);
        if let (true, Ok(layout)) = (places != 0, Layout::array::<Entry>(places)) {
            // SAFETY: it was allocated there, with this layout.
            unsafe { System.dealloc(entries.cast(), layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// Compared with a map, with few addresses, so that they collide.
    #[test]
    fn charges_as_a_map_would() {
        let (ledgers, mut models) = ([Ledger::new(), Ledger::new()], [HashMap::new(), HashMap::new()]);
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        for _ in 0..50_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let (which, bytes) = (state as usize & 1, (state >> 8) as usize & 15);
            let [block, other] = [state >> 16, state >> 32].map(|random| random as usize % 60 * 4096 + 16);
            let (ledger, model) = (&ledgers[which], &mut models[which]);
            match state >> 60 {
                0..8 => {
                    assert!(ledger.add(block, bytes));
                    if bytes > 0 {
                        *model.entry(block).or_insert(0) += bytes;
                    }
                }
                8..14 => {
                    let most = if bytes == 0 { usize::MAX } else { bytes };
                    let expected = model.get(&block).map_or(0, |bytes: &usize| *bytes.min(&most));
                    assert_eq!(ledger.take(block, most), expected);
                    if let Some(bytes) = model.get_mut(&block) {
                        *bytes -= expected;
                    }
                }
                14 => {
                    ledger.moved(block, other);
                    if let Some(bytes) = model.remove(&block) {
                        *model.entry(other).or_insert(0) += bytes;
                    }
                }
                _ if bytes == 0 => {
                    let [one, two] = &ledgers;
                    one.leave_to(two);
                    let [one, two] = &mut models;
                    for (block, bytes) in one.drain() {
                        *two.entry(block).or_insert(0) += bytes;
                    }
                }
                _ => {}
            }
            models[which].retain(|_, bytes| *bytes != 0);
            assert_eq!(ledgers[which].taken.get(), models[which].len());
        }
        for ledger in &ledgers {
            ledger.clear();
        }
    }
}
