//! The open scopes of an arena: what each found when it was entered. Handles are checked, so that a lost, doubled or
//! foreign one does no harm.

use core::mem::MaybeUninit;
use core::{ptr, slice};

use super::backing::Backing;
use super::chunk::Chunk;
use super::cleanup::Pending;
use super::position::Mark;
use crate::status::Status;

/// So many levels need no memory beside the arena.
const INLINE: usize = 16;
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

impl Scope {
    #[inline(always)]
    pub(super) fn has(&self, handle: u64) -> bool {
        self.handle == handle
    }
}

/// The scopes that are open in each other.
pub(super) struct ScopeStack {
    /// NULL while the inline ones are enough.
    allocated: *mut Scope,
    capacity: u32,
    /// So many levels are written.
    depth: u32,
    max_depth: u32,
    /// Counts the scopes that were ever opened, from a number of this arena's own.
    serial: u64,
    inline: [MaybeUninit<Scope>; INLINE],
}

impl ScopeStack {
    pub(super) fn new(max_depth: u32, serial: u64) -> Self {
        ScopeStack {
            allocated: ptr::null_mut(),
            capacity: INLINE as u32,
            depth: 0,
            max_depth: max_depth.min(u16::MAX.into()),
            serial,
            inline: [const { MaybeUninit::uninit() }; INLINE],
        }
    }

    /// How many are open.
    #[inline(always)]
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Whether one more may be opened and has a place.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        self.depth < self.capacity.min(self.max_depth)
    }

    fn first(&self) -> *const Scope {
        if self.allocated.is_null() { self.inline.as_ptr().cast() } else { self.allocated }
    }

    fn first_mut(&mut self) -> *mut Scope {
        if self.allocated.is_null() { self.inline.as_mut_ptr().cast() } else { self.allocated }
    }

    /// All that are open, the outermost first.
    pub(super) fn open(&self) -> &[Scope] {
        // SAFETY: the levels below the depth were written.
        unsafe { slice::from_raw_parts(self.first(), self.depth as usize) }
    }

    /// As [`ScopeStack::open`], to be changed.
    pub(super) fn open_mut(&mut self) -> &mut [Scope] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts_mut(self.first_mut(), self.depth as usize) }
    }

    /// The scope that blocks are made in now.
    #[inline(always)]
    pub(super) fn innermost(&self) -> Option<&Scope> {
        // SAFETY: the levels below the depth were written.
        (self.depth != 0).then(|| unsafe { &*self.first().add(self.depth as usize - 1) })
    }

    /// Opens a scope, for which there is room. Its handle.
    #[inline(always)]
    pub(super) fn push(&mut self, mark: Mark, chunk: *mut Chunk, cleanups: *mut Pending) -> u64 {
        self.serial = self.serial.wrapping_add(1) & ((1 << SERIAL_BITS) - 1);
        let handle = u64::from(self.depth + 1) << SERIAL_BITS | self.serial;
        self.push_again(Scope { handle, mark, chunk, cleanups });
        handle
    }

    /// Opens a scope again that was the innermost one.
    #[inline(always)]
    pub(super) fn push_again(&mut self, scope: Scope) {
        debug_assert!(self.has_room() && (scope.handle >> SERIAL_BITS) as u32 == self.depth + 1);
        // SAFETY: there is room for the level.
        unsafe { self.first_mut().add(self.depth as usize).write(scope) };
        self.depth += 1;
    }

    /// Closes the scope of the level, and those in it.
    #[inline(always)]
    pub(super) fn cut(&mut self, level: u32) {
        debug_assert!(level < self.depth);
        self.depth = level;
    }

    /// The level of a handle. `StaleScope` when it is not open, or another arena's.
    pub(super) fn level_of(&self, handle: u64) -> Result<u32, Status> {
        let level = ((handle >> SERIAL_BITS) as u32).wrapping_sub(1);
        let scope = self.open().get(level as usize).ok_or(Status::StaleScope)?;
        if scope.has(handle) { Ok(level) } else { Err(Status::StaleScope) }
    }

    /// Makes room for one more. `LimitExceeded` when too many are open, or without a backing; `NoMemory`.
    pub(super) fn reserve(&mut self, backing: Option<&Backing>) -> Result<(), Status> {
        if self.depth >= self.max_depth {
            return Err(Status::LimitExceeded);
        }
        if self.has_room() {
            return Ok(());
        }
        let backing = backing.ok_or(Status::LimitExceeded)?;
        let capacity = self.capacity * 2;
        let size = capacity as usize * size_of::<Scope>();
        let more = backing.take(size, align_of::<Scope>())?.cast::<Scope>();
        // SAFETY: the new array is larger, and the old one is given up.
        unsafe {
            ptr::copy_nonoverlapping(self.first(), more, self.depth as usize);
            self.free(backing);
        }
        self.allocated = more;
        self.capacity = capacity;
        Ok(())
    }

    /// # Safety
    /// The backing is the one of all calls, and nobody looks at the scopes again.
    pub(super) unsafe fn free(&mut self, backing: &Backing) {
        if !self.allocated.is_null() {
            let size = self.capacity as usize * size_of::<Scope>();
            // SAFETY: the backing gave it so.
            unsafe { backing.give_back(self.allocated.cast(), size, align_of::<Scope>()) };
            self.allocated = ptr::null_mut();
        }
    }
}
