//! The writer: one value, from the outside in, into bytes.

use super::encode::Encoder;
use crate::blob::Blob;
use crate::number::decimal::Decimal;
use crate::status::Status;
use crate::value::nesting::{Rule, Writing, carried_by};
use crate::value::{Kind, Symbol};
use crate::wota::holds_anything;

/// No array or record has more; the same as in words, where a field says it.
const COUNT_MAX: u64 = (1 << 56) - 1;

/// Writes one complete value as Nota. A refused call leaves the writer as it was; statuses are those of the
/// [Wota writer](crate::wota::Writer).
#[derive(Debug, Default)]
pub struct Writer {
    encoder: Encoder,
    nesting: Writing,
}

impl Writer {
    /// An empty writer; nothing is allocated yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets what was written. The buffer stays.
    pub fn reset(&mut self) {
        self.encoder.clear();
        self.nesting.reset();
    }

    /// A whole number. `OutOfRange` outside 56 bits.
    #[inline]
    pub fn integer(&mut self, value: i64) -> Result<(), Status> {
        self.put(Kind::Integer, |encoder| encoder.integer(value))
    }

    /// A number, as its shortest decimal; -0 as 0. `OutOfRange` for NaN and infinities.
    #[inline]
    pub fn number(&mut self, value: f64) -> Result<(), Status> {
        self.put(Kind::Integer, |encoder| encoder.number(value))
    }

    /// A decimal number. One with the exponent 0 is an integer. `OutOfRange` for what is too large for a
    /// double, and for a coefficient of -2^63.
    #[inline]
    pub fn decimal(&mut self, value: Decimal) -> Result<(), Status> {
        self.put(Kind::Integer, |encoder| encoder.decimal(value))
    }

    /// A text, in UTF-8; a lone surrogate may stand in it as three bytes. `Malformed` when it is no text.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        self.put(Kind::Text, |encoder| encoder.text(utf8))
    }

    /// An array; its `count` elements are to follow. `LimitExceeded` when it is too deep.
    #[inline]
    pub fn array(&mut self, count: u64) -> Result<(), Status> {
        self.open(Kind::Array, count, count, Rule::Values, |encoder| encoder.array(count))
    }

    /// A record; its `pairs` of a text and a value are to follow. `LimitExceeded` when it is too deep.
    #[inline]
    pub fn record(&mut self, pairs: u64) -> Result<(), Status> {
        let values = pairs.saturating_mul(2);
        self.open(Kind::Record, pairs, values, Rule::Pairs, |encoder| encoder.record(pairs))
    }

    /// A symbol. A private one is to be followed by one value, a system one by one record: `LimitExceeded`
    /// when too deep.
    #[inline]
    pub fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        match carried_by(symbol as u64) {
            Some(rule) => self.open(Kind::Symbol, 1, 1, rule, |encoder| encoder.symbol(symbol)),
            None => self.put(Kind::Symbol, |encoder| encoder.symbol(symbol)),
        }
    }

    /// The bits of a blob, stone or not. `ForeignReference` for a message that holds stones: what it names
    /// would mean nothing elsewhere.
    pub fn blob(&mut self, blob: &Blob) -> Result<(), Status> {
        if holds_anything(blob) {
            return Err(Status::ForeignReference);
        }
        self.bits(blob.bytes(), blob.length_bits())
    }

    /// The first `length_bits` bits of `bytes`. `OutOfRange` when there are not so many.
    pub fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        self.put(Kind::Blob, |encoder| encoder.bits(bytes, length_bits))
    }

    /// The bytes of the one complete value, as a stone. The writer is empty again, its buffer as it is.
    /// `Truncated` when something is still to follow; on failure nothing changes.
    pub fn finish(&mut self) -> Result<Blob, Status> {
        if !self.nesting.is_complete() {
            return Err(Status::Truncated);
        }
        let mut blob = Blob::from_bytes(self.encoder.bytes())?;
        blob.make_stone();
        self.reset();
        Ok(blob)
    }

    /// Puts a value that contains none, where one of its kind may stand.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn put(
        &mut self,
        kind: Kind,
        encode: impl FnOnce(&mut Encoder) -> Result<(), Status>,
    ) -> Result<(), Status> {
        self.nesting.admit(kind)?;
        encode(&mut self.encoder)?;
        self.nesting.filled();
        Ok(())
    }

    /// Puts the head of a container of so many values, where one of its kind may stand.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn open(
        &mut self,
        kind: Kind,
        count: u64,
        values: u64,
        rule: Rule,
        encode: impl FnOnce(&mut Encoder) -> Result<(), Status>,
    ) -> Result<(), Status> {
        if count > COUNT_MAX {
            return Err(Status::OutOfRange);
        }
        self.nesting.reserve()?;
        self.nesting.admit(kind)?;
        encode(&mut self.encoder)?;
        self.nesting.open(values, rule);
        Ok(())
    }
}
