//! Fields of slots: what their 64 bits mean, and when two keys are the same.

use super::effort::{Effort, Late, look};
use super::hash::{hash_bits, hash_text};
use super::layout::text;
use crate::status::Status;

/// What a field holds; a bucket does not say, its users know.
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

    /// Its tag.
    pub fn tag(&self) -> Tag {
        match self {
            Value::Int(_) => Tag::Int,
            Value::Float(_) => Tag::Float,
            Value::Text { .. } => Tag::Text,
            Value::Bits(_) => Tag::Bits,
        }
    }

    /// The field that it is in a slot.
    #[inline]
    pub fn to_bits(self) -> u64 {
        match self {
            Value::Int(value) => value as u64,
            Value::Float(value) => value.to_bits(),
            Value::Text { pointer, length } => u64::from(pointer) | u64::from(length) << 32,
            Value::Bits(bits) => u64::from(bits),
        }
    }

    /// What a slot's field says.
    #[inline]
    pub fn from_bits(tag: Tag, bits: u64) -> Self {
        match tag {
            Tag::Int => Value::Int(bits as i64),
            Tag::Float => Value::Float(f64::from_bits(bits)),
            Tag::Text => Value::Text { pointer: bits as u32, length: (bits >> 32) as u32 },
            Tag::Bits => Value::Bits(bits as u32),
        }
    }

    /// The block that a collector has to keep for this value: a string's, or what the 32 bits may point at.
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

/// What is looked for: a value, or text that is not in the memory.
#[derive(Clone, Copy, Debug)]
pub enum Key<'k> {
    /// As it stands in a slot.
    Value(Value),
    /// UTF-8 bytes from elsewhere, for keys with tag `s`.
    Text(&'k [u8]),
}

impl From<Value> for Key<'_> {
    fn from(value: Value) -> Self {
        Key::Value(value)
    }
}

/// How keys of one tag are hashed and compared: as SameValueZero.
pub(super) trait Probe: Copy {
    /// The key's field when equal fields are all there is to being the same.
    fn field(&self) -> Option<u64> {
        None
    }

    fn hash(&self, seed: u64) -> u64;

    /// Whether a slot's key is this one. `Malformed` when it is a string outside the memory.
    /// `LimitExceeded` when too much of such strings was compared in vain.
    fn matches(&self, window: &[u8], key: u64, late: &mut Late) -> Result<bool, Status>;
}

/// `i`, `b`: by bits.
#[derive(Clone, Copy)]
pub(super) struct ExactKey(pub(super) u64);

impl Probe for ExactKey {
    #[inline(always)]
    fn field(&self) -> Option<u64> {
        Some(self.0)
    }

    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        hash_bits(seed, self.0)
    }

    #[inline]
    fn matches(&self, _: &[u8], key: u64, _: &mut Late) -> Result<bool, Status> {
        Ok(self.0 == key)
    }
}

/// `f`: NaN is NaN, and there is one zero.
#[derive(Clone, Copy)]
pub(super) struct FloatKey(pub(super) u64);

/// The bits that stand for all numbers that are the same key.
pub(super) fn canonical(bits: u64) -> u64 {
    let value = f64::from_bits(bits);
    if value == 0.0 {
        0
    } else if value.is_nan() {
        f64::NAN.to_bits() & (u64::MAX >> 1)
    } else {
        bits
    }
}

impl Probe for FloatKey {
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        hash_bits(seed, self.0)
    }

    #[inline]
    fn matches(&self, _: &[u8], key: u64, _: &mut Late) -> Result<bool, Status> {
        Ok(self.0 == canonical(key))
    }
}

/// `s`: by content.
#[derive(Clone, Copy)]
pub(super) struct TextKey<'k>(pub(super) &'k [u8]);

impl Probe for TextKey<'_> {
    #[inline]
    fn hash(&self, seed: u64) -> u64 {
        hash_text(seed, self.0)
    }

    #[inline]
    fn matches(&self, window: &[u8], key: u64, late: &mut Late) -> Result<bool, Status> {
        let length = (key >> 32) as u32;
        if length as usize != self.0.len() {
            return Ok(false);
        }
        let found = text(window, key as u32, length)?;
        if found == self.0 {
            look(found.len());
            return Ok(true);
        }
        if found.len() > BEGINNING {
            differ(window.len(), found, self.0, late)?;
        }
        Ok(false)
    }
}

/// So much of two strings is compared without being counted: a lookup compares no more often than there are slots or
/// entries.
const BEGINNING: usize = 32;

/// Counts what it took to see that two strings of one length are not the same.
#[cold]
#[inline(never)]
fn differ(length: usize, one: &[u8], other: &[u8], late: &mut Late) -> Result<(), Status> {
    let parts = one.as_chunks::<BEGINNING>().0.iter().zip(other.as_chunks::<BEGINNING>().0);
    let same = BEGINNING.saturating_mul(parts.take_while(|(one, other)| one == other).count());
    look(same.saturating_add(BEGINNING).min(one.len()));
    late.spend(length, same)
}

/// The hash of a slot's key. `Malformed` when it is a string outside the memory, `LimitExceeded` when too much of such
/// strings was hashed.
#[inline]
pub(super) fn hash_key(
    window: &[u8],
    tag: Tag,
    key: u64,
    seed: u64,
    effort: &mut Effort,
) -> Result<u64, Status> {
    Ok(match tag {
        Tag::Int | Tag::Bits => hash_bits(seed, key),
        Tag::Float => hash_bits(seed, canonical(key)),
        Tag::Text => {
            let key = text(window, key as u32, (key >> 32) as u32)?;
            effort.spend(key.len())?;
            hash_text(seed, key)
        }
    })
}
