//! Keys: when two are the same, and their hashes.
//!
//! The hashes are part of the layout, as another version of this library may read a bucket that this one made: they
//! never change.

use super::effort::{Effort, Late, look};
use super::layout::{chunk, text};
use super::value::Tag;
use crate::status::Status;

/// How keys of one tag are hashed and compared: as SameValueZero.
pub(super) trait Probe: Copy {
    /// The key's field, if two keys are the same exactly when their fields are equal.
    fn field(&self) -> Option<u64> {
        None
    }

    fn hash(&self, seed: u64) -> u64;

    /// Whether a slot's key is this one. `Malformed` when it is a string outside the memory, `LimitExceeded` when too
    /// many bytes of unequal strings were compared.
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

/// `f`: NaN equals NaN, and 0 equals -0.
#[derive(Clone, Copy)]
pub(super) struct FloatKey(pub(super) u64);

/// The same bits for all numbers that are the same key.
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

/// This many bytes of two strings are compared without being counted: a lookup compares at most once per slot or entry.
const BEGINNING: usize = 32;

/// Counts the bytes compared until two strings of the same length turned out to differ.
#[cold]
#[inline(never)]
fn differ(length: usize, one: &[u8], other: &[u8], late: &mut Late) -> Result<(), Status> {
    let parts = one.as_chunks::<BEGINNING>().0.iter().zip(other.as_chunks::<BEGINNING>().0);
    let same = BEGINNING.saturating_mul(parts.take_while(|(one, other)| one == other).count());
    look(same.saturating_add(BEGINNING).min(one.len()));
    late.spend(length, same)
}

/// The hash of a slot's key. `Malformed` when it is a string outside the memory, `LimitExceeded` when too many bytes of
/// strings were hashed.
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

/// Odd, with about as many ones as zeros: digits of the golden ratio and of pi.
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
const SECOND: u64 = 0x2436_3F84_D188_5A31;

/// Both halves of the product combined: every bit of one factor affects every bit of the result.
#[inline]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    product as u64 ^ (product >> 64) as u64
}

/// The hash of a field of 64 bits.
#[inline]
pub(super) fn hash_bits(seed: u64, bits: u64) -> u64 {
    fold(bits ^ seed, MULTIPLIER)
}

/// The hash of a string: sixteen bytes per step, then the last sixteen, which may overlap the ones before.
#[inline]
pub(crate) fn hash_text(seed: u64, bytes: &[u8]) -> u64 {
    look(bytes.len());
    let state = first_state(seed, bytes.len());
    let (first, last) = ends(bytes);
    let state = if bytes.len() > 16 { long_text(state, bytes) } else { state };
    fold(mix(state, first, last), SECOND)
}

#[inline(always)]
fn first_state(seed: u64, length: usize) -> u64 {
    seed ^ (length as u64).wrapping_mul(SECOND)
}

/// A text of 8 to 16 bytes, as most keys are: its length, and its first and last eight bytes.
#[derive(Clone, Copy)]
pub(crate) struct ShortText {
    length: usize,
    first: [u8; 8],
    last: [u8; 8],
}

impl ShortText {
    /// `None` for any other length.
    #[inline(always)]
    pub(crate) fn new(text: &[u8]) -> Option<Self> {
        if text.len() > 16 {
            return None;
        }
        Some(ShortText { length: text.len(), first: *text.first_chunk()?, last: *text.last_chunk()? })
    }

    /// As [`hash_text`].
    #[inline(always)]
    pub(super) fn hash(self, seed: u64) -> u64 {
        look(self.length);
        let (first, last) = (u64::from_le_bytes(self.first), u64::from_le_bytes(self.last));
        fold(mix(first_state(seed, self.length), first, last), SECOND)
    }

    /// Whether a slot's key is this text; false when it is a string outside the memory.
    #[inline(always)]
    pub(super) fn is_key(self, window: &[u8], key: u64) -> bool {
        let (pointer, length) = (key as u32 as usize, (key >> 32) as usize);
        length == self.length
            && chunk(window, pointer) == Ok(&self.first)
            && chunk(window, pointer.wrapping_add(self.length.wrapping_sub(8))) == Ok(&self.last)
    }
}

/// All steps but the last.
fn long_text(state: u64, bytes: &[u8]) -> u64 {
    let before = bytes.len().div_ceil(16).wrapping_sub(1);
    bytes.as_chunks::<16>().0.iter().take(before).fold(state, |state, step| {
        let both = u128::from_le_bytes(*step);
        mix(state, both as u64, (both >> 64) as u64)
    })
}

/// The last sixteen bytes in two halves; for a shorter string all its bytes, some of them twice. Together with the
/// length, which is hashed too, they distinguish any two strings.
#[inline]
fn ends(bytes: &[u8]) -> (u64, u64) {
    if let Some(last) = bytes.last_chunk::<16>() {
        let both = u128::from_le_bytes(*last);
        return (both as u64, (both >> 64) as u64);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        return (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    }
    (bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)), 0)
}

/// Whether two strings are equal. Most keys have 8 to 16 bytes, and are compared by their first and last eight.
#[inline(always)]
pub(super) fn same_text(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    if !(8..=16).contains(&one.len()) {
        return one == other;
    }
    let ends = |text: &[u8]| Some((*text.first_chunk::<8>()?, *text.last_chunk::<8>()?));
    ends(one) == ends(other)
}

/// Both factors depend on the state, so a text cannot make one of them zero without knowing the seed.
#[inline]
fn mix(state: u64, first: u64, last: u64) -> u64 {
    fold(first ^ state, last ^ state.rotate_left(32) ^ MULTIPLIER)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memories and files contain them.
    #[test]
    fn hashes_never_change() {
        assert_eq!(hash_bits(1, 2), fold(3, MULTIPLIER));
        let text: Vec<u8> = (0..40).collect();
        let known = [0, 1, 15, 16, 17, 32, 40].map(|length| hash_text(7, &text[..length]));
        assert_eq!(known, KNOWN);
    }

    const KNOWN: [u64; 7] = [
        1_724_232_199_148_145_043,
        17_312_020_538_826_094_722,
        16_413_532_846_379_034_667,
        2_014_771_778_909_846_626,
        4_641_587_519_519_703_762,
        3_615_967_527_597_214_770,
        11_007_814_635_052_651_813,
    ];

    #[test]
    fn short_texts_are_hashed_and_compared_as_others_are() {
        let bytes: Vec<u8> = (0..40).collect();
        for length in 0..40 {
            let text = &bytes[..length];
            let short = ShortText::new(text);
            assert_eq!(short.is_some(), (8..=16).contains(&length));
            let Some(short) = short else { continue };
            assert_eq!(short.hash(7), hash_text(7, text));
            let key = |at: usize, length: usize| (length as u64) << 32 | at as u64;
            let mut window = [&[0; 24], text].concat();
            assert!(short.is_key(&window, key(24, length)));
            assert!(!short.is_key(&window, key(24, length - 1)));
            assert!(!short.is_key(&window, key(25, length)));
            assert!(!short.is_key(&window, key(u32::MAX as usize, length)));
            assert!(!short.is_key(&window[1..], key(24, length)));
            for at in 24..24 + length {
                window[at] ^= 1;
                assert!(!short.is_key(&window, key(24, length)), "{at} {length}");
                window[at] ^= 1;
            }
        }
    }

    #[test]
    fn lengths_tell_zeros_apart() {
        let zeros = [0; 64];
        let mut hashes: Vec<u64> = (0..64).map(|length| hash_text(99, &zeros[..length])).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 64);
    }
}
