//! Chunks: a list, of which those behind the current one are spare.

use core::ptr;

use super::raw::{DEFAULT_ALIGN, RawArena};
use crate::status::Status;

/// A stretch of memory; the bytes behind this header are handed out.
#[repr(C, align(16))]
pub(super) struct Chunk {
    pub(super) next: *mut Chunk,
    pub(super) previous: *mut Chunk,
    /// With the header.
    pub(super) size: usize,
    /// Where its use began: at its payload, or higher up for the alignment of its first block.
    pub(super) begin: *mut u8,
    /// Where its use ended when the next chunk was begun.
    pub(super) filled: *mut u8,
    /// The sizes of all chunks before it, if it is in use.
    pub(super) below: usize,
}

pub(super) const CHUNK_HEADER: usize = size_of::<Chunk>();
/// How many spare chunks are looked at for one that is large enough, while there is no need to give any back.
const NEAR: usize = 32;

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

    /// The sizes of all chunks in use, with what is abandoned in them.
    pub(super) fn bytes_in_use(&self) -> usize {
        // SAFETY: the current chunk is there when it is not NULL.
        unsafe { self.current.as_ref() }.map_or(0, |current| current.below + current.size)
    }

    /// Makes a chunk with so much room the one after the current one: a spare one, or a new one. `NoMemory`,
    /// `LimitExceeded`.
    ///
    /// The footprint stays below twice the most that was ever in use, as far as spare chunks can be given back for that.
    /// Those that were used last are nearest to the current one, and are kept longest.
    pub(super) fn chunk_for(&mut self, room: Option<usize>, moving: bool) -> Result<*mut Chunk, Status> {
        let size = room.and_then(|room| room.checked_add(CHUNK_HEADER));
        let size = size.filter(|size| *size <= isize::MAX as usize).ok_or(Status::NoMemory)?;
        let next = self.spare();
        // SAFETY: chunks of the list are there.
        if !next.is_null() && unsafe { (*next).size } >= size {
            return Ok(next);
        }
        self.other_chunk_for(size, moving)
    }

    /// As [`RawArena::chunk_for`], when the next chunk is no spare one of that size.
    #[inline(never)]
    fn other_chunk_for(&mut self, size: usize, moving: bool) -> Result<*mut Chunk, Status> {
        if self.fixed {
            return Err(Status::NoMemory);
        }
        // A spare chunk is a multiple of that, too.
        let size = size.next_multiple_of(DEFAULT_ALIGN);
        if let Some(spare) = self.spare_of(size, NEAR) {
            return Ok(spare);
        }
        let enough = self.position.peak().max(self.used().saturating_add(size)).saturating_mul(2);
        let wanted = size.max(self.usual_size(enough));
        if self.footprint.saturating_add(wanted) > enough {
            if let Some(spare) = self.spare_of(size, usize::MAX) {
                return Ok(spare);
            }
            let mut last = self.last_spare();
            while !last.is_null() && self.footprint.saturating_add(wanted) > enough {
                // SAFETY: it is spare.
                last = unsafe { self.give_back_last(last) };
            }
        }
        let taken = match self.take_chunk(wanted) {
            // Where the usual size cannot be had, what is needed may.
            Err(_) if size < wanted => self.take_chunk(size),
            taken => taken,
        };
        let chunk = match taken {
            Ok(chunk) => chunk,
            Err(refused) => match self.spare_of(size, usize::MAX) {
                Some(spare) => return Ok(spare),
                None => self.take_instead_of_spares(size, moving, refused)?,
            },
        };
        self.next_size = self.next_size.min(self.max_chunk).saturating_mul(2);
        self.insert(chunk);
        Ok(chunk)
    }

    /// Of a new chunk: twice as large as the one before, up to a limit, and no more than is enough. When more than half
    /// of what is in use is abandoned, large enough that this cannot go on.
    fn usual_size(&self, enough: usize) -> usize {
        let usual = self.next_size.min(self.max_chunk).min(enough.max(self.initial_chunk));
        let in_use = self.bytes_in_use();
        let size = if in_use > enough { usual.max(in_use / 2) } else { usual };
        size.next_multiple_of(DEFAULT_ALIGN)
    }

    /// The first of the spare chunks, as far as these are looked at, that is so large; it is the next one then.
    fn spare_of(&mut self, size: usize, looks: usize) -> Option<*mut Chunk> {
        let first = self.spare();
        let mut chunk = first;
        for _ in 0..looks {
            // SAFETY: chunks of the list are there.
            unsafe {
                if chunk.is_null() {
                    break;
                }
                if (*chunk).size >= size {
                    if chunk != first {
                        self.unlink(chunk);
                        self.insert(chunk);
                    }
                    return Some(chunk);
                }
                chunk = (*chunk).next;
            }
        }
        None
    }

    /// The spare chunk that was not used for longest; NULL when there is none.
    fn last_spare(&self) -> *mut Chunk {
        let mut last = self.spare();
        // SAFETY: chunks of the list are there.
        unsafe {
            while let Some(chunk) = last.as_ref().filter(|chunk| !chunk.next.is_null()) {
                last = chunk.next;
            }
        }
        last
    }

    /// Gives the last chunk back, a spare one. The one that is the last spare one then, or NULL.
    ///
    /// # Safety
    /// As for [`RawArena::give_back`].
    unsafe fn give_back_last(&mut self, last: *mut Chunk) -> *mut Chunk {
        // SAFETY: the caller's promise.
        let previous = unsafe { (*last).previous };
        // SAFETY: as above.
        unsafe { self.give_back(last) };
        if previous == self.current { ptr::null_mut() } else { previous }
    }

    /// A chunk of exactly that size, for which spare chunks are given back, as many as have to be: none when the limits
    /// forbid it anyway, or the spare chunks are so small that an allocator without memory will hardly have it then.
    fn take_instead_of_spares(
        &mut self,
        size: usize,
        moving: bool,
        mut refused: Status,
    ) -> Result<*mut Chunk, Status> {
        // The current chunk may be given back too, when nothing in it is in use.
        let empty = !moving && self.current_is_empty();
        // SAFETY: chunks of the list are there.
        let in_use = self.bytes_in_use() - if empty { unsafe { (*self.current).size } } else { 0 };
        let hopeless = self.footprint_limit != 0 && in_use.saturating_add(size) > self.footprint_limit;
        let spare = self.footprint - in_use;
        let hopeless = hopeless || refused == Status::NoMemory && spare < size / 2;
        if hopeless || self.shared.as_ref().is_some_and(|shared| !shared.may_take(size, spare)) {
            return Err(refused);
        }
        if empty {
            self.leave_empty_chunk();
        }
        let mut last = self.last_spare();
        while !last.is_null() {
            // SAFETY: it is spare.
            last = unsafe { self.give_back_last(last) };
            match self.take_chunk(size) {
                Err(status) => refused = status,
                taken => return taken,
            }
        }
        Err(refused)
    }

    fn take_chunk(&mut self, size: usize) -> Result<*mut Chunk, Status> {
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
            let (next, previous) = (ptr::null_mut(), ptr::null_mut());
            chunk.write(Chunk { next, previous, size, begin: payload, filled: payload, below: 0 });
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.poison(payload, size - CHUNK_HEADER);
            }
        }
        chunk
    }

    /// Puts the chunk, which is in no list, after the current one.
    pub(super) fn insert(&mut self, chunk: *mut Chunk) {
        // SAFETY: the current chunk is in the list when it is not NULL.
        unsafe { self.link_after(self.current, chunk) };
    }

    /// Puts the chunk after another one, or first.
    ///
    /// # Safety
    /// The chunk is in no list; the other one is in this one, or NULL.
    pub(super) unsafe fn link_after(&mut self, other: *mut Chunk, chunk: *mut Chunk) {
        // SAFETY: the caller's promise; chunks of the list are there.
        unsafe {
            let next = if other.is_null() { self.first } else { (*other).next };
            (*chunk).previous = other;
            (*chunk).next = next;
            if let Some(next) = next.as_mut() {
                next.previous = chunk;
            }
            match other.as_mut() {
                Some(other) => other.next = chunk,
                None => self.first = chunk,
            }
        }
    }

    /// Takes the chunk out of the list.
    ///
    /// # Safety
    /// It is in the list.
    pub(super) unsafe fn unlink(&mut self, chunk: *mut Chunk) {
        // SAFETY: the caller's promise; its neighbours are in the list too.
        unsafe {
            let Chunk { next, previous, .. } = chunk.read();
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => self.first = next,
            }
        }
    }

    /// Takes a spare chunk out of the list and gives its memory back.
    ///
    /// # Safety
    /// The chunk is in the list, and no block in it is in use.
    pub(super) unsafe fn give_back(&mut self, chunk: *mut Chunk) {
        // SAFETY: the caller's promise.
        unsafe {
            self.unlink(chunk);
            let size = (*chunk).size;
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
