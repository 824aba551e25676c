//! Arenas in C: creation, blocks, statistics, limits.

use core::ffi::{c_char, c_void};
use core::ptr;

use super::arena_types::{
    ARENA_RETAIN_ALL, ARENA_RETAIN_LARGEST, ARENA_RETAIN_LIMIT, ARENA_RETAIN_NONE, arena, arena_options,
    arena_statistics_t, mem_limit,
};
use super::ptr::{
    arena_end, arena_give, arena_mut, arena_ref, code, limit_give, limit_ref, limit_take, options, out,
    put_statistics,
};
use super::statistics_types::arena_stats_t;
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, required};
use crate::arena::{DEFAULT_ALIGN, MemoryLimit, RawArena, Retain};
use crate::status::Status;

/// Makes an arena, which allocates memory when it is needed. `options` is NULL for the defaults. The caller owns the
/// arena. INVALID_ARGUMENT for NULL as `arena`, an unknown flag, a backing without functions, or a struct that is too
/// small; NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_new(options: *const arena_options, arena: *mut *mut arena) -> drystone_status {
    // SAFETY: NULL or as large as it says; an out.
    let (options, out) = unsafe { (attempt!(self::options(options)), required!(out(arena))) };
    out.put_result(RawArena::create(options).map(arena_give))
}

/// Makes an arena within `length` bytes (*writable*, for as long as the arena is used). It never calls an allocator,
/// and no more than 16 scopes may be nested. The arena itself takes about 1200 of the bytes. `arena_free` ends it and
/// leaves the bytes to the caller (without cleanups and AddressSanitizer it does nothing, and may be omitted).
/// INVALID_ARGUMENT for NULL or too few bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_new_fixed(
    buffer: *mut c_void,
    length: usize,
    arena: *mut *mut arena,
) -> drystone_status {
    if buffer.is_null() {
        return Status::InvalidArgument.code();
    }
    // SAFETY: an out; writable and the caller's until the arena ends.
    unsafe {
        let out = required!(out(arena));
        out.put_result(RawArena::create_in(buffer.cast(), length).map(arena_give))
    }
}

/// Ends the arena: runs its cleanups and returns all of its memory. `arena` is *live*, NULL does nothing. Must not be
/// called in a cleanup. An arena may be freed on another thread than it was used on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_free(arena: *mut arena) {
    // SAFETY: live, and not used again.
    unsafe { arena_end(arena) };
}

/// Ends all scopes, runs all cleanups and returns all blocks; `retain` says which chunks stay: ARENA_RETAIN_….
/// `limit` is in bytes and for ARENA_RETAIN_LIMIT only. `arena` is *live*. INVALID_ARGUMENT for NULL or an unknown
/// `retain`, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_reset(arena: *mut arena, retain: i32, limit: usize) -> drystone_status {
    let retain = match retain {
        ARENA_RETAIN_ALL => Retain::All,
        ARENA_RETAIN_LARGEST => Retain::Largest,
        ARENA_RETAIN_LIMIT => Retain::Limit(limit),
        ARENA_RETAIN_NONE => Retain::None,
        _ => return Status::InvalidArgument.code(),
    };
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).reset(retain))
}

/// Returns spare chunks until the remaining ones have no more than `keep` bytes. `arena` is *live*. INVALID_ARGUMENT
/// for NULL, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_trim(arena: *mut arena, keep: usize) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).trim(keep))
}

/// Allocates `size` bytes, aligned to 16 and uninitialised, in the innermost scope. An empty block has a valid
/// address, which the next block may share. NULL when it fails; `arena_error` returns the reason. `arena` is *live*;
/// NULL gives NULL.
///
/// Spare chunks are used before new ones are allocated. Spare chunks that are too small are returned when a limit or
/// the allocator would otherwise refuse a new chunk, and before the total size of all chunks exceeds twice the
/// largest number of bytes ever in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_alloc(arena: *mut arena, size: usize) -> *mut c_void {
    // SAFETY: live.
    let arena = required!(unsafe { arena_mut(arena) }, ptr::null_mut());
    arena.allocate(size, DEFAULT_ALIGN).cast()
}

/// As `arena_alloc`, at a multiple of `align`: a power of two up to 64 KiB. Other alignments fail with
/// INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_alloc_aligned(arena: *mut arena, size: usize, align: usize) -> *mut c_void {
    // SAFETY: live.
    let arena = required!(unsafe { arena_mut(arena) }, ptr::null_mut());
    arena.allocate(size, align).cast()
}

/// As `arena_alloc`, for `count` times `size` zeroed bytes. A product that overflows fails with LIMIT_EXCEEDED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_calloc(arena: *mut arena, count: usize, size: usize) -> *mut c_void {
    // SAFETY: live.
    let arena = required!(unsafe { arena_mut(arena) }, ptr::null_mut());
    arena.allocate_zeroed(count, size).cast()
}

/// As `arena_alloc_aligned`, for `count` times `size` bytes. A product that overflows fails with LIMIT_EXCEEDED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_alloc_array(
    arena: *mut arena,
    count: usize,
    size: usize,
    align: usize,
) -> *mut c_void {
    // SAFETY: live.
    let arena = required!(unsafe { arena_mut(arena) }, ptr::null_mut());
    arena.allocate_array(count, size, align).cast()
}

/// Resizes a block of `old_size` bytes of this arena to `new_size`; allocates a new one when `block` is NULL. The
/// block stays in place when it is the last one allocated in the innermost scope and there is room, or when it does
/// not grow and is aligned already; otherwise it is copied to a new block in the innermost scope. Do not use the old
/// block after a copy: if it was the last one, its bytes are returned and may be overwritten at once, otherwise they
/// stay until its scope ends.
///
/// An empty block is never the last one. `align` is as for `arena_alloc_aligned`. NULL when it fails; the block is
/// unchanged then. `arena` is *live*; NULL gives NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_realloc(
    arena: *mut arena,
    block: *mut c_void,
    old_size: usize,
    new_size: usize,
    align: usize,
) -> *mut c_void {
    // SAFETY: live; a block of that size, or NULL.
    unsafe {
        let arena = required!(arena_mut(arena), ptr::null_mut());
        arena.reallocate(block.cast(), old_size, new_size, align).cast()
    }
}

/// Resizes the block in place when it is the last one allocated in the innermost scope and there is room. Otherwise
/// returns false and does nothing. An empty block is never the last one. `arena` is *live*; NULL gives false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_try_extend(
    arena: *mut arena,
    block: *mut c_void,
    old_size: usize,
    new_size: usize,
) -> bool {
    // SAFETY: live; a block of that size.
    unsafe {
        let arena = required!(arena_mut(arena), false);
        !block.is_null() && arena.try_extend(block.cast(), old_size, new_size)
    }
}

/// Frees the block when it is the last one allocated in the innermost scope. Otherwise returns false and does
/// nothing. An empty block has nothing to free: true if the next block may begin at its address. `arena` is *live*;
/// NULL gives false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_free_last(arena: *mut arena, block: *mut c_void, size: usize) -> bool {
    // SAFETY: live; a block of that size, or NULL.
    unsafe { required!(arena_mut(arena), false).free_last(block.cast(), size) }
}

/// Copies `length` bytes (*readable*) and adds a terminating zero byte. As `arena_alloc`, without alignment; NULL as
/// `text` with a length other than 0 gives NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_strndup(arena: *mut arena, text: *const c_char, length: usize) -> *mut c_char {
    // SAFETY: live; readable.
    unsafe {
        let arena = required!(arena_mut(arena), ptr::null_mut());
        let text = required!(super::ptr::bytes(text.cast(), length), ptr::null_mut());
        arena.duplicate_text(text).cast()
    }
}

/// Why a request of this arena failed: the first reason since `arena_clear_error`. OVER_BUDGET, NO_MEMORY,
/// LIMIT_EXCEEDED (footprint, shared limit, overflow), INVALID_ARGUMENT (alignment), BUSY (in a cleanup), WRONG_THREAD;
/// DRYSTONE_OK when none failed. `arena` is *live*; NULL is INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_error(arena: *const arena) -> drystone_status {
    // SAFETY: live.
    required!(unsafe { arena_ref(arena) }).error().map_or(DRYSTONE_OK, Status::code)
}

/// Clears the reason that `arena_error` returns. `arena` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_clear_error(arena: *mut arena) {
    // SAFETY: live.
    if let Some(arena) = unsafe { arena_mut(arena) } {
        arena.clear_error();
    }
}

/// Writes the arena's statistics. The caller sets `statistics->struct_size`. Takes time linear in the number of
/// chunks. `arena` is *live*. INVALID_ARGUMENT for NULL or a struct that is too small, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_statistics(
    arena: *const arena,
    statistics: *mut arena_statistics_t,
) -> drystone_status {
    // SAFETY: live; as large as it says.
    unsafe {
        let arena = required!(arena_ref(arena));
        attempt!(arena.check_thread());
        code(put_statistics(statistics, || Ok(arena.statistics())))
    }
}

/// The older name of `arena_statistics`, the same in every respect.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_stats(arena: *const arena, stats: *mut arena_stats_t) -> drystone_status {
    // SAFETY: the same contract.
    unsafe { arena_statistics(arena, stats) }
}

/// Whether the address is in memory that the arena allocated to a caller and that was not returned. False on another
/// thread with ARENA_CHECKED. `arena` is *live*; NULL gives false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_contains(arena: *const arena, address: *const c_void) -> bool {
    // SAFETY: live.
    let arena = required!(unsafe { arena_ref(arena) }, false);
    arena.check_thread().is_ok() && arena.contains(address.cast())
}

/// Changes the limit on the bytes of all chunks; 0 for none. A limit below the current total only prevents further
/// growth. `arena` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_set_footprint_limit(arena: *mut arena, bytes: usize) {
    // SAFETY: live.
    if let Some(arena) = unsafe { arena_mut(arena) } {
        arena.set_footprint_limit(bytes);
    }
}

/// Makes a limit of `bytes` for any number of arenas. The caller owns it; arenas that were made with it also keep it
/// alive. INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mem_limit_new(bytes: usize, limit: *mut *mut mem_limit) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(limit) });
    out.put_result(MemoryLimit::new(bytes).map(limit_give))
}

/// Releases the caller's ownership of a limit; arenas that were made with it keep it alive. `limit` is *live*, NULL
/// does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mem_limit_free(limit: *mut mem_limit) {
    // SAFETY: live, and not used again.
    drop(unsafe { limit_take(limit) });
}

/// The total bytes of the chunks of all arenas with this limit; 0 for NULL. `limit` is *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mem_limit_used(limit: *const mem_limit) -> usize {
    // SAFETY: live.
    unsafe { limit_ref(limit) }.map_or(0, |limit| limit.used())
}

/// Changes the limit. When more bytes are in use, the arenas get no chunk until enough is returned. `limit` is
/// *live*, NULL does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mem_limit_set(limit: *mut mem_limit, bytes: usize) {
    // SAFETY: live.
    if let Some(limit) = unsafe { limit_ref(limit) } {
        limit.set(bytes);
    }
}
