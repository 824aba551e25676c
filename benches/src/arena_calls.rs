//! The loops of `arena_peers.c`, with owners around their pointers, and bumpalo behind functions like drystone's.

use std::alloc::Layout;
use std::ffi::c_void;
use std::ptr;

use bumpalo::Bump;
use drystone::capi::arena::{arena_free, arena_new};
use drystone::capi::arena_types::{arena, arena_backing, arena_options};

/// A request for a block.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Request {
    pub(crate) size: usize,
    pub(crate) align: usize,
}

/// A loop over requests, in a scope with a budget.
type InScope = unsafe extern "C" fn(*mut arena, *const Request, usize, usize);

// C uses both only through pointers.
#[allow(improper_ctypes)]
unsafe extern "C" {
    fn bench_arena_called(from: *mut arena, requests: *const Request, count: usize, budget: usize);
    fn bench_arena_inlined(from: *mut arena, requests: *const Request, count: usize, budget: usize);
    fn bench_arena_inlined_aligned(from: *mut arena, requests: *const Request, count: usize, budget: usize);
    fn bench_arena_scopes(from: *mut arena, size: usize, count: usize, budget: usize);
    fn bench_arena_scopes_inlined(from: *mut arena, size: usize, count: usize);
    fn bench_arena_empty_scopes(from: *mut arena, count: usize);
    fn bench_bumpalo_called(from: *mut Bump, requests: *const Request, count: usize);
    fn bench_bumpalo_scopes(size: usize, count: usize);
    fn bench_malloc(blocks: *mut *mut c_void, requests: *const Request, count: usize);
    fn bench_malloc_scopes(size: usize, count: usize);
}

/// The ways to request blocks in C.
#[derive(Clone, Copy)]
pub(crate) enum How {
    Called,
    Inlined,
    InlinedAligned,
}

/// A drystone arena.
pub(crate) struct CArena(*mut arena);

impl CArena {
    pub(crate) fn new(initial_chunk: usize, backing: Option<&arena_backing>) -> Self {
        let options = arena_options {
            struct_size: size_of::<arena_options>(),
            initial_chunk,
            max_chunk: 0,
            footprint_limit: 0,
            budget: 0,
            max_depth: 0,
            flags: 0,
            backing: backing.map_or(ptr::null(), ptr::from_ref),
            shared: ptr::null_mut(),
        };
        let mut made = ptr::null_mut();
        // SAFETY: options of that size, an out.
        assert_eq!(unsafe { arena_new(&options, &mut made) }, 0);
        CArena(made)
    }

    pub(crate) fn blocks(&self, how: How, requests: &[Request], budget: usize) {
        let run: InScope = match how {
            How::Called => bench_arena_called,
            How::Inlined => bench_arena_inlined,
            How::InlinedAligned => bench_arena_inlined_aligned,
        };
        // SAFETY: the arena is live and on this thread.
        unsafe { run(self.0, requests.as_ptr(), requests.len(), budget) };
    }

    pub(crate) fn scopes(&self, size: usize, count: usize, budget: usize) {
        // SAFETY: the arena is live and on this thread.
        unsafe { bench_arena_scopes(self.0, size, count, budget) };
    }

    pub(crate) fn scopes_inlined(&self, size: usize, count: usize) {
        // SAFETY: as above.
        unsafe { bench_arena_scopes_inlined(self.0, size, count) };
    }

    pub(crate) fn empty_scopes(&self, count: usize) {
        // SAFETY: as above.
        unsafe { bench_arena_empty_scopes(self.0, count) };
    }
}

impl Drop for CArena {
    fn drop(&mut self) {
        // SAFETY: live, and not used again.
        unsafe { arena_free(self.0) };
    }
}

/// Like `arena_alloc`: returns NULL for NULL and on failure.
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn bench_bumpalo_alloc(from: *mut Bump, size: usize) -> *mut c_void {
    // SAFETY: live, or NULL.
    let Some(from) = (unsafe { from.as_ref() }) else { return ptr::null_mut() };
    let Ok(layout) = Layout::from_size_align(size, 16) else { return ptr::null_mut() };
    from.try_alloc_layout(layout).map_or(ptr::null_mut(), |block| block.as_ptr().cast())
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bench_bumpalo_reset(from: *mut Bump) {
    // SAFETY: live, or NULL.
    if let Some(from) = unsafe { from.as_mut() } {
        from.reset();
    }
}

#[unsafe(no_mangle)]
extern "C" fn bench_bumpalo_new() -> *mut Bump {
    Box::into_raw(Box::new(Bump::new()))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn bench_bumpalo_free(from: *mut Bump) {
    // SAFETY: made by `bench_bumpalo_new`, and not used again.
    drop(unsafe { Box::from_raw(from) });
}

pub(crate) fn bumpalo_called(from: &mut Bump, requests: &[Request]) {
    // SAFETY: it is ours alone.
    unsafe { bench_bumpalo_called(from, requests.as_ptr(), requests.len()) };
}

pub(crate) fn bumpalo_scopes(size: usize, count: usize) {
    // SAFETY: nothing is asked of the caller.
    unsafe { bench_bumpalo_scopes(size, count) };
}

pub(crate) fn malloc(blocks: &mut [*mut c_void], requests: &[Request]) {
    assert!(blocks.len() >= requests.len());
    // SAFETY: there is room for every block's address.
    unsafe { bench_malloc(blocks.as_mut_ptr(), requests.as_ptr(), requests.len()) };
}

pub(crate) fn malloc_scopes(size: usize, count: usize) {
    // SAFETY: nothing is asked of the caller.
    unsafe { bench_malloc_scopes(size, count) };
}

#[cfg(any(have_obstack, have_apr))]
macro_rules! pool {
    ($name:ident: $new:ident, $free:ident, $blocks:ident, $scopes:ident) => {
        pub(crate) struct $name(*mut c_void);

        unsafe extern "C" {
            fn $new() -> *mut c_void;
            fn $free(from: *mut c_void);
            fn $blocks(from: *mut c_void, requests: *const Request, count: usize);
            fn $scopes(from: *mut c_void, size: usize, count: usize);
        }

        impl $name {
            pub(crate) fn new() -> Self {
                // SAFETY: nothing is asked of the caller.
                $name(unsafe { $new() })
            }

            pub(crate) fn blocks(&self, requests: &[Request]) {
                // SAFETY: alive, and on this thread only.
                unsafe { $blocks(self.0, requests.as_ptr(), requests.len()) };
            }

            pub(crate) fn scopes(&self, size: usize, count: usize) {
                // SAFETY: as above.
                unsafe { $scopes(self.0, size, count) };
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: made by `new`, and not used again.
                unsafe { $free(self.0) };
            }
        }
    };
}

#[cfg(have_obstack)]
pool!(Obstack: bench_obstack_new, bench_obstack_free, bench_obstack, bench_obstack_scopes);
#[cfg(have_apr)]
pool!(Apr: bench_apr_new, bench_apr_free, bench_apr, bench_apr_scopes);
