//! Messages to and from streams of Python's `pickle` format, which Python reads and writes with code in C. Only the
//! types of values that messages have are supported: neither the streams read here nor those written refer to code.
//! Nothing here recurses.
//!
//! Values without a Python equivalent are written as persistent IDs, which the reader of the stream resolves:
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
