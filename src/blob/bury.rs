//! Freeing a blob whose last count has gone, and all blobs that only it held.

use core::ptr::{self, NonNull};

use super::file::{self, Mapped};
use super::owner::{Owner, free_block, free_bytes, free_header, held_by, small_layout};
use super::{RawBlob, release};

/// Frees a blob whose last count has gone, and every blob that this frees in turn.
///
/// # Safety
/// The caller has taken the last count; nobody uses the blob again.
#[cold]
#[inline(never)]
pub(super) unsafe fn bury(blob: NonNull<RawBlob>) {
    // SAFETY: the caller's promise. A small blob has only the block that `allocate_small` made. The bytes of a small message
    // are in its own block, and those of a slice belong to another blob, so neither has bytes to free before it becomes
    // the first in the list.
    unsafe {
        match *blob.as_ref().owner.get() {
            Owner::AfterHeader { capacity } => free_block(blob.cast(), small_layout(capacity)),
            Owner::Inline { .. } | Owner::Borrowed => {
                blob.as_ref().data.get().write(ptr::null_mut());
                bury_list(blob.as_ptr());
            }
            _ => {
                let mut waiting = ptr::null_mut();
                lay_out(blob, &mut waiting);
                bury_list(waiting);
            }
        }
    }
}

/// Frees the dead blobs of a list, and every blob that this frees in turn. Dead blobs wait in a list that runs
/// through their own `data` fields, so neither the stack nor the heap grows with the depth.
///
/// # Safety
/// As for [`bury`]; the list is of blobs that were laid out, and nobody else has it.
unsafe fn bury_list(mut waiting: *mut RawBlob) {
    while let Some(dead) = NonNull::new(waiting) {
        // SAFETY: every blob in the list is dead, its header still there, its `data` the link to the next.
        unsafe {
            let header = dead.as_ref();
            waiting = header.data.get().read().cast();
            for held in held_by(dead).as_ref() {
                if held.count.decrement() {
                    lay_out(held.raw, &mut waiting);
                }
            }
            if let Owner::Words { words, .. } = &*header.owner.get()
                && words.as_ref().count.decrement()
            {
                lay_out(*words, &mut waiting);
            }
            free_header(dead);
        }
    }
}

/// Frees the bytes of a dead blob and puts it at the front of the list. A wrapped blob, which holds nothing, is
/// released instead, now or later.
///
/// # Safety
/// As for [`bury`]; each blob is laid out once.
unsafe fn lay_out(blob: NonNull<RawBlob>, waiting: &mut *mut RawBlob) {
    // SAFETY: the blob is dead and used by nobody else, so its fields may be read and changed.
    unsafe {
        let header = blob.as_ref();
        let data = header.data.get().read();
        match &*header.owner.get() {
            Owner::Heap { capacity, .. } => free_bytes(NonNull::new_unchecked(data), *capacity),
            Owner::File { capacity, descriptor, .. } => {
                let (data, capacity, descriptor) = (NonNull::new_unchecked(data), *capacity, *descriptor);
                file::free(&Mapped { data, capacity, descriptor });
            }
            Owner::Vector { capacity, .. } => drop(Vec::from_raw_parts(data, 0, *capacity)),
            Owner::Released { .. } => return release::release(blob),
            Owner::AfterHeader { .. } | Owner::Inline { .. } | Owner::Words { .. } | Owner::Borrowed => {}
        }
        header.data.get().write((*waiting).cast());
    }
    *waiting = blob.as_ptr();
}
