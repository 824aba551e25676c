//! The list of an arena's chunks: those up to the current one are in use, those after it are spare.

use core::{iter, ptr};

use super::chunk::{CHUNK_HEADER, Chunk, ChunkMemory, LARGEST_CHUNK, SMALLEST_CHUNK};
use super::position::{DEFAULT_ALIGN, Position};
use super::protection::Protection;
use crate::status::Status;

/// How many spare chunks are searched for one that is large enough, while none has to be returned.
const NEAR: usize = 32;

/// The chunks of an arena, and how they grow.
pub(super) struct ChunkList {
    first: *mut Chunk,
    /// The one that the position is in; NULL before the first one.
    current: *mut Chunk,
    memory: ChunkMemory,
    initial_size: usize,
    /// Of the next new chunk.
    next_size: usize,
    max_size: usize,
}

/// What a chunk is wanted for.
pub(super) struct Demand {
    /// Of the chunk, with its head, in bytes.
    pub(super) size: usize,
    /// The most bytes that were ever in use.
    pub(super) peak: usize,
    /// The bytes in use now.
    pub(super) used: usize,
}

impl Demand {
    /// For a chunk with that room. `NoMemory` when no memory is that large.
    pub(super) fn new(room: Option<usize>, position: &Position) -> Result<Self, Status> {
        let size = room.and_then(|room| room.checked_add(CHUNK_HEADER));
        let size = size.filter(|size| *size <= LARGEST_CHUNK).ok_or(Status::NoMemory)?;
        Ok(Demand { size, peak: position.peak(), used: position.used() })
    }

    /// The footprint that chunks are kept below: twice the most that was ever in use, this included.
    fn enough(&self) -> usize {
        self.peak.max(self.used.saturating_add(self.size)).saturating_mul(2)
    }
}

impl ChunkList {
    pub(super) fn new(memory: ChunkMemory, initial_size: usize, max_size: usize) -> Self {
        let initial_size = initial_size.clamp(SMALLEST_CHUNK, LARGEST_CHUNK / 2);
        ChunkList {
            first: ptr::null_mut(),
            current: ptr::null_mut(),
            memory,
            initial_size,
            next_size: initial_size,
            max_size: max_size.clamp(SMALLEST_CHUNK, LARGEST_CHUNK / 2),
        }
    }

    pub(super) fn memory(&self) -> &ChunkMemory {
        &self.memory
    }

    pub(super) fn memory_mut(&mut self) -> &mut ChunkMemory {
        &mut self.memory
    }

    pub(super) fn first(&self) -> *mut Chunk {
        self.first
    }

    /// NULL when no chunk is in use.
    #[inline(always)]
    pub(super) fn current(&self) -> *mut Chunk {
        self.current
    }

    /// Chunks up to that one are in use; none for NULL.
    ///
    /// # Safety
    /// The chunk is in the list, and all chunks before it are in use; or NULL.
    pub(super) unsafe fn set_current(&mut self, chunk: *mut Chunk) {
        self.current = chunk;
    }

    /// Whether the size is above the ordinary ones.
    pub(super) fn is_large(&self, size: usize) -> bool {
        size > self.max_size
    }

    /// The chunk after the current one; NULL when none is spare.
    pub(super) fn spare(&self) -> *mut Chunk {
        // SAFETY: the current chunk exists when it is not NULL.
        if self.current.is_null() { self.first } else { unsafe { (*self.current).next } }
    }

    /// The sizes of all chunks in use, abandoned bytes included.
    pub(super) fn bytes_in_use(&self) -> usize {
        // SAFETY: the current chunk exists when it is not NULL.
        unsafe { self.current.as_ref() }.map_or(0, |current| current.below + current.size)
    }

    /// The chunks from that one on.
    pub(super) fn from(&self, chunk: *mut Chunk) -> impl Iterator<Item = *mut Chunk> + use<> {
        let mut next = chunk;
        iter::from_fn(move || {
            let chunk = next;
            // SAFETY: chunks of the list exist.
            next = unsafe { chunk.as_ref()? }.next;
            Some(chunk)
        })
    }

    /// The chunks in use, each with where its use ends. `next`: where that of the current one ends.
    pub(super) fn in_use(&self, next: *mut u8) -> impl Iterator<Item = (*mut Chunk, *mut u8)> + use<> {
        let current = self.current;
        let mut more = !current.is_null();
        self.from(self.first).map_while(move |chunk| {
            if !more {
                return None;
            }
            more = chunk != current;
            // SAFETY: chunks of the list exist.
            Some((chunk, if more { unsafe { (*chunk).filled } } else { next }))
        })
    }

    /// Makes a chunk of the demanded size the one after the current one: a spare one, or a new one. `NoMemory`,
    /// `LimitExceeded`.
    ///
    /// The footprint stays below twice the most that was ever in use, as far as spare chunks can be returned for that.
    /// Those that were used last are nearest to the current one, and are kept longest.
    pub(super) fn find(&mut self, demand: &Demand, protection: &Protection) -> Result<*mut Chunk, Status> {
        let next = self.spare();
        // SAFETY: chunks of the list exist.
        if !next.is_null() && unsafe { (*next).size } >= demand.size {
            return Ok(next);
        }
        self.find_further(demand, protection)
    }

    /// As [`ChunkList::find`], when the next chunk is no spare one of that size.
    #[inline(never)]
    fn find_further(&mut self, demand: &Demand, protection: &Protection) -> Result<*mut Chunk, Status> {
        if self.memory.backing().is_none() {
            return Err(Status::NoMemory);
        }
        // The size of a spare chunk is a multiple of that, too.
        let size = demand.size.next_multiple_of(DEFAULT_ALIGN);
        if let Some(spare) = self.find_spare(size, NEAR) {
            return Ok(spare);
        }
        let enough = demand.enough();
        let wanted = size.max(self.usual_size(enough));
        if self.memory.footprint().saturating_add(wanted) > enough {
            if let Some(spare) = self.find_spare(size, usize::MAX) {
                return Ok(spare);
            }
            let mut last = self.last_spare();
            while !last.is_null() && self.memory.footprint().saturating_add(wanted) > enough {
                // SAFETY: it is spare.
                last = unsafe { self.deallocate_last(last, protection) };
            }
        }
        let taken = match self.memory.take(wanted, protection) {
            // Where the usual size is refused, the necessary one may be available.
            Err(_) if size < wanted => self.memory.take(size, protection),
            taken => taken,
        };
        match taken {
            Ok(chunk) => Ok(self.add(chunk)),
            Err(refused) => self.find_spare(size, usize::MAX).ok_or(refused),
        }
    }

    /// The size of a new chunk: twice that of the one before, up to a limit, and no more than is enough. When more than
    /// half of the bytes in use are abandoned, large enough that this cannot go on.
    fn usual_size(&self, enough: usize) -> usize {
        let usual = self.next_size.min(self.max_size).min(enough.max(self.initial_size));
        let in_use = self.bytes_in_use();
        let size = if in_use > enough { usual.max(in_use / 2) } else { usual };
        size.next_multiple_of(DEFAULT_ALIGN)
    }

    /// The first spare chunk of that size among the next `looks`; it becomes the next one.
    fn find_spare(&mut self, size: usize, looks: usize) -> Option<*mut Chunk> {
        let first = self.spare();
        // SAFETY: chunks of the list exist.
        let found = self.from(first).take(looks).find(|chunk| unsafe { (**chunk).size } >= size)?;
        if found != first {
            // SAFETY: it is in the list; then it is in none.
            unsafe {
                self.unlink(found);
                self.link_after(self.current, found);
            }
        }
        Some(found)
    }

    /// The spare chunk that was not used for longest; NULL when none is spare.
    fn last_spare(&self) -> *mut Chunk {
        self.from(self.spare()).last().unwrap_or(ptr::null_mut())
    }

    /// Whether a chunk of the demanded size may be had once spare ones are returned: the limits allow it then, and
    /// the spare ones are not so small that an allocator without memory will hardly have it. `empty`: the current one
    /// counts as spare.
    pub(super) fn may_replace_spares(&self, demand: &Demand, empty: bool, refused: Status) -> bool {
        let size = demand.size.next_multiple_of(DEFAULT_ALIGN);
        if self.memory.backing().is_none() {
            return false;
        }
        // SAFETY: an empty current chunk exists.
        let in_use = self.bytes_in_use() - if empty { unsafe { (*self.current).size } } else { 0 };
        let spare = self.memory.footprint() - in_use;
        self.memory.allows(size, spare) && (refused != Status::NoMemory || spare >= size / 2)
    }

    /// Takes a chunk of exactly the demanded size. Returns spare chunks for it, one after the other, until it succeeds.
    pub(super) fn replace_spares(
        &mut self,
        demand: &Demand,
        protection: &Protection,
        mut refused: Status,
    ) -> Result<*mut Chunk, Status> {
        let size = demand.size.next_multiple_of(DEFAULT_ALIGN);
        let mut last = self.last_spare();
        while !last.is_null() {
            // SAFETY: it is spare.
            last = unsafe { self.deallocate_last(last, protection) };
            match self.memory.take(size, protection) {
                Ok(chunk) => return Ok(self.add(chunk)),
                Err(status) => refused = status,
            }
        }
        Err(refused)
    }

    /// Puts a new chunk after the current one.
    fn add(&mut self, chunk: *mut Chunk) -> *mut Chunk {
        self.next_size = self.next_size.min(self.max_size).saturating_mul(2);
        // SAFETY: it is in no list; the current one is in this one, or NULL.
        unsafe { self.link_after(self.current, chunk) };
        chunk
    }

    /// Makes the only chunk of a fixed arena.
    ///
    /// # Safety
    /// `size` bytes that are the arena's own, at a multiple of 16.
    pub(super) unsafe fn fix(&mut self, memory: *mut u8, size: usize, protection: &Protection) {
        debug_assert!(self.first.is_null());
        // SAFETY: the caller's promise; a new chunk is in no list.
        unsafe { self.first = self.memory.fix(memory, size, protection) };
    }

    /// Moves the end of the only chunk of a fixed arena down.
    ///
    /// # Safety
    /// The chunk is the current one, and the bytes from `end` on are nobody's blocks.
    pub(super) unsafe fn cut(&mut self, end: *mut u8) {
        debug_assert!(self.current == self.first);
        // SAFETY: the caller's promise.
        unsafe { self.memory.cut(self.current, end) };
    }

    /// Makes the next chunk the current one. With `replace` it takes the place of the current one in the list, which
    /// becomes spare.
    ///
    /// # Safety
    /// The chunk is the one after the current one. With `replace`, no block of the current one is in use.
    pub(super) unsafe fn advance(&mut self, chunk: *mut Chunk, filled: *mut u8, replace: bool) {
        debug_assert!(!chunk.is_null() && chunk == self.spare());
        let left = self.current;
        // SAFETY: the caller's promise; chunks of the list exist, and the current one does when it is not NULL.
        unsafe {
            (*chunk).below = self.bytes_in_use();
            if left.is_null() {
                debug_assert!(chunk == self.first);
            } else if replace {
                (*chunk).below = (*left).below;
                self.unlink(left);
                self.link_after(chunk, left);
            } else {
                debug_assert!(Chunk::payload(left) <= filled && filled <= Chunk::end(left));
                (*left).filled = filled;
            }
        }
        self.current = chunk;
    }

    /// Puts the chunk after another one, or first.
    ///
    /// # Safety
    /// The chunk is in no list; the other one is in this one, or NULL.
    unsafe fn link_after(&mut self, other: *mut Chunk, chunk: *mut Chunk) {
        debug_assert!(other != chunk);
        // SAFETY: the caller's promise; chunks of the list exist.
        unsafe {
            let next = if other.is_null() { self.first } else { (*other).next };
            (*chunk).previous = other;
            (*chunk).next = next;
            if let Some(next) = next.as_mut() {
                debug_assert!(next.previous == other);
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
    unsafe fn unlink(&mut self, chunk: *mut Chunk) {
        // SAFETY: the caller's promise; its neighbours are in the list too.
        unsafe {
            let Chunk { next, previous, .. } = chunk.read();
            if let Some(next) = next.as_mut() {
                debug_assert!(next.previous == chunk);
                next.previous = previous;
            }
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => self.first = next,
            }
        }
    }

    /// Takes a spare chunk out of the list and returns its memory.
    ///
    /// # Safety
    /// The chunk is in the list, and no block in it is in use.
    pub(super) unsafe fn deallocate(&mut self, chunk: *mut Chunk, protection: &Protection) {
        debug_assert!(chunk != self.current, "the current chunk is in use");
        // SAFETY: the caller's promise.
        unsafe {
            self.unlink(chunk);
            self.memory.deallocate(chunk, protection);
        }
    }

    /// Returns the last chunk, a spare one. The one that is the last spare one then, or NULL.
    ///
    /// # Safety
    /// As for [`ChunkList::deallocate`].
    unsafe fn deallocate_last(&mut self, last: *mut Chunk, protection: &Protection) -> *mut Chunk {
        // SAFETY: the caller's promise.
        unsafe {
            debug_assert!((*last).next.is_null());
            let previous = (*last).previous;
            self.deallocate(last, protection);
            if previous == self.current { ptr::null_mut() } else { previous }
        }
    }
}
