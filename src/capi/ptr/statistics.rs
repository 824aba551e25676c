//! Structs of statistics.

use super::super::statistics_types::WithSize;
use crate::status::Status;

/// Writes the statistics to a struct whose first field is its size. Computes them only when it is large enough.
///
/// # Safety
/// As many writable bytes as the first field says, or NULL.
pub(in super::super) unsafe fn put_statistics<S: WithSize>(
    pointer: *mut S,
    find: impl FnOnce() -> Result<S::Fields, Status>,
) -> Result<(), Status> {
    // SAFETY: the size is there, and the rest when the size says so.
    unsafe {
        if pointer.is_null() || pointer.cast::<usize>().read() < size_of::<S>() {
            return Err(Status::InvalidArgument);
        }
        pointer.write(S::new(pointer.cast::<usize>().read(), find()?));
    }
    Ok(())
}
