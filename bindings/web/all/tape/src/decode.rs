//! From a message to a tape.

use drystone::blob::Blob;
use drystone::wota::{self, Dialect, Reader, Symbol};
use drystone::{Limits, Status};

use crate::Kind;

/// The largest integer up to which a Number is exact.
const LARGEST_INTEGER: i64 = (1 << 53) - 1;
/// The longest value, in words, after references were resolved.
const LONGEST_VALUE: u64 = 1 << 28;

/// A decoded message.
#[derive(Default)]
pub struct Decoded {
    pub tape: Vec<u64>,
    /// The texts that are ASCII, followed by unused bytes.
    pub text: Vec<u8>,
    /// The bytes of those texts.
    pub text_length: usize,
    /// Bytes of blobs that are not stones.
    pub bits: Vec<u8>,
    /// The other texts, in UTF-16 units.
    pub wide: Vec<u16>,
    /// The length of each key in units; the units are in `key_units`.
    pub keys: Vec<u32>,
    pub key_units: Vec<u16>,
    /// For each shape, the count of its keys and their numbers.
    pub shapes: Vec<u32>,
    /// The stones of the message, in the order of the items.
    pub stones: Vec<Blob>,
}

impl Decoded {
    fn clear(&mut self) {
        self.tape.clear();
        self.text_length = 0;
        self.bits.clear();
        self.wide.clear();
        self.keys.clear();
        self.key_units.clear();
        self.shapes.clear();
        self.stones.clear();
    }

    /// Reads a message, which may refer to values of other messages. The readers' statuses; `Unsupported` for values that
    /// JavaScript does not have.
    pub fn read(&mut self, message: &Blob) -> Result<(), Status> {
        self.clear();
        match self.values(message) {
            // References are resolved in a copy first.
            Err(Refused::Reference) => {
                if wota::flattened_words(message, &Limits::DEFAULT)? > LONGEST_VALUE {
                    return Err(Status::LimitExceeded);
                }
                let plain = drystone::convert::transcode(message, Dialect::Classic, false)?;
                self.clear();
                self.values(&plain).map_err(|refused| match refused {
                    Refused::Reference => Status::Malformed,
                    Refused::Status(status) => status,
                })
            }
            Err(Refused::Status(status)) => Err(status),
            Ok(()) => Ok(()),
        }
    }

    fn values(&mut self, message: &Blob) -> Result<(), Refused> {
        let words = message.bytes();
        let mut reader = Reader::new(message, &Limits { max_words: LONGEST_VALUE, ..Limits::DEFAULT })?;
        self.tape.try_reserve(words.len() / 8).map_err(Status::from)?;
        let mut names = Names::default();
        let mut open: Vec<Frame> = Vec::new();
        let mut frame = Frame { left: 1, record: None, first_key: 0 };
        loop {
            while frame.left == 0 {
                if let Some(item) = frame.record {
                    let shape = names.shape(frame.first_key, &mut self.shapes)?;
                    if let Some(place) = self.tape.get_mut(item) {
                        *place = Kind::Record.item(shape);
                    }
                }
                match open.pop() {
                    Some(outer) => frame = outer,
                    None => return Ok(()),
                }
            }
            frame.left -= 1;
            if frame.record.is_some() {
                self.key(&mut reader, words, &mut names)?;
            }
            match reader.kind()? {
                wota::Kind::Integer => {
                    let integer = reader.integer()?;
                    self.integer(integer);
                }
                wota::Kind::Float => {
                    let number = reader.number()?;
                    self.tape.push(if number.is_nan() { Kind::NotNumber.item(0) } else { number.to_bits() });
                }
                wota::Kind::Text => self.text(&mut reader)?,
                wota::Kind::Array => {
                    let count = reader.array()?;
                    let count = u32::try_from(count).map_err(|_| Status::LimitExceeded)?;
                    self.tape.push(Kind::Array.item(count));
                    open.push(frame);
                    frame = Frame { left: count, record: None, first_key: names.open.len() };
                }
                wota::Kind::Record => {
                    let count = u32::try_from(reader.record()?).map_err(|_| Status::LimitExceeded)?;
                    let item = self.tape.len();
                    self.tape.push(0);
                    open.push(frame);
                    frame = Frame { left: count, record: Some(item), first_key: names.open.len() };
                }
                wota::Kind::Symbol => self.tape.push(match reader.symbol()? {
                    Symbol::Null => Kind::Null.item(0),
                    Symbol::False => Kind::False.item(0),
                    Symbol::True => Kind::True.item(0),
                    Symbol::Private | Symbol::System => return Err(Status::Unsupported.into()),
                }),
                wota::Kind::Blob => {
                    let bits = u32::try_from(reader.bits_length()?).map_err(|_| Status::LimitExceeded)?;
                    self.tape.push(Kind::Bits.item(bits));
                    let (from, length) = (self.bits.len(), bits.div_ceil(8) as usize);
                    self.bits.try_reserve(length).map_err(Status::from)?;
                    self.bits.resize(from + length, 0);
                    reader.bits(&mut self.bits[from..])?;
                }
                wota::Kind::Stone => {
                    self.tape.push(Kind::Stone.item(self.stones.len() as u32));
                    self.stones.push(reader.blob()?);
                }
                wota::Kind::Value => return Err(Refused::Reference),
            }
        }
    }

    #[inline]
    fn integer(&mut self, integer: i64) {
        if let Ok(small) = i32::try_from(integer) {
            self.tape.push(Kind::Integer.item(small as u32));
        } else if (-LARGEST_INTEGER - 1..=LARGEST_INTEGER).contains(&integer)
            || (integer as f64) as i64 == integer
        {
            self.tape.push((integer as f64).to_bits());
        } else {
            self.tape.extend([Kind::Wide.item(0), integer as u64]);
        }
    }

    #[inline]
    fn text(&mut self, reader: &mut Reader<'_>) -> Result<(), Status> {
        let from = self.text_length;
        if let Some(room) = self.text.get_mut(from..)
            && let Some(length) = reader.ascii(room)?
        {
            self.text_length += length;
            self.tape.push(Kind::Text.item(length as u32));
            return Ok(());
        }
        let length = put_text(reader, &mut self.text, from)?;
        let text = self.text.get(from..from + length).unwrap_or_default();
        if text.is_ascii() {
            self.text_length += length;
            self.tape.push(Kind::Text.item(length as u32));
            return Ok(());
        }
        let before = self.wide.len();
        append_units(text, &mut self.wide);
        self.tape.push(Kind::WideText.item((self.wide.len() - before) as u32));
        Ok(())
    }

    /// Reads a key; `words` are the message's.
    #[inline]
    fn key(&mut self, reader: &mut Reader<'_>, words: &[u8], names: &mut Names) -> Result<(), Status> {
        let at = reader.offset() * 8;
        let rest = words.get(at..).unwrap_or_default();
        if let Some(guess) = names.guess(rest, words) {
            reader.skip()?;
            names.note(guess);
            return Ok(());
        }
        let mut start = *reader;
        start.skip()?;
        let place = at..start.offset() * 8;
        let text = words.get(place.clone()).ok_or(Status::Malformed)?;
        let found = names.find(text, words);
        let number = match found {
            Some(number) => number,
            None => {
                let number = names.places.len() as u32;
                let from = self.text_length;
                let mut at_key = *reader;
                let length = put_text(&mut at_key, &mut self.text, from)?;
                let before = self.key_units.len();
                append_units(self.text.get(from..from + length).unwrap_or_default(), &mut self.key_units);
                self.keys.push((self.key_units.len() - before) as u32);
                names.keys.put(hash_bytes(text), number)?;
                names.places.push(place);
                names.after.push(number);
                number
            }
        };
        *reader = start;
        names.note(number);
        Ok(())
    }
}

/// Puts the text at the reader into the buffer, in UTF-8, and returns its length. The buffer is longer than its used part.
#[inline]
fn put_text(reader: &mut Reader<'_>, to: &mut Vec<u8>, from: usize) -> Result<usize, Status> {
    if let Some(room) = to.get_mut(from..)
        && let Ok(length) = reader.text(room)
    {
        return Ok(length);
    }
    let more = reader.text_length()?.max(to.len()).max(1 << 12);
    to.try_reserve(more).map_err(Status::from)?;
    to.resize(to.len() + more, 0);
    reader.text(to.get_mut(from..).unwrap_or_default())
}

/// Appends UTF-8, in which a lone surrogate takes three bytes, as UTF-16 units.
pub fn append_units(utf8: &[u8], units: &mut Vec<u16>) {
    let mut rest = utf8.iter().map(|byte| u32::from(*byte));
    while let Some(first) = rest.next() {
        let (more, first) = match first {
            ..0x80 => (0, first),
            ..0xE0 => (1, first & 0x1F),
            ..0xF0 => (2, first & 0x0F),
            _ => (3, first & 0x07),
        };
        let code = rest.by_ref().take(more).fold(first, |code, byte| code << 6 | byte & 0x3F);
        match code.checked_sub(0x1_0000) {
            None => units.push(code as u16),
            Some(code) => units.extend([0xD800 | (code >> 10) as u16, 0xDC00 | (code & 0x3FF) as u16]),
        }
    }
}

/// Why reading stopped.
enum Refused {
    Status(Status),
    /// At a value of another message.
    Reference,
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        Refused::Status(status)
    }
}

/// An open container.
struct Frame {
    left: u32,
    /// The position of a record's item.
    record: Option<usize>,
    /// The position of its first key among those of the open records.
    first_key: usize,
}

/// The keys and shapes of a message.
#[derive(Default)]
struct Names {
    /// By their words.
    keys: Numbers,
    /// The words of each key in the message.
    places: Vec<core::ops::Range<usize>>,
    /// For each key, the one that followed it last time.
    after: Vec<u32>,
    last: Option<u32>,
    /// The keys of the open records.
    open: Vec<u32>,
    /// By their keys.
    shapes: Numbers,
    /// The keys of each shape, as a range of the shapes.
    known: Vec<core::ops::Range<usize>>,
    last_shape: u32,
}

impl Names {
    /// The number of the key with these words.
    fn find(&self, text: &[u8], words: &[u8]) -> Option<u32> {
        let is = |number: u32| {
            self.places.get(number as usize).and_then(|place| words.get(place.clone())) == Some(text)
        };
        self.keys.find(hash_bytes(text), is)
    }

    /// The key that followed the last key before, if it is the next one again.
    #[inline]
    fn guess(&self, rest: &[u8], words: &[u8]) -> Option<u32> {
        let last = self.last?;
        let guess = *self.after.get(last as usize)?;
        let key = words.get(self.places.get(guess as usize)?.clone())?;
        rest.starts_with(key).then_some(guess)
    }

    #[inline]
    fn note(&mut self, number: u32) {
        if let Some(last) = self.last
            && let Some(after) = self.after.get_mut(last as usize)
        {
            *after = number;
        }
        self.last = Some(number);
        self.open.push(number);
    }

    /// The shape of the keys from this one on, whose record ends.
    fn shape(&mut self, first: usize, shapes: &mut Vec<u32>) -> Result<u32, Status> {
        let keys = self.open.get(first..).unwrap_or_default();
        let is = |shape: u32| {
            self.known.get(shape as usize).and_then(|place| shapes.get(place.clone())) == Some(keys)
        };
        let hash = || keys.iter().fold(keys.len() as u32, |hash, key| mix(hash, *key));
        let number = if is(self.last_shape) {
            self.last_shape
        } else if let Some(shape) = self.shapes.find(hash(), is) {
            shape
        } else {
            let shape = self.known.len() as u32;
            shapes.push(keys.len() as u32);
            let from = shapes.len();
            shapes.extend_from_slice(keys);
            self.known.push(from..shapes.len());
            self.shapes.put(hash(), shape)?;
            shape
        };
        self.last_shape = number;
        self.open.truncate(first);
        Ok(number)
    }
}

fn mix(hash: u32, word: u32) -> u32 {
    (hash ^ word).wrapping_mul(0x9E37_79B1).rotate_left(15)
}

fn hash_bytes(bytes: &[u8]) -> u32 {
    let words = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
    words.fold(0, mix)
}

/// Numbers by hash. A search looks at no more than [`Numbers::MOST`] places, even for hostile keys.
#[derive(Default)]
struct Numbers {
    /// A hash, and the number plus 1; 0 if the place is free.
    places: Vec<(u32, u32)>,
    count: usize,
}

impl Numbers {
    /// A number that is further away is not found: then the same key gets a second one.
    const MOST: usize = 64;

    fn probe(&self, hash: u32) -> impl Iterator<Item = usize> + use<> {
        let mask = self.places.len().wrapping_sub(1);
        let steps = if self.places.is_empty() { 0 } else { Self::MOST.min(self.places.len()) };
        (0..steps).map(move |step| (hash as usize).wrapping_add(step) & mask)
    }

    fn find(&self, hash: u32, is: impl Fn(u32) -> bool) -> Option<u32> {
        for place in self.probe(hash) {
            match self.places.get(place)? {
                (_, 0) => return None,
                (known, number) if *known == hash && is(number - 1) => return Some(number - 1),
                _ => {}
            }
        }
        None
    }

    /// Adds a number that was not found.
    fn put(&mut self, hash: u32, number: u32) -> Result<(), Status> {
        if self.count * 2 >= self.places.len() {
            let length = (self.places.len() * 2).max(64);
            let mut places = Vec::new();
            places.try_reserve_exact(length).map_err(Status::from)?;
            places.resize(length, (0, 0));
            let old = core::mem::replace(&mut self.places, places);
            self.count = 0;
            for (hash, number) in old.into_iter().filter(|(_, number)| *number != 0) {
                self.enter(hash, number);
            }
        }
        self.enter(hash, number + 1);
        Ok(())
    }

    fn enter(&mut self, hash: u32, number: u32) {
        let free =
            self.probe(hash).find(|place| self.places.get(*place).is_some_and(|(_, number)| *number == 0));
        if let Some(place) = free.and_then(|place| self.places.get_mut(place)) {
            *place = (hash, number);
            self.count += 1;
        }
    }
}
