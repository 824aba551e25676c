//! Bump arenas: memory that is allocated by moving a position, and returned all at once, in scopes with exact
//! budgets.
//!
//! [`Arena`] and [`ScopeGuard`] are the safe interface, [`RawArena`] is the one for C, and [`ScopedHeap`] is a global
//! allocator.

mod backing;
mod chunk;
mod chunk_list;
mod cleanups;
mod guard;
mod options;
mod position;
mod protection;
mod raw;
mod reset;
mod resize;
mod scope;
mod scope_stack;
mod scoped_heap;
mod statistics;

pub use backing::{Backing, MemoryLimit};
pub use cleanups::Run;
pub use guard::{Arena, ScopeGuard};
pub use options::{Options, Retain};
pub use position::{DEFAULT_ALIGN, MAX_ALIGN};
pub use raw::RawArena;
pub use scoped_heap::{HeapScope, HeapStatistics, ScopedHeap};
pub use statistics::Statistics;
