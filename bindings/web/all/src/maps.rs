//! Maps and sets, in a heap or in a stone. Keys and values are fields of 64 bits. Texts are passed in the input, the
//! key's first, and returned as an address and a length.

use drystone::bucket::{self, Heap, Key, Memory, Table, TableKind, Tag, Value};
use drystone::{Blob, Status};

use crate::{State, blob_from, number_from, with};

/// Bits of `form`: 0 a set; then the tags of keys and values as letters.
#[derive(Clone, Copy)]
struct Form {
    kind: TableKind,
    key: Tag,
    value: Tag,
}

impl Form {
    fn of(form: u32) -> Result<Self, Status> {
        let kind = if form & 1 == 0 { TableKind::Map } else { TableKind::Set };
        let (key, value) = (Tag::from_letter((form >> 8) as u8)?, Tag::from_letter((form >> 16) as u8)?);
        Ok(Form { kind, key, value })
    }
}

fn heap(state: &mut State) -> Result<&mut Heap, Status> {
    if state.heap.is_none() {
        let limit = if state.heap_limit == 0 { LIMIT } else { state.heap_limit as usize };
        state.heap = Some(Heap::new(0, limit)?);
    }
    state.heap.as_mut().ok_or(Status::NoMemory)
}

/// The default limit of the heap, in bytes.
const LIMIT: usize = 1 << 30;

/// Sets the limit of the heap in bytes, before the heap exists.
#[unsafe(no_mangle)]
pub extern "C" fn heap_limit(bytes: u32) -> i32 {
    number_from(|state| {
        if state.heap.as_ref().is_some_and(|heap| heap.used() != 0) {
            return Err(Status::Busy);
        }
        state.heap = None;
        state.heap_limit = bytes;
        Ok(0)
    })
}

/// The bytes in use by maps.
#[unsafe(no_mangle)]
pub extern "C" fn heap_used() -> u32 {
    with(|state| state.heap.as_ref().map_or(0, Heap::used) as u32)
}

/// A new map or set.
#[unsafe(no_mangle)]
pub extern "C" fn map_new(form: u32) -> i32 {
    number_from(|state| {
        let form = Form::of(form)?;
        let heap = heap(state)?;
        let made = match form.kind {
            TableKind::Map => bucket::map::new(heap),
            TableKind::Set => bucket::set::new(heap),
        };
        made.map(|wrapper| wrapper as i32)
    })
}

/// Another version with the same entries.
#[unsafe(no_mangle)]
pub extern "C" fn map_share(map: u32) -> i32 {
    number_from(|state| bucket::share(heap(state)?, map).map(|wrapper| wrapper as i32))
}

/// Releases a version.
#[unsafe(no_mangle)]
pub extern "C" fn map_release(map: u32) -> i32 {
    number_from(|state| heap(state)?.release(map).map(|()| 0))
}

/// Sets a key's value, or adds an element. Returns the map's number, which may change.
#[unsafe(no_mangle)]
pub extern "C" fn map_set(form: u32, map: u32, key_length: u32, value_length: u32) -> i32 {
    number_from(|state| {
        let form = Form::of(form)?;
        heap(state)?;
        let (fields, input) = (state.fields, &state.input);
        let heap = state.heap.as_mut().ok_or(Status::NoMemory)?;
        let (key_end, end) = (key_length as usize, (key_length + value_length) as usize);
        let key_text = input.get(..key_end).ok_or(Status::InvalidArgument)?;
        let value_text = input.get(key_end..end).ok_or(Status::InvalidArgument)?;
        let key = held(heap, form.key, fields[0], key_text)?;
        let value = match form.kind {
            TableKind::Set => Ok(Value::Bits(0)),
            TableKind::Map => held(heap, form.value, fields[1], value_text),
        };
        let mut map = map;
        let done = value.and_then(|value| {
            let done = match form.kind {
                TableKind::Map => bucket::map::set(heap, &mut map, key, value),
                TableKind::Set => bucket::set::put(heap, &mut map, key),
            };
            release(heap, value);
            done
        });
        release(heap, key);
        done.map(|()| map as i32)
    })
}

/// A value; a text is copied to the heap and held.
fn held(heap: &mut Heap, tag: Tag, field: u64, text: &[u8]) -> Result<Value, Status> {
    if tag == Tag::Text { heap.string(text) } else { Ok(Value::from_bits(tag, field)) }
}

fn release(heap: &mut Heap, value: Value) {
    if matches!(value, Value::Text { .. }) {
        // It was held a moment ago.
        let _ = heap.release_string(value);
    }
}

/// Removes a key. Returns the map's number; `NotFound`.
#[unsafe(no_mangle)]
pub extern "C" fn map_delete(form: u32, map: u32, key_length: u32) -> i32 {
    number_from(|state| {
        let form = Form::of(form)?;
        heap(state)?;
        let (fields, input) = (state.fields, &state.input);
        let heap = state.heap.as_mut().ok_or(Status::NoMemory)?;
        let key = key(form, fields[0], input.get(..key_length as usize).ok_or(Status::InvalidArgument)?);
        let mut map = map;
        match form.kind {
            TableKind::Map => bucket::map::delete(heap, &mut map, key)?,
            TableKind::Set => bucket::set::delete(heap, &mut map, key)?,
        }
        Ok(map as i32)
    })
}

fn key(form: Form, field: u64, text: &[u8]) -> Key<'_> {
    if form.key == Tag::Text { Key::Text(text) } else { Key::Value(Value::from_bits(form.key, field)) }
}

/// Removes all entries. Returns the map's number.
#[unsafe(no_mangle)]
pub extern "C" fn map_clear(form: u32, map: u32) -> i32 {
    number_from(|state| {
        let (form, mut map) = (Form::of(form)?, map);
        match form.kind {
            TableKind::Map => bucket::map::clear(heap(state)?, &mut map)?,
            TableKind::Set => bucket::set::clear(heap(state)?, &mut map)?,
        }
        Ok(map as i32)
    })
}

/// The memory of a map: the heap, or the stone of this number.
fn window(state: &State, stone: i32) -> Result<&[u8], Status> {
    match u32::try_from(stone) {
        Ok(number) => Ok(state.blob(number)?.bytes()),
        Err(_) => Ok(state.heap.as_ref().map_or(&[], |heap| heap.bytes())),
    }
}

/// How many entries it has.
#[unsafe(no_mangle)]
pub extern "C" fn map_size(form: u32, stone: i32, map: u32) -> i32 {
    number_from(|state| {
        let size = Table::open(window(state, stone)?, Form::of(form)?.kind, map)?.size()?;
        Ok(size as i32)
    })
}

/// Puts the value of a key into the second field; `NotFound`.
#[unsafe(no_mangle)]
pub extern "C" fn map_get(form: u32, stone: i32, map: u32, key_length: u32) -> i32 {
    number_from(|state| {
        let form = Form::of(form)?;
        let window = window(state, stone)?;
        let text = state.input.get(..key_length as usize).ok_or(Status::InvalidArgument)?;
        let found = Table::open(window, form.kind, map)?.field(&key(form, state.fields[0], text))?;
        let found = if form.kind == TableKind::Map { outgoing(window, form.value, found)? } else { (0, 0) };
        (state.fields[1], state.fields[3]) = found;
        Ok(0)
    })
}

/// A field, or the address and length of its text.
fn outgoing(window: &[u8], tag: Tag, field: u64) -> Result<(u64, u64), Status> {
    if tag != Tag::Text {
        return Ok((field, 0));
    }
    let text = bucket::text_of(window, Value::from_bits(tag, field))?;
    Ok((text.as_ptr().addr() as u64, text.len() as u64))
}

/// Begins a walk through a map of the heap, which may change meanwhile. Returns the walk's number.
#[unsafe(no_mangle)]
pub extern "C" fn map_walk(map: u32) -> i32 {
    number_from(|state| heap(state)?.walk_begin(map).map(|walk| walk as i32))
}

/// Ends a walk.
#[unsafe(no_mangle)]
pub extern "C" fn map_walk_end(walk: u32) -> i32 {
    number_from(|state| heap(state)?.walk_end(walk).map(|()| 0))
}

/// Puts the next entry of a walk into the first two fields, and the lengths of texts into the others; `End`.
#[unsafe(no_mangle)]
pub extern "C" fn map_walk_next(form: u32, walk: u32) -> i32 {
    number_from(|state| {
        let form = Form::of(form)?;
        let entry = heap(state)?.walk_next(walk)?.ok_or(Status::End)?;
        give(state, form, -1, entry)
    })
}

/// Reads the entry of a stone's map at a cursor. Returns the next cursor; `End`.
#[unsafe(no_mangle)]
pub extern "C" fn map_next(form: u32, stone: i32, map: u32, cursor: u32) -> i32 {
    number_from(|state| {
        let (form, mut cursor) = (Form::of(form)?, cursor);
        let found = Table::open(window(state, stone)?, form.kind, map)?.next(&mut cursor)?;
        give(state, form, stone, found.ok_or(Status::End)?)?;
        Ok(cursor as i32)
    })
}

fn give(state: &mut State, form: Form, stone: i32, (key, value): (u64, u64)) -> Result<i32, Status> {
    let window = window(state, stone)?;
    let key = outgoing(window, form.key, key)?;
    let value = if form.kind == TableKind::Map { outgoing(window, form.value, value)? } else { (0, 0) };
    state.fields = [key.0, value.0, key.1, value.1];
    Ok(0)
}

/// A stone of the map or set.
#[unsafe(no_mangle)]
pub extern "C" fn map_freeze(form: u32, map: u32) -> i32 {
    blob_from(|state| {
        let form = Form::of(form)?;
        let heap = heap(state)?;
        let seed = heap.seed();
        let size = bucket::freeze_size(heap.bytes(), form.kind, map, form.key, form.value)?;
        let mut stone = Blob::zeroed(size.checked_mul(8).ok_or(Status::LimitExceeded)?)?;
        bucket::freeze(heap.bytes(), form.kind, map, form.key, form.value, seed, stone.bytes_mut()?)?;
        stone.make_stone();
        Ok(stone)
    })
}

/// The form of the map in a stone; its offset goes into the first field.
#[unsafe(no_mangle)]
pub extern "C" fn map_frozen(stone: u32) -> i32 {
    number_from(|state| {
        let found = bucket::frozen(state.blob(stone)?.bytes())?;
        state.fields[0] = found.wrapper.into();
        let letter = |tag: Tag| match tag {
            Tag::Int => b'i',
            Tag::Float => b'f',
            Tag::Text => b's',
            Tag::Bits => b'b',
        };
        let kind = i32::from(found.kind == TableKind::Set);
        Ok(kind | i32::from(letter(found.key)) << 8 | i32::from(letter(found.value)) << 16)
    })
}
