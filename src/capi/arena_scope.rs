//! Scopes and cleanups of arenas in C.

use core::ffi::c_void;

use super::arena_types::{arena, arena_cleanup, arena_scope};
use super::ptr::{Out, arena_mut, arena_ref, code, out};
use super::required;
use super::status::drystone_status;
use crate::arena::RawArena;

/// Opens a scope in which `budget` bytes may be used, padding included, or as many as the scope around it has left;
/// ARENA_NO_BUDGET for those. `arena` is *live*.
/// INVALID_ARGUMENT for NULL, LIMIT_EXCEEDED when too many are open, NO_MEMORY, BUSY in a cleanup, WRONG_THREAD.
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

/// A call of its own at the end of `arena_scope_enter`, which then needs no stack.
#[cold]
#[inline(never)]
fn enter_slowly(arena: &mut RawArena, budget: usize, out: Out<arena_scope>) -> drystone_status {
    out.put_result(arena.enter(budget))
}

/// Ends the scope: runs its cleanups, newest first, and gives back all that was made in it, in time that does not
/// depend on how much that is. Scopes that are open in it end first. `arena` is *live*.
/// INVALID_ARGUMENT for NULL, STALE_SCOPE, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_exit(arena: *mut arena, scope: arena_scope) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).exit(scope))
}

/// Ends the scope and keeps what was made in it, cleanups too, in the scope around it; scopes that are open in it end
/// so too. It cannot fail for want of budget. Statuses as of `arena_scope_exit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_commit(arena: *mut arena, scope: arena_scope) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).commit(scope))
}

/// Gives back all that was made in the scope, as `arena_scope_exit` does, and leaves it open with its whole budget.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_rewind(arena: *mut arena, scope: arena_scope) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).rewind(scope))
}

/// The bytes used since the scope was entered, padding included; 0 for what is no open scope, and on another thread with
/// ARENA_CHECKED. `arena` is *live*, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_used(arena: *const arena, scope: arena_scope) -> usize {
    // SAFETY: live.
    required!(unsafe { arena_ref(arena) }, 0).scope_used(scope).unwrap_or(0)
}

/// The bytes that may still be used in the scope, ARENA_NO_BUDGET when nothing limits it; 0 for what is no open scope,
/// and on another thread with ARENA_CHECKED. `arena` is *live*, or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_scope_remaining(arena: *const arena, scope: arena_scope) -> usize {
    // SAFETY: live.
    required!(unsafe { arena_ref(arena) }, 0).scope_remaining(scope).unwrap_or(0)
}

/// Has `run` called with `context` when the innermost scope ends, or is rewound, or without one the arena is reset or
/// freed: once, before the memory goes, newer ones first. It counts as nothing. In a cleanup the arena gives no blocks
/// and opens and ends no scopes. `arena` is *live*.
/// INVALID_ARGUMENT for NULL (but `context`), NO_MEMORY, BUSY in a cleanup, WRONG_THREAD.
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

/// Takes the newest cleanup with this function and context out without running it. `arena` is *live*.
/// INVALID_ARGUMENT for NULL (but `context`), NOT_FOUND, BUSY in a cleanup, WRONG_THREAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn arena_cancel_cleanup(
    arena: *mut arena,
    run: arena_cleanup,
    context: *mut c_void,
) -> drystone_status {
    // SAFETY: live.
    code(required!(unsafe { arena_mut(arena) }).cancel_cleanup(required!(run), context))
}
