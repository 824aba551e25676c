//! Messages in parts: the words, and each stone or held message once, as separate blobs, for any transport of blobs.
//!
//! Everything that a message holds, directly or through messages, is a *thing*; the message is thing 0, and things come
//! before the things that they hold, so there are no cycles. Part 0 is little-endian words:
//!
//! ```text
//! version << 12 | F80          never the first word of a value, in either dialect
//! the number of things
//! for each thing:   its part << 8 | its kind     part 0: its bytes are below;
//!                                                kind 0: a stone; kind 1 or 2: a message, by dialect
//!                   its length in bits
//!                   of a message: how many blobs it holds, and the number of the thing for each of them
//! the bytes of the things whose part is 0, in order, each padded with zeros to whole words
//! ```
//!
//! A message's own words are unchanged: an index in them is an index into the blobs that the message holds. Parts 1, 2,
//! 3 … are the things themselves; a message's words are little-endian.

mod read;
mod write;

pub use read::from_parts;
pub(crate) use write::Things;
pub use write::to_parts;

use crate::blob::Blob;

/// The first word of part 0, version 1.
const HEAD: u64 = 1 << 12 | 0xF80;

/// The kind of a stone; the kind of a message is the number of its dialect.
const STONE: u64 = 0;

/// The parts of a message, each with a count.
#[derive(Debug)]
pub struct Parts(Vec<Blob>);

impl Parts {
    /// The number of parts; at least one.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// A part; part 0 is the words.
    pub fn get(&self, number: usize) -> Option<&Blob> {
        self.0.get(number)
    }

    /// All parts.
    pub fn all(&self) -> &[Blob] {
        &self.0
    }
}
