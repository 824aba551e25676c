//! Mailboxes and their options.

use core::mem::ManuallyDrop;

use super::super::mailbox_types::{mailbox, mailbox_options as given_options};
use super::boxed::{SharedObject, shared_give, shared_ref, shared_take};
use super::bytes;
use crate::mailbox::{Mailbox, Options};
use crate::status::Status;

impl SharedObject for mailbox {
    type Object = crate::mailbox::Shared;
}

/// # Safety
/// *Live*, or NULL.
pub(in super::super) unsafe fn mailbox_ref(pointer: *const mailbox) -> Option<ManuallyDrop<Mailbox>> {
    // SAFETY: the caller's promise.
    let shared = unsafe { shared_ref(pointer) }.map(ManuallyDrop::into_inner)?;
    // Never dropped, as `shared` was not.
    Some(ManuallyDrop::new(Mailbox::from_counted(shared)))
}

/// # Safety
/// *Live*, or NULL; the count goes over to the handle.
pub(in super::super) unsafe fn mailbox_take_count(pointer: *mut mailbox) -> Option<Mailbox> {
    // SAFETY: the caller's promise.
    unsafe { shared_take(pointer) }.map(Mailbox::from_counted)
}

/// The pointer, which owns the handle's count.
pub(in super::super) fn mailbox_give(handle: Mailbox) -> *mut mailbox {
    shared_give(handle.into_counted())
}

/// # Safety
/// NULL for the defaults, or as many readable bytes as its first field says, with a *readable* name.
pub(in super::super) unsafe fn mailbox_options<'a>(
    pointer: *const given_options,
) -> Result<Options<'a>, Status> {
    if pointer.is_null() {
        return Ok(Options::default());
    }
    // SAFETY: the size is there, and the rest when the size says so; the name is readable.
    unsafe {
        if (&raw const (*pointer).struct_size).read() < size_of::<given_options>() {
            return Err(Status::InvalidArgument);
        }
        let given = &*pointer;
        let name = bytes(given.name.cast(), given.name_length).ok_or(Status::InvalidArgument)?;
        // Without this check, a caller that forgets the length would get a mailbox that nobody can find.
        if name.is_empty() && !given.name.is_null() {
            return Err(Status::InvalidArgument);
        }
        Ok(Options { max_letters: given.max_letters, max_bytes: given.max_bytes, name })
    }
}
