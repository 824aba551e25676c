//! The types of bucket maps and sets in C.

use core::ffi::c_void;

use crate::bucket::{Tag, Value};

/// Flag: this memory's maps and sets are also read by code that knows only the plain layout. Buckets have no index and
/// are not shared, so every persistent change copies the entries. Without an index each lookup of a key is O(n), also
/// in changes in place, and making a map of n entries is O(n^2).
pub const BUCKET_PLAIN: u32 = 1;
/// Flag: inserted strings are first copied into blocks of their own.
pub const BUCKET_COPY_STRINGS: u32 = 2;
/// Flag: `alloc` returns zeroed blocks, also beyond the requested size.
pub const BUCKET_ZEROED: u32 = 4;

/// A linear memory and the functions of its owner: that of a WebAssembly guest, a heap (`bucket_heap_memory`) or a
/// stone (`bucket_memory_of_stone`). Its contents are not trusted; these fields and functions are. One thread at a time
/// may change a memory or its contents; many threads may read at once while nobody changes it.
///
/// Offsets are in bytes from `base`; 0 is never the offset of a block. No call uses the struct after it returns, except
/// that a `bucket_table` refers to it.
///
/// Any call may return LIMIT_EXCEEDED when it would look at more than sixteen times as many bytes as the memory has;
/// only long strings that overlap or occur many times cause that. A call that fails leaves every map unchanged. Blocks
/// that it had allocated until then are freed on a heap; elsewhere they are left to the collector.
#[repr(C)]
pub struct bucket_memory {
    /// Where the memory is now.
    pub base: *mut u8,
    /// Its size in bytes.
    pub length: usize,
    /// For the functions; the library does not use it.
    pub context: *mut c_void,
    /// `BUCKET_PLAIN`, `BUCKET_COPY_STRINGS`, `BUCKET_ZEROED`; other bits are 0.
    pub flags: u32,
    /// Returns a new block of at least `size` bytes, or 0 when there is no memory. It may run a collector, and may move
    /// or grow the memory: in that case it updates `base` and `length`. NULL: the memory is read-only, and calls that
    /// would change it return IS_STONE.
    pub alloc: Option<unsafe extern "C" fn(memory: *mut bucket_memory, size: u32) -> u32>,
    /// Protects a block from the collector until it is popped. NULL when there is no collector.
    pub push_root: Option<unsafe extern "C" fn(memory: *mut bucket_memory, offset: u32)>,
    /// Pops the newest `count` roots. NULL when there is no collector.
    pub pop_roots: Option<unsafe extern "C" fn(memory: *mut bucket_memory, count: u32)>,
    /// Returns how many bytes a block really has; the library zeroes those beyond the requested size. NULL when blocks
    /// have exactly the requested size.
    pub usable_size: Option<unsafe extern "C" fn(memory: *mut bucket_memory, offset: u32) -> u32>,
}

/// A linear memory that the library owns, for bucket maps and sets. The caller releases the versions and strings in it
/// one by one.
pub struct bucket_heap {
    _private: [u8; 0],
}

/// A string: the offset of its UTF-8 bytes, and how many there are.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct bucket_text {
    /// Offset in the memory.
    pub ptr: u32,
    /// In bytes.
    pub len: u32,
}

/// The content of a key or value, by its tag.
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
    /// The content.
    pub r#as: bucket_field,
}

/// An opened map or set, usually on the caller's stack. It may be copied, and nothing has to be closed. Several
/// threads may use it at the same time while nobody changes the memory.
///
/// A table is a shortcut, not a copy: every call through it answers for the map or set as it is *now*. Each call
/// checks whether the version has changed since it was opened. When its bucket was changed by an insertion, or was
/// replaced, or the memory has moved, calls give the right answer but take longer than those without a
/// table, until the map or set is opened again. Overwriting a value changes nothing, nor do removals that keep the
/// bucket, and the memory may grow where it is. Only maps and sets with an index become faster: those with more than
/// eight entries outside of `BUCKET_PLAIN` memories. `drystone_inline.h` compiles the common case of
/// `bucket_table_get` and `bucket_table_get_integer` into the caller.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct bucket_table {
    /// Private. All zero means no table: calls return INVALID_ARGUMENT.
    pub reserved: [u64; 20],
}

impl bucket_value {
    /// The content of a slot's field under a tag. On little-endian machines a value has the same bytes as its field.
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
        // All bytes of the union are written, whichever field is used.
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
