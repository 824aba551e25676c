//! Parts of a blob, and comparing blobs.

use core::ptr::NonNull;

use super::owner::{self, Owner};
use super::{Blob, RawBlob, Start, bits};
use crate::status::Status;

impl RawBlob {
    /// An antestone with a copy of the bits `from..to` of this stone or antestone.
    ///
    /// `OutOfRange`; `NoMemory`.
    pub fn copy_range(&self, from: usize, to: usize) -> Result<Blob, Status> {
        if from > to || to > self.length_bits() {
            return Err(Status::OutOfRange);
        }
        let mut copy = Blob::with_capacity(to - from)?;
        // SAFETY: readable, and not the new blob's own bytes.
        unsafe { copy.alone().append_run(NonNull::from(&self.bytes()[from / 8..]), from % 8, to - from)? };
        Ok(copy)
    }

    /// Whether the two have the same length and the same bits.
    pub fn same_bits(&self, other: &RawBlob) -> bool {
        let count = self.length_bits();
        count == other.length_bits() && bits::equal(self.bytes(), other.bytes(), count)
    }
}

impl Blob {
    /// A stone of the bits `from..to` of this stone. It shares the bytes (and holds this blob) when `from` is a
    /// multiple of 8, otherwise it has a copy.
    ///
    /// `NotStone`; `OutOfRange`; `NoMemory`.
    pub fn slice(&self, from: usize, to: usize) -> Result<Blob, Status> {
        if !self.is_stone() {
            return Err(Status::NotStone);
        }
        if from > to || to > self.length_bits() {
            return Err(Status::OutOfRange);
        }
        if !from.is_multiple_of(8) {
            let mut copy = self.copy_range(from, to)?;
            copy.make_stone();
            return Ok(copy);
        }
        if from == to {
            let start = Start { data: owner::no_bytes(), bits: 0, stone: true, owner: Owner::Borrowed };
            return Blob::place(start, None);
        }
        let data = NonNull::from(&self.bytes()[from / 8..]).cast();
        let start = Start { data, bits: to - from, stone: true, owner: Owner::Borrowed };
        Blob::place(start, Some(self.whole()))
    }

    /// The blob that owns the bytes: this one, or the one that a slice was made from (a slice of a slice holds the
    /// original).
    pub fn whole(&self) -> &Blob {
        // SAFETY: an owner does not change while the blob is shared (see the impl of `Sync`).
        match (unsafe { &*self.owner.get() }, self.held()) {
            (Owner::Borrowed, [whole]) => whole,
            _ => self,
        }
    }

    /// Copies the bits to `target`, which has exactly the size in bytes; bits after the last one become zero.
    /// `OutOfRange` for another size.
    pub fn read_bytes(&self, target: &mut [u8]) -> Result<(), Status> {
        if target.len() != self.bytes().len() {
            return Err(Status::OutOfRange);
        }
        bits::copy(target, self.bytes(), 0, self.length_bits());
        Ok(())
    }

    /// The bits as 64-bit words, the first bit the most significant of the first word; bits after the last one are
    /// zero.
    pub(crate) fn for_each_word(&self, mut put: impl FnMut(u64)) {
        let mut left = self.length_bits();
        for chunk in self.bytes().chunks(8) {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            if left < 64 {
                bits::clear_tail(&mut eight[..chunk.len()], left);
            }
            left = left.saturating_sub(64);
            put(u64::from_be_bytes(eight));
        }
    }
}
