//! The bytes of Nota.

use drystone::Status;
use drystone::number::decimal::Decimal;
use drystone::number::kim;
use drystone::wota::Symbol;

use super::wota::counted;
use super::{Broken, END, Form, Text, What};

/// Bytes.
pub(crate) struct Nota<'a> {
    bytes: &'a [u8],
}

/// The value of a preamble and its continuation bytes.
struct Head {
    kind: u8,
    negative: bool,
    number: u64,
    /// The offset after it.
    next: usize,
}

const CONTINUE: u8 = 0x80;
const LARGE: u8 = 4;
const SMALL: u8 = 5;
const INTEGER: u8 = 6;
const SHORTEST: &str = "a number of at most 64 bits in its shortest form";

impl<'a> Nota<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Nota { bytes }
    }

    fn head(&self, offset: usize) -> Result<Head, Broken> {
        let first = self.bytes[offset];
        let kind = first >> 4 & 7;
        let signed = matches!(kind, LARGE | SMALL | INTEGER);
        let data = if signed { 3 } else { 4 };
        let mut number = u64::from(first & ((1 << data) - 1));
        let mut next = offset + 1;
        let mut more = first & CONTINUE != 0;
        while more {
            let Some(byte) = self.bytes.get(next) else {
                return Err(Broken::new("the rest of the number in a preamble", END));
            };
            if number >> 57 != 0 {
                return Err(Broken::new(SHORTEST, "a longer one"));
            }
            number = number << 7 | u64::from(byte & 0x7F);
            next += 1;
            more = byte & CONTINUE != 0;
        }
        let groups = next - offset - 1;
        if groups != 0 && number.checked_shr(7 * (groups as u32 - 1)).unwrap_or(0) >> data == 0 {
            return Err(Broken::new(SHORTEST, format!("{number} in {}", counted(groups as u64 + 1, "byte"))));
        }
        Ok(Head { kind, negative: signed && first & 8 != 0, number, next })
    }

    /// The Kim number at an offset, and the offset after it.
    fn kim(&self, at: usize, what: &str) -> Result<(u64, usize), Broken> {
        match kim::decode(self.bytes.get(at..).unwrap_or_default()) {
            Ok((value, length)) => Ok((value, at + length)),
            Err(Status::Truncated) => Err(Broken::new(what, END)),
            Err(_) => Err(Broken::new(format!("{what}, {SHORTEST}"), format!("another form at byte {at}"))),
        }
    }

    fn text(&self, head: &Head) -> Result<(What, usize), Broken> {
        let mut text = Text::default();
        let mut at = head.next;
        for index in 1..=head.number {
            let (code, next) = self.kim(at, &format!("character {index} of {} of a text", head.number))?;
            text.push(code)
                .map_err(|expected| Broken::new(expected, format!("{code:X} as character {index}")))?;
            at = next;
        }
        Ok((What::Text(text), at))
    }

    fn blob(&self, head: &Head) -> Result<(What, usize), Broken> {
        let bits = head.number;
        let rest = &self.bytes[head.next..];
        let own = usize::try_from(bits.div_ceil(8)).ok().and_then(|count| rest.get(..count));
        let Some(own) = own else {
            let expected = format!("{} for a blob of {bits} bits", counted(bits.div_ceil(8), "byte"));
            return Err(Broken::new(expected, format!("{} to the end", rest.len())));
        };
        let used = bits % 8;
        if let Some(last) = own.last()
            && used != 0
            && last << used != 0
        {
            let expected = format!("zeros after the last of {bits} bits");
            return Err(Broken::new(expected, format!("{last:02X} as the last byte")));
        }
        Ok((What::Blob(bits), head.next + own.len()))
    }

    fn number(&self, head: &Head) -> Result<(What, usize), Broken> {
        let integer = head.kind == INTEGER;
        let (magnitude, next) = match integer {
            true => (head.number, head.next),
            false => self.kim(head.next, "a coefficient")?,
        };
        let coefficient = i64::try_from(magnitude).map_err(|_| {
            Broken::new("a number of at most 63 bits and a sign", format!("{magnitude}, which has 64"))
        })?;
        let coefficient = if head.negative { -coefficient } else { coefficient };
        if integer {
            return Ok((What::Integer(coefficient), next));
        }
        // Beyond this all powers of ten come to the same.
        let power = head.number.min(1 << 20) as i32;
        let exponent = if head.kind == LARGE { power } else { -power };
        let decimal = Decimal { coefficient, exponent };
        if !decimal.to_double().is_finite() {
            return Err(Broken::new(
                "a number within the range of a double",
                format!("{coefficient}e{exponent}"),
            ));
        }
        Ok((What::Decimal(decimal), next))
    }
}

impl Form for Nota<'_> {
    const UNIT: &'static str = "bytes";

    fn length(&self) -> usize {
        self.bytes.len()
    }

    fn left(&self, offset: usize) -> String {
        match self.bytes.len().saturating_sub(offset) {
            0 => String::new(),
            count => counted(count as u64, "byte"),
        }
    }

    fn value(&self, offset: usize) -> Result<(What, usize), Broken> {
        let head = self.head(offset)?;
        match head.kind {
            0 => self.blob(&head),
            1 => self.text(&head),
            2 => Ok((What::Array(head.number), head.next)),
            3 => Ok((What::Record(head.number), head.next)),
            LARGE | SMALL | INTEGER => self.number(&head),
            _ => match Symbol::from_code(head.number) {
                Some(symbol) if head.next == offset + 1 => Ok((What::Symbol(symbol), head.next)),
                _ => Err(Broken::new("a symbol (0, 2, 3, 8 or 9)", format!("the code {}", head.number))),
            },
        }
    }

    fn digits(&self, offset: usize, next: usize) -> String {
        let bytes = &self.bytes[offset..next.min(offset + 8)];
        bytes.iter().map(|byte| format!("{byte:02X}")).collect()
    }
}
