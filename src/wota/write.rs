//! The writer: one value, written from the outside in, into a buffer that is used again.

use super::text;
use super::word::{Dialect, FIELD_MAX, INTEGER_MAX, INTEGER_MIN, Kind, Symbol, Word, preamble};
use crate::Status;
use crate::blob::{Blob, RawBlob, bytes_for};
use crate::utf8::Text;

/// How many containers a writer opens within each other.
pub const WRITER_MAX_DEPTH: u32 = 512;

/// Writes one complete value and makes a message of it. A refused call leaves the writer as it was.
///
/// Every call can end with `NoMemory`, with `Malformed` when the value has no place where the writer
/// stands (the message is complete, a record's key must be a text, a system symbol's value a record), and
/// with what its own line says.
#[derive(Debug, Default)]
pub struct Writer {
    words: Vec<Word>,
    held: Vec<Blob>,
    /// The levels around the innermost one.
    outer: Vec<Level>,
    level: Level,
    deepest: u16,
}

/// A container that is being filled.
#[derive(Clone, Copy, Debug)]
struct Level {
    /// How many values it still needs.
    left: u64,
    rule: Rule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Values,
    /// Keys stand where an even number of values is left.
    Pairs,
    /// Only a record will do.
    System,
}

impl Default for Level {
    fn default() -> Self {
        Level { left: 1, rule: Rule::Values }
    }
}

impl Writer {
    /// An empty writer of the classic dialect; nothing is allocated yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what was written, and drops the stones it mentioned. The buffer stays.
    pub fn reset(&mut self) {
        self.words.clear();
        self.held.clear();
        self.outer.clear();
        self.level = Level::default();
        self.deepest = 0;
    }

    /// A whole number. `OutOfRange` outside [`INTEGER_MIN`]`..=`[`INTEGER_MAX`].
    #[inline]
    pub fn integer(&mut self, value: i64) -> Result<(), Status> {
        if !(INTEGER_MIN..=INTEGER_MAX).contains(&value) {
            return Err(Status::OutOfRange);
        }
        self.admit(Kind::Integer, 1)?;
        self.push(((value << 8) as u64) | Kind::Integer as u64);
        self.filled();
        Ok(())
    }

    /// A number: as an integer when it is one (but for -0, which stays), else as a float. There is one NaN.
    #[inline]
    pub fn number(&mut self, value: f64) -> Result<(), Status> {
        let whole = value as i64;
        if whole as f64 == value
            && (INTEGER_MIN..=INTEGER_MAX).contains(&whole)
            && (whole != 0 || value.is_sign_positive())
        {
            return self.integer(whole);
        }
        self.admit(Kind::Float, 2)?;
        self.push(preamble(Kind::Float, 0));
        self.push(if value.is_nan() { 0x7FF8_0000_0000_0000 } else { value.to_bits() });
        self.filled();
        Ok(())
    }

    /// A text, in UTF-8; a lone surrogate may stand in it as three bytes. `Malformed` when it is no text.
    #[inline]
    pub fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        let text = Text::check(utf8)?;
        self.admit(Kind::Text, text::words_of(&text).saturating_add(1))?;
        self.push(preamble(Kind::Text, text.characters as u64));
        text::append(&text, &mut self.words);
        self.filled();
        Ok(())
    }

    /// An array; its `count` elements are to follow. `LimitExceeded` when it is too deep, `OutOfRange`
    /// when no preamble can say so many.
    #[inline]
    pub fn array(&mut self, count: u64) -> Result<(), Status> {
        self.open(Kind::Array, count, count, Rule::Values)
    }

    /// A record; its `pairs` of a text and a value are to follow. As for [`Writer::array`]. Whether two
    /// keys are the same is not looked at here: readers of bytes do.
    #[inline]
    pub fn record(&mut self, pairs: u64) -> Result<(), Status> {
        self.open(Kind::Record, pairs, pairs.saturating_mul(2), Rule::Pairs)
    }

    /// A symbol. A private one is to be followed by one value, a system one by one record, and both count
    /// as containers: `LimitExceeded` when too deep.
    #[inline]
    pub fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        let (values, rule) = match symbol {
            Symbol::Private => (1, Rule::Values),
            Symbol::System => (1, Rule::System),
            Symbol::Null | Symbol::False | Symbol::True => {
                self.admit(Kind::Symbol, 1)?;
                self.push(preamble(Kind::Symbol, symbol as u64));
                self.filled();
                return Ok(());
            }
        };
        self.open(Kind::Symbol, symbol as u64, values, rule)
    }

    /// A blob: a stone by reference, counted once for every time it is written; the bits of an antestone
    /// are copied.
    #[inline]
    pub fn blob(&mut self, blob: &RawBlob) -> Result<(), Status> {
        if !blob.is_stone() {
            return self.bits(blob.bytes(), blob.length_bits());
        }
        if blob.length_bits() as u64 > FIELD_MAX {
            return Err(Status::OutOfRange);
        }
        self.held.try_reserve(1)?;
        self.admit(Kind::Stone, 2)?;
        self.push(preamble(Kind::Stone, blob.length_bits() as u64));
        self.push(self.held.len() as u64);
        self.held.push(blob.share());
        self.filled();
        Ok(())
    }

    /// A copy of the first `length_bits` bits of `bytes`. `OutOfRange` when there are not so many.
    pub fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        let bytes = bytes.get(..bytes_for(length_bits)).ok_or(Status::OutOfRange)?;
        self.admit(Kind::Blob, length_bits.div_ceil(64).saturating_add(1))?;
        self.push(preamble(Kind::Blob, length_bits as u64));
        append_bits(&mut self.words, bytes, length_bits);
        self.filled();
        Ok(())
    }

    /// Makes the message and leaves the writer empty, its buffer as it is. `Truncated` when something is
    /// still to follow; on failure nothing changes.
    pub fn finish(&mut self) -> Result<Blob, Status> {
        if self.level.left != 0 {
            return Err(Status::Truncated);
        }
        let image = self.words.as_flattened();
        let message = Blob::message(image, &mut self.held, Dialect::Classic.message_kind(), self.deepest)?;
        self.reset();
        Ok(message)
    }

    /// Whether such a value may stand here; makes room for so many words.
    #[inline]
    fn admit(&mut self, kind: Kind, words: usize) -> Result<(), Status> {
        let Level { left, rule } = self.level;
        if left == 0
            || (rule == Rule::Pairs && left.is_multiple_of(2) && kind != Kind::Text)
            || (rule == Rule::System && kind != Kind::Record)
        {
            return Err(Status::Malformed);
        }
        if self.words.capacity() - self.words.len() < words {
            self.words.try_reserve(words)?;
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, word: u64) {
        self.words.push(word.to_ne_bytes());
    }

    /// One value less is needed; levels that are full are left.
    #[inline]
    fn filled(&mut self) {
        self.level.left -= 1;
        while self.level.left == 0
            && let Some(outer) = self.outer.pop()
        {
            self.level = outer;
        }
    }

    fn open(&mut self, kind: Kind, field: u64, values: u64, rule: Rule) -> Result<(), Status> {
        if field > FIELD_MAX {
            return Err(Status::OutOfRange);
        }
        let depth = self.outer.len() + 1;
        if depth > WRITER_MAX_DEPTH as usize {
            return Err(Status::LimitExceeded);
        }
        self.outer.try_reserve(1)?;
        self.admit(kind, 1)?;
        self.push(preamble(kind, field));
        self.deepest = self.deepest.max(depth as u16);
        if values == 0 {
            self.filled();
        } else {
            self.level.left -= 1;
            self.outer.push(self.level);
            self.level = Level { left: values, rule };
        }
        Ok(())
    }
}

/// The words of an inline blob; the caller has made room. Bits behind the last one become zero.
pub(super) fn append_bits(words: &mut Vec<Word>, bytes: &[u8], length_bits: usize) {
    let (whole, rest) = bytes.as_chunks::<8>();
    words.extend(whole.iter().map(|eight| u64::from_be_bytes(*eight).to_ne_bytes()));
    if !rest.is_empty() {
        let mut eight = [0; 8];
        eight[..rest.len()].copy_from_slice(rest);
        words.push(u64::from_be_bytes(eight).to_ne_bytes());
    }
    if !length_bits.is_multiple_of(64)
        && let Some(last) = words.last_mut()
    {
        *last = (u64::from_ne_bytes(*last) & !(u64::MAX >> (length_bits % 64))).to_ne_bytes();
    }
}
