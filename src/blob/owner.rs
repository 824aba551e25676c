//! The owners of blobs' bytes, and the blocks for headers and bytes.

use core::alloc::Layout;
use core::ffi::c_void;
use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};

use super::alive::{note_created, note_released};
use super::{AttachmentSlot, Blob, RawBlob};
use crate::status::Status;

/// Called once, when the last count on a wrapped blob is dropped, with the `context`, `data` and `bits` that the blob
/// was made with.
pub type Release = unsafe extern "C" fn(context: *mut c_void, data: *mut u8, bits: usize);

/// The owner of a blob's bytes.
pub(super) enum Owner {
    /// A block of `capacity` bytes (0: no block), which may grow. `left` bytes after the header were too few and are
    /// unused.
    Heap { capacity: usize, left: usize },
    /// A memory file of this process, of which `capacity` bytes are mapped. Once sealed, other processes may map it.
    File { capacity: usize, descriptor: i32, sealed: bool },
    /// `capacity` bytes after the header in its own block. When they become too few, the bytes move to another block.
    AfterHeader { capacity: usize },
    /// Of a message: `size` bytes in the header's own block, after the table of held blobs.
    Inline { size: usize, slot: AttachmentSlot },
    /// Of a message: the bytes of another blob, on which it has a count.
    Words { words: NonNull<RawBlob>, slot: AttachmentSlot },
    /// The memory of a vector of bytes, which has room for `capacity` of them.
    Vector { capacity: usize, slot: AttachmentSlot },
    /// Foreign memory that is never freed, or a part of a held blob.
    Borrowed,
    /// Foreign memory that the callback frees.
    Released { release: Release, context: *mut c_void },
}

impl Owner {
    /// The number of bytes in the header's own block after the header and the table of held blobs.
    fn bytes_after_header(&self) -> usize {
        match *self {
            Owner::Heap { left, .. } => left,
            Owner::AfterHeader { capacity } => capacity,
            Owner::Inline { size, .. } => size,
            Owner::File { .. }
            | Owner::Words { .. }
            | Owner::Vector { .. }
            | Owner::Borrowed
            | Owner::Released { .. } => 0,
        }
    }
}

/// Up to this many bytes are in the header's own block: one allocation instead of two.
pub(super) const SMALL: usize = 256;

/// Blocks of bytes start at multiples of this, so that words and vectors in them are aligned.
pub(super) const DATA_ALIGN: usize = 16;

/// The alignment of a vector's memory that a blob may take over. WebAssembly's allocator guarantees only that of
/// words.
pub(super) const TAKEN_ALIGN: usize = if cfg!(target_arch = "wasm32") { 8 } else { DATA_ALIGN };

/// An address for no bytes: not a block, never read, never freed, but not NULL.
pub(super) fn no_bytes() -> NonNull<u8> {
    NonNull::<u128>::dangling().cast()
}

/// A new block of `size` bytes, zeroed on request. No block for 0 bytes.
pub(super) fn allocate_bytes(size: usize, zeroed: bool) -> Result<NonNull<u8>, Status> {
    if size == 0 {
        return Ok(no_bytes());
    }
    let layout = Layout::from_size_align(size, DATA_ALIGN).map_err(|_| Status::NoMemory)?;
    // SAFETY: the layout's size is not zero.
    let block = unsafe { if zeroed { std::alloc::alloc_zeroed(layout) } else { std::alloc::alloc(layout) } };
    NonNull::new(block).ok_or(Status::NoMemory)
}

/// Resizes a block of `old` bytes to `new` bytes; on failure the old one is unchanged.
///
/// # Safety
/// `block` came from [`allocate_bytes`] or this function with size `old`, and is not used again when this
/// succeeds.
pub(super) unsafe fn resize_bytes(block: NonNull<u8>, old: usize, new: usize) -> Result<NonNull<u8>, Status> {
    if old == 0 || new == 0 {
        let fresh = allocate_bytes(new, false)?;
        // SAFETY: passed on; one of the sizes is zero, so there is nothing to copy.
        unsafe { free_bytes(block, old) };
        return Ok(fresh);
    }
    if new > isize::MAX as usize - DATA_ALIGN {
        return Err(Status::NoMemory);
    }
    // SAFETY: `old` was a valid size with this alignment when the block was made.
    let layout = unsafe { Layout::from_size_align_unchecked(old, DATA_ALIGN) };
    // SAFETY: the block was made with this layout; `new` is neither zero nor too large.
    let moved = unsafe { std::alloc::realloc(block.as_ptr(), layout, new) };
    NonNull::new(moved).ok_or(Status::NoMemory)
}

/// The memory of a vector and its capacity. Returns spare room to the allocator if it accepts that and the room is more than
/// an eighth. Less stays: glibc would otherwise get the next, equally large vector from the kernel each time, because it
/// keeps only blocks up to the size of the largest one that was freed.
pub(super) fn memory_of(bytes: Vec<u8>) -> (NonNull<u8>, usize) {
    let mut bytes = ManuallyDrop::new(bytes);
    let (length, capacity) = (bytes.len(), bytes.capacity());
    let block = NonNull::from(&mut *bytes.as_mut_slice()).cast::<u8>();
    if length == 0 || capacity - length <= capacity / 8 {
        return (block, capacity);
    }
    // SAFETY: `capacity` bytes are the vector's allocation, and `length` is less but not zero. The vector is not used
    // again.
    unsafe {
        let layout = Layout::from_size_align_unchecked(capacity, align_of::<u8>());
        match NonNull::new(std::alloc::realloc(block.as_ptr(), layout, length)) {
            Some(trimmed) => (trimmed, length),
            None => (block, capacity),
        }
    }
}

/// Frees a block of `size` bytes.
///
/// # Safety
/// As for [`resize_bytes`].
pub(super) unsafe fn free_bytes(block: NonNull<u8>, size: usize) {
    if size != 0 {
        // SAFETY: the block was made with this size and alignment.
        unsafe {
            std::alloc::dealloc(block.as_ptr(), Layout::from_size_align_unchecked(size, DATA_ALIGN));
        }
    }
}

/// The layout of a header's block with room for `held` references and `inline` bytes, and the offset of those bytes.
#[inline]
fn header_layout(held: usize, inline: usize) -> Result<(Layout, usize), Status> {
    // Nearly all are so small that nothing can overflow, which the compiler can see here.
    if held < 1 << 16 && inline < 1 << 30 { checked_layout(held, inline) } else { large_layout(held, inline) }
}

#[cold]
#[inline(never)]
fn large_layout(held: usize, inline: usize) -> Result<(Layout, usize), Status> {
    checked_layout(held, inline)
}

#[inline(always)]
fn checked_layout(held: usize, inline: usize) -> Result<(Layout, usize), Status> {
    let table = size_of::<NonNull<RawBlob>>().checked_mul(held);
    let table_end =
        table.and_then(|table| table.checked_add(size_of::<RawBlob>())).ok_or(Status::NoMemory)?;
    let aligned = held == 0 && inline != 0;
    let least = align_of::<RawBlob>().max(align_of::<u64>());
    let bytes_at = match table_end.checked_next_multiple_of(least) {
        // Elsewhere they are where the table ends.
        Some(_) if aligned && size_of::<RawBlob>() != BYTES_AT => BYTES_AT,
        Some(end) => end,
        None => return Err(Status::NoMemory),
    };
    let align = if aligned { DATA_ALIGN } else { least };
    let size = bytes_at.checked_add(inline).ok_or(Status::NoMemory)?;
    Ok((Layout::from_size_align(size, align).map_err(|_| Status::NoMemory)?, bytes_at))
}

/// The offset of the bytes in the header's block of a blob that holds nothing.
const BYTES_AT: usize = size_of::<RawBlob>().next_multiple_of(DATA_ALIGN);
const _: () = assert!(DATA_ALIGN >= align_of::<RawBlob>());

/// The layout of the block of a header with 1 to [`SMALL`] bytes; the same as from [`header_layout`].
#[inline(always)]
pub(super) fn small_layout(capacity: usize) -> Layout {
    debug_assert!(capacity != 0 && capacity <= SMALL);
    // SAFETY: the alignment is a power of two, and the size no more than two small numbers.
    unsafe { Layout::from_size_align_unchecked(BYTES_AT + capacity, DATA_ALIGN) }
}

/// A new, unwritten block for a header and at most [`SMALL`] bytes; returns the addresses of both.
#[inline(always)]
pub(super) fn allocate_small(capacity: usize) -> Result<(NonNull<RawBlob>, NonNull<u8>), Status> {
    // SAFETY: the layout is not empty.
    let block = NonNull::new(unsafe { std::alloc::alloc(small_layout(capacity)) }).ok_or(Status::NoMemory)?;
    note_created();
    // SAFETY: the block is larger than that.
    Ok((block.cast(), unsafe { block.add(BYTES_AT) }))
}

/// A new block: the addresses of the header, the table of held blobs, and the inline bytes.
pub(super) struct HeaderBlock {
    pub(super) header: NonNull<RawBlob>,
    pub(super) table: NonNull<NonNull<RawBlob>>,
    pub(super) bytes: NonNull<u8>,
}

/// The table after a header.
///
/// # Safety
/// The blob is alive, and the pointer is the one that its block was made with, not a reference to the header.
pub(super) unsafe fn held_by(blob: NonNull<RawBlob>) -> NonNull<[Blob]> {
    // SAFETY: the table of `held_count` references is directly after the header, in the same block, fully written
    // before the header is returned (the header's size is a multiple of the alignment of a pointer). `Blob` is a
    // transparent wrapper of the pointer.
    unsafe { NonNull::slice_from_raw_parts(blob.add(1).cast(), blob.as_ref().held_count) }
}

/// A new, unwritten block for a header.
pub(super) fn allocate_header(held: usize, inline: usize) -> Result<HeaderBlock, Status> {
    let (layout, bytes_at) = header_layout(held, inline)?;
    // SAFETY: a header is not empty, so the layout is not.
    let block = NonNull::new(unsafe { std::alloc::alloc(layout) }).ok_or(Status::NoMemory)?;
    note_created();
    // SAFETY: both offsets are inside the block or at its end.
    let (table, bytes) = unsafe { (block.add(size_of::<RawBlob>()).cast(), block.add(bytes_at)) };
    Ok(HeaderBlock { header: block.cast(), table, bytes })
}

/// The address for the release function: NULL if the caller wrapped NULL.
pub(super) fn given(data: *mut u8) -> *mut u8 {
    if data == no_bytes().as_ptr() { ptr::null_mut() } else { data }
}

/// # Safety
/// The blob is dead, its bytes are freed, and the counts on held blobs are dropped.
#[inline]
pub(super) unsafe fn free_header(blob: NonNull<RawBlob>) {
    // SAFETY: the caller's promise; the layout is computed from the same numbers as when it was made.
    unsafe {
        let inline = (*blob.as_ref().owner.get()).bytes_after_header();
        if let Ok((layout, _)) = header_layout(blob.as_ref().held_count, inline) {
            blob.drop_in_place();
            free_block(blob.cast(), layout);
        }
    }
}

/// # Safety
/// The block was made for a header that holds nothing and has no bytes in it, and is nobody else's.
pub(super) unsafe fn free_header_block(block: NonNull<u8>) {
    // SAFETY: the caller's promise.
    unsafe { free_block(block, Layout::new::<RawBlob>()) }
}

/// # Safety
/// The block was made by [`allocate_header`] with this layout, and is nobody else's.
pub(super) unsafe fn free_block(block: NonNull<u8>, layout: Layout) {
    note_released();
    // SAFETY: the caller's promise.
    unsafe { std::alloc::dealloc(block.as_ptr(), layout) };
}
