//! Single words: kinds, symbols, preambles, and runs of words in memory.

use crate::Status;

/// Which of the two published layouts. They may not be mixed or guessed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Field of 56 bits, types in the low byte; numbers are integers of 56 bits and doubles.
    #[default]
    Classic,
}

impl Dialect {
    /// What a message's header says of its kind; 0 is no message.
    pub(super) const fn message_kind(self) -> u8 {
        match self {
            Dialect::Classic => 1,
        }
    }
}

/// What stands at a place in a message: the type of the preamble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A whole number of 56 bits, in the preamble itself.
    Integer = 0,
    /// A double, in one word.
    Float = 1,
    /// So many values.
    Array = 2,
    /// So many pairs of a text and a value.
    Record = 3,
    /// So many bits, inline.
    Blob = 4,
    /// So many characters, two a word.
    Text = 5,
    /// One of [`Symbol`].
    Symbol = 7,
    /// A stone that the message holds.
    Stone = 8,
}

impl Kind {
    pub(super) const fn from_code(code: u8) -> Option<Kind> {
        Some(match code {
            0 => Kind::Integer,
            1 => Kind::Float,
            2 => Kind::Array,
            3 => Kind::Record,
            4 => Kind::Blob,
            5 => Kind::Text,
            7 => Kind::Symbol,
            8 => Kind::Stone,
            _ => return None,
        })
    }
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
/// No field (number of elements, characters, bits) can be larger.
pub(super) const FIELD_MAX: u64 = (1 << 56) - 1;

/// Eight bytes in memory. Words of messages are in the machine's order, words of bytes from outside are
/// little-endian.
pub(super) type Word = [u8; 8];

/// The preamble word of a kind and a field of at most [`FIELD_MAX`].
pub(super) const fn preamble(kind: Kind, field: u64) -> u64 {
    field << 8 | kind as u64
}

/// What a preamble says.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) field: u64,
}

impl Head {
    #[inline]
    pub(super) fn of(word: u64) -> Result<Head, Status> {
        let kind = Kind::from_code(word as u8).ok_or(Status::Malformed)?;
        Ok(Head { kind, field: word >> 8 })
    }

    /// The number in the field of an integer.
    pub(super) const fn integer(self) -> i64 {
        ((self.field << 8) as i64) >> 8
    }

    /// How many words of its own follow the preamble. What an array or a record holds are values.
    pub(super) const fn payload(self) -> u64 {
        match self.kind {
            Kind::Integer | Kind::Array | Kind::Record | Kind::Symbol => 0,
            Kind::Float | Kind::Stone => 1,
            Kind::Blob => self.field.div_ceil(64),
            Kind::Text => self.field.div_ceil(2),
        }
    }

    /// How many values follow that belong to this one.
    pub(super) const fn values(self) -> u64 {
        match self.kind {
            Kind::Array => self.field,
            Kind::Record => self.field.saturating_mul(2),
            Kind::Symbol if self.field == Symbol::Private as u64 || self.field == Symbol::System as u64 => 1,
            _ => 0,
        }
    }
}

/// A run of words and the order of the bytes in each.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    raw: &'a [Word],
    native: bool,
}

impl<'a> Words<'a> {
    /// Words of a message, in the machine's order.
    pub(super) fn native(bytes: &'a [u8]) -> Self {
        Words { raw: bytes.as_chunks().0, native: true }
    }

    /// Whole words of bytes from outside, and whether bytes are left over.
    pub(super) fn little_endian(bytes: &'a [u8]) -> (Self, bool) {
        let (raw, rest) = bytes.as_chunks();
        (Words { raw, native: false }, !rest.is_empty())
    }

    pub(super) fn len(self) -> usize {
        self.raw.len()
    }

    #[inline]
    pub(super) fn get(self, index: usize) -> Option<u64> {
        self.raw.get(index).map(|word| self.load(word))
    }

    /// The `count` words from `from`.
    pub(super) fn run(self, from: usize, count: u64) -> Option<Words<'a>> {
        let end = from.checked_add(usize::try_from(count).ok()?)?;
        Some(Words { raw: self.raw.get(from..end)?, ..self })
    }

    pub(super) fn iter(self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator + use<'a> {
        self.raw.iter().map(move |word| self.load(word))
    }

    /// The memory itself: equal runs of the same origin are equal words.
    pub(super) fn image(self) -> &'a [u8] {
        self.raw.as_flattened()
    }

    #[inline]
    fn load(self, word: &Word) -> u64 {
        // On little-endian machines the two are one, and the choice is gone when compiled.
        if cfg!(target_endian = "big") && self.native {
            u64::from_ne_bytes(*word)
        } else {
            u64::from_le_bytes(*word)
        }
    }
}

/// Reads the bits of an inline blob out of its words: first bit = most significant bit of the first word.
pub(super) fn copy_bits(words: Words<'_>, target: &mut [u8]) {
    let mut chunks = target.chunks_mut(8);
    for (word, chunk) in words.iter().zip(&mut chunks) {
        let bytes = word.to_be_bytes();
        chunk.copy_from_slice(&bytes[..chunk.len()]);
    }
}
