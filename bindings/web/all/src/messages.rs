//! Messages: to and from values, bytes, parts and texts.

use core::ptr::NonNull;

use drystone::wota::{self, Dialect};
use drystone::{Blob, Fault, Limits, Status};
use drystone_web_tape::encode;

use crate::{State, blob_from, number_from};

fn status_of(fault: Fault) -> Status {
    fault.status
}

/// The blobs of the first numbers in the list.
fn listed(state: &State, count: u32) -> Result<Vec<Blob>, Status> {
    let list = state.list.get(..count as usize).ok_or(Status::InvalidArgument)?;
    list.iter().map(|number| state.blob(*number).cloned()).collect()
}

/// A stone of the first bits of the input.
#[unsafe(no_mangle)]
pub extern "C" fn stone_new(bits: u32) -> i32 {
    blob_from(|state| {
        let mut stone = Blob::from_bytes(state.given(bits.div_ceil(8))?)?;
        if !bits.is_multiple_of(8) {
            stone = stone.copy_range(0, bits as usize)?;
        }
        stone.make_stone();
        Ok(stone)
    })
}

/// A placeholder for a stone of this many bits that is in JavaScript. It occurs in messages and parts only; nothing
/// reads it.
#[unsafe(no_mangle)]
pub extern "C" fn placeholder_new(bits: u32) -> i32 {
    number_from(|state| {
        // SAFETY: nothing reads its bytes. Writing a reference, and converting messages to and from parts, use the
        // length only. Functions that would read the bytes are called on messages whose stones were copied into the
        // core.
        let blob = unsafe { Blob::borrow_memory(NonNull::<u128>::dangling().cast(), bits as usize)? };
        let number = state.put(blob);
        state.set_placeholder(number as u32, true);
        Ok(number)
    })
}

/// Drops a blob.
#[unsafe(no_mangle)]
pub extern "C" fn blob_drop(number: u32) {
    let taken = crate::with(|state| state.take(number));
    drop(taken);
}

/// The address of its bytes.
#[unsafe(no_mangle)]
pub extern "C" fn blob_data(number: u32) -> *const u8 {
    crate::with(|state| state.blob(number).map_or(core::ptr::null(), |blob| blob.bytes().as_ptr()))
}

/// Its length in bits.
#[unsafe(no_mangle)]
pub extern "C" fn blob_bits(number: u32) -> u32 {
    crate::with(|state| state.blob(number).map_or(0, |blob| blob.length_bits() as u32))
}

/// A number that identifies the blob; all of its numbers have the same identity.
#[unsafe(no_mangle)]
pub extern "C" fn blob_identity(number: u32) -> u32 {
    crate::with(|state| state.blob(number).map_or(0, |blob| core::ptr::from_ref(&**blob).addr() as u32))
}

/// Encodes a message from a tape with this many items, bytes of text, and stones, whose numbers are in the list.
#[unsafe(no_mangle)]
pub extern "C" fn message_encode(items: u32, text: u32, stones: u32) -> i32 {
    blob_from(|state| {
        let stones = listed(state, stones)?;
        let tape = state.tape.get(..items as usize).ok_or(Status::InvalidArgument)?;
        let text = state.text.get(..text as usize).ok_or(Status::InvalidArgument)?;
        encode(&mut state.writer, tape, text, &stones)
    })
}

/// Decodes a message for `decoded_data` and `decoded_length`. Returns how many stones it refers to; their numbers are
/// in the list.
#[unsafe(no_mangle)]
pub extern "C" fn message_decode(number: u32) -> i32 {
    number_from(|state| {
        let message = state.blob(number)?.clone();
        let read = state.decoded.read(&message);
        let stones = core::mem::take(&mut state.decoded.stones);
        read?;
        Ok(list(state, stones))
    })
}

/// Puts numbers for the blobs into the list, and returns how many there are.
fn list(state: &mut State, blobs: impl IntoIterator<Item = Blob>) -> i32 {
    let numbers: Vec<u32> = blobs.into_iter().map(|blob| state.put(blob) as u32).collect();
    state.list.splice(..numbers.len().min(state.list.len()), numbers.iter().copied());
    numbers.len() as i32
}

/// The address of a part of the decoded message: 0 items, 1 text, 2 UTF-16 text, 3 lengths of keys, 4 the keys, 5 the
/// shapes, 6 bits.
#[unsafe(no_mangle)]
pub extern "C" fn decoded_data(part: u32) -> u32 {
    decoded(part).0
}

/// The length of that part, in items, bytes or numbers.
#[unsafe(no_mangle)]
pub extern "C" fn decoded_length(part: u32) -> u32 {
    decoded(part).1
}

fn decoded(part: u32) -> (u32, u32) {
    fn of<T>(items: &[T]) -> (u32, u32) {
        (items.as_ptr().addr() as u32, items.len() as u32)
    }
    crate::with(|state| {
        let decoded = &state.decoded;
        match part {
            0 => of(&decoded.tape),
            1 => (of(&decoded.text).0, decoded.text_length as u32),
            2 => of(&decoded.wide),
            3 => of(&decoded.keys),
            4 => of(&decoded.key_units),
            5 => of(&decoded.shapes),
            _ => of(&decoded.bits),
        }
    })
}

/// A message from the first bytes of the input.
#[unsafe(no_mangle)]
pub extern "C" fn message_from_bytes(count: u32) -> i32 {
    blob_from(|state| {
        wota::from_bytes(state.given(count)?, Dialect::Classic, &Limits::DEFAULT).map_err(status_of)
    })
}

/// The bytes of a message without placeholders.
#[unsafe(no_mangle)]
pub extern "C" fn message_to_bytes(number: u32) -> i32 {
    blob_from(|state| wota::to_bytes(state.blob(number)?))
}

/// Puts the numbers of a message's parts into the list, and returns how many there are. Stones of fewer than
/// `inline_below` bits are in the first part; these must not be placeholders.
#[unsafe(no_mangle)]
pub extern "C" fn message_to_parts(number: u32, inline_below: u32) -> i32 {
    number_from(|state| {
        let parts = wota::to_parts(state.blob(number)?, inline_below as usize)?;
        Ok(list(state, parts.all().iter().cloned()))
    })
}

/// The parts that are words of messages, according to the first part. Puts their numbers into the list, and returns how
/// many there are.
#[unsafe(no_mangle)]
pub extern "C" fn parts_of_words(first: u32) -> i32 {
    number_from(|state| {
        let parts = parts_with_words(state.blob(first)?)?;
        let count = parts.len().min(state.list.len());
        state.list.splice(..count, parts.iter().copied());
        Ok(parts.len() as i32)
    })
}

fn parts_with_words(first: &Blob) -> Result<Vec<u32>, Status> {
    let mut words = first.bytes().as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
    let mut word = || words.next().ok_or(Status::Truncated);
    let (_, count) = (word()?, word()?);
    let mut parts = Vec::new();
    for _ in 0..count {
        let (kind, _) = (word()?, word()?);
        if kind & 0xFF != 0 {
            let part = u32::try_from(kind >> 8).map_err(|_| Status::Malformed)?;
            if part != 0 {
                parts.push(part);
            }
            for _ in 0..word()? {
                word()?;
            }
        }
    }
    Ok(parts)
}

/// The message of this many parts, whose numbers are in the list. `WrongType` when a placeholder is in the place of words.
#[unsafe(no_mangle)]
pub extern "C" fn message_from_parts(count: u32) -> i32 {
    blob_from(|state| {
        let parts = listed(state, count)?;
        let words = parts_with_words(parts.first().ok_or(Status::Malformed)?)?;
        let replaced =
            |part: u32| state.list.get(part as usize).is_some_and(|number| state.is_placeholder(*number));
        if replaced(0) || words.iter().any(|part| replaced(*part)) {
            return Err(Status::WrongType);
        }
        wota::from_parts(&parts, &Limits::DEFAULT)
    })
}

/// The Nota of a message without placeholders.
#[unsafe(no_mangle)]
pub extern "C" fn nota_from_message(number: u32) -> i32 {
    blob_from(|state| drystone::convert::nota_from_message(state.blob(number)?))
}

/// A message from the first bytes of the input, in Nota.
#[unsafe(no_mangle)]
pub extern "C" fn nota_to_message(count: u32) -> i32 {
    blob_from(|state| {
        drystone::convert::nota_to_message(state.given(count)?, &Limits::DEFAULT).map_err(status_of)
    })
}
