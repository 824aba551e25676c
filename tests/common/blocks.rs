//! Blocks of scoped heaps that detect foreign writes.

#![allow(dead_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use drystone::arena::ScopedHeap;

/// Counts the blocks and bytes that are allocated and not yet freed.
pub(crate) struct Counting {
    blocks: AtomicUsize,
    bytes: AtomicUsize,
}

impl Counting {
    pub(crate) const fn new() -> Self {
        Counting { blocks: AtomicUsize::new(0), bytes: AtomicUsize::new(0) }
    }

    pub(crate) fn alive(&self) -> (usize, usize) {
        (self.blocks.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }
}

// SAFETY: blocks come from the system's allocator and are returned to it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.blocks.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        self.blocks.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

fn layout(size: usize, align: usize) -> Layout {
    Layout::from_size_align(size, align).unwrap()
}

/// A block of a heap, filled with a byte value of its own.
pub(crate) struct Block {
    pub(crate) start: *mut u8,
    pub(crate) layout: Layout,
    fill: u8,
}

// SAFETY: it is the only owner of its memory.
unsafe impl Send for Block {}

impl Block {
    pub(crate) fn new<A: GlobalAlloc>(
        heap: &ScopedHeap<A>,
        size: usize,
        align: usize,
        fill: u8,
    ) -> Option<Self> {
        let layout = layout(size, align);
        // SAFETY: the size is not zero.
        let start = unsafe { heap.alloc(layout) };
        Self::filled(start, layout, fill)
    }

    pub(crate) fn zeroed<A: GlobalAlloc>(
        heap: &ScopedHeap<A>,
        size: usize,
        align: usize,
        fill: u8,
    ) -> Option<Self> {
        let layout = layout(size, align);
        // SAFETY: the size is not zero.
        let start = unsafe { heap.alloc_zeroed(layout) };
        let block = Block { start, layout, fill: 0 };
        if !start.is_null() {
            block.check();
        }
        Self::filled(start, layout, fill)
    }

    fn filled(start: *mut u8, layout: Layout, fill: u8) -> Option<Self> {
        if start.is_null() {
            return None;
        }
        assert_eq!(start.addr() % layout.align(), 0);
        // SAFETY: a block of that size.
        unsafe { start.write_bytes(fill, layout.size()) };
        Some(Block { start, layout, fill })
    }

    pub(crate) fn check(&self) {
        self.check_first(self.layout.size());
    }

    fn check_first(&self, size: usize) {
        // SAFETY: a block of at least that size, which was filled.
        let bytes = unsafe { std::slice::from_raw_parts(self.start, size) };
        assert!(bytes.iter().all(|byte| *byte == self.fill), "a block was overwritten");
    }

    /// False, and unchanged, if refused.
    pub(crate) fn resize<A: GlobalAlloc>(&mut self, heap: &ScopedHeap<A>, size: usize) -> bool {
        // SAFETY: a block of that heap and layout; the size is not zero.
        let start = unsafe { heap.realloc(self.start, self.layout, size) };
        if start.is_null() {
            self.check();
            return false;
        }
        self.start = start;
        self.check_first(size.min(self.layout.size()));
        *self = Self::filled(start, layout(size, self.layout.align()), self.fill).unwrap();
        true
    }

    pub(crate) fn free<A: GlobalAlloc>(self, heap: &ScopedHeap<A>) {
        self.check();
        // SAFETY: a block of that heap and layout.
        unsafe { heap.dealloc(self.start, self.layout) };
    }
}
