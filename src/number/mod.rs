//! Forms of numbers that several formats share: Kim, for whole numbers of variable length, and DEC64, for decimal
//! numbers in 64 bits. No unsafe code; nothing allocates except text output.
#![forbid(unsafe_code)]

pub mod dec64;
pub mod decimal;
pub mod kim;

/// A number of any type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number of 56 bits.
    Integer(i64),
    /// A double.
    Double(f64),
    /// A decimal.
    Decimal(decimal::Decimal),
}
