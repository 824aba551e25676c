//! Links, their options and limits, and descriptors.

use core::cell::{Cell, RefCell};
use core::ptr::NonNull;

use super::super::link_types::{drystone_link, link_limits as given_limits, link_options as given_options};
use super::boxed::{BoxedObject, boxed_give, boxed_ref, boxed_take};
use super::{Out, out};
use crate::blob::Alone;
use crate::blob::file::{self, Descriptor};
use crate::link::{Limits, Link, Options};
use crate::status::Status;

/// What C has a pointer to. A turn calls functions of the user's, who may come back with the same pointer.
pub(in super::super) struct Guarded {
    link: RefCell<Link>,
    /// It was freed within a call.
    freed: Cell<bool>,
}

impl BoxedObject for drystone_link {
    type Object = Guarded;
}

/// The pointer that owns the link. `NoMemory`.
pub(in super::super) fn link_give(link: Link) -> Result<*mut drystone_link, Status> {
    boxed_give(Guarded { link: RefCell::new(link), freed: Cell::new(false) })
}

/// The call on the link. `InvalidArgument` for NULL; `Busy` within another one.
///
/// # Safety
/// *Live*, or NULL.
pub(in super::super) unsafe fn link_use<T>(
    pointer: *const drystone_link,
    call: impl FnOnce(&mut Link) -> Result<T, Status>,
) -> Result<T, Status> {
    // SAFETY: live; whoever gives it back within the call leaves it to us.
    unsafe {
        let guarded = boxed_ref(pointer).ok_or(Status::InvalidArgument)?;
        let Ok(mut link) = guarded.link.try_borrow_mut() else { return Err(Status::Busy) };
        let outcome = call(&mut link);
        drop(link);
        if guarded.freed.get() {
            drop(boxed_take(pointer.cast_mut()));
        }
        outcome
    }
}

/// # Safety
/// *Live*, or NULL; not used again.
pub(in super::super) unsafe fn link_end(pointer: *mut drystone_link) {
    // SAFETY: live; a call that is in it gives it back when it returns.
    unsafe {
        let Some(guarded) = boxed_ref(pointer) else { return };
        if guarded.link.try_borrow_mut().is_err() {
            guarded.freed.set(true);
            return;
        }
        drop(boxed_take(pointer));
    }
}

/// # Safety
/// NULL for the defaults, or as many readable bytes as its first field says.
pub(in super::super) unsafe fn link_limits(pointer: *const given_limits) -> Result<Limits, Status> {
    let mut limits = Limits::DEFAULT;
    if pointer.is_null() {
        return Ok(limits);
    }
    // SAFETY: the size is there, and the rest when the size says so.
    let given = unsafe {
        if (&raw const (*pointer).struct_size).read() < size_of::<given_limits>() {
            return Err(Status::InvalidArgument);
        }
        &*pointer
    };
    if given.max_stones != 0 {
        limits.max_stones = given.max_stones;
    }
    if given.max_bytes != 0 {
        limits.max_bytes = given.max_bytes;
    }
    if given.max_depth != 0 {
        limits.message.max_depth = given.max_depth;
    }
    if given.max_words != 0 {
        limits.message.max_words = given.max_words;
    }
    Ok(limits)
}

/// # Safety
/// As for [`link_limits`], and so are the limits in it.
pub(in super::super) unsafe fn link_options(pointer: *const given_options) -> Result<Options, Status> {
    if pointer.is_null() {
        return Ok(Options::default());
    }
    // SAFETY: the size is there, and the rest when the size says so.
    unsafe {
        if (&raw const (*pointer).struct_size).read() < size_of::<given_options>() {
            return Err(Status::InvalidArgument);
        }
        let given = &*pointer;
        Ok(Options {
            limits: link_limits(given.limits)?,
            max_letters: given.max_letters,
            max_queued_bytes: given.max_queued_bytes,
            any_user: given.any_user,
        })
    }
}

/// The descriptor, which is ours from now on. `InvalidArgument` for none; `Unsupported`.
///
/// # Safety
/// Nobody else closes it, when it is one.
pub(in super::super) unsafe fn descriptor_take(number: i32) -> Result<Descriptor, Status> {
    // SAFETY: the caller's promise.
    unsafe { file::own(number) }
}

/// Two outputs, or neither.
///
/// # Safety
/// *Outs*, or NULL.
pub(in super::super) unsafe fn required_out_pair<A, B>(
    one: *mut A,
    other: *mut B,
) -> Option<(Out<A>, Out<B>)> {
    // SAFETY: the caller's promise.
    unsafe { Some((out(one)?, out(other)?)) }
}

/// Where an antestone's bytes begin, for whoever fills them in place.
pub(in super::super) fn blob_writable_bytes(blob: &Alone<'_>) -> Result<*mut u8, Status> {
    blob.writable().map(NonNull::as_ptr)
}
