//! One range of addresses for all chunks of a heap, so that a block tells by its address whose it is.

use core::ptr;

use crate::sync::{AtomicPtr, Ordering};

/// The size and the alignment of a chunk.
pub(super) const CHUNK: usize = 64 << 10;

/// The logarithm of the most and of the least bytes that are reserved.
const LARGEST: u32 = if usize::BITS >= 64 { 36 } else { 28 };
const SMALLEST: u32 = 20;

/// The range was asked for and could not be had. Its "size" is two bytes, which are nobody's.
const NONE: *mut u8 = ptr::without_provenance_mut(1);

/// A range of addresses, reserved at most once. It is not given back by itself.
pub(super) struct Range {
    /// Where the range starts, with the logarithm of its size in the low bits; null before it is reserved. One
    /// word, so that nobody can see one without the other.
    word: AtomicPtr<u8>,
}

impl Range {
    /// Nothing yet.
    pub(super) const fn new() -> Self {
        Range { word: AtomicPtr::new(ptr::null_mut()) }
    }

    fn word(&self) -> *mut u8 {
        // Relaxed: the word changes once, and says nothing about what is in the range.
        self.word.load(Ordering::Relaxed)
    }

    fn start(&self) -> *mut u8 {
        self.word().map_addr(|word| word & !(CHUNK - 1))
    }

    fn bytes(word: *mut u8) -> usize {
        1usize.wrapping_shl((word.addr() & (CHUNK - 1)) as u32)
    }

    /// Whether a block is in the range. Whoever has a block from it has seen the word that says so.
    #[inline]
    pub(super) fn contains(&self, block: *mut u8) -> bool {
        let word = self.word();
        block.addr().wrapping_sub(word.addr() & !(CHUNK - 1)) < Self::bytes(word)
    }

    /// Where the chunk of a block of the range starts.
    #[inline]
    pub(super) fn chunk_of(&self, block: *mut u8) -> *mut u8 {
        self.start().with_addr(block.addr() & !(CHUNK - 1))
    }

    /// Where a chunk starts. The index is less than what `reserve` gave.
    pub(super) fn chunk(&self, index: u32) -> *mut u8 {
        self.start().wrapping_add(index as usize * CHUNK)
    }

    /// The index of the chunk that starts there.
    pub(super) fn index(&self, chunk: *const u8) -> u32 {
        ((chunk.addr() - self.start().addr()) / CHUNK) as u32
    }

    /// Reserves the range unless that was tried before, and says how many chunks there can be.
    pub(super) fn reserve(&self) -> usize {
        let mut word = self.word();
        if word.is_null() {
            let fresh = Self::reserve_largest();
            match self.word.compare_exchange(word, fresh, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => word = fresh,
                Err(other) => {
                    Self::release(fresh);
                    word = other;
                }
            }
        }
        Self::bytes(word) / CHUNK
    }

    /// Halves what it asks for until it is had. Where addresses are limited it keeps an eighth of that, as others
    /// need some too.
    fn reserve_largest() -> *mut u8 {
        for logarithm in (SMALLEST..=LARGEST).rev() {
            let Some(start) = system::reserve(1 << logarithm, CHUNK) else {
                continue;
            };
            let start = start.as_ptr();
            let kept = if logarithm == LARGEST { LARGEST } else { SMALLEST.max(logarithm - 3) };
            if kept < logarithm {
                system::release(start.wrapping_add(1 << kept), (1 << logarithm) - (1 << kept));
            }
            return start.map_addr(|start| start | kept as usize);
        }
        NONE
    }

    fn release(word: *mut u8) {
        let bytes = Self::bytes(word);
        if bytes >= CHUNK {
            system::release(word.map_addr(|word| word & !(CHUNK - 1)), bytes);
        }
    }

    /// Makes a chunk readable and writable, zeroed if it was not before. Doing it again changes nothing.
    #[must_use]
    pub(super) fn open(&self, index: u32) -> bool {
        system::open(self.chunk(index), CHUNK)
    }

    /// Gives the addresses back.
    ///
    /// # Safety
    ///
    /// Nobody uses a chunk any more.
    pub(super) unsafe fn give_back(&mut self) {
        Self::release(self.word());
        self.word.store(ptr::null_mut(), Ordering::Relaxed);
    }
}

#[cfg(unix)]
mod system {
    use core::ptr::{self, NonNull};

    /// Addresses that nothing else uses, and nothing may be read from.
    pub(super) fn reserve(bytes: usize, align: usize) -> Option<NonNull<u8>> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let wider = bytes + align;
        // SAFETY: a new mapping at an address of the system's choice touches nothing that is there.
        let mapping = unsafe { libc::mmap(ptr::null_mut(), wider, libc::PROT_NONE, flags, -1, 0) };
        if mapping == libc::MAP_FAILED {
            return None;
        }
        let mapping: *mut u8 = mapping.cast();
        let before = mapping.addr().wrapping_neg() & (align - 1);
        let start = mapping.wrapping_add(before);
        if before > 0 {
            release(mapping, before);
        }
        release(start.wrapping_add(bytes), align - before);
        NonNull::new(start)
    }

    /// Makes a part of a reserved range readable and writable.
    pub(super) fn open(start: *mut u8, bytes: usize) -> bool {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the part is ours, and allowing more breaks nobody's assumptions.
        unsafe { libc::mprotect(start.cast(), bytes, access) == 0 }
    }

    /// Gives a part back, which is reserved and not in use.
    pub(super) fn release(start: *mut u8, bytes: usize) {
        // SAFETY: the part is ours, and nothing is in it.
        unsafe { libc::munmap(start.cast(), bytes) };
    }
}

/// Elsewhere there are no chunks, and every block comes from the allocator behind the heap.
#[cfg(not(unix))]
mod system {
    use core::ptr::NonNull;

    pub(super) fn reserve(_: usize, _: usize) -> Option<NonNull<u8>> {
        None
    }

    pub(super) fn open(_: *mut u8, _: usize) -> bool {
        false
    }

    pub(super) fn release(_: *mut u8, _: usize) {}
}
