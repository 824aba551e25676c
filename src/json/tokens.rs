//! JSON text, token by token. The caller says what may come next, so this module does not track nesting: neither the
//! stack nor the heap grows with the depth. A fault is at the first unexpected byte.

use crate::allocation::Grow;
use crate::lanes::escapes;
use crate::number::decimal::Decimal;
use crate::status::Status;
use crate::text::ascii;
use crate::value::Fault;

/// A value, or the start of one.
#[derive(Debug, PartialEq)]
pub(super) enum Token<'t, 's> {
    Null,
    Logical(bool),
    /// A whole number without a fraction or an exponent, except -0.
    Integer(i64),
    /// Any other number, as the nearest double.
    Double(f64),
    Text(TextToken<'t, 's>),
    Array,
    Object,
}

/// A text in UTF-8.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum TextToken<'t, 's> {
    /// A slice of the JSON text.
    Whole(&'t [u8]),
    /// A text that had escapes; valid until the next token.
    Unescaped(&'s [u8]),
}

impl<'s> TextToken<'_, 's> {
    #[inline]
    pub(super) fn bytes(self) -> &'s [u8]
    where
        Self: 's,
    {
        match self {
            TextToken::Whole(bytes) => bytes,
            TextToken::Unescaped(bytes) => bytes,
        }
    }
}

/// The text and the position in it. Calls return `Truncated` when the text could be continued to a valid one, and
/// `Malformed` when not; calls that read texts also return `NoMemory`.
pub(super) struct Tokens<'t> {
    text: &'t [u8],
    at: usize,
    /// The last text that had escapes.
    unescaped: Vec<u8>,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Tokens { text, at: 0, unescaped: Vec::new() }
    }

    /// A fault with this status, and its offset.
    pub(super) fn fault(&self, status: Status) -> Fault {
        let offset = if status == Status::Truncated { self.text.len() } else { self.at };
        Fault { status, offset }
    }

    /// Moves the fault to the byte that was read last: a bracket, a brace, the colon after a key.
    pub(super) fn step_back(&mut self) {
        self.at -= 1;
    }

    /// Reads a complete value, or the start of an array or object.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Token<'t, '_>, Status> {
        match self.next_byte()? {
            b'"' => Ok(Token::Text(self.text()?)),
            b'-' | b'0'..=b'9' => self.number(),
            b'[' => self.step(Token::Array),
            b'{' => self.step(Token::Object),
            b'n' => self.word(b"null", Token::Null),
            b't' => self.word(b"true", Token::Logical(true)),
            b'f' => self.word(b"false", Token::Logical(false)),
            _ => Err(Status::Malformed),
        }
    }

    /// In an array, before its first element (`first`) or after another: returns whether an element follows, or reads
    /// the end.
    #[inline]
    pub(super) fn element(&mut self, first: bool) -> Result<bool, Status> {
        match self.next_byte()? {
            b']' => self.step(false),
            b',' if !first => self.step(true),
            _ if first => Ok(true),
            _ => Err(Status::Malformed),
        }
    }

    /// In an object, before its first pair (`first`) or after another: reads the next key and the colon after it, or
    /// the end.
    #[inline]
    pub(super) fn key(&mut self, first: bool) -> Result<Option<TextToken<'t, '_>>, Status> {
        match self.next_byte()? {
            b'}' => return self.step(None),
            b',' if !first => self.at += 1,
            _ if first => {}
            _ => return Err(Status::Malformed),
        }
        if self.next_byte()? != b'"' {
            return Err(Status::Malformed);
        }
        // The colon is read before the key is returned, because the key borrows the text.
        let (start, end) = match self.scan()? {
            Scanned::Whole(start, end) => (start, end),
            Scanned::Unescaped => {
                self.colon()?;
                return Ok(Some(TextToken::Unescaped(&self.unescaped)));
            }
        };
        self.colon()?;
        Ok(Some(TextToken::Whole(&self.text[start..end])))
    }

    /// After the outermost value: only white space may follow.
    pub(super) fn end(&mut self) -> Result<(), Status> {
        match self.next_byte() {
            Ok(_) => Err(Status::Malformed),
            Err(_) => Ok(()),
        }
    }

    #[inline]
    fn colon(&mut self) -> Result<(), Status> {
        if self.next_byte()? == b':' { self.step(()) } else { Err(Status::Malformed) }
    }

    /// The next byte that is not white space. Does not move past it.
    #[inline(always)]
    fn next_byte(&mut self) -> Result<u8, Status> {
        match self.text.get(self.at) {
            Some(byte) if *byte > b' ' => Ok(*byte),
            _ => self.space(),
        }
    }

    #[inline(never)]
    fn space(&mut self) -> Result<u8, Status> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(byte) => return Ok(*byte),
                None => return Err(Status::Truncated),
            }
        }
    }

    #[inline]
    fn step<T>(&mut self, token: T) -> Result<T, Status> {
        self.at += 1;
        Ok(token)
    }

    #[inline]
    fn word<'s>(&mut self, word: &[u8], token: Token<'t, 's>) -> Result<Token<'t, 's>, Status> {
        let rest = &self.text[self.at..];
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(token);
        }
        let same = rest.iter().zip(word).take_while(|(one, other)| one == other).count();
        self.at += same;
        Err(if same == rest.len() { Status::Truncated } else { Status::Malformed })
    }

    /// The next byte is a digit or a minus sign.
    #[inline]
    fn number(&mut self) -> Result<Token<'t, 'static>, Status> {
        let start = self.at;
        let negative = self.text[start] == b'-';
        self.at += usize::from(negative);
        let first = self.at;
        let mut magnitude = 0_u64;
        if self.text.get(first) == Some(&b'0') {
            self.at += 1;
        } else {
            magnitude = self.digits()?;
        }
        let next = self.text.get(self.at);
        // Nineteen digits fit.
        if matches!(next, Some(b'.' | b'e' | b'E')) || self.at - first > 19 {
            return self.double(start, magnitude);
        }
        let value = if negative { 0_i64.checked_sub_unsigned(magnitude) } else { magnitude.try_into().ok() };
        Ok(match value {
            Some(0) if negative => Token::Double(-0.0),
            Some(value) => Token::Integer(value),
            None if negative => Token::Double(-(magnitude as f64)),
            None => Token::Double(magnitude as f64),
        })
    }

    /// One digit or more; returns their value if there are not too many.
    #[inline]
    fn digits(&mut self) -> Result<u64, Status> {
        let first = self.at;
        let mut magnitude = 0_u64;
        while let Some(digit) = self.text.get(self.at).map(|byte| byte.wrapping_sub(b'0'))
            && digit < 10
        {
            magnitude = magnitude.wrapping_mul(10).wrapping_add(digit.into());
            self.at += 1;
        }
        if self.at > first {
            Ok(magnitude)
        } else if self.at == self.text.len() {
            Err(Status::Truncated)
        } else {
            Err(Status::Malformed)
        }
    }

    /// A number that starts at `start` and whose whole part has this magnitude.
    #[inline(never)]
    fn double(&mut self, start: usize, magnitude: u64) -> Result<Token<'t, 'static>, Status> {
        let whole = self.at;
        let mut short = None;
        let mut places = 0;
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            let fraction = self.digits()?;
            places = self.at - whole - 1;
            let power = u32::try_from(places).ok().and_then(|places| 10_u64.checked_pow(places));
            short = power.and_then(|power| magnitude.checked_mul(power)?.checked_add(fraction));
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            short = None;
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        let negative = self.text[start] == b'-';
        // Nineteen digits and the point: the magnitude has not overflowed.
        if let Some(coefficient) = short
            && self.at - start <= 20
            && (1..=EXACT).contains(&coefficient)
        {
            let value = Decimal { coefficient: coefficient as i64, exponent: -(places as i32) }.to_double();
            return Ok(Token::Double(if negative { -value } else { value }));
        }
        let (rest, number) = (&self.text[start..], &self.text[start..self.at]);
        let parsed = ascii::text(rest, number).and_then(|number| number.parse::<f64>().ok());
        parsed.filter(|value| value.is_finite()).map(Token::Double).ok_or(Status::Malformed)
    }

    /// The next byte is a quote.
    #[inline]
    fn text(&mut self) -> Result<TextToken<'t, '_>, Status> {
        Ok(match self.scan()? {
            Scanned::Whole(start, end) => TextToken::Whole(&self.text[start..end]),
            Scanned::Unescaped => TextToken::Unescaped(&self.unescaped),
        })
    }

    #[inline]
    fn scan(&mut self) -> Result<Scanned, Status> {
        self.at += 1;
        let start = self.at;
        let end = self.run()?;
        if self.text.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Ok(Scanned::Whole(start, end));
        }
        self.unescaped.clear();
        self.unescape(end)?;
        Ok(Scanned::Unescaped)
    }

    /// The position of the quote or backslash that ends a run of characters. Does not move. All of them must be
    /// UTF-8.
    #[inline]
    fn run(&mut self) -> Result<usize, Status> {
        let (length, is_ascii) = plain_run(&self.text[self.at..]);
        let end = self.at + length;
        if !is_ascii {
            self.check_utf8(end)?;
        }
        match self.text.get(end) {
            Some(b'"' | b'\\') => Ok(end),
            Some(_) => {
                self.at = end;
                Err(Status::Malformed)
            }
            None => Err(Status::Truncated),
        }
    }

    #[inline(never)]
    fn check_utf8(&mut self, end: usize) -> Result<(), Status> {
        let Err(error) = str::from_utf8(&self.text[self.at..end]) else { return Ok(()) };
        self.at += error.valid_up_to();
        let cut = error.error_len().is_none() && end == self.text.len();
        Err(if cut { Status::Truncated } else { Status::Malformed })
    }

    /// The rest of a text from the current position on, after a first run that ends with a backslash.
    #[inline(never)]
    fn unescape(&mut self, mut end: usize) -> Result<(), Status> {
        loop {
            self.unescaped.try_append(&self.text[self.at..end])?;
            self.at = end + 1;
            if self.text[end] == b'"' {
                return Ok(());
            }
            let character = self.escape()?;
            let mut utf8 = [0; 4];
            self.unescaped.try_append(character.encode_utf8(&mut utf8).as_bytes())?;
            end = self.run()?;
        }
    }

    /// The escape after a backslash.
    fn escape(&mut self) -> Result<char, Status> {
        let byte = *self.text.get(self.at).ok_or(Status::Truncated)?;
        let character = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.code();
            }
            _ => return Err(Status::Malformed),
        };
        self.step(character)
    }

    /// Four digits, and the second half of a surrogate pair if they are its first half.
    fn code(&mut self) -> Result<char, Status> {
        let first = self.half()?;
        if let Some(character) = char::from_u32(first) {
            return Ok(character);
        }
        let malformed_at = |tokens: &mut Self, at| {
            tokens.at = at;
            Err(Status::Malformed)
        };
        if first >= 0xDC00 {
            return malformed_at(self, self.at - 4);
        }
        for expected in *b"\\u" {
            match self.text.get(self.at) {
                Some(byte) if *byte == expected => self.at += 1,
                Some(_) => return Err(Status::Malformed),
                None => return Err(Status::Truncated),
            }
        }
        let second = self.half()?;
        let pair = 0x10000 + ((first - 0xD800) << 10) + (second.wrapping_sub(0xDC00) & 0x3FF);
        match char::from_u32(pair) {
            Some(character) if (0xDC00..0xE000).contains(&second) => Ok(character),
            _ => malformed_at(self, self.at - 4),
        }
    }

    fn half(&mut self) -> Result<u32, Status> {
        let mut half = 0;
        for _ in 0..4 {
            let byte = *self.text.get(self.at).ok_or(Status::Truncated)?;
            half = half << 4 | char::from(byte).to_digit(16).ok_or(Status::Malformed)?;
            self.at += 1;
        }
        Ok(half)
    }
}

enum Scanned {
    /// The start and the end.
    Whole(usize, usize),
    Unescaped,
}

/// The number of characters before the first quote, backslash or control character; and whether they, and perhaps
/// some after it, are ASCII.
#[inline]
pub(super) fn plain_run(bytes: &[u8]) -> (usize, bool) {
    let (blocks, rest) = bytes.as_chunks::<16>();
    let mut seen = 0;
    for (number, block) in blocks.iter().enumerate() {
        seen |= u128::from_ne_bytes(*block);
        let stops = escapes(block);
        if stops != 0 {
            return (number * 16 + stops.trailing_zeros() as usize, seen & HIGH == 0);
        }
    }
    // The padding after the end also stops the run.
    let mut last = [b'"'; 16];
    last[..rest.len()].copy_from_slice(rest);
    seen |= u128::from_ne_bytes(last);
    (blocks.len() * 16 + escapes(&last).trailing_zeros() as usize, seen & HIGH == 0)
}

/// All whole numbers up to this one are exact as doubles.
const EXACT: u64 = 1 << 53;

const HIGH: u128 = u128::from_ne_bytes([0x80; 16]);

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn runs_end_at_every_stop_and_at_no_other_byte() {
        for length in 0..40 {
            for at in 0..length {
                for byte in 0..=255_u8 {
                    let mut bytes = [b'a'; 40];
                    bytes[at] = byte;
                    let stops = matches!(byte, b'"' | b'\\' | 0..=0x1F);
                    let (run, is_ascii) = plain_run(&bytes[..length]);
                    assert_eq!(run, if stops { at } else { length }, "{byte} at {at} of {length}");
                    assert!(stops || is_ascii == byte.is_ascii());
                }
            }
        }
    }

    #[test]
    fn an_escape_in_a_key_and_the_place_after_it() {
        let mut tokens = Tokens::new(br#" {"\u00e9\ud83d\udca9" : -0 , "b":[ ]}x"#);
        assert_eq!(tokens.value(), Ok(Token::Object));
        assert_eq!(tokens.key(true).map(|key| key.map(TextToken::bytes)), Ok(Some("é💩".as_bytes())));
        assert!(matches!(tokens.value(), Ok(Token::Double(zero)) if zero.to_bits() == 1 << 63));
        assert_eq!(tokens.key(false), Ok(Some(TextToken::Whole(b"b"))));
        assert_eq!(tokens.value(), Ok(Token::Array));
        assert_eq!(tokens.element(true), Ok(false));
        assert_eq!(tokens.key(false), Ok(None));
        assert_eq!(tokens.end(), Err(Status::Malformed));
        assert_eq!(tokens.fault(Status::Malformed).offset, 38);
    }
}
