//! The scopes that a thread has open, innermost first, of all heaps, and the guards that close them.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use core::fmt;
use core::marker::PhantomData;
use core::ptr;
use std::alloc::{System, handle_alloc_error};

use super::chunks::Chunks;
use super::level::{Level, Survivors};

/// So many scopes need no memory for themselves.
const INLINE: usize = 16;

thread_local! {
    /// Nothing here is ever dropped, so that a heap can be used as long as its thread runs.
    static THREAD: Thread = const { Thread::new() };
}

struct Thread {
    innermost: Cell<*const Level>,
    /// Of the scope that was opened last.
    serial: Cell<u64>,
    /// A level is free if its heap is zero.
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
            // SAFETY: null, or a level that is linked, which it is no more before it goes.
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
        // SAFETY: memory for a level, and ours.
        unsafe { level.write(Level::new()) };
        level
    }

    /// The level is not linked any more, and has ended.
    fn free_level(&self, level: *const Level) {
        if !self.levels.as_ptr_range().contains(&level) {
            // SAFETY: it came from there, with that layout.
            unsafe { System.dealloc(level.cast_mut().cast(), Layout::new::<Level>()) };
        }
    }
}

/// Calls `work` with the innermost scope that this thread has open on the heap. `work` neither opens nor closes one.
#[inline]
pub(super) fn with_innermost<T>(heap: usize, work: impl FnOnce(Option<&Level>) -> T) -> T {
    THREAD.with(|thread| work(thread.innermost(heap)))
}

/// A block from behind the heap has become smaller by `size` bytes, or has gone: what any scopes of this thread were
/// charged for it is refunded, up to so much.
#[inline]
pub(super) fn refund(heap: usize, block: usize, mut size: usize) {
    THREAD.with(|thread| {
        for level in thread.levels().filter(|level| level.heap.get() == heap) {
            size -= level.refund(block, size);
        }
    });
}

/// A block from behind the heap is at another address.
pub(super) fn moved(heap: usize, from: usize, to: usize) {
    THREAD.with(|thread| {
        thread.levels().filter(|level| level.heap.get() == heap).for_each(|level| level.moved(from, to));
    });
}

/// What was charged to the scope of that serial is for this block; or it could not be had.
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
        // SAFETY: either of the two kinds is there until it is freed.
        let level = unsafe { &*place };
        level.begin(heap, serial, budget.min(rest));
        level.outer.set(thread.innermost.replace(place));
        HeapScope { chunks, serial, thread: PhantomData }
    })
}

/// Closes the scope of that serial, and those of the same heap within it. Nothing if it is closed already.
fn exit(chunks: &Chunks, serial: u64) {
    THREAD.with(|thread| {
        let Some(heap) = thread.levels().find(|level| level.serial.get() == serial) else {
            return;
        };
        let around = heap.outer.get();
        let heap = heap.heap.get();
        // SAFETY: null, or a level that is linked and stays.
        let mut heir = unsafe { around.as_ref() };
        while let Some(other) = heir.filter(|other| other.heap.get() != heap) {
            // SAFETY: as above.
            heir = unsafe { other.outer.get().as_ref() };
        }
        let mut survivors = Survivors::default();
        let mut link = &thread.innermost;
        loop {
            let place = link.get();
            // SAFETY: what is linked is there, and the scope to be closed is still to come.
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

/// A scope that is open on the thread which has entered it, until this guard is dropped.
///
/// Guards may be dropped in any order: leaving a scope closes those within it, and dropping the guard of one that
/// was closed so does nothing. A forgotten guard leaves its scope open, until one around it is left or the thread
/// ends (its chunks are then never used again, and what notes down a scope beyond the sixteenth is lost). A guard
/// stays on its thread:
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
    /// The scope is the thread's.
    thread: PhantomData<*const ()>,
}

impl HeapScope<'_> {
    /// The bytes used and the budget; nothing if the scope was closed.
    fn charged(&self) -> Option<(usize, usize)> {
        THREAD.with(|thread| {
            let level = thread.levels().find(|level| level.serial.get() == self.serial)?;
            let heap = level.heap.get();
            let inner = thread.levels().take_while(|inner| inner.serial.get() != self.serial);
            let inner: usize = inner.filter(|inner| inner.heap.get() == heap).map(Level::used).sum();
            Some((level.used() + inner, level.rest().saturating_sub(inner)))
        })
    }

    /// The bytes charged to this scope, those of open scopes within it included. Zero once it is closed.
    #[must_use]
    pub fn used(&self) -> usize {
        self.charged().map_or(0, |(used, _)| used)
    }

    /// How many more bytes its budget allows. Zero once it is closed.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.charged().map_or(0, |(_, rest)| rest)
    }

    /// Whether it is open: false after a scope around it was left.
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
