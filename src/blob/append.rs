//! Appending to an antestone, and turning it to stone. A failed call changes nothing.

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::slice;

use super::file::{self, Mapped};
use super::owner::{self, Owner};
use super::{Blob, RawBlob, bits, bytes_for};
use crate::status::Status;
use crate::sync::Ordering;

/// A blob that no other thread uses while its count is one, so it can be written to.
///
/// Every call checks for other counts: `Busy` for a shared blob, `IsStone` for a stone. Every call can return
/// `NoMemory`.
pub struct Alone<'a> {
    blob: &'a RawBlob,
    /// No slice read before a write is used after it, and no two threads write.
    only: PhantomData<&'a mut RawBlob>,
}

impl Blob {
    /// Write access to the blob.
    pub fn alone(&mut self) -> Alone<'_> {
        // `&mut self` with a count of one is the only way to the blob.
        Alone { blob: self, only: PhantomData }
    }

    /// See [`Alone::append_bytes`].
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), Status> {
        self.alone().append_bytes(bytes)
    }

    /// Turns it to stone, in place, and frees its spare room unless others share the blob. Does nothing to a stone.
    pub fn make_stone(&mut self) {
        self.alone().make_stone();
    }

    /// The bytes of an unshared antestone, to be filled in place.
    ///
    /// `IsStone`; `Busy`.
    pub fn bytes_mut(&mut self) -> Result<&mut [u8], Status> {
        self.check_writable()?;
        // SAFETY: an antestone's bytes are in a block of this library, and `&mut self` with a count of one is the only
        // way to them.
        unsafe { Ok(slice::from_raw_parts_mut(self.data.get().read(), bytes_for(self.length_bits()))) }
    }
}

impl RawBlob {
    /// Write access for callers that have only a pointer.
    ///
    /// # Safety
    /// While the count is one, no other thread uses the blob as long as the result is used, and no reference to its
    /// bytes is used after a write.
    pub unsafe fn alone(&self) -> Alone<'_> {
        Alone { blob: self, only: PhantomData }
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
}

impl Alone<'_> {
    /// The blob itself.
    pub fn blob(&self) -> &RawBlob {
        self.blob
    }

    /// The address of its bytes, to be filled in place. `IsStone`; `Busy`.
    pub(crate) fn writable(&self) -> Result<NonNull<u8>, Status> {
        self.blob.check_writable()?;
        // SAFETY: nobody else changes it; it is never NULL.
        Ok(unsafe { NonNull::new_unchecked(self.blob.data.get().read()) })
    }

    /// See [`Blob::make_stone`].
    pub fn make_stone(&mut self) {
        let blob = self.blob;
        if blob.is_stone() {
            return;
        }
        if blob.count.is_one() {
            // SAFETY: an antestone's owner is a block or file that this library made, and nobody else uses it.
            unsafe {
                let size = bytes_for(blob.length_bits());
                self.seal_file(size);
                if let Owner::Heap { capacity, left } = *blob.owner.get()
                    && capacity > size
                {
                    // If the allocator refuses a smaller block, the spare room stays.
                    let data = NonNull::new_unchecked(blob.data.get().read());
                    if let Ok(trimmed) = owner::resize_bytes(data, capacity, size) {
                        blob.data.get().write(trimmed.as_ptr());
                        blob.owner.get().write(Owner::Heap { capacity: size, left });
                    }
                }
            }
        }
        blob.stone.store(true, Ordering::Release);
    }

    /// Seals a file where it is mapped. If another process can write to it, the bytes move to a block instead. If there
    /// is no memory for the block, they stay in the unsealed file.
    ///
    /// # Safety
    /// The blob is an antestone that nobody else uses.
    unsafe fn seal_file(&mut self, size: usize) {
        let blob = self.blob;
        // SAFETY: the caller's promise.
        unsafe {
            let Owner::File { capacity, descriptor, .. } = *blob.owner.get() else { return };
            let data = NonNull::new_unchecked(blob.data.get().read());
            let mut file = Mapped { data, capacity, descriptor };
            let sealed = file::seal(&mut file, size).is_ok();
            blob.owner.get().write(Owner::File { capacity: file.capacity, descriptor, sealed });
            if !sealed && let Ok(block) = owner::allocate_bytes(size, false) {
                block.copy_from_nonoverlapping(data, size);
                file::free(&file);
                blob.data.get().write(block.as_ptr());
                blob.owner.get().write(Owner::Heap { capacity: size, left: 0 });
            }
        }
    }

    /// Appends whole bytes; the blob may end at any bit.
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), Status> {
        let count = bytes.len().checked_mul(8).ok_or(Status::NoMemory)?;
        self.append_bits(bytes, count)
    }

    /// As [`Alone::append_bytes`], for bytes that may be the blob's own.
    ///
    /// # Safety
    /// The bytes are readable, and no reference to them is used again when they are the blob's own.
    pub unsafe fn append_bytes_at(&mut self, bytes: NonNull<[u8]>) -> Result<(), Status> {
        let count = bytes.len().checked_mul(8).ok_or(Status::NoMemory)?;
        // SAFETY: the caller's promise.
        unsafe { self.append_run(bytes, 0, count) }
    }

    /// Appends the bits of another blob, or of the same one.
    pub fn append_blob(&mut self, other: &RawBlob) -> Result<(), Status> {
        // By pointer: the bytes may be the blob's own, and a reference to them would outlive them. SAFETY: an
        // antestone's bytes are not changed while it is shared, a lone one's by nobody else.
        let start = unsafe { NonNull::new_unchecked(other.data.get().read()) };
        let count = other.length_bits();
        // SAFETY: the bytes that hold the length are readable.
        unsafe { self.append_run(NonNull::slice_from_raw_parts(start, bytes_for(count)), 0, count) }
    }

    /// Appends a copy of its own bits.
    pub fn append_own(&mut self) -> Result<(), Status> {
        let blob = self.blob;
        self.append_blob(blob)
    }

    /// Appends the first `count` bits of `source`. `OutOfRange` when it has fewer.
    pub fn append_bits(&mut self, source: &[u8], count: usize) -> Result<(), Status> {
        // SAFETY: readable, and not the blob's own bytes, because there is no reference to those.
        unsafe { self.append_run(NonNull::from(source), 0, count) }
    }

    /// Appends the `count` bits of `source` from bit `from` (less than 8) on. `OutOfRange`.
    ///
    /// # Safety
    /// As for [`Alone::append_bytes_at`].
    pub(super) unsafe fn append_run(
        &mut self,
        source: NonNull<[u8]>,
        from: usize,
        count: usize,
    ) -> Result<(), Status> {
        let blob = self.blob;
        blob.check_writable()?;
        let bytes = bytes_for(count.checked_add(from).ok_or(Status::OutOfRange)?);
        if bytes > source.len() {
            return Err(Status::OutOfRange);
        }
        let old = blob.length_bits();
        let new = old.checked_add(count).ok_or(Status::NoMemory)?;
        let offset = self.offset_within(source);
        // SAFETY: checked to be a writable antestone that nobody else uses. The block's bytes up to the old length are
        // initialised. The blob's own bytes are at the same offset after the move, and become a slice only there. The
        // target starts after them, except for the byte in which the blob ends, which is written after the last use of
        // the slice.
        unsafe {
            let room = self.reserve(bytes_for(new))?;
            let source =
                slice::from_raw_parts(offset.map_or(source.cast(), |at| room.add(at)).as_ptr(), bytes);
            let used = old % 8;
            let open = room.add(old / 8).as_ptr();
            let target = |first: usize, bits: usize| {
                let start = room.add(first).as_ptr().cast::<MaybeUninit<u8>>();
                slice::from_raw_parts_mut(start, bytes_for(bits))
            };
            if used == 0 {
                bits::copy_to(target(old / 8, count), source, from, count);
            } else if count != 0 {
                let head = (bits::window(source, from) >> (56 + used)) as u8;
                let rest = count.saturating_sub(8 - used);
                if rest != 0 {
                    bits::copy_to(target(old / 8 + 1, rest), source, from + 8 - used, rest);
                }
                let byte = open.read() & !(0xFF >> used) | head;
                let tail = new.min(old / 8 * 8 + 8) % 8;
                open.write(if tail == 0 { byte } else { byte & !(0xFF >> tail) });
            }
            blob.length_bits.get().write(new);
        }
        Ok(())
    }

    /// Appends the first `count` (at most 64) bits of `field`, whose first bit is the most significant one.
    #[inline]
    pub(super) fn append_field(&mut self, field: u64, count: usize) -> Result<(), Status> {
        let blob = self.blob;
        blob.check_writable()?;
        let old = blob.length_bits();
        let new = old.checked_add(count).ok_or(Status::NoMemory)?;
        let used = old % 8;
        // SAFETY: checked to be a writable antestone that nobody else uses; the nine bytes that are
        // written lie inside the block.
        unsafe {
            if let Owner::Heap { capacity, .. }
            | Owner::AfterHeader { capacity }
            | Owner::File { capacity, .. } = *blob.owner.get()
                && capacity.saturating_sub(old / 8) >= 9
            {
                let open = blob.data.get().read().add(old / 8);
                let field = if count < 64 { field & !(u64::MAX >> count) } else { field };
                let kept = if used == 0 { 0 } else { u64::from(open.read() & !(0xFF >> used)) << 56 };
                open.cast::<u64>().write_unaligned((kept | field >> used).to_be());
                open.add(8).write(((field << 8) >> used) as u8);
                blob.length_bits.get().write(new);
                return Ok(());
            }
        }
        self.append_bits(&field.to_be_bytes(), count)
    }

    /// The offset of these bytes in the blob, whose bytes move when it grows; `None` for other bytes.
    pub(super) fn offset_within(&self, bytes: NonNull<[u8]>) -> Option<usize> {
        // SAFETY: nobody else changes it.
        let own = unsafe { self.blob.data.get().read() };
        let offset = bytes.addr().get().wrapping_sub(own.addr());
        (offset < bytes_for(self.blob.length_bits())).then_some(offset)
    }

    /// Makes room for `count` more bits, so that appending them cannot fail.
    pub(super) fn reserve_bits(&mut self, count: usize) -> Result<(), Status> {
        self.blob.check_writable()?;
        let new = self.blob.length_bits().checked_add(count).ok_or(Status::NoMemory)?;
        // SAFETY: checked to be a writable antestone that nobody else uses.
        unsafe { self.reserve(bytes_for(new)).map(|_| ()) }
    }

    /// Makes room for `size` bytes in total; returns their address.
    ///
    /// # Safety
    /// The blob is writable.
    unsafe fn reserve(&mut self, size: usize) -> Result<NonNull<u8>, Status> {
        let blob = self.blob;
        // SAFETY: the caller's promise.
        unsafe {
            let data = NonNull::new_unchecked(blob.data.get().read());
            let (capacity, left) = match *blob.owner.get() {
                Owner::Heap { capacity, left } => (capacity, left),
                Owner::AfterHeader { capacity } => (capacity, capacity),
                Owner::File { capacity, .. } => (capacity, 0),
                _ => return Err(Status::IsStone),
            };
            if size <= capacity {
                return Ok(data);
            }
            // Doubling keeps many small appends linear. When there is not that much memory, allocates only what is needed.
            let generous = size.max(capacity.saturating_mul(2)).max(32);
            if let Owner::File { descriptor, .. } = *blob.owner.get() {
                let mut file = Mapped { data, capacity, descriptor };
                file::grow(&mut file, generous).or_else(|_| file::grow(&mut file, size))?;
                blob.data.get().write(file.data.as_ptr());
                blob.owner.get().write(Owner::File { capacity: file.capacity, descriptor, sealed: false });
                return Ok(file.data);
            }
            // Bytes in the header's block cannot be resized in place.
            let moves_out = matches!(*blob.owner.get(), Owner::AfterHeader { .. });
            let (block, old) = if moves_out { (owner::no_bytes(), 0) } else { (data, capacity) };
            let (grown, capacity) = match owner::resize_bytes(block, old, generous) {
                Ok(grown) => (grown, generous),
                Err(_) => (owner::resize_bytes(block, old, size)?, size),
            };
            if moves_out {
                grown.copy_from_nonoverlapping(data, bytes_for(blob.length_bits()));
            }
            blob.data.get().write(grown.as_ptr());
            blob.owner.get().write(Owner::Heap { capacity, left });
            Ok(grown)
        }
    }
}
