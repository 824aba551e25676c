//! Scopes: where the arena stood, to be put back. Handles are checked against the arena's own stack, so that a lost,
//! doubled or foreign one does no harm.

use core::ptr;

use super::chunk::Chunk;
use super::cleanup::Pending;
use super::position::{Mark, NO_LIMIT};
use super::raw::RawArena;
use crate::Status;

/// So many levels need no memory beside the arena.
pub(super) const INLINE_SCOPES: usize = 16;
/// Below the depth, in a handle.
const SERIAL_BITS: u32 = 48;

/// What a scope found when it was entered.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    handle: u64,
    pub(super) mark: Mark,
    pub(super) chunk: *mut Chunk,
    pub(super) cleanups: *mut Pending,
}

impl RawArena {
    fn scope_at(&self, level: u32) -> *mut Scope {
        let scopes = if self.scopes.is_null() {
            self.inline_scopes.as_ptr().cast_mut().cast::<Scope>()
        } else {
            self.scopes
        };
        scopes.wrapping_add(level as usize)
    }

    /// The scope that blocks are made in now.
    pub(super) fn innermost(&self) -> Option<&Scope> {
        // SAFETY: the levels below the depth were written.
        (self.depth != 0).then(|| unsafe { &*self.scope_at(self.depth - 1) })
    }

    /// Changes every open scope.
    pub(super) fn for_scopes(&mut self, mut change: impl FnMut(&mut Scope)) {
        for level in 0..self.depth {
            // SAFETY: the levels below the depth were written, and are borrowed one by one.
            change(unsafe { &mut *self.scopes_start().add(level as usize) });
        }
    }

    /// The scopes that began in the chunk `left` when nothing in it was in use, as nothing is now, begin where the arena
    /// stands, in another chunk.
    pub(super) fn move_scopes_from(&mut self, left: *mut Chunk) {
        for level in (0..self.depth).rev() {
            // SAFETY: the levels below the depth were written, and are borrowed one by one.
            let scope = unsafe { &mut *self.scopes_start().add(level as usize) };
            if scope.chunk != left {
                break;
            }
            scope.chunk = self.current;
            scope.mark.move_to(&self.position);
        }
    }

    /// Where the levels lie, to be written to.
    fn scopes_start(&mut self) -> *mut Scope {
        if self.scopes.is_null() { self.inline_scopes.as_mut_ptr().cast::<Scope>() } else { self.scopes }
    }

    /// Opens a scope in which `budget` bytes may be used, or as many as are left outside it; `usize::MAX` for no
    /// budget of its own. The handle closes it. `LimitExceeded` when too many are open, `NoMemory`, `Busy`,
    /// `WrongThread`.
    #[inline(always)]
    pub fn enter(&mut self, budget: usize) -> Result<u64, Status> {
        if self.plain && self.depth < self.scopes_capacity.min(self.max_depth) {
            return Ok(self.open(budget));
        }
        self.enter_slowly(budget)
    }

    #[cold]
    #[inline(never)]
    fn enter_slowly(&mut self, budget: usize) -> Result<u64, Status> {
        self.check_use()?;
        if self.depth >= self.max_depth {
            return Err(Status::LimitExceeded);
        }
        if self.depth == self.scopes_capacity {
            self.more_scopes()?;
        }
        let handle = self.open(budget);
        self.position.set_limit(self.position.limit());
        Ok(handle)
    }

    /// Opens a scope, for which there is room. When the arena is not plain, the end has to be set behind it.
    #[inline(always)]
    fn open(&mut self, budget: usize) -> u64 {
        self.serial = self.serial.wrapping_add(1) & ((1 << SERIAL_BITS) - 1);
        let depth = self.depth + 1;
        let handle = u64::from(depth) << SERIAL_BITS | self.serial;
        let mark = self.position.mark();
        let scope = Scope { handle, mark, chunk: self.current, cleanups: self.cleanups.newest };
        // SAFETY: there is room for the level.
        unsafe { self.scopes_start().add(self.depth as usize).write(scope) };
        self.depth = depth;
        if budget != NO_LIMIT {
            self.position.bound(budget);
        }
        handle
    }

    fn more_scopes(&mut self) -> Result<(), Status> {
        if self.fixed {
            return Err(Status::LimitExceeded);
        }
        let capacity = self.scopes_capacity * 2;
        let size = |capacity: u32| capacity as usize * size_of::<Scope>();
        let more = self.backing.take(size(capacity), align_of::<Scope>())?.cast::<Scope>();
        // SAFETY: the new array is larger, and the old one is given up.
        unsafe {
            ptr::copy_nonoverlapping(self.scope_at(0), more, self.depth as usize);
            self.free_scopes();
        }
        self.scopes = more;
        self.scopes_capacity = capacity;
        Ok(())
    }

    /// # Safety
    /// Nobody looks at the scopes again.
    pub(super) unsafe fn free_scopes(&mut self) {
        if !self.scopes.is_null() {
            let size = self.scopes_capacity as usize * size_of::<Scope>();
            // SAFETY: the backing gave it so.
            unsafe { self.backing.give_back(self.scopes.cast(), size, align_of::<Scope>()) };
            self.scopes = ptr::null_mut();
        }
    }

    /// The level of a handle. `StaleScope` when it is not open, or another arena's.
    fn level_of(&self, handle: u64) -> Result<u32, Status> {
        let depth = (handle >> SERIAL_BITS) as u32;
        if depth == 0 || depth > self.depth {
            return Err(Status::StaleScope);
        }
        // SAFETY: the levels below the depth were written.
        let open = unsafe { (*self.scope_at(depth - 1)).handle };
        if open == handle { Ok(depth - 1) } else { Err(Status::StaleScope) }
    }

    fn open_scope(&self, handle: u64) -> Result<u32, Status> {
        self.check_use()?;
        self.level_of(handle)
    }

    /// Ends the scope and gives back all that was made in it. Scopes that are open in it end first.
    /// `StaleScope`, `Busy`, `WrongThread`.
    #[inline]
    pub fn exit(&mut self, handle: u64) -> Result<(), Status> {
        if self.plain && self.depth != 0 {
            // SAFETY: the levels below the depth were written.
            let scope = unsafe { &*self.scope_at(self.depth - 1) };
            let alike = scope.chunk == self.current && scope.cleanups == self.cleanups.newest;
            if scope.handle == handle && alike {
                let mark = scope.mark;
                self.depth -= 1;
                self.position.restore(mark);
                return Ok(());
            }
        }
        self.exit_slowly(handle)
    }

    #[inline(never)]
    fn exit_slowly(&mut self, handle: u64) -> Result<(), Status> {
        let level = self.open_scope(handle)?;
        self.close(level);
        Ok(())
    }

    /// Gives back all that was made in the scope, which stays open. Scopes that are open in it end.
    /// `StaleScope`, `Busy`, `WrongThread`.
    pub fn rewind(&mut self, handle: u64) -> Result<(), Status> {
        let level = self.open_scope(handle)?;
        let inner = self.limit_of(level);
        self.close(level);
        // It is the scope that was open, and what it found outside is what there is again.
        let (mark, chunk) = (self.position.mark(), self.current);
        self.depth = level + 1;
        self.for_scopes(|scope| {
            if scope.handle == handle {
                (scope.mark, scope.chunk) = (mark, chunk);
            }
        });
        self.position.set_limit(inner);
        Ok(())
    }

    /// Ends the scope and keeps what was made in it, cleanups too, in the one around it; so do scopes open in it.
    /// `StaleScope`, `Busy`, `WrongThread`.
    pub fn commit(&mut self, handle: u64) -> Result<(), Status> {
        let level = self.open_scope(handle)?;
        // SAFETY: the levels below the depth were written.
        let limit = unsafe { (*self.scope_at(level)).mark.limit() };
        self.depth = level;
        self.position.set_limit(limit);
        Ok(())
    }

    /// The limit that holds in the scope of a level.
    fn limit_of(&self, level: u32) -> usize {
        if level + 1 == self.depth {
            return self.position.limit();
        }
        // SAFETY: the levels below the depth were written; each knows the limit outside it.
        unsafe { (*self.scope_at(level + 1)).mark.limit() }
    }

    /// How many bytes were used since the scope was entered. `StaleScope`, `WrongThread`.
    pub fn scope_used(&self, handle: u64) -> Result<usize, Status> {
        self.check_thread()?;
        let level = self.level_of(handle)?;
        // SAFETY: the levels below the depth were written.
        let before = unsafe { (*self.scope_at(level)).mark.used() };
        Ok(self.used().wrapping_sub(before))
    }

    /// How many bytes may still be used in the scope; `usize::MAX` when nothing limits it. `StaleScope`,
    /// `WrongThread`.
    pub fn scope_remaining(&self, handle: u64) -> Result<usize, Status> {
        self.check_thread()?;
        let limit = self.limit_of(self.level_of(handle)?);
        Ok(if limit == NO_LIMIT { NO_LIMIT } else { limit.saturating_sub(self.used()) })
    }

    /// Puts back what the scope of the level found, after the cleanups of it and of those in it.
    pub(super) fn close(&mut self, level: u32) {
        // SAFETY: the levels below the depth were written.
        let cleanups = unsafe { (*self.scope_at(level)).cleanups };
        self.run_cleanups(cleanups);
        // SAFETY: as above; read again, as cleanups were taken out meanwhile.
        let scope = unsafe { *self.scope_at(level) };
        if self.scrub || self.sanitizer.is_some() {
            self.hide(scope.chunk, scope.mark.next());
        }
        self.depth = level;
        let mut chunk_end = self.position.chunk_end();
        if scope.chunk != self.current {
            // A scope that began without a chunk moved along to the first one.
            debug_assert!(!scope.chunk.is_null());
            self.current = scope.chunk;
            // SAFETY: chunks of the list are there.
            chunk_end = unsafe { Chunk::end(scope.chunk) };
        }
        self.position.restore_in(scope.mark, chunk_end);
    }

    /// Overwrites and poisons what was used since, as far as these are wanted.
    pub(super) fn hide(&mut self, chunk: *mut Chunk, position: *mut u8) {
        let (mut from, mut start) = (chunk, position);
        if from.is_null() {
            // Then nothing was used since.
            return;
        }
        loop {
            // SAFETY: the chunks from the scope's to the current one are there, and used up to `filled`.
            unsafe {
                let end = if from == self.current { self.position.next() } else { (*from).filled };
                let size = end.addr().saturating_sub(start.addr());
                if self.scrub {
                    self.overwrite(start, size);
                }
                if let Some(sanitizer) = self.sanitizer {
                    sanitizer.poison(start, size);
                }
                if from == self.current {
                    return;
                }
                from = (*from).next;
                start = Chunk::payload(from);
            }
        }
    }
}
