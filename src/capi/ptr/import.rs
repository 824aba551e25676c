//! Imports of WebAssembly guests, and their layouts.

use core::slice;

use super::super::bucket_import_types::{bucket_layout, bucket_place};
use crate::bucket::imports::{Array, BlockField, GuestLayout};
use crate::status::Status;

/// The layout; the usual one for NULL. `InvalidArgument` for a size that is too small.
///
/// # Safety
/// NULL, or as `bucket_layout` says.
pub(in super::super) unsafe fn layout(pointer: *const bucket_layout) -> Result<GuestLayout, Status> {
    if pointer.is_null() {
        return Ok(GuestLayout::default());
    }
    // SAFETY: the caller's promise: the size is there, and the rest when the size says so.
    let given = unsafe {
        if (&raw const (*pointer).struct_size).read() < size_of::<bucket_layout>() {
            return Err(Status::InvalidArgument);
        }
        &*pointer
    };
    Ok(GuestLayout {
        none: given.none.into(),
        none_tag: given.none_tag,
        some_tag: given.some_tag,
        some: given.some.map(BlockField::from),
        array: Array { header: given.array_header.into(), strides: given.array_strides },
        packed: given.packed_strides,
    })
}

impl From<bucket_place> for BlockField {
    fn from(place: bucket_place) -> Self {
        BlockField { size: place.size, offset: place.offset }
    }
}

/// # Safety
/// *Readable* for `count` words; `None` for NULL with a count.
pub(in super::super) unsafe fn words<'a>(pointer: *const u64, count: usize) -> Option<&'a [u64]> {
    if count == 0 {
        return Some(&[]);
    }
    if pointer.is_null() || count > isize::MAX as usize / size_of::<u64>() {
        return None;
    }
    // SAFETY: readable by the caller's promise, and no larger than an object can be.
    Some(unsafe { slice::from_raw_parts(pointer, count) })
}
