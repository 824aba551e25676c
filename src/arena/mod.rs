//! Bump arenas: memory that is taken by moving a position and given back all at once, in scopes with budgets that
//! hold to the byte.
//!
//! [`Arena`] and [`ScopeGuard`] are the safe surface; [`RawArena`] is what C sees; [`ScopedHeap`] is a global allocator.

mod backing;
mod chunk;
mod cleanup;
mod guard;
mod position;
mod raw;
mod reset;
mod resize;
mod scope;
mod scope_stack;
mod scoped_heap;
mod statistics;

pub use backing::{Backing, MemoryLimit};
pub use cleanup::Run;
pub use guard::{Arena, ScopeGuard};
pub use raw::{DEFAULT_ALIGN, MAX_ALIGN, Options, RawArena};
pub use reset::Retain;
pub use scoped_heap::{HeapScope, HeapStatistics, ScopedHeap};
pub use statistics::Statistics;
