//! What reading maps and sets in C has in common.

use super::ptr::in_out;
use super::required;
use super::status::drystone_status;
use crate::bucket::{Kind, Table};
use crate::status::Status;

/// Gives the entry at the cursor and moves that on.
///
/// # Safety
/// The cursor is an *out* with a number in it, or NULL.
pub(super) unsafe fn next(
    window: &[u8],
    kind: Kind,
    wrapper: u32,
    cursor: *mut u32,
    give: impl FnOnce((u64, u64)),
) -> drystone_status {
    // SAFETY: the caller's promise.
    let (mut place, cursor) = unsafe { required!(in_out(cursor)) };
    match Table::open(window, kind, wrapper).and_then(|table| table.next(&mut place)) {
        Ok(Some(found)) => {
            give(found);
            cursor.put(place)
        }
        Ok(None) => Status::End.code(),
        Err(status) => status.code(),
    }
}

/// Copies a column and says how long it is; nothing is written when the room is not enough. No room at all asks for
/// the length.
pub(super) fn copy(
    table: &Table<'_>,
    column: impl Iterator<Item = u64> + Clone,
    fields: &mut [u64],
) -> Result<u32, Status> {
    let size = table.size()?;
    if fields.is_empty() {
        return Ok(size);
    }
    let fields = fields.get_mut(..size as usize).ok_or(Status::OutOfRange)?;
    // A header may lie about what follows it.
    if column.clone().count() != fields.len() {
        return Err(Status::Malformed);
    }
    for (place, field) in fields.iter_mut().zip(column) {
        *place = field;
    }
    Ok(size)
}
