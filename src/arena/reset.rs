//! Creating, resetting and ending an arena.

use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::chunk::{CHUNK_HEADER, Chunk, ChunkMemory};
use super::options::{Options, Retain};
use super::position::{DEFAULT_ALIGN, round_up};
use super::raw::RawArena;
use crate::status::Status;

/// The first serial number of an arena's scopes: far from those of all other arenas.
fn first_serial() -> u64 {
    static MADE: AtomicU64 = AtomicU64::new(1);
    MADE.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16
}

impl RawArena {
    /// An arena that grows, in memory of its backing. `NoMemory`.
    pub fn create(options: Options) -> Result<*mut RawArena, Status> {
        let memory = options.backing.take(size_of::<RawArena>(), align_of::<RawArena>())?;
        let arena = memory.cast::<RawArena>();
        let chunks = ChunkMemory::new(options.backing, options.shared.clone(), options.footprint_limit);
        // SAFETY: the memory is new and large enough.
        unsafe {
            arena.write(RawArena::new(&options, chunks, first_serial()));
            (*arena).begin_at_first();
            (*arena).set_busy(false);
        }
        Ok(arena)
    }

    /// An arena within the given bytes. It never takes other memory. `InvalidArgument` when they are too few.
    ///
    /// # Safety
    /// Nobody else uses the bytes as long as the arena is used.
    pub unsafe fn create_in(buffer: *mut u8, length: usize) -> Result<*mut RawArena, Status> {
        let start = round_up(buffer, align_of::<RawArena>());
        let header = size_of::<RawArena>().next_multiple_of(DEFAULT_ALIGN);
        let skipped = start.addr().wrapping_sub(buffer.addr());
        let room = length.checked_sub(skipped).and_then(|room| room.checked_sub(header));
        let room = room.map(|room| room & !(DEFAULT_ALIGN - 1)).filter(|room| *room > CHUNK_HEADER);
        let room = room.filter(|_| length <= isize::MAX as usize).ok_or(Status::InvalidArgument)?;
        let arena = start.cast::<RawArena>();
        // SAFETY: the caller's promise; arena and chunk are within the bytes.
        unsafe {
            arena.write(RawArena::new(&Options::default(), ChunkMemory::fixed(), first_serial()));
            let own = &mut *arena;
            own.chunks.fix(start.add(header), room, &own.protection);
            own.begin_at_first();
            own.set_busy(false);
        }
        Ok(arena)
    }

    /// Ends all scopes, runs all cleanups and returns all blocks; keeps the chunks that `retain` says. `Busy`,
    /// `WrongThread`.
    pub fn reset(&mut self, retain: Retain) -> Result<(), Status> {
        self.check_use()?;
        self.give_up();
        self.keep_chunks(retain);
        self.begin_at_first();
        Ok(())
    }

    /// Returns spare chunks until the remaining ones have no more than `keep` bytes. `Busy`, `WrongThread`.
    pub fn trim(&mut self, keep: usize) -> Result<(), Status> {
        self.check_use()?;
        self.keep_from(self.chunks.spare(), Retain::Limit(keep));
        Ok(())
    }

    /// Moves back to the beginning; every chunk becomes spare.
    fn give_up(&mut self) {
        if self.scopes.depth() != 0 {
            self.record_scopes();
            self.close(0);
        }
        self.run_cleanups(ptr::null_mut());
        if self.protection.on_return() && !self.chunks.current().is_null() {
            let first = self.chunks.first();
            // SAFETY: a chunk of the list.
            self.take_back(first, unsafe { Chunk::payload(first) });
        }
        self.leave_chunks();
        self.position.clear();
    }

    /// Returns the memory of all chunks except those to be kept. None is in use.
    fn keep_chunks(&mut self, retain: Retain) {
        debug_assert!(self.chunks.current().is_null());
        self.keep_from(self.chunks.first(), retain);
    }

    /// Returns the memory of this spare chunk and the ones after it, except those to be kept. A fixed arena keeps its
    /// chunk.
    fn keep_from(&mut self, first: *mut Chunk, retain: Retain) {
        if self.chunks.memory().backing().is_none() {
            return;
        }
        // SAFETY: chunks of the list exist.
        let size_of = |chunk: *mut Chunk| unsafe { (*chunk).size };
        // The first one of several.
        let largest = self.chunks.from(first).fold(ptr::null_mut::<Chunk>(), |largest, chunk| {
            if largest.is_null() || size_of(chunk) > size_of(largest) { chunk } else { largest }
        });
        let mut kept = 0_usize;
        for chunk in self.chunks.from(first) {
            let size = size_of(chunk);
            let keep = match retain {
                Retain::All => true,
                Retain::Largest => chunk == largest,
                Retain::Limit(limit) => kept.checked_add(size).is_some_and(|sum| sum <= limit),
                Retain::None => false,
            };
            if keep {
                kept += size;
            } else {
                // SAFETY: it is in the list, and nothing in it is in use.
                unsafe { self.chunks.deallocate(chunk, &self.protection) };
            }
        }
    }

    /// Ends the arena, whichever thread it belongs to.
    ///
    /// # Safety
    /// `create` or `create_in` made it, it is not used again, and none of its cleanups is running.
    pub unsafe fn destroy(arena: *mut RawArena) {
        // SAFETY: the caller's promise.
        unsafe {
            let own = &mut *arena;
            own.give_up();
            let Some(backing) = own.chunks.memory().backing().copied() else {
                let chunk = own.chunks.first();
                own.protection.unpoison(chunk.cast(), (*chunk).size);
                ptr::drop_in_place(arena);
                return;
            };
            own.keep_chunks(Retain::None);
            debug_assert!(own.chunks.memory().footprint() == 0);
            own.cleanups.free_nodes(&backing);
            own.scopes.free(&backing);
            ptr::drop_in_place(arena);
            backing.deallocate(arena.cast(), size_of::<RawArena>(), align_of::<RawArena>());
        }
    }
}
