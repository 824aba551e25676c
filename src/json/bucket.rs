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

use allocator_api2::vec::Vec as ArenaVec;

use super::MAX_DEPTH;
use super::put::{put_double, put_integer, put_text};
use super::tape::{self, Step};
use crate::arena::Arena;
use crate::blob::Blob;
use crate::bucket::{Builder, Kind, Memory, Table, Tag, Value, allocate_zeroed, string_new, text_of};
use crate::grow::Grow;
use crate::output::Output;
use crate::{Fault, Status};

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
/// keys the first one's place and the last one's value stay. The fault's offset is in bytes; behind the text for what
/// ends the building.
/// `Truncated`; `Malformed`; `LimitExceeded` beyond 120 levels; `NoMemory`. What was built before a failure is nobody's.
pub fn bucket_from_json(memory: &mut impl Memory, text: &[u8]) -> Result<Word, Fault> {
    let at_end = |status| Fault { status, offset: text.len() };
    let arena = Arena::new(Default::default()).map_err(at_end)?;
    let steps = tape::record(text, &arena)?;
    let mut open = ArenaVec::new_in(&arena);
    open.try_reserve_exact(MAX_DEPTH).map_err(|_| at_end(Status::NoMemory))?;
    let mut building = Building { memory, steps: steps.iter(), open };
    building.all().map_err(|status| at_end(building.abandon(status)))
}

/// A container is made before what is in it, and roots that: at most three roots a level.
struct Building<'a, M> {
    memory: &'a mut M,
    steps: core::slice::Iter<'a, Step<'a>>,
    /// The containers around the place, innermost last.
    open: ArenaVec<Open, &'a Arena>,
}

enum Open {
    /// A block, which is rooted, with room from `at` on for as many elements as are left.
    Array { block: u32, at: usize, left: usize },
    /// A map and the key of the next value, which is rooted.
    Object { builder: Builder, key: Option<Value>, left: usize },
}

impl<M: Memory> Building<'_, M> {
    fn all(&mut self) -> Result<Word, Status> {
        loop {
            if let Some(word) = self.value()?
                && let Some(all) = self.put(word)?
            {
                return Ok(all);
            }
        }
    }

    /// The value of the next step, unless it is a container that opens.
    fn value(&mut self) -> Result<Option<Word>, Status> {
        let word = match *self.steps.next().ok_or(Status::Malformed)? {
            Step::Null => Word::Null,
            Step::Logical(value) => Word::Logical(value),
            Step::Number(value) => Word::Number(value),
            Step::Text(text) => Word::Text(text_block(self.memory, text)?),
            Step::Array(count) => {
                let length = u32::try_from(count).map_err(|_| Status::LimitExceeded)?;
                let block = allocate_zeroed(self.memory, ARRAY_HEADER + 8 * count)?;
                write(self.memory, block as usize, &length.to_le_bytes())?;
                if count > 0 {
                    self.memory.push_root(block);
                    let at = block as usize + ARRAY_HEADER;
                    self.open.push_in_room(Open::Array { block, at, left: count });
                    return Ok(None);
                }
                Word::Array(block)
            }
            Step::Object(count) => {
                let length = u32::try_from(count).map_err(|_| Status::LimitExceeded)?;
                let builder = Builder::new(self.memory, Kind::Map, length, Tag::Text)?;
                if count > 0 {
                    self.open.push_in_room(Open::Object { builder, key: None, left: count });
                    self.key()?;
                    return Ok(None);
                }
                Word::Object(builder.end(self.memory, Ok(()))?)
            }
        };
        Ok(Some(word))
    }

    /// The next step is the innermost object's next key.
    fn key(&mut self) -> Result<(), Status> {
        if let (Some(Open::Object { key, .. }), Some(Step::Text(name))) =
            (self.open.last_mut(), self.steps.next())
        {
            let name = string_new(self.memory, name)?;
            self.memory.push_root(if let Value::Text { pointer, .. } = name { pointer } else { 0 });
            *key = Some(name);
        }
        Ok(())
    }

    /// Puts a value where it belongs, and containers that are full by it; the one value when it is whole.
    fn put(&mut self, mut word: Word) -> Result<Option<Word>, Status> {
        loop {
            let Some(open) = self.open.last_mut() else { return Ok(Some(word)) };
            let full = match open {
                Open::Array { at, left, .. } => {
                    write(self.memory, *at, &word.to_bits().to_le_bytes())?;
                    (*at, *left) = (*at + 8, *left - 1);
                    *left == 0
                }
                Open::Object { builder, key, left } => {
                    let key = key.take().ok_or(Status::Malformed)?;
                    self.memory.push_root(word.block());
                    let added = builder.add(self.memory, key, Value::Int(word.to_bits() as i64));
                    self.memory.pop_roots(2);
                    added?;
                    *left -= 1;
                    if *left > 0 {
                        self.key()?;
                        false
                    } else {
                        true
                    }
                }
            };
            word = match full.then(|| self.open.pop()).flatten() {
                None => return Ok(None),
                Some(Open::Array { block, .. }) => {
                    self.memory.pop_roots(1);
                    Word::Array(block)
                }
                Some(Open::Object { builder, .. }) => Word::Object(builder.end(self.memory, Ok(()))?),
            };
        }
    }

    /// Leaves all that is open, after a failure; the failure.
    fn abandon(&mut self, status: Status) -> Status {
        while let Some(open) = self.open.pop() {
            match open {
                Open::Array { .. } => self.memory.pop_roots(1),
                Open::Object { builder, key, .. } => {
                    self.memory.pop_roots(key.is_some().into());
                    let _ = builder.end(self.memory, Err(status));
                }
            }
        }
        status
    }
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

/// JSON text of a value, in one line: a stone of UTF-8. What is read is not trusted: text that would be longer than
/// values without sharing can be (eight times the memory) is refused.
/// `LimitExceeded`, also beyond 120 levels; `Malformed`, also for texts that are not UTF-8; `WrongType`; `NoMemory`.
pub fn json_from_bucket(window: &[u8], word: Word) -> Result<Blob, Status> {
    let mut printer = Printer {
        window,
        output: Output::default(),
        room: window.len().saturating_mul(8).saturating_add(64),
        open: Vec::new(),
    };
    printer.all(word)?;
    printer.output.into_stone()
}

struct Printer<'a> {
    window: &'a [u8],
    output: Output,
    /// How many more bytes may be written.
    room: usize,
    /// The containers around the place, innermost last.
    open: Vec<Printed<'a>>,
}

enum Printed<'a> {
    /// The elements that are left.
    Array(core::slice::Iter<'a, [u8; 8]>),
    /// A map and how far it is read.
    Object(Table<'a>, u32),
}

impl<'a> Printer<'a> {
    fn put(&mut self, part: &[u8]) -> Result<(), Status> {
        self.charge(part.len())?;
        self.output.put(part)
    }

    fn all(&mut self, word: Word) -> Result<(), Status> {
        let mut first = self.value(word)?;
        while let Some(open) = self.open.last_mut() {
            let (next, closing) = match open {
                Printed::Array(words) => (words.next().map(|word| (None, u64::from_le_bytes(*word))), b"]"),
                Printed::Object(table, cursor) => {
                    (table.next(cursor)?.map(|(key, word)| (Some(key), word)), b"}")
                }
            };
            let Some((key, word)) = next else {
                self.open.pop();
                self.put(closing)?;
                first = false;
                continue;
            };
            if !first {
                self.put(b",")?;
            }
            if let Some(key) = key {
                self.text(text_of(self.window, Value::from_bits(Tag::Text, key))?)?;
                self.put(b":")?;
            }
            first = self.value(Word::from_bits(word)?)?;
        }
        Ok(())
    }

    /// A value, or its opening; whether it is a container, which is open then.
    fn value(&mut self, word: Word) -> Result<bool, Status> {
        let (opening, open) = match word {
            Word::Null => return self.put(b"null").map(|()| false),
            Word::Logical(false) => return self.put(b"false").map(|()| false),
            Word::Logical(true) => return self.put(b"true").map(|()| false),
            Word::Number(value) => return self.number(value).map(|()| false),
            Word::Text(block) => return self.text(self.block(block, TEXT_HEADER, 1)?).map(|()| false),
            Word::Array(block) => {
                let words = self.block(block, ARRAY_HEADER, 8)?;
                (b"[", Printed::Array(words.as_chunks::<8>().0.iter()))
            }
            Word::Object(wrapper) => {
                (b"{", Printed::Object(Table::open(self.window, Kind::Map, wrapper)?, 0))
            }
        };
        if self.open.len() == MAX_DEPTH {
            return Err(Status::LimitExceeded);
        }
        self.open.try_push(open)?;
        self.put(opening)?;
        Ok(true)
    }

    /// Whole numbers without a fraction, as JavaScript writes them.
    fn number(&mut self, value: f64) -> Result<(), Status> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole =
            value.fract() == 0.0 && value.abs() <= EXACT && (value != 0.0 || value.is_sign_positive());
        let before = self.output.len();
        if whole {
            put_integer(&mut self.output, value as i64)?;
        } else {
            put_double(&mut self.output, value)?;
        }
        self.charge(self.output.len() - before)
    }

    /// So much was written.
    fn charge(&mut self, length: usize) -> Result<(), Status> {
        self.room = self.room.checked_sub(length).ok_or(Status::LimitExceeded)?;
        Ok(())
    }

    /// What follows the header of a block of so many items, whose number is its first word.
    fn block(&self, block: u32, header: usize, item: usize) -> Result<&'a [u8], Status> {
        let block = self.window.get(block as usize..).ok_or(Status::Malformed)?;
        let count = u32::from_le_bytes(*block.first_chunk().ok_or(Status::Malformed)?) as usize;
        let items = block.get(header..).and_then(|items| items.get(..count.checked_mul(item)?));
        items.ok_or(Status::Malformed)
    }

    fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        // A text is written whole before it is counted: six characters for one at most, and the quotes.
        if utf8.len().saturating_mul(6).saturating_add(2) > self.room {
            return Err(Status::LimitExceeded);
        }
        let before = self.output.len();
        put_text(&mut self.output, utf8).map_err(|status| match status {
            Status::OutOfRange => Status::Malformed,
            other => other,
        })?;
        self.charge(self.output.len() - before)
    }
}
