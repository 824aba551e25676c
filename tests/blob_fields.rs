//! Bit fields written and read at every position, compared with a plain list of bits.

mod common;

use common::{bits_of, bytes_of};
use std::ptr::NonNull;

use drystone::{Blob, Status};
use proptest::collection::vec;
use proptest::prelude::*;

/// One value to write.
#[derive(Clone, Debug)]
enum Field {
    Bit(bool),
    Fit(i64, u32),
    Kim(i64),
    Dec64(i64),
    Text(String),
    Bytes(Vec<u8>),
    Bits(Vec<bool>),
    Own,
    Pad(usize),
}

fn field() -> impl Strategy<Value = Field> {
    prop_oneof![
        any::<bool>().prop_map(Field::Bit),
        (any::<i64>(), 1..=56u32).prop_map(|(value, bits)| Field::Fit(value >> (64 - bits), bits)),
        (any::<i64>(), 1..=56u32)
            .prop_map(|(value, bits)| Field::Fit(((value as u64) >> (64 - bits)) as i64, bits)),
        (any::<i64>(), 0..64u32).prop_map(|(value, shift)| Field::Kim(value >> shift)),
        any::<i64>().prop_map(Field::Dec64),
        "\\PC{0,9}".prop_map(Field::Text),
        "[a-z]{0,20}".prop_map(Field::Text),
        vec(any::<u8>(), 0..40).prop_map(Field::Bytes),
        vec(any::<bool>(), 0..150).prop_map(Field::Bits),
        Just(Field::Own),
        (1..200usize).prop_map(Field::Pad),
    ]
}

/// The low bits of a number, the most significant first.
fn low_bits(value: u64, count: u32) -> impl Iterator<Item = bool> {
    (0..count).rev().map(move |at| value >> at & 1 == 1)
}

fn kim(value: u64) -> Vec<bool> {
    let groups = (0..10).rev().skip_while(|group| *group != 0 && value >> (7 * group) == 0);
    groups.flat_map(|group| low_bits((value >> (7 * group) & 0x7F) | u64::from(group != 0) << 7, 8)).collect()
}

fn signed_kim(value: i64) -> Vec<bool> {
    let sign = if value < 0 { low_bits(0x80, 8).collect() } else { Vec::new() };
    [sign, kim(value.unsigned_abs())].concat()
}

fn model(field: &Field, so_far: &[bool]) -> Vec<bool> {
    match field {
        Field::Bit(bit) => vec![*bit],
        Field::Fit(value, bits) => low_bits(*value as u64, *bits).collect(),
        Field::Kim(value) => signed_kim(*value),
        Field::Dec64(value) => low_bits(*value as u64, 64).collect(),
        Field::Text(text) => {
            let characters = text.chars().flat_map(|character| kim(u64::from(character)));
            kim(text.chars().count() as u64).into_iter().chain(characters).collect()
        }
        Field::Bytes(bytes) => bits_of(bytes, bytes.len() * 8),
        Field::Bits(bits) => bits.clone(),
        Field::Own => so_far.to_vec(),
        Field::Pad(block) => {
            let count = block - so_far.len() % block;
            (0..count).map(|at| at == 0).collect()
        }
    }
}

fn write(blob: &mut Blob, field: &Field) -> Result<(), Status> {
    match field {
        Field::Bit(bit) => blob.alone().append_bit(*bit),
        Field::Fit(value, bits) => blob.alone().append_fit(*value, *bits),
        Field::Kim(value) => blob.alone().append_kim(*value),
        Field::Dec64(value) => blob.alone().append_dec64(*value),
        Field::Text(text) => blob.alone().append_text(text.as_bytes()),
        Field::Bytes(bytes) => blob.append_bytes(bytes),
        Field::Bits(bits) => blob.alone().append_bits(&bytes_of(bits), bits.len()),
        Field::Own => blob.alone().append_own(),
        Field::Pad(block) => blob.alone().append_pad(*block),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn fields_are_the_bits_of_the_rules(start in 0..20usize, fields in vec(field(), 0..12)) {
        let mut blob = Blob::zeroed(start).unwrap();
        let mut bits = vec![false; start];
        let mut places = Vec::new();
        for field in &fields {
            if bits.len() > 20_000 {
                break;
            }
            places.push(bits.len());
            let added = model(field, &bits);
            bits.extend(added);
            write(&mut blob, field).unwrap();
            prop_assert_eq!(blob.length_bits(), bits.len());
            prop_assert_eq!(blob.bytes(), bytes_of(&bits));
        }
        prop_assert_eq!(blob.read_bit(0), Err(Status::NotStone));
        blob.make_stone();
        for (from, field) in places.into_iter().zip(&fields) {
            match field {
                Field::Bit(bit) => prop_assert_eq!(blob.read_bit(from), Ok(*bit)),
                Field::Fit(value, bits) => {
                    let expected = if *bits == 56 { value << 8 >> 8 } else { value & ((1 << bits) - 1) };
                    prop_assert_eq!(blob.read_fit(from, *bits), Ok(expected));
                }
                Field::Kim(value) => prop_assert_eq!(blob.read_kim(from), Ok((*value, signed_kim(*value).len()))),
                Field::Dec64(value) => prop_assert_eq!(blob.read_dec64(from), Ok(*value)),
                Field::Text(text) => {
                    let found = blob.text_at(from).unwrap();
                    prop_assert_eq!(found.bits_read, model(field, &[]).len());
                    let mut buffer = vec![0; found.length];
                    prop_assert_eq!(blob.read_text(from, &mut buffer), Ok(found));
                    prop_assert_eq!(&buffer, text.as_bytes());
                    if let Some(short) = found.length.checked_sub(1) {
                        prop_assert_eq!(blob.read_text(from, &mut buffer[..short]), Err(Status::OutOfRange));
                    }
                }
                Field::Bytes(_) | Field::Bits(_) | Field::Own | Field::Pad(_) => {}
            }
        }
        if let (Some(Field::Pad(block)), true) = (fields.last(), bits.len() <= 20_000) {
            let from = bits.iter().rposition(|bit| *bit).unwrap();
            prop_assert_eq!(blob.is_pad(from, *block), Ok(true));
            prop_assert_eq!(blob.is_pad(from + 1, *block), Ok(false));
        }
    }

    /// Whatever the bits are, reading returns a value or a status, and writing the value results in the same bits.
    #[test]
    fn reading_any_bits_is_canonical(bytes in vec(any::<u8>(), 0..24), odd in 0..8usize, from in 0..80usize) {
        let mut blob = Blob::zeroed(odd).unwrap();
        blob.append_bytes(&bytes).unwrap();
        blob.make_stone();
        let mut again = Blob::zeroed(0).unwrap();
        if let Ok((value, bits)) = blob.read_kim(from) {
            again.alone().append_kim(value).unwrap();
            prop_assert_eq!(&again, &blob.copy_range(from, from + bits).unwrap());
        }
        if let Ok(found) = blob.text_at(from) {
            let mut buffer = vec![0; found.length];
            blob.read_text(from, &mut buffer).unwrap();
            let mut again = Blob::zeroed(0).unwrap();
            again.alone().append_text(&buffer).unwrap();
            prop_assert_eq!(&again, &blob.copy_range(from, from + found.bits_read).unwrap());
        }
    }
}

#[test]
fn a_blob_may_append_its_own_text_and_bytes() {
    for text in ["plain text that is long enough to move", "größe, 水 und mehr als ein Platz"] {
        let blob = Blob::from_bytes(text.as_bytes()).unwrap();
        for _ in 0..4 {
            let before = blob.bytes().to_vec();
            let bits = blob.length_bits();
            let own = NonNull::from(&blob.bytes()[..text.len()]);
            // SAFETY: no other thread has the blob, and no reference to its bytes is left.
            unsafe { (*blob).alone().append_text_at(own) }.unwrap();
            assert_eq!(&blob.bytes()[..before.len()], before);
            let copy = blob.copy_range(bits, blob.length_bits()).unwrap();
            let mut expected = Blob::zeroed(0).unwrap();
            expected.alone().append_text(text.as_bytes()).unwrap();
            assert_eq!(copy, expected);
            let (before, bits) = (blob.bytes().to_vec(), blob.length_bits());
            let own = NonNull::from(&blob.bytes()[1..text.len()]);
            // SAFETY: as above.
            unsafe { (*blob).alone().append_bytes_at(own) }.unwrap();
            assert_eq!(blob.copy_range(bits, blob.length_bits()).unwrap().bytes(), &before[1..text.len()]);
            assert_eq!(&blob.bytes()[..before.len()], before);
        }
    }
}

#[test]
fn refused_writes_change_nothing() {
    let mut blob = Blob::zeroed(3).unwrap();
    blob.append_bytes(b"abc").unwrap();
    let before = blob.copy_range(0, blob.length_bits()).unwrap();
    for (value, bits) in
        [(2, 1), (-2, 1), (256, 8), (-129, 8), (i64::MAX, 56), (1 << 56, 56), (0, 0), (0, 57), (0, 64)]
    {
        assert_eq!(blob.alone().append_fit(value, bits), Err(Status::OutOfRange), "{value} {bits}");
    }
    assert_eq!(blob.alone().append_text(b"\xFF"), Err(Status::Malformed));
    assert_eq!(blob.alone().append_pad(0), Err(Status::InvalidArgument));
    assert_eq!(blob.alone().append_pad(usize::MAX), Err(Status::NoMemory));
    assert_eq!(blob.alone().append_bits(b"a", 9), Err(Status::OutOfRange));
    let other = blob.clone();
    assert_eq!(blob.alone().append_bit(true), Err(Status::Busy));
    assert_eq!(blob.alone().append_pad(8), Err(Status::Busy));
    drop(other);
    assert_eq!(blob, before);
    blob.make_stone();
    assert_eq!(blob.alone().append_bit(true), Err(Status::IsStone));
    assert_eq!(blob.alone().append_fit(1, 8), Err(Status::IsStone));
    assert_eq!(blob.alone().append_kim(1), Err(Status::IsStone));
    assert_eq!(blob.alone().append_text(b"x"), Err(Status::IsStone));
    assert_eq!(blob, before);
}

#[test]
fn reads_after_the_end_are_refused() {
    let mut blob = Blob::zeroed(0).unwrap();
    blob.append_bytes(&[0xFF; 9]).unwrap();
    blob.make_stone();
    assert_eq!(blob.read_bit(71), Ok(true));
    for from in [72, 73, usize::MAX] {
        assert_eq!(blob.read_bit(from), Err(Status::OutOfRange));
        assert_eq!(blob.read_fit(from, 1), Err(Status::OutOfRange));
        assert_eq!(blob.read_kim(from), Err(Status::OutOfRange));
        assert_eq!(blob.read_dec64(from), Err(Status::OutOfRange));
        assert_eq!(blob.text_at(from), Err(Status::OutOfRange));
    }
    assert_eq!(blob.read_fit(17, 56), Err(Status::OutOfRange));
    assert_eq!(blob.read_fit(16, 56), Ok(-1));
    assert_eq!(blob.read_dec64(8), Ok(-1));
    assert_eq!(blob.read_dec64(9), Err(Status::OutOfRange));
    assert_eq!(blob.read_kim(0), Err(Status::OutOfRange));
    assert_eq!(blob.read_fit(0, 57), Err(Status::OutOfRange));
    assert_eq!(blob.is_pad(72, 8), Ok(false));
    assert_eq!(blob.is_pad(73, 8), Err(Status::OutOfRange));
    assert_eq!(blob.is_pad(0, 0), Err(Status::InvalidArgument));
}
