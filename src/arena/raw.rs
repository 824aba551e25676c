//! The arena itself: a position that moves up through chunks, and a soft end that is where the chunk or the budget
//! ends, whichever comes first.
//!
//! How much is used is a number, `base + (position - start)`: what lay before the current chunk and what lies in it.
//! A limit is such a number too, so that a budget is an address in the current chunk, and leaving a scope only puts
//! old values back. Chunks are a list; those behind the current one are spare.

use core::mem::MaybeUninit;
use core::ptr;

use super::backing::{Backing, MemoryLimit, Sanitizer};
use super::cleanup::Cleanups;
use super::scope::{INLINE_SCOPES, Scope};
use crate::Status;

/// What every block is aligned to that asks for nothing else.
pub const DEFAULT_ALIGN: usize = 16;
/// The strictest alignment.
pub const MAX_ALIGN: usize = 1 << 16;
/// No limit.
pub(super) const NO_LIMIT: usize = usize::MAX;
/// Between blocks, and behind the last one, when AddressSanitizer looks on.
const RED_ZONE: usize = 8;
/// What memory is overwritten with that is given back.
pub(super) const SCRUBBED: u8 = 0xDD;

/// How an arena is made.
#[derive(Clone)]
pub struct Options {
    /// The size of the first chunk, in bytes; each one is twice as large as the one before.
    pub initial_chunk: usize,
    /// Up to this size. A block that is larger gets a chunk of its own size.
    pub max_chunk: usize,
    /// The bytes of all chunks together; 0 for no limit.
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

/// A stretch of memory; the bytes behind this header are handed out.
#[repr(C, align(16))]
pub(super) struct Chunk {
    pub(super) next: *mut Chunk,
    pub(super) previous: *mut Chunk,
    /// With the header.
    pub(super) size: usize,
    /// Where its use ended when the next chunk was begun.
    pub(super) filled: *mut u8,
}

pub(super) const CHUNK_HEADER: usize = size_of::<Chunk>();

impl Chunk {
    /// # Safety
    /// The chunk is there.
    pub(super) unsafe fn payload(chunk: *mut Chunk) -> *mut u8 {
        // SAFETY: the header is followed by the rest of the chunk.
        unsafe { chunk.cast::<u8>().add(CHUNK_HEADER) }
    }

    /// # Safety
    /// The chunk is there.
    pub(super) unsafe fn end(chunk: *mut Chunk) -> *mut u8 {
        // SAFETY: its size is that of the memory that it heads.
        unsafe { chunk.cast::<u8>().add((*chunk).size) }
    }
}

/// An arena. Its first two words are frozen: programs are compiled with them (`drystone_inline.h`).
#[repr(C)]
pub struct RawArena {
    /// Where the next block may begin.
    pub(super) position: *mut u8,
    /// No block handed out without a call may reach beyond. NULL when every block needs a call.
    pub(super) end: *mut u8,
    /// Where counting begins in the current chunk, and what was used before it.
    pub(super) start: *mut u8,
    pub(super) base: usize,
    pub(super) hard_end: *mut u8,
    /// The most that may be used, all in all.
    pub(super) limit: usize,
    /// NULL before the first one.
    pub(super) current: *mut Chunk,
    pub(super) first: *mut Chunk,
    pub(super) scopes: *mut Scope,
    pub(super) scopes_capacity: u32,
    pub(super) depth: u32,
    pub(super) max_depth: u32,
    /// Counts the scopes that were ever opened, from a number of this arena's own.
    pub(super) serial: u64,
    pub(super) cleanups: Cleanups,
    /// A cleanup runs.
    pub(super) busy: bool,
    pub(super) scrub: bool,
    pub(super) zero: bool,
    /// It lives in memory that it was given, and takes no other.
    pub(super) fixed: bool,
    /// The thread that may use it.
    pub(super) owner: Option<usize>,
    pub(super) sanitizer: Option<Sanitizer>,
    pub(super) backing: Backing,
    shared: Option<MemoryLimit>,
    /// Of the next chunk.
    next_size: usize,
    max_chunk: usize,
    footprint: usize,
    footprint_limit: usize,
    peak: usize,
    failures: usize,
    error: Option<Status>,
    pub(super) inline_scopes: [MaybeUninit<Scope>; INLINE_SCOPES],
}

/// Where a block of size 0 may lie while there is no chunk.
const NOWHERE: *mut u8 = ptr::without_provenance_mut(DEFAULT_ALIGN);

/// A number that every thread has another one of.
pub(super) fn this_thread() -> usize {
    thread_local! {
        static PLACE: u8 = const { 0 };
    }
    PLACE.with(|place| ptr::from_ref(place).addr())
}

fn round_up(position: *mut u8, align: usize) -> *mut u8 {
    // An address is far from the end of its range, and alignments are at most 64 KiB.
    position.map_addr(|address| address.wrapping_add(align - 1) & !(align - 1))
}

impl RawArena {
    /// An arena that has no chunk yet.
    pub(super) fn empty(options: Options, serial: u64) -> Self {
        let limit = if options.budget == 0 { NO_LIMIT } else { options.budget };
        let smallest = CHUNK_HEADER + 64;
        RawArena {
            position: NOWHERE,
            end: ptr::null_mut(),
            start: NOWHERE,
            base: 0,
            hard_end: NOWHERE,
            limit,
            current: ptr::null_mut(),
            first: ptr::null_mut(),
            scopes: ptr::null_mut(),
            scopes_capacity: INLINE_SCOPES as u32,
            depth: 0,
            max_depth: options.max_depth.min(u16::MAX.into()),
            serial,
            cleanups: Cleanups::NONE,
            busy: false,
            scrub: options.scrub,
            zero: options.zero,
            fixed: false,
            owner: options.checked.then(this_thread),
            sanitizer: Sanitizer::of_process(),
            backing: options.backing,
            shared: options.shared,
            next_size: options.initial_chunk.clamp(smallest, isize::MAX as usize / 2),
            max_chunk: options.max_chunk.clamp(smallest, isize::MAX as usize / 2),
            footprint: 0,
            footprint_limit: options.footprint_limit,
            peak: 0,
            failures: 0,
            error: None,
            inline_scopes: [const { MaybeUninit::uninit() }; INLINE_SCOPES],
        }
    }

    /// How many bytes are used, padding included.
    #[inline]
    pub(super) fn used(&self) -> usize {
        self.base.wrapping_add(self.position.addr() - self.start.addr())
    }

    /// How many bytes may still be used, if there is memory.
    pub(super) fn remaining(&self) -> usize {
        if self.limit == NO_LIMIT { NO_LIMIT } else { self.limit.saturating_sub(self.used()) }
    }

    /// Puts the soft end where chunk or budget end. It has to be called whenever position, chunk or limit change
    /// otherwise than by a block.
    #[inline]
    pub(super) fn set_end(&mut self) {
        if self.busy || self.zero || self.owner.is_some() || self.sanitizer.is_some() {
            self.end = ptr::null_mut();
            return;
        }
        let room = self.hard_end.addr() - self.position.addr();
        self.end = self.position.wrapping_add(room.min(self.remaining()));
    }

    /// Notes the most that was ever used; before anything makes it less.
    #[inline]
    pub(super) fn note_peak(&mut self) {
        self.peak = self.peak.max(self.used());
    }

    /// `Busy` in a cleanup, `WrongThread`.
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
        let block = round_up(self.position, align);
        // Never an addition to the size: it may be anything.
        if block <= self.end && size <= self.end.addr() - block.addr() {
            self.position = block.wrapping_add(size);
            return block;
        }
        self.allocate_slowly(size, align)
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
        let placed = self.check_use().and_then(|()| self.place(size, align));
        self.or_fail(placed)
    }

    /// How far a block of that size moves the position.
    fn advance(&self, size: usize) -> usize {
        match self.sanitizer {
            None => size,
            Some(_) => size.saturating_add(RED_ZONE).checked_next_multiple_of(8).unwrap_or(usize::MAX),
        }
    }

    /// Finds room in this chunk, a spare one or a new one. Nothing is changed when it fails.
    fn place(&mut self, size: usize, align: usize) -> Result<*mut u8, Status> {
        let block = round_up(self.position, align);
        let padding = block.addr() - self.position.addr();
        let advance = self.advance(size);
        let here = block <= self.hard_end && advance <= self.hard_end.addr() - block.addr();
        let charged = size.saturating_add(if here { padding } else { 0 });
        // Without a limit nothing that large fits anywhere either.
        if charged > self.remaining() {
            return Err(Status::OverBudget);
        }
        if !here {
            let chunk = self.chunk_for(advance.checked_add(align.saturating_sub(DEFAULT_ALIGN)))?;
            self.begin(chunk, align);
        }
        Ok(self.take(size, align, advance))
    }

    /// Takes the block that `place` found room for.
    fn take(&mut self, size: usize, align: usize, advance: usize) -> *mut u8 {
        let block = round_up(self.position, align);
        self.position = block.wrapping_add(advance);
        self.base = self.base.wrapping_sub(advance - size);
        if let Some(sanitizer) = self.sanitizer {
            // SAFETY: the block lies in the current chunk, and is handed out now.
            unsafe { sanitizer.unpoison(block, size) };
        }
        if self.zero {
            // SAFETY: as above.
            unsafe { block.write_bytes(0, size) };
        }
        self.set_end();
        block
    }

    /// Makes the chunk the current one. Counting goes on at its first byte with that alignment.
    fn begin(&mut self, chunk: *mut Chunk, align: usize) {
        self.base = self.used();
        if !self.current.is_null() {
            // SAFETY: the current chunk is there.
            unsafe { (*self.current).filled = self.position };
        }
        // SAFETY: chunks of the list are there.
        unsafe {
            self.start = round_up(Chunk::payload(chunk), align);
            self.hard_end = Chunk::end(chunk);
        }
        self.position = self.start;
        self.current = chunk;
        self.set_end();
    }

    /// The chunk behind the current one.
    pub(super) fn spare(&self) -> *mut Chunk {
        // SAFETY: the current chunk is there when it is not NULL.
        if self.current.is_null() { self.first } else { unsafe { (*self.current).next } }
    }

    /// The next spare chunk when it has so much room, else a new one before it. `NoMemory`, `LimitExceeded`.
    fn chunk_for(&mut self, room: Option<usize>) -> Result<*mut Chunk, Status> {
        let size =
            room.and_then(|room| room.checked_add(CHUNK_HEADER)).filter(|size| *size <= isize::MAX as usize);
        let size = size.ok_or(Status::NoMemory)?;
        let spare = self.spare();
        // SAFETY: chunks of the list are there.
        if !spare.is_null() && unsafe { (*spare).size } >= size {
            return Ok(spare);
        }
        if self.fixed {
            return Err(Status::NoMemory);
        }
        let usual = self.next_size.min(self.max_chunk);
        let chunk = match self.take_chunk(size.max(usual)) {
            // Where the usual size cannot be had, what is needed may.
            Err(_) if size < usual => self.take_chunk(size)?,
            taken => taken?,
        };
        self.next_size = usual.saturating_mul(2);
        self.insert(chunk);
        Ok(chunk)
    }

    fn take_chunk(&mut self, size: usize) -> Result<*mut Chunk, Status> {
        let size = size.checked_next_multiple_of(DEFAULT_ALIGN).ok_or(Status::NoMemory)?;
        let footprint = self.footprint.checked_add(size).ok_or(Status::LimitExceeded)?;
        if self.footprint_limit != 0 && footprint > self.footprint_limit {
            return Err(Status::LimitExceeded);
        }
        if let Some(shared) = &self.shared {
            shared.take(size)?;
        }
        let memory = self.backing.take(size, DEFAULT_ALIGN).inspect_err(|_| {
            if let Some(shared) = &self.shared {
                shared.give_back(size);
            }
        })?;
        self.footprint = footprint;
        // SAFETY: the memory is there and of that size.
        unsafe { Ok(self.make_chunk(memory, size)) }
    }

    /// # Safety
    /// `size` bytes that are the arena's own, at a multiple of 16.
    pub(super) unsafe fn make_chunk(&self, memory: *mut u8, size: usize) -> *mut Chunk {
        let chunk = memory.cast::<Chunk>();
        // SAFETY: the caller's promise; what lies behind the header is nobody's yet.
        unsafe {
            let payload = memory.add(CHUNK_HEADER);
            chunk.write(Chunk { next: ptr::null_mut(), previous: ptr::null_mut(), size, filled: payload });
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.poison(payload, size - CHUNK_HEADER);
            }
        }
        chunk
    }

    /// Puts the chunk behind the current one.
    pub(super) fn insert(&mut self, chunk: *mut Chunk) {
        let next = self.spare();
        // SAFETY: chunks of the list are there, and this one is not in it.
        unsafe {
            (*chunk).previous = self.current;
            (*chunk).next = next;
            if !next.is_null() {
                (*next).previous = chunk;
            }
            match self.current.as_mut() {
                Some(current) => current.next = chunk,
                None => self.first = chunk,
            }
        }
    }

    /// Takes a spare chunk out of the list and gives its memory back.
    ///
    /// # Safety
    /// The chunk is in the list, and no block in it is in use.
    pub(super) unsafe fn give_back(&mut self, chunk: *mut Chunk) {
        // SAFETY: the caller's promise; its neighbours are in the list too.
        unsafe {
            let Chunk { next, previous, size, .. } = chunk.read();
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => self.first = next,
            }
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.unpoison(chunk.cast(), size);
            }
            self.backing.give_back(chunk.cast(), size, DEFAULT_ALIGN);
            self.footprint -= size;
            if let Some(shared) = &self.shared {
                shared.give_back(size);
            }
        }
    }

    /// Where the innermost scope began in the current chunk.
    fn floor(&self) -> *mut u8 {
        match self.innermost() {
            Some(scope) if scope.chunk == self.current => scope.position,
            _ => self.start,
        }
    }

    /// Whether the block is the last one, and begun in the innermost scope.
    fn is_last(&self, block: *mut u8, size: usize) -> bool {
        !self.current.is_null()
            && block >= self.floor()
            && block <= self.position
            && self.position.addr() - block.addr() == self.advance(size)
    }

    /// The last block becomes `new` bytes long, of which there are enough.
    fn resize_last(&mut self, block: *mut u8, old: usize, new: usize) {
        self.note_peak();
        let (before, now) = (self.advance(old), self.advance(new));
        self.base = self.base.wrapping_add(before - old).wrapping_sub(now - new);
        self.position = block.wrapping_add(now);
        // SAFETY: both ranges lie in the current chunk, behind the block's start; the caller gives up what is behind
        // the new size, and is handed what is behind the old one.
        unsafe {
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.poison(block, before.max(now));
                sanitizer.unpoison(block, new);
            }
            if self.zero && new > old {
                block.add(old).write_bytes(0, new - old);
            }
        }
        self.set_end();
    }

    /// Whether the last block can become `new` bytes long where it is.
    fn fits_in_place(&self, block: *mut u8, old: usize, new: usize) -> bool {
        let more = new.saturating_sub(old);
        self.advance(new) <= self.hard_end.addr() - block.addr() && more <= self.remaining()
    }

    /// Resizes the last block of the innermost scope where it is. Refuses otherwise, which is no failure.
    ///
    /// # Safety
    /// A block of the arena's that is in use, with that size.
    pub unsafe fn try_extend(&mut self, block: *mut u8, old: usize, new: usize) -> bool {
        if self.check_use().is_err() || !self.is_last(block, old) || !self.fits_in_place(block, old, new) {
            return false;
        }
        self.resize_last(block, old, new);
        true
    }

    /// Gives the last block of the innermost scope back. Refuses otherwise, which is no failure.
    ///
    /// # Safety
    /// A block of the arena's with that size, which is not used again when it is taken; or NULL.
    pub unsafe fn free_last(&mut self, block: *mut u8, size: usize) -> bool {
        if block.is_null() || self.check_use().is_err() || !self.is_last(block, size) {
            return false;
        }
        self.note_peak();
        let advance = self.advance(size);
        self.position = block;
        self.base = self.base.wrapping_add(advance - size);
        if let Some(sanitizer) = self.sanitizer {
            // SAFETY: the block lies in the current chunk and was given up.
            unsafe { sanitizer.poison(block, advance) };
        }
        if self.scrub {
            // SAFETY: as above; poisoned memory is unpoisoned for that.
            unsafe { self.overwrite(block, size) };
        }
        self.set_end();
        true
    }

    /// The block with another size: in place when it is the last one of the innermost scope, or does not grow, and
    /// aligned well; else a copy. NULL when that fails; then the block is as it was.
    ///
    /// # Safety
    /// `old` bytes of the arena's that are in use, or NULL with 0.
    pub unsafe fn reallocate(&mut self, block: *mut u8, old: usize, new: usize, align: usize) -> *mut u8 {
        if block.is_null() {
            return self.allocate(new, align);
        }
        if !align.is_power_of_two() || align > MAX_ALIGN {
            return self.fail(Status::InvalidArgument);
        }
        if let Err(status) = self.check_use() {
            return self.fail(status);
        }
        let aligned = block.addr().is_multiple_of(align);
        let last = self.is_last(block, old);
        if aligned && last && self.fits_in_place(block, old, new) {
            self.resize_last(block, old, new);
            return block;
        }
        if aligned && new <= old {
            return block;
        }
        // SAFETY: the caller's promise.
        unsafe {
            if last {
                self.move_last(block, old, new, align)
            } else {
                self.copy_block(block, old, new, align)
            }
        }
    }

    /// # Safety
    /// As for [`RawArena::reallocate`].
    unsafe fn copy_block(&mut self, block: *mut u8, old: usize, new: usize, align: usize) -> *mut u8 {
        let copy = self.allocate_aligned(new, align);
        if !copy.is_null() {
            // SAFETY: both blocks are there, the new one was nobody's.
            unsafe { ptr::copy_nonoverlapping(block, copy, old.min(new)) };
        }
        copy
    }

    /// The last block does not count any more while room for it is looked for elsewhere: so a vector can grow to
    /// all of a budget, in however many chunks.
    ///
    /// # Safety
    /// As for [`RawArena::reallocate`], and the block is the last one.
    unsafe fn move_last(&mut self, block: *mut u8, old: usize, new: usize, align: usize) -> *mut u8 {
        self.note_peak();
        let (position, base) = (self.position, self.base);
        self.position = block;
        self.base = self.base.wrapping_add(self.advance(old) - old);
        let chunk = self.current;
        match self.place(new, align) {
            Ok(copy) => {
                // SAFETY: the old bytes are where they were, though they may overlap the new ones.
                unsafe {
                    if chunk == self.current {
                        if let Some(sanitizer) = self.sanitizer {
                            sanitizer.unpoison(block, old);
                        }
                        ptr::copy(block, copy, old.min(new));
                        if let Some(sanitizer) = self.sanitizer {
                            sanitizer.poison(block, copy.addr() - block.addr());
                        }
                    } else {
                        ptr::copy_nonoverlapping(block, copy, old.min(new));
                        if let Some(sanitizer) = self.sanitizer {
                            sanitizer.poison(block, old);
                        }
                    }
                }
                copy
            }
            Err(status) => {
                (self.position, self.base) = (position, base);
                self.set_end();
                self.fail(status)
            }
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

    /// Whether the address lies in memory that was handed out.
    pub fn contains(&self, address: *const u8) -> bool {
        self.chunks_in_use().any(|(chunk, filled)| {
            // SAFETY: chunks of the list are there.
            let payload = unsafe { Chunk::payload(chunk) };
            payload.cast_const() <= address && address < filled.cast_const()
        })
    }

    /// The chunks up to the current one, each with where its use ends.
    pub(super) fn chunks_in_use(&self) -> impl Iterator<Item = (*mut Chunk, *mut u8)> + '_ {
        let mut next = if self.current.is_null() { ptr::null_mut() } else { self.first };
        core::iter::from_fn(move || {
            let chunk = next;
            if chunk.is_null() {
                return None;
            }
            if chunk == self.current {
                next = ptr::null_mut();
                return Some((chunk, self.position));
            }
            // SAFETY: chunks of the list are there.
            unsafe {
                next = (*chunk).next;
                Some((chunk, (*chunk).filled))
            }
        })
    }

    /// What is known of it. Linear in the number of chunks.
    pub fn statistics(&self) -> Statistics {
        let mut found = Statistics {
            used: self.used(),
            peak: self.peak.max(self.used()),
            footprint: self.footprint,
            depth: self.depth as usize,
            failures: self.failures,
            ..Statistics::default()
        };
        for (chunk, filled) in self.chunks_in_use() {
            found.chunks += 1;
            // SAFETY: chunks of the list are there.
            unsafe {
                found.large += usize::from((*chunk).size > self.max_chunk);
                if chunk != self.current {
                    found.abandoned += Chunk::end(chunk).addr() - filled.addr();
                }
            }
        }
        let mut spare = self.spare();
        while !spare.is_null() {
            // SAFETY: chunks of the list are there.
            unsafe {
                found.spare += (*spare).size;
                spare = (*spare).next;
            }
        }
        found
    }
}

/// What is known of an arena. All but the counts in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// In use, padding included.
    pub used: usize,
    /// The most that ever was in use.
    pub peak: usize,
    /// Of all chunks, spare ones too.
    pub footprint: usize,
    /// How many chunks have blocks in use.
    pub chunks: usize,
    /// Of the chunks that wait to be used again.
    pub spare: usize,
    /// At the ends of chunks, where the next block did not fit.
    pub abandoned: usize,
    /// How many of the chunks in use are larger than ordinary ones.
    pub large: usize,
    /// How many scopes are open.
    pub depth: usize,
    /// How many requests failed.
    pub failures: usize,
}
