//! Forms of numbers that several formats share: Kim, the variable-length whole number, and DEC64, the
//! decimal number in 64 bits. Nothing here is unsafe or allocates (but the text of a number).
#![forbid(unsafe_code)]

pub mod dec64;
pub mod decimal;
pub mod kim;

/// A number in whichever form it was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number of 56 bits.
    Integer(i64),
    /// A double.
    Double(f64),
    /// A decimal.
    Decimal(decimal::Decimal),
}
