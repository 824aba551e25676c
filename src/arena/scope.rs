//! Scopes: where the arena stood, to be put back. Handles are checked against the arena's own stack, so that a lost,
//! doubled or foreign one does no harm.

use core::ptr;

use super::chunk::Chunk;
use super::cleanup::Node;
use super::raw::{NO_LIMIT, RawArena};
use crate::Status;

/// So many levels need no memory beside the arena.
pub(super) const INLINE_SCOPES: usize = 16;
/// Below the depth, in a handle.
const SERIAL_BITS: u32 = 48;

/// What a scope found when it was entered.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    serial: u64,
    pub(super) chunk: *mut Chunk,
    pub(super) position: *mut u8,
    start: *mut u8,
    base: usize,
    /// Outside it.
    limit: usize,
    pub(super) cleanups: *mut Node,
}

impl Scope {
    /// What was used when it was entered.
    fn used_before(&self) -> usize {
        self.base.wrapping_add(self.position.addr() - self.start.addr())
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

    #[inline]
    fn scopes_mut(&mut self) -> *mut Scope {
        if self.scopes.is_null() { self.inline_scopes.as_mut_ptr().cast::<Scope>() } else { self.scopes }
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
            change(unsafe { &mut *self.scopes_mut().add(level as usize) });
        }
    }

    /// Opens a scope in which `budget` bytes may be used, or as many as are left outside it; `usize::MAX` for no
    /// budget of its own. The handle closes it. `LimitExceeded` when too many are open, `NoMemory`, `Busy`,
    /// `WrongThread`.
    pub fn enter(&mut self, budget: usize) -> Result<u64, Status> {
        self.check_use()?;
        if self.depth >= self.max_depth {
            return Err(Status::LimitExceeded);
        }
        if self.depth == self.scopes_capacity {
            self.more_scopes()?;
        }
        self.serial = self.serial.wrapping_add(1) & ((1 << SERIAL_BITS) - 1);
        let scope = Scope {
            serial: self.serial,
            chunk: self.current,
            position: self.position,
            start: self.start,
            base: self.base,
            limit: self.limit,
            cleanups: self.cleanups.newest,
        };
        // SAFETY: there is room for the level.
        unsafe { self.scopes_mut().add(self.depth as usize).write(scope) };
        self.depth += 1;
        if budget != NO_LIMIT {
            self.limit = self.limit.min(self.used().saturating_add(budget));
            self.set_end();
        }
        Ok(u64::from(self.depth) << SERIAL_BITS | self.serial)
    }

    #[cold]
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
    #[inline]
    fn level_of(&self, handle: u64) -> Result<u32, Status> {
        let depth = (handle >> SERIAL_BITS) as u32;
        if depth == 0 || depth > self.depth {
            return Err(Status::StaleScope);
        }
        // SAFETY: the levels below the depth were written.
        let serial = unsafe { (*self.scope_at(depth - 1)).serial };
        if serial == handle & ((1 << SERIAL_BITS) - 1) { Ok(depth - 1) } else { Err(Status::StaleScope) }
    }

    #[inline]
    fn open_scope(&self, handle: u64) -> Result<(u32, Scope), Status> {
        self.check_use()?;
        let level = self.level_of(handle)?;
        // SAFETY: as above.
        Ok((level, unsafe { *self.scope_at(level) }))
    }

    /// Ends the scope and gives back all that was made in it. Scopes that are open in it end first.
    /// `StaleScope`, `Busy`, `WrongThread`.
    #[inline]
    pub fn exit(&mut self, handle: u64) -> Result<(), Status> {
        let (level, _) = self.open_scope(handle)?;
        self.close(level);
        Ok(())
    }

    /// Gives back all that was made in the scope, which stays open. Scopes that are open in it end.
    /// `StaleScope`, `Busy`, `WrongThread`.
    pub fn rewind(&mut self, handle: u64) -> Result<(), Status> {
        let (level, _) = self.open_scope(handle)?;
        let inner = self.limit_of(level);
        self.close(level);
        // It is the scope that was open: what it found outside is what there is again. But an empty arena may have put
        // its chunks in another order, and the scope begins in the one that is first now.
        self.depth = level + 1;
        let (chunk, position, start, base) = (self.current, self.position, self.start, self.base);
        // SAFETY: the level was written, as the scope is open.
        let scope = unsafe { &mut *self.scopes_mut().add(level as usize) };
        (scope.chunk, scope.position, scope.start, scope.base) = (chunk, position, start, base);
        self.limit = inner;
        self.set_end();
        Ok(())
    }

    /// Ends the scope and keeps what was made in it, cleanups too, in the one around it; so do scopes open in it.
    /// `StaleScope`, `Busy`, `WrongThread`.
    pub fn commit(&mut self, handle: u64) -> Result<(), Status> {
        let (level, scope) = self.open_scope(handle)?;
        self.note_peak();
        self.depth = level;
        self.limit = scope.limit;
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

    /// How many bytes were used since the scope was entered. `StaleScope`.
    pub fn scope_used(&self, handle: u64) -> Result<usize, Status> {
        let level = self.level_of(handle)?;
        // SAFETY: the levels below the depth were written.
        let before = unsafe { (*self.scope_at(level)).used_before() };
        Ok(self.used().wrapping_sub(before))
    }

    /// How many bytes may still be used in the scope; `usize::MAX` when nothing limits it. `StaleScope`.
    pub fn scope_remaining(&self, handle: u64) -> Result<usize, Status> {
        let limit = self.limit_of(self.level_of(handle)?);
        Ok(if limit == NO_LIMIT { NO_LIMIT } else { limit.saturating_sub(self.used()) })
    }

    /// Puts back what the scope of the level found, after the cleanups of it and of those in it.
    #[inline]
    pub(super) fn close(&mut self, level: u32) {
        // SAFETY: the levels below the depth were written.
        let cleanups = unsafe { (*self.scope_at(level)).cleanups };
        self.run_cleanups(cleanups);
        self.note_peak();
        // SAFETY: as above; read again, as cleanups were taken out meanwhile.
        let scope = unsafe { *self.scope_at(level) };
        if self.scrub || self.sanitizer.is_some() {
            self.hide(scope.chunk, scope.position);
        }
        self.depth = level;
        self.limit = scope.limit;
        if scope.chunk == self.current {
            self.position = scope.position;
            self.base = scope.base;
            self.start = scope.start;
        } else {
            self.go_back(&scope);
        }
        self.set_end();
    }

    /// To an earlier chunk.
    #[inline(never)]
    fn go_back(&mut self, scope: &Scope) {
        self.current = scope.chunk;
        self.position = scope.position;
        self.base = scope.base;
        self.start = scope.start;
        // SAFETY: chunks of the list are there.
        self.hard_end = if scope.chunk.is_null() { scope.start } else { unsafe { Chunk::end(scope.chunk) } };
        if self.depth == 0 && self.used() == 0 {
            self.begin_with_the_larger();
        }
    }

    /// Nothing is in use: makes the first chunk current; or the one behind it when that is larger and the first was
    /// passed over, as it had no room for the first block. Whoever does the same again finds the same chunks in the same
    /// order.
    pub(super) fn begin_with_the_larger(&mut self) {
        let one = self.first;
        if one.is_null() {
            return;
        }
        // SAFETY: chunks of the list are there.
        unsafe {
            let other = (*one).next;
            let passed_over = (*one).filled == Chunk::payload(one);
            if passed_over && !other.is_null() && (*other).size > (*one).size {
                (*one).next = (*other).next;
                if let Some(next) = (*other).next.as_mut() {
                    next.previous = one;
                }
                (*one).previous = other;
                (*other).next = one;
                (*other).previous = ptr::null_mut();
                self.first = other;
            }
            self.current = self.first;
            self.start = Chunk::payload(self.first);
            self.hard_end = Chunk::end(self.first);
        }
        self.position = self.start;
        self.base = 0;
        self.set_end();
    }

    /// Overwrites and poisons what was used since, as far as these are wanted.
    pub(super) fn hide(&mut self, chunk: *mut Chunk, position: *mut u8) {
        let mut from = chunk;
        let mut start = position;
        if from.is_null() {
            from = self.first;
            if self.current.is_null() {
                return;
            }
            // SAFETY: the first chunk is there.
            start = unsafe { Chunk::payload(from) };
        }
        loop {
            // SAFETY: the chunks from the scope's to the current one are there, and used up to `filled`.
            unsafe {
                let end = if from == self.current { self.position } else { (*from).filled };
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
