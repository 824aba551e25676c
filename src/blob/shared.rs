//! Stones that other processes can map: stones in sealed memory files, of this process and of others.

use core::ptr::{self, NonNull};
#[cfg(all(target_os = "linux", not(loom)))]
use std::os::fd::AsFd;

use super::file::{self, Descriptor, Mapped};
use super::owner::{self, Owner};
use super::{Blob, RawBlob, Start, bytes_for};
use crate::status::Status;

impl Blob {
    /// An antestone of `bits` zero bits in a memory file of its own. When turned to stone, the file is sealed, and
    /// other processes can map it. The blob keeps a descriptor open as long as it lives.
    ///
    /// `NoMemory`; `LimitExceeded` when the process has no more descriptors; `Unsupported` on systems other than Linux.
    pub fn zeroed_shared(bits: usize) -> Result<Blob, Status> {
        let Mapped { data, capacity, descriptor } = file::new(bytes_for(bits))?;
        let owner = Owner::File { capacity, descriptor, sealed: false };
        Self::place(Start { data, bits, stone: false, owner }, None).inspect_err(|_| {
            // SAFETY: the file was made here, and nobody else has it.
            unsafe { file::free(&Mapped { data, capacity, descriptor }) }
        })
    }

    /// This stone if its bytes are in a sealed file, otherwise a copy of it in one.
    ///
    /// `NotStone`; `WrongType` for a message, because its bytes alone would lose the stones that it holds; and the
    /// statuses of [`Blob::zeroed_shared`].
    pub fn to_shared(&self) -> Result<Blob, Status> {
        if !self.is_stone() {
            return Err(Status::NotStone);
        }
        if self.message_note().0 != 0 {
            return Err(Status::WrongType);
        }
        if self.file().is_some() {
            return Ok(self.clone());
        }
        let mut copy = Self::zeroed_shared(self.length_bits())?;
        copy.bytes_mut()?.copy_from_slice(self.bytes());
        copy.make_stone();
        Ok(copy)
    }

    /// A descriptor of the file that has the stone's bytes, and their offset in it, in bytes.
    ///
    /// `NotStone`; `WrongType` for a stone that is not in a file; `LimitExceeded` when the process has no more
    /// descriptors.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub fn descriptor(&self) -> Result<(std::os::fd::OwnedFd, usize), Status> {
        self.another_descriptor()
    }

    pub(crate) fn another_descriptor(&self) -> Result<(Descriptor, usize), Status> {
        if !self.is_stone() {
            return Err(Status::NotStone);
        }
        let (descriptor, offset) = self.file().ok_or(Status::WrongType)?;
        Ok((file::duplicate(descriptor)?, offset))
    }

    /// A stone of `bits` bits of a sealed file of any origin, from a byte offset on. They are mapped, not copied. The
    /// file is checked first: nothing that its maker does later can change or remove the bytes.
    ///
    /// `InvalidArgument` when it is not a file; `NotStone` when it is not a memory file, or not sealed against
    /// shortening, lengthening and writing; `OutOfRange` when it has fewer bytes; `Malformed` when it has holes;
    /// `LimitExceeded` for more than `max_bytes`; `NoMemory`.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub fn from_descriptor(
        descriptor: std::os::fd::OwnedFd,
        byte_offset: usize,
        bits: usize,
        max_bytes: u64,
    ) -> Result<Blob, Status> {
        Self::of_file(&descriptor, byte_offset, bits, max_bytes)
    }

    /// The same, with a descriptor that stays the caller's.
    pub(crate) fn of_file(
        descriptor: &Descriptor,
        byte_offset: usize,
        bits: usize,
        max_bytes: u64,
    ) -> Result<Blob, Status> {
        let bytes = bytes_for(bits);
        file::check(descriptor.as_fd(), byte_offset, bytes)?;
        if bytes as u64 > max_bytes {
            return Err(Status::LimitExceeded);
        }
        Self::over_file(descriptor, byte_offset, bits)
    }

    fn over_file(descriptor: &Descriptor, byte_offset: usize, bits: usize) -> Result<Blob, Status> {
        let bytes = bytes_for(bits);
        if bytes == 0 {
            let start = Start { data: owner::no_bytes(), bits: 0, stone: true, owner: Owner::Borrowed };
            return Self::place(start, None);
        }
        let (data, size) = file::view(descriptor.as_fd(), byte_offset, bytes)?;
        // SAFETY: the mapping is private to this process, and its file is sealed, so the bytes exist and do not change
        // until the release ends the mapping.
        unsafe { Self::wrap_memory(data, bits, file::end_view, ptr::without_provenance_mut(size)) }
    }

    /// A copy of the stone's bytes in a sealed file. The returned descriptor is the only one: the blob keeps none.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn copy_in_file(&self) -> Result<(Blob, Descriptor), Status> {
        let descriptor = file::copied(self.bytes())?;
        let copy = Self::over_file(&descriptor, 0, self.length_bits())?;
        Ok((copy, descriptor))
    }

    /// A sealed file of these bytes.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn file_of(bytes: &[u8]) -> Result<Descriptor, Status> {
        file::copied(bytes)
    }

    /// The blob that has the bytes: for a message, the stone that its words are in; for a slice, the original.
    pub(crate) fn backing(&self) -> &Blob {
        // SAFETY: an owner does not change while the blob is shared; a handle is just its pointer, and the message owns
        // the count on the words.
        unsafe {
            match &*self.owner.get() {
                Owner::Words { words, .. } => &*ptr::from_ref::<NonNull<RawBlob>>(words).cast::<Blob>(),
                _ => self,
            }
        }
        .whole()
    }

    /// The offset of its bytes in its [`Blob::backing`].
    pub(crate) fn byte_in_backing(&self) -> usize {
        self.bytes().as_ptr().addr() - self.backing().bytes().as_ptr().addr()
    }

    /// The descriptor of the sealed file that has the bytes, which stays the blob's, and their offset in the file.
    pub(crate) fn file(&self) -> Option<(i32, usize)> {
        let backing = self.backing();
        // SAFETY: the owner of a stone does not change.
        match unsafe { &*backing.owner.get() } {
            Owner::File { descriptor, sealed: true, .. } if backing.is_stone() => {
                Some((*descriptor, self.byte_in_backing()))
            }
            _ => None,
        }
    }
}
