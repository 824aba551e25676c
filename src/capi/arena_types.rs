//! The types and numbers of arenas in C.

use core::ffi::c_void;

/// A bump arena: blocks are taken by moving a position, and given back all at once by scopes, which have budgets. One
/// thread at a time. Its first two words are frozen for the calls of `drystone_inline.h`.
pub struct arena {
    _private: [u8; 0],
}

/// A limit in bytes that arenas share. It counts chunks when they are taken and given back. Any thread.
pub struct mem_limit {
    _private: [u8; 0],
}

/// An open scope: its depth and a serial number that no other scope of the process had. Any number may be given where
/// one is asked for; what is no open scope is STALE_SCOPE.
pub type arena_scope = u64;

/// What an arena runs when a scope ends.
pub type arena_cleanup = Option<unsafe extern "C" fn(context: *mut c_void)>;

/// An allocator behind an arena. Any thread that uses the arena calls it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct arena_backing {
    /// `size` bytes at a multiple of `align` (a power of two), or NULL.
    pub alloc: Option<unsafe extern "C" fn(context: *mut c_void, size: usize, align: usize) -> *mut c_void>,
    /// Takes back what `alloc` gave for that size and alignment.
    pub free:
        Option<unsafe extern "C" fn(context: *mut c_void, block: *mut c_void, size: usize, align: usize)>,
    /// For both.
    pub context: *mut c_void,
}

/// How an arena is made. A 0 is the default.
#[repr(C)]
pub struct arena_options {
    /// `sizeof(arena_options)`.
    pub struct_size: usize,
    /// Bytes of the first chunk (4 KiB); each one is twice as large as the one before.
    pub initial_chunk: usize,
    /// Up to so many bytes (1 MiB); a larger block gets a chunk of its own size. Where more than half of the bytes of the
    /// chunks in use is abandoned, the next chunk may be larger.
    pub max_chunk: usize,
    /// The most bytes of all chunks together (no limit). Spare chunks are given back before a request is refused.
    pub footprint_limit: usize,
    /// The most bytes in use at once (no limit).
    pub budget: usize,
    /// How many scopes may be open in each other (1024, at most 65535).
    pub max_depth: u32,
    /// `ARENA_CHECKED`, `ARENA_SCRUB`, `ARENA_ZERO`.
    pub flags: u32,
    /// Where memory comes from; NULL for the system's allocator. Copied.
    pub backing: *const arena_backing,
    /// A limit shared with other arenas, or NULL. The arena counts on it until it is freed.
    pub shared: *mut mem_limit,
}

/// No budget of the scope's own.
pub const ARENA_NO_BUDGET: usize = usize::MAX;
/// What one parsed module gets by default, in bytes.
pub const ARENA_MODULE_BUDGET: u32 = 65536;
/// Flag: only the thread that made the arena may use it; others get NULL, false, 0 or WRONG_THREAD, even when that thread
/// has ended. Not checked are `arena_free`, `arena_error`, `arena_clear_error` and `arena_set_footprint_limit`.
pub const ARENA_CHECKED: u32 = 1;
/// Flag: what is given back is overwritten with 0xDD. Leaving a scope then takes time by the bytes used in it.
pub const ARENA_SCRUB: u32 = 2;
/// Flag: every block is zero.
pub const ARENA_ZERO: u32 = 4;
/// `arena_reset` keeps every chunk.
pub const ARENA_RETAIN_ALL: i32 = 0;
/// `arena_reset` keeps the largest chunk.
pub const ARENA_RETAIN_LARGEST: i32 = 1;
/// `arena_reset` keeps chunks of no more than `limit` bytes together.
pub const ARENA_RETAIN_LIMIT: i32 = 2;
/// `arena_reset` keeps nothing.
pub const ARENA_RETAIN_NONE: i32 = 3;

/// What is known of an arena; bytes, but for the counts.
#[repr(C)]
pub struct arena_stats_t {
    /// `sizeof(arena_stats_t)`, set by the caller.
    pub struct_size: usize,
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
