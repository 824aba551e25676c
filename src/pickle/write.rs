//! From a message to a stream.

use core::ops::RangeInclusive;

use super::operation::*;
use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;
use crate::value::{INTEGER_MAX, INTEGER_MIN, Kind, Limits, Symbol};
use crate::view::View;
use crate::wota::{AnyReader, Dialect, Layout, Reader, Word, names_nothing};

/// A message's value as a stream for `pickle.Unpickler`, in a stone of bytes.
///
/// `NotStone`; `WrongType` when it is not a message, or refers to values of other messages; `NoMemory`.
pub fn pickle_from_message(message: &Blob) -> Result<Blob, Status> {
    let mut stream = Stream::new(message.bytes().len() / 8)?;
    stream.any(AnyReader::new(message, &Limits::UNLIMITED)?)?;
    stream.finish()
}

/// A stream of a list with the next children of a container: at most `most`, up to the first that has more than
/// `words_each` words, or contains a blob, a reference or a symbol that carries a value, or until they have `words_all`
/// words together. Of a record, keys and values alternate. Returns the stream, the number of children, and the position
/// after them. `NoMemory`.
pub fn pickle_from_children<'m>(
    next: View<'m>,
    most: u64,
    words_each: usize,
    words_all: usize,
) -> Result<(Blob, u64, View<'m>), Status> {
    let mut stream = Stream::new(words_all)?;
    stream.plain = true;
    stream.put(&[EMPTY_LIST, MARK])?;
    let (mut next, mut count, mut room) = (next, 0, words_all);
    while count < most
        && let Some((words, after)) = next.step_within(words_each.min(room))
    {
        let (start, reader) = (stream.bytes.len(), next.to_reader());
        let dialect = match reader {
            AnyReader::Classic(_) => Dialect::Classic,
            AnyReader::Dec64(_) => Dialect::Dec64,
        };
        if !names_nothing(words, dialect) {
            break;
        }
        match stream.any(reader) {
            Err(Status::WrongType) => {
                // The value is removed from the stream again. Nothing after it refers to its texts.
                stream.bytes.truncate(start);
                break;
            }
            written => written?,
        }
        (next, count, room) = (after, count + 1, room - words.len());
    }
    stream.put(&[APPENDS])?;
    Ok((stream.finish()?, count, next))
}

/// The number of places for recent texts; a text's hash selects its place.
const PLACES: RangeInclusive<usize> = 8..=512;
/// Longer texts, in words, rarely occur again.
const SHORT: usize = 16;

/// A text in the memo of the stream's reader, with its number.
#[derive(Clone, Copy)]
struct Recent<'m> {
    characters: u64,
    words: &'m [Word],
    number: u32,
}

impl Recent<'_> {
    /// An empty place: a text of this length would have words.
    const NONE: Self = Recent { characters: u64::MAX, words: &[], number: 0 };
}

struct Stream<'m> {
    bytes: Vec<u8>,
    /// A power of two of them.
    recent: Vec<Recent<'m>>,
    /// The number of texts in the reader's memo.
    remembered: u32,
    /// Values without a plain Python equivalent are refused.
    plain: bool,
}

/// Where the frame begins: after the protocol's number, the frame's operation and its length.
const FRAMED: usize = 11;

/// A container that is being written.
struct OpenSequence {
    /// The number of values that are still missing.
    left: u64,
    /// The operations that end it.
    end: &'static [u8],
}

impl<'m> Stream<'m> {
    /// A stream for about this many words.
    fn new(words: usize) -> Result<Self, Status> {
        let mut stream = Stream { bytes: Vec::new(), recent: Vec::new(), remembered: 0, plain: false };
        let places = (words / 8).clamp(*PLACES.start(), *PLACES.end()).next_power_of_two();
        stream.recent.try_append_copies(Recent::NONE, places)?;
        stream.put(&[PROTOCOL, WRITTEN_PROTOCOL, FRAME, 0, 0, 0, 0, 0, 0, 0, 0])?;
        Ok(stream)
    }

    /// The whole stream in a stone, as one frame. Without a frame the reader would read its file for every operation.
    fn finish(mut self) -> Result<Blob, Status> {
        self.put(&[STOP])?;
        let length = self.bytes.len().saturating_sub(FRAMED) as u64;
        if let Some(place) = self.bytes.get_mut(FRAMED - 8..FRAMED) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        let mut blob = Blob::from_bytes(&self.bytes)?;
        blob.make_stone();
        Ok(blob)
    }

    fn any(&mut self, reader: AnyReader<'m>) -> Result<(), Status> {
        match reader {
            AnyReader::Classic(reader) => self.value_with_all(reader),
            AnyReader::Dec64(reader) => self.value_with_all(reader),
        }
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Status> {
        self.bytes.try_append(bytes)
    }

    /// Writes the value here with everything in it.
    fn value_with_all<L: Layout>(&mut self, mut reader: Reader<'m, L>) -> Result<(), Status> {
        let mut open: Vec<OpenSequence> = Vec::new();
        let mut place = OpenSequence { left: 1, end: &[] };
        loop {
            while place.left == 0 {
                self.put(place.end)?;
                let Some(outer) = open.pop() else { return Ok(()) };
                place = outer;
            }
            place.left -= 1;
            if let Some(inner) = self.value(&mut reader)? {
                open.try_push(place)?;
                place = inner;
            }
        }
    }

    /// Writes the value here; for a container only its beginning.
    #[inline]
    fn value<L: Layout>(&mut self, reader: &mut Reader<'m, L>) -> Result<Option<OpenSequence>, Status> {
        match reader.kind()? {
            Kind::Integer => {
                let value = reader.integer()?;
                self.integer(value)?;
            }
            Kind::Float => {
                let value = reader.number()?;
                self.number(value)?;
            }
            Kind::Text => self.text(reader)?,
            Kind::Array => {
                let left = reader.array()?;
                self.put(if left == 0 { &[EMPTY_LIST] } else { &[EMPTY_LIST, MARK] })?;
                return Ok((left != 0).then_some(OpenSequence { left, end: &[APPENDS] }));
            }
            Kind::Record => {
                let left = reader.record()?.checked_mul(2).ok_or(Status::Malformed)?;
                self.put(if left == 0 { &[EMPTY_DICT] } else { &[EMPTY_DICT, MARK] })?;
                return Ok((left != 0).then_some(OpenSequence { left, end: &[SET_ITEMS] }));
            }
            Kind::Symbol => match reader.symbol()? {
                Symbol::Null => self.put(&[NONE])?,
                Symbol::False => self.put(&[FALSE])?,
                Symbol::True => self.put(&[TRUE])?,
                Symbol::Private | Symbol::System if self.plain => return Err(Status::WrongType),
                symbol @ (Symbol::Private | Symbol::System) => {
                    self.integer(-(symbol as i64))?;
                    self.put(&[PERSISTENT])?;
                    return Ok(Some(OpenSequence { left: 1, end: &[TUPLE_1, CALL] }));
                }
            },
            Kind::Blob | Kind::Stone if self.plain => return Err(Status::WrongType),
            Kind::Blob => self.bits(reader)?,
            Kind::Stone => {
                let number = reader.held_number()?;
                self.integer(number as i64)?;
                self.put(&[PERSISTENT])?;
                reader.skip()?;
            }
            Kind::Value => return Err(Status::WrongType),
        }
        Ok(None)
    }

    #[inline]
    fn integer(&mut self, value: i64) -> Result<(), Status> {
        if let Ok(byte) = u8::try_from(value) {
            self.put(&[INTEGER_1, byte])
        } else if let Ok(short) = i32::try_from(value) {
            let [a, b, c, d] = short.to_le_bytes();
            self.put(&[INTEGER_4, a, b, c, d])
        } else {
            let [a, b, c, d, e, f, g, h] = value.to_le_bytes();
            self.put(&[LONG_1, 8, a, b, c, d, e, f, g, h])
        }
    }

    /// Integers of 56 bits are written as integers, also if the message has them as floats or DEC64 numbers.
    #[inline]
    fn number(&mut self, value: f64) -> Result<(), Status> {
        let whole = value as i64;
        if (INTEGER_MIN..=INTEGER_MAX).contains(&whole) && (whole as f64).to_bits() == value.to_bits() {
            return self.integer(whole);
        }
        let [a, b, c, d, e, f, g, h] = value.to_be_bytes();
        self.put(&[FLOAT, a, b, c, d, e, f, g, h])
    }

    #[inline]
    fn text<L: Layout>(&mut self, reader: &mut Reader<'m, L>) -> Result<(), Status> {
        let (characters, words) = reader.packed_text()?;
        if words.len() > SHORT {
            return self.new_text(reader);
        }
        let place = hash(words) & (self.recent.len() - 1);
        let recent = self.recent[place];
        if recent.characters == characters && recent.words == words {
            reader.skip()?;
            return match u8::try_from(recent.number) {
                Ok(byte) => self.put(&[GET_1, byte]),
                Err(_) => {
                    let [a, b, c, d] = recent.number.to_le_bytes();
                    self.put(&[GET_4, a, b, c, d])
                }
            };
        }
        self.new_text(reader)?;
        // The stream stores the number in four bytes.
        if self.remembered < u32::MAX {
            self.recent[place] = Recent { characters, words, number: self.remembered };
            self.remembered += 1;
            self.put(&[MEMOIZE])?;
        }
        Ok(())
    }

    fn new_text<L: Layout>(&mut self, reader: &mut Reader<'m, L>) -> Result<(), Status> {
        let length = reader.text_length()?;
        if let Ok(byte) = u8::try_from(length) {
            self.put(&[TEXT_1, byte])?;
        } else {
            self.put(&[TEXT_8])?;
            self.put(&(length as u64).to_le_bytes())?;
        }
        reader.text(self.bytes.try_append_copies(0, length)?).map(drop)
    }

    fn bits<L: Layout>(&mut self, reader: &mut Reader<'m, L>) -> Result<(), Status> {
        let length_bits = reader.bits_length()?;
        let length = length_bits.div_ceil(8);
        self.put(&[BYTES_8])?;
        self.put(&(length as u64).to_le_bytes())?;
        reader.bits(self.bytes.try_append_copies(0, length)?)?;
        self.integer(length_bits as i64)?;
        self.put(&[TUPLE_2, PERSISTENT])
    }
}

#[inline]
fn hash(words: &[Word]) -> usize {
    let of = |word: Option<&Word>| word.map_or(0, |word| u64::from_ne_bytes(*word));
    let middle = of(words.get(words.len() / 2)).rotate_left(41);
    let mixed = of(words.first()) ^ of(words.last()).rotate_left(17) ^ middle;
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize
}
