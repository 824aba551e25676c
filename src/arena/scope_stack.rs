//! The open scopes of an arena. Handles are checked, so that a stale, duplicate or foreign one does no harm.
//!
//! Entering and leaving a scope must be cheap, so a new scope saves only its place (and its outer limit, when it has
//! a budget of its own). The rest of the state on entry still holds: the chunk, the limit, the cleanups. Before one
//! of these changes, [`ScopeStack::record`] writes them into all scopes that have saved only their place. Leaving a
//! scope that is not recorded restores the place and changes nothing else.
//!
//! The cheapest scope is a quick one: the innermost, without a budget, not recorded. Its handle and its place are the
//! words [`ScopeStack::current`] and [`ScopeStack::place`], and are written into its level when one of these changes.

use core::ptr;

use super::backing::Backing;
use super::chunk::Chunk;
use super::cleanups::Pending;
use super::position::{NO_LIMIT, Place, Position, SavedPosition, rarely};
use crate::status::Status;

/// The number of levels that need no memory outside the arena.
const INLINE: usize = 16;
/// A handle consists of two zeros, a flag, a depth (16 bits) and a serial number, from the lowest bit on.
const DEPTH: u64 = 0xFFFF;
const DEPTH_SHIFT: u32 = 3;
const SERIAL_SHIFT: u32 = 19;
/// The two bits that are zero in a handle, and mark the next scope's in [`ScopeStack::current`].
const MARKS: u64 = NEXT | QUICK;
/// Always set in the next scope's handle.
const NEXT: u64 = 2;
/// That scope may be entered quickly.
const QUICK: u64 = 1;
/// The scope has a budget of its own.
const BOUNDED: u64 = 4;
/// The difference between two handles' depths, and between their serial numbers.
const LEVEL: u64 = 1 << DEPTH_SHIFT;
const SERIAL: u64 = 1 << SERIAL_SHIFT;

/// An open scope, and the state when it was entered.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    handle: u64,
    place: Place,
    found: SavedState,
}

/// The state on entry besides the place. Written when the scope is recorded; its limit at once, when the scope is
/// bounded.
#[derive(Clone, Copy)]
struct SavedState {
    limit: usize,
    origin: usize,
    chunk: *mut Chunk,
    cleanups: *mut Pending,
}

/// The nested open scopes. Its first words are frozen: programs are compiled with them.
#[repr(C)]
pub(super) struct ScopeStack {
    /// The handle of the innermost scope, when that is a quick one. Else the handle of the next scope, with marks.
    current: u64,
    /// Of a quick innermost scope.
    place: Place,
    /// The number of levels that may be entered quickly: those inline, or none.
    quick: u32,
    /// The number of levels that are recorded; the others are nested in them.
    recorded: u32,
    /// The handles and places of the inline levels. Those of the innermost one are not written while it is quick.
    handles: [u64; INLINE],
    places: [Place; INLINE],
    found: [SavedState; INLINE],
    /// The levels after the inline ones; NULL while there are none.
    deeper: *mut Scope,
    deeper_capacity: u32,
    max_depth: u32,
}

/// The layout that `drystone_inline.h` relies on.
#[cfg(target_pointer_width = "64")]
const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(ScopeStack, current) == 0 && offset_of!(ScopeStack, place) == 8);
    assert!(offset_of!(ScopeStack, quick) == 16 && offset_of!(ScopeStack, handles) == 24);
    assert!(offset_of!(ScopeStack, places) == 152 && INLINE == 16);
    assert!(DEPTH == 0xFFFF && DEPTH_SHIFT == 3 && QUICK == 1 && NEXT == 2 && SERIAL + LEVEL == 0x80008);
};

impl Scope {
    pub(super) fn saved_position(&self) -> SavedPosition {
        SavedPosition::new(self.place, self.found.limit, self.found.origin)
    }

    /// The current chunk; NULL when there was none.
    pub(super) fn chunk(&self) -> *mut Chunk {
        self.found.chunk
    }

    /// The newest cleanup.
    pub(super) fn cleanups(&self) -> *mut Pending {
        self.found.cleanups
    }
}

/// The level of a handle; larger than any for one without depth.
#[inline(always)]
fn level_of(handle: u64) -> usize {
    ((handle >> DEPTH_SHIFT & DEPTH) as usize).wrapping_sub(1)
}

impl ScopeStack {
    pub(super) fn new(max_depth: u32, serial: u64) -> Self {
        let nothing =
            SavedState { limit: NO_LIMIT, origin: 0, chunk: ptr::null_mut(), cleanups: ptr::null_mut() };
        ScopeStack {
            current: serial << SERIAL_SHIFT | LEVEL | NEXT,
            place: Place::NOWHERE,
            quick: 0,
            recorded: 0,
            handles: [0; INLINE],
            places: [Place::NOWHERE; INLINE],
            found: [nothing; INLINE],
            deeper: ptr::null_mut(),
            deeper_capacity: 0,
            max_depth: max_depth.min(u16::MAX.into()),
        }
    }

    /// Sets whether scopes may be entered quickly. All scopes are recorded.
    pub(super) fn set_quick(&mut self, quick: bool) {
        self.quick = if quick { self.max_depth.min(INLINE as u32) } else { 0 };
        self.set_depth(self.depth());
    }

    /// Sets the number of open scopes. The innermost one is no quick one.
    fn set_depth(&mut self, depth: u32) {
        let next = (u64::from(depth) + 1) & DEPTH;
        let kept = self.current & !(DEPTH << DEPTH_SHIFT | MARKS);
        self.current = kept | next << DEPTH_SHIFT | NEXT | u64::from(depth < self.quick);
    }

    /// The number of open scopes.
    #[inline(always)]
    pub(super) fn depth(&self) -> u32 {
        let next = (self.current & NEXT) / NEXT;
        ((self.current >> DEPTH_SHIFT).wrapping_sub(next) & DEPTH) as u32
    }

    /// Whether the innermost scope is a quick one.
    #[inline(always)]
    fn is_quick(&self) -> bool {
        self.current & NEXT == 0
    }

    /// Enters a scope if saving the position is enough. [`NO_LIMIT`]: without a budget of its own.
    #[inline(always)]
    pub(super) fn enter_quickly(&mut self, position: &mut Position, budget: usize) -> Option<u64> {
        let mut handle = self.current & !MARKS;
        if self.current & QUICK == 0 {
            rarely();
            if !self.is_quick() || self.depth() >= self.quick {
                return None;
            }
            self.write_quick();
            handle = handle.wrapping_add(SERIAL + LEVEL);
        }
        if budget == NO_LIMIT {
            self.place = position.place();
            self.current = handle;
            return Some(handle);
        }
        rarely();
        Some(self.enter_bounded(position, handle, budget))
    }

    /// Enters a scope with a budget of its own, in an inline level.
    #[inline(always)]
    fn enter_bounded(&mut self, position: &mut Position, handle: u64, budget: usize) -> u64 {
        let level = level_of(handle) % INLINE;
        self.handles[level] = handle | BOUNDED;
        self.places[level] = position.place();
        self.found[level].limit = position.limit();
        position.bound(budget);
        self.go_on_after(handle);
        handle | BOUNDED
    }

    /// Writes the handle and the place of a quick innermost scope into its level.
    #[inline(always)]
    fn write_quick(&mut self) {
        debug_assert!(self.is_quick());
        // The level is an inline one.
        let level = level_of(self.current) % INLINE;
        self.handles[level] = self.current;
        self.places[level] = self.place;
    }

    /// The scope of that handle was entered, and is no quick one.
    #[inline(always)]
    fn go_on_after(&mut self, handle: u64) {
        let may_be_quick = level_of(handle) + 1 < self.quick as usize;
        self.current = handle.wrapping_add(SERIAL + LEVEL) | NEXT | u64::from(may_be_quick);
    }

    /// Leaves the scope if it is the innermost one, and only the position has changed in it, or the limit on entry.
    #[inline(always)]
    pub(super) fn leave_quickly(&mut self, position: &mut Position, handle: u64) -> bool {
        if handle != self.current || handle & MARKS != 0 {
            rarely();
            return self.leave_written(position, handle);
        }
        position.restore_place(self.place);
        self.current = handle.wrapping_add(SERIAL | MARKS);
        true
    }

    /// As [`ScopeStack::leave_quickly`], for a scope whose handle is written.
    #[inline(always)]
    fn leave_written(&mut self, position: &mut Position, handle: u64) -> bool {
        // One less than the next scope's.
        let level = level_of(self.current).wrapping_sub(1);
        if self.is_quick() || self.handles.get(level) != Some(&handle) || level < self.recorded as usize {
            return false;
        }
        if handle & BOUNDED == 0 {
            position.restore_place(self.places[level]);
        } else {
            position.restore_bounded(self.places[level], self.found[level].limit);
        }
        // The next scope may be quick, as this one was entered quickly.
        self.current = self.current.wrapping_sub(LEVEL) | MARKS;
        true
    }

    /// Enters a scope, for which there is room, and records its state on entry at once.
    pub(super) fn enter(
        &mut self,
        position: &mut Position,
        chunk: *mut Chunk,
        cleanups: *mut Pending,
        budget: usize,
    ) -> u64 {
        self.record(position, chunk, cleanups);
        let handle = self.current & !MARKS;
        let found = SavedState { limit: position.limit(), origin: position.origin(), chunk, cleanups };
        self.enter_again(Scope { handle, place: position.place(), found });
        self.current = self.current.wrapping_add(SERIAL);
        if budget != NO_LIMIT {
            position.bound(budget);
        }
        handle
    }

    /// Reopens the scope that was the innermost one. All scopes are recorded.
    pub(super) fn enter_again(&mut self, scope: Scope) {
        let level = self.depth();
        debug_assert!(self.has_room() && self.recorded == level && !self.is_quick());
        debug_assert_eq!(level_of(scope.handle), level as usize);
        self.set_depth(level + 1);
        self.recorded += 1;
        self.set(level, scope);
    }

    /// Writes the state on entry into the open scopes that have saved only their place. To be called before any of it
    /// changes: the chunk, the limit, the origin, the cleanups.
    #[inline]
    pub(super) fn record(&mut self, position: &Position, chunk: *mut Chunk, cleanups: *mut Pending) {
        if self.recorded < self.depth() {
            self.record_levels(position, chunk, cleanups);
        }
    }

    #[inline(never)]
    fn record_levels(&mut self, position: &Position, chunk: *mut Chunk, cleanups: *mut Pending) {
        let (recorded, depth) = (self.recorded as usize, self.depth() as usize);
        debug_assert!(depth <= INLINE, "deeper levels are recorded when they are entered");
        if self.is_quick() {
            self.write_quick();
            self.go_on_after(self.current);
        }
        let (mut limit, origin) = (position.limit(), position.origin());
        for level in (recorded..depth).rev() {
            if self.handles[level] & BOUNDED != 0 {
                limit = self.found[level].limit;
            }
            self.found[level] = SavedState { limit, origin, chunk, cleanups };
            debug_assert!(SavedPosition::new(self.places[level], limit, origin).used() <= position.used());
        }
        self.recorded = depth as u32;
    }

    /// The scope of a level, which is recorded.
    pub(super) fn get(&self, level: u32) -> Scope {
        assert!(level < self.recorded);
        let level = level as usize;
        match level.checked_sub(INLINE) {
            None => {
                Scope { handle: self.handles[level], place: self.places[level], found: self.found[level] }
            }
            // SAFETY: the deeper levels that are open were written.
            Some(deeper) => unsafe { *self.deeper.add(deeper) },
        }
    }

    fn set(&mut self, level: u32, scope: Scope) {
        assert!(level < self.recorded);
        let level = level as usize;
        match level.checked_sub(INLINE) {
            None => {
                (self.handles[level], self.places[level], self.found[level]) =
                    (scope.handle, scope.place, scope.found);
            }
            // SAFETY: there is memory for all levels that are open.
            Some(deeper) => unsafe { self.deeper.add(deeper).write(scope) },
        }
    }

    /// Closes the scope of the level, and those in it. All are recorded.
    pub(super) fn cut(&mut self, level: u32) {
        debug_assert!(level < self.depth() && self.recorded == self.depth() && !self.is_quick());
        self.set_depth(level);
        self.recorded = level;
    }

    /// The handle of an open level.
    fn handle_of(&self, level: u32) -> u64 {
        debug_assert!(level < self.depth());
        if level < self.recorded {
            self.get(level).handle
        } else if self.is_quick() && level + 1 == self.depth() {
            self.current
        } else {
            self.handles[level as usize]
        }
    }

    /// The place of a level that is not recorded.
    fn place_of(&self, level: u32) -> Place {
        debug_assert!(level >= self.recorded && level < self.depth());
        if self.is_quick() && level + 1 == self.depth() { self.place } else { self.places[level as usize] }
    }

    /// The level of a handle. `StaleScope` when it is not open, or belongs to another arena.
    pub(super) fn level_of(&self, handle: u64) -> Result<u32, Status> {
        match u32::try_from(level_of(handle)) {
            Ok(level) if level < self.depth() && self.handle_of(level) == handle => Ok(level),
            _ => Err(Status::StaleScope),
        }
    }

    /// The innermost scope's place, if blocks in the current chunk may be below it.
    #[inline]
    pub(super) fn floor(&self, current: *mut Chunk) -> Option<*mut u8> {
        let level = self.depth().checked_sub(1)?;
        if level >= self.recorded {
            return Some(self.place_of(level).next());
        }
        let scope = self.get(level);
        (scope.found.chunk == current).then(|| scope.place.next())
    }

    /// The limit that applies in the scope of a level.
    pub(super) fn limit_of(&self, level: u32, position: &Position) -> usize {
        // Each scope knows the limit outside it, if it differs from the one inside.
        for inner in level + 1..self.depth() {
            if inner < self.recorded {
                return self.get(inner).found.limit;
            }
            if self.handle_of(inner) & BOUNDED != 0 {
                return self.found[inner as usize].limit;
            }
        }
        position.limit()
    }

    /// The number of bytes that were in use when the scope of a level was entered.
    pub(super) fn used_before(&self, level: u32, position: &Position) -> usize {
        if level < self.recorded {
            self.get(level).saved_position().used()
        } else {
            SavedPosition::new(self.place_of(level), NO_LIMIT, position.origin()).used()
        }
    }

    /// Moves scopes that began in the chunk `left`, in which nothing is in use, to the position in another chunk. All
    /// scopes are recorded.
    pub(super) fn move_from(&mut self, left: *mut Chunk, current: *mut Chunk, position: &Position) {
        debug_assert!(self.recorded == self.depth());
        for level in (0..self.depth()).rev() {
            let mut scope = self.get(level);
            if scope.found.chunk != left {
                break;
            }
            debug_assert_eq!(scope.saved_position().used(), position.used());
            scope.place = position.place();
            (scope.found.origin, scope.found.chunk) = (position.origin(), current);
            self.set(level, scope);
        }
    }

    /// Replaces one newest cleanup by another in the scopes that began with it. All scopes are recorded.
    pub(super) fn replace_cleanup(&mut self, removed: *mut Pending, older: *mut Pending) {
        debug_assert!(self.recorded == self.depth());
        for level in 0..self.depth() {
            let mut scope = self.get(level);
            if scope.found.cleanups == removed {
                scope.found.cleanups = older;
                self.set(level, scope);
            }
        }
    }

    /// Whether there is memory for one more scope within the depth limit.
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
    /// The backing is the same in all calls.
    pub(super) unsafe fn free(&mut self, backing: &Backing) {
        if !self.deeper.is_null() {
            let size = self.deeper_capacity as usize * size_of::<Scope>();
            // SAFETY: the backing gave the array.
            unsafe { backing.deallocate(self.deeper.cast(), size, align_of::<Scope>()) };
            self.deeper = ptr::null_mut();
            self.deeper_capacity = 0;
        }
    }
}
