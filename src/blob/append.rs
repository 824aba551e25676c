//! Appending to an antestone, and the moment it turns to stone. A refused or failed call changes nothing.

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use core::slice;

use super::file::{self, Mapped};
use super::owner::{self, Owner};
use super::{Blob, RawBlob, bits, bytes_for};
use crate::status::Status;
use crate::sync::Ordering;

/// A blob that no other thread uses while its count is one: what it takes to write to it.
///
/// Whether there are other counts is looked at by every call: a shared blob answers `Busy`, a stone
/// `IsStone`. Every call can end with `NoMemory`.
pub struct Alone<'a> {
    blob: &'a RawBlob,
    /// What was looked at before a write is not looked at behind it, and no two threads write.
    only: PhantomData<&'a mut RawBlob>,
}

impl Blob {
    /// The way to write to it.
    pub fn alone(&mut self) -> Alone<'_> {
        // `&mut self` with a count of one is the only way to the blob.
        Alone { blob: self, only: PhantomData }
    }

    /// See [`Alone::append_bytes`].
    pub fn append_bytes(&mut self, bytes: &[u8]) -> Result<(), Status> {
        self.alone().append_bytes(bytes)
    }

    /// Makes it stone, in place: gives the spare room back unless others share the blob. Nothing happens
    /// to a stone.
    pub fn make_stone(&mut self) {
        self.alone().make_stone();
    }

    /// The bytes of an antestone that nobody shares, to be filled in place.
    ///
    /// `IsStone`; `Busy`.
    pub fn bytes_mut(&mut self) -> Result<&mut [u8], Status> {
        self.check_writable()?;
        // SAFETY: an antestone's bytes are a block of ours, and `&mut self` with a count of one is the
        // only way to them.
        unsafe { Ok(slice::from_raw_parts_mut(self.data.get().read(), bytes_for(self.length_bits()))) }
    }
}

impl RawBlob {
    /// The way to write to it, for those who have only a pointer.
    ///
    /// # Safety
    /// While the count is one, no other thread uses the blob as long as the result is used, and nobody uses a reference
    /// to its bytes again once something was written.
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

    /// Where its bytes begin, for whoever fills them in place. `IsStone`; `Busy`.
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
            // SAFETY: an antestone's owner is a block or a file of ours, and nobody else uses it.
            unsafe {
                let size = bytes_for(blob.length_bits());
                self.seal_file(size);
                if let Owner::Heap { capacity, left } = *blob.owner.get()
                    && capacity > size
                {
                    // A smaller block may be refused; then the spare room stays.
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

    /// Seals a file where it is mapped. When another process can write to it the bytes move to a block, and are no file's
    /// any more; when there is no memory for that either, they stay, unsealed.
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

    /// Appends whole bytes, at whatever bit the blob ends.
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
        // By the pointer: the bytes may be its own, and a reference to them would outlive them.
        // SAFETY: an antestone's bytes are not changed while it is shared, a lone one's by nobody else.
        let start = unsafe { NonNull::new_unchecked(other.data.get().read()) };
        let count = other.length_bits();
        // SAFETY: as many bytes as hold the length are readable.
        unsafe { self.append_run(NonNull::slice_from_raw_parts(start, bytes_for(count)), 0, count) }
    }

    /// Appends its own bits once more.
    pub fn append_own(&mut self) -> Result<(), Status> {
        let blob = self.blob;
        self.append_blob(blob)
    }

    /// Appends the first `count` bits of `source`. `OutOfRange` when there are not so many.
    pub fn append_bits(&mut self, source: &[u8], count: usize) -> Result<(), Status> {
        // SAFETY: readable, and none of its own, which nobody has a reference to.
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
        // SAFETY: checked to be a writable antestone that nobody else uses. The block's bytes up to the old
        // length are initialised. Bytes of its own are found again at the same offset behind the move, and become a
        // slice only there; the target starts behind them, but for the byte in which the blob ends, which is written
        // when the slice is used no more.
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
            if let Owner::Heap { capacity, .. } | Owner::Beside { capacity } | Owner::File { capacity, .. } =
                *blob.owner.get()
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

    /// Where these bytes begin among its own, which move when it grows; nothing for bytes of others.
    pub(super) fn offset_within(&self, bytes: NonNull<[u8]>) -> Option<usize> {
        // SAFETY: nobody else changes it.
        let own = unsafe { self.blob.data.get().read() };
        let offset = bytes.addr().get().wrapping_sub(own.addr());
        (offset < bytes_for(self.blob.length_bits())).then_some(offset)
    }

    /// Makes room for `count` more bits, so that as many can be appended without failing.
    pub(super) fn reserve_bits(&mut self, count: usize) -> Result<(), Status> {
        self.blob.check_writable()?;
        let new = self.blob.length_bits().checked_add(count).ok_or(Status::NoMemory)?;
        // SAFETY: checked to be a writable antestone that nobody else uses.
        unsafe { self.reserve(bytes_for(new)).map(|_| ()) }
    }

    /// Room for `size` bytes in all; where they start now.
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
                Owner::Beside { capacity } => (capacity, capacity),
                Owner::File { capacity, .. } => (capacity, 0),
                _ => return Err(Status::IsStone),
            };
            if size <= capacity {
                return Ok(data);
            }
            // Doubling keeps many small appends linear; when that much is not to be had, what is needed.
            let generous = size.max(capacity.saturating_mul(2)).max(32);
            if let Owner::File { descriptor, .. } = *blob.owner.get() {
                let mut file = Mapped { data, capacity, descriptor };
                file::grow(&mut file, generous).or_else(|_| file::grow(&mut file, size))?;
                blob.data.get().write(file.data.as_ptr());
                blob.owner.get().write(Owner::File { capacity: file.capacity, descriptor, sealed: false });
                return Ok(file.data);
            }
            // What lies beside the header is no block that could be made larger.
            let moves_out = matches!(*blob.owner.get(), Owner::Beside { .. });
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
