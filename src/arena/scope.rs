//! Scopes: where the arena stood, to be put back.

use super::chunk::Chunk;
use super::position::NO_LIMIT;
use super::raw::RawArena;
use crate::status::Status;

impl RawArena {
    /// The scopes that began in the chunk `left` when nothing in it was in use, as nothing is now, begin where the arena
    /// stands, in another chunk.
    pub(super) fn move_scopes_from(&mut self, left: *mut Chunk) {
        let (chunk, position) = (self.current, &self.position);
        for scope in self.scopes.open_mut().iter_mut().rev().take_while(|scope| scope.chunk == left) {
            scope.chunk = chunk;
            scope.mark.move_to(position);
        }
    }

    /// Opens a scope in which `budget` bytes may be used, or as many as are left outside it; `usize::MAX` for no
    /// budget of its own. The handle closes it. `LimitExceeded` when too many are open, `NoMemory`, `Busy`,
    /// `WrongThread`.
    #[inline(always)]
    pub fn enter(&mut self, budget: usize) -> Result<u64, Status> {
        if self.plain && self.scopes.has_room() {
            return Ok(self.open(budget));
        }
        self.enter_slowly(budget)
    }

    #[cold]
    #[inline(never)]
    fn enter_slowly(&mut self, budget: usize) -> Result<u64, Status> {
        self.check_use()?;
        self.scopes.reserve((!self.fixed).then_some(&self.backing))?;
        let handle = self.open(budget);
        self.position.set_limit(self.position.limit());
        Ok(handle)
    }

    /// Opens a scope, for which there is room. When the arena is not plain, the end has to be set behind it.
    #[inline(always)]
    fn open(&mut self, budget: usize) -> u64 {
        let handle = self.scopes.push(self.position.mark(), self.current, self.cleanups.newest());
        if budget != NO_LIMIT {
            self.position.bound(budget);
        }
        handle
    }

    fn open_scope(&self, handle: u64) -> Result<u32, Status> {
        self.check_use()?;
        self.scopes.level_of(handle)
    }

    /// Ends the scope and gives back all that was made in it. Scopes that are open in it end first.
    /// `StaleScope`, `Busy`, `WrongThread`.
    #[inline]
    pub fn exit(&mut self, handle: u64) -> Result<(), Status> {
        if self.plain
            && let Some(scope) = self.scopes.innermost()
        {
            let alike = scope.chunk == self.current && scope.cleanups == self.cleanups.newest();
            if scope.has(handle) && alike {
                let mark = scope.mark;
                self.scopes.cut(self.scopes.depth() - 1);
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
        let mut scope = self.scopes.open()[level as usize];
        self.close(level);
        // What the scope found outside is what there is again.
        (scope.mark, scope.chunk) = (self.position.mark(), self.current);
        self.scopes.push_again(scope);
        self.position.set_limit(inner);
        Ok(())
    }

    /// Ends the scope and keeps what was made in it, cleanups too, in the one around it; so do scopes open in it.
    /// `StaleScope`, `Busy`, `WrongThread`.
    pub fn commit(&mut self, handle: u64) -> Result<(), Status> {
        let level = self.open_scope(handle)?;
        let limit = self.scopes.open()[level as usize].mark.limit();
        self.scopes.cut(level);
        self.position.set_limit(limit);
        Ok(())
    }

    /// The limit that holds in the scope of a level.
    fn limit_of(&self, level: u32) -> usize {
        // Each scope knows the limit outside it.
        let inner = self.scopes.open().get(level as usize + 1);
        inner.map_or(self.position.limit(), |inner| inner.mark.limit())
    }

    /// How many bytes were used since the scope was entered. `StaleScope`, `WrongThread`.
    pub fn scope_used(&self, handle: u64) -> Result<usize, Status> {
        self.check_thread()?;
        let level = self.scopes.level_of(handle)?;
        let before = self.scopes.open()[level as usize].mark.used();
        Ok(self.used().wrapping_sub(before))
    }

    /// How many bytes may still be used in the scope; `usize::MAX` when nothing limits it. `StaleScope`,
    /// `WrongThread`.
    pub fn scope_remaining(&self, handle: u64) -> Result<usize, Status> {
        self.check_thread()?;
        let limit = self.limit_of(self.scopes.level_of(handle)?);
        Ok(if limit == NO_LIMIT { NO_LIMIT } else { limit.saturating_sub(self.used()) })
    }

    /// Puts back what the scope of the level found, after the cleanups of it and of those in it.
    pub(super) fn close(&mut self, level: u32) {
        self.run_cleanups(self.scopes.open()[level as usize].cleanups);
        let scope = self.scopes.open()[level as usize];
        if self.scrub || self.sanitizer.is_some() {
            self.hide(scope.chunk, scope.mark.next());
        }
        self.scopes.cut(level);
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
