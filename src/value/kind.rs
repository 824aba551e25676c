//! The kinds of values and the symbols of every format.

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// An integer of 56 bits.
    Integer = 0,
    /// Any other number.
    Float = 1,
    /// A sequence of values.
    Array = 2,
    /// A sequence of pairs of a text and a value.
    Record = 3,
    /// Inline bits.
    Blob = 4,
    /// A sequence of characters.
    Text = 5,
    /// One of [`Symbol`].
    Symbol = 7,
    /// A stone that the message holds; in messages only.
    Stone = 8,
    /// A reference to a value of a message that the message holds; in messages only.
    Value = 9,
}

/// The symbols. The last two carry something: a private symbol a value, a system symbol a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Symbol {
    /// Null.
    Null = 0,
    /// False.
    False = 2,
    /// True.
    True = 3,
    /// A private address; exactly one value follows: the address.
    Private = 8,
    /// A system message; exactly one record follows: the message.
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
