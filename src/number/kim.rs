//! Kim: 7 bits a byte, the most significant group first, the high bit set on every byte but the last.
//! Source: Douglas Crockford's page on Kim. Only the shortest form of a number is a Kim number, but for the
//! signed form that blobs have: a first byte 80 says that the magnitude of a negative number follows.

use crate::Status;

/// No Kim number of 64 bits is longer, in bytes; the signed form may have one byte more.
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

/// How many bytes the number takes.
#[inline]
pub const fn length(value: u64) -> usize {
    ((64 - (value | 1).leading_zeros()) as usize).div_ceil(7)
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

/// The signed form: a negative number is the byte 80 and its magnitude.
#[inline]
pub fn encode_signed(value: i64) -> Encoded {
    let mut encoded = encode(value.unsigned_abs());
    if value < 0 {
        encoded.start -= 1;
        encoded.bytes[encoded.start] = 0x80;
    }
    encoded
}

/// The number at the start of `bytes`, and how many bytes it has.
///
/// `Truncated`; `Malformed` when it is not the shortest form or has more than 64 bits.
#[inline]
pub fn decode(bytes: &[u8]) -> Result<(u64, usize), Status> {
    match bytes {
        [] => Err(Status::Truncated),
        [first @ 0..=0x7F, ..] => Ok((u64::from(*first), 1)),
        [0x80, ..] => Err(Status::Malformed),
        _ => decode_long(bytes),
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

/// The signed number at the start of `bytes`, and how many bytes it has. As for [`decode`]; -0 and what
/// has no place in 64 bits are `Malformed` too.
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
