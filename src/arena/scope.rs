//! Scopes and cleanups: entering and leaving, and what runs before the memory is returned.

use core::ffi::c_void;

use super::chunk::Chunk;
use super::cleanups::{Pending, Run};
use super::position::NO_LIMIT;
use super::raw::RawArena;
use crate::status::Status;

impl RawArena {
    /// Opens a scope in which `budget` bytes may be used, or as many as the enclosing scope has left; `usize::MAX`
    /// for no budget of its own. Returns the handle that closes it. `LimitExceeded` when too many are open,
    /// `NoMemory`, `Busy`, `WrongThread`.
    #[inline(always)]
    pub fn enter(&mut self, budget: usize) -> Result<u64, Status> {
        match self.enter_quickly(budget) {
            Some(handle) => Ok(handle),
            None => self.enter_slowly(budget),
        }
    }

    /// As [`RawArena::enter`], when saving the position is enough; else does nothing.
    #[inline(always)]
    pub(crate) fn enter_quickly(&mut self, budget: usize) -> Option<u64> {
        self.scopes.enter_quickly(&mut self.position, budget)
    }

    #[cold]
    #[inline(never)]
    fn enter_slowly(&mut self, budget: usize) -> Result<u64, Status> {
        self.check_use()?;
        self.scopes.reserve(self.chunks.memory().backing())?;
        let (chunk, cleanups) = (self.chunks.current(), self.cleanups.newest());
        let handle = self.scopes.enter(&mut self.position, chunk, cleanups, budget);
        self.position.set_limit(self.position.limit());
        Ok(handle)
    }

    /// Ends the scope and returns everything allocated in it. Nested scopes end first. `StaleScope`, `Busy`,
    /// `WrongThread`.
    #[inline]
    pub fn exit(&mut self, handle: u64) -> Result<(), Status> {
        if self.exit_quickly(handle) {
            return Ok(());
        }
        self.exit_slowly(handle)
    }

    /// As [`RawArena::exit`], when restoring the position and the limit is enough; else returns false and does
    /// nothing.
    #[inline(always)]
    pub(crate) fn exit_quickly(&mut self, handle: u64) -> bool {
        self.scopes.leave_quickly(&mut self.position, handle)
    }

    #[inline(never)]
    fn exit_slowly(&mut self, handle: u64) -> Result<(), Status> {
        let level = self.open_level(handle)?;
        self.close(level);
        Ok(())
    }

    /// The level of an open scope. Records all scopes.
    fn open_level(&mut self, handle: u64) -> Result<u32, Status> {
        self.check_use()?;
        let level = self.scopes.level_of(handle)?;
        self.record_scopes();
        Ok(level)
    }

    /// Returns everything allocated in the scope, which stays open. Nested scopes end. `StaleScope`, `Busy`,
    /// `WrongThread`.
    pub fn rewind(&mut self, handle: u64) -> Result<(), Status> {
        let level = self.open_level(handle)?;
        let inner = self.scopes.limit_of(level, &self.position);
        let scope = self.scopes.get(level);
        self.close(level);
        // Reopens the same scope. Its saved state is unchanged.
        self.scopes.enter_again(scope);
        self.position.set_limit(inner);
        Ok(())
    }

    /// Ends the scope and moves its blocks and cleanups to the enclosing one. Nested scopes are committed too.
    /// `StaleScope`, `Busy`, `WrongThread`.
    pub fn commit(&mut self, handle: u64) -> Result<(), Status> {
        let level = self.open_level(handle)?;
        let limit = self.scopes.get(level).saved_position().limit();
        self.scopes.cut(level);
        self.position.set_limit(limit);
        Ok(())
    }

    /// The number of bytes used since the scope was entered. `StaleScope`, `WrongThread`.
    pub fn scope_used(&self, handle: u64) -> Result<usize, Status> {
        self.check_thread()?;
        let before = self.scopes.used_before(self.scopes.level_of(handle)?, &self.position);
        debug_assert!(before <= self.used());
        Ok(self.used().wrapping_sub(before))
    }

    /// The number of bytes that may still be used in the scope; `usize::MAX` when nothing limits it. `StaleScope`,
    /// `WrongThread`.
    pub fn scope_remaining(&self, handle: u64) -> Result<usize, Status> {
        self.check_thread()?;
        let limit = self.scopes.limit_of(self.scopes.level_of(handle)?, &self.position);
        Ok(if limit == NO_LIMIT { NO_LIMIT } else { limit.saturating_sub(self.used()) })
    }

    /// Restores the state that the scope of the level saved, after running its cleanups and those of nested scopes.
    /// All scopes are recorded.
    pub(super) fn close(&mut self, level: u32) {
        self.run_cleanups(self.scopes.get(level).cleanups());
        let scope = self.scopes.get(level);
        if self.protection.on_return() {
            self.take_back(scope.chunk(), scope.saved_position().next());
        }
        self.scopes.cut(level);
        let mut chunk_end = self.position.chunk_end();
        if scope.chunk() != self.chunks.current() {
            // A scope that began without a chunk was moved to the first one.
            debug_assert!(!scope.chunk().is_null());
            // SAFETY: chunks of the list exist; the chunk was the current one when the scope began.
            unsafe {
                self.chunks.set_current(scope.chunk());
                chunk_end = Chunk::end(scope.chunk());
            }
        }
        self.position.restore_in(scope.saved_position(), chunk_end);
    }

    /// Overwrites and poisons the bytes used from that place on, as the modes require.
    pub(super) fn take_back(&mut self, chunk: *mut Chunk, place: *mut u8) {
        // Without a chunk nothing was used.
        for chunk_in_use in self.chunks.from(chunk) {
            let current = chunk_in_use == self.chunks.current();
            // SAFETY: the chunks from that one to the current one are in use, up to `filled`.
            unsafe {
                let start = if chunk_in_use == chunk { place } else { Chunk::payload(chunk_in_use) };
                let end = if current { self.position.next() } else { (*chunk_in_use).filled };
                self.protection.take_back(start, end.addr().saturating_sub(start.addr()));
            }
            if current {
                break;
            }
        }
    }

    /// Registers `run` to be called with `context` when the innermost scope ends, or without one when the arena is
    /// reset or freed: once, before the memory is returned, newer cleanups first. `NoMemory`, `Busy`, `WrongThread`.
    ///
    /// # Safety
    /// The function may be called with this context, on any thread that ends the scope.
    pub unsafe fn add_cleanup(&mut self, run: Run, context: *mut c_void) -> Result<(), Status> {
        self.check_use()?;
        match self.chunks.memory().backing() {
            Some(backing) => self.cleanups.reserve(backing)?,
            None if self.cleanups.has_room() => {}
            None => {
                let node = self.take_node()?;
                // SAFETY: new, in the arena's own bytes.
                unsafe { self.cleanups.add_free(node) };
            }
        }
        self.record_scopes();
        self.cleanups.push(run, context);
        Ok(())
    }

    /// Removes the newest cleanup with this function and context without running it. `NotFound`, `Busy`,
    /// `WrongThread`.
    pub fn cancel_cleanup(&mut self, run: Run, context: *mut c_void) -> Result<(), Status> {
        self.check_use()?;
        self.record_scopes();
        let (removed, older) = self.cleanups.remove(run, context).ok_or(Status::NotFound)?;
        // Scopes that began with it as the newest now begin with the next older one.
        self.scopes.replace_cleanup(removed, older);
        Ok(())
    }

    /// Runs the newest cleanups until that one is the newest. All scopes are recorded.
    pub(super) fn run_cleanups(&mut self, until: *mut Pending) {
        if self.cleanups.newest() == until {
            return;
        }
        self.set_busy(true);
        while self.cleanups.newest() != until {
            let (run, context) = self.cleanups.pop();
            // SAFETY: the caller of `add_cleanup` promised that it may be called now.
            unsafe { run(context) };
        }
        self.set_busy(false);
    }

    /// Memory for a cleanup of a fixed arena, from the end of its chunk, because it has no other. `NoMemory`.
    fn take_node(&mut self) -> Result<*mut Pending, Status> {
        let (size, align) = (size_of::<Pending>(), align_of::<Pending>());
        let node = self.position.chunk_end().map_addr(|end| (end - size) & !(align - 1));
        if node < self.position.next() {
            return Err(Status::NoMemory);
        }
        // SAFETY: no block is between the position and the end; the chunk is a fixed arena's only one.
        unsafe {
            self.protection.unpoison(node, size);
            self.chunks.cut(node);
        }
        self.position.cut(node);
        Ok(node.cast())
    }
}
