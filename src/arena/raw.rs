//! The arena itself: a position that moves up through chunks. Chunks are a list; those behind the current one are spare.

use core::cell::Cell;
use core::marker::PhantomPinned;
use core::num::NonZeroU64;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU64, Ordering};

use super::backing::{Backing, MemoryLimit, Sanitizer};
use super::chunk::{CHUNK_HEADER, Chunk};
use super::cleanup::Cleanups;
use super::position::{Extent, Fit, NO_LIMIT, Position, round_up};
use super::scope_stack::ScopeStack;
use crate::status::Status;

/// What every block is aligned to that asks for nothing else.
pub const DEFAULT_ALIGN: usize = 16;
/// The strictest alignment.
pub const MAX_ALIGN: usize = 1 << 16;
/// Between blocks, and behind the last one, when AddressSanitizer looks on.
const RED_ZONE: usize = 8;
/// What memory is overwritten with that is given back.
pub(super) const SCRUBBED: u8 = 0xDD;

/// How an arena is made.
#[derive(Clone)]
pub struct Options {
    /// The size of the first chunk, in bytes; each one is twice as large as the one before.
    pub initial_chunk: usize,
    /// Up to this size. A block that is larger gets a chunk of its own size; and where more than half of the bytes of the
    /// chunks in use is abandoned, the next one may be larger.
    pub max_chunk: usize,
    /// The bytes of all chunks together; 0 for no limit. Spare ones are given back before a request is refused.
    pub footprint_limit: usize,
    /// What may be used at once; 0 for no limit.
    pub budget: usize,
    /// How many scopes may be open in each other; at most 65535.
    pub max_depth: u32,
    /// Only the thread that made it may use it.
    pub checked: bool,
    /// What is given back is overwritten.
    pub scrub: bool,
    /// Blocks are zero.
    pub zero: bool,
    /// Where memory comes from.
    pub backing: Backing,
    /// A limit shared with other arenas.
    pub shared: Option<MemoryLimit>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            initial_chunk: 4 << 10,
            max_chunk: 1 << 20,
            footprint_limit: 0,
            budget: 0,
            max_depth: 1024,
            checked: false,
            scrub: false,
            zero: false,
            backing: Backing::SYSTEM,
            shared: None,
        }
    }
}

/// An arena. Its first two words are frozen: programs are compiled with them (`drystone_inline.h`).
#[repr(C, align(16))]
pub struct RawArena {
    pub(super) position: Position,
    /// NULL before the first one.
    pub(super) current: *mut Chunk,
    pub(super) first: *mut Chunk,
    pub(super) scopes: ScopeStack,
    pub(super) cleanups: Cleanups,
    /// Not busy, checked, scrubbed, zeroed or looked at by a sanitizer: blocks and scopes need no thought.
    pub(super) plain: bool,
    /// A cleanup runs.
    pub(super) busy: bool,
    pub(super) scrub: bool,
    pub(super) zero: bool,
    /// It lives in memory that it was given, and takes no other.
    pub(super) fixed: bool,
    /// The thread that may use it.
    pub(super) owner: Option<NonZeroU64>,
    pub(super) sanitizer: Option<Sanitizer>,
    pub(super) backing: Backing,
    pub(super) shared: Option<MemoryLimit>,
    pub(super) initial_chunk: usize,
    /// Of the next chunk.
    pub(super) next_size: usize,
    pub(super) max_chunk: usize,
    pub(super) footprint: usize,
    pub(super) footprint_limit: usize,
    pub(super) failures: usize,
    error: Option<Status>,
    latest: Status,
    /// A cleanup may call the arena that runs it: no borrow of an arena promises that there is no other.
    shared_with_cleanups: PhantomPinned,
}

/// A number that no other thread of the process has or had. (An address of the thread's would be that of a later thread.)
#[cold]
#[inline(never)]
pub(super) fn this_thread() -> NonZeroU64 {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    thread_local! {
        static NUMBER: Cell<Option<NonZeroU64>> = const { Cell::new(None) };
    }
    NUMBER.with(|number| {
        number.get().unwrap_or_else(|| {
            let fresh = GIVEN.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            let fresh = NonZeroU64::new(fresh).unwrap_or(NonZeroU64::MAX);
            number.set(Some(fresh));
            fresh
        })
    })
}

impl RawArena {
    /// An arena that has no chunk and stands nowhere yet.
    pub(super) fn empty(options: Options, serial: u64) -> Self {
        let limit = if options.budget == 0 { NO_LIMIT } else { options.budget };
        let smallest = CHUNK_HEADER + 64;
        let initial_chunk = options.initial_chunk.clamp(smallest, isize::MAX as usize / 2);
        RawArena {
            position: Position::new(limit),
            current: ptr::null_mut(),
            first: ptr::null_mut(),
            scopes: ScopeStack::new(options.max_depth, serial),
            cleanups: Cleanups::NONE,
            plain: false,
            busy: false,
            scrub: options.scrub,
            zero: options.zero,
            fixed: false,
            owner: options.checked.then(this_thread),
            sanitizer: Sanitizer::of_process(),
            backing: options.backing,
            shared: options.shared,
            initial_chunk,
            next_size: initial_chunk,
            max_chunk: options.max_chunk.clamp(smallest, isize::MAX as usize / 2),
            footprint: 0,
            footprint_limit: options.footprint_limit,
            failures: 0,
            error: None,
            latest: Status::NoMemory,
            shared_with_cleanups: PhantomPinned,
        }
    }

    /// No chunk is in use: the position is within the arena itself, where a block of size 0 may lie. But a sanitizer
    /// watches chunks only, so that there even an empty block gets one.
    pub(super) fn stand_nowhere(&mut self) {
        self.current = ptr::null_mut();
        let nowhere = ptr::from_mut(self).cast::<u8>().wrapping_add(DEFAULT_ALIGN);
        let end = if self.sanitizer.is_some() { nowhere.wrapping_sub(1) } else { nowhere };
        self.position.move_to(nowhere, end);
    }

    /// Says whether a cleanup runs; then nothing else is done.
    pub(super) fn set_busy(&mut self, busy: bool) {
        self.busy = busy;
        let watched = self.owner.is_some() || self.sanitizer.is_some();
        self.plain = !(busy || watched || self.scrub || self.zero);
        self.position.watch(busy || watched || self.zero);
    }

    /// How many bytes are used, padding included.
    #[inline]
    pub(super) fn used(&self) -> usize {
        self.position.used()
    }

    /// For what only looks at the arena. `WrongThread`.
    #[inline]
    pub(crate) fn check_thread(&self) -> Result<(), Status> {
        if self.owner.is_some_and(|owner| owner != this_thread()) { Err(Status::WrongThread) } else { Ok(()) }
    }

    /// `Busy` in a cleanup, `WrongThread`.
    #[inline]
    pub(super) fn check_use(&self) -> Result<(), Status> {
        if self.owner.is_some_and(|owner| owner != this_thread()) {
            return Err(Status::WrongThread);
        }
        if self.busy { Err(Status::Busy) } else { Ok(()) }
    }

    /// Remembers why a request failed.
    #[cold]
    pub(super) fn fail(&mut self, status: Status) -> *mut u8 {
        self.failures = self.failures.saturating_add(1);
        self.error.get_or_insert(status);
        self.latest = status;
        ptr::null_mut()
    }

    /// The block, or NULL and the reason noted.
    fn or_fail(&mut self, result: Result<*mut u8, Status>) -> *mut u8 {
        result.unwrap_or_else(|status| self.fail(status))
    }

    /// A block of `size` bytes at a multiple of `align`; NULL when that fails.
    #[inline]
    pub fn allocate(&mut self, size: usize, align: usize) -> *mut u8 {
        if align.is_power_of_two() && align <= MAX_ALIGN {
            return self.allocate_aligned(size, align);
        }
        self.fail(Status::InvalidArgument)
    }

    /// As [`RawArena::allocate`], for alignments that are known to be good.
    #[inline(always)]
    pub(super) fn allocate_aligned(&mut self, size: usize, align: usize) -> *mut u8 {
        match self.position.allocate(size, align) {
            Some(block) => block,
            None => self.allocate_slowly(size, align),
        }
    }

    /// As [`RawArena::allocate`], without alignment; and how many times sixteen bytes from there on may be overwritten
    /// until something else is allocated: `least`, and more than the block. `None`, and nothing is allocated, where there
    /// are not so many.
    #[inline(always)]
    pub(crate) fn allocate_roomy(&mut self, size: usize, least: usize) -> Option<(NonNull<[u8; 16]>, usize)> {
        let (block, sixteens) = self.position.allocate_roomy(size, least)?;
        // SAFETY: the byte behind one of the chunk's, or behind its header, is not at the address 0.
        Some((unsafe { NonNull::new_unchecked(block) }.cast(), sixteens))
    }

    /// How many bytes from a block of [`RawArena::allocate_roomy`], the last one, may be overwritten until something is
    /// allocated.
    pub(crate) fn room_from(&self, block: *mut u8) -> usize {
        self.position.room_from(block)
    }

    /// Gives that block another size.
    ///
    /// # Safety
    /// The last block, of [`RawArena::allocate_roomy`], and no more than there is room for.
    pub(crate) unsafe fn resize_roomy(&mut self, block: *mut u8, size: usize) {
        debug_assert!(size <= self.room_from(block));
        self.position.set_next(block.wrapping_add(size));
    }

    /// `count` times `size` bytes; NULL when that fails.
    pub fn allocate_array(&mut self, count: usize, size: usize, align: usize) -> *mut u8 {
        match count.checked_mul(size) {
            Some(size) => self.allocate(size, align),
            None => self.fail(Status::LimitExceeded),
        }
    }

    /// `count` times `size` bytes that are zero; NULL when that fails.
    pub fn allocate_zeroed(&mut self, count: usize, size: usize) -> *mut u8 {
        let block = self.allocate_array(count, size, DEFAULT_ALIGN);
        if !block.is_null() && !self.zero {
            // SAFETY: the block has that size, so the product did not overflow.
            unsafe { block.write_bytes(0, count * size) };
        }
        block
    }

    /// A copy of the text with a zero behind it; NULL when that fails.
    pub fn duplicate_text(&mut self, text: &[u8]) -> *mut u8 {
        let copy = self.allocate(text.len().saturating_add(1), 1);
        if !copy.is_null() {
            // SAFETY: the copy is new, and one byte larger than the text.
            unsafe {
                ptr::copy_nonoverlapping(text.as_ptr(), copy, text.len());
                copy.add(text.len()).write(0);
            }
        }
        copy
    }

    #[cold]
    #[inline(never)]
    fn allocate_slowly(&mut self, size: usize, align: usize) -> *mut u8 {
        let placed = self.check_use().and_then(|()| self.place(size, align, false));
        self.or_fail(placed)
    }

    /// How far a block of that size moves the position: to a multiple of 16 behind a red zone, so that the next block
    /// needs no padding for which the budget would be charged. An empty block takes nothing, as without a sanitizer.
    pub(super) fn extent(&self, size: usize) -> Extent {
        let advance = match self.sanitizer {
            Some(_) if size != 0 => {
                size.saturating_add(RED_ZONE).checked_next_multiple_of(DEFAULT_ALIGN).unwrap_or(usize::MAX)
            }
            _ => size,
        };
        Extent { size, advance }
    }

    /// Finds room in this chunk, a spare one or a new one. Nothing is changed when it fails, but that spare chunks may have
    /// been given back. `moving`: a block that is not counted any more, at the position, is still to be read.
    pub(super) fn place(&mut self, size: usize, align: usize, moving: bool) -> Result<*mut u8, Status> {
        let extent = self.extent(size);
        match self.position.fit(extent, align) {
            Fit::Nowhere => return Err(Status::OverBudget),
            Fit::Elsewhere => {
                let room = extent.advance.checked_add(align.saturating_sub(DEFAULT_ALIGN));
                let chunk = self.chunk_for(room, moving)?;
                self.begin(chunk, align);
            }
            Fit::Here => {}
        }
        let block = self.position.take(extent, align);
        if let Some(sanitizer) = self.sanitizer {
            // SAFETY: the block lies in the current chunk, and is handed out now.
            unsafe { sanitizer.unpoison(block, size) };
        }
        if self.zero {
            // SAFETY: as above.
            unsafe { block.write_bytes(0, size) };
        }
        Ok(block)
    }

    /// Makes the chunk, which is the one after the current one, the current one. Counting goes on at its first byte with
    /// that alignment. When nothing in the chunk that is left is in use, the new one takes its place in the list and for
    /// all scopes, and that one becomes spare: whoever does the same again begins where there is room.
    fn begin(&mut self, chunk: *mut Chunk, align: usize) {
        let left = self.current;
        let replaces = left.is_null() || self.current_is_empty();
        // SAFETY: chunks of the list are there, the current one is when it is not NULL.
        unsafe {
            (*chunk).below = self.bytes_in_use();
            if let (true, Some(left)) = (replaces, left.as_ref()) {
                (*chunk).below = left.below;
                self.unlink(self.current);
                self.link_after(chunk, self.current);
            } else if let Some(left) = left.as_mut() {
                left.filled = self.position.next();
            }
            (*chunk).begin = round_up(Chunk::payload(chunk), align);
            self.position.move_to((*chunk).begin, Chunk::end(chunk));
        }
        self.current = chunk;
        if replaces {
            self.move_scopes_from(left);
        }
    }

    /// Whether there is a current chunk in which nothing is in use.
    pub(super) fn current_is_empty(&self) -> bool {
        // SAFETY: the current chunk is there when it is not NULL.
        unsafe { self.current.as_ref() }.is_some_and(|current| current.begin == self.position.next())
    }

    /// Goes back to where the chunk before the current one was left, as nothing is in use in this one, which becomes spare.
    pub(super) fn leave_empty_chunk(&mut self) {
        debug_assert!(self.current_is_empty());
        let left = self.current;
        // SAFETY: chunks of the list are there.
        match unsafe { (*left).previous.as_ref() } {
            None => self.stand_nowhere(),
            Some(previous) => {
                // SAFETY: as above.
                self.current = unsafe { (*left).previous };
                // SAFETY: as above.
                self.position.move_to(previous.filled, unsafe { Chunk::end(self.current) });
            }
        }
        self.move_scopes_from(left);
    }

    /// Nothing is in use: the first chunk is the current one, if there is one.
    pub(super) fn begin_at_first(&mut self) {
        self.stand_nowhere();
        if !self.first.is_null() {
            self.begin(self.first, DEFAULT_ALIGN);
        }
    }

    /// # Safety
    /// The range is the arena's own, and nobody's block.
    pub(super) unsafe fn overwrite(&self, from: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.unpoison(from, size);
            }
            from.write_bytes(SCRUBBED, size);
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.poison(from, size);
            }
        }
    }

    /// Why the last request failed.
    pub(crate) fn last_failure(&self) -> Status {
        self.latest
    }

    /// Why requests failed since the last [`RawArena::clear_error`]: the first reason.
    pub fn error(&self) -> Option<Status> {
        self.error
    }

    /// Forgets it.
    pub fn clear_error(&mut self) {
        self.error = None;
    }

    /// Another limit on the bytes of all chunks; 0 for none. Below what is in use it only stops further growth.
    pub fn set_footprint_limit(&mut self, bytes: usize) {
        self.footprint_limit = bytes;
    }
}
