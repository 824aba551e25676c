//! Options of a new arena, and what a reset keeps.

use super::backing::{Backing, MemoryLimit};

/// Options of a new arena.
#[derive(Clone)]
pub struct Options {
    /// The size of the first chunk, in bytes. Each further chunk is twice as large as the one before.
    pub initial_chunk: usize,
    /// The largest size to which chunks grow, in bytes. A larger block gets a chunk of its own size. When more than
    /// half of the bytes of the chunks in use is abandoned, the next chunk may be larger.
    pub max_chunk: usize,
    /// The largest total size of all chunks, in bytes; 0 for no limit. Spare chunks are returned before a request is
    /// refused.
    pub footprint_limit: usize,
    /// The largest number of bytes in use at once; 0 for no limit.
    pub budget: usize,
    /// The largest number of nested scopes; at most 65535.
    pub max_depth: u32,
    /// Only the thread that made the arena may use it.
    pub checked: bool,
    /// Returned bytes are overwritten.
    pub scrub: bool,
    /// Blocks are zero.
    pub zero: bool,
    /// The source of memory.
    pub backing: Backing,
    /// A limit shared with other arenas.
    pub shared: Option<MemoryLimit>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            initial_chunk: 4 << 10,
            max_chunk: 1 << 20,
            footprint_limit: 0,
            budget: 0,
            max_depth: 1024,
            checked: false,
            scrub: false,
            zero: false,
            backing: Backing::SYSTEM,
            shared: None,
        }
    }
}

/// Which chunks a reset keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retain {
    /// Every chunk.
    All,
    /// The largest one.
    Largest,
    /// Chunks with at most this many bytes in total.
    Limit(usize),
    /// None.
    None,
}
