//! Arenas, their options and their limits, and trees in them.

use super::super::arena_types::{
    ARENA_CHECKED, ARENA_SCRUB, ARENA_ZERO, arena, arena_backing, arena_options, mem_limit,
};
use crate::arena::{Backing, MemoryLimit, Options, RawArena};
use crate::counting::Counted;
use crate::status::Status;
use crate::tree::Node;

/// # Safety
/// *Live*, used by nobody else during the call, or NULL.
#[inline(always)]
pub(in super::super) unsafe fn arena_mut<'a>(pointer: *mut arena) -> Option<&'a mut RawArena> {
    // SAFETY: the caller's promise; `arena_give` gave the pointer.
    unsafe { pointer.cast::<RawArena>().as_mut() }
}

/// # Safety
/// As for [`arena_mut`].
pub(in super::super) unsafe fn arena_ref<'a>(pointer: *const arena) -> Option<&'a RawArena> {
    // SAFETY: the caller's promise.
    unsafe { pointer.cast::<RawArena>().as_ref() }
}

/// # Safety
/// A value of a tree that nobody changes, or NULL.
pub(in super::super) unsafe fn node_ref<'a>(pointer: *const Node) -> Option<&'a Node> {
    // SAFETY: the caller's promise.
    unsafe { pointer.as_ref() }
}

/// The arena's pointer for C.
pub(in super::super) fn arena_give(raw: *mut RawArena) -> *mut arena {
    raw.cast()
}

/// # Safety
/// *Live*, or NULL; not used again.
pub(in super::super) unsafe fn arena_end(pointer: *mut arena) {
    if !pointer.is_null() {
        // SAFETY: the caller's promise.
        unsafe { RawArena::destroy(pointer.cast()) };
    }
}

/// # Safety
/// NULL for the defaults, or as many readable bytes as its first field says, with a good backing and a *live* limit.
pub(in super::super) unsafe fn options(pointer: *const arena_options) -> Result<Options, Status> {
    let mut options = Options::default();
    if pointer.is_null() {
        return Ok(options);
    }
    // SAFETY: the size is there, and the rest when the size says so.
    let given = unsafe {
        if (&raw const (*pointer).struct_size).read() < size_of::<arena_options>() {
            return Err(Status::InvalidArgument);
        }
        &*pointer
    };
    if given.flags & !(ARENA_CHECKED | ARENA_SCRUB | ARENA_ZERO) != 0 {
        return Err(Status::InvalidArgument);
    }
    let or = |given: usize, otherwise: usize| if given == 0 { otherwise } else { given };
    options.initial_chunk = or(given.initial_chunk, options.initial_chunk);
    options.max_chunk = or(given.max_chunk, options.max_chunk);
    options.footprint_limit = given.footprint_limit;
    options.budget = given.budget;
    if given.max_depth != 0 {
        options.max_depth = given.max_depth;
    }
    options.checked = given.flags & ARENA_CHECKED != 0;
    options.scrub = given.flags & ARENA_SCRUB != 0;
    options.zero = given.flags & ARENA_ZERO != 0;
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(backing) = given.backing.as_ref() {
            options.backing = self::backing(backing)?;
        }
        options.shared = limit_ref(given.shared).map(|limit| MemoryLimit::clone(&limit));
    }
    Ok(options)
}

fn backing(given: &arena_backing) -> Result<Backing, Status> {
    match (given.alloc, given.free) {
        (Some(allocate), Some(free)) => Ok(Backing { allocate, free, context: given.context }),
        _ => Err(Status::InvalidArgument),
    }
}

/// # Safety
/// *Live*, or NULL.
pub(in super::super) unsafe fn limit_ref(
    pointer: *const mem_limit,
) -> Option<core::mem::ManuallyDrop<MemoryLimit>> {
    let raw = core::ptr::NonNull::new(pointer.cast_mut().cast())?;
    // SAFETY: `limit_give` gave the pointer; the handle is never dropped, so the caller's count stays the caller's.
    Some(core::mem::ManuallyDrop::new(MemoryLimit::from_counted(unsafe { Counted::from_raw(raw) })))
}

/// # Safety
/// *Live*, or NULL; not used again by the caller.
pub(in super::super) unsafe fn limit_take(pointer: *mut mem_limit) -> Option<MemoryLimit> {
    // SAFETY: the caller's promise.
    unsafe { limit_ref(pointer) }.map(core::mem::ManuallyDrop::into_inner)
}

/// The pointer, which owns the handle's count.
pub(in super::super) fn limit_give(limit: MemoryLimit) -> *mut mem_limit {
    limit.into_counted().into_raw().as_ptr().cast()
}
