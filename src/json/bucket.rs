//! JSON text as nested bucket maps in a memory, and back. Each JSON value is one field of 64 bits, a [`Word`]:
//!
//! | value | upper 32 bits | lower 32 bits |
//! |---|---|---|
//! | a number | those of the double | those of the double |
//! | `null` | `0xFFFC_0000` | 0 |
//! | `false`, `true` | `0xFFFC_0001` | 0, 1 |
//! | a text | `0xFFFC_0002` | offset of a block: its length in bytes (u32), its UTF-8 bytes |
//! | an array | `0xFFFC_0003` | offset of a block: its length (u32), 0 (u32), its words |
//! | an object | `0xFFFC_0004` | offset of a map's wrapper: keys `s`, values `i`, which are words |
//!
//! The upper halves are those of NaNs, which JSON does not have; the lower halves are plain offsets, so that a
//! conservative collector finds what they point at.

use serde::de::DeserializeSeed;

use super::tree::{InArena, Tree};
use crate::arena::Arena;
use crate::blob::Blob;
use crate::bucket::{Builder, Kind, Memory, Table, Tag, Value, allocate_zeroed, string_new, text_of};
use crate::output::Output;
use crate::{Fault, Status};

/// How deep values nest: reading and writing use the stack.
const MAX_DEPTH: usize = 120;

const BOXED: u32 = 0xFFFC_0000;
const NULL: u32 = BOXED;
const LOGICAL: u32 = BOXED | 1;
const TEXT: u32 = BOXED | 2;
const ARRAY: u32 = BOXED | 3;
const OBJECT: u32 = BOXED | 4;
/// Length, and in an array a word of 0.
const ARRAY_HEADER: usize = 8;
const TEXT_HEADER: usize = 4;

/// What a word means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Word {
    /// `null`
    Null,
    /// `false`, `true`
    Logical(bool),
    /// Any number, as a double.
    Number(f64),
    /// The offset of a text's block.
    Text(u32),
    /// The offset of an array's block.
    Array(u32),
    /// The offset of a map's wrapper.
    Object(u32),
}

impl Word {
    /// The 64 bits.
    pub fn to_bits(self) -> u64 {
        let boxed = |kind: u32, low: u32| u64::from(kind) << 32 | u64::from(low);
        match self {
            Word::Null => boxed(NULL, 0),
            Word::Logical(value) => boxed(LOGICAL, value.into()),
            Word::Number(value) => value.to_bits(),
            Word::Text(block) => boxed(TEXT, block),
            Word::Array(block) => boxed(ARRAY, block),
            Word::Object(wrapper) => boxed(OBJECT, wrapper),
        }
    }

    /// What 64 bits mean. `Malformed` for NaNs that are none of ours, and infinities.
    pub fn from_bits(bits: u64) -> Result<Self, Status> {
        let low = bits as u32;
        match (bits >> 32) as u32 {
            NULL if low == 0 => Ok(Word::Null),
            LOGICAL if low < 2 => Ok(Word::Logical(low == 1)),
            TEXT => Ok(Word::Text(low)),
            ARRAY => Ok(Word::Array(low)),
            OBJECT => Ok(Word::Object(low)),
            _ => Some(f64::from_bits(bits))
                .filter(|value| value.is_finite())
                .map(Word::Number)
                .ok_or(Status::Malformed),
        }
    }

    /// The block that it points at, 0 for none.
    fn block(self) -> u32 {
        match self {
            Word::Text(block) | Word::Array(block) | Word::Object(block) => block,
            Word::Null | Word::Logical(_) | Word::Number(_) => 0,
        }
    }
}

/// The value of JSON text in UTF-8, built in the memory: every container is sized once and written once. Of equal
/// keys the first one's place and the last one's value stay. The fault's offset is in bytes.
/// `Truncated`; `Malformed`; `LimitExceeded` beyond 120 levels; `NoMemory`. What was built before a failure is nobody's.
pub fn bucket_from_json(memory: &mut impl Memory, text: &[u8]) -> Result<Word, Fault> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let arena = Arena::new(Default::default()).map_err(|status| Fault { status, offset: 0 })?;
    let parsed = InArena(&arena).deserialize(&mut deserializer);
    let parsed = parsed.and_then(|tree| deserializer.end().map(|()| tree));
    let tree = parsed.map_err(|error| match error.is_eof() {
        _ if arena.error().is_some() => Fault { status: Status::NoMemory, offset: text.len() },
        true => Fault { status: Status::Truncated, offset: text.len() },
        false => {
            let offset = super::read::offset_of(text, error.line(), error.column());
            Fault { status: Status::Malformed, offset }
        }
    })?;
    build(memory, &tree, MAX_DEPTH).map_err(|status| Fault { status, offset: text.len() })
}

/// A container is made before what is in it, and roots that: at most three roots a level.
fn build(memory: &mut impl Memory, tree: &Tree<'_>, depth: usize) -> Result<Word, Status> {
    match tree {
        Tree::Null => Ok(Word::Null),
        Tree::Logical(value) => Ok(Word::Logical(*value)),
        Tree::Number(value) => Ok(Word::Number(*value)),
        Tree::Text(text) => text_block(memory, text).map(Word::Text),
        Tree::Array(elements) => array(memory, elements, deeper(depth)?),
        Tree::Object(pairs) => object(memory, pairs, deeper(depth)?),
    }
}

fn deeper(depth: usize) -> Result<usize, Status> {
    depth.checked_sub(1).ok_or(Status::LimitExceeded)
}

fn text_block(memory: &mut impl Memory, text: &[u8]) -> Result<u32, Status> {
    let length = u32::try_from(text.len()).map_err(|_| Status::LimitExceeded)?;
    let block = allocate_zeroed(memory, TEXT_HEADER + text.len())?;
    write(memory, block as usize, &length.to_le_bytes())?;
    write(memory, block as usize + TEXT_HEADER, text)?;
    Ok(block)
}

fn write(memory: &mut impl Memory, at: usize, bytes: &[u8]) -> Result<(), Status> {
    let place = memory.bytes_mut().get_mut(at..).and_then(|rest| rest.get_mut(..bytes.len()));
    place.ok_or(Status::Malformed)?.copy_from_slice(bytes);
    Ok(())
}

fn array(memory: &mut impl Memory, elements: &[Tree<'_>], depth: usize) -> Result<Word, Status> {
    let length = u32::try_from(elements.len()).map_err(|_| Status::LimitExceeded)?;
    let block = allocate_zeroed(memory, ARRAY_HEADER + 8 * elements.len())?;
    write(memory, block as usize, &length.to_le_bytes())?;
    memory.push_root(block);
    let filled = elements.iter().enumerate().try_for_each(|(number, element)| {
        let word = build(memory, element, depth)?;
        write(memory, block as usize + ARRAY_HEADER + 8 * number, &word.to_bits().to_le_bytes())
    });
    memory.pop_roots(1);
    filled.map(|()| Word::Array(block))
}

fn object(memory: &mut impl Memory, pairs: &[(&[u8], Tree<'_>)], depth: usize) -> Result<Word, Status> {
    let count = u32::try_from(pairs.len()).map_err(|_| Status::LimitExceeded)?;
    let mut builder = Builder::new(memory, Kind::Map, count, Tag::Text)?;
    let added = pairs.iter().try_for_each(|(name, tree)| {
        let key = string_new(memory, name)?;
        let name = if let Value::Text { pointer, .. } = key { pointer } else { 0 };
        memory.push_root(name);
        let made = build(memory, tree, depth);
        let added = made.and_then(|word| {
            memory.push_root(word.block());
            let added = builder.add(memory, key, Value::Int(word.to_bits() as i64));
            memory.pop_roots(1);
            added
        });
        memory.pop_roots(1);
        added
    });
    builder.end(memory, added).map(Word::Object)
}

/// JSON text of a value, in one line: a stone of UTF-8. What is read is not trusted: text that would be longer than
/// values without sharing can be (eight times the memory) is refused.
/// `LimitExceeded`, also beyond 120 levels; `Malformed`, also for texts that are not UTF-8; `WrongType`; `NoMemory`.
pub fn json_from_bucket(window: &[u8], word: Word) -> Result<Blob, Status> {
    let mut printer = Printer {
        window,
        output: Output::default(),
        room: window.len().saturating_mul(8).saturating_add(64),
    };
    printer.value(word, MAX_DEPTH)?;
    printer.output.into_stone()
}

struct Printer<'a> {
    window: &'a [u8],
    output: Output,
    /// How many more bytes may be written.
    room: usize,
}

impl<'a> Printer<'a> {
    fn put(&mut self, part: &[u8]) -> Result<(), Status> {
        self.room = self.room.checked_sub(part.len()).ok_or(Status::LimitExceeded)?;
        self.output.put(part)
    }

    fn value(&mut self, word: Word, depth: usize) -> Result<(), Status> {
        match word {
            Word::Null => self.put(b"null"),
            Word::Logical(value) => self.put(if value { b"true" } else { b"false" }),
            Word::Number(value) => self.number(value),
            Word::Text(block) => self.text(self.block(block, TEXT_HEADER, 1)?),
            Word::Array(block) => self.array(block, deeper(depth)?),
            Word::Object(wrapper) => self.object(wrapper, deeper(depth)?),
        }
    }

    /// Whole numbers without a fraction, as JavaScript writes them.
    fn number(&mut self, value: f64) -> Result<(), Status> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let mut digits = [0; 32];
        let whole =
            value.fract() == 0.0 && value.abs() <= EXACT && (value != 0.0 || value.is_sign_positive());
        let written = if whole {
            serde_json::to_writer(&mut digits[..], &(value as i64))
        } else {
            serde_json::to_writer(&mut digits[..], &value)
        };
        written.map_err(|_| Status::Malformed)?;
        let length = digits.iter().position(|digit| *digit == 0).unwrap_or(digits.len());
        self.put(&digits[..length])
    }

    /// What follows the header of a block of so many items, whose number is its first word.
    fn block(&self, block: u32, header: usize, item: usize) -> Result<&'a [u8], Status> {
        let block = self.window.get(block as usize..).ok_or(Status::Malformed)?;
        let count = u32::from_le_bytes(*block.first_chunk().ok_or(Status::Malformed)?) as usize;
        let items = block.get(header..).and_then(|items| items.get(..count.checked_mul(item)?));
        items.ok_or(Status::Malformed)
    }

    fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        let text = str::from_utf8(utf8).map_err(|_| Status::Malformed)?;
        // A text is written whole before it is counted: six characters for one at most, and the quotes.
        if text.len().saturating_mul(6).saturating_add(2) > self.room {
            return Err(Status::LimitExceeded);
        }
        let before = self.output.len();
        serde_json::to_writer(&mut self.output, text).map_err(|_| Status::NoMemory)?;
        self.room = self.room.saturating_sub(self.output.len() - before);
        Ok(())
    }

    fn array(&mut self, block: u32, depth: usize) -> Result<(), Status> {
        let words = self.block(block, ARRAY_HEADER, 8)?;
        self.put(b"[")?;
        for (number, word) in words.as_chunks::<8>().0.iter().enumerate() {
            if number > 0 {
                self.put(b",")?;
            }
            self.value(Word::from_bits(u64::from_le_bytes(*word))?, depth)?;
        }
        self.put(b"]")
    }

    fn object(&mut self, wrapper: u32, depth: usize) -> Result<(), Status> {
        let table = Table::open(self.window, Kind::Map, wrapper)?;
        self.put(b"{")?;
        let mut cursor = 0;
        let mut first = true;
        while let Some((key, word)) = table.next(&mut cursor)? {
            if !first {
                self.put(b",")?;
            }
            first = false;
            self.text(text_of(self.window, Value::from_bits(Tag::Text, key))?)?;
            self.put(b":")?;
            self.value(Word::from_bits(word)?, depth)?;
        }
        self.put(b"}")
    }
}
