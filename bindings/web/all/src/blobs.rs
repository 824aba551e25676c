//! Blobs that are written to, and the fields of stones.

use drystone::number::dec64::Dec64;
use drystone::{Blob, Status};

use crate::{State, blob_from, number_from, with};

/// An antestone of this many bits, all the same.
#[unsafe(no_mangle)]
pub extern "C" fn antestone_new(bits: u32, bit: u32) -> i32 {
    blob_from(|_| Blob::filled(bits as usize, bit != 0))
}

/// An antestone with a copy of the first bits of the input.
#[unsafe(no_mangle)]
pub extern "C" fn antestone_of(bits: u32) -> i32 {
    blob_from(|state| {
        let blob = Blob::from_bytes(state.given(bits.div_ceil(8))?)?;
        if bits.is_multiple_of(8) { Ok(blob) } else { blob.copy_range(0, bits as usize) }
    })
}

/// Makes it stone.
#[unsafe(no_mangle)]
pub extern "C" fn blob_make_stone(number: u32) {
    with(|state| {
        if let Ok(blob) = state.blob_mut(number) {
            blob.make_stone();
        }
    });
}

fn append(number: u32, write: impl FnOnce(&mut Blob) -> Result<(), Status>) -> i32 {
    number_from(|state| write(state.blob_mut(number)?).map(|()| 0))
}

/// Appends the first bits of the input.
#[unsafe(no_mangle)]
pub extern "C" fn blob_write_bits(number: u32, bits: u32) -> i32 {
    number_from(|state| {
        let input = core::mem::take(&mut state.input);
        let written = state.blob_mut(number).and_then(|blob| blob.alone().append_bits(&input, bits as usize));
        state.input = input;
        written.map(|()| 0)
    })
}

/// Appends a bit.
#[unsafe(no_mangle)]
pub extern "C" fn blob_write_bit(number: u32, bit: u32) -> i32 {
    append(number, |blob| blob.alone().append_bit(bit != 0))
}

/// Appends a number of this many bits.
#[unsafe(no_mangle)]
pub extern "C" fn blob_write_fit(number: u32, value: i64, bits: u32) -> i32 {
    append(number, |blob| blob.alone().append_fit(value, bits))
}

/// Appends a Kim number.
#[unsafe(no_mangle)]
pub extern "C" fn blob_write_kim(number: u32, value: i64) -> i32 {
    append(number, |blob| blob.alone().append_kim(value))
}

/// Appends a DEC64 number.
#[unsafe(no_mangle)]
pub extern "C" fn blob_write_dec64(number: u32, word: i64) -> i32 {
    append(number, |blob| blob.alone().append_dec64(word))
}

/// Appends a text: this many bytes of UTF-8 in the input.
#[unsafe(no_mangle)]
pub extern "C" fn blob_write_text(number: u32, length: u32) -> i32 {
    number_from(|state| {
        let input = core::mem::take(&mut state.input);
        let text = input.get(..length as usize).ok_or(Status::InvalidArgument);
        let written = text.and_then(|text| state.blob_mut(number)?.alone().append_text(text));
        state.input = input;
        written.map(|()| 0)
    })
}

/// Appends a 1, then 0 until the length is a multiple of the block.
#[unsafe(no_mangle)]
pub extern "C" fn blob_write_pad(number: u32, block: u32) -> i32 {
    append(number, |blob| blob.alone().append_pad(block as usize))
}

/// A copy of its bits.
#[unsafe(no_mangle)]
pub extern "C" fn blob_copy(number: u32, from: u32, to: u32) -> i32 {
    blob_from(|state| state.blob(number)?.copy_range(from as usize, to as usize))
}

/// Whether both have the same bits.
#[unsafe(no_mangle)]
pub extern "C" fn blob_same(one: u32, other: u32) -> i32 {
    number_from(|state| Ok(i32::from(state.blob(one)?.same_bits(state.blob(other)?))))
}

/// Reads a field of a stone: its value into the first of the 64-bit fields, its size in bits into the second.
fn read(number: u32, read: impl FnOnce(&Blob) -> Result<(i64, usize), Status>) -> i32 {
    number_from(|state: &mut State| {
        let (value, bits) = read(state.blob(number)?)?;
        state.fields[0] = value as u64;
        state.fields[1] = bits as u64;
        Ok(0)
    })
}

/// A bit.
#[unsafe(no_mangle)]
pub extern "C" fn blob_read_bit(number: u32, from: u32) -> i32 {
    read(number, |blob| Ok((blob.read_bit(from as usize)?.into(), 1)))
}

/// A number of this many bits.
#[unsafe(no_mangle)]
pub extern "C" fn blob_read_fit(number: u32, from: u32, bits: u32) -> i32 {
    read(number, |blob| Ok((blob.read_fit(from as usize, bits)?, bits as usize)))
}

/// A Kim number.
#[unsafe(no_mangle)]
pub extern "C" fn blob_read_kim(number: u32, from: u32) -> i32 {
    read(number, |blob| blob.read_kim(from as usize))
}

/// A DEC64 number.
#[unsafe(no_mangle)]
pub extern "C" fn blob_read_dec64(number: u32, from: u32) -> i32 {
    read(number, |blob| Ok((blob.read_dec64(from as usize)?, 64)))
}

/// A text: its UTF-8 goes into the input, its length into the first field.
#[unsafe(no_mangle)]
pub extern "C" fn blob_read_text(number: u32, from: u32) -> i32 {
    number_from(|state| {
        let found = state.blob(number)?.text_at(from as usize)?;
        let mut buffer = vec![0; found.length];
        state.blob(number)?.read_text(from as usize, &mut buffer)?;
        state.fields[0] = found.length as u64;
        state.fields[1] = found.bits_read as u64;
        state.input = buffer;
        Ok(0)
    })
}

/// Whether the padding of a block begins there.
#[unsafe(no_mangle)]
pub extern "C" fn blob_is_pad(number: u32, from: u32, block: u32) -> i32 {
    number_from(|state| state.blob(number)?.is_pad(from as usize, block as usize).map(i32::from))
}

/// The DEC64 number that is exactly the double, or the nearest.
#[unsafe(no_mangle)]
pub extern "C" fn dec64_from_double(value: f64) -> i64 {
    Dec64::from_double(value).0
}

/// The double nearest to a DEC64 number.
#[unsafe(no_mangle)]
pub extern "C" fn dec64_to_double(word: i64) -> f64 {
    Dec64(word).to_double()
}
