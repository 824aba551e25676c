//! The source of an arena's memory: the caller's allocator or the system's, and a limit that arenas share.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::alloc::Layout;

use crate::counting::{Counted, Retire, WeakPtr};
use crate::status::Status;

/// Allocates `size` bytes at a multiple of `align` (a power of two), or returns NULL.
pub(crate) type Allocate =
    unsafe extern "C" fn(context: *mut c_void, size: usize, align: usize) -> *mut c_void;
/// Frees a block that was allocated with this size and alignment.
pub(crate) type Free =
    unsafe extern "C" fn(context: *mut c_void, block: *mut c_void, size: usize, align: usize);

/// The allocator of an arena's memory.
#[derive(Clone, Copy, Debug)]
pub struct Backing {
    /// Allocates memory.
    pub(crate) allocate: Allocate,
    /// Frees memory.
    pub(crate) free: Free,
    /// Passed to both.
    pub(crate) context: *mut c_void,
}

impl Backing {
    /// The system's allocator.
    pub const SYSTEM: Backing =
        Backing { allocate: system_allocate, free: system_free, context: ptr::null_mut() };

    /// Allocates a block. The size is not 0, the alignment a power of two. `NoMemory`.
    pub(super) fn take(&self, size: usize, align: usize) -> Result<*mut u8, Status> {
        // SAFETY: whoever set the backing promised that it is an allocator.
        let block = unsafe { (self.allocate)(self.context, size, align) };
        if block.is_null() { Err(Status::NoMemory) } else { Ok(block.cast()) }
    }

    /// # Safety
    /// `take` allocated the block with this size and alignment, and nobody uses it any more.
    pub(super) unsafe fn deallocate(&self, block: *mut u8, size: usize, align: usize) {
        // SAFETY: the caller's promise.
        unsafe { (self.free)(self.context, block.cast(), size, align) };
    }
}

unsafe extern "C" fn system_allocate(_: *mut c_void, size: usize, align: usize) -> *mut c_void {
    match Layout::from_size_align(size, align) {
        // SAFETY: arenas never request empty blocks.
        Ok(layout) if size != 0 => unsafe { std::alloc::alloc(layout).cast() },
        _ => ptr::null_mut(),
    }
}

unsafe extern "C" fn system_free(_: *mut c_void, block: *mut c_void, size: usize, align: usize) {
    if let Ok(layout) = Layout::from_size_align(size, align) {
        // SAFETY: `system_allocate` allocated it with this layout.
        unsafe { std::alloc::dealloc(block.cast(), layout) };
    }
}

/// A number of bytes that arenas share.
pub(crate) struct SharedBudget {
    used: AtomicUsize,
    limit: AtomicUsize,
}

impl Retire for SharedBudget {
    fn retire(&self, _: WeakPtr<Self>) {}
}

/// A limit on the memory of all arenas that are made with it. It counts chunks when they are allocated and returned,
/// not blocks. Clones share the limit.
#[derive(Clone)]
pub struct MemoryLimit {
    shared: Counted<SharedBudget>,
}

impl MemoryLimit {
    /// A limit of `bytes` bytes. `NoMemory`.
    pub fn new(bytes: usize) -> Result<Self, Status> {
        let shared = SharedBudget { used: AtomicUsize::new(0), limit: AtomicUsize::new(bytes) };
        Counted::try_new(shared).map(|shared| MemoryLimit { shared })
    }

    /// The bytes of the chunks that arenas have now.
    pub fn used(&self) -> usize {
        self.shared.used.load(Ordering::Relaxed)
    }

    /// Changes the limit. When more is in use, arenas get no memory until enough is returned.
    pub fn set(&self, bytes: usize) {
        self.shared.limit.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn from_counted(shared: Counted<SharedBudget>) -> Self {
        MemoryLimit { shared }
    }

    pub(crate) fn into_counted(self) -> Counted<SharedBudget> {
        self.shared
    }

    /// `LimitExceeded`.
    pub(super) fn take(&self, bytes: usize) -> Result<(), Status> {
        let limit = self.shared.limit.load(Ordering::Relaxed);
        let more = |used: usize| used.checked_add(bytes).filter(|used| *used <= limit);
        let taken = self.shared.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        taken.map(|_| ()).map_err(|_| Status::LimitExceeded)
    }

    /// Whether `bytes` more bytes would be within the limit after `returned` ones are returned, if nobody else takes
    /// any meanwhile.
    pub(super) fn may_take(&self, bytes: usize, returned: usize) -> bool {
        let limit = self.shared.limit.load(Ordering::Relaxed);
        self.used().saturating_sub(returned).checked_add(bytes).is_some_and(|used| used <= limit)
    }

    pub(super) fn refund(&self, bytes: usize) {
        self.shared.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}
