//! Arenas in C: making and ending, blocks, statistics, limits.

use core::ffi::{c_char, c_void};
use core::ptr;

use super::arena_types::{
    ARENA_RETAIN_ALL, ARENA_RETAIN_LARGEST, ARENA_RETAIN_LIMIT, ARENA_RETAIN_NONE, arena, arena_options,
    arena_stats_t, mem_limit,
};
use super::ptr::{
    arena_end, arena_give, arena_mut, arena_ref, code, limit_give, limit_ref, limit_take, options, out,
    put_statistics,
};
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, required};
use crate::arena::{DEFAULT_ALIGN, MemoryLimit, RawArena, Retain};
use crate::status::Status;

/// A new arena, which takes memory when it is needed. `options` may be NULL. The caller owns it.
/// INVALID_ARGUMENT for NULL, an unknown flag, a backing without functions, options that are too small; NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_new(options: *const arena_options, arena: *mut *mut arena) -> drystone_status {
    // SAFETY: NULL or as large as it says; an out.
    let (options, out) = unsafe { (attempt!(self::options(options)), required!(out(arena))) };
    out.put_result(RawArena::create(options).map(arena_give))
}

/// A new arena within `length` bytes (*writable*, for as long as the arena is used): it never calls an allocator, and
/// has no more than 16 scopes in each other. The arena takes some 1200 bytes of them. `arena_free` ends it and gives the
/// bytes back to the caller (without cleanups and AddressSanitizer it does nothing, and may be left out).
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

/// Ends the arena: runs its cleanups and gives all its memory back. `arena` is *live*, NULL does nothing. Not in a
/// cleanup. An arena may be ended on another thread than it was used on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_free(arena: *mut arena) {
    // SAFETY: live, and not used again.
    unsafe { arena_end(arena) };
}

/// Ends all scopes, runs all cleanups and gives all blocks back; `retain` says which chunks stay: ARENA_RETAIN_….
/// `limit` is in bytes and for ARENA_RETAIN_LIMIT only. `arena` is *live*.
/// INVALID_ARGUMENT for NULL or an unknown number, BUSY in a cleanup, WRONG_THREAD.
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

/// Gives spare chunks back until those that stay have no more than `keep` bytes. `arena` is *live*.
/// INVALID_ARGUMENT for NULL, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_trim(arena: *mut arena, keep: usize) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).trim(keep))
}

/// A block of `size` bytes, aligned to 16, uninitialised; it belongs to the innermost scope. A block of 0 bytes has an
/// address too, in the arena's memory, which the next block may share.
/// NULL when it fails: `arena_error` says why. `arena` is *live*; NULL gives NULL.
///
/// Spare chunks are used before new ones are taken. Those that are too small are given back when a limit, or the
/// allocator, would refuse a new one otherwise, and before all chunks together have more than twice the most bytes that
/// were ever in use.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_alloc(arena: *mut arena, size: usize) -> *mut c_void {
    // SAFETY: live.
    let arena = required!(unsafe { arena_mut(arena) }, ptr::null_mut());
    arena.allocate(size, DEFAULT_ALIGN).cast()
}

/// As `arena_alloc`, at a multiple of `align`: a power of two up to 64 KiB; others fail with INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_alloc_aligned(arena: *mut arena, size: usize, align: usize) -> *mut c_void {
    // SAFETY: live.
    let arena = required!(unsafe { arena_mut(arena) }, ptr::null_mut());
    arena.allocate(size, align).cast()
}

/// As `arena_alloc`, for `count` times `size` bytes that are zero. A product that overflows fails with LIMIT_EXCEEDED.
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

/// The block with another size: in place when it is the last one that was begun in the innermost scope and there is
/// room, or when it does not grow and is aligned well; else a copy, which belongs to the innermost scope. The old block
/// must not be used then: if it was the last one, its bytes are given back (and may be where the copy is; ARENA_SCRUB
/// overwrites them, AddressSanitizer reports their use); if not, they stay as they are until its scope ends. An empty
/// block is never the last one. `block` has `old_size` bytes of this arena, or is NULL for a new one. NULL when it fails;
/// then the block is as it was. `arena` is *live*; NULL gives NULL.
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

/// Resizes the block in place, when it is the last one that was begun in the innermost scope and there is room; else
/// false, and nothing happens. An empty block is never the last one. `arena` is *live*; NULL gives false.
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

/// Gives the block back, when it is the last one that was begun in the innermost scope; else false, and nothing
/// happens. An empty block has nothing to give back: true where the next block may begin. `arena` is *live*; NULL gives
/// false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_free_last(arena: *mut arena, block: *mut c_void, size: usize) -> bool {
    // SAFETY: live; a block of that size, or NULL.
    unsafe { required!(arena_mut(arena), false).free_last(block.cast(), size) }
}

/// A copy of `length` bytes (*readable*) with a zero behind them. As `arena_alloc`; NULL text with a length gives NULL.
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
/// DRYSTONE_OK when none did. `arena` is *live*; NULL is INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_error(arena: *const arena) -> drystone_status {
    // SAFETY: live.
    required!(unsafe { arena_ref(arena) }).error().map_or(DRYSTONE_OK, Status::code)
}

/// Forgets why requests failed. `arena` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_clear_error(arena: *mut arena) {
    // SAFETY: live.
    if let Some(arena) = unsafe { arena_mut(arena) } {
        arena.clear_error();
    }
}

/// What is known of the arena. The caller sets `stats->struct_size`. Time linear in the chunks. `arena` is *live*.
/// INVALID_ARGUMENT for NULL or a struct that is too small, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_stats(arena: *const arena, stats: *mut arena_stats_t) -> drystone_status {
    // SAFETY: live; as large as it says.
    unsafe {
        let arena = required!(arena_ref(arena));
        attempt!(arena.check_thread());
        code(put_statistics(stats, arena.statistics()))
    }
}

/// Whether the address lies in memory that the arena handed out, as far as this thread may ask (ARENA_CHECKED). `arena` is
/// *live*; NULL gives false.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_contains(arena: *const arena, address: *const c_void) -> bool {
    // SAFETY: live.
    let arena = required!(unsafe { arena_ref(arena) }, false);
    arena.check_thread().is_ok() && arena.contains(address.cast())
}

/// Another limit on the bytes of all chunks; 0 for none. Below what is in use it stops further growth only. `arena` is
/// *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_set_footprint_limit(arena: *mut arena, bytes: usize) {
    // SAFETY: live.
    if let Some(arena) = unsafe { arena_mut(arena) } {
        arena.set_footprint_limit(bytes);
    }
}

/// A limit of that many bytes for any number of arenas. The caller owns it; arenas that are made with it keep it too.
/// INVALID_ARGUMENT for NULL, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mem_limit_new(bytes: usize, limit: *mut *mut mem_limit) -> drystone_status {
    // SAFETY: an out.
    let out = required!(unsafe { out(limit) });
    out.put_result(MemoryLimit::new(bytes).map(limit_give))
}

/// Gives up the caller's hold on the limit; arenas that have it go on. `limit` is *live*, NULL does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mem_limit_free(limit: *mut mem_limit) {
    // SAFETY: live, and not used again.
    drop(unsafe { limit_take(limit) });
}

/// The bytes of chunks that arenas with this limit have; 0 for NULL. `limit` is *live*. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mem_limit_used(limit: *const mem_limit) -> usize {
    // SAFETY: live.
    unsafe { limit_ref(limit) }.map_or(0, |limit| limit.used())
}

/// Another number of bytes. When more is in use, nothing more is given until enough has come back. `limit` is *live*,
/// NULL does nothing. Any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mem_limit_set(limit: *mut mem_limit, bytes: usize) {
    // SAFETY: live.
    if let Some(limit) = unsafe { limit_ref(limit) } {
        limit.set(bytes);
    }
}
