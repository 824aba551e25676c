//! Values on a tape: a flat list of 64-bit items, which JavaScript writes and reads without a call for each value. The
//! texts of its items are in separate buffers, one after another.
//!
//! An item is a double, or has `TAG` in its upper 16 bits, then its kind, and a number in its lower half.

#![forbid(unsafe_code)]

mod decode;
mod encode;

pub use decode::{Decoded, append_units};
pub use encode::encode;

/// No double on a tape has these upper bits, because NaN has an item of its own.
pub const TAG: u64 = 0xFFFF << 48;

/// What an item is. The numbers are those of `tape.js`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// The number is a signed integer of 32 bits.
    Integer = 0,
    /// A text of that many bytes of UTF-8, in which a lone surrogate takes three; decoded, of ASCII only.
    Text = 1,
    /// An array of that many values.
    Array = 2,
    /// To encode: a record of that many pairs. Decoded: a record of the shape of that number; its values follow.
    Record = 3,
    /// To encode: a key that occurred before, by its number.
    Key = 4,
    /// To encode: a new key of that many bytes of UTF-8, which gets the next number.
    NewKey = 5,
    /// Null.
    Null = 6,
    /// False.
    False = 7,
    /// True.
    True = 8,
    /// The next item is a signed integer of 64 bits.
    Wide = 9,
    /// A stone, by its number among those of the message.
    Stone = 10,
    /// Bits in the text buffer, padded to whole bytes.
    Bits = 11,
    /// Decoded: a text in the buffer of UTF-16 units.
    WideText = 12,
    /// Not a number.
    NotNumber = 13,
}

impl Kind {
    pub fn item(self, number: u32) -> u64 {
        TAG | (self as u64) << 32 | u64::from(number)
    }

    /// The kind and the number of an item; `None` for a double.
    #[inline]
    pub fn of(item: u64) -> Option<(u16, u32)> {
        (item >> 48 == TAG >> 48).then_some(((item >> 32) as u16, item as u32))
    }
}
