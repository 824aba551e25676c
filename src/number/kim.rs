//! Kim numbers: 7 bits per byte, the most significant group first, the high bit set in every byte except the last.
//! Source: Douglas Crockford's page on Kim. Only the shortest form of a number is valid, except for the signed form
//! of blobs: a first byte of 0x80 says that the magnitude of a negative number follows.

use crate::status::Status;

/// The largest size in bytes of a Kim number of 64 bits; the signed form may have one byte more.
pub const MAX_LENGTH: usize = 10;

/// A number as bytes on the stack.
#[derive(Clone, Copy)]
pub struct Encoded {
    bytes: [u8; MAX_LENGTH + 1],
    start: usize,
}

impl Encoded {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

/// The number of bytes of a Kim number.
#[inline]
pub const fn length(value: u64) -> usize {
    ((64 - (value | 1).leading_zeros()) as usize).div_ceil(7)
}

/// The largest number of bits that fits the eight bytes of [`spread`].
const EIGHT_BYTES: u32 = 56;
/// The high bits of all bytes but the last.
const MORE: u64 = 0x8080_8080_8080_8000;

/// A number of at most 56 bits as groups of seven bits in the bytes of a word, the last group in the lowest byte.
#[inline]
fn spread(value: u64) -> u64 {
    let halves = (value & 0x0FFF_FFFF) | ((value & 0x00FF_FFFF_F000_0000) << 4);
    let quarters = (halves & 0x0000_3FFF_0000_3FFF) | ((halves & 0x0FFF_C000_0FFF_C000) << 2);
    (quarters & 0x007F_007F_007F_007F) | ((quarters & 0x3F80_3F80_3F80_3F80) << 1)
}

/// The number whose groups of seven bits are in the bytes of a word; ignores their high bits.
#[inline]
fn gather(bytes: u64) -> u64 {
    let quarters = (bytes & 0x007F_007F_007F_007F) | ((bytes & 0x7F00_7F00_7F00_7F00) >> 1);
    let halves = (quarters & 0x0000_3FFF_0000_3FFF) | ((quarters & 0x3FFF_0000_3FFF_0000) >> 2);
    (halves & 0x0FFF_FFFF) | ((halves & 0x0FFF_FFFF_0000_0000) >> 4)
}

/// The bytes of a number of at most 56 bits, from the most significant byte of a word on, and their number; `None`
/// for a larger number.
#[inline]
pub(crate) fn encode_word(value: u64) -> Option<(u64, usize)> {
    if value >> EIGHT_BYTES != 0 {
        return None;
    }
    let length = length(value);
    Some((word_of(value, length), length))
}

/// The number whose bytes start at the most significant byte of a word, and their number; `None` when it continues
/// after the word, or is not in its shortest form.
#[inline]
pub(crate) fn decode_word(word: u64) -> Option<(u64, usize)> {
    let ends = !word & 0x8080_8080_8080_8080;
    if ends == 0 || word >> 56 == 0x80 {
        return None;
    }
    let length = ends.leading_zeros() as usize / 8 + 1;
    Some((gather(word >> (64 - 8 * length)), length))
}

/// The number that continues `first` with the bytes from the most significant byte of a word on, and its size in
/// bytes; `None` when it continues after the word. Does not check for the shortest form.
#[inline]
pub(crate) fn continue_word(first: u8, word: u64) -> Option<(u64, usize)> {
    let ends = !word & 0x8080_8080_8080_8080;
    if ends == 0 {
        return None;
    }
    let length = ends.leading_zeros() as usize / 8 + 1;
    let word = word & (u64::MAX >> 8) | u64::from(first) << 56;
    Some((gather(word >> (64 - 8 * length)), length))
}

/// The groups of seven bits of a number of at most 56 bits as `length` bytes, from the most significant byte of a
/// word on, with the high bit set in all but the last.
#[inline]
pub(crate) fn word_of(value: u64, length: usize) -> u64 {
    (spread(value) | MORE) << (64 - 8 * length)
}

/// The number in its shortest form.
#[inline]
pub fn encode(value: u64) -> Encoded {
    let mut bytes = [0; MAX_LENGTH + 1];
    let mut start = MAX_LENGTH;
    bytes[start] = value as u8 & 0x7F;
    let mut rest = value >> 7;
    while rest != 0 {
        start -= 1;
        bytes[start] = rest as u8 | 0x80;
        rest >>= 7;
    }
    Encoded { bytes, start }
}

/// The signed form: a negative number is the byte 0x80 and its magnitude.
#[inline]
pub fn encode_signed(value: i64) -> Encoded {
    let mut encoded = encode(value.unsigned_abs());
    if value < 0 {
        encoded.start -= 1;
        encoded.bytes[encoded.start] = 0x80;
    }
    encoded
}

/// The number at the start of `bytes`, and its size in bytes.
///
/// `Truncated`; `Malformed` when it is not the shortest form or has more than 64 bits.
#[inline]
pub fn decode(bytes: &[u8]) -> Result<(u64, usize), Status> {
    match bytes {
        [] => Err(Status::Truncated),
        [first @ 0..=0x7F, ..] => Ok((u64::from(*first), 1)),
        [0x80, ..] => Err(Status::Malformed),
        _ => match bytes.first_chunk::<8>().and_then(|eight| decode_word(u64::from_be_bytes(*eight))) {
            Some(decoded) => Ok(decoded),
            None => decode_long(bytes),
        },
    }
}

fn decode_long(bytes: &[u8]) -> Result<(u64, usize), Status> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate() {
        if value >> 57 != 0 {
            return Err(Status::Malformed);
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Ok((value, index + 1));
        }
    }
    Err(Status::Truncated)
}

/// The signed number at the start of `bytes`, and its size in bytes. As for [`decode`]; -0 and numbers beyond 64 bits
/// are `Malformed` too.
#[inline]
pub fn decode_signed(bytes: &[u8]) -> Result<(i64, usize), Status> {
    if let [0x80, rest @ ..] = bytes {
        let (magnitude, length) = decode(rest)?;
        if magnitude == 0 || magnitude > i64::MIN.unsigned_abs() {
            return Err(Status::Malformed);
        }
        return Ok(((magnitude as i64).wrapping_neg(), length + 1));
    }
    let (value, length) = decode(bytes)?;
    Ok((i64::try_from(value).map_err(|_| Status::Malformed)?, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_at_every_edge_survive_in_their_shortest_form() {
        for bits in 0..64 {
            for value in [1_u64 << bits, (1 << bits) - 1, u64::MAX >> bits, 1 << bits | 1] {
                let encoded = encode(value);
                assert_eq!(encoded.bytes().len(), length(value));
                assert_eq!(decode(encoded.bytes()), Ok((value, length(value))));
                assert_eq!(decode(&encoded.bytes()[..length(value) - 1]), Err(Status::Truncated));
                assert_eq!(decode_long(encoded.bytes()), Ok((value, length(value))));
                assert_eq!(decode(&[encoded.bytes(), &[0xFF; 8]].concat()), Ok((value, length(value))));
                assert_eq!(encode_word(value).is_some(), length(value) <= 8);
                if let Some((word, bytes)) = encode_word(value) {
                    assert_eq!(&word.to_be_bytes()[..bytes], encoded.bytes());
                    assert_eq!(
                        decode_word(word | u64::MAX.checked_shr(8 * bytes as u32).unwrap_or(0)),
                        Some((value, bytes))
                    );
                }
                for signed in [value as i64, (value as i64).wrapping_neg()] {
                    let encoded = encode_signed(signed);
                    assert_eq!(decode_signed(encoded.bytes()), Ok((signed, encoded.bytes().len())));
                }
            }
        }
    }

    #[test]
    fn other_forms_are_refused() {
        assert_eq!(decode(&[0x80, 0x01]), Err(Status::Malformed));
        assert_eq!(decode(&[0x80]), Err(Status::Malformed));
        assert_eq!(decode_signed(&[0x80]), Err(Status::Truncated));
        assert_eq!(decode_signed(&[0x80, 0x00]), Err(Status::Malformed));
        assert_eq!(decode_signed(&[0x80, 0x80, 0x01]), Err(Status::Malformed));
        let too_large = [0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00];
        assert_eq!(decode(&too_large), Err(Status::Malformed));
        assert_eq!(decode(&[0xFF; 40]), Err(Status::Malformed));
        let beyond = encode(1 << 63);
        assert_eq!(decode_signed(beyond.bytes()), Err(Status::Malformed));
    }
}
