//! Trees in arenas through the C functions, as a C program calls them.

use core::ffi::c_void;
use std::alloc::Layout;

use drystone::Blob;
use drystone::capi::arena::{arena_free, arena_new, arena_stats};
use drystone::capi::arena_scope::{arena_scope_enter, arena_scope_exit};
use drystone::capi::arena_types::{ARENA_NO_BUDGET, arena, arena_backing, arena_options, arena_stats_t};
use drystone::capi::blob::blob;
use drystone::capi::wota_tree::wota_decode;

/// An arena that messages are decoded into.
pub(crate) struct CDecoder {
    arena: *mut arena,
}

/// What decoding once took.
pub(crate) struct Counted {
    pub(crate) calls: usize,
    pub(crate) footprint: usize,
    pub(crate) used: usize,
}

impl CDecoder {
    pub(crate) fn new() -> Self {
        let mut arena = std::ptr::null_mut();
        // SAFETY: an out.
        assert_eq!(unsafe { arena_new(std::ptr::null(), &mut arena) }, 0);
        CDecoder { arena }
    }

    /// Decodes in a scope, which ends.
    pub(crate) fn decode(&mut self, message: &Blob) {
        let (mut scope, mut root) = (0, std::ptr::null());
        let message: *const blob = std::ptr::from_ref(&**message).cast();
        // SAFETY: all is alive; outs.
        unsafe {
            assert_eq!(arena_scope_enter(self.arena, ARENA_NO_BUDGET, &mut scope), 0);
            assert_eq!(wota_decode(message, self.arena, &mut root), 0);
            std::hint::black_box(root);
            assert_eq!(arena_scope_exit(self.arena, scope), 0);
        }
    }

    /// Decodes into a new arena whose allocator counts.
    pub(crate) fn counted(message: &Blob) -> Counted {
        let mut calls = 0_usize;
        let backing = arena_backing {
            alloc: Some(counting_alloc),
            free: Some(counting_free),
            context: (&raw mut calls).cast(),
        };
        let options = arena_options {
            struct_size: size_of::<arena_options>(),
            initial_chunk: 0,
            max_chunk: 0,
            footprint_limit: 0,
            budget: 0,
            max_depth: 0,
            flags: 0,
            backing: &backing,
            shared: std::ptr::null_mut(),
        };
        let (mut arena, mut root) = (std::ptr::null_mut(), std::ptr::null());
        let message: *const blob = std::ptr::from_ref(&**message).cast();
        // SAFETY: the numbers are numbers for any bits.
        let mut stats: arena_stats_t = unsafe { std::mem::zeroed() };
        stats.struct_size = size_of::<arena_stats_t>();
        // SAFETY: all is alive; outs.
        let counted = unsafe {
            assert_eq!(arena_new(&options, &mut arena), 0);
            assert_eq!(wota_decode(message, arena, &mut root), 0);
            assert_eq!(arena_stats(arena, &mut stats), 0);
            let calls = *backing.context.cast::<usize>();
            Counted { calls, footprint: stats.footprint, used: stats.used }
        };
        drop(CDecoder { arena });
        counted
    }
}

impl Drop for CDecoder {
    fn drop(&mut self) {
        // SAFETY: made here, and not used again.
        unsafe { arena_free(self.arena) };
    }
}

unsafe extern "C" fn counting_alloc(context: *mut c_void, size: usize, align: usize) -> *mut c_void {
    // SAFETY: the context is the count; the arena asks for good sizes.
    unsafe {
        *context.cast::<usize>() += 1;
        std::alloc::alloc(Layout::from_size_align_unchecked(size, align)).cast()
    }
}

unsafe extern "C" fn counting_free(_: *mut c_void, block: *mut c_void, size: usize, align: usize) {
    // SAFETY: given by the other one so.
    unsafe { std::alloc::dealloc(block.cast(), Layout::from_size_align_unchecked(size, align)) };
}
