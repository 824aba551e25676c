//! Messages as trees of plain structs in an arena: decoded all at once, for random access instead of reading in
//! order. The structs are C's. Callers may also build them and encode them.

mod decode;
mod encode;
mod find;

pub use decode::decode;
pub use encode::encode;
pub use find::find;

use core::ffi::c_char;

use crate::blob::RawBlob;

/// UTF-8 bytes, not zero-terminated. Lone surrogates are three bytes each.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TextSlice {
    /// The first byte; arbitrary when the length is 0.
    pub utf8: *const c_char,
    /// The length in bytes.
    pub length: usize,
}

/// The elements of an array.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Elements {
    /// The first element; arbitrary when the count is 0.
    pub items: *const Node,
    /// The number of elements.
    pub count: usize,
}

/// The fields of a record, in the message's order: keys and their values.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// The first key; arbitrary when the count is 0.
    pub keys: *const TextSlice,
    /// The first value.
    pub values: *const Node,
    /// The number of keys, and of values.
    pub count: usize,
}

/// A symbol and the value that it carries.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Carrier {
    /// `WOTA_NULL`, `WOTA_FALSE`, `WOTA_TRUE`, `WOTA_PRIVATE`, `WOTA_SYSTEM`.
    pub code: i32,
    /// The value that a private or system symbol carries; NULL for the others.
    pub value: *const Node,
}

/// The content of a value, by its type.
#[repr(C)]
#[derive(Clone, Copy)]
pub union Content {
    /// `WOTA_INTEGER`: 56 bits.
    pub integer: i64,
    /// `WOTA_FLOAT`.
    pub number: f64,
    /// `WOTA_TEXT`.
    pub text: TextSlice,
    /// `WOTA_ARRAY`.
    pub array: Elements,
    /// `WOTA_RECORD`.
    pub record: Fields,
    /// `WOTA_BLOB`: a blob, on which the tree has a count.
    pub stone: *mut RawBlob,
    /// `WOTA_SYMBOL`.
    pub symbol: Carrier,
}

/// A value of a message, with its inner values.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Node {
    /// `WOTA_INTEGER`, `WOTA_FLOAT`, `WOTA_TEXT`, `WOTA_ARRAY`, `WOTA_RECORD`, `WOTA_BLOB` or `WOTA_SYMBOL`.
    pub r#type: i32,
    /// Whether there is an index for `wota_value_find` after the keys; must be 0 in values that the caller builds.
    pub indexed: u32,
    /// The content.
    pub r#as: Content,
}
