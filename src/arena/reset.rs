//! Making, resetting and ending an arena.

use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::chunk::{CHUNK_HEADER, Chunk};
use super::raw::{DEFAULT_ALIGN, Options, RawArena};
use crate::status::Status;

/// What a reset keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retain {
    /// Every chunk.
    All,
    /// The largest one.
    Largest,
    /// As many chunks as have no more bytes than this together.
    Limit(usize),
    /// Nothing.
    None,
}

/// Where the serials of an arena's scopes begin: far from those of all others.
fn first_serial() -> u64 {
    static MADE: AtomicU64 = AtomicU64::new(1);
    MADE.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16
}

impl RawArena {
    /// An arena that grows, in memory of its backing. `NoMemory`.
    pub fn create(options: Options) -> Result<*mut RawArena, Status> {
        let backing = options.backing;
        let place = backing.take(size_of::<RawArena>(), align_of::<RawArena>())?.cast::<RawArena>();
        // SAFETY: the memory is there and nobody else's.
        unsafe {
            place.write(RawArena::empty(options, first_serial()));
            (*place).stand_nowhere();
            (*place).set_busy(false);
        }
        Ok(place)
    }

    /// An arena within the bytes, which never takes others. `InvalidArgument` when they are too few.
    ///
    /// # Safety
    /// The bytes are nobody else's as long as the arena is used.
    pub unsafe fn create_in(buffer: *mut u8, length: usize) -> Result<*mut RawArena, Status> {
        let place = buffer.map_addr(|address| address.wrapping_add(DEFAULT_ALIGN - 1) & !(DEFAULT_ALIGN - 1));
        let header = size_of::<RawArena>().next_multiple_of(DEFAULT_ALIGN);
        let skipped = place.addr().wrapping_sub(buffer.addr());
        let room = length.checked_sub(skipped).and_then(|room| room.checked_sub(header));
        let room = room.map(|room| room & !(DEFAULT_ALIGN - 1)).filter(|room| *room > CHUNK_HEADER);
        let room = room.filter(|_| length <= isize::MAX as usize).ok_or(Status::InvalidArgument)?;
        let arena = place.cast::<RawArena>();
        // SAFETY: the caller's promise; header and chunk lie in the bytes.
        unsafe {
            arena.write(RawArena::empty(Options::default(), first_serial()));
            (*arena).fixed = true;
            (*arena).footprint = room;
            let chunk = (*arena).make_chunk(place.add(header), room);
            (*arena).insert(chunk);
            (*arena).begin_at_first();
            (*arena).set_busy(false);
        }
        Ok(arena)
    }

    /// Ends all scopes, runs all cleanups and gives all blocks back; keeps the chunks that are to be kept.
    /// `Busy`, `WrongThread`.
    pub fn reset(&mut self, retain: Retain) -> Result<(), Status> {
        self.check_use()?;
        self.give_up();
        if !self.fixed {
            self.keep_chunks(retain);
        }
        self.begin_at_first();
        Ok(())
    }

    /// Gives back spare chunks until those that stay have no more than `keep` bytes. `Busy`, `WrongThread`.
    pub fn trim(&mut self, keep: usize) -> Result<(), Status> {
        self.check_use()?;
        let mut kept = 0_usize;
        let mut chunk = self.spare();
        while !chunk.is_null() {
            // SAFETY: spare chunks of the list, in which no block is in use. A fixed arena has none.
            unsafe {
                let Chunk { next, size, .. } = chunk.read();
                match kept.checked_add(size).filter(|sum| *sum <= keep) {
                    Some(sum) => kept = sum,
                    None => self.give_back(chunk),
                }
                chunk = next;
            }
        }
        Ok(())
    }

    /// Back to the beginning, with every chunk spare.
    fn give_up(&mut self) {
        if self.scopes.depth() != 0 {
            self.close(0);
        }
        self.run_cleanups(ptr::null_mut());
        if (self.scrub || self.sanitizer.is_some()) && !self.current.is_null() {
            // SAFETY: a chunk of the list.
            self.hide(self.first, unsafe { Chunk::payload(self.first) });
        }
        self.stand_nowhere();
        self.position.clear();
    }

    fn keep_chunks(&mut self, retain: Retain) {
        let mut largest = ptr::null_mut::<Chunk>();
        let mut chunk = self.first;
        while !chunk.is_null() {
            // SAFETY: chunks of the list are there.
            unsafe {
                if largest.is_null() || (*chunk).size > (*largest).size {
                    largest = chunk;
                }
                chunk = (*chunk).next;
            }
        }
        let mut kept = 0_usize;
        let mut chunk = self.first;
        while !chunk.is_null() {
            // SAFETY: as above; nothing is in use.
            unsafe {
                let Chunk { next, size, .. } = chunk.read();
                let keep = match retain {
                    Retain::All => true,
                    Retain::Largest => chunk == largest,
                    Retain::Limit(limit) => kept.checked_add(size).is_some_and(|sum| sum <= limit),
                    Retain::None => false,
                };
                if keep {
                    kept += size;
                } else {
                    self.give_back(chunk);
                }
                chunk = next;
            }
        }
    }

    /// Ends the arena, whichever thread it belongs to.
    ///
    /// # Safety
    /// `create` or `create_in` gave it, it is not used again, and no cleanup of it runs.
    pub unsafe fn destroy(arena: *mut RawArena) {
        // SAFETY: the caller's promise.
        unsafe {
            let own = &mut *arena;
            own.give_up();
            if own.fixed {
                if let Some(sanitizer) = own.sanitizer {
                    let chunk = own.first;
                    sanitizer.unpoison(chunk.cast(), (*chunk).size);
                }
                ptr::drop_in_place(arena);
                return;
            }
            own.keep_chunks(Retain::None);
            let backing = own.backing;
            own.cleanups.free_nodes(&backing);
            own.scopes.free(&backing);
            ptr::drop_in_place(arena);
            backing.give_back(arena.cast(), size_of::<RawArena>(), align_of::<RawArena>());
        }
    }
}
