//! Appending to an antestone, and the moment it turns to stone. A refused or failed call changes nothing.

use core::ptr::NonNull;

use super::owner::{self, Owner};
use super::{Blob, RawBlob, bits, bytes_for};
use crate::Status;
use crate::sync::Ordering;

impl Blob {
    /// Appends whole bytes, at whatever bit the blob ends.
    ///
    /// `IsStone`; `Busy` when others share the blob; `NoMemory`.
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), Status> {
        // SAFETY: `&mut self` with a count of one is the only way to the blob.
        unsafe { self.append_bytes_alone(bytes) }
    }

    /// The bytes of an antestone that nobody shares, to be filled in place.
    ///
    /// `IsStone`; `Busy` when others share the blob.
    pub fn bytes_mut(&mut self) -> Result<&mut [u8], Status> {
        self.check_writable()?;
        // SAFETY: an antestone's bytes are a block of ours, and `&mut self` with a count of one is the
        // only way to them.
        unsafe { Ok(core::slice::from_raw_parts_mut(self.data.get().read(), bytes_for(self.length_bits()))) }
    }
}

impl RawBlob {
    /// [`Blob::append_bytes`] for those who have only a pointer. `bytes` may be the blob's own.
    ///
    /// # Safety
    /// While the count is one, no other thread uses the blob during this call.
    pub unsafe fn append_bytes_alone(&self, bytes: &[u8]) -> Result<(), Status> {
        self.check_writable()?;
        let old = self.length_bits();
        let added = bytes.len().checked_mul(8).ok_or(Status::NoMemory)?;
        let new = old.checked_add(added).ok_or(Status::NoMemory)?;
        // SAFETY: checked to be a writable antestone; alone by the caller's promise. When `bytes` are the
        // blob's own they are found again at the same offset behind the move.
        unsafe {
            let own = bytes.as_ptr_range().start as usize;
            let block = self.data.get().read() as usize;
            let inside = (own.wrapping_sub(block) < bytes_for(old)).then(|| own - block);
            let room = self.reserve(bytes_for(new))?;
            let source = match inside {
                Some(offset) => room.add(offset).as_ptr().cast_const(),
                None => bytes.as_ptr(),
            };
            if old.is_multiple_of(8) {
                room.add(old / 8).as_ptr().copy_from(source, bytes.len());
            } else {
                // The last byte is shared with what is already there; the bits behind it are zero.
                let mut carry = room.add(old / 8).as_ptr().read();
                let shift = old % 8;
                for index in 0..bytes.len() {
                    let byte = source.add(index).read();
                    room.add(old / 8 + index).as_ptr().write(carry | (byte >> shift));
                    carry = byte << (8 - shift);
                }
                if !bytes.is_empty() {
                    room.add(old / 8 + bytes.len()).as_ptr().write(carry);
                }
            }
            self.length_bits.get().write(new);
        }
        Ok(())
    }

    /// [`Blob::make_stone`] for those who have only a pointer.
    ///
    /// # Safety
    /// While the count is one, no other thread uses the blob during this call.
    pub unsafe fn make_stone_alone(&self) {
        if self.is_stone() {
            return;
        }
        if self.count.is_one() {
            // SAFETY: an antestone's owner is a block of ours; alone by the caller's promise.
            unsafe {
                let size = bytes_for(self.length_bits());
                if let Owner::Heap { capacity } = *self.owner.get()
                    && capacity > size
                {
                    // A smaller block may be refused; then the spare room stays.
                    let data = NonNull::new_unchecked(self.data.get().read());
                    if let Ok(trimmed) = owner::resize_bytes(data, capacity, size) {
                        self.data.get().write(trimmed.as_ptr());
                        self.owner.get().write(Owner::Heap { capacity: size });
                    }
                }
            }
        }
        self.stone.store(true, Ordering::Release);
    }

    fn check_writable(&self) -> Result<(), Status> {
        if self.is_stone() {
            Err(Status::IsStone)
        } else if !self.count.is_one() {
            Err(Status::Busy)
        } else {
            Ok(())
        }
    }

    /// Room for `size` bytes in all; where they start now.
    ///
    /// # Safety
    /// A writable antestone, which nobody else uses.
    unsafe fn reserve(&self, size: usize) -> Result<NonNull<u8>, Status> {
        // SAFETY: the caller's promise.
        unsafe {
            let data = NonNull::new_unchecked(self.data.get().read());
            let Owner::Heap { capacity } = *self.owner.get() else {
                return Err(Status::IsStone);
            };
            if size <= capacity {
                return Ok(data);
            }
            // Doubling keeps many small appends linear; when that much is not to be had, what is needed.
            let generous = size.max(capacity.saturating_mul(2)).max(32);
            let (grown, capacity) = match owner::resize_bytes(data, capacity, generous) {
                Ok(grown) => (grown, generous),
                Err(_) => (owner::resize_bytes(data, capacity, size)?, size),
            };
            self.data.get().write(grown.as_ptr());
            self.owner.get().write(Owner::Heap { capacity });
            Ok(grown)
        }
    }
}

impl RawBlob {
    /// An antestone with a copy of the bits `from..to`, of a stone or an antestone.
    ///
    /// `OutOfRange`; `NoMemory`.
    pub fn copy_range(&self, from: usize, to: usize) -> Result<Blob, Status> {
        if from > to || to > self.length_bits() {
            return Err(Status::OutOfRange);
        }
        let mut copy = Blob::zeroed(to - from)?;
        bits::copy(copy.bytes_mut()?, self.bytes(), from, to - from);
        Ok(copy)
    }
}
