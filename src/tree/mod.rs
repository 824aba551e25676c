//! Messages as trees of plain structs in an arena: all at once, for those who would rather look things up than read
//! in order. The structs are C's, and may be made by hand to be encoded.

mod decode;
mod encode;
mod find;

pub use decode::decode;
pub use encode::encode;
pub use find::find;

use core::ffi::c_char;

use crate::blob::RawBlob;

/// UTF-8 bytes, not zero-terminated; lone surrogates are there as three bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TextSlice {
    /// The first byte; anything when there is none.
    pub utf8: *const c_char,
    /// In bytes.
    pub length: usize,
}

/// The elements of an array.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Elements {
    /// The first one; anything when there is none.
    pub items: *const Node,
    /// How many.
    pub count: usize,
}

/// The fields of a record, in the message's order: keys and their values.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// The first key; anything when there is none.
    pub keys: *const TextSlice,
    /// The first value.
    pub values: *const Node,
    /// How many of each.
    pub count: usize,
}

/// A symbol and what it carries.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Carrier {
    /// `WOTA_NULL`, `WOTA_FALSE`, `WOTA_TRUE`, `WOTA_PRIVATE`, `WOTA_SYSTEM`.
    pub code: i32,
    /// What the last two carry; NULL for the others.
    pub value: *const Node,
}

/// What a value is, by its type.
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
    /// `WOTA_BLOB`: any stone, which the tree has a count on.
    pub stone: *mut RawBlob,
    /// `WOTA_SYMBOL`.
    pub symbol: Carrier,
}

/// A value of a message, with all that is in it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Node {
    /// `WOTA_INTEGER`, `WOTA_FLOAT`, `WOTA_TEXT`, `WOTA_ARRAY`, `WOTA_RECORD`, `WOTA_BLOB` or `WOTA_SYMBOL`.
    pub r#type: i32,
    /// Whether `wota_value_find` has an index behind the keys: 0 in values that are made by hand.
    pub indexed: u32,
    /// What it is.
    pub r#as: Content,
}
