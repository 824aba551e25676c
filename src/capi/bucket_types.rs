//! The types of bucket maps and sets in C.

use core::ffi::c_void;

use crate::bucket::{Tag, Value};

/// Flag: others read this memory's maps and sets who know the plain layout only. No index, no sharing, every
/// persistent change copies. Without an index, whatever looks for a key is O(n), changes in place too, and making a map
/// of n entries O(n^2).
pub const BUCKET_PLAIN: u32 = 1;
/// Flag: a string that is inserted is copied into a block of its own first.
pub const BUCKET_COPY_STRINGS: u32 = 2;
/// Flag: `alloc` gives blocks that are zero to their very end.
pub const BUCKET_ZEROED: u32 = 4;

/// A linear memory and what its owner does for us: a WebAssembly guest's, a heap's (`bucket_heap_memory`), a stone's
/// (`bucket_memory_of_stone`). What lies in it is not trusted; these fields and functions are. One thread at a time
/// may change a memory or what lies in it; reading from many at once is fine while nobody changes it.
///
/// Offsets are in bytes from `base`; 0 is nothing. No call keeps anything of the struct when it returns.
///
/// Any call may be LIMIT_EXCEEDED when it would look at more than sixteen times as many bytes as the memory has: only
/// long strings that overlap, or are there many times, make it. A call that is refused leaves every map as it was. What
/// it had built until then a heap takes back; another memory has no function for that: its collector finds it.
#[repr(C)]
pub struct bucket_memory {
    /// Where the memory lies now.
    pub base: *mut u8,
    /// Its size in bytes.
    pub length: usize,
    /// For the functions; we do not look at it.
    pub context: *mut c_void,
    /// `BUCKET_PLAIN`, `BUCKET_COPY_STRINGS`, `BUCKET_ZEROED`; other bits are 0.
    pub flags: u32,
    /// A new block of at least `size` bytes, 0 when there is no memory. It may run a collector, and move or grow the
    /// memory: then it sets `base` and `length` anew. NULL: the memory can only be read, and changes are IS_STONE.
    pub alloc: Option<unsafe extern "C" fn(memory: *mut bucket_memory, size: u32) -> u32>,
    /// Keeps a block from being collected until it is popped. NULL where nothing is collected.
    pub push_root: Option<unsafe extern "C" fn(memory: *mut bucket_memory, offset: u32)>,
    /// Ends the newest `count` roots. NULL where nothing is collected.
    pub pop_roots: Option<unsafe extern "C" fn(memory: *mut bucket_memory, count: u32)>,
    /// How many bytes a block really has, of which those that we did not ask for are zeroed. NULL when it has what
    /// was asked for.
    pub usable_size: Option<unsafe extern "C" fn(memory: *mut bucket_memory, offset: u32) -> u32>,
}

/// A memory of our own for bucket maps and sets, in which versions and strings are released one by one.
pub struct bucket_heap {
    _private: [u8; 0],
}

/// A string: where its UTF-8 bytes begin, and how many they are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct bucket_text {
    /// Offset in the memory.
    pub ptr: u32,
    /// In bytes.
    pub len: u32,
}

/// What a key or value is, by its tag.
#[repr(C)]
#[derive(Clone, Copy)]
pub union bucket_field {
    /// Tag `i`.
    pub i: i64,
    /// Tag `f`.
    pub f: f64,
    /// Tag `s`.
    pub s: bucket_text,
    /// Tag `b`: a boolean, a byte, a pointer.
    pub b: u32,
}

/// A key or a value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct bucket_value {
    /// `'i'`, `'f'`, `'s'` or `'b'`.
    pub tag: u8,
    /// What it is.
    pub r#as: bucket_field,
}

impl bucket_value {
    /// What a slot's field says under a tag. On little-endian machines a value lies
    /// as its field does.
    #[inline]
    pub(super) fn of_field(tag: Tag, bits: u64) -> Self {
        if cfg!(target_endian = "little") {
            let bits = if tag == Tag::Bits { bits & 0xFFFF_FFFF } else { bits };
            return bucket_value { tag: tag.letter(), r#as: bucket_field { i: bits as i64 } };
        }
        Value::from_bits(tag, bits).into()
    }
}

impl From<Value> for bucket_value {
    fn from(value: Value) -> Self {
        // All bytes are written, whichever field is.
        let mut field = bucket_field { i: 0 };
        match value {
            Value::Int(value) => field.i = value,
            Value::Float(value) => field.f = value,
            Value::Text { pointer, length } => field.s = bucket_text { ptr: pointer, len: length },
            Value::Bits(bits) => field.b = bits,
        }
        bucket_value { tag: value.tag().letter(), r#as: field }
    }
}
