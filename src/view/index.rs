//! The index of a message: where the children of its containers are. It is built by the first thread that reaches far into
//! a container, is attached to the message's header, and is freed with the message.
//!
//! ```text
//! header ── Index ─┬─ lists by position ── container: position, next, counts │ offsets: u32 … │ slots …
//!                  └─ the blocks that the containers are in
//! ```

use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

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

type Entry = ListEntry<EntrySizes>;

/// The head of a block of entries; its key is the size of the block in bytes.
type Block = ListEntry<()>;

/// A container inside another one shares a block of up to this size.
const SHARED: usize = 4096;

#[repr(C)]
struct Index {
    attachment: Attachment,
    blocks: List<()>,
    /// A power of two of lists.
    lists: NonNull<List<EntrySizes>>,
    count: usize,
}

/// The published index entry of the container at a position; valid as long as the message.
#[derive(Clone, Copy)]
pub(super) struct IndexedContainer<'a> {
    node: NonNull<Entry>,
    kept: PhantomData<&'a [u32]>,
}

/// # Safety
/// An entry in its block.
#[inline(always)]
unsafe fn parts(node: NonNull<Entry>) -> (NonNull<[u32]>, NonNull<[u8]>) {
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

    /// The seed of the slots' hashes. Nobody outside knows it.
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

/// A container in a block of its own, before it is published.
pub(super) struct Draft {
    block: NonNull<Block>,
    node: NonNull<Entry>,
}

impl Draft {
    /// A draft with all offsets and slots 0. `None` without memory.
    pub(super) fn new(position: usize, children: u64, slots: (u32, u32)) -> Option<Draft> {
        let children = u32::try_from(children).ok()?;
        let size = size_of::<Block>().checked_add(entry_size(children as usize, slots)?)?;
        let layout = Layout::from_size_align(size, align_of::<Block>()).ok()?;
        // SAFETY: a block is not empty; it is new, and large enough for its head and the entry.
        unsafe {
            let block = NonNull::new(std::alloc::alloc_zeroed(layout))?.cast::<Block>();
            block.write(Block::new(size, ()));
            let node = block.add(1).cast::<Entry>();
            begin(node, position, children, slots);
            Some(Draft { block, node })
        }
    }

    pub(super) fn offsets(&mut self) -> &mut [u32] {
        // SAFETY: the block is ours alone, and was zeroed.
        unsafe { &mut *parts(self.node).0.as_ptr() }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // SAFETY: the block is ours alone, and not used again.
        unsafe { free(self.block) };
    }
}

/// The size of an entry with this many offsets, in bytes. `None` when it would be too large.
fn entry_size(children: usize, (slots, width): (u32, u32)) -> Option<usize> {
    let offsets = children.checked_mul(size_of::<u32>())?;
    let slots = (slots as usize).checked_mul(width as usize)?;
    let size = size_of::<Entry>().checked_add(offsets)?.checked_add(slots)?;
    size.checked_next_multiple_of(align_of::<Entry>())
}

/// Writes the entry before its offsets and slots.
///
/// # Safety
/// Memory of [`entry_size`] bytes, aligned for an entry, and nobody else's.
unsafe fn begin(node: NonNull<Entry>, position: usize, children: u32, (slots, width): (u32, u32)) {
    // SAFETY: the caller's promise.
    unsafe { node.write(Entry::new(position, EntrySizes { children, slots, width })) };
}

/// Fills the slots, or gives them up: then keys are compared one by one.
///
/// # Safety
/// An entry with its offsets and with slots that are 0, nobody else's.
unsafe fn fill_slots(node: NonNull<Entry>, fill: impl FnOnce(u64, &[u32], &mut [u8], u32) -> bool) {
    // SAFETY: the caller's promise.
    unsafe {
        let (offsets, bytes) = parts(node);
        let slots = node.as_ref().value.slots;
        if slots != 0 && !fill(node.addr().get() as u64, offsets.as_ref(), &mut *bytes.as_ptr(), slots) {
            (*node.as_ptr()).value.slots = 0;
        }
    }
}

/// A thread that adds containers to the index of a message.
pub(super) struct Builder<'a> {
    index: &'a Index,
    /// The block for the next entries, not attached yet.
    block: Option<NonNull<Block>>,
    /// Its size, and how much of it is used, in bytes.
    size: usize,
    used: usize,
}

impl<'a> Builder<'a> {
    /// `None` without memory.
    pub(super) fn new(message: BlobRef<'a>) -> Option<Self> {
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
        // SAFETY: as in `find`.
        let index = unsafe { index.cast::<Index>().as_ref() };
        Some(Builder { index, block: None, size: 0, used: 0 })
    }

    /// Adds a container with these offsets, in a block that it shares, and publishes it as [`Builder::publish`] does. `None`
    /// without memory.
    pub(super) fn add(
        &mut self,
        position: usize,
        offsets: &[u32],
        slots: (u32, u32),
        fill: impl FnOnce(u64, &[u32], &mut [u8], u32) -> bool,
    ) -> Option<IndexedContainer<'a>> {
        let size = entry_size(offsets.len(), slots)?;
        let node = self.room(size)?.cast::<Entry>();
        // SAFETY: the room is ours alone, aligned for an entry, and large enough for it and both parts, which are
        // written before they are borrowed.
        let added = unsafe {
            begin(node, position, u32::try_from(offsets.len()).ok()?, slots);
            let (to, bytes) = parts(node);
            to.cast::<u32>().copy_from_nonoverlapping(NonNull::from(offsets).cast(), offsets.len());
            bytes.cast::<u8>().write_bytes(0, bytes.len());
            fill_slots(node, fill);
            self.index.list(position).add(node)
        };
        if added.is_ok() {
            self.used += size;
        }
        Some(IndexedContainer { node: added.err().unwrap_or(node), kept: PhantomData })
    }

    /// Publishes a container. `fill` takes the seed of the hashes, the offsets, and the slots, all 0, and returns whether
    /// keys are found by them. Returns the published entry, this one or another thread's.
    pub(super) fn publish(
        &self,
        draft: Draft,
        position: usize,
        fill: impl FnOnce(u64, &[u32], &mut [u8], u32) -> bool,
    ) -> IndexedContainer<'a> {
        let node = draft.node;
        // SAFETY: the draft is ours, all of it is written, and once it is added, its block stays as long as the message.
        let node = unsafe {
            fill_slots(node, fill);
            match self.index.list(position).add(node) {
                Ok(()) => {
                    self.index.blocks.push(draft.block);
                    core::mem::forget(draft);
                    node
                }
                Err(other) => other,
            }
        };
        IndexedContainer { node, kept: PhantomData }
    }

    /// Room for that many bytes, a multiple of an entry's alignment.
    fn room(&mut self, size: usize) -> Option<NonNull<u8>> {
        if self.block.is_none() || size > self.size - self.used {
            let more = (2 * self.size).min(SHARED);
            self.settle();
            let whole = size_of::<Block>().checked_add(size)?.max(more);
            let layout = Layout::from_size_align(whole, align_of::<Block>()).ok()?;
            // SAFETY: a block is not empty.
            let block = NonNull::new(unsafe { std::alloc::alloc(layout) })?.cast::<Block>();
            // SAFETY: new and large enough.
            unsafe { block.write(Block::new(whole, ())) };
            (self.block, self.size, self.used) = (Some(block), whole, size_of::<Block>());
        }
        // SAFETY: what is used is a part of the block.
        self.block.map(|block| unsafe { block.cast::<u8>().add(self.used) })
    }

    /// Attaches the block to the index if an entry in it was published, otherwise frees it.
    fn settle(&mut self) {
        let Some(block) = self.block.take() else { return };
        // SAFETY: the block is ours. Once attached it stays as long as the message; without entries nobody knows it.
        unsafe {
            if self.used == size_of::<Block>() {
                free(block);
            } else {
                self.index.blocks.push(block);
            }
        }
    }
}

impl Drop for Builder<'_> {
    fn drop(&mut self) {
        self.settle();
    }
}

/// # Safety
/// A block of [`Builder::room`]; not used again.
unsafe fn free(block: NonNull<Block>) {
    // SAFETY: the caller's promise; the layout is the one that the block was made with.
    unsafe {
        let layout = Layout::from_size_align_unchecked(block.as_ref().key(), align_of::<Block>());
        std::alloc::dealloc(block.cast().as_ptr(), layout);
    }
}

impl Index {
    /// An index for a message of this many words.
    fn make(words: usize) -> Option<NonNull<Attachment>> {
        let count = (words / 64).clamp(4, 1 << 20).next_power_of_two();
        let lists = new_lists(count)?;
        let attachment = Attachment { free: Index::free };
        match try_box(Index { attachment, blocks: List::new(), lists, count }) {
            Ok(index) => Some(NonNull::from(Box::leak(index)).cast()),
            Err(_) => {
                // SAFETY: they were just made.
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
        // SAFETY: the caller's promise: it is a whole `Index` in a box, and its lists and blocks are its own.
        unsafe {
            let index = Box::from_raw(attached.cast::<Index>().as_ptr());
            while let Some(block) = index.blocks.pop() {
                free(block);
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
/// The lists of [`new_lists`]; not used again.
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
