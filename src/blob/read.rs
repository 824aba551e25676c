//! Reading the fields of a stone, at any bit.
//!
//! Every call can return `NotStone`, and `OutOfRange` when it would read beyond the end.

use super::fields::FIT_MAX;
use super::{RawBlob, bits};
use crate::number::kim;
use crate::status::Status;
use crate::text::utf8::{self, Pairs};

/// A text that was found in a blob and checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextFound {
    /// The length in bytes of UTF-8.
    pub length: usize,
    /// The length in bits in the blob.
    pub bits_read: usize,
}

impl RawBlob {
    /// The bit at `from`.
    #[inline]
    pub fn read_bit(&self, from: usize) -> Result<bool, Status> {
        Ok(self.field(from, 1)? != 0)
    }

    /// The number of `bits` bits (1 to 56) at `from`: not negative below 56 bits, two's complement at 56.
    #[inline]
    pub fn read_fit(&self, from: usize, bits: u32) -> Result<i64, Status> {
        if !(1..=FIT_MAX).contains(&bits) {
            return Err(Status::OutOfRange);
        }
        let field = self.field(from, bits as usize)? as i64;
        Ok(if bits == FIT_MAX { field << 8 >> 8 } else { field })
    }

    /// The Kim number at `from`, and how many bits it has. `Malformed`.
    #[inline]
    pub fn read_kim(&self, from: usize) -> Result<(i64, usize), Status> {
        self.check_stone()?;
        let left = self.length_bits().checked_sub(from).ok_or(Status::OutOfRange)?;
        if let Some((value, bytes)) = kim::decode_word(bits::window(self.bytes(), from))
            && bytes * 8 <= left
        {
            return Ok((value as i64, bytes * 8));
        }
        let (bytes, there) = self.gather::<{ kim::MAX_LENGTH + 1 }>(from);
        let (value, length) = kim::decode_signed(&bytes[..there]).map_err(short)?;
        Ok((value, length * 8))
    }

    /// The DEC64 number at `from`.
    #[inline]
    pub fn read_dec64(&self, from: usize) -> Result<i64, Status> {
        Ok(self.field(from, 64)? as i64)
    }

    /// Checks the text at `from`. `Malformed`.
    pub fn text_at(&self, from: usize) -> Result<TextFound, Status> {
        let mut length = 0;
        let mut pairs = Pairs::default();
        let end = self.characters(from, |code| {
            length += utf8::length(code)?;
            pairs.check(code)
        })?;
        Ok(TextFound { length, bits_read: end - from })
    }

    /// Writes the text at `from` as UTF-8 to the start of `buffer`. `Malformed`; `OutOfRange` also when the
    /// buffer is too small.
    pub fn read_text(&self, from: usize, buffer: &mut [u8]) -> Result<TextFound, Status> {
        let found = self.text_at(from)?;
        let mut rest = buffer.get_mut(..found.length).ok_or(Status::OutOfRange)?;
        self.characters(from, |code| {
            let target = core::mem::take(&mut rest);
            rest = utf8::put(target, code).ok_or(Status::OutOfRange)?;
            Ok(())
        })?;
        Ok(found)
    }

    /// Whether everything from `from` on is padding for blocks of `block` bits: a 1 bit, then 0 bits, at most one block
    /// in total, and the length is a multiple of the block. `InvalidArgument` for a block of 0.
    pub fn is_pad(&self, from: usize, block: usize) -> Result<bool, Status> {
        self.check_stone()?;
        let length = self.length_bits();
        let remainder = length.checked_rem(block).ok_or(Status::InvalidArgument)?;
        let count = length.checked_sub(from).ok_or(Status::OutOfRange)?;
        if remainder != 0 || count == 0 || count > block || !self.read_bit(from)? {
            return Ok(false);
        }
        let mut at = from + 1;
        while at < length {
            let now = (length - at).min(64);
            if self.field(at, now)? != 0 {
                return Ok(false);
            }
            at += now;
        }
        Ok(true)
    }

    /// Calls `each` with the characters of the text at `from`; returns where it ends.
    fn characters(
        &self,
        from: usize,
        mut each: impl FnMut(u32) -> Result<(), Status>,
    ) -> Result<usize, Status> {
        let (count, bits) = self.read_kim(from)?;
        let mut at = from + bits;
        // Every character has at least 8 bits, so a count that is too large ends here.
        let count = u64::try_from(count).map_err(|_| Status::Malformed)?;
        if count > ((self.length_bits() - at) / 8) as u64 {
            return Err(Status::OutOfRange);
        }
        for _ in 0..count {
            let (code, bits) = self.read_kim(at)?;
            each(u32::try_from(code).map_err(|_| Status::Malformed)?)?;
            at += bits;
        }
        Ok(at)
    }

    /// The `count` bits (1 to 64) at `from`, as a number.
    #[inline]
    fn field(&self, from: usize, count: usize) -> Result<u64, Status> {
        self.check_stone()?;
        if from > self.length_bits() || count > self.length_bits() - from {
            return Err(Status::OutOfRange);
        }
        Ok(bits::window(self.bytes(), from) >> (64 - count))
    }

    /// The bytes at `from`, as many as there are whole ones.
    fn gather<const N: usize>(&self, from: usize) -> ([u8; N], usize) {
        let there = ((self.length_bits() - from) / 8).min(N);
        let mut bytes = [0; N];
        for (index, byte) in bytes[..there].iter_mut().enumerate() {
            *byte = (bits::window(self.bytes(), from + index * 8) >> 56) as u8;
        }
        (bytes, there)
    }

    fn check_stone(&self) -> Result<(), Status> {
        if self.is_stone() { Ok(()) } else { Err(Status::NotStone) }
    }
}

/// A number that is cut off by the blob's end is `OutOfRange` here.
fn short(status: Status) -> Status {
    if status == Status::Truncated { Status::OutOfRange } else { status }
}
