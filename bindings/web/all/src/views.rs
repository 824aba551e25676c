//! Values of messages, read in place. A value is returned as an item of a tape in the first field. The second field has the
//! position of a container, or the part of a value that does not fit into an item.

use drystone::wota::{self, Dialect, Reader, Symbol};
use drystone::{Blob, Status};
use drystone_web_tape::{Kind, append_units};

use crate::{State, blob_from, number_from};

/// A message with the same value that refers to no other message: mostly itself.
#[unsafe(no_mangle)]
pub extern "C" fn view_message(message: u32) -> i32 {
    blob_from(|state| {
        let message = state.blob(message)?;
        if wota::refers(message) {
            drystone::convert::transcode(message, Dialect::Classic, false)
        } else {
            Ok(message.clone())
        }
    })
}

/// The value at a position.
#[unsafe(no_mangle)]
pub extern "C" fn view_value(message: u32, offset: u32) -> i32 {
    number_from(|state| {
        let message = state.blob(message)?.clone();
        put(state, Reader::starting_at(&message, offset as usize)?)
    })
}

/// The value of a key of the record at a position. The key is this many bytes of UTF-8 in the input. `NotFound`.
#[unsafe(no_mangle)]
pub extern "C" fn view_field(message: u32, offset: u32, length: u32) -> i32 {
    number_from(|state| {
        let message = state.blob(message)?.clone();
        let mut reader = Reader::starting_at(&message, offset as usize)?;
        reader.find(state.given(length)?)?;
        put(state, reader)
    })
}

/// Puts the positions of the values of an array, or of the keys and values of a record in turn, into the list. Returns
/// how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn view_children(message: u32, offset: u32) -> i32 {
    number_from(|state| {
        let message = state.blob(message)?.clone();
        let mut reader = Reader::starting_at(&message, offset as usize)?;
        let count = match reader.kind()? {
            wota::Kind::Record => reader.record()?.saturating_mul(2),
            _ => reader.array()?,
        };
        state.list.clear();
        for _ in 0..count {
            state.list.push(reader.offset() as u32);
            reader.skip()?;
        }
        Ok(state.list.len() as i32)
    })
}

fn put(state: &mut State, mut found: Reader<'_>) -> Result<i32, Status> {
    let mut more = 0;
    let offset = found.offset() as u64;
    let item = match found.kind()? {
        wota::Kind::Integer => {
            let integer = found.integer()?;
            more = integer as u64;
            match i32::try_from(integer) {
                Ok(small) => Kind::Integer.item(small as u32),
                Err(_) => Kind::Wide.item(0),
            }
        }
        wota::Kind::Float => {
            let number = found.number()?;
            if number.is_nan() { Kind::NotNumber.item(0) } else { number.to_bits() }
        }
        wota::Kind::Text => {
            let mut text = vec![0; found.text_length()?];
            found.text(&mut text)?;
            if text.is_ascii() {
                state.input = text;
                more = state.input.as_ptr().addr() as u64;
                Kind::Text.item(state.input.len() as u32)
            } else {
                state.decoded.wide.clear();
                append_units(&text, &mut state.decoded.wide);
                more = state.decoded.wide.as_ptr().addr() as u64;
                Kind::WideText.item(state.decoded.wide.len() as u32)
            }
        }
        wota::Kind::Array => {
            more = offset;
            Kind::Array.item(u32::try_from(found.array()?).map_err(|_| Status::LimitExceeded)?)
        }
        wota::Kind::Record => {
            more = offset;
            Kind::Record.item(u32::try_from(found.record()?).map_err(|_| Status::LimitExceeded)?)
        }
        wota::Kind::Symbol => match found.symbol()? {
            Symbol::Null => Kind::Null.item(0),
            Symbol::False => Kind::False.item(0),
            Symbol::True => Kind::True.item(0),
            Symbol::Private | Symbol::System => return Err(Status::Unsupported),
        },
        kind @ (wota::Kind::Blob | wota::Kind::Stone) => {
            let blob: Blob = found.blob()?;
            more = state.put(blob) as u64;
            if kind == wota::Kind::Blob { Kind::Bits } else { Kind::Stone }.item(0)
        }
        wota::Kind::Value => return Err(Status::Malformed),
    };
    state.fields[0] = item;
    state.fields[1] = more;
    Ok(0)
}
