//! DEC64: a decimal number in 64 bits, with a coefficient of 56 bits above an exponent of 8 bits, both in two's
//! complement. The value is coefficient × 10^exponent. The exponent -128 means not a number. Source: Douglas
//! Crockford's DEC64 description. Rounding is to the nearest, ties away from zero.

use core::fmt;

use super::decimal::Decimal;
use crate::status::Status;

/// A DEC64 word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dec64(pub i64);

/// The largest coefficient.
pub const COEFFICIENT_MAX: i64 = (1 << 55) - 1;
/// The smallest coefficient.
pub const COEFFICIENT_MIN: i64 = -(1 << 55);
/// The exponents of numbers.
const EXPONENTS: core::ops::RangeInclusive<i32> = -127..=127;

impl Dec64 {
    /// Not a number.
    pub const NULL: Dec64 = Dec64(0x80);

    /// The coefficient and the exponent; `None` for not a number.
    pub fn parts(self) -> Option<Decimal> {
        let exponent = self.0 as i8;
        (exponent != i8::MIN).then_some(Decimal { coefficient: self.0 >> 8, exponent: exponent.into() })
    }

    /// The nearest DEC64 number: [`Dec64::NULL`] for a number that is too large, zero for one that is too small.
    pub fn nearest(decimal: Decimal) -> Dec64 {
        let Decimal { coefficient, mut exponent } = decimal;
        // 128 bits have room for one more digit than any coefficient, so that no product below overflows.
        let mut coefficient = i128::from(coefficient);
        let fits = |coefficient: i128| {
            (i128::from(COEFFICIENT_MIN)..=i128::from(COEFFICIENT_MAX)).contains(&coefficient)
        };
        if coefficient == 0 {
            return Dec64(0);
        }
        // The coefficient takes up an exponent that is too large, if it has room.
        while exponent > *EXPONENTS.end() {
            coefficient *= 10;
            exponent -= 1;
            if !fits(coefficient) {
                return Dec64::NULL;
            }
        }
        // Drops all surplus digits at once, so that they are rounded once.
        let (mut divisor, mut dropped) = (1_i128, 0);
        while !fits(rounded(coefficient, divisor)) || exponent + dropped < *EXPONENTS.start() {
            divisor *= 10;
            dropped += 1;
            if divisor > coefficient.abs() * 10 {
                return Dec64(0);
            }
        }
        let coefficient = rounded(coefficient, divisor);
        exponent += dropped;
        match (coefficient, EXPONENTS.contains(&exponent)) {
            (0, _) => Dec64(0),
            (_, false) => Dec64::NULL,
            _ => Dec64(((coefficient as i64) << 8) | i64::from(exponent as u8)),
        }
    }

    /// The DEC64 number of a double: its shortest decimal, rounded. [`Dec64::NULL`] for NaN, infinities and numbers
    /// that are too large; zero for numbers that are too small, and for -0. A whole number of 56 bits has the
    /// exponent 0.
    pub fn from_double(value: f64) -> Dec64 {
        let whole = value as i64;
        if whole as f64 == value && (COEFFICIENT_MIN..=COEFFICIENT_MAX).contains(&whole) {
            return Dec64(whole << 8);
        }
        Decimal::from_double(value).map_or(Dec64::NULL, Dec64::nearest)
    }

    /// The DEC64 number of a double, if it reads back as that double. `OutOfRange`.
    pub fn exactly(value: f64) -> Result<Dec64, Status> {
        let number = Dec64::from_double(value);
        if number.to_double() == value { Ok(number) } else { Err(Status::OutOfRange) }
    }

    /// The nearest double; NaN for not a number.
    pub fn to_double(self) -> f64 {
        self.parts().map_or(f64::NAN, Decimal::to_double)
    }

    /// The value, if it is a whole number of 56 bits.
    pub fn to_integer(self) -> Option<i64> {
        let mut parts = self.parts()?;
        if parts.exponent != 0 {
            parts = parts.stripped();
            if parts.exponent < 0 {
                return None;
            }
            let power = 10_i64.checked_pow(parts.exponent.unsigned_abs())?;
            parts.coefficient = parts.coefficient.checked_mul(power)?;
        }
        (COEFFICIENT_MIN..=COEFFICIENT_MAX).contains(&parts.coefficient).then_some(parts.coefficient)
    }

    /// The DEC64 number of a text: an optional sign, digits with at most one point, and an optional exponent; `null`
    /// is not a number. Surplus digits are rounded once.
    ///
    /// `Malformed`; `OutOfRange` for numbers that are too large.
    pub fn from_text(text: &[u8]) -> Result<Dec64, Status> {
        if text == b"null" {
            return Ok(Dec64::NULL);
        }
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let mut digits = Digits::default();
        let mut rest = text.iter();
        let mut given = 0_i32;
        while let Some(byte) = rest.next() {
            match byte {
                b'0'..=b'9' => digits.push(byte - b'0'),
                b'.' if !digits.point => digits.point = true,
                b'e' | b'E' => {
                    given = exponent(rest.as_slice())?;
                    break;
                }
                _ => return Err(Status::Malformed),
            }
        }
        if !digits.any {
            return Err(Status::Malformed);
        }
        let coefficient = if negative { -digits.value } else { digits.value };
        let number = nearest_wide(coefficient, digits.exponent.saturating_add(given), digits.sticky);
        if number == Dec64::NULL { Err(Status::OutOfRange) } else { Ok(number) }
    }
}

/// Digits as they are read. After as many as an `i128` safely holds, only their number counts, and whether one of
/// them is not zero.
#[derive(Default)]
struct Digits {
    value: i128,
    exponent: i32,
    sticky: bool,
    point: bool,
    any: bool,
}

impl Digits {
    fn push(&mut self, digit: u8) {
        self.any = true;
        if self.value < 10_i128.pow(30) {
            self.value = self.value * 10 + i128::from(digit);
            self.exponent = self.exponent.saturating_sub(self.point.into());
        } else {
            self.sticky |= digit != 0;
            self.exponent = self.exponent.saturating_add((!self.point).into());
        }
    }
}

/// The value of an exponent's sign and digits. Huge ones are clamped to a huge number.
fn exponent(text: &[u8]) -> Result<i32, Status> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Status::Malformed);
    }
    let value = digits.iter().fold(0_i32, |value, digit| {
        value.saturating_mul(10).saturating_add(i32::from(digit - b'0')).min(1_000_000_000)
    });
    Ok(if negative { -value } else { value })
}

/// `coefficient / divisor` (a power of ten), to the nearest, ties away from zero.
fn rounded(coefficient: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (coefficient / divisor, coefficient % divisor);
    if rest.abs() >= divisor - rest.abs() && rest != 0 { quotient + rest.signum() } else { quotient }
}

/// As [`Dec64::nearest`], for more digits than a coefficient has. `sticky` says that a nonzero digit follows them.
/// (It never makes a tie, because there are far more digits than are kept.)
fn nearest_wide(coefficient: i128, exponent: i32, sticky: bool) -> Dec64 {
    let (mut wide, mut exponent) = (coefficient, exponent);
    if let Ok(narrow) = i64::try_from(wide)
        && !sticky
    {
        return Dec64::nearest(Decimal { coefficient: narrow, exponent });
    }
    // One more digit for `sticky`, so that rounding takes it into account. 31 digits and one fit.
    wide = wide * 10 + wide.signum() * i128::from(sticky);
    exponent = exponent.saturating_sub(1);
    let (mut divisor, mut dropped) = (1_i128, 0_i32);
    let fits = |kept: i128| (i128::from(COEFFICIENT_MIN)..=i128::from(COEFFICIENT_MAX)).contains(&kept);
    while !fits(rounded(wide, divisor)) || exponent.saturating_add(dropped) < *EXPONENTS.start() {
        divisor *= 10;
        dropped += 1;
        if divisor > wide.abs() * 10 {
            return Dec64(0);
        }
    }
    let kept = rounded(wide, divisor);
    // At most 17 digits are left, which fit.
    Dec64::nearest(Decimal { coefficient: kept as i64, exponent: exponent.saturating_add(dropped) })
}

/// The shortest text that [`Dec64::from_text`] reads as the same number: without an exponent while the point is near
/// the digits.
impl fmt::Display for Dec64 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Decimal { coefficient, exponent }) = self.parts().map(Decimal::stripped) else {
            return formatter.write_str("null");
        };
        let digits = coefficient.unsigned_abs();
        let count = digits.checked_ilog10().unwrap_or(0) as i32 + 1;
        let sign = if coefficient < 0 { "-" } else { "" };
        // The position of the point, counted from the first digit.
        let point = count + exponent;
        match (exponent, point) {
            (0.., ..=21) => write!(formatter, "{sign}{digits}{}", &ZEROS[..exponent as usize]),
            (_, 1..=21) => {
                let power = 10_u64.pow(exponent.unsigned_abs());
                let (whole, part) = (digits / power, digits % power);
                write!(formatter, "{sign}{whole}.{part:0width$}", width = exponent.unsigned_abs() as usize)
            }
            (_, -5..=0) => write!(formatter, "{sign}0.{}{digits}", &ZEROS[..point.unsigned_abs() as usize]),
            _ => write!(formatter, "{sign}{digits}e{exponent}"),
        }
    }
}

const ZEROS: &str = "00000000000000000000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_become_the_words_of_the_description() {
        for (value, word) in [
            (0.5, 0x05FF),
            (0.1, 0x01FF),
            (-1.01, 0xFFFF_FFFF_FFFF_9BFE_u64 as i64),
            (98.6, 0x3DAFF),
            (1e100, 0x0164),
            (std::f64::consts::PI, 3_141_592_653_589_793 << 8 | 0xF1),
            (1e-127, 0x0181),
            (2023.0, 0x7E700),
            (1000.0, 0x3E800),
            (0.0, 0),
            (-0.0, 0),
            (3.602_879_701_896_396_6e143, 0x7FFF_FFFF_FFFF_FE7F),
            (3.7e143, 0x80),
            (1e144, 0x80),
            (f64::NAN, 0x80),
            (f64::INFINITY, 0x80),
            (5e-128, 0x0181),
            (4.9e-128, 0),
            (-5e-128, -0xFF | 0x81),
            (5e-324, 0),
        ] {
            assert_eq!(Dec64::from_double(value).0, word, "{value:e}");
        }
    }

    #[test]
    fn numbers_survive_doubles_and_texts() {
        let mut state = 7_u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = Dec64(state as i64 >> (state % 61));
            let text = number.to_string();
            let back = Dec64::from_text(text.as_bytes()).unwrap();
            assert_eq!(back.parts().map(Decimal::stripped), number.parts().map(Decimal::stripped), "{text}");
            if let Some(parts) = number.parts() {
                assert_eq!(number.to_double(), text.parse::<f64>().unwrap(), "{text}");
                let double = number.to_double();
                if parts.coefficient.unsigned_abs() < 1 << 53 {
                    assert_eq!(Dec64::exactly(double).unwrap().to_double(), double);
                }
            }
        }
    }

    #[test]
    fn texts_are_read_with_one_rounding() {
        for (text, word) in [
            ("0.5", 0x05FF),
            ("+1", 0x100),
            ("-1.01", 0xFFFF_FFFF_FFFF_9BFE_u64 as i64),
            ("1e100", 0x0164),
            ("1E+2", 0x102),
            (".5", 0x05FF),
            ("5.", 0x500),
            ("0e999999999999", 0),
            ("1e-999999999999", 0),
            ("36028797018963967", 0x7FFF_FFFF_FFFF_FF00),
            ("360287970189639674999999999999999999999999999", 0x7FFF_FFFF_FFFF_FF1C),
            ("36028797018963966.5", 0x7FFF_FFFF_FFFF_FF00),
            ("36028797018963966.4999999999999999999999999999999999999", 0x7FFF_FFFF_FFFF_FE00),
            ("0.00000000000000000000000000000000000000000000000000000000001", 0x01C5),
            ("3.1415926535897932", 0x6F9C_9E65_7643_4CF0),
            ("null", 0x80),
        ] {
            assert_eq!(Dec64::from_text(text.as_bytes()).map(|number| number.0), Ok(word), "{text}");
        }
        for text in ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "0x10", " 1", "1 ", "NaN", "١"] {
            assert_eq!(Dec64::from_text(text.as_bytes()), Err(Status::Malformed), "{text}");
        }
        assert_eq!(Dec64::from_text(b"1e144"), Err(Status::OutOfRange));
        assert_eq!(Dec64::from_text(b"1e999999999999"), Err(Status::OutOfRange));
    }

    #[test]
    fn whole_numbers_are_seen() {
        assert_eq!(Dec64(0x102).to_integer(), Some(100));
        assert_eq!(Dec64(0x3E8FD).to_integer(), Some(1));
        assert_eq!(Dec64(0x01FF).to_integer(), None);
        assert_eq!(Dec64(0x0111).to_integer(), None);
        assert_eq!(Dec64(0x7F).to_integer(), Some(0));
        assert_eq!(Dec64::NULL.to_integer(), None);
        assert_eq!(Dec64(0x6F9C_9E65_7643_4CF0).to_double(), std::f64::consts::PI);
    }
}
