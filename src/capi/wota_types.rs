//! The types and constants of Wota in C.

use crate::value::Kind;
use crate::wota::Item;

/// The type of a value in a message.
pub type wota_type = i32;
/// An integer of at most 56 bits.
pub const WOTA_INTEGER: wota_type = 0;
/// A double.
pub const WOTA_FLOAT: wota_type = 1;
/// An array of values.
pub const WOTA_ARRAY: wota_type = 2;
/// A record: pairs of a text, the key, and a value.
pub const WOTA_RECORD: wota_type = 3;
/// Bits, inline.
pub const WOTA_BLOB: wota_type = 4;
/// Characters.
pub const WOTA_TEXT: wota_type = 5;
/// One of `WOTA_NULL`, `WOTA_FALSE`, `WOTA_TRUE`, `WOTA_PRIVATE`, `WOTA_SYSTEM`.
pub const WOTA_SYMBOL: wota_type = 7;
/// A stone that the message holds.
pub const WOTA_STONE: wota_type = 8;
/// A reference to a value of another message, which this one holds; see `wota_enter` and `wota_read_value`.
pub const WOTA_VALUE: wota_type = 9;

/// Symbol: null. Symbols are not types: the type of all of them is `WOTA_SYMBOL`, and `wota_read_symbol` tells which
/// one it is.
pub const WOTA_NULL: i32 = 0;
/// Symbol: false.
pub const WOTA_FALSE: i32 = 2;
/// Symbol: true.
pub const WOTA_TRUE: i32 = 3;
/// Private-address symbol; exactly one value follows: the address.
pub const WOTA_PRIVATE: i32 = 8;
/// System-message symbol; exactly one record follows: the message.
pub const WOTA_SYSTEM: i32 = 9;

/// The dialect: which of the two published layouts of Wota. A message has one dialect throughout.
pub type wota_dialect = i32;
/// The layout of the cell engine: a preamble is `field << 8 | type`.
pub const WOTA_CLASSIC: wota_dialect = 0;
/// The layout with DEC64 numbers: a word is a number, or a preamble `field << 12 | type << 8 | 0x80`.
pub const WOTA_DEC64: wota_dialect = 1;
/// A flag that may be added to the dialect in `wota_transcode` and in the QuickJS binding's `drystone_js_encode`:
/// numbers that DEC64 cannot represent become the nearest ones.
pub const WOTA_NEAREST: wota_dialect = 0x100;

/// Limits on untrusted input. Wherever a `const wota_limits *` is expected, NULL means the defaults.
#[repr(C)]
pub struct wota_limits {
    /// `sizeof(wota_limits)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// How deep containers may nest; 0: the default, 512. At most 65535.
    pub max_depth: u32,
    /// The most 64-bit words that the input may have; 0: the default, 2^32.
    pub max_words: u64,
}

/// A position in a message, on the caller's stack; nothing has to be freed. Copy it by assignment to return to the
/// position later. The memory must be initialised by a call or zeroed.
#[repr(C)]
pub struct wota_reader {
    /// Private.
    pub reserved: [u64; 12],
}

/// Writes values from the outside in and makes a message of each complete one. One thread at a time.
pub struct wota_writer {
    _private: [u8; 0],
}

/// A value of a message, on the caller's stack; nothing has to be freed, and assignment copies it. It borrows the
/// message, which must be kept alive. Nothing is decoded: fields and elements are found in place. Where that takes
/// long, an index is added to the message. Any number of threads may make and use it at the same time; it is freed with
/// the message, and views work without it when memory is short. Any thread may use a view. The memory must be
/// initialised by a call or zeroed.
#[repr(C)]
pub struct wota_view {
    /// Private.
    pub reserved: [u64; 6],
}

/// A message taken apart into blobs: number 0 is the words, the others are what it holds, each once.
pub struct wota_parts {
    _private: [u8; 0],
}

/// The value of an item, by its type.
#[repr(C)]
#[derive(Clone, Copy)]
pub union wota_item_value {
    /// Of `WOTA_INTEGER`.
    pub integer: i64,
    /// Of `WOTA_FLOAT`.
    pub number: f64,
    /// Of `WOTA_ARRAY`: how many values follow; of `WOTA_RECORD`: how many pairs.
    pub count: u64,
    /// Of `WOTA_TEXT`: where in the buffer its UTF-8 begins, in bytes.
    pub text: u64,
    /// Of `WOTA_SYMBOL`.
    pub symbol: i64,
}

/// A value as `wota_read_items` returns it: a complete value, or the head of a container whose values are the items
/// after it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wota_item {
    /// The type; never `WOTA_BLOB`, `WOTA_STONE` or `WOTA_VALUE`.
    pub r#type: wota_type,
    /// Of `WOTA_TEXT`: how many bytes of UTF-8; else 0.
    pub length: u32,
    /// The value.
    pub r#as: wota_item_value,
}

impl wota_item {
    #[inline(always)]
    pub(super) fn of(item: Item) -> Self {
        let (kind, length, value) = match item {
            Item::Integer(integer) => (Kind::Integer, 0, wota_item_value { integer }),
            Item::Float(number) => (Kind::Float, 0, wota_item_value { number }),
            Item::Array(count) => (Kind::Array, 0, wota_item_value { count }),
            Item::Record(count) => (Kind::Record, 0, wota_item_value { count }),
            Item::Text { start, length } => (Kind::Text, length, wota_item_value { text: start as u64 }),
            Item::Symbol(symbol) => (Kind::Symbol, 0, wota_item_value { symbol: symbol as i64 }),
        };
        wota_item { r#type: kind as wota_type, length, r#as: value }
    }
}
