//! The writer: writes one value, from the outside in, as bytes.

use super::encode::Encoder;
use crate::blob::Blob;
use crate::number::decimal::Decimal;
use crate::status::Status;
use crate::value::nesting::{Rule, Writing, carried_by};
use crate::value::{Kind, Symbol};
use crate::wota::holds_anything;

/// The largest number of elements or pairs: that of Wota, where it is limited by the preamble's field.
const COUNT_MAX: u64 = (1 << 56) - 1;

/// Writes one complete value as Nota. A call that fails leaves the writer unchanged. Statuses are those of the [Wota
/// writer](crate::wota::Writer).
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

    /// Discards the value written so far. The buffer stays.
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

    /// A decimal number. With the exponent 0 it is an integer. `OutOfRange` when it is too large for a double, and
    /// for the coefficient -2^63.
    #[inline]
    pub fn decimal(&mut self, value: Decimal) -> Result<(), Status> {
        self.put(Kind::Integer, |encoder| encoder.decimal(value))
    }

    /// A text, in UTF-8, in which lone surrogates are allowed (as three bytes each). `Malformed` for other bytes.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // Not `put`: the compiler does not inline the closure here.
        if self.nesting.admits_before_others(Kind::Text) {
            self.encoder.text(utf8)?;
            self.nesting.passed();
            return Ok(());
        }
        self.put_last(Kind::Text, |encoder| encoder.text(utf8))
    }

    /// The head of an array; write its `count` elements next. `LimitExceeded` when it is nested too deeply.
    #[inline]
    pub fn array(&mut self, count: u64) -> Result<(), Status> {
        self.open(Kind::Array, count, count, Rule::Values, |encoder| encoder.array(count))
    }

    /// The head of a record; write its `pairs` of a text and a value next. `LimitExceeded` when it is nested too
    /// deeply.
    #[inline]
    pub fn record(&mut self, pairs: u64) -> Result<(), Status> {
        let values = pairs.saturating_mul(2);
        self.open(Kind::Record, pairs, values, Rule::Pairs, |encoder| encoder.record(pairs))
    }

    /// A symbol. After a private one, write one value; after a system one, one record. `LimitExceeded` when nested
    /// too deeply.
    #[inline]
    pub fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        match carried_by(symbol as u64) {
            Some(rule) => self.open(Kind::Symbol, 1, 1, rule, |encoder| encoder.symbol(symbol)),
            None => self.put(Kind::Symbol, |encoder| encoder.symbol(symbol)),
        }
    }

    /// The bits of a blob, stone or not. `ForeignReference` for a message that holds stones, because its references
    /// are only valid in this process.
    pub fn blob(&mut self, blob: &Blob) -> Result<(), Status> {
        if holds_anything(blob) {
            return Err(Status::ForeignReference);
        }
        self.bits(blob.bytes(), blob.length_bits())
    }

    /// The first `length_bits` bits of `bytes`. `OutOfRange` when there are fewer.
    pub fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        self.put(Kind::Blob, |encoder| encoder.bits(bytes, length_bits))
    }

    /// The bytes of the one complete value, as a stone. Leaves the writer empty. Its buffer stays, unless the stone is
    /// large: then it takes over the buffer's memory. `Truncated` when the value is not complete. On failure nothing
    /// changes.
    pub fn finish(&mut self) -> Result<Blob, Status> {
        if !self.nesting.is_complete() {
            return Err(Status::Truncated);
        }
        let blob = self.encoder.stone()?;
        self.nesting.reset();
        Ok(blob)
    }

    /// Writes a value without inner values, if its kind is allowed here.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn put(
        &mut self,
        kind: Kind,
        encode: impl FnOnce(&mut Encoder) -> Result<(), Status>,
    ) -> Result<(), Status> {
        if self.nesting.admits_before_others(kind) {
            encode(&mut self.encoder)?;
            self.nesting.passed();
            return Ok(());
        }
        self.put_last(kind, encode)
    }

    /// The same for a value that may be the last one of its container.
    #[inline(never)]
    fn put_last(
        &mut self,
        kind: Kind,
        encode: impl FnOnce(&mut Encoder) -> Result<(), Status>,
    ) -> Result<(), Status> {
        self.nesting.admit(kind)?;
        encode(&mut self.encoder)?;
        self.nesting.filled();
        Ok(())
    }

    /// Opens a container of `count` values, if its kind is allowed here.
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
