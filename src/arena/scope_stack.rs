//! The open scopes of an arena. Handles are checked, so that a lost, doubled or foreign one does no harm.
//!
//! Entering and leaving a scope has to be cheap, so a new scope notes its place alone (and its outer limit, when it has a
//! budget of its own). The rest of what it found still holds: the chunk, the limit, the cleanups. Before one of these
//! changes, [`ScopeStack::record`] writes them into all scopes that have noted their place alone. Leaving a scope that is
//! not recorded restores the place and changes nothing else.

use core::ptr;

use super::backing::Backing;
use super::chunk::Chunk;
use super::cleanups::Pending;
use super::position::{Mark, NO_LIMIT, Position, rarely};
use crate::status::Status;

/// The outermost levels need no memory beside the arena.
const INLINE: usize = 16;
/// A handle is a depth (16 bits), two flags and a serial number, from the lowest bit on.
const DEPTH: u64 = 0xFFFF;
/// The scope has a budget of its own.
const BOUNDED: u64 = 1 << 16;
/// What the scope found is written down. Only the stack's own handles have it.
const RECORDED: u64 = 1 << 17;
const SERIAL_SHIFT: u32 = 18;
/// From the newest scope to one in it: the next serial number, one level deeper.
const NEXT: u64 = (1 << SERIAL_SHIFT) + 1;

/// An open scope, and what it found when it was entered.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Scope {
    handle: u64,
    /// Only its place until it is recorded; and its limit, when the scope is bounded.
    mark: Mark,
    chunk: *mut Chunk,
    cleanups: *mut Pending,
}

/// The nested open scopes. Its first words are frozen: programs are compiled with them.
#[repr(C)]
pub(super) struct ScopeStack {
    /// The depth and the newest serial number, as in a handle.
    newest: u64,
    /// The levels that need no thought: those inline, or none.
    quick: u64,
    inline: [Scope; INLINE],
    /// The levels after them; NULL while there are none.
    deeper: *mut Scope,
    deeper_capacity: u32,
    max_depth: u32,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(Scope, handle) == 0 && offset_of!(Scope, mark) == 8 && size_of::<Scope>() == 48);
    assert!(offset_of!(ScopeStack, newest) == 0 && offset_of!(ScopeStack, quick) == 8);
    assert!(offset_of!(ScopeStack, inline) == 16 && INLINE == 16);
    assert!(BOUNDED | RECORDED == 0x30000 && NEXT == 0x40001);
};

impl Scope {
    const CLOSED: Scope =
        Scope { handle: 0, mark: Mark::NOWHERE, chunk: ptr::null_mut(), cleanups: ptr::null_mut() };

    fn is(&self, flag: u64) -> bool {
        self.handle & flag != 0
    }

    /// What it found. It is recorded.
    pub(super) fn mark(&self) -> Mark {
        debug_assert!(self.is(RECORDED));
        self.mark
    }

    /// The chunk that was current; NULL when none was. It is recorded.
    pub(super) fn chunk(&self) -> *mut Chunk {
        debug_assert!(self.is(RECORDED));
        self.chunk
    }

    /// The newest cleanup then. It is recorded.
    pub(super) fn cleanups(&self) -> *mut Pending {
        debug_assert!(self.is(RECORDED));
        self.cleanups
    }
}

/// The index of the innermost level; a number above all when there is none.
#[inline(always)]
fn index_of(handle: u64) -> usize {
    ((handle & DEPTH) as u32).wrapping_sub(1) as usize
}

impl ScopeStack {
    pub(super) fn new(max_depth: u32, serial: u64) -> Self {
        ScopeStack {
            newest: serial << SERIAL_SHIFT,
            quick: 0,
            inline: [Scope::CLOSED; INLINE],
            deeper: ptr::null_mut(),
            deeper_capacity: 0,
            max_depth: max_depth.min(u16::MAX.into()),
        }
    }

    /// Sets whether scopes may be entered quickly: without thought for anything but the position.
    pub(super) fn set_quick(&mut self, quick: bool) {
        self.quick = if quick { u64::from(self.max_depth.min(INLINE as u32)) } else { 0 };
    }

    /// The number of open scopes.
    #[inline(always)]
    pub(super) fn depth(&self) -> u32 {
        (self.newest & DEPTH) as u32
    }

    /// The scope of a level, which is open, or the first one that is not and has memory.
    fn at(&self, level: usize) -> *const Scope {
        debug_assert!(level < INLINE + self.deeper_capacity as usize);
        match level.checked_sub(INLINE) {
            None => &raw const self.inline[level],
            // SAFETY: the array of deeper levels is that large.
            Some(deeper) => unsafe { self.deeper.add(deeper) },
        }
    }

    fn at_mut(&mut self, level: usize) -> *mut Scope {
        debug_assert!(level < INLINE + self.deeper_capacity as usize);
        match level.checked_sub(INLINE) {
            None => &raw mut self.inline[level],
            // SAFETY: as above.
            Some(deeper) => unsafe { self.deeper.add(deeper) },
        }
    }

    /// The open scope of a level.
    pub(super) fn level(&self, level: u32) -> &Scope {
        assert!(level < self.depth());
        // SAFETY: the scopes of open levels are written.
        unsafe { &*self.at(level as usize) }
    }

    fn level_mut(&mut self, level: u32) -> &mut Scope {
        assert!(level < self.depth());
        // SAFETY: as above.
        unsafe { &mut *self.at_mut(level as usize) }
    }

    /// Enters a scope if that is as simple as noting the position. [`NO_LIMIT`]: without a budget of its own.
    #[inline(always)]
    pub(super) fn enter_quickly(&mut self, position: &mut Position, budget: usize) -> Option<u64> {
        let mut handle = self.newest.wrapping_add(NEXT);
        let level = index_of(handle);
        if level as u64 >= self.quick {
            return None;
        }
        debug_assert!(level < INLINE);
        // SAFETY: quick levels are inline ones.
        let scope = unsafe { self.inline.get_unchecked_mut(level) };
        self.newest = handle;
        scope.mark.set_place(position);
        if budget != NO_LIMIT {
            rarely();
            scope.mark.set_limit(position.limit());
            position.bound(budget);
            handle |= BOUNDED;
        }
        scope.handle = handle;
        Some(handle)
    }

    /// Leaves the scope if it is the innermost one, and all that has changed in it is the position.
    #[inline(always)]
    pub(super) fn leave_quickly(&mut self, position: &mut Position, handle: u64) -> bool {
        let level = index_of(self.newest);
        // A recorded scope's handle differs from the one that was handed out.
        let Some(scope) = self.inline.get(level).filter(|scope| scope.handle == handle) else { return false };
        if handle & (BOUNDED | RECORDED) == 0 {
            position.restore_place(&scope.mark);
        } else {
            rarely();
            if handle & RECORDED != 0 {
                return false;
            }
            position.restore_bounded(&scope.mark);
        }
        debug_assert_eq!(handle & DEPTH, self.newest & DEPTH);
        self.newest -= 1;
        true
    }

    /// Enters a scope, for which there is room. What it found is recorded at once.
    pub(super) fn enter(
        &mut self,
        position: &mut Position,
        chunk: *mut Chunk,
        cleanups: *mut Pending,
        budget: usize,
    ) -> u64 {
        self.record(position, chunk, cleanups);
        let handle = self.newest.wrapping_add(NEXT);
        self.enter_again(Scope { handle: handle | RECORDED, mark: position.mark(), chunk, cleanups });
        self.newest = handle;
        if budget != NO_LIMIT {
            position.bound(budget);
        }
        handle
    }

    /// Opens the scope again that was the innermost one. It is recorded.
    pub(super) fn enter_again(&mut self, scope: Scope) {
        debug_assert!(self.has_room() && scope.is(RECORDED));
        debug_assert_eq!(index_of(scope.handle), self.depth() as usize);
        // SAFETY: there is room for the level.
        unsafe { self.at_mut(self.depth() as usize).write(scope) };
        self.newest += 1;
    }

    /// Writes what the open scopes found into those that noted their place alone. To be called before anything of it
    /// changes: the chunk, the limit, the origin, the cleanups.
    #[inline]
    pub(super) fn record(&mut self, position: &Position, chunk: *mut Chunk, cleanups: *mut Pending) {
        // All scopes around a recorded one are recorded, too.
        if self.depth().checked_sub(1).is_some_and(|level| !self.level(level).is(RECORDED)) {
            self.record_levels(position, chunk, cleanups);
        }
    }

    #[inline(never)]
    fn record_levels(&mut self, position: &Position, chunk: *mut Chunk, cleanups: *mut Pending) {
        let mut limit = position.limit();
        for level in (0..self.depth()).rev() {
            let scope = self.level_mut(level);
            if scope.is(RECORDED) {
                break;
            }
            if scope.is(BOUNDED) {
                limit = scope.mark.limit();
            }
            scope.mark.set_limit(limit);
            scope.mark.set_origin(position.origin());
            (scope.chunk, scope.cleanups) = (chunk, cleanups);
            scope.handle |= RECORDED;
            debug_assert!(scope.mark.used() <= position.used());
        }
    }

    /// Closes the scope of the level, and those in it.
    pub(super) fn cut(&mut self, level: u32) {
        debug_assert!(level < self.depth());
        self.newest -= u64::from(self.depth() - level);
    }

    /// The level of a handle. `StaleScope` when it is not open, or another arena's.
    pub(super) fn level_of(&self, handle: u64) -> Result<u32, Status> {
        let level = index_of(handle);
        if level >= self.depth() as usize || handle & RECORDED != 0 {
            return Err(Status::StaleScope);
        }
        let level = level as u32;
        if self.level(level).handle & !RECORDED == handle { Ok(level) } else { Err(Status::StaleScope) }
    }

    /// The innermost scope's chunk and place, if blocks in the current chunk may lie below it.
    #[inline]
    pub(super) fn floor(&self, current: *mut Chunk) -> Option<*mut u8> {
        let scope = self.level(self.depth().checked_sub(1)?);
        (!scope.is(RECORDED) || scope.chunk == current).then(|| scope.mark.next())
    }

    /// The limit that applies in the scope of a level.
    pub(super) fn limit_of(&self, level: u32, position: &Position) -> usize {
        // Each scope knows the limit outside it, if it differs from the one inside.
        let mut inner = (level + 1..self.depth()).map(|level| self.level(level));
        let known = inner.find(|scope| scope.is(RECORDED | BOUNDED));
        known.map_or(position.limit(), |scope| scope.mark.limit())
    }

    /// The number of bytes that were in use when the scope of a level was entered.
    pub(super) fn used_before(&self, level: u32, position: &Position) -> usize {
        let scope = self.level(level);
        if scope.is(RECORDED) { scope.mark.used() } else { scope.mark.used_from(position.origin()) }
    }

    /// The scopes that began in the chunk `left`, in which nothing is in use, begin at the position in another chunk.
    /// All are recorded.
    pub(super) fn move_from(&mut self, left: *mut Chunk, current: *mut Chunk, position: &Position) {
        for level in (0..self.depth()).rev() {
            let scope = self.level_mut(level);
            debug_assert!(scope.is(RECORDED));
            if scope.chunk != left {
                break;
            }
            scope.chunk = current;
            scope.mark.move_to(position);
        }
    }

    /// Scopes that began with one cleanup as the newest begin with another one. All are recorded.
    pub(super) fn replace_cleanup(&mut self, removed: *mut Pending, older: *mut Pending) {
        for level in 0..self.depth() {
            let scope = self.level_mut(level);
            debug_assert!(scope.is(RECORDED));
            if scope.cleanups == removed {
                scope.cleanups = older;
            }
        }
    }

    /// Whether one more scope may be open and has memory.
    fn has_room(&self) -> bool {
        self.depth() < self.max_depth && (self.depth() as usize) < INLINE + self.deeper_capacity as usize
    }

    /// Makes room for one more. `LimitExceeded` when too many are open, or without a backing; `NoMemory`.
    pub(super) fn reserve(&mut self, backing: Option<&Backing>) -> Result<(), Status> {
        if self.has_room() {
            return Ok(());
        }
        let backing = backing.filter(|_| self.depth() < self.max_depth).ok_or(Status::LimitExceeded)?;
        let used = self.deeper_capacity;
        let capacity = (used * 2).max(INLINE as u32);
        let size = capacity as usize * size_of::<Scope>();
        let more = backing.take(size, align_of::<Scope>())?.cast::<Scope>();
        debug_assert_eq!(self.depth() as usize, INLINE + used as usize);
        // SAFETY: the new array is larger, and the old one is given up.
        unsafe {
            if used != 0 {
                ptr::copy_nonoverlapping(self.deeper, more, used as usize);
            }
            self.free(backing);
        }
        self.deeper = more;
        self.deeper_capacity = capacity;
        Ok(())
    }

    /// Returns the memory of the deeper levels, in which no scope is open any more.
    ///
    /// # Safety
    /// The backing is the one of all calls.
    pub(super) unsafe fn free(&mut self, backing: &Backing) {
        if !self.deeper.is_null() {
            let size = self.deeper_capacity as usize * size_of::<Scope>();
            // SAFETY: the backing gave the array.
            unsafe { backing.give_back(self.deeper.cast(), size, align_of::<Scope>()) };
            self.deeper = ptr::null_mut();
            self.deeper_capacity = 0;
        }
    }
}
