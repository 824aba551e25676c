//! The index of a message: where the children of its containers are. It is built one container at a time, by the first
//! thread that needs it, is attached to the message's header, and is freed with the message.
//!
//! ```text
//! header ── Index ── lists by position ── container: position, next, counts │ offsets: u32 … │ slots …
//! ```

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::slice;

use super::published::{List, ListEntry};
use crate::allocation::try_box;
use crate::blob::{Attachment, BlobRef};

/// The sizes of a container's index entry, before its offsets and slots.
pub(super) struct EntrySizes {
    /// The number of offsets: of elements, or of keys.
    children: u32,
    /// The number of slots; 0 when keys are compared one by one.
    slots: u32,
    /// The size of a slot in bytes.
    width: u32,
}

#[repr(C)]
struct Index {
    attachment: Attachment,
    /// A power of two of lists.
    lists: NonNull<List<EntrySizes>>,
    count: usize,
}

/// The published index entry of the container at a position; valid as long as the message.
#[derive(Clone, Copy)]
pub(super) struct IndexedContainer<'a> {
    node: NonNull<ListEntry<EntrySizes>>,
    kept: PhantomData<&'a [u32]>,
}

/// The same before it is published, while its owner may write it.
pub(super) struct Draft(NonNull<ListEntry<EntrySizes>>);

/// The offsets and slots after an entry, and the layout of the whole block. `None` when it would be too large.
fn block(children: u32, slots: u32, width: u32) -> Option<(Layout, usize, usize)> {
    let offsets = Layout::array::<u32>(children as usize).ok()?;
    let bytes = Layout::array::<u8>((slots as usize).checked_mul(width as usize)?).ok()?;
    let (layout, offsets_at) = Layout::new::<ListEntry<EntrySizes>>().extend(offsets).ok()?;
    let (layout, slots_at) = layout.extend(bytes).ok()?;
    Some((layout.pad_to_align(), offsets_at, slots_at))
}

impl Draft {
    /// A draft with all offsets and slots 0. `None` without memory.
    pub(super) fn new(position: usize, children: u32, slots: u32, width: u32) -> Option<Draft> {
        let (layout, ..) = block(children, slots, width)?;
        // SAFETY: an entry is not empty, so the layout is not.
        let node = NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })?.cast::<ListEntry<EntrySizes>>();
        // SAFETY: the block is new and large enough.
        unsafe { node.write(ListEntry::new(position, EntrySizes { children, slots, width })) };
        Some(Draft(node))
    }

    /// The offsets and the slots.
    pub(super) fn parts(&mut self) -> (&mut [u32], &mut [u8]) {
        // SAFETY: the block is ours alone; both parts follow the entry, by the layout that it was made with, and were
        // zeroed.
        unsafe {
            let (offsets, slots) = parts(self.0);
            (&mut *offsets.as_ptr(), &mut *slots.as_ptr())
        }
    }

    /// From now on keys are compared one by one.
    pub(super) fn give_up_slots(&mut self) {
        let (_, slots) = self.parts();
        slots.fill(0);
        // SAFETY: the block is ours alone.
        let counts = unsafe { &mut (*self.0.as_ptr()).value };
        // The number of bytes of the slots stays in the width, because the block is freed with it.
        (counts.width, counts.slots) = (counts.width * counts.slots, 0);
    }

    /// The seed of the slots' hashes. Nobody outside knows it.
    pub(super) fn seed(&self) -> u64 {
        self.0.addr().get() as u64
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // SAFETY: the block is ours alone, and not used again.
        unsafe { free(self.0) };
    }
}

/// # Safety
/// An entry in its block.
unsafe fn layout_of(node: NonNull<ListEntry<EntrySizes>>) -> Option<(Layout, usize, usize)> {
    // SAFETY: the caller's promise.
    let EntrySizes { children, slots, width } = unsafe { &node.as_ref().value };
    // Without slots, the width is the number of their bytes.
    if *slots == 0 { block(*children, 1, *width) } else { block(*children, *slots, *width) }
}

/// # Safety
/// An entry in its block.
#[inline(always)]
unsafe fn parts(node: NonNull<ListEntry<EntrySizes>>) -> (NonNull<[u32]>, NonNull<[u8]>) {
    // SAFETY: the caller's promise; the offsets follow the entry, whose alignment is not smaller, and the slots follow
    // them.
    unsafe {
        let EntrySizes { children, slots, width } = node.as_ref().value;
        let offsets = node.add(1).cast::<u32>();
        let bytes = offsets.add(children as usize).cast::<u8>();
        (
            NonNull::slice_from_raw_parts(offsets, children as usize),
            NonNull::slice_from_raw_parts(bytes, slots as usize * width as usize),
        )
    }
}

/// # Safety
/// An entry in its block; not used again.
unsafe fn free(node: NonNull<ListEntry<EntrySizes>>) {
    // SAFETY: the caller's promise; the layout is the one that the block was made with.
    unsafe {
        if let Some((layout, ..)) = layout_of(node) {
            std::alloc::dealloc(node.cast().as_ptr(), layout);
        }
    }
}

impl<'a> IndexedContainer<'a> {
    /// The positions of the elements or the keys, in words after the container's own position.
    #[inline(always)]
    pub(super) fn offsets(self) -> &'a [u32] {
        // SAFETY: it is published and does not change until the message is freed.
        unsafe { parts(self.node).0.as_ref() }
    }

    /// The slots, and how many there are.
    #[inline(always)]
    pub(super) fn slots(self) -> (&'a [u8], u32) {
        // SAFETY: as above.
        unsafe { (parts(self.node).1.as_ref(), self.node.as_ref().value.slots) }
    }

    /// See [`Draft::seed`].
    #[inline(always)]
    pub(super) fn seed(self) -> u64 {
        self.node.addr().get() as u64
    }
}

/// The container of a message at a position, if it is in the index.
#[inline(always)]
pub(super) fn find(message: BlobRef<'_>, position: usize) -> Option<IndexedContainer<'_>> {
    let index = message.slot()?.get()?.cast::<Index>();
    // SAFETY: only `Index` is ever attached, whole; it stays as long as the message.
    let node = unsafe { index.as_ref().list(position).find(position) }?;
    Some(IndexedContainer { node, kept: PhantomData })
}

/// Publishes a container. Returns the published entry, this one or another thread's. `None` without memory.
pub(super) fn publish<'a>(
    message: BlobRef<'a>,
    position: usize,
    draft: Draft,
) -> Option<IndexedContainer<'a>> {
    let slot = message.slot()?;
    let index = match slot.get() {
        Some(attached) => attached,
        None => {
            let new = Index::make(message.header().length_bits() / 64)?;
            match slot.attach(new) {
                Ok(()) => new,
                Err(other) => {
                    // SAFETY: it was not attached, so it is ours alone.
                    unsafe { Index::free(new) };
                    other
                }
            }
        }
    };
    let node = draft.0;
    // SAFETY: as in `find`. The draft is ours until it is added; then it stays as long as the message.
    let added = unsafe { index.cast::<Index>().as_ref().list(position).add(node) };
    let node = match added {
        Ok(()) => {
            core::mem::forget(draft);
            node
        }
        Err(other) => other,
    };
    Some(IndexedContainer { node, kept: PhantomData })
}

impl Index {
    /// An index for a message of this many words.
    fn make(words: usize) -> Option<NonNull<Attachment>> {
        let count = (words / 64).clamp(4, 1 << 20).next_power_of_two();
        let lists = new_lists(count)?;
        let index = Index { attachment: Attachment { free: Index::free }, lists, count };
        match try_box(index) {
            Ok(index) => Some(NonNull::from(Box::leak(index)).cast()),
            Err(_) => {
                // SAFETY: they were just made and are empty.
                unsafe { free_lists(lists, count) };
                None
            }
        }
    }

    #[inline(always)]
    fn list(&self, position: usize) -> &List<EntrySizes> {
        let mixed = (position as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        // SAFETY: that many lists exist.
        unsafe { self.lists.add(mixed as usize & (self.count - 1)).as_ref() }
    }

    /// # Safety
    /// An index of [`Index::make`]; not used again.
    unsafe fn free(attached: NonNull<Attachment>) {
        // SAFETY: the caller's promise: it is a whole `Index` in a box, and its lists and their entries are its own.
        unsafe {
            let index = Box::from_raw(attached.cast::<Index>().as_ptr());
            for list in slice::from_raw_parts(index.lists.as_ptr(), index.count) {
                while let Some(node) = list.pop() {
                    free(node);
                }
            }
            free_lists(index.lists, index.count);
        }
    }
}

fn new_lists(count: usize) -> Option<NonNull<List<EntrySizes>>> {
    let layout = Layout::array::<List<EntrySizes>>(count).ok()?;
    // SAFETY: there are some, so the layout is not empty.
    let lists = NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) })?.cast::<List<EntrySizes>>();
    if cfg!(loom) {
        for place in 0..count {
            // SAFETY: the block has that many places.
            unsafe { lists.add(place).write(List::new()) };
        }
    }
    // Without the model checker, an empty list is a null pointer, all zeros.
    Some(lists)
}

/// # Safety
/// The lists of [`new_lists`], empty; not used again.
unsafe fn free_lists(lists: NonNull<List<EntrySizes>>, count: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        for place in 0..count {
            lists.add(place).drop_in_place();
        }
        if let Ok(layout) = Layout::array::<List<EntrySizes>>(count) {
            std::alloc::dealloc(lists.cast().as_ptr(), layout);
        }
    }
}
