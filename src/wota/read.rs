//! The reader: reads a message, or checked bytes, from the outside in. It allocates nothing except the blobs and
//! strings that it returns. A copy of a reader keeps its position.

mod references;
mod text;

use core::marker::PhantomData;

use super::header::message_words;
use super::layout::{Classic, Dec64Words, Head, Layout};
use super::text::{matches, short_ascii};
use super::validate::{Referents, check};
use super::value_ref::held_blob;
use super::word::{Dialect, Words, copy_bits};
use crate::blob::{Blob, BlobRef, bytes_for};
use crate::number::Number;
use crate::number::dec64::Dec64;
use crate::status::Status;
use crate::text::utf8::Utf8Text;
use crate::value::{Fault, Kind, Limits, Symbol};

/// A position in a message. A call that fails does not move it.
///
/// Every call that reads returns `End` at the end of the message, and `WrongType` when the value here is of another
/// type.
#[derive(Clone, Copy)]
pub struct Reader<'a, L: Layout = Classic> {
    words: Words<'a>,
    position: usize,
    held: &'a [Blob],
    layout: PhantomData<L>,
}

/// A reader of either dialect.
#[derive(Clone, Copy)]
pub enum AnyReader<'a> {
    /// Classic words.
    Classic(Reader<'a>),
    /// Words with DEC64 numbers.
    Dec64(Reader<'a, Dec64Words>),
}

impl<'a> AnyReader<'a> {
    /// See [`Reader::new`].
    #[inline]
    pub fn new(message: &'a Blob, limits: &Limits) -> Result<Self, Status> {
        let (words, depth, dialect) = message_words(message)?;
        within(words, depth, limits)?;
        Ok(match dialect {
            Dialect::Classic => AnyReader::Classic(Reader::at_words(words, 0, message.into())),
            Dialect::Dec64 => AnyReader::Dec64(Reader::at_words(words, 0, message.into())),
        })
    }

    /// See [`Reader::from_bytes`].
    pub fn from_bytes(bytes: &'a [u8], dialect: Dialect, limits: &Limits) -> Result<Self, Fault> {
        match dialect {
            Dialect::Classic => Reader::at_bytes(bytes, limits).map(AnyReader::Classic),
            Dialect::Dec64 => Reader::at_bytes(bytes, limits).map(AnyReader::Dec64),
        }
    }
}

impl<'a> Reader<'a> {
    /// A reader at the start of a classic message. Compares its size and depth with the limits; its words were
    /// checked when it was made.
    ///
    /// `NotStone`; `WrongType` for a stone that is not a message of this dialect; `LimitExceeded`.
    pub fn new(message: &'a Blob, limits: &Limits) -> Result<Self, Status> {
        Self::at_message(message, limits)
    }

    /// A reader at the value that starts `offset` words from the start of a classic message, as [`Reader::offset`]
    /// returned it. At any other offset it reads arbitrary values or fails. `NotStone`; `WrongType` when it is not
    /// such a message.
    pub fn starting_at(message: &'a Blob, offset: usize) -> Result<Self, Status> {
        Ok(Reader { position: offset, ..Self::at_message(message, &Limits::UNLIMITED)? })
    }

    /// Checks little-endian bytes of classic words completely; returns a reader at their start.
    pub fn from_bytes(bytes: &'a [u8], limits: &Limits) -> Result<Self, Fault> {
        Self::at_bytes(bytes, limits)
    }
}

#[cfg(not(drystone_classic))]
impl<'a> Reader<'a, Dec64Words> {
    /// As [`Reader::new`], for a message with DEC64 numbers.
    pub fn dec64(message: &'a Blob, limits: &Limits) -> Result<Self, Status> {
        Self::at_message(message, limits)
    }

    /// As [`Reader::from_bytes`], for words with DEC64 numbers.
    pub fn dec64_from_bytes(bytes: &'a [u8], limits: &Limits) -> Result<Self, Fault> {
        Self::at_bytes(bytes, limits)
    }

    /// A DEC64 number, unchanged.
    pub fn decimal(&mut self) -> Result<Dec64, Status> {
        let head = self.head()?;
        match head.kind {
            Kind::Integer | Kind::Float => {
                self.position += 1;
                Ok(Dec64(head.field as i64))
            }
            _ => Err(Status::WrongType),
        }
    }
}

impl<'a, L: Layout> Reader<'a, L> {
    fn at_message(message: &'a Blob, limits: &Limits) -> Result<Self, Status> {
        let (words, depth, dialect) = message_words(message)?;
        if dialect != L::DIALECT {
            return Err(Status::WrongType);
        }
        within(words, depth, limits)?;
        Ok(Self::at_words(words, 0, message.into()))
    }

    /// A reader at a position of a message whose words are known.
    #[inline]
    pub(crate) fn at_words(words: Words<'a>, position: usize, message: BlobRef<'a>) -> Self {
        Reader { words, position, held: message.held(), layout: PhantomData }
    }

    /// A reader at a value of a message of this dialect.
    #[inline]
    pub(crate) fn at(message: BlobRef<'a>, position: usize) -> Self {
        Reader {
            words: Words::native(message.header().bytes()),
            position,
            held: message.held(),
            layout: PhantomData,
        }
    }

    fn at_bytes(bytes: &'a [u8], limits: &Limits) -> Result<Self, Fault> {
        let (words, ragged) = Words::little_endian(bytes);
        check::<L>(words, ragged, &mut Referents::Nothing, limits)?;
        Ok(Reader { words, position: 0, held: &[], layout: PhantomData })
    }

    /// The kind of the value here.
    #[inline]
    pub fn kind(&self) -> Result<Kind, Status> {
        Ok(self.head()?.kind)
    }

    /// The offset of the position from the start, in words.
    pub fn offset(&self) -> usize {
        self.position
    }

    /// The first word of the value here.
    pub(crate) fn word(&self) -> Option<u64> {
        self.words.get(self.position)
    }

    /// An integer.
    #[inline]
    pub fn integer(&mut self) -> Result<i64, Status> {
        let head = self.expect(Kind::Integer)?;
        self.position += 1;
        Ok(L::to_integer(head))
    }

    /// An integer or a float, as a double. Integers beyond 2^53 are rounded to the nearest double.
    #[inline]
    pub fn number(&mut self) -> Result<f64, Status> {
        let head = self.head()?;
        match head.kind {
            Kind::Integer => self.integer().map(|value| value as f64),
            Kind::Float => {
                let next = self.words.get(self.position + 1);
                let value = L::to_double(head, next).ok_or(Status::Malformed)?;
                self.position += 1 + L::FLOAT_PAYLOAD as usize;
                Ok(value)
            }
            _ => Err(Status::WrongType),
        }
    }

    /// A number of any type, unchanged.
    #[inline]
    pub fn numeric(&mut self) -> Result<Number, Status> {
        let head = self.head()?;
        match head.kind {
            Kind::Integer => self.integer().map(Number::Integer),
            Kind::Float => {
                let next = self.words.get(self.position + 1);
                let value = L::to_number(head, next).ok_or(Status::Malformed)?;
                self.position += 1 + L::FLOAT_PAYLOAD as usize;
                Ok(value)
            }
            _ => Err(Status::WrongType),
        }
    }

    /// A symbol. The value that a private or system symbol carries is next.
    #[inline]
    pub fn symbol(&mut self) -> Result<Symbol, Status> {
        let head = self.expect(Kind::Symbol)?;
        let symbol = Symbol::from_code(head.field).ok_or(Status::Malformed)?;
        self.position += 1;
        Ok(symbol)
    }

    /// An array's number of elements; the first one is next.
    #[inline]
    pub fn array(&mut self) -> Result<u64, Status> {
        let head = self.expect(Kind::Array)?;
        self.position += 1;
        Ok(head.field)
    }

    /// A record's number of pairs; the first key is next.
    #[inline]
    pub fn record(&mut self) -> Result<u64, Status> {
        let head = self.expect(Kind::Record)?;
        self.position += 1;
        Ok(head.field)
    }

    /// A blob: the stone that was written, with a new count, or a new stone with a copy of the inline bits
    /// (`NoMemory`).
    pub fn blob(&mut self) -> Result<Blob, Status> {
        let head = self.head()?;
        let payload = self.payload(head)?;
        let blob = match head.kind {
            Kind::Stone => self.stone(payload)?.clone(),
            Kind::Blob => {
                let bits = usize::try_from(head.field).map_err(|_| Status::Malformed)?;
                let mut blob = Blob::zeroed(bits)?;
                copy_bits(payload, blob.bytes_mut()?);
                blob.make_stone();
                blob
            }
            _ => return Err(Status::WrongType),
        };
        self.position += 1 + payload.len();
        Ok(blob)
    }

    /// The length in bits of the blob or stone here. Does not move.
    pub fn bits_length(&self) -> Result<usize, Status> {
        let head = self.head()?;
        match head.kind {
            Kind::Blob | Kind::Stone => usize::try_from(head.field).map_err(|_| Status::Malformed),
            _ => Err(Status::WrongType),
        }
    }

    /// Copies the bits of the blob or stone here to the start of `buffer`; returns how many bits. The bits after the
    /// last one in its byte become zero. `OutOfRange` when the buffer is too small.
    pub fn bits(&mut self, buffer: &mut [u8]) -> Result<usize, Status> {
        let bits = self.bits_length()?;
        let head = self.head()?;
        let payload = self.payload(head)?;
        let target = buffer.get_mut(..bytes_for(bits)).ok_or(Status::OutOfRange)?;
        if head.kind == Kind::Stone {
            self.stone(payload)?.read_bytes(target)?;
        } else {
            copy_bits(payload, target);
        }
        self.position += 1 + payload.len();
        Ok(bits)
    }

    /// Moves past the value here and its inner values.
    #[inline]
    pub fn skip(&mut self) -> Result<(), Status> {
        let mut place = *self;
        let mut left = 1_u64;
        while left != 0 {
            let head = place.head()?;
            let payload = place.payload(head)?;
            let values = head.contains().map_or(0, |(values, _)| values);
            left = (left - 1).checked_add(values).ok_or(Status::Malformed)?;
            place.position += 1 + payload.len();
        }
        *self = place;
        Ok(())
    }

    /// Moves from a record to the value of `key` (UTF-8). `NotFound`; `Malformed` when the key is not UTF-8.
    pub fn find(&mut self, key: &[u8]) -> Result<(), Status> {
        if let Some(words) = short_ascii(key) {
            let head = L::text_head(key.len() as u64);
            // Their heads are the same, so there are as many words.
            return self
                .find_by(head, |there| there.raw().iter().zip(&words).all(|(there, word)| there == word));
        }
        self.find_long(key)
    }

    #[inline(never)]
    fn find_long(&mut self, key: &[u8]) -> Result<(), Status> {
        self.expect(Kind::Record)?;
        let key = Utf8Text::check(key)?;
        self.find_by(L::text_head(key.characters as u64), |there| matches(&key, there))
    }

    /// Moves from a record to the value of the key with this first word, and after it words that match.
    #[inline(always)]
    fn find_by(&mut self, head: u64, is_key: impl Fn(Words<'_>) -> bool) -> Result<(), Status> {
        let mut place = *self;
        for _ in 0..place.record()? {
            let there = place.word().ok_or(Status::End)?;
            let Some(characters) = L::text(there) else {
                return place.expect(Kind::Text).and(Err(Status::WrongType));
            };
            let words =
                place.words.run(place.position + 1, characters.div_ceil(2)).ok_or(Status::Malformed)?;
            place.position += 1 + words.len();
            if there == head && is_key(words) {
                *self = place;
                return Ok(());
            }
            place.skip()?;
        }
        Err(Status::NotFound)
    }

    #[inline]
    pub(crate) fn head(&self) -> Result<Head, Status> {
        L::head(self.words.get(self.position).ok_or(Status::End)?)
    }

    #[inline]
    fn expect(&self, kind: Kind) -> Result<Head, Status> {
        let head = self.head()?;
        if head.kind == kind { Ok(head) } else { Err(Status::WrongType) }
    }

    #[inline]
    pub(super) fn payload(&self, head: Head) -> Result<Words<'a>, Status> {
        self.words.run(self.position + 1, L::payload(head)).ok_or(Status::Malformed)
    }

    /// The index of the stone here among the blobs that the message holds. Does not move.
    pub(crate) fn held_number(&self) -> Result<u64, Status> {
        let head = self.expect(Kind::Stone)?;
        self.payload(head)?.get(0).ok_or(Status::Malformed)
    }

    /// Moves past the value here, but not past its inner values.
    #[inline]
    pub(super) fn step_over(&mut self, head: Head) -> Result<(), Status> {
        self.position += 1 + self.payload(head)?.len();
        Ok(())
    }

    /// The stone here.
    pub(super) fn stone_here(&self) -> Result<&'a Blob, Status> {
        let head = self.expect(Kind::Stone)?;
        self.stone(self.payload(head)?)
    }

    fn stone(&self, payload: Words<'_>) -> Result<&'a Blob, Status> {
        held_blob(self.held, payload.get(0).ok_or(Status::Malformed)?)
    }
}

/// Whether the limits allow a message of these words and this depth. `LimitExceeded`.
#[inline]
fn within(words: Words<'_>, depth: u16, limits: &Limits) -> Result<(), Status> {
    let allowed = words.len() as u64 <= limits.max_words && usize::from(depth) <= limits.depth();
    if allowed { Ok(()) } else { Err(Status::LimitExceeded) }
}
