//! One range of addresses for all chunks of a heap, so that a block's address tells whether it belongs to the heap.

use core::ptr;

use crate::sync::{AtomicPtr, Ordering};

/// The size and the alignment of a chunk.
pub(super) const CHUNK: usize = 64 << 10;

/// The logarithms of the largest and the smallest size that is reserved.
const LARGEST: u32 = if usize::BITS >= 64 { 36 } else { 28 };
const SMALLEST: u32 = 20;

/// Reserving the range failed. Its "size" is two bytes, which belong to nobody.
const NONE: *mut u8 = ptr::without_provenance_mut(1);

/// A range of addresses, reserved at most once. Dropping it does not release it.
pub(super) struct Range {
    /// The start of the range, with the logarithm of its size in the low bits; NULL before it is reserved. One word,
    /// so that no thread can see one without the other.
    word: AtomicPtr<u8>,
}

impl Range {
    /// Not reserved.
    pub(super) const fn new() -> Self {
        Range { word: AtomicPtr::new(ptr::null_mut()) }
    }

    fn word(&self) -> *mut u8 {
        // Relaxed: the word changes once, and does not publish anything in the range.
        self.word.load(Ordering::Relaxed)
    }

    fn start(&self) -> *mut u8 {
        self.word().map_addr(|word| word & !(CHUNK - 1))
    }

    fn bytes(word: *mut u8) -> usize {
        1usize.wrapping_shl((word.addr() & (CHUNK - 1)) as u32)
    }

    /// Whether a block is in the range. A thread that has a block from it has seen the word.
    #[inline]
    pub(super) fn contains(&self, block: *mut u8) -> bool {
        let word = self.word();
        block.addr().wrapping_sub(word.addr() & !(CHUNK - 1)) < Self::bytes(word)
    }

    /// The start of the chunk of a block in the range.
    #[inline]
    pub(super) fn chunk_of(&self, block: *mut u8) -> *mut u8 {
        self.start().with_addr(block.addr() & !(CHUNK - 1))
    }

    /// The start of a chunk. The index is less than the result of `reserve`.
    pub(super) fn chunk(&self, index: u32) -> *mut u8 {
        self.start().wrapping_add(index as usize * CHUNK)
    }

    /// The index of the chunk with this start.
    pub(super) fn index(&self, chunk: *const u8) -> u32 {
        ((chunk.addr() - self.start().addr()) / CHUNK) as u32
    }

    /// Reserves the range unless that was tried before. Returns the number of chunks in it.
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

    /// Halves the requested size until it is available. Where addresses are limited it takes an eighth of that,
    /// because others need some too.
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

    /// Makes a chunk readable and writable, and zeroed if it was not before. Repeating it changes nothing.
    #[must_use]
    pub(super) fn open(&self, index: u32) -> bool {
        system::open(self.chunk(index), CHUNK)
    }

    /// Releases the addresses.
    ///
    /// # Safety
    ///
    /// Nobody uses a chunk any more.
    pub(super) unsafe fn release_all(&mut self) {
        Self::release(self.word());
        self.word.store(ptr::null_mut(), Ordering::Relaxed);
    }
}

#[cfg(unix)]
mod system {
    use core::ptr::{self, NonNull};

    /// Addresses that nothing else uses, and that cannot be read.
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
        // SAFETY: the part is ours, and allowing more access breaks nobody's assumptions.
        unsafe { libc::mprotect(start.cast(), bytes, access) == 0 }
    }

    /// Releases a part that is reserved and not in use.
    pub(super) fn release(start: *mut u8, bytes: usize) {
        // SAFETY: the part is ours, and nothing is in it.
        unsafe { libc::munmap(start.cast(), bytes) };
    }
}

/// Elsewhere there are no chunks, and every block comes from the backing allocator.
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
