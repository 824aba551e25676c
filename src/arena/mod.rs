//! Memory in scopes: taken in order, bounded by a budget, given back at once.

#[cfg(not(loom))]
mod scoped_heap;

#[cfg(not(loom))]
pub use scoped_heap::{HeapScope, HeapStatistics, ScopedHeap};
