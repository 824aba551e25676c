//! The words of Wota in both dialects.

use drystone::number::dec64::Dec64;
use drystone::wota::{Dialect, Symbol};

use super::{Broken, Form, Text, What};

/// Little-endian words.
pub(crate) struct Wota<'a> {
    words: &'a [[u8; 8]],
    /// Less than a word.
    ragged: &'a [u8],
    dialect: Dialect,
}

/// The types, whatever their codes.
#[derive(Clone, Copy)]
enum Type {
    Integer,
    Float,
    Array,
    Record,
    Blob,
    Text,
    Symbol,
    Stone,
}

impl<'a> Wota<'a> {
    pub(crate) fn new(bytes: &'a [u8], dialect: Dialect) -> Self {
        let (words, ragged) = bytes.as_chunks();
        Wota { words, ragged, dialect }
    }

    fn word(&self, offset: usize) -> u64 {
        self.words.get(offset).map_or(0, |word| u64::from_le_bytes(*word))
    }

    fn head(&self, word: u64) -> Result<(Type, u64), Broken> {
        let unknown = |types: &str, code| {
            Broken::new(format!("a type ({types})"), format!("the type {code:X} in {word:016X}"))
        };
        match self.dialect {
            Dialect::Classic => {
                let kind = match word as u8 {
                    0 => Type::Integer,
                    1 => Type::Float,
                    2 => Type::Array,
                    3 => Type::Record,
                    4 => Type::Blob,
                    5 => Type::Text,
                    7 => Type::Symbol,
                    8 => Type::Stone,
                    code => return Err(unknown("0 to 5, or 7", code)),
                };
                Ok((kind, word >> 8))
            }
            Dialect::Dec64 => {
                if word as u8 != 0x80 {
                    return Ok((Type::Float, word));
                }
                let kind = match word >> 8 & 0xF {
                    1 => Type::Array,
                    2 => Type::Record,
                    3 => Type::Blob,
                    4 => Type::Text,
                    6 => Type::Symbol,
                    8 => Type::Stone,
                    code => return Err(unknown("1 to 4, or 6", code as u8)),
                };
                Ok((kind, word >> 12))
            }
        }
    }

    /// The value's own words after the first one.
    fn own(&self, offset: usize, count: u64, what: &str) -> Result<&'a [[u8; 8]], Broken> {
        let rest = &self.words[offset + 1..];
        let own = usize::try_from(count).ok().and_then(|count| rest.get(..count));
        own.ok_or_else(|| {
            let left = self.left(offset + 1);
            let left = if left.is_empty() { "none".to_string() } else { left };
            let words = counted(count, "word");
            Broken::new(format!("{words} for {what}"), format!("{left} to the end"))
        })
    }

    fn float(&self, offset: usize, word: u64) -> Result<What, Broken> {
        if self.dialect == Dialect::Dec64 {
            let number = Dec64(word as i64);
            let decimal =
                number.parts().map_or(What::Float(f64::NAN), |parts| What::Decimal(parts.stripped()));
            return Ok(number.to_integer().map_or(decimal, What::Integer));
        }
        if word >> 8 != 0 {
            return Err(Broken::new("0 in the field of a float", format!("{word:016X}")));
        }
        self.own(offset, 1, "the bits of a float")?;
        Ok(What::Float(f64::from_bits(self.word(offset + 1))))
    }

    fn blob(own: &[[u8; 8]], bits: u64) -> Result<What, Broken> {
        let last = own.last().map_or(0, |word| u64::from_le_bytes(*word));
        let used = bits % 64;
        if used != 0 && last << used != 0 {
            let expected = format!("zeros after the last of {bits} bits");
            return Err(Broken::new(expected, format!("{last:016X} as the last word")));
        }
        Ok(What::Blob(bits))
    }

    fn text(own: &[[u8; 8]], characters: u64) -> Result<What, Broken> {
        let mut text = Text::default();
        let codes = own.iter().flat_map(|word| {
            let word = u64::from_le_bytes(*word);
            [word >> 32, word & 0xFFFF_FFFF]
        });
        for (index, code) in codes.enumerate() {
            if index as u64 == characters {
                if code != 0 {
                    let found = format!("{code:08X}");
                    return Err(Broken::new("zeros after the last character of a text", found));
                }
            } else if let Err(expected) = text.push(code) {
                return Err(Broken::new(expected, format!("{code:X} as character {}", index + 1)));
            }
        }
        Ok(What::Text(text))
    }
}

impl Form for Wota<'_> {
    const UNIT: &'static str = "words";

    fn length(&self) -> usize {
        self.words.len()
    }

    fn left(&self, offset: usize) -> String {
        let words = self.words.len().saturating_sub(offset) as u64;
        let bytes = self.ragged.len() as u64;
        match (words, bytes) {
            (0, 0) => String::new(),
            (0, bytes) => format!("{} of a word", counted(bytes, "byte")),
            (words, 0) => counted(words, "word"),
            (words, bytes) => format!("{} and {}", counted(words, "word"), counted(bytes, "byte")),
        }
    }

    fn value(&self, offset: usize) -> Result<(What, usize), Broken> {
        let word = self.word(offset);
        let (kind, field) = self.head(word)?;
        let next = offset + 1;
        Ok(match kind {
            Type::Integer => (What::Integer(word as i64 >> 8), next),
            Type::Float => {
                let payload = usize::from(self.dialect == Dialect::Classic);
                (self.float(offset, word)?, next + payload)
            }
            Type::Array => (What::Array(field), next),
            Type::Record => (What::Record(field), next),
            Type::Blob => {
                let own = self.own(offset, field.div_ceil(64), &format!("a blob of {field} bits"))?;
                (Self::blob(own, field)?, next + own.len())
            }
            Type::Text => {
                let own = self.own(offset, field.div_ceil(2), &format!("a text of {field} characters"))?;
                (Self::text(own, field)?, next + own.len())
            }
            Type::Symbol => match Symbol::from_code(field) {
                Some(symbol) => (What::Symbol(symbol), next),
                None => {
                    let found = format!("the code {field} in {word:016X}");
                    return Err(Broken::new("a symbol (0, 2, 3, 8 or 9)", found));
                }
            },
            Type::Stone => {
                let found = "a reference to a stone, which means nothing outside its process";
                return Err(Broken::new("a value that is complete in itself", found));
            }
        })
    }

    fn digits(&self, offset: usize, _: usize) -> String {
        format!("{:016X}", self.word(offset))
    }
}

/// This many of them.
pub(crate) fn counted(count: u64, name: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}
