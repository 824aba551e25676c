//! Many values in one call equal the values of single calls, whatever the number of items and the size of the buffer.

mod common;
#[path = "common/generate.rs"]
mod generate;

use core::mem::MaybeUninit;

use common::Tree;
use drystone::wota::{Item, Kind, Reader};
use drystone::{Limits, Status};
use generate::{cases, tree};
use proptest::prelude::*;

/// The result of one call, owned, for comparison.
#[derive(Debug, PartialEq)]
enum Owned {
    Item(Item),
    Text(Vec<u8>),
    Bits(Vec<u8>),
}

/// The next values, by single calls.
fn singly(reader: &mut Reader<'_>) -> Result<Owned, Status> {
    Ok(Owned::Item(match reader.kind()? {
        Kind::Integer => Item::Integer(reader.integer()?),
        Kind::Float => Item::Float(reader.number()?),
        Kind::Array => Item::Array(reader.array()?),
        Kind::Record => Item::Record(reader.record()?),
        Kind::Symbol => Item::Symbol(reader.symbol()?),
        Kind::Text => {
            let mut text = vec![0; reader.text_length()?];
            reader.text(&mut text)?;
            return Ok(Owned::Text(text));
        }
        _ => return Ok(Owned::Bits(reader.blob()?.bytes().to_vec())),
    }))
}

/// All values of a message, by calls with that many items and a buffer of that size.
fn together(mut reader: Reader<'_>, places: usize, room: usize) -> Vec<Owned> {
    let mut all = Vec::new();
    let mut items = vec![MaybeUninit::uninit(); places];
    let mut text = vec![0xAA; room];
    loop {
        let start = reader.offset();
        match reader.items(&mut items, &mut text, |place: &mut MaybeUninit<Item>, item| _ = place.write(item))
        {
            Ok(count) => {
                assert!((1..=places).contains(&count));
                let mut filled = 0;
                for place in &items[..count] {
                    // SAFETY: that many were written.
                    match unsafe { place.assume_init() } {
                        Item::Text { start, length } => {
                            assert_eq!(start, filled);
                            filled += length as usize;
                            all.push(Owned::Text(text[start..filled].to_vec()));
                        }
                        item => all.push(Owned::Item(item)),
                    }
                }
            }
            Err(Status::End) => {
                assert_eq!(reader.kind(), Err(Status::End));
                return all;
            }
            Err(status) => {
                assert_eq!(reader.offset(), start);
                match status {
                    Status::WrongType => {
                        assert!(matches!(reader.kind(), Ok(Kind::Blob | Kind::Stone)));
                    }
                    Status::OutOfRange => assert!(reader.text_length().unwrap() > room),
                    _ => panic!("{status:?}"),
                }
                all.push(singly(&mut reader).unwrap());
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn items_equal_the_values_of_single_calls(tree in tree(), by_reference: bool, places in 1..40_usize, room in 0..200_usize) {
        let message = tree.message(by_reference).unwrap();
        let start = Reader::new(&message, &Limits::DEFAULT).unwrap();
        let mut reader = start;
        let mut expected = Vec::new();
        while reader.kind().is_ok() {
            expected.push(singly(&mut reader).unwrap());
        }
        prop_assert_eq!(&together(start, places, room), &expected);
        prop_assert_eq!(&together(start, 1, 0), &expected);
        prop_assert_eq!(&together(start, 1000, 100_000), &expected);
    }
}

#[test]
fn texts_of_every_length_with_exactly_enough_room() {
    for length in 0..80 {
        for text in ["a".repeat(length), format!("{}é", "a".repeat(length))] {
            let tree = Tree::Array(vec![Tree::Text(text.clone().into_bytes()), Tree::Integer(7)]);
            let message = tree.message(false).unwrap();
            let start = Reader::new(&message, &Limits::DEFAULT).unwrap();
            for room in text.len().saturating_sub(1)..text.len() + 40 {
                let all = together(start, 3, room);
                assert_eq!(all[1], Owned::Text(text.clone().into_bytes()));
                assert_eq!(all[2], Owned::Item(Item::Integer(7)));
            }
        }
    }
}

#[test]
fn texts_in_blocks_equal_texts_wherever_the_message_and_the_buffer_end() {
    for length in 0..90 {
        let plain = "abcdefghi".repeat(10)[..length].to_owned();
        let wide = (0..length.min(70)).step_by(7).map(|at| plain[..at].to_owned() + "水" + &plain[at..]);
        for text in wide.chain([plain.clone(), plain.clone() + "é"]) {
            for after in [0, 1, 5, 40] {
                let mut values = vec![Tree::Text(text.clone().into_bytes())];
                values.resize(1 + after, Tree::Integer(-1));
                let message = Tree::Array(values).message(false).unwrap();
                let mut start = Reader::new(&message, &Limits::DEFAULT).unwrap();
                start.array().unwrap();
                let mut end = start;
                end.skip().unwrap();
                for room in [0, 1, 15, 16, 17, 40, 64, 70] {
                    let mut buffer = vec![0xAA; text.len() + room];
                    let mut reader = start;
                    assert_eq!(reader.text_in_blocks(&mut buffer), Ok(text.len()));
                    assert_eq!(&buffer[..text.len()], text.as_bytes());
                    assert_eq!(reader.offset(), end.offset());
                }
                if !text.is_empty() {
                    let mut reader = start;
                    let short = &mut vec![0; text.len() - 1];
                    assert_eq!(reader.text_in_blocks(short), Err(Status::OutOfRange));
                    assert_eq!(reader.offset(), start.offset());
                }
                let other = if after == 0 { Status::End } else { Status::WrongType };
                assert_eq!(end.text_in_blocks(&mut [0; 99]), Err(other));
            }
        }
    }
}
