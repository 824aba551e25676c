//! Scopes and cleanups of arenas in C.

use core::ffi::c_void;

use super::arena_types::{arena, arena_cleanup, arena_scope};
use super::ptr::{Out, arena_mut, arena_ref, code, out};
use super::required;
use super::status::{DRYSTONE_OK, drystone_status};
use crate::arena::RawArena;

/// Opens a scope in which `budget` bytes may be used, padding included, but no more than the enclosing scope has
/// left. ARENA_NO_BUDGET: as many as the enclosing scope has left. `arena` is *live*. INVALID_ARGUMENT for NULL,
/// LIMIT_EXCEEDED when too many scopes are open, NO_MEMORY, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_enter(
    arena: *mut arena,
    budget: usize,
    scope: *mut arena_scope,
) -> drystone_status {
    // SAFETY: live; an out.
    let (arena, out) = unsafe { (required!(arena_mut(arena)), required!(out(scope))) };
    match arena.enter_quickly(budget) {
        Some(handle) => out.put(handle),
        None => enter_slowly(arena, budget, out),
    }
}

/// Out of line, so that `arena_scope_enter` needs no stack.
#[cold]
#[inline(never)]
fn enter_slowly(arena: &mut RawArena, budget: usize, out: Out<arena_scope>) -> drystone_status {
    out.put_result(arena.enter(budget))
}

/// Ends the scope: runs its cleanups, newest first, and returns all of its blocks, in time that does not depend on
/// their number. Nested scopes end first. `arena` is *live*. INVALID_ARGUMENT for NULL, STALE_SCOPE, BUSY in a
/// cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_exit(arena: *mut arena, scope: arena_scope) -> drystone_status {
    // SAFETY: live.
    let arena = required!(unsafe { arena_mut(arena) });
    if arena.exit_quickly(scope) { DRYSTONE_OK } else { exit_slowly(arena, scope) }
}

/// As [`enter_slowly`].
#[cold]
#[inline(never)]
fn exit_slowly(arena: &mut RawArena, scope: arena_scope) -> drystone_status {
    code(arena.exit(scope))
}

/// Ends the scope and moves its blocks and cleanups to the enclosing scope. Nested scopes are committed too. Never
/// fails with OVER_BUDGET. Statuses as for `arena_scope_exit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_commit(arena: *mut arena, scope: arena_scope) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).commit(scope))
}

/// Runs the cleanups of the scope and returns all of its blocks, as `arena_scope_exit` does, and leaves it open with
/// its whole budget. Statuses as for `arena_scope_exit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_rewind(arena: *mut arena, scope: arena_scope) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).rewind(scope))
}

/// The number of bytes used since the scope was entered, padding included. 0 when the scope is not open, on another
/// thread with ARENA_CHECKED, and for NULL. `arena` is *live*, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_used(arena: *const arena, scope: arena_scope) -> usize {
    // SAFETY: live.
    required!(unsafe { arena_ref(arena) }, 0).scope_used(scope).unwrap_or(0)
}

/// The number of bytes that may still be used in the scope; ARENA_NO_BUDGET when there is no limit. 0 when the scope is
/// not open, on another thread with ARENA_CHECKED, and for NULL. `arena` is *live*, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_remaining(arena: *const arena, scope: arena_scope) -> usize {
    // SAFETY: live.
    required!(unsafe { arena_ref(arena) }, 0).scope_remaining(scope).unwrap_or(0)
}

/// Registers `run` to be called with `context` when the innermost scope ends or is rewound; without an open scope,
/// when the arena is reset or freed. It is called once, before the memory is returned, newer cleanups first. It takes
/// no bytes of a budget. While it runs, the arena refuses blocks and scopes with BUSY. `arena` is *live*.
/// INVALID_ARGUMENT for NULL (`context` may be NULL), NO_MEMORY, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_add_cleanup(
    arena: *mut arena,
    run: arena_cleanup,
    context: *mut c_void,
) -> drystone_status {
    let run = required!(run);
    // SAFETY: live; a function that may be called with its context.
    unsafe { code(required!(arena_mut(arena)).add_cleanup(run, context)) }
}

/// Removes the newest cleanup with this function and context without running it. `arena` is *live*. INVALID_ARGUMENT
/// for NULL (`context` may be NULL), NOT_FOUND, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_cancel_cleanup(
    arena: *mut arena,
    run: arena_cleanup,
    context: *mut c_void,
) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).cancel_cleanup(required!(run), context))
}
