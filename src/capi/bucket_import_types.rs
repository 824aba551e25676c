//! The types of guests' imports in C.

/// A block of a guest, and where something is in it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct bucket_place {
    /// The block's size in bytes; at most 64.
    pub size: u32,
    /// The offset in the block, in bytes.
    pub offset: u32,
}

/// How a guest lays optional values and arrays out in its memory. Bytes that are not mentioned are 0; numbers are
/// little-endian. Arrays of four are for the tags `i`, `f`, `s`, `b` in this order: fields of 8, 8, 8 (pointer, length)
/// and 4 bytes.
///
/// The usual layout, for NULL: `none` {4, 0}, tags 0 and 1, `some` {16, 8}, {16, 8}, {12, 4}, {8, 4}; `array_header`
/// {8, 0}, `array_strides` 8; `packed_strides` 8, 8, 8, 4.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct bucket_layout {
    /// `sizeof(bucket_layout)`.
    pub struct_size: usize,
    /// The block that means no value, and the offset of the tag (u32) in all optional values. With a size of 0 there is
    /// no such block, and no value is the pointer 0.
    pub none: bucket_place,
    /// The tag of no value.
    pub none_tag: u32,
    /// The tag of a value; it differs from `none_tag`.
    pub some_tag: u32,
    /// The blocks of values, and the offsets of the values in them.
    pub some: [bucket_place; 4],
    /// The header before the elements of an array in one block, and the offset of the count (u32) in it.
    pub array_header: bucket_place,
    /// Bytes from one element to the next in such an array: at least 8, 8, 8 and 1, at most 64.
    pub array_strides: [u32; 4],
    /// The same in an array without a header.
    pub packed_strides: [u32; 4],
}

/// The implementation of a guest's import.
pub struct bucket_import {
    _private: [u8; 0],
}
