//! A blob whose count is somebody else's.

use core::marker::PhantomData;
use core::ptr::NonNull;

use super::attachment::AttachmentSlot;
use super::owner::{self, Owner};
use super::{Blob, RawBlob};

/// A blob that somebody else's count keeps alive: what a `&Blob` is, but for the handle, which need not stay where it is.
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
    /// The pointer is one that [`Blob::into_raw`] gave, and somebody's count keeps the blob alive for `'a`.
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
        // SAFETY: somebody's count keeps it for `'a`.
        unsafe { self.raw.as_ref() }
    }

    /// See [`Blob::held`].
    #[inline(always)]
    pub(crate) fn held(self) -> &'a [Blob] {
        // SAFETY: as above, and the pointer is the block's.
        unsafe { owner::held_by(self.raw).as_ref() }
    }

    /// One more count.
    pub(crate) fn share(self) -> Blob {
        self.header().count_up();
        // SAFETY: the count was just taken.
        unsafe { Blob::from_raw(self.raw) }
    }

    /// Where something can be attached to a message; `None` for blobs that are none.
    #[inline(always)]
    pub(crate) fn slot(self) -> Option<&'a AttachmentSlot> {
        // SAFETY: a message is a stone, whose owner does not change, but for the atomic in the slot.
        match unsafe { &*self.header().owner.get() } {
            Owner::Inline { slot, .. } | Owner::Words { slot, .. } | Owner::Vector { slot, .. } => Some(slot),
            _ => None,
        }
    }
}
