//! The writer: one value, written from the outside in, into a buffer that is used again.

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

/// How many containers a writer opens within each other.
pub const WRITER_MAX_DEPTH: u32 = crate::value::nesting::WRITER_MAX_DEPTH as u32;

/// Writes one complete value and makes a message of it. A refused call leaves the writer as it was.
///
/// Every call can end with `NoMemory`, with `Malformed` when the value has no place where the writer
/// stands (the message is complete, a record's key must be a text, a system symbol's value a record), and
/// with what its own line says.
#[derive(Debug)]
pub struct Writer<L: Layout = Classic> {
    encoder: Encoder<L>,
    held: Vec<Blob>,
    nesting: Writing,
    /// Whether a reference was written.
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

    /// A DEC64 number as it is. `OutOfRange` for what is not a number.
    pub fn decimal(&mut self, number: Dec64) -> Result<(), Status> {
        if number.parts().is_none() {
            return Err(Status::OutOfRange);
        }
        self.words((number.0 as u64, None))
    }

    /// The DEC64 number nearest to a double. `OutOfRange` for NaN, infinities and what is too large.
    pub fn nearest(&mut self, value: f64) -> Result<(), Status> {
        self.decimal(Dec64::from_double(value))
    }
}

/// In a build of one dialect nothing asks for these.
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
    /// An empty writer for values that were checked: as deep as any limit allows.
    pub(crate) fn deep() -> Self {
        Writer { nesting: Writing::deep(), ..Self::default() }
    }

    /// Forgets what was written, and drops the stones it mentioned. The buffer stays.
    pub fn reset(&mut self) {
        drop(self.emptied());
    }

    /// As [`Writer::reset`]; the stones are the caller's, who may drop them when nothing borrows the writer any more:
    /// what their release functions do may include writing.
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

    /// A number. Classic: as an integer when it is one (but for -0, which stays), else as a float; there is
    /// one NaN. Dec64: `OutOfRange` when it has no DEC64 number that reads back as the same.
    #[inline]
    pub fn number(&mut self, value: f64) -> Result<(), Status> {
        let words = L::number(value)?;
        self.words(words)
    }

    /// A number in whichever form. `OutOfRange` when the dialect has no place for it.
    #[inline]
    pub fn numeric(&mut self, value: Number) -> Result<(), Status> {
        let words = L::numeric(value)?;
        self.words(words)
    }

    #[inline]
    fn words(&mut self, words: NumberWords) -> Result<(), Status> {
        self.nesting.admit(Kind::Integer)?;
        self.encoder.number(words)?;
        self.nesting.filled();
        Ok(())
    }

    /// A text, in UTF-8; a lone surrogate may stand in it as three bytes. `Malformed` when it is no text.
    #[inline]
    pub fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // No closure here: the compiler would make a call of it.
        self.nesting.admit(Kind::Text)?;
        self.encoder.text(utf8)?;
        self.nesting.filled();
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
        if let Some(rule) = carried_by(symbol as u64) {
            return self.open(Kind::Symbol, symbol as u64, 1, rule);
        }
        self.put(Kind::Symbol, |encoder| encoder.head(Kind::Symbol, symbol as u64))
    }

    /// A blob: a stone by reference, counted once for every time it is written; the bits of an antestone
    /// are copied. `OutOfRange` when no preamble can say its length.
    #[inline]
    pub fn blob(&mut self, blob: &Blob) -> Result<(), Status> {
        if !blob.is_stone() {
            return self.bits(blob.bytes(), blob.length_bits());
        }
        check_field::<L>(blob.length_bits() as u64)?;
        self.held.try_reserve(1)?;
        self.nesting.admit(Kind::Stone)?;
        self.encoder.reserve(2)?;
        self.encoder.push(L::preamble(Kind::Stone, blob.length_bits() as u64));
        self.encoder.push(self.held.len() as u64);
        self.held.push_in_room(blob.clone());
        self.nesting.filled();
        Ok(())
    }

    /// A value of a message by reference: one count and two words, whatever it weighs. `offset` is where it starts in the
    /// message, in words; 0 is all of it. Of a reference there, what it leads to is written. The message's words before
    /// `offset` are walked over. Never a key of a record.
    ///
    /// `NotStone`; `WrongType` when it is no message; `OutOfRange` when no value starts there, or no preamble can say where.
    pub fn value(&mut self, message: &Blob, offset: usize) -> Result<(), Status> {
        self.place(ValueRef::find(message.into(), offset)?)
    }

    /// The same for a place that is known.
    pub(crate) fn place(&mut self, place: ValueRef<'_>) -> Result<(), Status> {
        check_field::<L>(place.offset as u64)?;
        self.nesting.admit_reference(place.kind()?)?;
        self.held.try_reserve(1)?;
        self.encoder.reserve(2)?;
        self.encoder.push(L::preamble(Kind::Value, place.offset as u64));
        self.encoder.push(self.held.len() as u64);
        self.held.push_in_room(place.message.share());
        self.refers = true;
        self.nesting.filled();
        Ok(())
    }

    /// The words behind the preamble of a text or a blob as they are in another message.
    pub(super) fn raw(&mut self, kind: Kind, field: u64, payload: Words<'_>) -> Result<(), Status> {
        self.put(kind, |encoder| encoder.raw(kind, field, payload))
    }

    /// Room for so many words, exactly.
    pub(super) fn reserve(&mut self, words: u64) -> Result<(), Status> {
        self.encoder.reserve(usize::try_from(words).map_err(|_| Status::NoMemory)?)
    }

    /// A copy of the first `length_bits` bits of `bytes`. `OutOfRange` when there are not so many, or no
    /// preamble can say how many.
    pub fn bits(&mut self, bytes: &[u8], length_bits: usize) -> Result<(), Status> {
        self.put(Kind::Blob, |encoder| encoder.bits(bytes, length_bits))
    }

    /// Makes the message and leaves the writer empty, its buffer as it is. `Truncated` when something is
    /// still to follow; on failure nothing changes.
    pub fn finish(&mut self) -> Result<Blob, Status> {
        if !self.nesting.is_complete() {
            return Err(Status::Truncated);
        }
        let marks = if self.refers { REFERS } else { 0 };
        // The message takes the stones over; the list of them stays for the next one.
        let message = self.encoder.message(&mut self.held, marks, self.nesting.deepest())?;
        self.refers = false;
        self.nesting.reset();
        Ok(message)
    }

    /// Puts a value that contains none, where one of its kind may stand.
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
