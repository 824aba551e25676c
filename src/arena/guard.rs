//! Arenas in safe Rust: allocators for vectors and maps, which cannot outlive them.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ptr::NonNull;

use allocator_api2::alloc::{AllocError, Allocator};

use super::options::{Options, Retain};
use super::raw::RawArena;
use super::statistics::Statistics;
use crate::status::Status;

/// An arena. `&Arena` is an allocator while no scope is open in it.
///
/// ```
/// use drystone::arena::Arena;
/// use allocator_api2::vec::Vec;
///
/// let mut arena = Arena::new(Default::default())?;
/// let scope = arena.scope(65_536)?;
/// let mut numbers = Vec::new_in(&scope);
/// numbers.extend(0..1000);
/// assert!(scope.used() >= 4000);
/// assert!(numbers.try_reserve(100_000).is_err()); // over the budget
/// drop(numbers);
/// drop(scope); // frees everything in it
/// assert_eq!(arena.statistics().used, 0);
/// # Ok::<(), drystone::Status>(())
/// ```
///
/// What is allocated in a scope cannot outlive it:
///
/// ```compile_fail,E0505
/// let mut arena = drystone::arena::Arena::new(Default::default()).unwrap();
/// let scope = arena.scope(1000).unwrap();
/// let mut numbers = allocator_api2::vec::Vec::new_in(&scope);
/// numbers.push(1);
/// drop(scope);
/// numbers.push(2);
/// ```
///
/// nor what is allocated before a rewind:
///
/// ```compile_fail,E0502
/// let mut arena = drystone::arena::Arena::new(Default::default()).unwrap();
/// let mut scope = arena.scope(1000).unwrap();
/// let mut numbers = allocator_api2::vec::Vec::new_in(&scope);
/// scope.rewind();
/// numbers.push(2);
/// ```
///
/// and an arena belongs to one thread at a time:
///
/// ```compile_fail,E0277
/// let arena = drystone::arena::Arena::new(Default::default()).unwrap();
/// std::thread::scope(|threads| { threads.spawn(|| arena.statistics()); });
/// ```
pub struct Arena {
    raw: NonNull<UnsafeCell<RawArena>>,
}

// SAFETY: it owns its memory, and any thread may use the backing, as `Options` requires. It is not `Sync`.
unsafe impl Send for Arena {}

impl Arena {
    /// An arena that takes memory from the system's allocator when it is needed. The options' backing and thread
    /// check are for C only; here the compiler checks threads. `NoMemory`.
    pub fn new(options: Options) -> Result<Self, Status> {
        let own = Options { backing: super::Backing::SYSTEM, checked: false, ..options };
        let raw = RawArena::create(own)?;
        Ok(Arena { raw: NonNull::new(raw.cast()).ok_or(Status::NoMemory)? })
    }

    fn with<T>(&self, run: impl FnOnce(&mut RawArena) -> T) -> T {
        // SAFETY: the arena is on this thread only, and nothing that `run` receives calls back into it.
        run(unsafe { &mut *self.raw.as_ref().get() })
    }

    /// Opens a scope with a budget in bytes (`usize::MAX`: no budget of its own). It ends when the guard is dropped.
    /// `NoMemory`, `LimitExceeded`.
    pub fn scope(&mut self, budget: usize) -> Result<ScopeGuard<'_>, Status> {
        ScopeGuard::enter(self, budget)
    }

    /// Returns everything. `Busy` is not possible here.
    pub fn reset(&mut self, retain: Retain) {
        let _ = self.with(|raw| raw.reset(retain));
    }

    /// Returns spare chunks to the system until `keep` bytes are left.
    pub fn trim(&mut self, keep: usize) {
        let _ = self.with(|raw| raw.trim(keep));
    }

    /// The statistics of the arena.
    pub fn statistics(&self) -> Statistics {
        self.with(|raw| raw.statistics())
    }

    /// Why requests failed since the last [`Arena::clear_error`]: the first reason.
    pub fn error(&self) -> Option<Status> {
        self.with(|raw| raw.error())
    }

    /// Clears the reason that [`Arena::error`] returns.
    pub fn clear_error(&self) {
        self.with(RawArena::clear_error);
    }

    /// Changes the limit on the bytes of all chunks; 0 for none.
    pub fn set_footprint_limit(&self, bytes: usize) {
        self.with(|raw| raw.set_footprint_limit(bytes));
    }

    pub(crate) fn as_raw(&self) -> *mut RawArena {
        self.raw.as_ptr().cast()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: made by `create`; all guards have borrowed it, so they no longer exist.
        unsafe { RawArena::destroy(self.as_raw()) };
    }
}

/// An open scope: an allocator while no scope is open within it.
pub struct ScopeGuard<'a> {
    arena: &'a Arena,
    handle: u64,
    depth: u32,
    /// Exclusive: nobody can open another scope beside it.
    alone: PhantomData<&'a mut Arena>,
}

impl<'a> ScopeGuard<'a> {
    fn enter(arena: &'a Arena, budget: usize) -> Result<Self, Status> {
        arena.with(|raw| {
            let handle = raw.enter(budget)?;
            Ok(ScopeGuard { arena, handle, depth: raw.scopes.depth(), alone: PhantomData })
        })
    }

    /// Opens a scope within this one. While that is open, this one's vectors cannot grow. As [`Arena::scope`].
    pub fn scope(&self, budget: usize) -> Result<ScopeGuard<'_>, Status> {
        let innermost = self.arena.with(|raw| raw.scopes.depth() == self.depth);
        if innermost { ScopeGuard::enter(self.arena, budget) } else { Err(Status::Busy) }
    }

    /// The number of bytes used in it, padding included.
    pub fn used(&self) -> usize {
        self.arena.with(|raw| raw.scope_used(self.handle).unwrap_or(0))
    }

    /// The number of bytes that may still be used.
    pub fn remaining(&self) -> usize {
        self.arena.with(|raw| raw.scope_remaining(self.handle).unwrap_or(0))
    }

    /// Returns everything and stays open.
    pub fn rewind(&mut self) {
        let _ = self.arena.with(|raw| raw.rewind(self.handle));
    }

    /// Ends the scope without returning anything: its blocks stay until the enclosing scope ends, or the arena.
    pub fn commit(self) {
        let _ = self.arena.with(|raw| raw.commit(self.handle));
        core::mem::forget(self);
    }
}

impl Drop for ScopeGuard<'_> {
    fn drop(&mut self) {
        // Scopes within it whose guards were forgotten end too.
        let _ = self.arena.with(|raw| raw.exit(self.handle));
    }
}

impl Arena {
    /// A block for a scope of that depth: only blocks of the innermost scope live as long as that scope.
    #[inline]
    fn allocate_at(&self, depth: u32, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
        self.with(|raw| {
            if raw.scopes.depth() != depth {
                return Err(AllocError);
            }
            let block = raw.allocate(layout.size(), layout.align());
            let block = NonNull::new(block).ok_or(AllocError)?;
            Ok(NonNull::slice_from_raw_parts(block, layout.size()))
        })
    }

    /// # Safety
    /// The block has this size and is not used again.
    #[inline]
    unsafe fn free_at(&self, depth: u32, block: NonNull<u8>, layout: Layout) {
        self.with(|raw| {
            if raw.scopes.depth() == depth {
                // SAFETY: the caller gives up a block of this size.
                unsafe { raw.free_last(block.as_ptr(), layout.size()) };
            }
        });
    }

    /// # Safety
    /// The block has `old`'s size.
    #[inline]
    unsafe fn resize_at(
        &self,
        depth: u32,
        block: NonNull<u8>,
        old: Layout,
        new: Layout,
    ) -> Result<NonNull<[u8]>, AllocError> {
        self.with(|raw| {
            if raw.scopes.depth() != depth && new.size() > old.size() {
                return Err(AllocError);
            }
            if raw.scopes.depth() != depth {
                return if new.align() <= old.align() {
                    Ok(NonNull::slice_from_raw_parts(block, new.size()))
                } else {
                    Err(AllocError)
                };
            }
            // SAFETY: the caller's promise.
            let block = unsafe { raw.reallocate(block.as_ptr(), old.size(), new.size(), new.align()) };
            let block = NonNull::new(block).ok_or(AllocError)?;
            Ok(NonNull::slice_from_raw_parts(block, new.size()))
        })
    }
}

macro_rules! allocator {
    ($($type:ty, $this:ident => $arena:expr, $depth:expr;)*) => {$(
        // SAFETY: blocks stay in place until they are freed, or their scope ends or is rewound. Both of the latter
        // need a borrow that excludes all allocators made from the scope. A block of a scope that is not the
        // innermost one is neither made nor moved.
        unsafe impl Allocator for $type {
            #[inline]
            fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
                let $this = self;
                $arena.allocate_at($depth, layout)
            }

            #[inline]
            unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
                let $this = self;
                // SAFETY: the caller's promise.
                unsafe { $arena.free_at($depth, block, layout) };
            }

            #[inline]
            unsafe fn grow(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, AllocError> {
                let $this = self;
                // SAFETY: the caller's promise.
                unsafe { $arena.resize_at($depth, block, old, new) }
            }

            #[inline]
            unsafe fn shrink(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, AllocError> {
                let $this = self;
                // SAFETY: the caller's promise.
                unsafe { $arena.resize_at($depth, block, old, new) }
            }
        }
    )*};
}

allocator! {
    &Arena, arena => arena, 0;
    &ScopeGuard<'_>, scope => scope.arena, scope.depth;
}
