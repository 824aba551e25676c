//! The types and numbers of arenas in C.

use core::ffi::c_void;

use super::statistics_types::arena_stats_t;

/// A bump arena: a block is taken by moving a position. Scopes, which may have budgets, return all of their blocks at
/// once. One thread at a time. Its first words are frozen for the calls of `drystone_inline.h`.
pub struct arena {
    _private: [u8; 0],
}

/// A limit in bytes that arenas share. It counts chunks when they are taken and returned. Any thread.
pub struct mem_limit {
    _private: [u8; 0],
}

/// An open scope: its depth and a serial number that is unique in the process. A number that is not an open scope of
/// the arena is never dereferenced: calls return STALE_SCOPE.
pub type arena_scope = u64;

/// A function that an arena runs when a scope ends.
pub type arena_cleanup = Option<unsafe extern "C" fn(context: *mut c_void)>;

/// The allocator of an arena's chunks. Any thread that uses the arena calls it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct arena_backing {
    /// Allocates `size` bytes at a multiple of `align` (a power of two). NULL when it fails.
    pub alloc: Option<unsafe extern "C" fn(context: *mut c_void, size: usize, align: usize) -> *mut c_void>,
    /// Frees a block that `alloc` returned for that size and alignment.
    pub free:
        Option<unsafe extern "C" fn(context: *mut c_void, block: *mut c_void, size: usize, align: usize)>,
    /// Passed to both.
    pub context: *mut c_void,
}

/// Options of a new arena. 0 is the default of each field.
#[repr(C)]
pub struct arena_options {
    /// `sizeof(arena_options)`.
    pub struct_size: usize,
    /// The bytes of the first chunk (4 KiB). Each further chunk is twice as large as the one before.
    pub initial_chunk: usize,
    /// The largest size to which chunks grow, in bytes (1 MiB). A larger block gets a chunk of its own size. When
    /// more than half of the bytes of the chunks in use is abandoned, the next chunk may be larger.
    pub max_chunk: usize,
    /// The largest total size of all chunks, in bytes (no limit). Spare chunks are returned before a request is
    /// refused.
    pub footprint_limit: usize,
    /// The largest number of bytes in use at once (no limit).
    pub budget: usize,
    /// The largest number of nested scopes (1024; at most 65535).
    pub max_depth: u32,
    /// `ARENA_CHECKED`, `ARENA_SCRUB`, `ARENA_ZERO`.
    pub flags: u32,
    /// The source of memory; NULL for the system's allocator. Copied.
    pub backing: *const arena_backing,
    /// A limit shared with other arenas, or NULL. The arena keeps it alive until it is freed.
    pub shared: *mut mem_limit,
}

/// The scope has no budget of its own.
pub const ARENA_NO_BUDGET: usize = usize::MAX;
/// The default budget of one parsed module, in bytes.
pub const ARENA_MODULE_BUDGET: u32 = 65536;
/// Flag: only the thread that made the arena may use it. Others get NULL, false, 0 or WRONG_THREAD, even when that
/// thread has ended. `arena_free`, `arena_error`, `arena_clear_error` and `arena_set_footprint_limit` are not
/// checked.
pub const ARENA_CHECKED: u32 = 1;
/// Flag: returned bytes are overwritten with 0xDD. Leaving a scope then takes time linear in the bytes used in it.
pub const ARENA_SCRUB: u32 = 2;
/// Flag: every block is zero.
pub const ARENA_ZERO: u32 = 4;
/// `arena_reset` keeps every chunk.
pub const ARENA_RETAIN_ALL: i32 = 0;
/// `arena_reset` keeps the largest chunk.
pub const ARENA_RETAIN_LARGEST: i32 = 1;
/// `arena_reset` keeps chunks that have no more than `limit` bytes together.
pub const ARENA_RETAIN_LIMIT: i32 = 2;
/// `arena_reset` keeps no chunk.
pub const ARENA_RETAIN_NONE: i32 = 3;

/// The statistics of an arena, under the name of the function that writes them.
pub type arena_statistics_t = arena_stats_t;
