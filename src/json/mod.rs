//! JSON text: messages to it and back, for tools and debugging; nested bucket maps to it and back. Nothing here
//! recurses: open containers are on the heap, and running out of memory is a status.
//!
//! Values that JSON does not have are objects whose first key is reserved:
//!
//! * a blob, stone or not: `{"$blob": "BASE64", "bits": 25}`, with `bits` only when it has no whole number of bytes;
//! * a private symbol: `{"$private": value}`; a system symbol: `{"$system": record}`.
//!
//! A record's own key that is a reserved one with any number of `$` before it gets one more `$`, which reading
//! removes. NaN, infinities and lone surrogates have no representation. Whole numbers of at most 56 bits are
//! integers, all others doubles. Reading allows at most 120 levels of nesting.
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

/// The depth limit for texts that are read and for bucket maps that are written.
const MAX_DEPTH: usize = 120;

const BLOB: &str = "$blob";
const BITS: &str = "bits";
const PRIVATE: &str = "$private";
const SYSTEM: &str = "$system";

/// Whether a key is a reserved one with any number of additional `$` before it.
fn is_reserved(key: &[u8]) -> bool {
    let name = key.iter().position(|byte| *byte != b'$').map_or(&b""[..], |at| &key[at..]);
    key.len() > name.len() && [BLOB, PRIVATE, SYSTEM].iter().any(|word| name == &word.as_bytes()[1..])
}
