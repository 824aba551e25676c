//! Messages as streams of Python's `pickle` format, and back: for a binding in Python, whose interpreter reads and writes
//! that format in C. Only what messages are made of: nothing that is read here names code, and nothing that is written
//! does. Nothing here recurses.
//!
//! What Python has no value for is written as a persistent ID, whose meaning the reader of the stream knows:
//!
//! * a stone: its number among what the message holds;
//! * an inline blob: its bytes and its length in bits, as a pair;
//! * a private or a system symbol: its code, negated, called with the value that it carries.
#![forbid(unsafe_code)]

mod operation;
mod read;
mod write;

pub use read::message_from_pickle;
pub use write::{pickle_from_children, pickle_from_message};
