//! What happens to the bytes of blocks when they are allocated and returned: they are zeroed, overwritten, and
//! reported to AddressSanitizer.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

use super::position::{DEFAULT_ALIGN, Extent};

/// The smallest distance between blocks, and after the last one, under AddressSanitizer.
const RED_ZONE: usize = 8;
/// The byte that overwrites returned bytes.
const SCRUBBED: u8 = 0xDD;

/// The modes of an arena that cost time for every byte. All calls are about ranges in the arena's own chunks.
#[derive(Clone, Copy)]
pub(super) struct Protection {
    /// Blocks are zero.
    pub(super) zero: bool,
    /// Returned bytes are overwritten.
    pub(super) scrub: bool,
    pub(super) sanitizer: Option<Sanitizer>,
}

impl Protection {
    pub(super) fn new(zero: bool, scrub: bool) -> Self {
        Protection { zero, scrub, sanitizer: Sanitizer::of_process() }
    }

    /// How far a block of this size moves the position. A red zone ends at a multiple of 16, so that the next block
    /// needs no padding, which would be charged to the budget. An empty block takes nothing, as without a sanitizer.
    #[inline]
    pub(super) fn extent(&self, size: usize) -> Extent {
        let advance = match self.sanitizer {
            Some(_) if size != 0 => {
                size.saturating_add(RED_ZONE).checked_next_multiple_of(DEFAULT_ALIGN).unwrap_or(usize::MAX)
            }
            _ => size,
        };
        Extent { size, advance }
    }

    /// Whether returned bytes are overwritten or poisoned.
    pub(super) fn on_return(&self) -> bool {
        self.scrub || self.sanitizer.is_some()
    }

    /// A block is allocated.
    ///
    /// # Safety
    /// The range belongs to the arena, and to no block.
    pub(super) unsafe fn hand_out(&self, block: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            self.unpoison(block, size);
            if self.zero {
                block.write_bytes(0, size);
            }
        }
    }

    /// The last block, `old` bytes long, is resized in place. Its first `min(old, new)` bytes stay.
    ///
    /// # Safety
    /// Both extents are in the arena's chunk, from the block's start on, and nobody uses what follows the block.
    pub(super) unsafe fn resize(&self, block: *mut u8, old: usize, new: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(sanitizer) = self.sanitizer {
                sanitizer.poison(block, self.extent(old).advance.max(self.extent(new).advance));
                sanitizer.unpoison(block, new);
            }
            if self.zero && new > old {
                block.add(old).write_bytes(0, new - old);
            }
            if self.scrub && new < old {
                self.take_back(block.add(new), old - new);
            }
        }
    }

    /// A range is returned.
    ///
    /// # Safety
    /// The range belongs to the arena, and to no block any more.
    pub(super) unsafe fn take_back(&self, from: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            if self.scrub {
                // Parts of it may be poisoned: the red zones between blocks.
                self.unpoison(from, size);
                from.write_bytes(SCRUBBED, size);
            }
            self.poison(from, size);
        }
    }

    /// # Safety
    /// The range belongs to the arena, and nobody may use it.
    pub(super) unsafe fn poison(&self, from: *mut u8, size: usize) {
        if let Some(sanitizer) = self.sanitizer {
            // SAFETY: the caller's promise.
            unsafe { sanitizer.poison(from, size) };
        }
    }

    /// # Safety
    /// The range belongs to the arena.
    pub(super) unsafe fn unpoison(&self, from: *mut u8, size: usize) {
        if let Some(sanitizer) = self.sanitizer {
            // SAFETY: the caller's promise.
            unsafe { sanitizer.unpoison(from, size) };
        }
    }
}

type Hook = unsafe extern "C" fn(*const c_void, usize);

/// AddressSanitizer's functions, if the process has them, as when a program that was built with it uses an ordinary
/// build of this library.
#[derive(Clone, Copy)]
pub(super) struct Sanitizer {
    poison: Hook,
    unpoison: Hook,
}

impl Sanitizer {
    /// Looked up once per process, or once by each of several threads that arrive first at the same time. No thread
    /// waits for another, because a child of `fork` would wait forever.
    fn of_process() -> Option<Self> {
        const UNKNOWN: u8 = 0;
        const NONE: u8 = 1;
        const FOUND: u8 = 2;
        static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);
        static HOOKS: [AtomicPtr<c_void>; 2] = [const { AtomicPtr::new(ptr::null_mut()) }; 2];
        match STATE.load(Ordering::Acquire) {
            NONE => None,
            FOUND => {
                let [poison, unpoison] = HOOKS.each_ref().map(|hook| hook.load(Ordering::Relaxed));
                // SAFETY: both were stored before the state, from functions of this type.
                Some(unsafe {
                    Sanitizer {
                        poison: core::mem::transmute::<*mut c_void, Hook>(poison),
                        unpoison: core::mem::transmute::<*mut c_void, Hook>(unpoison),
                    }
                })
            }
            _ => {
                let found = Self::look_up();
                if let Some(sanitizer) = &found {
                    HOOKS[0].store(sanitizer.poison as *mut c_void, Ordering::Relaxed);
                    HOOKS[1].store(sanitizer.unpoison as *mut c_void, Ordering::Relaxed);
                }
                STATE.store(if found.is_some() { FOUND } else { NONE }, Ordering::Release);
                found
            }
        }
    }

    #[cfg(unix)]
    fn look_up() -> Option<Self> {
        // SAFETY: names that end with a zero; the functions are published with these types.
        unsafe {
            let poison = libc::dlsym(libc::RTLD_DEFAULT, c"__asan_poison_memory_region".as_ptr());
            let unpoison = libc::dlsym(libc::RTLD_DEFAULT, c"__asan_unpoison_memory_region".as_ptr());
            if poison.is_null() || unpoison.is_null() {
                return None;
            }
            Some(Sanitizer {
                poison: core::mem::transmute::<*mut c_void, Hook>(poison),
                unpoison: core::mem::transmute::<*mut c_void, Hook>(unpoison),
            })
        }
    }

    #[cfg(not(unix))]
    fn look_up() -> Option<Self> {
        None
    }

    /// # Safety
    /// The range belongs to the arena, and nobody may use it.
    unsafe fn poison(&self, from: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe { (self.poison)(from.cast_const().cast(), size) };
    }

    /// # Safety
    /// The range belongs to the arena.
    unsafe fn unpoison(&self, from: *mut u8, size: usize) {
        // SAFETY: the caller's promise.
        unsafe { (self.unpoison)(from.cast_const().cast(), size) };
    }
}
