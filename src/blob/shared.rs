//! Stones that other processes can map: those of sealed memory files, ours and those of others.

use core::ptr::{self, NonNull};
#[cfg(all(target_os = "linux", not(loom)))]
use std::os::fd::AsFd;

use super::file::{self, Descriptor, Mapped};
use super::owner::{self, Owner};
use super::{Blob, RawBlob, Start, bytes_for};
use crate::status::Status;

impl Blob {
    /// An antestone of `bits` zero bits in a memory file of its own. Turned to stone it is sealed, and another process can map
    /// it. It has a descriptor as long as it lives.
    ///
    /// `NoMemory`; `LimitExceeded` when the process has no more descriptors; `Unsupported` on systems other than Linux.
    pub fn zeroed_shared(bits: usize) -> Result<Blob, Status> {
        let Mapped { data, capacity, descriptor } = file::new(bytes_for(bits))?;
        let owner = Owner::File { capacity, descriptor, sealed: false };
        Self::place(Start { data, bits, stone: false, owner }, &[]).inspect_err(|_| {
            // SAFETY: the file was made here, and nobody has seen it.
            unsafe { file::free(&Mapped { data, capacity, descriptor }) }
        })
    }

    /// This stone, when its bytes are a sealed file's, or else one copy of it.
    ///
    /// `NotStone`; `WrongType` for a message, whose stones its bytes alone would lose; and those of [`Blob::zeroed_shared`].
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

    /// A descriptor of the file that has the stone's bytes, and where in it they begin, in bytes.
    ///
    /// `NotStone`; `WrongType` for a stone that is in no file; `LimitExceeded` when the process has no more descriptors.
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

    /// A stone of `bits` bits of a sealed file, which anybody may have made, from a byte on. They are mapped, not copied. The
    /// file is looked at first: nothing that its maker does later changes the bytes, or takes them away.
    ///
    /// `InvalidArgument` for what is no file; `NotStone` for what is no memory file, or not sealed against being shortened,
    /// lengthened and written to; `OutOfRange` when it has fewer bytes; `Malformed` when some of them are not there;
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

    /// The same, by a descriptor that stays the caller's.
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
            return Self::place(start, &[]);
        }
        let (data, size) = file::view(descriptor.as_fd(), byte_offset, bytes)?;
        // SAFETY: the mapping is private to this process, and the file it is of is sealed, so that its bytes are there and do
        // not change until it ends, which is by the release.
        unsafe { Self::wrap_memory(data, bits, file::end_view, ptr::without_provenance_mut(size)) }
    }

    /// A copy of the stone's bytes in a sealed file, which has no descriptor when the given one is closed.
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

    /// What has the bytes: of a message, the stone whose words it is over; of a slice, the whole.
    pub(crate) fn backing(&self) -> &Blob {
        // SAFETY: an owner does not change while the blob is shared; a handle is nothing but its pointer, and the count on
        // the words is the message's.
        unsafe {
            match &*self.owner.get() {
                Owner::Words { words, .. } => &*ptr::from_ref::<NonNull<RawBlob>>(words).cast::<Blob>(),
                _ => self,
            }
        }
        .whole()
    }

    /// Where its bytes begin among those of its [`Blob::backing`].
    pub(crate) fn byte_in_backing(&self) -> usize {
        self.bytes().as_ptr().addr() - self.backing().bytes().as_ptr().addr()
    }

    /// The descriptor of the sealed file that has the bytes, which stays the blob's, and where in it they begin.
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
