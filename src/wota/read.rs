//! The reader: walks a message, or bytes that were checked, from the outside in. It allocates nothing
//! (but a blob where one is asked for) and copying it keeps a place.

use core::marker::PhantomData;

use super::layout::{Classic, Dec64Words, Head, Layout};
use super::text::{self, Packed, get_ascii, get_ascii_in_sixteens};
use super::validate::{Referents, check};
use super::value_ref::{REFERS, ValueRef};
use super::word::{Dialect, Word, Words, copy_bits};
use crate::blob::{Blob, BlobRef, RawBlob, bytes_for};
use crate::lanes::LaneSlot;
use crate::number::Number;
use crate::number::dec64::Dec64;
use crate::status::Status;
use crate::text::utf8::Utf8Text;
use crate::value::{Fault, Kind, Limits, Symbol};

/// A place in a message. A call that fails does not move.
///
/// Every reading call can end with `End` behind the value and with `WrongType` when something else
/// stands there.
#[derive(Clone, Copy)]
pub struct Reader<'a, L: Layout = Classic> {
    words: Words<'a>,
    position: usize,
    held: &'a [Blob],
    layout: PhantomData<L>,
}

/// A reader of whichever dialect a message has.
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
    /// Stands at the start of a classic message. What a writer made is not checked again; its size and
    /// depth are compared with the limits.
    ///
    /// `NotStone`; `WrongType` for a stone that is no message of this dialect; `LimitExceeded`.
    pub fn new(message: &'a Blob, limits: &Limits) -> Result<Self, Status> {
        Self::at_message(message, limits)
    }

    /// Stands at the value of a message that starts `offset` words from its start, as [`Reader::offset`] said there. At
    /// another place it reads what the words there would be, or a status. `NotStone`; `WrongType` when it is no classic message.
    pub fn starting_at(message: &'a Blob, offset: usize) -> Result<Self, Status> {
        Ok(Reader { position: offset, ..Self::at_message(message, &Limits::UNLIMITED)? })
    }

    /// Checks little-endian bytes of classic words completely, and stands at their start.
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

    /// A number as it is.
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

    /// The same for the words of the message.
    #[inline]
    pub(crate) fn at_words(words: Words<'a>, position: usize, message: BlobRef<'a>) -> Self {
        Reader { words, position, held: message.held(), layout: PhantomData }
    }

    /// Stands at a value of a message of this dialect.
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

    /// What stands here.
    #[inline]
    pub fn kind(&self) -> Result<Kind, Status> {
        Ok(self.head()?.kind)
    }

    /// The place, in words from the start.
    pub fn offset(&self) -> usize {
        self.position
    }

    /// The first word of the value here, as it is.
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

    /// An integer or a float, as a double (integers beyond 2^53 to the nearest).
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

    /// A number as it is.
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

    /// A symbol. What a private or a system one carries is read next.
    #[inline]
    pub fn symbol(&mut self) -> Result<Symbol, Status> {
        let head = self.expect(Kind::Symbol)?;
        let symbol = Symbol::from_code(head.field).ok_or(Status::Malformed)?;
        self.position += 1;
        Ok(symbol)
    }

    /// How many bytes of UTF-8 the text here takes. Does not move.
    pub fn text_length(&self) -> Result<usize, Status> {
        Ok(self.packed()?.0.length())
    }

    /// As many bytes as are always enough for the text here. Does not move.
    pub(crate) fn text_room(&self) -> Result<usize, Status> {
        let head = self.expect(Kind::Text)?;
        usize::try_from(head.field).ok().and_then(|count| count.checked_mul(4)).ok_or(Status::Malformed)
    }

    /// Writes a text of a message to the start of `buffer` if it is ASCII, and moves after it; gives how many bytes. Up to
    /// 16 bytes after the text may be overwritten, too. `None`, and nothing has moved, for other texts, and for some that are
    /// ASCII: at the end of the message or of the buffer.
    #[inline(always)]
    pub fn ascii(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, Status> {
        let blocks = buffer.as_chunks_mut().0;
        let (_, characters, written) = self.ascii_in::<1, u8>(|_| Some(blocks))?;
        Ok(written.is_ok().then_some(characters))
    }

    /// Writes the text to the start of `buffer`; gives how many bytes. `OutOfRange` when it is too small; the
    /// buffer may have been written to then.
    #[inline(always)]
    pub fn text(&mut self, buffer: &mut [u8]) -> Result<usize, Status> {
        if let Some((first, rest)) = self.words.raw().get(self.position..).and_then(<[_]>::split_first)
            && let Some(characters) = L::text(self.words.load(first))
            && characters <= text::SHORT as u64
            && let Some(target) = buffer.get_mut(..characters as usize)
            && text::get_short_ascii(rest, target)
        {
            self.position += 1 + characters.div_ceil(2) as usize;
            return Ok(characters as usize);
        }
        self.any_text(buffer)
    }

    #[inline(never)]
    fn any_text(&mut self, buffer: &mut [u8]) -> Result<usize, Status> {
        let head = self.expect(Kind::Text)?;
        let payload = self.payload(head)?;
        if let Ok(count) = usize::try_from(head.field)
            && let Some(target) = buffer.get_mut(..count)
            && get_ascii(payload, target)
        {
            self.position += 1 + payload.len();
            return Ok(count);
        }
        self.text_from(buffer, 0)
    }

    /// Writes the text of a message here, if it is ASCII and not at the message's end, to memory that `room` has for as
    /// many bytes as it has characters, and for more which may be overwritten, in sixteens of which the last one is not
    /// filled, and not fewer than are written at `FIRST`; and moves behind it. The memory, the number of characters, and
    /// if not all that was so, how many are written.
    #[inline(always)]
    #[allow(clippy::type_complexity)]
    pub(crate) fn ascii_in<'t, const FIRST: usize, T: LaneSlot>(
        &mut self,
        room: impl FnOnce(usize) -> Option<&'t mut [[T; 16]]>,
    ) -> Result<(Option<&'t mut [[T; 16]]>, usize, Result<(), usize>), Status> {
        let here = self.words.raw().get(self.position..).unwrap_or(&[]);
        let (word, words) = here.split_first().ok_or(Status::End)?;
        let Some(count) = L::text(self.words.load(word)) else {
            return self.expect(Kind::Text).and(Err(Status::WrongType));
        };
        let count = usize::try_from(count).map_err(|_| Status::Malformed)?;
        let mut target = room(count);
        let written = match &mut target {
            Some(target) => get_ascii_in_sixteens::<FIRST, T>(words, target, count),
            None => Err(0),
        };
        if written.is_ok() {
            self.position += 1 + count.saturating_add(1) / 2;
        }
        Ok((target, count, written))
    }

    /// Writes the text here to memory that `room` has for so many bytes, and moves behind it. The memory.
    pub(crate) fn text_in<'t>(
        &mut self,
        room: impl FnOnce(usize) -> Result<&'t mut [u8], Status>,
    ) -> Result<&'t mut [u8], Status> {
        let (packed, words) = self.packed()?;
        let target = room(packed.length())?;
        packed.write_to(target);
        self.position += 1 + words;
        Ok(target)
    }

    /// Writes the text of a message here, of which so many characters of ASCII are written already, and moves behind it;
    /// gives how many bytes it has. `OutOfRange` when the buffer has not so many; four for each character are enough.
    pub(crate) fn text_from<T: LaneSlot>(
        &mut self,
        buffer: &mut [T],
        written: usize,
    ) -> Result<usize, Status> {
        let head = self.expect(Kind::Text)?;
        let payload = self.payload(head)?;
        let rest =
            payload.run(written / 2, (payload.len() - written / 2) as u64).ok_or(Status::OutOfRange)?;
        let characters = usize::try_from(head.field).map_err(|_| Status::Malformed)? - written;
        let target = buffer.get_mut(written..).ok_or(Status::OutOfRange)?;
        let length = text::put_utf8(rest, characters, target).ok_or(Status::OutOfRange)?;
        self.position += 1 + payload.len();
        Ok(written + length)
    }

    /// The text as a string. `OutOfRange` for a lone surrogate, which no `String` can hold; `NoMemory`.
    pub fn string(&mut self) -> Result<String, Status> {
        let start = *self;
        let head = self.expect(Kind::Text)?;
        let payload = self.payload(head)?;
        // As many bytes as characters, which is right for ASCII.
        let characters = usize::try_from(head.field).map_err(|_| Status::Malformed)?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(characters)?;
        bytes.resize(characters, 0);
        if get_ascii(payload, &mut bytes) {
            self.position += 1 + payload.len();
        } else {
            let length = self.text_length()?;
            bytes.try_reserve_exact(length - characters)?;
            bytes.resize(length, 0);
            self.text_from(&mut bytes, 0)?;
        }
        String::from_utf8(bytes).map_err(|_| {
            *self = start;
            Status::OutOfRange
        })
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

    /// A blob: the very stone that was written, counted once more, or a new stone with the inline bits
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

    /// Copies the bits of the blob or stone here to the start of `buffer`; gives how many bits. Bits
    /// behind the last one become zero. `OutOfRange` when the buffer is too small.
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

    /// Moves behind the value here and all that it contains.
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

    /// Moves from a record to the value of `key` (UTF-8). `NotFound`; `Malformed` when the key is no text.
    pub fn find(&mut self, key: &[u8]) -> Result<(), Status> {
        let mut place = *self;
        let pairs = place.record()?;
        let key = Utf8Text::check(key)?;
        for _ in 0..pairs {
            let head = place.expect(Kind::Text)?;
            let payload = place.payload(head)?;
            place.position += 1 + payload.len();
            if head.field == key.characters as u64 && text::matches(&key, payload) {
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

    /// The checked text here and how many words it has.
    #[inline]
    fn packed(&self) -> Result<(Packed<'a>, usize), Status> {
        let head = self.expect(Kind::Text)?;
        let payload = self.payload(head)?;
        Ok((Packed::check(payload, head.field as usize)?, payload.len()))
    }

    /// The text here: how many characters, and their words as they lie in memory. Does not move.
    #[inline]
    pub(crate) fn packed_text(&self) -> Result<(u64, &'a [Word]), Status> {
        let head = self.expect(Kind::Text)?;
        Ok((head.field, self.payload(head)?.raw()))
    }

    /// The number of the stone here among what the message holds. Does not move.
    pub(crate) fn held_number(&self) -> Result<u64, Status> {
        let head = self.expect(Kind::Stone)?;
        self.payload(head)?.get(0).ok_or(Status::Malformed)
    }

    /// Moves behind the words of the value here that are its own.
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

    /// What the reference here leads to.
    #[inline]
    pub(super) fn reference(&self) -> Result<ValueRef<'a>, Status> {
        let head = self.expect(Kind::Value)?;
        let message = self.stone(self.payload(head)?)?;
        Ok(ValueRef {
            message: message.into(),
            offset: usize::try_from(head.field).map_err(|_| Status::Malformed)?,
        })
    }

    /// Moves behind the reference here.
    pub(super) fn step_over_reference(&mut self) {
        self.position += 2;
    }

    fn stone(&self, payload: Words<'_>) -> Result<&'a Blob, Status> {
        let index = payload.get(0).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.held.get(index)).ok_or(Status::Malformed)
    }
}

/// Whether the limits allow for a message. `LimitExceeded`.
#[inline]
fn within(words: Words<'_>, depth: u16, limits: &Limits) -> Result<(), Status> {
    let allowed = words.len() as u64 <= limits.max_words && usize::from(depth) <= limits.depth();
    if allowed { Ok(()) } else { Err(Status::LimitExceeded) }
}

/// The words of a message, how deep it is, and its dialect. `NotStone`; `WrongType`.
#[inline]
pub(super) fn message_words(message: &RawBlob) -> Result<(Words<'_>, u16, Dialect), Status> {
    if !message.is_stone() {
        return Err(Status::NotStone);
    }
    let (kind, depth) = message.message_note();
    let dialect = Dialect::of_message(kind & !REFERS).ok_or(Status::WrongType)?;
    Ok((Words::native(message.bytes()), depth, dialect))
}
