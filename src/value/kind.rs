//! What values there are, in every format: kinds and symbols.

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A whole number of 56 bits.
    Integer = 0,
    /// Any other number.
    Float = 1,
    /// So many values.
    Array = 2,
    /// So many pairs of a text and a value.
    Record = 3,
    /// So many bits, inline.
    Blob = 4,
    /// So many characters.
    Text = 5,
    /// One of [`Symbol`].
    Symbol = 7,
    /// A stone that the message holds; in messages only.
    Stone = 8,
    /// A reference to a value of a message that the message holds; in messages only.
    Value = 9,
}

/// The symbols. The last two carry something: a private one a value, a system one a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Symbol {
    /// Nothing.
    Null = 0,
    /// False.
    False = 2,
    /// True.
    True = 3,
    /// An address, which is the one value that follows.
    Private = 8,
    /// A message of the system, which is the one record that follows.
    System = 9,
}

impl Symbol {
    /// The symbol of a code.
    #[inline]
    pub const fn from_code(code: u64) -> Option<Symbol> {
        Some(match code {
            0 => Symbol::Null,
            2 => Symbol::False,
            3 => Symbol::True,
            8 => Symbol::Private,
            9 => Symbol::System,
            _ => return None,
        })
    }
}

/// The smallest integer.
pub const INTEGER_MIN: i64 = -(1 << 55);
/// The largest integer.
pub const INTEGER_MAX: i64 = (1 << 55) - 1;
