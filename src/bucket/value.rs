//! Fields of slots: what their 64 bits mean.

use crate::status::Status;

/// The type of a field. Buckets do not store it; their users know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// `i`: a signed 64-bit integer.
    Int = b'i',
    /// `f`: a binary64.
    Float = b'f',
    /// `s`: pointer and length of UTF-8 bytes in the memory.
    Text = b's',
    /// `b`: 32 bits (a boolean, a byte, a pointer), and 0 above.
    Bits = b'b',
}

impl Tag {
    /// The tag of its letter. `InvalidArgument`.
    #[inline]
    pub fn from_letter(letter: u8) -> Result<Self, Status> {
        const ALL: [Tag; 4] = [Tag::Int, Tag::Float, Tag::Text, Tag::Bits];
        ALL.into_iter().find(|tag| tag.letter() == letter).ok_or(Status::InvalidArgument)
    }

    /// Its letter.
    #[inline]
    pub const fn letter(self) -> u8 {
        self as u8
    }
}

/// A key or a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// `i`
    Int(i64),
    /// `f`
    Float(f64),
    /// `s`
    Text {
        /// Offset of the first byte; anything when the length is 0.
        pointer: u32,
        /// In bytes.
        length: u32,
    },
    /// `b`
    Bits(u32),
}

impl Value {
    pub(super) const EMPTY_TEXT: Value = Value::Text { pointer: 0, length: 0 };

    /// The value's tag.
    pub fn tag(&self) -> Tag {
        match self {
            Value::Int(_) => Tag::Int,
            Value::Float(_) => Tag::Float,
            Value::Text { .. } => Tag::Text,
            Value::Bits(_) => Tag::Bits,
        }
    }

    /// The value as a slot's field.
    #[inline]
    pub fn to_bits(self) -> u64 {
        match self {
            Value::Int(value) => value as u64,
            Value::Float(value) => value.to_bits(),
            Value::Text { pointer, length } => u64::from(pointer) | u64::from(length) << 32,
            Value::Bits(bits) => u64::from(bits),
        }
    }

    /// The value of a slot's field.
    #[inline]
    pub fn from_bits(tag: Tag, bits: u64) -> Self {
        match tag {
            Tag::Int => Value::Int(bits as i64),
            Tag::Float => Value::Float(f64::from_bits(bits)),
            Tag::Text => Value::Text { pointer: bits as u32, length: (bits >> 32) as u32 },
            Tag::Bits => Value::Bits(bits as u32),
        }
    }

    /// The block that a collector must keep for this value: the string, or whatever the 32 bits may point at.
    pub(super) fn block(&self) -> u32 {
        match *self {
            Value::Int(_) | Value::Float(_) => 0,
            Value::Text { pointer, length } => {
                if length == 0 {
                    0
                } else {
                    pointer
                }
            }
            Value::Bits(bits) => bits,
        }
    }
}

/// A key to search for: a value, or text that is not in the memory.
#[derive(Clone, Copy, Debug)]
pub enum Key<'k> {
    /// As in a slot.
    Value(Value),
    /// UTF-8 bytes from elsewhere, for keys with tag `s`.
    Text(&'k [u8]),
}

impl From<Value> for Key<'_> {
    fn from(value: Value) -> Self {
        Key::Value(value)
    }
}
