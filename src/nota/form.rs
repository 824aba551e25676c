//! The preamble: type, sign, and a number that continues in Kim bytes.

use crate::number::kim;
use crate::status::Status;
use crate::value::Kind;

/// The types, as encoded in bits 4 to 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Type {
    Blob = 0x00,
    Text = 0x10,
    Array = 0x20,
    Record = 0x30,
    /// A coefficient and a positive power of ten.
    Large = 0x40,
    /// A coefficient and a negative power of ten.
    Small = 0x50,
    Integer = 0x60,
    Symbol = 0x70,
}

const CONTINUE: u8 = 0x80;
const SIGN: u8 = 0x08;

impl Type {
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn of(byte: u8) -> Type {
        match byte & 0x70 {
            0x00 => Type::Blob,
            0x10 => Type::Text,
            0x20 => Type::Array,
            0x30 => Type::Record,
            0x40 => Type::Large,
            0x50 => Type::Small,
            0x60 => Type::Integer,
            _ => Type::Symbol,
        }
    }

    /// The type of the preamble at the start of `bytes`. `Truncated`.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn read(bytes: &[u8]) -> Result<Type, Status> {
        bytes.first().map(|first| Type::of(*first)).ok_or(Status::Truncated)
    }

    #[inline]
    pub(super) fn kind(self) -> Kind {
        match self {
            Type::Blob => Kind::Blob,
            Type::Text => Kind::Text,
            Type::Array => Kind::Array,
            Type::Record => Kind::Record,
            Type::Large | Type::Small => Kind::Float,
            Type::Integer => Kind::Integer,
            Type::Symbol => Kind::Symbol,
        }
    }

    /// Whether bit 3 is a sign, so that there are three data bits.
    fn is_signed(self) -> bool {
        matches!(self, Type::Large | Type::Small | Type::Integer)
    }

    fn data_bits(self) -> u32 {
        if self.is_signed() { 3 } else { 4 }
    }
}

/// The largest size of a preamble with its Kim bytes.
pub(super) const MAX_HEAD: usize = 11;

/// Writes a preamble with a number to the start of `room`; returns the number of bytes. For counts, of which nearly all
/// have one or two bytes.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(super) fn put(room: &mut [u8; MAX_HEAD], kind: Type, negative: bool, number: u64) -> usize {
    let first = kind as u8 | if negative { SIGN } else { 0 };
    if number >> kind.data_bits() == 0 {
        room[0] = first | number as u8;
        return 1;
    }
    if number >> (kind.data_bits() + 7) == 0 {
        room[0] = first | CONTINUE | (number >> 7) as u8;
        room[1] = number as u8 & 0x7F;
        return 2;
    }
    put_long(room, first, kind.data_bits(), number)
}

#[inline]
fn put_long(room: &mut [u8; MAX_HEAD], first: u8, data_bits: u32, number: u64) -> usize {
    // As many groups of seven bits as needed until the rest fits the data bits.
    let groups = (64 - number.leading_zeros()).saturating_sub(data_bits).div_ceil(7);
    if groups < 8
        && let Some(eight) = room.first_chunk_mut()
    {
        let first = u64::from(first) << 56;
        *eight = (kim::word_of(number, groups as usize + 1) | first).to_be_bytes();
        return groups as usize + 1;
    }
    put_longest(room, first, groups, number)
}

/// The same for a magnitude, whose size is hard to predict: there is no branch on it.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(super) fn put_magnitude(room: &mut [u8; MAX_HEAD], kind: Type, negative: bool, number: u64) -> usize {
    put_long(room, kind as u8 | if negative { SIGN } else { 0 }, kind.data_bits(), number)
}

#[cold]
#[inline(never)]
fn put_longest(room: &mut [u8; MAX_HEAD], first: u8, groups: u32, number: u64) -> usize {
    room[0] = first | CONTINUE | number.checked_shr(7 * groups).unwrap_or(0) as u8;
    for group in 0..groups {
        let more = if group == 0 { 0 } else { CONTINUE };
        room[(groups - group) as usize] = (number >> (7 * group)) as u8 & 0x7F | more;
    }
    groups as usize + 1
}

/// The content of a preamble and its Kim bytes.
#[derive(Clone, Copy)]
pub(super) struct Preamble {
    pub(super) kind: Type,
    pub(super) negative: bool,
    /// The number of bits, characters, elements or pairs; the power of ten; the magnitude; or the symbol.
    pub(super) number: u64,
    /// The size in bytes.
    pub(super) length: usize,
}

impl Preamble {
    /// The preamble at the start of `bytes`. `Truncated`; `Malformed` when it is not in its shortest form or has more
    /// than 64 bits.
    #[inline]
    pub(super) fn read(bytes: &[u8]) -> Result<Preamble, Status> {
        Preamble::of(Type::read(bytes)?, bytes)
    }

    /// The same for a known type, which is cheaper.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(super) fn of(kind: Type, bytes: &[u8]) -> Result<Preamble, Status> {
        let first = *bytes.first().ok_or(Status::Truncated)?;
        let (sign, data_bits) = if kind.is_signed() { (SIGN, 3) } else { (0, 4) };
        let negative = first & sign != 0;
        let start = first & 0x0F & !sign;
        if first & CONTINUE == 0 {
            return Ok(Preamble { kind, negative, number: start.into(), length: 1 });
        }
        let (number, length) = continued(bytes, start, data_bits)?;
        Ok(Preamble { kind, negative, number, length })
    }
}

/// The number that starts with the data bits of a preamble and continues after it, and its size in bytes.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn continued(bytes: &[u8], start: u8, data_bits: u32) -> Result<(u64, usize), Status> {
    // Most counts have two bytes. For magnitudes, which do not, the branch would only cost a misprediction.
    if data_bits == 4
        && let [_, last, ..] = *bytes
        && last & CONTINUE == 0
    {
        let number = u64::from(start) << 7 | u64::from(last);
        return if number >> data_bits == 0 { Err(Status::Malformed) } else { Ok((number, 2)) };
    }
    continued_far(bytes, start, data_bits)
}

/// The same for three bytes or more.
#[inline(never)]
fn continued_far(bytes: &[u8], start: u8, data_bits: u32) -> Result<(u64, usize), Status> {
    if let Some(eight) = bytes.first_chunk::<8>()
        && let Some((number, length)) = kim::continue_word(start, u64::from_be_bytes(*eight))
    {
        // Not the shortest form if the number without its first group fits the data bits.
        let shorter = number >> (7 * (length - 2)) >> data_bits == 0;
        return if shorter { Err(Status::Malformed) } else { Ok((number, length)) };
    }
    continued_slowly(bytes, start, data_bits)
}

#[inline(never)]
fn continued_slowly(bytes: &[u8], start: u8, data_bits: u32) -> Result<(u64, usize), Status> {
    let mut number = u64::from(start);
    let mut length = 1;
    loop {
        let byte = *bytes.get(length).ok_or(Status::Truncated)?;
        if number >> 57 != 0 {
            return Err(Status::Malformed);
        }
        number = number << 7 | u64::from(byte & 0x7F);
        length += 1;
        if length == 2 && number >> data_bits == 0 {
            return Err(Status::Malformed);
        }
        if byte & CONTINUE == 0 {
            return Ok((number, length));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_of_number_survives_in_every_type() {
        for kind in [Type::Blob, Type::Text, Type::Array, Type::Integer, Type::Large, Type::Symbol] {
            for bits in 0..64 {
                for number in [1_u64 << bits, (1 << bits) - 1, u64::MAX >> bits] {
                    let negative = kind == Type::Integer;
                    let mut room = [0xAA; MAX_HEAD];
                    let length = put(&mut room, kind, negative, number);
                    let bytes = &room[..length];
                    let mut other_room = [0xAA; MAX_HEAD];
                    let other_length = put_magnitude(&mut other_room, kind, negative, number);
                    assert_eq!(&other_room[..other_length], bytes);
                    let head = Preamble::read(bytes).unwrap();
                    assert_eq!(head.kind, kind);
                    assert_eq!((head.negative, head.number, head.length), (negative, number, bytes.len()));
                    let more = Preamble::read(&[bytes, &[0xFF; 8]].concat()).unwrap();
                    assert_eq!((more.negative, more.number, more.length), (negative, number, bytes.len()));
                    for end in 0..bytes.len() {
                        assert_eq!(Preamble::read(&bytes[..end]).err(), Some(Status::Truncated));
                    }
                }
            }
        }
    }

    #[test]
    fn longer_forms_are_refused() {
        for bytes in
            [&[0xE0, 0x07][..], &[0x80, 0x0F], &[0xE0, 0x80, 0x08], &[0xA0, 0x00], &[0xA0, 0x80], &[0xFF; 20]]
        {
            assert_eq!(Preamble::read(bytes).err(), Some(Status::Malformed), "{bytes:x?}");
            let more = [bytes, &[0; 8]].concat();
            assert_eq!(Preamble::read(&more).err(), Some(Status::Malformed), "{more:x?}");
        }
    }
}
