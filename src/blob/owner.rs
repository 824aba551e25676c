//! Who owns a blob's bytes, and how everything is given back when the last count goes.

use core::alloc::Layout;
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicU64, Ordering};

use super::file::{self, Mapped};
use super::{Blob, RawBlob, Slot, release};
use crate::status::Status;

/// Called once, when the last count on a wrapped blob goes, with the `context`, `data` and `bits` it was
/// made with.
pub type Release = unsafe extern "C" fn(context: *mut c_void, data: *mut u8, bits: usize);

/// What stands behind a blob's bytes.
pub(super) enum Owner {
    /// A block of ours of `capacity` bytes (0: no block), which may grow; `left` bytes behind the header were too few.
    Heap { capacity: usize, left: usize },
    /// A memory file of ours, of which `capacity` bytes are mapped; once sealed, others may map it.
    File { capacity: usize, descriptor: i32, sealed: bool },
    /// Ours, `capacity` bytes behind the header in its own block; what becomes more moves out.
    Beside { capacity: usize },
    /// A message's: ours, `size` bytes in the header's own block, behind the table of held blobs.
    Inline { size: usize, slot: Slot },
    /// A message's: those of another blob, on which it has a count.
    Words { words: NonNull<RawBlob>, slot: Slot },
    /// Somebody else's, and never given back by us; or part of a blob that is held.
    Borrowed,
    /// Somebody else's, given back by the callback.
    Released { release: Release, context: *mut c_void },
}

impl Owner {
    /// How many bytes behind the header, and the table of held blobs, are in the header's own block.
    fn behind_header(&self) -> usize {
        match *self {
            Owner::Heap { left, .. } => left,
            Owner::Beside { capacity } => capacity,
            Owner::Inline { size, .. } => size,
            Owner::File { .. } | Owner::Words { .. } | Owner::Borrowed | Owner::Released { .. } => 0,
        }
    }
}

/// Up to so many bytes lie in the header's own block: one request for memory instead of two.
pub(super) const SMALL: usize = 256;

/// Blocks of bytes start at multiples of this, so that words and vectors in them are aligned.
pub(super) const DATA_ALIGN: usize = 16;

/// Process-wide counters for tests, demos and leak hunts. Relaxed: nothing is decided by them. They are split
/// into parts, so that threads which share no blob share no line of the cache either.
#[repr(align(128))]
struct Counters {
    created: AtomicU64,
    released: AtomicU64,
}

static COUNTERS: [Counters; 16] =
    [const { Counters { created: AtomicU64::new(0), released: AtomicU64::new(0) } }; 16];

/// The part of this thread: by where its stack lies, which needs no thread-local storage.
#[inline(always)]
fn counters() -> &'static Counters {
    let here = 0_u8;
    let place = (&raw const here).addr() as u64 >> 18;
    &COUNTERS[(place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as usize]
}

/// How many blobs this process has made.
pub fn blobs_created() -> u64 {
    COUNTERS.iter().map(|part| part.created.load(Ordering::Relaxed)).sum()
}

/// How many blobs this process has given back.
pub fn blobs_released() -> u64 {
    COUNTERS.iter().map(|part| part.released.load(Ordering::Relaxed)).sum()
}

/// How many blobs are alive. Exact while no other thread makes or drops blobs.
pub fn blobs_alive() -> usize {
    let released = blobs_released();
    blobs_created().saturating_sub(released) as usize
}

/// A place for bytes that is not a block: never read, never freed, but not NULL either.
pub(super) fn no_bytes() -> NonNull<u8> {
    NonNull::<u128>::dangling().cast()
}

/// A new block of `size` bytes, zeroed when asked. No block for no bytes.
pub(super) fn allocate_bytes(size: usize, zeroed: bool) -> Result<NonNull<u8>, Status> {
    if size == 0 {
        return Ok(no_bytes());
    }
    let layout = Layout::from_size_align(size, DATA_ALIGN).map_err(|_| Status::NoMemory)?;
    // SAFETY: the layout's size is not zero.
    let block = unsafe { if zeroed { std::alloc::alloc_zeroed(layout) } else { std::alloc::alloc(layout) } };
    NonNull::new(block).ok_or(Status::NoMemory)
}

/// Moves a block of `old` bytes to one of `new` bytes; on failure the old one stays as it is.
///
/// # Safety
/// `block` came from [`allocate_bytes`] or this function with size `old`, and is not used again when this
/// succeeds.
pub(super) unsafe fn resize_bytes(block: NonNull<u8>, old: usize, new: usize) -> Result<NonNull<u8>, Status> {
    if old == 0 || new == 0 {
        let fresh = allocate_bytes(new, false)?;
        // SAFETY: passed on; one of the sizes is zero, so there is nothing to carry over.
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

/// Gives a block of `size` bytes back.
///
/// # Safety
/// As for [`resize_bytes`].
unsafe fn free_bytes(block: NonNull<u8>, size: usize) {
    if size != 0 {
        // SAFETY: the block was made with this size and alignment.
        unsafe {
            std::alloc::dealloc(block.as_ptr(), Layout::from_size_align_unchecked(size, DATA_ALIGN));
        }
    }
}

/// The block of a header with room for `held` references and `inline` bytes behind it, and where the two
/// parts start.
fn header_layout(held: usize, inline: usize) -> Result<(Layout, usize, usize), Status> {
    let table = Layout::array::<NonNull<RawBlob>>(held).map_err(|_| Status::NoMemory)?;
    let align = if held == 0 && inline != 0 { DATA_ALIGN } else { align_of::<u64>() };
    let bytes = Layout::from_size_align(inline, align).map_err(|_| Status::NoMemory)?;
    let (layout, table_at) = Layout::new::<RawBlob>().extend(table).map_err(|_| Status::NoMemory)?;
    let (layout, bytes_at) = layout.extend(bytes).map_err(|_| Status::NoMemory)?;
    Ok((layout.pad_to_align(), table_at, bytes_at))
}

/// A new block: where the header goes, the table of held blobs, and the inline bytes.
pub(super) struct Room {
    pub(super) header: NonNull<RawBlob>,
    pub(super) table: NonNull<NonNull<RawBlob>>,
    pub(super) bytes: NonNull<u8>,
}

/// The table behind a header.
///
/// # Safety
/// The blob is there, and the pointer is the one that its block was made with, not a reference to the header.
pub(super) unsafe fn held_by(blob: NonNull<RawBlob>) -> NonNull<[Blob]> {
    // SAFETY: the table of `held_count` references lies directly behind the header, in the same block, fully written
    // before the header is handed out (the header's size is a multiple of the alignment of a pointer). `Blob` is a
    // transparent wrapper of the pointer.
    unsafe { NonNull::slice_from_raw_parts(blob.add(1).cast(), blob.as_ref().held_count) }
}

/// A block for a header, nothing in it written yet.
pub(super) fn allocate_header(held: usize, inline: usize) -> Result<Room, Status> {
    let (layout, table_at, bytes_at) = header_layout(held, inline)?;
    // SAFETY: a header is not empty, so the layout is not.
    let block = NonNull::new(unsafe { std::alloc::alloc(layout) }).ok_or(Status::NoMemory)?;
    counters().created.fetch_add(1, Ordering::Relaxed);
    // SAFETY: both offsets lie inside the block or at its end, as the layout was extended by them.
    let (table, bytes) = unsafe { (block.add(table_at).cast(), block.add(bytes_at)) };
    Ok(Room { header: block.cast(), table, bytes })
}

/// Frees a blob whose last count has gone, and whatever that frees in turn. Dead blobs wait in a list
/// that runs through their own `data` fields, so neither the stack nor the heap grows with the depth.
///
/// # Safety
/// The caller has taken the last count; nobody uses the blob again.
#[cold]
pub(super) unsafe fn bury(blob: NonNull<RawBlob>) {
    // SAFETY: the caller's promise; there is nothing but the block, and nothing is held.
    unsafe {
        if let Owner::Beside { .. } = *blob.as_ref().owner.get() {
            return free_header(blob);
        }
    }
    let mut waiting: *mut RawBlob = ptr::null_mut();
    // SAFETY: the caller's promise.
    unsafe { lay_out(blob, &mut waiting) };
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

/// Gives the bytes of a dead blob back and puts it in front of the list; what holds nothing and has a release is gone
/// then, or waits for its turn elsewhere.
///
/// # Safety
/// As for [`bury`]; each blob is laid out once.
unsafe fn lay_out(blob: NonNull<RawBlob>, waiting: &mut *mut RawBlob) {
    // SAFETY: the blob is dead and ours alone, so its fields may be read and changed.
    unsafe {
        let header = blob.as_ref();
        let data = header.data.get().read();
        match &*header.owner.get() {
            Owner::Heap { capacity, .. } => free_bytes(NonNull::new_unchecked(data), *capacity),
            Owner::File { capacity, descriptor, .. } => {
                let (data, capacity, descriptor) = (NonNull::new_unchecked(data), *capacity, *descriptor);
                file::free(&Mapped { data, capacity, descriptor });
            }
            Owner::Released { .. } => return release::release(blob),
            Owner::Beside { .. } | Owner::Inline { .. } | Owner::Words { .. } | Owner::Borrowed => {}
        }
        header.data.get().write((*waiting).cast());
    }
    *waiting = blob.as_ptr();
}

/// Whoever wrapped NULL gets NULL back.
pub(super) fn given(data: *mut u8) -> *mut u8 {
    if data == no_bytes().as_ptr() { ptr::null_mut() } else { data }
}

/// # Safety
/// The blob is dead, its bytes are given back, and what it held is counted down.
pub(super) unsafe fn free_header(blob: NonNull<RawBlob>) {
    // SAFETY: the caller's promise; the layout is computed from the same numbers as when it was made.
    unsafe {
        let inline = (*blob.as_ref().owner.get()).behind_header();
        if let Ok((layout, ..)) = header_layout(blob.as_ref().held_count, inline) {
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
unsafe fn free_block(block: NonNull<u8>, layout: Layout) {
    // SAFETY: the caller's promise.
    unsafe { std::alloc::dealloc(block.as_ptr(), layout) };
    counters().released.fetch_add(1, Ordering::Relaxed);
}
