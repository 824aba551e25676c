//! Blobs that are kept alive by a count elsewhere.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::attachment::AttachmentSlot;
use super::owner::{self, Owner};
use super::{Blob, RawBlob};

/// A blob that a count elsewhere keeps alive: like `&Blob`, but the handle may move.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct BlobRef<'a> {
    raw: NonNull<RawBlob>,
    kept: PhantomData<&'a Blob>,
}

// SAFETY: it is a shared reference to what may be shared (see `Blob`).
unsafe impl Send for BlobRef<'_> {}
// SAFETY: as above.
unsafe impl Sync for BlobRef<'_> {}

impl<'a> From<&'a Blob> for BlobRef<'a> {
    #[inline(always)]
    fn from(blob: &'a Blob) -> Self {
        BlobRef { raw: blob.raw, kept: PhantomData }
    }
}

impl<'a> BlobRef<'a> {
    /// # Safety
    /// The pointer came from [`Blob::into_raw`], and a count elsewhere keeps the blob alive for `'a`.
    #[inline(always)]
    pub(crate) unsafe fn from_raw(raw: NonNull<RawBlob>) -> Self {
        BlobRef { raw, kept: PhantomData }
    }

    /// The pointer, which owns no count.
    #[inline(always)]
    pub(crate) fn as_raw(self) -> NonNull<RawBlob> {
        self.raw
    }

    /// Its header.
    #[inline(always)]
    pub(crate) fn header(self) -> &'a RawBlob {
        // SAFETY: a count elsewhere keeps it alive for `'a`.
        unsafe { self.raw.as_ref() }
    }

    /// See [`Blob::held`].
    #[inline(always)]
    pub(crate) fn held(self) -> &'a [Blob] {
        // SAFETY: as above, and the pointer is the block's.
        unsafe { owner::held_by(self.raw).as_ref() }
    }

    /// A new handle with its own count.
    pub(crate) fn share(self) -> Blob {
        self.header().count_up();
        // SAFETY: the count was just taken.
        unsafe { Blob::from_raw(self.raw) }
    }

    /// The slot for an attachment to a message; `None` for other blobs.
    #[inline(always)]
    pub(crate) fn slot(self) -> Option<&'a AttachmentSlot> {
        // SAFETY: a message is a stone, whose owner does not change, except for the atomic in the slot.
        match unsafe { &*self.header().owner.get() } {
            Owner::Inline { slot, .. } | Owner::Words { slot, .. } | Owner::Vector { slot, .. } => Some(slot),
            _ => None,
        }
    }
}
