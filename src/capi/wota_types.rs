//! The types and numbers of Wota in C.

use crate::value::Kind;
use crate::wota::Item;

/// What stands at a place in a message.
pub type wota_type = i32;
/// A whole number of 56 bits.
pub const WOTA_INTEGER: wota_type = 0;
/// A double.
pub const WOTA_FLOAT: wota_type = 1;
/// So many values.
pub const WOTA_ARRAY: wota_type = 2;
/// So many pairs of a text and a value.
pub const WOTA_RECORD: wota_type = 3;
/// Bits, inline.
pub const WOTA_BLOB: wota_type = 4;
/// Characters.
pub const WOTA_TEXT: wota_type = 5;
/// One of `WOTA_NULL`, `WOTA_FALSE`, `WOTA_TRUE`, `WOTA_PRIVATE`, `WOTA_SYSTEM`.
pub const WOTA_SYMBOL: wota_type = 7;
/// A stone that the message holds.
pub const WOTA_STONE: wota_type = 8;
/// A reference to a value of a message that the message holds: `wota_enter`, `wota_read_value`.
pub const WOTA_VALUE: wota_type = 9;

/// Symbol: nothing.
pub const WOTA_NULL: i32 = 0;
/// Symbol: false.
pub const WOTA_FALSE: i32 = 2;
/// Symbol: true.
pub const WOTA_TRUE: i32 = 3;
/// Symbol: an address, which is the one value that follows.
pub const WOTA_PRIVATE: i32 = 8;
/// Symbol: a message of the system, which is the one record that follows.
pub const WOTA_SYSTEM: i32 = 9;

/// Which of the two published layouts of Wota. They may not be mixed.
pub type wota_dialect = i32;
/// The layout of the cell engine: a preamble is `field << 8 | type`.
pub const WOTA_CLASSIC: wota_dialect = 0;
/// The layout with DEC64 numbers: a word is a number, or a preamble `field << 12 | type << 8 | 0x80`.
pub const WOTA_DEC64: wota_dialect = 1;
/// A flag beside the dialect, for `wota_transcode` and the binding's `drystone_js_encode`: numbers that DEC64 cannot hold become the nearest.
pub const WOTA_NEAREST: wota_dialect = 0x100;

/// What an input may make a reader do. Where a `const wota_limits *` is asked for, NULL means the defaults.
#[repr(C)]
pub struct wota_limits {
    /// `sizeof(wota_limits)`; a smaller one is INVALID_ARGUMENT.
    pub struct_size: usize,
    /// How many containers may be open within each other; 0: the default, 512. Never more than 65535.
    pub max_depth: u32,
    /// How many 64-bit words the input may have; 0: the default, 2^32.
    pub max_words: u64,
}

/// A place in a message, on the caller's stack; nothing has to be freed. Copying it by assignment keeps
/// the place. Memory that is neither initialised nor zeroed is no reader.
#[repr(C)]
pub struct wota_reader {
    /// The library's own.
    pub reserved: [u64; 12],
}

/// Writes values from the outside in, and makes a message of each that is complete. One thread at a time.
pub struct wota_writer {
    _private: [u8; 0],
}

/// A value of a message, on the caller's stack; nothing has to be freed, and copying it by assignment makes another one. It
/// borrows the message, which somebody has to keep alive. Nothing is decoded: fields and elements are found where they are,
/// and where that is far, the way is noted in an index of the message, which any number of threads may make and use at
/// once, which is freed with the message, and which is done without when there is no memory. Any thread may use a view.
/// Memory that is neither one nor zeroed is no view.
#[repr(C)]
pub struct wota_view {
    /// The library's own.
    pub reserved: [u64; 6],
}

/// What a message consists of, as blobs: number 0 is the words, the others are what it holds, each once.
pub struct wota_parts {
    _private: [u8; 0],
}

/// What an item is, by its type.
#[repr(C)]
#[derive(Clone, Copy)]
pub union wota_item_value {
    /// Of `WOTA_INTEGER`.
    pub integer: i64,
    /// Of `WOTA_FLOAT`.
    pub number: f64,
    /// Of `WOTA_ARRAY` how many values, of `WOTA_RECORD` how many pairs come after it.
    pub count: u64,
    /// Of `WOTA_TEXT`: where in the buffer its UTF-8 begins, in bytes.
    pub text: u64,
    /// Of `WOTA_SYMBOL`.
    pub symbol: i64,
}

/// A value as `wota_read_items` gives it: one that is complete in itself, or the head of a container, whose values are
/// the items after it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wota_item {
    /// Which value: never `WOTA_BLOB`, `WOTA_STONE` or `WOTA_VALUE`.
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
