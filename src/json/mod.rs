//! JSON text: messages to it and back, for tools and debugging; nested bucket maps to it and back. Nothing
//! here recurses: what is open around a place is noted on the heap, and running out of memory is a status.
//!
//! What JSON has no word for is an object with one reserved key in front:
//!
//! * a blob, stone or not: `{"$blob": "BASE64", "bits": 25}`, `bits` only when they are no whole bytes;
//! * a private symbol: `{"$private": value}`; a system symbol: `{"$system": record}`.
//!
//! A record's own key that is one of these with any number of `$` in front gets one more `$`, which reading takes
//! away. NaN, infinities and lone surrogates have no form. Whole numbers of at most 56 bits are integers, all
//! others doubles. Reading nests at most 120 deep.
#![forbid(unsafe_code)]

#[cfg(not(loom))]
mod bucket;
mod put;
mod read;
#[cfg(not(loom))]
mod tape;
mod tokens;
mod write;

#[cfg(not(loom))]
pub use bucket::{JsonWord, bucket_from_json, json_from_bucket, json_from_bucket_within};
pub use read::message_from_json;
pub use write::{json_from_message, json_from_message_within};

/// How deep values nest in a text that is read, and in bucket maps that are written.
const MAX_DEPTH: usize = 120;

const BLOB: &str = "$blob";
const BITS: &str = "bits";
const PRIVATE: &str = "$private";
const SYSTEM: &str = "$system";

/// Whether a key is a reserved one behind any number of further `$`.
fn is_reserved(key: &[u8]) -> bool {
    let name = key.iter().position(|byte| *byte != b'$').map_or(&b""[..], |at| &key[at..]);
    key.len() > name.len() && [BLOB, PRIVATE, SYSTEM].iter().any(|word| name == &word.as_bytes()[1..])
}
