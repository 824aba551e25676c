//! Chunks: the blocks of memory that an arena takes from its backing, within its limits.

use core::ptr;

use super::backing::{Backing, MemoryLimit};
use super::position::DEFAULT_ALIGN;
use super::protection::Protection;
use crate::status::Status;

/// The header of a chunk. The bytes after it are allocated to callers.
#[repr(C, align(16))]
pub(super) struct Chunk {
    pub(super) next: *mut Chunk,
    pub(super) previous: *mut Chunk,
    /// The size in bytes, with this header.
    pub(super) size: usize,
    /// Where its use began: at its payload, or above that because of the alignment of its first block.
    pub(super) begin: *mut u8,
    /// Where its use ended when the next chunk became the current one.
    pub(super) filled: *mut u8,
    /// The sizes of all chunks before it, if it is in use.
    pub(super) below: usize,
}

pub(super) const CHUNK_HEADER: usize = size_of::<Chunk>();
/// The smallest payload of a chunk.
pub(super) const SMALLEST_CHUNK: usize = CHUNK_HEADER + 64;
/// The largest size of an object.
pub(super) const LARGEST_CHUNK: usize = isize::MAX as usize;

impl Chunk {
    /// # Safety
    /// The chunk exists.
    pub(super) unsafe fn payload(chunk: *mut Chunk) -> *mut u8 {
        // SAFETY: the header is followed by the rest of the chunk.
        unsafe { chunk.cast::<u8>().add(CHUNK_HEADER) }
    }

    /// # Safety
    /// The chunk exists.
    pub(super) unsafe fn end(chunk: *mut Chunk) -> *mut u8 {
        // SAFETY: its size is that of the memory that it describes.
        unsafe { chunk.cast::<u8>().add((*chunk).size) }
    }

    /// Writes the header of a chunk.
    ///
    /// # Safety
    /// `size` bytes that belong to the arena, at a multiple of 16.
    unsafe fn write(memory: *mut u8, size: usize, protection: &Protection) -> *mut Chunk {
        debug_assert!(size > CHUNK_HEADER && size <= LARGEST_CHUNK);
        debug_assert!(memory.addr().is_multiple_of(DEFAULT_ALIGN) && size.is_multiple_of(DEFAULT_ALIGN));
        let chunk = memory.cast::<Chunk>();
        // SAFETY: the caller's promise; nobody uses the bytes after the header yet.
        unsafe {
            let payload = memory.add(CHUNK_HEADER);
            let (next, previous) = (ptr::null_mut(), ptr::null_mut());
            chunk.write(Chunk { next, previous, size, begin: payload, filled: payload, below: 0 });
            protection.poison(payload, size - CHUNK_HEADER);
        }
        chunk
    }
}

/// The memory of an arena's chunks: its size, its limits, and its source.
pub(super) struct ChunkMemory {
    /// `None` in a fixed arena, which has one chunk and never gets another.
    backing: Option<Backing>,
    shared: Option<MemoryLimit>,
    /// The bytes of all chunks.
    footprint: usize,
    /// 0 for none.
    footprint_limit: usize,
}

impl ChunkMemory {
    pub(super) fn new(backing: Backing, shared: Option<MemoryLimit>, footprint_limit: usize) -> Self {
        ChunkMemory { backing: Some(backing), shared, footprint: 0, footprint_limit }
    }

    /// The memory of a fixed arena, before its chunk is made.
    pub(super) fn fixed() -> Self {
        ChunkMemory { backing: None, shared: None, footprint: 0, footprint_limit: 0 }
    }

    /// `None` in a fixed arena.
    #[inline]
    pub(super) fn backing(&self) -> Option<&Backing> {
        self.backing.as_ref()
    }

    /// The bytes of all chunks.
    pub(super) fn footprint(&self) -> usize {
        self.footprint
    }

    pub(super) fn set_footprint_limit(&mut self, bytes: usize) {
        self.footprint_limit = bytes;
    }

    /// Makes the chunk of a fixed arena.
    ///
    /// # Safety
    /// `size` bytes that belong to the arena, at a multiple of 16.
    pub(super) unsafe fn fix(&mut self, memory: *mut u8, size: usize, protection: &Protection) -> *mut Chunk {
        debug_assert!(self.backing.is_none() && self.footprint == 0);
        self.footprint = size;
        // SAFETY: the caller's promise.
        unsafe { Chunk::write(memory, size, protection) }
    }

    /// Moves the end of a fixed arena's chunk down.
    ///
    /// # Safety
    /// The chunk of [`ChunkMemory::fix`], whose bytes from `end` on are in no block.
    pub(super) unsafe fn cut(&mut self, chunk: *mut Chunk, end: *mut u8) {
        debug_assert!(self.backing.is_none());
        // SAFETY: the caller's promise.
        unsafe {
            debug_assert!(Chunk::payload(chunk) <= end && end <= Chunk::end(chunk));
            self.footprint = end.addr() - chunk.addr();
            (*chunk).size = self.footprint;
        }
    }

    /// Whether a chunk of that size could be taken if `returned` bytes were returned before.
    pub(super) fn allows(&self, size: usize, returned: usize) -> bool {
        debug_assert!(returned <= self.footprint);
        let footprint = (self.footprint - returned).saturating_add(size);
        (self.footprint_limit == 0 || footprint <= self.footprint_limit)
            && self.shared.as_ref().is_none_or(|shared| shared.may_take(size, returned))
    }

    /// Takes a chunk of that size. `NoMemory`, `LimitExceeded`.
    pub(super) fn take(&mut self, size: usize, protection: &Protection) -> Result<*mut Chunk, Status> {
        let backing = self.backing.ok_or(Status::NoMemory)?;
        let footprint = self.footprint.checked_add(size).ok_or(Status::LimitExceeded)?;
        if self.footprint_limit != 0 && footprint > self.footprint_limit {
            return Err(Status::LimitExceeded);
        }
        if let Some(shared) = &self.shared {
            shared.take(size)?;
        }
        let memory = backing.take(size, DEFAULT_ALIGN).inspect_err(|_| {
            if let Some(shared) = &self.shared {
                shared.refund(size);
            }
        })?;
        self.footprint = footprint;
        // SAFETY: the memory is new and of that size.
        unsafe { Ok(Chunk::write(memory, size, protection)) }
    }

    /// Returns the chunk's memory.
    ///
    /// # Safety
    /// [`ChunkMemory::take`] gave the chunk, it is in no list, and no block in it is in use.
    pub(super) unsafe fn deallocate(&mut self, chunk: *mut Chunk, protection: &Protection) {
        let Some(backing) = &self.backing else { return };
        // SAFETY: the caller's promise.
        unsafe {
            let size = (*chunk).size;
            debug_assert!(size <= self.footprint);
            protection.unpoison(chunk.cast(), size);
            backing.deallocate(chunk.cast(), size, DEFAULT_ALIGN);
            self.footprint -= size;
            if let Some(shared) = &self.shared {
                shared.refund(size);
            }
        }
    }
}
