//! Doubles as decimals: the shortest digits that read back as the same double, and correctly rounded reading. The
//! digits come from the crate `zmij`. Reading needs no tables, which would enlarge modules for browsers.

/// A finite number as `coefficient × 10^exponent`. The coefficient has no trailing zero, and at most 17
/// digits when it came from a double.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// The digits, with the sign. Zero has the exponent 0.
    pub coefficient: i64,
    /// The power of ten.
    pub exponent: i32,
}

/// All whole numbers up to this one are exact as doubles.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Decimal {
    /// The shortest decimal that reads as this double; `None` for NaN and infinities. 0 for both zeros.
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
        let mut after_point = 0;
        let mut bytes = buffer.format_finite(value.abs()).bytes();
        for byte in bytes.by_ref() {
            match byte {
                b'0'..=b'9' => {
                    coefficient = coefficient * 10 + i64::from(byte - b'0');
                    exponent -= after_point;
                }
                b'.' => after_point = 1,
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

    /// The double nearest to this decimal; infinite when it is too large.
    #[inline]
    pub fn to_double(self) -> f64 {
        /// The powers of ten that are exact as doubles.
        const POWERS: [f64; 23] = [
            1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
            1e18, 1e19, 1e20, 1e21, 1e22,
        ];
        let whole = self.coefficient as f64;
        if self.coefficient == 0 {
            return 0.0;
        }
        // One operation on two exact operands is correctly rounded.
        if self.coefficient.unsigned_abs() <= EXACT as u64
            && let Some(power) = POWERS.get(self.exponent.unsigned_abs() as usize)
        {
            return if self.exponent < 0 { whole / power } else { whole * power };
        }
        self.rounded()
    }

    /// The same with as many bits as needed, for all other decimals.
    #[cold]
    fn rounded(self) -> f64 {
        /// Beyond these, every number is infinite or 0.
        const LEAST: i32 = -400;
        const MOST: i32 = 330;
        let sign = u64::from(self.coefficient < 0) << 63;
        if self.exponent < LEAST {
            return f64::from_bits(sign);
        }
        let mut number = WideInteger::new(self.coefficient.unsigned_abs());
        let mut inexact = false;
        // `number` times two to this power is the decimal.
        let mut power = 0;
        if self.exponent >= 0 {
            number.multiply(self.exponent.min(MOST).unsigned_abs());
        } else {
            // At least 64 bits are left after the division, because a factor of ten takes less than 4.
            let words = 3 + self.exponent.unsigned_abs() / 8;
            number.shift(words as usize);
            power = -32 * words as i32;
            inexact = number.divide(self.exponent.unsigned_abs());
        }
        let (top, bits, more) = number.top();
        let magnitude = power + bits as i32 - 1;
        if magnitude > 1023 {
            return f64::from_bits(sign | f64::INFINITY.to_bits());
        }
        // Subnormal numbers have fewer bits.
        let kept = 53 + (magnitude + 1022).min(0);
        if kept < 0 {
            return f64::from_bits(sign);
        }
        let dropped = 64 - kept as u32;
        let whole = top.checked_shr(dropped).unwrap_or(0);
        let half = top >> (dropped - 1) & 1 == 1;
        let beyond = inexact || more || top & ((1 << (dropped - 1)) - 1) != 0;
        let rounded = whole + u64::from(half && (beyond || whole & 1 == 1));
        // The first bit, which is not stored, adds one to the exponent; so does a carry.
        let exponent = u64::try_from(magnitude + 1022).unwrap_or(0);
        f64::from_bits(sign | ((exponent << 52) + rounded))
    }

    /// The same number without trailing zeros in the coefficient.
    #[inline]
    pub fn stripped(self) -> Decimal {
        if self.coefficient % 10 != 0 {
            return self;
        }
        if self.coefficient == 0 {
            return Decimal { coefficient: 0, exponent: 0 };
        }
        let (mut digits, mut zeros) = (self.coefficient.unsigned_abs(), 0);
        while digits.is_multiple_of(100_000_000) {
            digits /= 100_000_000;
            zeros += 8;
        }
        // At most seven are left. Their number is hard to predict, so there is no branch on it.
        for (power, more) in [(10_000, 4), (100, 2), (10, 1)] {
            let (shorter, rest) = (digits / power, digits % power);
            digits = if rest == 0 { shorter } else { digits };
            zeros += if rest == 0 { more } else { 0 };
        }
        let coefficient =
            if self.coefficient < 0 { 0_i64.wrapping_sub_unsigned(digits) } else { digits as i64 };
        Decimal { coefficient, exponent: self.exponent.saturating_add(zeros) }
    }
}

/// The decimal of a double with at most nine decimal places and fifteen digits, as most numbers that people write. No
/// other decimal with so few digits reads as the same double, so without trailing zeros it is the shortest one.
#[inline]
fn few_places(value: f64) -> Option<Decimal> {
    // The magnitude decides, as it is easier to predict than the number of places.
    if value.abs() < 1e6 { places(value, 9, 1e9) } else { places(value, 6, 1e6) }
}

/// The same with this many decimal places; `power` is ten to that power.
#[inline]
fn places(value: f64, places: i32, power: f64) -> Option<Decimal> {
    let scaled = value * power;
    if scaled.abs() >= 1e15 {
        return None;
    }
    // Rounds by adding and subtracting. Numbers that are far from whole are not divided.
    let whole = (scaled + 6_755_399_441_055_744.0) - 6_755_399_441_055_744.0;
    if (scaled - whole).abs() < 0.25 && whole / power == value {
        return Some(Decimal { coefficient: whole as i64, exponent: -places }.stripped());
    }
    None
}

/// An integer of up to 1,792 bits, the lowest word first.
struct WideInteger {
    words: [u32; 56],
    used: usize,
}

impl WideInteger {
    fn new(value: u64) -> Self {
        let mut words = [0; 56];
        words[0] = value as u32;
        words[1] = (value >> 32) as u32;
        WideInteger { words, used: 2 }
    }

    /// Multiplies by ten to this power.
    fn multiply(&mut self, mut power: u32) {
        while power != 0 {
            let factor = 10_u32.pow(power.min(9));
            power -= power.min(9);
            let mut carry = 0;
            for word in &mut self.words[..self.used] {
                let product = u64::from(*word) * u64::from(factor) + carry;
                *word = product as u32;
                carry = product >> 32;
            }
            if carry != 0
                && let Some(word) = self.words.get_mut(self.used)
            {
                *word = carry as u32;
                self.used += 1;
            }
        }
    }

    /// Multiplies by two to the power of 32 times this number.
    fn shift(&mut self, words: usize) {
        let words = words.min(self.words.len() - 2);
        self.words.copy_within(..2, words);
        self.words[..words].fill(0);
        self.used = words + 2;
    }

    /// Divides by ten to this power, rounding down; returns whether there was a remainder.
    fn divide(&mut self, mut power: u32) -> bool {
        let mut any = 0;
        while power != 0 {
            let divisor = u64::from(10_u32.pow(power.min(9)));
            power -= power.min(9);
            let mut rest = 0_u64;
            for word in self.words[..self.used].iter_mut().rev() {
                let dividend = rest << 32 | u64::from(*word);
                *word = (dividend / divisor) as u32;
                rest = dividend % divisor;
            }
            any |= rest;
        }
        any != 0
    }

    /// The first 64 bits, the first of which is 1; the number of bits; and whether any other bit is 1.
    fn top(&self) -> (u64, usize, bool) {
        let used = self.words[..self.used].iter().rposition(|word| *word != 0).map_or(0, |last| last + 1);
        let word =
            |back: usize| used.checked_sub(back).and_then(|at| self.words.get(at)).copied().unwrap_or(0);
        let zeros = word(1).leading_zeros();
        let three = u128::from(word(1)) << 64 | u128::from(word(2)) << 32 | u128::from(word(3));
        let first = three << (32 + zeros);
        let more = first as u64 != 0 || self.words[..used.saturating_sub(3)].iter().any(|word| *word != 0);
        ((first >> 64) as u64, (32 * used).saturating_sub(zeros as usize), more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_rounded_as_by_the_standard_library() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 1
        };
        for round in 0..200_000 {
            let coefficient = random() as i64 >> (random() % 63);
            let exponent = [(random() % 760) as i32 - 410, (random() % 40) as i32 - 20][round % 2];
            let decimal = Decimal { coefficient, exponent };
            let expected: f64 = format!("{coefficient}e{exponent}").parse().unwrap();
            assert_eq!(decimal.to_double(), expected, "{decimal:?}");
            let negative = Decimal { coefficient: -coefficient, exponent };
            assert_eq!(negative.to_double(), -expected, "{negative:?}");
        }
        for (coefficient, exponent) in [
            // Halves between two doubles, just above and just below them; the least number, and half of it.
            (9_007_199_254_740_993, 0),
            (9_007_199_254_740_993_000, -3),
            (9_007_199_254_740_993_001, -3),
            (9_007_199_254_740_992_999, -3),
            (4_940_656_458_412_465_442, -342),
            (2_470_328_229_206_232_720, -342),
            (2_470_328_229_206_232_721, -342),
            (2_225_073_858_507_201_136, -326),
            (1_797_693_134_862_315_807, 290),
            (1_797_693_134_862_315_808, 290),
            (i64::MAX, 308),
            (i64::MIN, -18),
            (i64::MAX, i32::MAX),
            (i64::MAX, i32::MIN),
        ] {
            let expected: f64 = format!("{coefficient}e{exponent}").parse().unwrap();
            assert_eq!(Decimal { coefficient, exponent }.to_double(), expected, "{coefficient}e{exponent}");
        }
    }

    #[test]
    fn any_number_of_trailing_zeros_is_stripped() {
        for digits in [1, 2, 5, 11, 101, 1001, 12_345_678, 922_337_203_685_477_581] {
            for zeros in 0..=18 {
                let Some(coefficient) = 10_i64.checked_pow(zeros).and_then(|power| power.checked_mul(digits))
                else {
                    continue;
                };
                for sign in [1, -1] {
                    let stripped = Decimal { coefficient: sign * coefficient, exponent: -7 }.stripped();
                    let expected = Decimal { coefficient: sign * digits, exponent: zeros as i32 - 7 };
                    assert_eq!(stripped, expected);
                }
            }
        }
        let least = Decimal { coefficient: i64::MIN, exponent: 3 };
        assert_eq!(least.stripped(), least);
        let most = Decimal { coefficient: 100, exponent: i32::MAX }.stripped();
        assert_eq!(most, Decimal { coefficient: 1, exponent: i32::MAX });
    }

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
        // The coefficient is not exact as a double, so two roundings would give another number.
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
