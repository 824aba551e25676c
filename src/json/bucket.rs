//! JSON text as nested bucket maps in a memory, and back. Each JSON value is one field of 64 bits, a [`JsonWord`]:
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
//! The upper halves are those of NaNs, which JSON does not have. The lower halves are plain offsets, so that a
//! conservative collector finds their targets.

use allocator_api2::vec::Vec as ArenaVec;

use super::MAX_DEPTH;
use super::put::{put_double, put_integer, put_text};
use super::tape::{self, Step};
use crate::allocation::Grow;
use crate::arena::Arena;
use crate::blob::Blob;
use crate::bucket::{
    Builder, Effort, EntryWalk, Memory, Table, TableKind, Tag, Value, allocate_zeroed, building, look,
    string_new, text_of,
};
use crate::convert::output::Output;
use crate::status::Status;
use crate::value::Fault;

const BOXED: u32 = 0xFFFC_0000;
const NULL: u32 = BOXED;
const LOGICAL: u32 = BOXED | 1;
const TEXT: u32 = BOXED | 2;
const ARRAY: u32 = BOXED | 3;
const OBJECT: u32 = BOXED | 4;
/// The length, and in an array a word of 0.
const ARRAY_HEADER: usize = 8;
const TEXT_HEADER: usize = 4;
/// The bytes of an object that are read in addition to its slots: the wrapper, and the bucket's header and trailer.
const OBJECT_HEADERS: usize = 32;

/// The meaning of a word.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JsonWord {
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

impl JsonWord {
    /// The 64 bits.
    pub fn to_bits(self) -> u64 {
        let boxed = |kind: u32, low: u32| u64::from(kind) << 32 | u64::from(low);
        match self {
            JsonWord::Null => boxed(NULL, 0),
            JsonWord::Logical(value) => boxed(LOGICAL, value.into()),
            JsonWord::Number(value) => value.to_bits(),
            JsonWord::Text(block) => boxed(TEXT, block),
            JsonWord::Array(block) => boxed(ARRAY, block),
            JsonWord::Object(wrapper) => boxed(OBJECT, wrapper),
        }
    }

    /// The meaning of 64 bits. `Malformed` for infinities and for NaNs that are not in the table above.
    pub fn from_bits(bits: u64) -> Result<Self, Status> {
        let low = bits as u32;
        match (bits >> 32) as u32 {
            NULL if low == 0 => Ok(JsonWord::Null),
            LOGICAL if low < 2 => Ok(JsonWord::Logical(low == 1)),
            TEXT => Ok(JsonWord::Text(low)),
            ARRAY => Ok(JsonWord::Array(low)),
            OBJECT => Ok(JsonWord::Object(low)),
            _ => Some(f64::from_bits(bits))
                .filter(|value| value.is_finite())
                .map(JsonWord::Number)
                .ok_or(Status::Malformed),
        }
    }

    /// The offset of its block, 0 for none.
    fn block(self) -> u32 {
        match self {
            JsonWord::Text(block) | JsonWord::Array(block) | JsonWord::Object(block) => block,
            JsonWord::Null | JsonWord::Logical(_) | JsonWord::Number(_) => 0,
        }
    }
}

/// Builds the value of JSON text in UTF-8 in the memory. Every container is sized once and written once. Of equal
/// keys, the first position and the last value count. The fault's offset is in bytes; failures while building are at
/// the end of the text. `Truncated`; `Malformed`; `LimitExceeded` beyond 120 levels; `NoMemory`. After a failure,
/// everything built so far is freed in memories that free blocks; in others it is left to the collector.
pub fn bucket_from_json(memory: &mut impl Memory, text: &[u8]) -> Result<JsonWord, Fault> {
    let at_end = |status| Fault { status, offset: text.len() };
    let arena = Arena::new(Default::default()).map_err(at_end)?;
    let steps = tape::record(text, &arena)?;
    let mut open = ArenaVec::new_in(&arena);
    open.try_reserve_exact(MAX_DEPTH).map_err(|_| at_end(Status::NoMemory))?;
    building(memory, |memory| {
        let mut building = BucketBuilder { memory, steps: steps.iter(), open };
        building.all().map_err(|status| building.abandon(status))
    })
    .map_err(at_end)
}

/// A container is made before its contents, and roots them: at most three roots per level.
struct BucketBuilder<'a, M> {
    memory: &'a mut M,
    steps: core::slice::Iter<'a, Step<'a>>,
    /// The open containers, innermost last.
    open: ArenaVec<Unfinished, &'a Arena>,
}

enum Unfinished {
    /// A rooted block, with room from `at` on for the remaining elements.
    Array { block: u32, at: usize, left: usize },
    /// A map, and the rooted key of the next value.
    Object { builder: Builder, key: Option<Value>, left: usize },
}

impl<M: Memory> BucketBuilder<'_, M> {
    fn all(&mut self) -> Result<JsonWord, Status> {
        loop {
            if let Some(word) = self.value()?
                && let Some(all) = self.put(word)?
            {
                return Ok(all);
            }
        }
    }

    /// The value of the next step; `None` when it opens a container.
    fn value(&mut self) -> Result<Option<JsonWord>, Status> {
        let word = match *self.steps.next().ok_or(Status::Malformed)? {
            Step::Null => JsonWord::Null,
            Step::Logical(value) => JsonWord::Logical(value),
            Step::Number(value) => JsonWord::Number(value),
            Step::Text(text) => JsonWord::Text(text_block(self.memory, text)?),
            Step::Array(count) => {
                let length = u32::try_from(count).map_err(|_| Status::LimitExceeded)?;
                let block = allocate_zeroed(self.memory, ARRAY_HEADER + 8 * count)?;
                write(self.memory, block as usize, &length.to_le_bytes())?;
                if count > 0 {
                    self.memory.push_root(block);
                    let at = block as usize + ARRAY_HEADER;
                    self.open.push_in_room(Unfinished::Array { block, at, left: count });
                    return Ok(None);
                }
                JsonWord::Array(block)
            }
            Step::Object(count) => {
                let length = u32::try_from(count).map_err(|_| Status::LimitExceeded)?;
                let builder = Builder::new(self.memory, TableKind::Map, length, Tag::Text)?;
                if count > 0 {
                    self.open.push_in_room(Unfinished::Object { builder, key: None, left: count });
                    self.key()?;
                    return Ok(None);
                }
                JsonWord::Object(builder.end(self.memory, Ok(()))?)
            }
        };
        Ok(Some(word))
    }

    /// Reads the next step as the innermost object's next key.
    fn key(&mut self) -> Result<(), Status> {
        if let (Some(Unfinished::Object { key, .. }), Some(Step::Text(name))) =
            (self.open.last_mut(), self.steps.next())
        {
            let name = string_new(self.memory, name)?;
            self.memory.push_root(if let Value::Text { pointer, .. } = name { pointer } else { 0 });
            *key = Some(name);
        }
        Ok(())
    }

    /// Puts a value into the innermost container and closes the containers that are full. Returns the outermost value
    /// when it is complete.
    fn put(&mut self, mut word: JsonWord) -> Result<Option<JsonWord>, Status> {
        loop {
            let Some(open) = self.open.last_mut() else { return Ok(Some(word)) };
            let full = match open {
                Unfinished::Array { at, left, .. } => {
                    write(self.memory, *at, &word.to_bits().to_le_bytes())?;
                    (*at, *left) = (*at + 8, *left - 1);
                    *left == 0
                }
                Unfinished::Object { builder, key, left } => {
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
                Some(Unfinished::Array { block, .. }) => {
                    self.memory.pop_roots(1);
                    JsonWord::Array(block)
                }
                Some(Unfinished::Object { builder, .. }) => {
                    JsonWord::Object(builder.end(self.memory, Ok(()))?)
                }
            };
        }
    }

    /// Leaves all open containers after a failure. Returns the failure.
    fn abandon(&mut self, status: Status) -> Status {
        while let Some(open) = self.open.pop() {
            match open {
                Unfinished::Array { .. } => self.memory.pop_roots(1),
                Unfinished::Object { builder, key, .. } => {
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

/// JSON text of a value on one line: a stone of UTF-8. The value is untrusted: text longer than any value without
/// sharing can have (eight times the memory) is refused. `LimitExceeded`, also beyond 120 levels, and when shared
/// values make the call read more than sixteen times the memory; `Malformed`, also for texts that are not UTF-8;
/// `WrongType`; `NoMemory`.
pub fn json_from_bucket(window: &[u8], word: JsonWord) -> Result<Blob, Status> {
    print(window, word, window.len().saturating_mul(8).saturating_add(64), window.len())
}

/// The same for text of at most `limit` bytes, whatever the memory's length. It reads no more than sixteen times the
/// larger of the two.
pub fn json_from_bucket_within(window: &[u8], word: JsonWord, max_bytes: usize) -> Result<Blob, Status> {
    print(window, word, max_bytes, window.len().max(max_bytes))
}

fn print(window: &[u8], word: JsonWord, max_bytes: usize, allowed: usize) -> Result<Blob, Status> {
    let (output, effort) = (Output::within(max_bytes), Effort::of(allowed));
    let mut printer = Printer { window, output, effort, open: Vec::new() };
    printer.all(word)?;
    printer.output.into_stone()
}

struct Printer<'a> {
    window: &'a [u8],
    output: Output,
    /// The bytes that may still be read, including empty slots.
    effort: Effort,
    /// The open containers, innermost last.
    open: Vec<Printed<'a>>,
}

enum Printed<'a> {
    /// The remaining elements.
    Array(core::slice::Iter<'a, [u8; 8]>),
    /// The remaining entries.
    Object(EntryWalk<'a>),
}

impl<'a> Printer<'a> {
    fn all(&mut self, word: JsonWord) -> Result<(), Status> {
        let mut first = self.value(word)?;
        while let Some(open) = self.open.last_mut() {
            let (next, closing) = match open {
                Printed::Array(words) => (words.next().map(|word| (None, u64::from_le_bytes(*word))), b"]"),
                Printed::Object(entries) => (entries.next().map(|(key, word)| (Some(key), word)), b"}"),
            };
            let Some((key, word)) = next else {
                self.open.pop();
                self.output.put(closing)?;
                first = false;
                continue;
            };
            if !first {
                self.output.put(b",")?;
            }
            if let Some(key) = key {
                self.key(key)?;
                self.output.put(b":")?;
            }
            first = self.value(JsonWord::from_bits(word)?)?;
        }
        Ok(())
    }

    /// Writes a value, or opens a container; returns whether it opened one.
    fn value(&mut self, word: JsonWord) -> Result<bool, Status> {
        let (opening, open) = match word {
            JsonWord::Null => return self.output.put(b"null").map(|()| false),
            JsonWord::Logical(false) => return self.output.put(b"false").map(|()| false),
            JsonWord::Logical(true) => return self.output.put(b"true").map(|()| false),
            JsonWord::Number(value) => return self.number(value).map(|()| false),
            JsonWord::Text(block) => {
                let utf8 = self.block(block, TEXT_HEADER, 1)?;
                return self.text(utf8).map(|()| false);
            }
            JsonWord::Array(block) => {
                let words = self.block(block, ARRAY_HEADER, 8)?;
                (b"[", Printed::Array(words.as_chunks::<8>().0.iter()))
            }
            JsonWord::Object(wrapper) => {
                let table = Table::open(self.window, TableKind::Map, wrapper)?;
                self.effort.spend(OBJECT_HEADERS + table.walk_bytes())?;
                (b"{", Printed::Object(table.walk()))
            }
        };
        if self.open.len() == MAX_DEPTH {
            return Err(Status::LimitExceeded);
        }
        self.open.try_push(open)?;
        self.output.put(opening)?;
        Ok(true)
    }

    /// A number; whole numbers have no fraction, as in JavaScript.
    fn number(&mut self, value: f64) -> Result<(), Status> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let whole =
            value.fract() == 0.0 && value.abs() <= EXACT && (value != 0.0 || value.is_sign_positive());
        if whole { put_integer(&mut self.output, value as i64) } else { put_double(&mut self.output, value) }
    }

    /// The bytes after the header of a block of items of this size; their count is the block's first word.
    fn block(&mut self, block: u32, header: usize, item: usize) -> Result<&'a [u8], Status> {
        let block = self.window.get(block as usize..).ok_or(Status::Malformed)?;
        let count = u32::from_le_bytes(*block.first_chunk().ok_or(Status::Malformed)?) as usize;
        let items = block.get(header..).and_then(|items| items.get(..count.checked_mul(item)?));
        let items = items.ok_or(Status::Malformed)?;
        self.effort.spend(header + items.len())?;
        look(header + items.len());
        Ok(items)
    }

    fn key(&mut self, key: u64) -> Result<(), Status> {
        let utf8 = text_of(self.window, Value::from_bits(Tag::Text, key))?;
        self.effort.spend(utf8.len())?;
        look(utf8.len());
        self.text(utf8)
    }

    fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
        put_text(&mut self.output, utf8).map_err(|status| match status {
            Status::OutOfRange => Status::Malformed,
            other => other,
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::bucket::{Heap, Key, looked::during, map};

    /// An array with the same word many times.
    fn many(heap: &mut Heap, word: JsonWord, times: usize) -> JsonWord {
        let block = allocate_zeroed(heap, ARRAY_HEADER + 8 * times).unwrap();
        write(heap, block as usize, &(times as u32).to_le_bytes()).unwrap();
        for number in 0..times {
            write(heap, block as usize + ARRAY_HEADER + 8 * number, &word.to_bits().to_le_bytes()).unwrap();
        }
        JsonWord::Array(block)
    }

    fn check_refused(heap: &Heap, word: JsonWord) {
        let length = heap.bytes().len();
        let (printed, looked) = during(|| json_from_bucket(heap.bytes(), word));
        assert_eq!(printed.err(), Some(Status::LimitExceeded));
        assert!(looked <= 24 * length, "{looked} of {length}");
    }

    #[test]
    fn slots_that_are_empty_count() {
        let mut heap = Heap::new(0, 0).unwrap();
        let emptied = map::new(&mut heap).unwrap();
        for key in 0..200 {
            map::insert_in_place(&mut heap, emptied, Value::Int(key), Value::Int(0)).unwrap();
        }
        for key in 0..200 {
            map::remove_in_place(&mut heap, emptied, Key::Value(Value::Int(key))).unwrap();
        }
        let times = many(&mut heap, JsonWord::Object(emptied), 4096);
        check_refused(&heap, times);
        // A larger text may read more.
        let (printed, _) = during(|| json_from_bucket_within(heap.bytes(), times, 1 << 22));
        assert_eq!(printed.unwrap().bytes().len(), 3 * 4096 + 1);
    }

    /// A plain bucket whose only entry comes after all empty slots.
    #[test]
    fn slots_of_somebody_elses_bucket_count_too() {
        let mut heap = Heap::new(0, 0).unwrap();
        let bucket = allocate_zeroed(&mut heap, 8 + 20 * 8192).unwrap();
        write(&mut heap, bucket as usize, &8192_u32.to_le_bytes()).unwrap();
        let object = map::new(&mut heap).unwrap();
        write(&mut heap, object as usize + 4, &[0; 4]).unwrap();
        write(&mut heap, object as usize + 8, &bucket.to_le_bytes()).unwrap();
        let times = many(&mut heap, JsonWord::Object(object), 5000);
        check_refused(&heap, times);
        for count in [1, 2, 4096] {
            write(&mut heap, bucket as usize + 4, &u32::to_le_bytes(count)).unwrap();
            check_refused(&heap, times);
        }
    }

    #[test]
    fn texts_that_are_there_many_times_count() {
        let mut heap = Heap::new(0, 0).unwrap();
        let text = text_block(&mut heap, &[b'x'; 10_000]).unwrap();
        let times = many(&mut heap, JsonWord::Text(text), 1000);
        check_refused(&heap, times);
        assert!(json_from_bucket_within(heap.bytes(), times, 1 << 27).is_ok());
        let whole = 1000 * 10_003 + 1;
        assert!(json_from_bucket_within(heap.bytes(), times, whole).is_ok());
        let refused = json_from_bucket_within(heap.bytes(), times, whole - 1).err();
        assert_eq!(refused, Some(Status::LimitExceeded));
    }

    #[test]
    fn empty_objects_have_no_bucket() {
        let mut heap = Heap::new(0, 0).unwrap();
        let text = format!("[{}{{}}]", "{},".repeat(9999));
        let word = bucket_from_json(&mut heap, text.as_bytes()).unwrap();
        assert!(heap.used() < 10_000 * 40, "{}", heap.used());
        assert_eq!(json_from_bucket(heap.bytes(), word).unwrap().bytes(), text.as_bytes());
    }
}
