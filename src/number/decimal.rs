//! Doubles as decimals: the shortest digits that give the double back, and the correctly rounded way
//! back. The digits are the crate `zmij`'s, the way back is the standard library's.

/// A finite number as `coefficient × 10^exponent`. The coefficient has no trailing zero, and at most 17
/// digits when it came from a double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// The digits, with the sign. Zero has the exponent 0.
    pub coefficient: i64,
    /// The power of ten.
    pub exponent: i32,
}

/// The largest whole number below which every double that is whole is exact.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Decimal {
    /// The shortest decimal that reads as this double; `None` for NaN and infinities. Both zeros are 0.
    pub fn from_double(value: f64) -> Option<Decimal> {
        if !value.is_finite() {
            return None;
        }
        if value.abs() < EXACT && value as i64 as f64 == value {
            return Some(Decimal { coefficient: value as i64, exponent: 0 }.stripped());
        }
        if let Some(short) = few_places(value) {
            return Some(short);
        }
        let mut buffer = zmij::Buffer::new();
        let (mut coefficient, mut exponent) = (0_i64, 0);
        let mut behind_point = 0;
        let mut bytes = buffer.format_finite(value.abs()).bytes();
        for byte in bytes.by_ref() {
            match byte {
                b'0'..=b'9' => {
                    coefficient = coefficient * 10 + i64::from(byte - b'0');
                    exponent -= behind_point;
                }
                b'.' => behind_point = 1,
                _ => break,
            }
        }
        let (mut negative, mut given) = (false, 0);
        for byte in bytes {
            match byte {
                b'-' => negative = true,
                b'0'..=b'9' => given = given * 10 + i32::from(byte - b'0'),
                _ => {}
            }
        }
        exponent += if negative { -given } else { given };
        let sign = if value < 0.0 { -1 } else { 1 };
        Some(Decimal { coefficient: coefficient * sign, exponent }.stripped())
    }

    /// The double nearest to this decimal; too large is infinite.
    #[inline]
    pub fn to_double(self) -> f64 {
        /// Powers of ten that are doubles exactly.
        const POWERS: [f64; 23] = [
            1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
            1e18, 1e19, 1e20, 1e21, 1e22,
        ];
        let whole = self.coefficient as f64;
        if self.coefficient == 0 {
            return 0.0;
        }
        // Two exact operands make one correctly rounded result.
        if self.coefficient.unsigned_abs() <= EXACT as u64
            && let Some(power) = POWERS.get(self.exponent.unsigned_abs() as usize)
        {
            return if self.exponent < 0 { whole / power } else { whole * power };
        }
        self.parsed()
    }

    /// By way of a text, for what two exact operands do not give.
    #[cold]
    fn parsed(self) -> f64 {
        let mut text = Text { bytes: [0; 40], length: 0 };
        // Twenty digits, a sign and an exponent always fit.
        let _ =
            core::fmt::Write::write_fmt(&mut text, format_args!("{}e{}", self.coefficient, self.exponent));
        core::str::from_utf8(&text.bytes[..text.length])
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0)
    }

    /// The same number without trailing zeros in the coefficient.
    pub fn stripped(mut self) -> Decimal {
        if self.coefficient == 0 {
            return Decimal { coefficient: 0, exponent: 0 };
        }
        while self.coefficient % 10 == 0 {
            self.coefficient /= 10;
            self.exponent = self.exponent.saturating_add(1);
        }
        self
    }
}

/// The decimal of a double with at most nine places and fifteen digits, which most numbers that people write
/// have: no other decimal of so few digits reads as the same double, so without its zeros it is the shortest.
#[inline]
fn few_places(value: f64) -> Option<Decimal> {
    places(value, 6, 1e6).or_else(|| places(value, 9, 1e9))
}

/// The same with so many places; `power` is ten to that power.
#[inline]
fn places(value: f64, places: i32, power: f64) -> Option<Decimal> {
    let scaled = value * power;
    if scaled.abs() >= 1e15 {
        return None;
    }
    // Rounding by adding and taking away; what is far from whole is not divided.
    let whole = (scaled + 6_755_399_441_055_744.0) - 6_755_399_441_055_744.0;
    if (scaled - whole).abs() < 0.25 && whole / power == value {
        return Some(Decimal { coefficient: whole as i64, exponent: -places }.stripped());
    }
    None
}

/// A small text on the stack.
struct Text {
    bytes: [u8; 40],
    length: usize,
}

impl core::fmt::Write for Text {
    fn write_str(&mut self, part: &str) -> core::fmt::Result {
        let place = self.bytes.get_mut(self.length..self.length + part.len()).ok_or(core::fmt::Error)?;
        place.copy_from_slice(part.as_bytes());
        self.length += part.len();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_survive() {
        let mut state = 1_u64;
        let random = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from_bits(state)
        });
        let edges = [0.0, 0.1, -1.01, 5e-324, f64::MAX, f64::MIN_POSITIVE, 1e22, 1e23, 9e15, EXACT, 123e300];
        for value in edges.into_iter().chain(random.take(100_000)).filter(|value| value.is_finite()) {
            let decimal = Decimal::from_double(value).unwrap();
            assert_eq!(decimal.to_double().to_bits(), value.to_bits(), "{value:e} {decimal:?}");
        }
        for number in 1..200_000_u32 {
            let value = f64::from(number) / 1e5;
            let text: String = Decimal::from_double(value)
                .map(|decimal| format!("{}e{}", decimal.coefficient, decimal.exponent))
                .unwrap();
            let mut digits = number;
            let mut exponent = -5;
            while digits % 10 == 0 {
                digits /= 10;
                exponent += 1;
            }
            assert_eq!(
                text,
                format!("{digits}e{}", if exponent > 0 { 0 } else { exponent }).replace("e0", "e0"),
                "{value}"
            );
        }
        // The coefficient is not a double, and the sum of two roundings would be another number.
        let wide = Decimal { coefficient: 9_007_199_254_740_993, exponent: 1 };
        assert_eq!(wide.to_double(), 90_071_992_547_409_936.0);
        let stripped = Decimal::from_double(293_630_409.725_49);
        assert_eq!(stripped, Some(Decimal { coefficient: 29_363_040_972_549, exponent: -5 }));
        assert_eq!(Decimal::from_double(-0.0), Some(Decimal { coefficient: 0, exponent: 0 }));
        assert_eq!(Decimal::from_double(f64::NAN), None);
        assert_eq!(Decimal::from_double(1e100), Some(Decimal { coefficient: 1, exponent: 100 }));
        assert_eq!(Decimal::from_double(98.6), Some(Decimal { coefficient: 986, exponent: -1 }));
    }
}
