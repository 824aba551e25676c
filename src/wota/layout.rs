//! The two layouts of preambles and numbers. Writer, reader and checker are compiled once for each layout, so the
//! choice costs nothing per value.

use super::word::Dialect;
use crate::number::Number;
use crate::number::dec64::Dec64;
use crate::number::decimal::Decimal;
use crate::status::Status;
use crate::value::nesting::{Rule, carried_by};
use crate::value::{INTEGER_MAX, INTEGER_MIN, Kind, Symbol};

/// The content of a value's first word.
#[derive(Clone, Copy)]
pub struct Head {
    pub(crate) kind: Kind,
    /// The field of a preamble; the whole word of a DEC64 number.
    pub(crate) field: u64,
}

/// The words of a number: the first, and the second if there is one.
pub type NumberWords = (u64, Option<u64>);

/// One of the two layouts; sealed.
pub trait Layout: sealed::Sealed + Copy + 'static {
    /// The dialect of the layout.
    const DIALECT: Dialect;
    /// The largest field (number of elements, characters, bits).
    const FIELD_MAX: u64;
    /// The number of words after the first word of a float.
    const FLOAT_PAYLOAD: u64;
    /// Whether first words have the numbers of [`Kind`] in their low four bits, and the field of an integer is its
    /// value.
    const PLAIN: bool = false;

    /// The preamble word of a kind that is not a number.
    fn preamble(kind: Kind, field: u64) -> u64;
    /// Decodes a first word. `Malformed`.
    fn head(word: u64) -> Result<Head, Status>;
    /// The number of characters of the text whose first word this is; `None` when it is not a text's.
    fn text(word: u64) -> Option<u64>;
    /// The number of characters of a text, whose first word this is known to be.
    fn characters(head: u64) -> u64;
    /// The first word of a text of this many characters.
    #[inline]
    fn text_head(characters: u64) -> u64 {
        Self::preamble(Kind::Text, characters)
    }
    /// The word of an integer of 56 bits.
    fn integer(value: i64) -> u64;
    /// The words of any number. `OutOfRange`.
    fn number(value: f64) -> Result<NumberWords, Status>;
    /// The number of an integer's head.
    fn to_integer(head: Head) -> i64;
    /// The words of a number of any type. `OutOfRange`.
    fn numeric(value: Number) -> Result<NumberWords, Status> {
        match value {
            Number::Integer(value) if (INTEGER_MIN..=INTEGER_MAX).contains(&value) => {
                Ok((Self::integer(value), None))
            }
            Number::Integer(_) => Err(Status::OutOfRange),
            Number::Double(value) => Self::number(value),
            Number::Decimal(value) => Self::decimal(value),
        }
    }
    /// The words of a decimal number. `OutOfRange`.
    fn decimal(value: Decimal) -> Result<NumberWords, Status>;
    /// The number of a float's head and the word after it, as a double.
    fn to_double(head: Head, next: Option<u64>) -> Option<f64>;
    /// The same, without conversion.
    fn to_number(head: Head, next: Option<u64>) -> Option<Number>;
    /// Whether a float's head is valid.
    fn is_float(head: Head) -> bool;

    /// How many words of a value follow its first word, which was checked, and how many inner values follow those.
    #[inline]
    fn extent(word: u64) -> (u64, u64) {
        Self::head(word).map_or((0, 0), |head| (Self::payload(head), head.values()))
    }

    /// How many words follow the first word of a number, a text or a symbol, which was checked; `None` for other values
    /// and for symbols with a value. For values of any kind in any order, whose branches would be hard to predict.
    #[inline(always)]
    fn leaf(word: u64) -> Option<u64> {
        let head = Self::head(word).ok()?;
        let leaf = matches!(head.kind, Kind::Integer | Kind::Float | Kind::Text | Kind::Symbol);
        (leaf && head.values() == 0).then(|| Self::payload(head))
    }

    /// How many words of a value follow the first one, without inner values.
    #[inline]
    fn payload(head: Head) -> u64 {
        match head.kind {
            Kind::Integer | Kind::Array | Kind::Record | Kind::Symbol => 0,
            Kind::Float => Self::FLOAT_PAYLOAD,
            Kind::Stone | Kind::Value => 1,
            Kind::Blob => head.field.div_ceil(64),
            Kind::Text => head.field.div_ceil(2),
        }
    }
}

impl Head {
    /// The number of inner values that follow.
    #[inline]
    pub(crate) fn values(self) -> u64 {
        match self.contains() {
            Some((values, _)) => values,
            None => 0,
        }
    }

    /// The number of inner values that follow, and their rule; `None` when it is not a container.
    #[inline]
    pub(super) const fn contains(self) -> Option<(u64, Rule)> {
        match self.kind {
            Kind::Array => Some((self.field, Rule::Values)),
            Kind::Record => Some((self.field.saturating_mul(2), Rule::Pairs)),
            Kind::Symbol => match carried_by(self.field) {
                Some(rule) => Some((1, rule)),
                None => None,
            },
            _ => None,
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Classic {}
    #[cfg(not(drystone_classic))]
    impl Sealed for super::Dec64Words {}
}

/// The layout of the Cell engine: `field << 8 | type`.
#[derive(Clone, Copy, Debug)]
pub struct Classic;

impl Layout for Classic {
    const DIALECT: Dialect = Dialect::Classic;
    const FIELD_MAX: u64 = (1 << 56) - 1;
    const FLOAT_PAYLOAD: u64 = 1;
    const PLAIN: bool = true;

    #[inline]
    fn preamble(kind: Kind, field: u64) -> u64 {
        field << 8 | kind as u64
    }

    #[inline]
    fn head(word: u64) -> Result<Head, Status> {
        let kind = match word as u8 {
            0 => Kind::Integer,
            1 => Kind::Float,
            2 => Kind::Array,
            3 => Kind::Record,
            4 => Kind::Blob,
            5 => Kind::Text,
            7 => Kind::Symbol,
            8 => Kind::Stone,
            9 => Kind::Value,
            _ => return Err(Status::Malformed),
        };
        Ok(Head { kind, field: word >> 8 })
    }

    #[inline]
    fn text(word: u64) -> Option<u64> {
        (word as u8 == Kind::Text as u8).then_some(word >> 8)
    }

    #[inline(always)]
    fn characters(head: u64) -> u64 {
        head >> 8
    }

    /// With branches instead of a table: the processor predicts them and need not wait for the word.
    #[inline(always)]
    fn extent(word: u64) -> (u64, u64) {
        let (kind, field) = (word as u8, word >> 8);
        if kind == Kind::Text as u8 {
            return (field.div_ceil(2), 0);
        }
        if kind == Kind::Integer as u8 {
            return (0, 0);
        }
        match Self::head(word) {
            Ok(head) => (Self::payload(head), head.values()),
            Err(_) => (0, 0),
        }
    }

    /// The only branch is to `None`.
    #[inline(always)]
    fn leaf(word: u64) -> Option<u64> {
        const OTHERS: u64 = 1 << Kind::Array as u8
            | 1 << Kind::Record as u8
            | 1 << Kind::Blob as u8
            | 1 << Kind::Stone as u8
            | 1 << Kind::Value as u8;
        let kind = word & 0xF;
        let carries = word & !(1 << 8) == Self::preamble(Kind::Symbol, Symbol::Private as u64);
        if (OTHERS >> kind & 1 != 0) | carries {
            return None;
        }
        let text = u64::from(kind == Kind::Text as u64).wrapping_neg();
        Some((word >> 8).div_ceil(2) & text | u64::from(kind == Kind::Float as u64))
    }

    #[inline]
    fn integer(value: i64) -> u64 {
        (value << 8) as u64
    }

    #[inline]
    fn number(value: f64) -> Result<NumberWords, Status> {
        if let Some(whole) = whole(value) {
            return Ok((Self::integer(whole), None));
        }
        let bits = if value.is_nan() { 0x7FF8_0000_0000_0000 } else { value.to_bits() };
        Ok((Self::preamble(Kind::Float, 0), Some(bits)))
    }

    #[inline]
    fn to_integer(head: Head) -> i64 {
        ((head.field << 8) as i64) >> 8
    }

    #[inline]
    fn decimal(value: Decimal) -> Result<NumberWords, Status> {
        if value.exponent == 0 && (INTEGER_MIN..=INTEGER_MAX).contains(&value.coefficient) {
            return Ok((Self::integer(value.coefficient), None));
        }
        // Decimals have no -0, and numbers too small for a double are 0.
        let value = value.to_double() + 0.0;
        if value.is_finite() { Self::number(value) } else { Err(Status::OutOfRange) }
    }

    #[inline]
    fn to_double(_: Head, next: Option<u64>) -> Option<f64> {
        next.map(f64::from_bits)
    }

    #[inline]
    fn to_number(_: Head, next: Option<u64>) -> Option<Number> {
        next.map(|bits| Number::Double(f64::from_bits(bits)))
    }

    #[inline]
    fn is_float(head: Head) -> bool {
        head.field == 0
    }
}

/// The integer of 56 bits that a double equals. -0 is not one: it stays a float.
#[inline]
fn whole(value: f64) -> Option<i64> {
    let whole = value as i64;
    (whole as f64 == value
        && (INTEGER_MIN..=INTEGER_MAX).contains(&whole)
        && (whole != 0 || value.is_sign_positive()))
    .then_some(whole)
}

/// There is only one dialect: code for the other dialect uses this one.
#[cfg(drystone_classic)]
pub type Dec64Words = Classic;

/// The layout with DEC64 numbers: a preamble is `field << 12 | type << 8 | 80`.
#[cfg(not(drystone_classic))]
#[derive(Clone, Copy, Debug)]
pub struct Dec64Words;

#[cfg(not(drystone_classic))]
impl Layout for Dec64Words {
    const DIALECT: Dialect = Dialect::Dec64;
    const FIELD_MAX: u64 = (1 << 52) - 1;
    const FLOAT_PAYLOAD: u64 = 0;

    #[inline]
    fn preamble(kind: Kind, field: u64) -> u64 {
        let code = match kind {
            Kind::Array => 1,
            Kind::Record => 2,
            Kind::Blob => 3,
            Kind::Text => 4,
            Kind::Symbol => 6,
            Kind::Stone => 8,
            Kind::Value => 9,
            // Numbers have no preamble; code 0 is not a type.
            Kind::Integer | Kind::Float => 0,
        };
        field << 12 | code << 8 | 0x80
    }

    #[inline]
    fn head(word: u64) -> Result<Head, Status> {
        if word as u8 != 0x80 {
            let kind = match Dec64(word as i64).to_integer() {
                Some(_) => Kind::Integer,
                None => Kind::Float,
            };
            return Ok(Head { kind, field: word });
        }
        let kind = match word >> 8 & 0xF {
            1 => Kind::Array,
            2 => Kind::Record,
            3 => Kind::Blob,
            4 => Kind::Text,
            6 => Kind::Symbol,
            8 => Kind::Stone,
            9 => Kind::Value,
            _ => return Err(Status::Malformed),
        };
        Ok(Head { kind, field: word >> 12 })
    }

    #[inline]
    fn text(word: u64) -> Option<u64> {
        (word & 0xFFF == 0x480).then_some(word >> 12)
    }

    #[inline(always)]
    fn characters(head: u64) -> u64 {
        head >> 12
    }

    #[inline]
    fn integer(value: i64) -> u64 {
        (value << 8) as u64
    }

    #[inline]
    fn number(value: f64) -> Result<NumberWords, Status> {
        Ok((Dec64::exactly(value)?.0 as u64, None))
    }

    #[inline]
    fn to_integer(head: Head) -> i64 {
        Dec64(head.field as i64).to_integer().unwrap_or(0)
    }

    #[inline]
    fn decimal(value: Decimal) -> Result<NumberWords, Status> {
        let number = Dec64::nearest(value);
        let same = number.parts().map(Decimal::stripped) == Some(value.stripped());
        if same { Ok((number.0 as u64, None)) } else { Err(Status::OutOfRange) }
    }

    #[inline]
    fn to_double(head: Head, _: Option<u64>) -> Option<f64> {
        Some(Dec64(head.field as i64).to_double())
    }

    #[inline]
    fn to_number(head: Head, _: Option<u64>) -> Option<Number> {
        Dec64(head.field as i64).parts().map(|parts| Number::Decimal(parts.stripped()))
    }

    #[inline]
    fn is_float(_: Head) -> bool {
        true
    }
}
