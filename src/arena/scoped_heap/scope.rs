//! The scopes that a thread has open, innermost first, of all heaps, and the guards that close them.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::ptr;
use std::alloc::{System, handle_alloc_error};

use super::chunks::Chunks;
use super::level::{Level, Survivors};

/// The number of scopes that need no memory for themselves.
const INLINE: usize = 16;

thread_local! {
    /// The state of a thread. It is never dropped, so that a heap can be used as long as its thread runs.
    static THREAD: Thread = const { Thread::new() };
}

struct Thread {
    innermost: Cell<*const Level>,
    /// The serial number of the newest scope.
    serial: Cell<u64>,
    /// A level is unused if its heap is zero.
    levels: [Level; INLINE],
}

impl Thread {
    const fn new() -> Self {
        Thread {
            innermost: Cell::new(ptr::null()),
            serial: Cell::new(0),
            levels: [const { Level::new() }; INLINE],
        }
    }

    /// The open scopes, innermost first.
    fn levels(&self) -> impl Iterator<Item = &Level> {
        let mut next = self.innermost.get();
        core::iter::from_fn(move || {
            // SAFETY: NULL, or a linked level, which is unlinked before it is freed.
            let level = unsafe { next.as_ref() }?;
            next = level.outer.get();
            Some(level)
        })
    }

    fn innermost(&self, heap: usize) -> Option<&Level> {
        self.levels().find(|level| level.heap.get() == heap)
    }

    fn new_level(&self) -> *const Level {
        if let Some(level) = self.levels.iter().find(|level| level.heap.get() == 0) {
            return level;
        }
        let layout = Layout::new::<Level>();
        // SAFETY: a level is not empty.
        let level: *mut Level = unsafe { System.alloc(layout) }.cast();
        if level.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: new memory for a level.
        unsafe { level.write(Level::new()) };
        level
    }

    /// The level is unlinked and its scope has ended.
    fn free_level(&self, level: *const Level) {
        if !self.levels.as_ptr_range().contains(&level) {
            // SAFETY: it was allocated there, with this layout.
            unsafe { System.dealloc(level.cast_mut().cast(), Layout::new::<Level>()) };
        }
    }
}

/// Calls `work` with the innermost scope that this thread has open on the heap. `work` neither opens nor closes one.
#[inline]
pub(super) fn with_innermost<T>(heap: usize, work: impl FnOnce(Option<&Level>) -> T) -> T {
    THREAD.with(|thread| work(thread.innermost(heap)))
}

/// A block of the backing allocator has shrunk by `size` bytes or was freed: refunds what this thread's scopes were
/// charged for it, up to that size.
#[inline]
pub(super) fn refund(heap: usize, block: usize, mut size: usize) {
    THREAD.with(|thread| {
        for level in thread.levels().filter(|level| level.heap.get() == heap) {
            size -= level.refund(block, size);
        }
    });
}

/// A block of the backing allocator moved to another address.
pub(super) fn moved(heap: usize, from: usize, to: usize) {
    THREAD.with(|thread| {
        thread.levels().filter(|level| level.heap.get() == heap).for_each(|level| level.moved(from, to));
    });
}

/// Assigns the bytes that were charged to the scope with this serial number to the block, or refunds them if there is
/// none.
pub(super) fn settle(serial: u64, block: Option<usize>, size: usize) {
    THREAD.with(|thread| {
        if let Some(level) = thread.levels().find(|level| level.serial.get() == serial) {
            match block {
                Some(block) => level.note(block, size),
                None => level.uncharge(size),
            }
        }
    });
}

/// Opens a scope.
pub(super) fn enter<'heap>(heap: usize, chunks: &'heap Chunks, budget: usize) -> HeapScope<'heap> {
    THREAD.with(|thread| {
        let rest = thread.innermost(heap).map_or(usize::MAX, Level::rest);
        let serial = thread.serial.get() + 1;
        thread.serial.set(serial);
        let place = thread.new_level();
        // SAFETY: a level of either kind exists until it is freed.
        let level = unsafe { &*place };
        level.begin(heap, serial, budget.min(rest));
        level.outer.set(thread.innermost.replace(place));
        HeapScope { chunks, serial, thread: PhantomData }
    })
}

/// Closes the scope with this serial number, and the nested scopes of the same heap. Does nothing if it is closed
/// already.
fn exit(chunks: &Chunks, serial: u64) {
    THREAD.with(|thread| {
        let Some(heap) = thread.levels().find(|level| level.serial.get() == serial) else {
            return;
        };
        let around = heap.outer.get();
        let heap = heap.heap.get();
        // SAFETY: NULL, or a linked level, which stays.
        let mut heir = unsafe { around.as_ref() };
        while let Some(other) = heir.filter(|other| other.heap.get() != heap) {
            // SAFETY: as above.
            heir = unsafe { other.outer.get().as_ref() };
        }
        let mut survivors = Survivors::default();
        let mut link = &thread.innermost;
        loop {
            let place = link.get();
            // SAFETY: linked levels exist, and the scope to be closed is further along the list.
            let level = unsafe { &*place };
            if level.heap.get() != heap {
                link = &level.outer;
                continue;
            }
            let last = level.serial.get() == serial;
            link.set(level.outer.get());
            survivors = survivors.and(level.end(chunks, heir));
            thread.free_level(place);
            if last {
                break;
            }
        }
        if let Some(heir) = heir {
            heir.inherit(survivors);
        }
    });
}

/// A scope that is open on the thread that entered it, until this guard is dropped.
///
/// Guards may be dropped in any order: leaving a scope closes the scopes within it, and dropping their guards later
/// does nothing. A forgotten guard leaves its scope open until an enclosing one is left or the thread ends (its
/// chunks are then never reused, and the memory for a scope beyond the sixteenth leaks). A guard stays on its thread:
///
/// ```compile_fail,E0277
/// # use drystone::arena::ScopedHeap;
/// static HEAP: ScopedHeap<std::alloc::System> = ScopedHeap::new(std::alloc::System);
/// let scope = HEAP.enter(1000);
/// std::thread::spawn(move || drop(scope));
/// ```
#[must_use = "the scope ends when the guard is dropped"]
pub struct HeapScope<'heap> {
    chunks: &'heap Chunks,
    serial: u64,
    /// The scope belongs to the thread.
    thread: PhantomData<*const ()>,
}

impl HeapScope<'_> {
    /// The bytes used and the budget; `None` if the scope is closed.
    fn charged(&self) -> Option<(usize, usize)> {
        THREAD.with(|thread| {
            let level = thread.levels().find(|level| level.serial.get() == self.serial)?;
            let heap = level.heap.get();
            let inner = thread.levels().take_while(|inner| inner.serial.get() != self.serial);
            let inner: usize = inner.filter(|inner| inner.heap.get() == heap).map(Level::used).sum();
            Some((level.used() + inner, level.rest().saturating_sub(inner)))
        })
    }

    /// The bytes charged to this scope, including those of open scopes within it. Zero once it is closed.
    #[must_use]
    pub fn used(&self) -> usize {
        self.charged().map_or(0, |(used, _)| used)
    }

    /// The number of bytes that its budget still allows. Zero once it is closed.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.charged().map_or(0, |(_, rest)| rest)
    }

    /// Whether it is open: false after an enclosing scope was left.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.charged().is_some()
    }
}

impl Drop for HeapScope<'_> {
    fn drop(&mut self) {
        exit(self.chunks, self.serial);
    }
}

impl fmt::Debug for HeapScope<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let charged = self.charged();
        let charged = charged.as_ref().map(|(used, rest)| (used, rest));
        formatter.debug_tuple("HeapScope").field(&charged).finish()
    }
}
