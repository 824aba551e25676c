//! The arena itself: a position that moves up through chunks. It coordinates its parts, which do not know each
//! other's state: the position, the scopes, the chunks, the cleanups, and the modes that cost time for every byte.

use core::cell::Cell;
use core::marker::PhantomPinned;
use core::num::NonZeroU64;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU64, Ordering};

use super::chunk::{Chunk, ChunkMemory};
use super::chunk_list::{ChunkList, Demand};
use super::cleanups::Cleanups;
use super::options::Options;
use super::position::{DEFAULT_ALIGN, Fit, MAX_ALIGN, NO_LIMIT, Position, round_up};
use super::protection::Protection;
use super::scope_stack::ScopeStack;
use crate::status::Status;

/// An arena. The first words of its position and of its scopes are frozen: programs are compiled with them
/// (`drystone_inline.h`).
#[repr(C, align(16))]
pub struct RawArena {
    pub(super) position: Position,
    pub(super) scopes: ScopeStack,
    pub(super) chunks: ChunkList,
    pub(super) cleanups: Cleanups,
    pub(super) protection: Protection,
    /// No special mode is active, so the fast paths apply.
    pub(super) plain: bool,
    /// A cleanup is running.
    busy: bool,
    /// The thread that may use the arena.
    owner: Option<NonZeroU64>,
    failures: Failures,
    /// A cleanup may call the arena that runs it, so the compiler must not assume that a borrow of an arena is
    /// exclusive.
    shared_with_cleanups: PhantomPinned,
}

/// The layout that `drystone_inline.h` relies on.
#[cfg(target_pointer_width = "64")]
const _: () = {
    use core::mem::offset_of;
    assert!(offset_of!(RawArena, position) == 0 && offset_of!(RawArena, scopes) == 64);
};

/// The reasons why requests failed.
struct Failures {
    count: usize,
    /// The first one since the caller cleared it.
    first: Option<Status>,
    latest: Status,
}

/// A number that no other thread of the process has or had. (The address of a thread-local variable could be reused
/// by a later thread.)
#[cold]
#[inline(never)]
fn this_thread() -> NonZeroU64 {
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
    /// An arena without a chunk. It must be moved to its final address before its position is set.
    pub(super) fn new(options: &Options, memory: ChunkMemory, serial: u64) -> Self {
        let limit = if options.budget == 0 { NO_LIMIT } else { options.budget };
        RawArena {
            position: Position::new(limit),
            scopes: ScopeStack::new(options.max_depth, serial),
            chunks: ChunkList::new(memory, options.initial_chunk, options.max_chunk),
            cleanups: Cleanups::NONE,
            protection: Protection::new(options.zero, options.scrub),
            plain: false,
            busy: false,
            owner: options.checked.then(this_thread),
            failures: Failures { count: 0, first: None, latest: Status::NoMemory },
            shared_with_cleanups: PhantomPinned,
        }
    }

    /// Sets whether a cleanup is running. The arena refuses everything meanwhile.
    pub(super) fn set_busy(&mut self, busy: bool) {
        self.busy = busy;
        let watched = self.owner.is_some() || self.protection.sanitizer.is_some();
        self.plain = !(busy || watched || self.protection.scrub || self.protection.zero);
        self.scopes.set_quick(self.plain);
        self.position.watch(busy || watched || self.protection.zero);
    }

    /// The number of bytes in use, padding included.
    #[inline]
    pub(super) fn used(&self) -> usize {
        self.position.used()
    }

    /// For calls that only read the arena. `WrongThread`.
    #[inline]
    pub(crate) fn check_thread(&self) -> Result<(), Status> {
        if self.owner.is_some_and(|owner| owner != this_thread()) { Err(Status::WrongThread) } else { Ok(()) }
    }

    /// `Busy` in a cleanup, `WrongThread`.
    #[inline]
    pub(super) fn check_use(&self) -> Result<(), Status> {
        self.check_thread()?;
        if self.busy { Err(Status::Busy) } else { Ok(()) }
    }

    /// Records why a request failed.
    #[cold]
    pub(super) fn fail(&mut self, status: Status) -> *mut u8 {
        self.failures.count = self.failures.count.saturating_add(1);
        self.failures.first.get_or_insert(status);
        self.failures.latest = status;
        ptr::null_mut()
    }

    /// A block of `size` bytes at a multiple of `align`; NULL when that fails.
    #[inline]
    pub fn allocate(&mut self, size: usize, align: usize) -> *mut u8 {
        if align.is_power_of_two() && align <= MAX_ALIGN {
            return self.allocate_aligned(size, align);
        }
        self.fail(Status::InvalidArgument)
    }

    /// As [`RawArena::allocate`], for alignments that are known to be valid.
    #[inline(always)]
    pub(super) fn allocate_aligned(&mut self, size: usize, align: usize) -> *mut u8 {
        match self.position.allocate(size, align) {
            Some(block) => block,
            None => self.allocate_slowly(size, align),
        }
    }

    /// As [`RawArena::allocate`], without alignment. Also returns the number of 16-byte pieces from its start that
    /// may be overwritten until the next allocation: at least `least`, and more than the block. `None`, without
    /// allocating, when there are fewer.
    #[inline(always)]
    pub(crate) fn allocate_roomy(&mut self, size: usize, least: usize) -> Option<(NonNull<[u8; 16]>, usize)> {
        let (block, sixteens) = self.position.allocate_roomy(size, least)?;
        // SAFETY: the byte after one of the chunk's, or after its head, is not at the address 0.
        Some((unsafe { NonNull::new_unchecked(block) }.cast(), sixteens))
    }

    /// The number of bytes from the start of the last block, one of [`RawArena::allocate_roomy`], that may be
    /// overwritten until the next allocation.
    pub(crate) fn room_from(&self, block: *mut u8) -> usize {
        self.position.room_from(block)
    }

    /// Resizes that block.
    ///
    /// # Safety
    /// The last block, from [`RawArena::allocate_roomy`]; the size is within its room.
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
        if !block.is_null() && !self.protection.zero {
            // SAFETY: the block has that size, so the product did not overflow.
            unsafe { block.write_bytes(0, count * size) };
        }
        block
    }

    /// A copy of the text, followed by a zero; NULL when that fails.
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
        placed.unwrap_or_else(|status| self.fail(status))
    }

    /// Allocates in this chunk, a spare one or a new one. On failure nothing changes, except that spare chunks may
    /// have been returned. With `moving`, a returned block at the position will still be read.
    pub(super) fn place(&mut self, size: usize, align: usize, moving: bool) -> Result<*mut u8, Status> {
        let extent = self.protection.extent(size);
        match self.position.fit(extent, align) {
            Fit::Nowhere => return Err(Status::OverBudget),
            Fit::Elsewhere => {
                let room = extent.advance.checked_add(align.saturating_sub(DEFAULT_ALIGN));
                let chunk = self.chunk_for(&Demand::new(room, &self.position)?, moving)?;
                self.begin(chunk, align);
            }
            Fit::Here => {}
        }
        let block = self.position.take(extent, align);
        debug_assert!(block.addr().is_multiple_of(align));
        // SAFETY: the block lies in the current chunk, and is handed out now.
        unsafe { self.protection.hand_out(block, size) };
        Ok(block)
    }

    /// Makes a chunk of the demanded size the one after the current one. `NoMemory`, `LimitExceeded`.
    fn chunk_for(&mut self, demand: &Demand, moving: bool) -> Result<*mut Chunk, Status> {
        self.record_scopes();
        let refused = match self.chunks.find(demand, &self.protection) {
            Err(refused) => refused,
            found => return found,
        };
        // The current chunk may be returned too, when nothing in it is in use.
        let empty = !moving && self.current_is_empty();
        if !self.chunks.may_replace_spares(demand, empty, refused) {
            return Err(refused);
        }
        if empty {
            self.leave_empty_chunk();
        }
        self.chunks.replace_spares(demand, &self.protection, refused)
    }

    /// Records what the open scopes found, before anything except the position changes.
    pub(super) fn record_scopes(&mut self) {
        self.scopes.record(&self.position, self.chunks.current(), self.cleanups.newest());
    }

    /// Makes the next chunk the current one. Its use begins at its first byte with this alignment. When nothing in
    /// the previous chunk is in use, the new one takes its place in the list and for all scopes, and the previous one
    /// becomes spare, so that a repetition begins where there is room. The scopes are recorded.
    fn begin(&mut self, chunk: *mut Chunk, align: usize) {
        let left = self.chunks.current();
        let replaces = left.is_null() || self.current_is_empty();
        // SAFETY: it is the next chunk, and chunks of the list exist.
        unsafe {
            self.chunks.advance(chunk, self.position.next(), replaces);
            (*chunk).begin = round_up(Chunk::payload(chunk), align);
            self.position.move_to((*chunk).begin, Chunk::end(chunk));
        }
        if replaces {
            self.scopes.move_from(left, chunk, &self.position);
        }
    }

    /// Whether there is a current chunk in which nothing is in use.
    fn current_is_empty(&self) -> bool {
        // SAFETY: the current chunk exists when it is not NULL.
        unsafe { self.chunks.current().as_ref() }.is_some_and(|current| current.begin == self.position.next())
    }

    /// Moves back to the end of the previous chunk, because nothing is in use in the current one, which becomes
    /// spare. The scopes are recorded.
    fn leave_empty_chunk(&mut self) {
        debug_assert!(self.current_is_empty());
        let left = self.chunks.current();
        // SAFETY: chunks of the list exist, and all before the current one are in use.
        unsafe {
            let previous = (*left).previous;
            if previous.is_null() {
                self.leave_chunks();
            } else {
                self.chunks.set_current(previous);
                self.position.move_to((*previous).filled, Chunk::end(previous));
            }
        }
        self.scopes.move_from(left, self.chunks.current(), &self.position);
    }

    /// No chunk is in use: the position is within the arena itself, where a block of size 0 may be. A sanitizer
    /// watches chunks only, so with one even an empty block gets a chunk.
    pub(super) fn leave_chunks(&mut self) {
        // SAFETY: NULL is no chunk.
        unsafe { self.chunks.set_current(ptr::null_mut()) };
        let nowhere = ptr::from_mut(self).cast::<u8>().wrapping_add(DEFAULT_ALIGN);
        let end = if self.protection.sanitizer.is_some() { nowhere.wrapping_sub(1) } else { nowhere };
        self.position.move_to(nowhere, end);
    }

    /// Nothing is in use and no scope is open: makes the first chunk the current one, if there is one.
    pub(super) fn begin_at_first(&mut self) {
        debug_assert!(self.used() == 0 && self.scopes.depth() == 0);
        self.leave_chunks();
        let first = self.chunks.first();
        if !first.is_null() {
            self.begin(first, DEFAULT_ALIGN);
        }
    }

    /// Why the last request failed.
    pub(crate) fn last_failure(&self) -> Status {
        self.failures.latest
    }

    /// The number of failed requests.
    pub(super) fn failures(&self) -> usize {
        self.failures.count
    }

    /// Why requests failed since the last [`RawArena::clear_error`]: the first reason.
    pub fn error(&self) -> Option<Status> {
        self.failures.first
    }

    /// Clears the reason that [`RawArena::error`] returns.
    pub fn clear_error(&mut self) {
        self.failures.first = None;
    }

    /// Changes the limit on the bytes of all chunks; 0 for none. A limit below the current total only prevents
    /// further growth.
    pub fn set_footprint_limit(&mut self, bytes: usize) {
        self.chunks.memory_mut().set_footprint_limit(bytes);
    }
}
