//! Chunks: a list, of which those behind the current one are spare.

use core::ptr;

use super::raw::{DEFAULT_ALIGN, RawArena};
use crate::Status;

/// A stretch of memory; the bytes behind this header are handed out.
#[repr(C, align(16))]
pub(super) struct Chunk {
    pub(super) next: *mut Chunk,
    pub(super) previous: *mut Chunk,
    /// With the header.
    pub(super) size: usize,
    /// Where its use ended when the next chunk was begun.
    pub(super) filled: *mut u8,
}

pub(super) const CHUNK_HEADER: usize = size_of::<Chunk>();

impl Chunk {
    /// # Safety
    /// The chunk is there.
    pub(super) unsafe fn payload(chunk: *mut Chunk) -> *mut u8 {
        // SAFETY: the header is followed by the rest of the chunk.
        unsafe { chunk.cast::<u8>().add(CHUNK_HEADER) }
    }

    /// # Safety
    /// The chunk is there.
    pub(super) unsafe fn end(chunk: *mut Chunk) -> *mut u8 {
        // SAFETY: its size is that of the memory that it heads.
        unsafe { chunk.cast::<u8>().add((*chunk).size) }
    }
}

impl RawArena {
    /// The chunk behind the current one.
    pub(super) fn spare(&self) -> *mut Chunk {
        // SAFETY: the current chunk is there when it is not NULL.
        if self.current.is_null() { self.first } else { unsafe { (*self.current).next } }
    }

    /// The next spare chunk when it has so much room, else a new one before it. `NoMemory`, `LimitExceeded`.
    pub(super) fn chunk_for(&mut self, room: Option<usize>) -> Result<*mut Chunk, Status> {
        let size =
            room.and_then(|room| room.checked_add(CHUNK_HEADER)).filter(|size| *size <= isize::MAX as usize);
        let size = size.ok_or(Status::NoMemory)?;
        let spare = self.spare();
        // SAFETY: chunks of the list are there.
        if !spare.is_null() && unsafe { (*spare).size } >= size {
            return Ok(spare);
        }
        if self.fixed {
            return Err(Status::NoMemory);
        }
        let usual = self.next_size.min(self.max_chunk);
        let chunk = match self.take_chunk(size.max(usual)) {
            // Where the usual size cannot be had, what is needed may.
            Err(_) if size < usual => self.take_chunk(size)?,
            taken => taken?,
        };
        self.next_size = usual.saturating_mul(2);
        self.insert(chunk);
        Ok(chunk)
    }

    fn take_chunk(&mut self, size: usize) -> Result<*mut Chunk, Status> {
        let size = size.checked_next_multiple_of(DEFAULT_ALIGN).ok_or(Status::NoMemory)?;
        let footprint = self.footprint.checked_add(size).ok_or(Status::LimitExceeded)?;
        if self.footprint_limit != 0 && footprint > self.footprint_limit {
            return Err(Status::LimitExceeded);
        }
        if let Some(shared) = &self.shared {
            shared.take(size)?;
        }
        let memory = self.backing.take(size, DEFAULT_ALIGN).inspect_err(|_| {
            if let Some(shared) = &self.shared {
                shared.give_back(size);
            }
        })?;
        self.footprint = footprint;
        // SAFETY: the memory is there and of that size.
        unsafe { Ok(self.make_chunk(memory, size)) }
    }

    /// # Safety
    /// `size` bytes that are the arena's own, at a multiple of 16.
    pub(super) unsafe fn make_chunk(&self, memory: *mut u8, size: usize) -> *mut Chunk {
        let chunk = memory.cast::<Chunk>();
        // SAFETY: the caller's promise; what lies behind the header is nobody's yet.
        unsafe {
            let payload = memory.add(CHUNK_HEADER);
            chunk.write(Chunk { next: ptr::null_mut(), previous: ptr::null_mut(), size, filled: payload });
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.poison(payload, size - CHUNK_HEADER);
            }
        }
        chunk
    }

    /// Puts the chunk behind the current one.
    pub(super) fn insert(&mut self, chunk: *mut Chunk) {
        let next = self.spare();
        // SAFETY: chunks of the list are there, and this one is not in it.
        unsafe {
            (*chunk).previous = self.current;
            (*chunk).next = next;
            if !next.is_null() {
                (*next).previous = chunk;
            }
            match self.current.as_mut() {
                Some(current) => current.next = chunk,
                None => self.first = chunk,
            }
        }
    }

    /// Takes a spare chunk out of the list and gives its memory back.
    ///
    /// # Safety
    /// The chunk is in the list, and no block in it is in use.
    pub(super) unsafe fn give_back(&mut self, chunk: *mut Chunk) {
        // SAFETY: the caller's promise; its neighbours are in the list too.
        unsafe {
            let Chunk { next, previous, size, .. } = chunk.read();
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => self.first = next,
            }
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.unpoison(chunk.cast(), size);
            }
            self.backing.give_back(chunk.cast(), size, DEFAULT_ALIGN);
            self.footprint -= size;
            if let Some(shared) = &self.shared {
                shared.give_back(size);
            }
        }
    }
}
