//! Scopes: where the arena stood, to be put back. Handles are checked against the arena's own stack, so that a lost,
//! doubled or foreign one does no harm.

use core::ptr;

use super::chunk::Chunk;
use super::cleanup::Pending;
use super::raw::{NO_LIMIT, RawArena};
use crate::Status;

/// So many levels need no memory beside the arena.
pub(super) const INLINE_SCOPES: usize = 16;
/// Below the depth, in a handle.
const SERIAL_BITS: u32 = 48;

/// What a scope found when it was entered.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    handle: u64,
    before: *mut u8,
    pub(super) chunk: *mut Chunk,
    /// Outside it, as the origin and the limit.
    pub(super) end: *mut u8,
    pub(super) cleanups: *mut Pending,
    limit: usize,
    origin: usize,
}

impl Scope {
    /// What was used when it was entered.
    fn used_before(&self) -> usize {
        self.before.addr().wrapping_sub(self.origin)
    }

    pub(super) fn position(&self) -> *mut u8 {
        self.before.wrapping_add(1)
    }
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
        let (before, chunk, origin, used) = (self.before, self.current, self.origin, self.used());
        let room = self.hard_end.addr() - self.position().addr();
        for level in (0..self.depth).rev() {
            // SAFETY: the levels below the depth were written, and are borrowed one by one.
            let scope = unsafe { &mut *self.scopes_start().add(level as usize) };
            if scope.chunk != left {
                break;
            }
            debug_assert_eq!(scope.used_before(), used);
            let end = before.wrapping_add(room.min(scope.limit.saturating_sub(used)));
            (scope.before, scope.chunk, scope.origin, scope.end) = (before, chunk, origin, end);
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
        self.set_end();
        Ok(handle)
    }

    /// Opens a scope, for which there is room. When the arena is not plain, the end has to be set behind it.
    #[inline(always)]
    fn open(&mut self, budget: usize) -> u64 {
        self.serial = self.serial.wrapping_add(1) & ((1 << SERIAL_BITS) - 1);
        let depth = self.depth + 1;
        let handle = u64::from(depth) << SERIAL_BITS | self.serial;
        let scope = Scope {
            handle,
            before: self.before,
            chunk: self.current,
            end: self.end,
            cleanups: self.cleanups.newest,
            limit: self.limit,
            origin: self.origin,
        };
        // SAFETY: there is room for the level.
        unsafe { self.scopes_start().add(self.depth as usize).write(scope) };
        self.depth = depth;
        if budget != NO_LIMIT {
            self.limit = self.limit.min(self.used().saturating_add(budget));
            // The end that there is knows of the chunk and of all limits outside.
            let room = self.end.addr().wrapping_sub(self.before.addr());
            self.end = self.before.wrapping_add(room.min(budget));
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
                let (before, end, limit, origin) = (scope.before, scope.end, scope.limit, scope.origin);
                self.note_peak();
                self.depth -= 1;
                (self.before, self.end, self.limit, self.origin) = (before, end, limit, origin);
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
        let (before, chunk, end, origin) = (self.before, self.current, self.end, self.origin);
        self.depth = level + 1;
        self.for_scopes(|scope| {
            if scope.handle == handle {
                (scope.before, scope.chunk, scope.end, scope.origin) = (before, chunk, end, origin);
            }
        });
        self.limit = inner;
        self.set_end();
        Ok(())
    }

    /// Ends the scope and keeps what was made in it, cleanups too, in the one around it; so do scopes open in it.
    /// `StaleScope`, `Busy`, `WrongThread`.
    pub fn commit(&mut self, handle: u64) -> Result<(), Status> {
        let level = self.open_scope(handle)?;
        self.note_peak();
        // SAFETY: the levels below the depth were written.
        self.limit = unsafe { (*self.scope_at(level)).limit };
        self.depth = level;
        self.set_end();
        Ok(())
    }

    /// The limit that holds in the scope of a level.
    fn limit_of(&self, level: u32) -> usize {
        if level + 1 == self.depth {
            return self.limit;
        }
        // SAFETY: the levels below the depth were written; each knows the limit outside it.
        unsafe { (*self.scope_at(level + 1)).limit }
    }

    /// How many bytes were used since the scope was entered. `StaleScope`, `WrongThread`.
    pub fn scope_used(&self, handle: u64) -> Result<usize, Status> {
        self.check_thread()?;
        let level = self.level_of(handle)?;
        // SAFETY: the levels below the depth were written.
        let before = unsafe { (*self.scope_at(level)).used_before() };
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
        self.note_peak();
        // SAFETY: as above; read again, as cleanups were taken out meanwhile.
        let scope = unsafe { *self.scope_at(level) };
        if self.scrub || self.sanitizer.is_some() {
            self.hide(scope.chunk, scope.position());
        }
        self.depth = level;
        self.limit = scope.limit;
        if scope.chunk == self.current {
            self.before = scope.before;
            self.origin = scope.origin;
        } else {
            self.go_back(&scope);
        }
        self.set_end();
    }

    /// To an earlier chunk.
    #[inline(never)]
    fn go_back(&mut self, scope: &Scope) {
        self.current = scope.chunk;
        self.before = scope.before;
        self.origin = scope.origin;
        // A scope that began without a chunk moved along to the first one.
        debug_assert!(!scope.chunk.is_null());
        // SAFETY: chunks of the list are there.
        self.hard_end = unsafe { Chunk::end(scope.chunk) };
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
                let end = if from == self.current { self.position() } else { (*from).filled };
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
