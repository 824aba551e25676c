//! Objects that C knows only by a pointer: each in a box, or with a count.

use core::mem::ManuallyDrop;
use core::ptr::NonNull;

use super::super::bucket_import_types::bucket_import;
use super::super::mailbox_types::mailbox_outbox;
use super::super::nota_types::{nota_feeder, nota_writer};
use super::super::wota_types::{wota_parts, wota_writer};
use crate::allocation::try_box;
use crate::bucket::imports::Import;
use crate::counting::{Counted, Retire};
use crate::mailbox::Outbox;
use crate::status::Status;
use crate::{nota, wota};

/// A C type whose pointers point to an object in a box.
pub(in super::super) trait BoxedObject {
    type Object;
}

/// A C type whose pointers point to an object with a count, and own one count.
pub(in super::super) trait SharedObject {
    type Object: Retire;
}

impl BoxedObject for bucket_import {
    type Object = Import;
}

impl BoxedObject for mailbox_outbox {
    type Object = Outbox;
}

impl BoxedObject for nota_feeder {
    type Object = nota::Feeder;
}

impl BoxedObject for nota_writer {
    type Object = nota::Writer;
}

impl BoxedObject for wota_parts {
    type Object = wota::Parts;
}

impl BoxedObject for wota_writer {
    type Object = wota::AnyWriter;
}

/// # Safety
/// *Live*, or NULL: [`boxed_give`] gave the pointer. Nobody else uses the object during the call.
#[inline]
pub(in super::super) unsafe fn boxed_mut<'a, C: BoxedObject>(pointer: *mut C) -> Option<&'a mut C::Object> {
    // SAFETY: the caller's promise.
    unsafe { pointer.cast::<C::Object>().as_mut() }
}

/// # Safety
/// As for [`boxed_mut`], but others may read too.
pub(in super::super) unsafe fn boxed_ref<'a, C: BoxedObject>(pointer: *const C) -> Option<&'a C::Object> {
    // SAFETY: the caller's promise.
    unsafe { pointer.cast::<C::Object>().as_ref() }
}

/// The pointer that owns the object. `NoMemory`.
pub(in super::super) fn boxed_give<C: BoxedObject>(object: C::Object) -> Result<*mut C, Status> {
    try_box(object).map(|object| Box::into_raw(object).cast())
}

/// # Safety
/// As for [`boxed_mut`]; the pointer is not used again.
pub(in super::super) unsafe fn boxed_take<C: BoxedObject>(pointer: *mut C) -> Option<Box<C::Object>> {
    // SAFETY: the pointer came from `boxed_give`, which made a box of it.
    NonNull::new(pointer.cast::<C::Object>()).map(|object| unsafe { Box::from_raw(object.as_ptr()) })
}

/// A handle on the pointer's own count: a clone of it has another one.
///
/// # Safety
/// *Live*, or NULL: [`shared_give`] gave the pointer.
#[inline]
pub(in super::super) unsafe fn shared_ref<C: SharedObject>(
    pointer: *const C,
) -> Option<ManuallyDrop<Counted<C::Object>>> {
    // SAFETY: the handle is never dropped, so the caller's count stays the caller's.
    unsafe { NonNull::new(pointer.cast_mut()).map(|raw| ManuallyDrop::new(Counted::from_raw(raw.cast()))) }
}

/// # Safety
/// As for [`shared_ref`]; the count goes over to the handle.
pub(in super::super) unsafe fn shared_take<C: SharedObject>(pointer: *mut C) -> Option<Counted<C::Object>> {
    // SAFETY: the caller's promise.
    unsafe { shared_ref(pointer) }.map(ManuallyDrop::into_inner)
}

/// The pointer that owns the handle's count.
pub(in super::super) fn shared_give<C: SharedObject>(handle: Counted<C::Object>) -> *mut C {
    handle.into_raw().as_ptr().cast()
}
