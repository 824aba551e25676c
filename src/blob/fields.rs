//! Appending the fields of Misty's blobs: single bits, numbers of a given width, Kim, DEC64, text, padding. A failed
//! call changes nothing.

use core::ptr::NonNull;

use super::{Alone, bytes_for};
use crate::number::kim;
use crate::status::Status;
use crate::text::utf8::{TextForm, Utf8Text};

/// The widths in bits that a `fit` field may have.
pub(super) const FIT_MAX: u32 = 56;

impl Alone<'_> {
    /// Appends one bit.
    #[inline]
    pub fn append_bit(&mut self, bit: bool) -> Result<(), Status> {
        self.append_field(u64::from(bit) << 63, 1)
    }

    /// Appends the low `bits` (1 to 56) of a number from -2^(bits-1) to 2^bits - 1, the most significant
    /// first. `OutOfRange` for any other number or width.
    #[inline]
    pub fn append_fit(&mut self, value: i64, bits: u32) -> Result<(), Status> {
        if !(1..=FIT_MAX).contains(&bits) || value >> bits > 0 || value >> (bits - 1) < -1 {
            return Err(Status::OutOfRange);
        }
        self.append_field((value as u64) << (64 - bits), bits as usize)
    }

    /// Appends a number as Kim, 8 to 88 bits; a negative one as the byte 0x80 and its magnitude.
    #[inline]
    pub fn append_kim(&mut self, value: i64) -> Result<(), Status> {
        if let Ok(value) = u64::try_from(value)
            && let Some((word, bytes)) = kim::encode_word(value)
        {
            return self.append_field(word, bytes * 8);
        }
        self.append_bytes(kim::encode_signed(value).bytes())
    }

    /// Appends the 64 bits of a DEC64 number.
    #[inline]
    pub fn append_dec64(&mut self, dec64: i64) -> Result<(), Status> {
        self.append_field(dec64 as u64, 64)
    }

    /// Appends a text: the Kim number of its characters, then each as Kim. `Malformed` for invalid UTF-8; lone
    /// surrogates of three bytes are allowed.
    pub fn append_text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // SAFETY: readable, and not the blob's own bytes, because there is no reference to those.
        unsafe { self.append_text_at(NonNull::from(utf8)) }
    }

    /// As [`Alone::append_text`], for bytes that may be the blob's own: those are copied first.
    ///
    /// # Safety
    /// As for [`Alone::append_bytes_at`].
    pub unsafe fn append_text_at(&mut self, utf8: NonNull<[u8]>) -> Result<(), Status> {
        if self.offset_within(utf8).is_none() {
            // SAFETY: readable, and not the blob's own: appending does not move them.
            return self.append_text_of_others(unsafe { utf8.as_ref() });
        }
        let mut copy = Vec::new();
        copy.try_reserve_exact(utf8.len())?;
        // SAFETY: readable; the reference ends with the line.
        copy.extend_from_slice(unsafe { utf8.as_ref() });
        self.append_text_of_others(&copy)
    }

    fn append_text_of_others(&mut self, utf8: &[u8]) -> Result<(), Status> {
        let text = Utf8Text::check(utf8)?;
        let count = kim::encode(text.characters as u64);
        let mut bytes = count.bytes().len();
        text.for_each(|code| bytes += kim::length(code.into()));
        self.reserve_bits(bytes.checked_mul(8).ok_or(Status::NoMemory)?)?;
        // The room is reserved, so nothing below fails half way.
        self.append_bytes(count.bytes())?;
        if let TextForm::Ascii(bytes) = text.form {
            return self.append_bytes(bytes);
        }
        let mut outcome = Ok(());
        text.for_each(|code| {
            outcome = outcome.and_then(|()| self.append_bytes(kim::encode(code.into()).bytes()))
        });
        outcome
    }

    /// Appends a 1 bit, then 0 bits up to a multiple of `block` bits; a blob whose length is already a multiple gets a
    /// whole block. `InvalidArgument` for a block of 0.
    pub fn append_pad(&mut self, block: usize) -> Result<(), Status> {
        let length = self.blob().length_bits();
        let remainder = length.checked_rem(block).ok_or(Status::InvalidArgument)?;
        let count = block - remainder;
        self.reserve_bits(count)?;
        // Long paddings are rare, so 64 bits at a time are fast enough.
        let mut first = 1_u64 << 63;
        let mut left = count;
        while left != 0 {
            let now = left.min(64);
            self.append_field(first, now)?;
            first = 0;
            left -= now;
        }
        debug_assert!(bytes_for(length + count) == self.blob().bytes().len());
        Ok(())
    }
}
