//! The writer: writes one value, from the outside in, into a reusable buffer.

use super::encode::{Encoder, check_field};
use super::header::REFERS;
use super::layout::{Classic, Dec64Words, Layout, NumberWords};
use super::value_ref::ValueRef;
use super::word::{Dialect, Words};
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::number::Number;
use crate::number::dec64::Dec64;
use crate::status::Status;
use crate::value::nesting::{Rule, Writing, carried_by};
use crate::value::{INTEGER_MAX, INTEGER_MIN, Kind, Symbol};

/// How deeply a writer nests containers at most.
pub const WRITER_MAX_DEPTH: u32 = crate::value::nesting::WRITER_MAX_DEPTH as u32;

/// Writes one complete value and makes a message of it. A call that fails leaves the writer unchanged.
///
/// Every call can return `NoMemory`; `Malformed` when the value is not allowed at this position (the message is
/// complete, a record's key must be a text, a system symbol's value must be a record); and the statuses of its own
/// description.
#[derive(Debug)]
pub struct Writer<L: Layout = Classic> {
    encoder: Encoder<L>,
    held: Vec<Blob>,
    nesting: Writing,
    /// Whether a reference to another message's value was written.
    refers: bool,
}

/// A writer of either dialect.
#[derive(Debug)]
pub enum AnyWriter {
    /// Classic words.
    Classic(Writer),
    /// Words with DEC64 numbers.
    Dec64(Writer<Dec64Words>),
}

impl AnyWriter {
    /// An empty writer; nothing is allocated yet.
    pub fn new(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Classic => AnyWriter::Classic(Writer::new()),
            Dialect::Dec64 => AnyWriter::Dec64(Writer::dec64()),
        }
    }
}

impl Writer {
    /// An empty writer of the classic dialect; nothing is allocated yet.
    pub fn new() -> Self {
        Self::default()
    }
}

#[cfg(not(drystone_classic))]
impl Writer<Dec64Words> {
    /// An empty writer of the dialect with DEC64 numbers.
    pub fn dec64() -> Self {
        Self::default()
    }

    /// A DEC64 number, unchanged. `OutOfRange` for NaN.
    pub fn decimal(&mut self, number: Dec64) -> Result<(), Status> {
        if number.parts().is_none() {
            return Err(Status::OutOfRange);
        }
        self.words((number.0 as u64, None))
    }

    /// The DEC64 number nearest to a double. `OutOfRange` for NaN, infinities and numbers that are too large.
    pub fn nearest(&mut self, value: f64) -> Result<(), Status> {
        self.decimal(Dec64::from_double(value))
    }
}

/// A build of one dialect never calls these.
#[cfg(drystone_classic)]
impl Writer {
    fn dec64() -> Self {
        Self::new()
    }

    pub(crate) fn decimal(&mut self, _: Dec64) -> Result<(), Status> {
        Err(Status::Unsupported)
    }

    pub(crate) fn nearest(&mut self, _: f64) -> Result<(), Status> {
        Err(Status::Unsupported)
    }
}

impl<L: Layout> Default for Writer<L> {
    fn default() -> Self {
        Writer { encoder: Encoder::default(), held: Vec::new(), nesting: Writing::default(), refers: false }
    }
}

impl<L: Layout> Writer<L> {
    /// An empty writer for values that were checked. It nests as deeply as any limit allows.
    pub(crate) fn deep() -> Self {
        Writer { nesting: Writing::deep(), ..Self::default() }
    }

    /// Discards the value written so far and drops the stones it refers to. The buffer stays.
    pub fn reset(&mut self) {
        drop(self.emptied());
    }

    /// As [`Writer::reset`], but returns the stones. The caller drops them when nothing borrows the writer any more,
    /// because their release functions may use it.
    pub(crate) fn emptied(&mut self) -> Vec<Blob> {
        self.encoder.clear();
        self.refers = false;
        self.nesting.reset();
        core::mem::take(&mut self.held)
    }

    /// A whole number. `OutOfRange` outside [`INTEGER_MIN`]`..=`[`INTEGER_MAX`].
    #[inline]
    pub fn integer(&mut self, value: i64) -> Result<(), Status> {
        if !(INTEGER_MIN..=INTEGER_MAX).contains(&value) {
            return Err(Status::OutOfRange);
        }
        self.words((L::integer(value), None))
    }

    /// A number. Classic: an integer when it is whole (except -0) and in range, else a float; all NaNs become the same
    /// one. Dec64: `OutOfRange` when no DEC64 number reads back as the same double.
    #[inline]
    pub fn number(&mut self, value: f64) -> Result<(), Status> {
        let words = L::number(value)?;
        self.words(words)
    }

    /// A number of any type. `OutOfRange` when the dialect cannot represent it.
    #[inline]
    pub fn numeric(&mut self, value: Number) -> Result<(), Status> {
        let words = L::numeric(value)?;
        self.words(words)
    }

    #[inline]
    fn words(&mut self, (first, second): NumberWords) -> Result<(), Status> {
        if self.nesting.admits_before_others(Kind::Integer) && self.encoder.put_in_room(first, second) {
            self.nesting.passed();
            return Ok(());
        }
        self.any_words(first, second)
    }

    #[inline(never)]
    fn any_words(&mut self, first: u64, second: Option<u64>) -> Result<(), Status> {
        self.nesting.admit(Kind::Integer)?;
        self.encoder.one_or_two(first, second)?;
        self.nesting.filled();
        Ok(())
    }

    /// A text, in UTF-8, in which lone surrogates are allowed (as three bytes each). `Malformed` for other bytes.
    #[inline]
    pub fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // Most are short and not the last value of their container.
        if self.nesting.admits_before_others(Kind::Text) && self.encoder.short_ascii_in_room(utf8) {
            self.nesting.passed();
            return Ok(());
        }
        self.any_text(utf8)
    }

    /// The same for any text and place, and as a call.
    #[inline(never)]
    pub(crate) fn any_text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // Not `put`: the compiler does not inline the closure here.
        self.nesting.admit(Kind::Text)?;
        self.encoder.text(utf8)?;
        self.nesting.filled();
        Ok(())
    }

    /// The head of an array; write its `count` elements next. `LimitExceeded` when it is nested too deeply;
    /// `OutOfRange` when the count does not fit in a preamble.
    #[inline]
    pub fn array(&mut self, count: u64) -> Result<(), Status> {
        self.open(Kind::Array, count, count, Rule::Values)
    }

    /// The head of a record; write its `pairs` of a text and a value next. Statuses as for [`Writer::array`]. The
    /// writer does not check for duplicate keys; readers of bytes do.
    #[inline]
    pub fn record(&mut self, pairs: u64) -> Result<(), Status> {
        self.open(Kind::Record, pairs, pairs.saturating_mul(2), Rule::Pairs)
    }

    /// A symbol. After a private one, write one value; after a system one, one record. Both count as containers:
    /// `LimitExceeded` when nested too deeply.
    #[inline]
    pub fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        let word = L::preamble(Kind::Symbol, symbol as u64);
        if !matches!(symbol, Symbol::Private | Symbol::System)
            && self.nesting.admits_before_others(Kind::Symbol)
            && self.encoder.put_in_room(word, None)
        {
            self.nesting.passed();
            return Ok(());
        }
        self.any_symbol(symbol)
    }

    #[inline(never)]
    fn any_symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
        if let Some(rule) = carried_by(symbol as u64) {
            return self.open(Kind::Symbol, symbol as u64, 1, rule);
        }
        self.put(Kind::Symbol, |encoder| encoder.head(Kind::Symbol, symbol as u64))
    }

    /// A blob. A stone is written by reference and takes one count each time; the bits of an antestone are copied.
    /// `OutOfRange` when its length does not fit in a preamble.
    #[inline]
    pub fn blob(&mut self, blob: &Blob) -> Result<(), Status> {
        if !blob.is_stone() {
            return self.bits(blob.bytes(), blob.length_bits());
        }
        check_field::<L>(blob.length_bits() as u64)?;
        self.held.try_reserve(1)?;
        self.nesting.admit(Kind::Stone)?;
        let head = L::preamble(Kind::Stone, blob.length_bits() as u64);
        self.encoder.one_or_two(head, Some(self.held.len() as u64))?;
        self.held.push_in_room(blob.clone());
        self.nesting.filled();
        Ok(())
    }

    /// A value of a message by reference: one count and two words, whatever its size. `offset` is the offset of its
    /// start in the message, in words; 0 is the whole value. If there is a reference at `offset`, its target is
    /// written. Takes time in proportion to the number of values before `offset`. Not allowed as a key of a record.
    ///
    /// `NotStone`; `WrongType` when it is not a message; `OutOfRange` when no value starts there, or when the offset does
    /// not fit in a preamble.
    pub fn value(&mut self, message: &Blob, offset: usize) -> Result<(), Status> {
        self.place(ValueRef::find(message.into(), offset)?)
    }

    /// The same for a known value.
    pub(crate) fn place(&mut self, place: ValueRef<'_>) -> Result<(), Status> {
        check_field::<L>(place.offset as u64)?;
        self.nesting.admit_reference(place.kind()?)?;
        self.held.try_reserve(1)?;
        let head = L::preamble(Kind::Value, place.offset as u64);
        self.encoder.one_or_two(head, Some(self.held.len() as u64))?;
        self.held.push_in_room(place.message.share());
        self.refers = true;
        self.nesting.filled();
        Ok(())
    }

    /// A text or a blob whose words after the preamble are copied unchanged from another message.
    pub(super) fn raw(&mut self, kind: Kind, field: u64, payload: Words<'_>) -> Result<(), Status> {
        self.put(kind, |encoder| encoder.raw(kind, field, payload))
    }

    /// Makes room for `words` words, exactly.
    pub(super) fn reserve(&mut self, words: u64) -> Result<(), Status> {
        self.encoder.reserve(usize::try_from(words).map_err(|_| Status::NoMemory)?)
    }

    /// A copy of the first `length_bits` bits of `bytes`. `OutOfRange` when there are fewer, or when the length does
    /// not fit in a preamble.
    pub fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        self.put(Kind::Blob, |encoder| encoder.bits(bytes, length_bits))
    }

    /// Makes the message and leaves the writer empty; its buffer stays. `Truncated` when the value is not complete. On
    /// failure nothing changes.
    pub fn finish(&mut self) -> Result<Blob, Status> {
        if !self.nesting.is_complete() {
            return Err(Status::Truncated);
        }
        let marks = if self.refers { REFERS } else { 0 };
        // The message takes ownership of the stones; the emptied list is reused.
        let message = self.encoder.message(&mut self.held, marks, self.nesting.deepest())?;
        self.refers = false;
        self.nesting.reset();
        Ok(message)
    }

    /// Puts a value without inner values, if its kind is allowed here.
    #[inline(always)]
    fn put(
        &mut self,
        kind: Kind,
        encode: impl FnOnce(&mut Encoder<L>) -> Result<(), Status>,
    ) -> Result<(), Status> {
        self.nesting.admit(kind)?;
        encode(&mut self.encoder)?;
        self.nesting.filled();
        Ok(())
    }

    #[inline(always)]
    fn open(&mut self, kind: Kind, field: u64, values: u64, rule: Rule) -> Result<(), Status> {
        self.nesting.reserve()?;
        self.nesting.admit(kind)?;
        self.encoder.head(kind, field)?;
        self.nesting.open(values, rule);
        Ok(())
    }
}
