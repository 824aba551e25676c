//! Readers of Nota, which are in C's memory.

use core::ptr::NonNull;

use super::super::nota_types::nota_reader;
use super::super::status::{DRYSTONE_OK, drystone_status};
use super::CLASSIC_SEAL;
use crate::nota::Reader;

/// The contents of a `nota_reader`.
#[repr(C)]
struct SealedNota {
    seal: u64,
    reader: Reader<'static>,
}

const NOTA_SEAL: u64 = CLASSIC_SEAL.rotate_left(32);
const _: () = assert!(size_of::<SealedNota>() <= size_of::<nota_reader>());
const _: () = assert!(align_of::<SealedNota>() <= align_of::<nota_reader>());

/// # Safety
/// As for [`super::reader_mut`].
pub(in super::super) unsafe fn nota_reader_mut<'a>(
    pointer: *mut nota_reader,
) -> Option<&'a mut Reader<'static>> {
    let pointer = NonNull::new(pointer)?;
    // SAFETY: the seal is read before the rest is taken for a reader; only `nota_reader_put` writes it.
    unsafe {
        if pointer.cast::<u64>().read() != NOTA_SEAL {
            return None;
        }
        Some(&mut pointer.cast::<SealedNota>().as_mut().reader)
    }
}

/// A copy of the reader.
///
/// # Safety
/// As for [`super::reader_mut`].
pub(in super::super) unsafe fn nota_reader_copy(pointer: *const nota_reader) -> Option<Reader<'static>> {
    let pointer = NonNull::new(pointer.cast_mut())?;
    // SAFETY: as in `nota_reader_mut`.
    unsafe {
        (pointer.cast::<u64>().read() == NOTA_SEAL).then(|| pointer.cast::<SealedNota>().as_ref().reader)
    }
}

/// # Safety
/// As for [`super::reader_put`].
pub(in super::super) unsafe fn nota_reader_put(
    pointer: NonNull<nota_reader>,
    reader: Reader<'_>,
) -> drystone_status {
    // SAFETY: only the lifetime changes, which the caller keeps; the memory is large enough (asserted).
    unsafe {
        let reader = core::mem::transmute::<Reader<'_>, Reader<'static>>(reader);
        pointer.cast::<SealedNota>().write(SealedNota { seal: NOTA_SEAL, reader });
    }
    DRYSTONE_OK
}
