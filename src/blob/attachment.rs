//! Data that higher layers attach to a message, such as its index, and that is freed with it.

use core::ptr::{self, NonNull};

use crate::sync::{AtomicPtr, Ordering};

/// The first field of an attachment.
#[repr(C)]
pub(crate) struct Attachment {
    /// Frees all of it, once.
    pub(crate) free: unsafe fn(NonNull<Attachment>),
}

/// A place for one attachment; once set, it never changes.
#[derive(Debug)]
pub(crate) struct AttachmentSlot(AtomicPtr<Attachment>);

impl AttachmentSlot {
    pub(super) fn empty() -> Self {
        AttachmentSlot(AtomicPtr::new(ptr::null_mut()))
    }

    /// The attachment, with everything that was written to it before.
    #[inline]
    pub(crate) fn get(&self) -> Option<NonNull<Attachment>> {
        NonNull::new(self.0.load(Ordering::Acquire))
    }

    /// Attaches it, unless another thread was faster: then returns the other attachment, and the new one stays the
    /// caller's.
    pub(crate) fn attach(&self, new: NonNull<Attachment>) -> Result<(), NonNull<Attachment>> {
        let null = ptr::null_mut();
        match self.0.compare_exchange(null, new.as_ptr(), Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(()),
            Err(there) => NonNull::new(there).map_or(Ok(()), Err),
        }
    }
}

impl Drop for AttachmentSlot {
    fn drop(&mut self) {
        if let Some(attached) = self.get() {
            // SAFETY: the attachment says how it is freed; nobody else can reach it any more.
            unsafe { (attached.as_ref().free)(attached) };
        }
    }
}
