//! References to values: flattening agrees with a plain model, excessive sharing is refused without costing time or memory,
//! and an offset without a value is refused.

mod common;
#[path = "common/dag.rs"]
mod dag;
#[path = "common/generate.rs"]
mod generate;

use common::{Tree, little_endian, native_words};
use dag::{build, plans};
use drystone::convert::{nota_from_message, transcode};
use drystone::dump::dump;
use drystone::json::json_from_message;
use drystone::wota::{
    AnyReader, Dialect, Kind, Reader, Symbol, Writer, flattened_words, from_bytes, to_bytes,
};
use drystone::{Blob, Limits, Status};
use generate::cases;
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn flattened_messages_have_the_value_of_the_model(plans in plans()) {
        for worth in build(&plans) {
            let plain = worth.tree.message(false).unwrap();
            let bytes = to_bytes(&worth.message).unwrap();
            prop_assert_eq!(bytes.bytes(), little_endian(&worth.tree.words()));
            prop_assert_eq!(nota_from_message(&worth.message).unwrap(), nota_from_message(&plain).unwrap());
            let json = json_from_message(&worth.message, false).unwrap();
            prop_assert_eq!(json, json_from_message(&plain, false).unwrap());
            let flat = transcode(&worth.message, Dialect::Classic, false).unwrap();
            prop_assert_eq!(to_bytes(&flat).unwrap(), bytes);
            let words = flattened_words(&worth.message, &Limits::DEFAULT).unwrap();
            prop_assert_eq!(words as usize * 64, flat.length_bits());
            let exactly = Limits { max_words: words, ..Limits::DEFAULT };
            prop_assert_eq!(flattened_words(&worth.message, &exactly), Ok(words));
            if words > 0 {
                let less = Limits { max_words: words - 1, ..Limits::DEFAULT };
                prop_assert_eq!(flattened_words(&worth.message, &less), Err(Status::LimitExceeded));
            }
            let depth = depth(&worth.tree);
            prop_assert_eq!(flattened_words(&worth.message, &Limits { max_depth: depth, ..Limits::DEFAULT }), Ok(words));
            if depth > 0 {
                let less = Limits { max_depth: depth - 1, ..Limits::DEFAULT };
                prop_assert_eq!(flattened_words(&worth.message, &less), Err(Status::LimitExceeded));
            }
            let other = transcode(&worth.message, Dialect::Dec64, false).unwrap();
            prop_assert_eq!(to_bytes(&transcode(&other, Dialect::Classic, false).unwrap()).unwrap(), to_bytes(&flat).unwrap());
            dump(&worth.message).unwrap();
        }
    }

    #[test]
    fn only_the_start_of_a_value_can_be_referred_to(plans in plans()) {
        for worth in build(&plans) {
            let mut starts = worth.places.iter().map(|(offset, _)| *offset).peekable();
            let (mut writer, counts) = (Writer::new(), worth.message.reference_count());
            for offset in 0..native_words(&worth.message).len() + 2 {
                if starts.next_if_eq(&offset).is_some() {
                    writer.value(&worth.message, offset).unwrap();
                    writer.reset();
                } else {
                    prop_assert_eq!(writer.value(&worth.message, offset), Err(Status::OutOfRange));
                }
            }
            prop_assert_eq!(writer.value(&worth.message, usize::MAX), Err(Status::OutOfRange));
            prop_assert_eq!(worth.message.reference_count(), counts);
        }
    }
}

/// The greatest nesting depth of containers.
fn depth(tree: &Tree) -> u32 {
    match tree {
        Tree::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or(0),
        Tree::Record(pairs) => 1 + pairs.iter().map(|(_, value)| depth(value)).max().unwrap_or(0),
        Tree::Private(value) | Tree::System(value) => 1 + depth(value),
        _ => 0,
    }
}

fn message(write: impl FnOnce(&mut Writer) -> Result<(), Status>) -> Blob {
    let mut writer = Writer::new();
    write(&mut writer).unwrap();
    writer.finish().unwrap()
}

/// An array of ten references to the previous one, that many times.
fn tower(levels: usize, times: u64, as_stones: bool) -> Blob {
    (0..levels).fold(message(|writer| writer.integer(1)), |below, _| {
        message(|writer| {
            writer.array(times)?;
            for _ in 0..times {
                if as_stones { writer.blob(&below)? } else { writer.value(&below, 0)? }
            }
            Ok(())
        })
    })
}

#[test]
fn a_reference_is_two_words_and_one_count() {
    let held = message(|writer| {
        writer.array(2)?;
        writer.text(b"first")?;
        writer.integer(2)
    });
    let outer = message(|writer| {
        writer.array(3)?;
        writer.value(&held, 0)?;
        writer.value(&held, 5)?;
        writer.value(&held, 1)
    });
    assert_eq!(native_words(&outer), [0x302, 9, 0, 0x509, 1, 0x109, 2]);
    assert_eq!(held.reference_count(), 4);
    let mut reader = Reader::new(&outer, &Limits::DEFAULT).unwrap();
    assert_eq!(reader.array(), Ok(3));
    assert_eq!(reader.kind(), Ok(Kind::Value));
    for status in
        [reader.integer().err(), reader.array().err(), reader.blob().err(), reader.bits_length().err()]
    {
        assert_eq!(status, Some(Status::WrongType));
    }
    let (whole, offset) = reader.value().unwrap();
    assert!(whole.bytes().as_ptr() == held.bytes().as_ptr() && offset == 0);
    drop(whole);
    let Ok(AnyReader::Classic(mut inner)) = reader.enter() else { panic!("of this dialect") };
    assert_eq!((inner.integer(), inner.kind()), (Ok(2), Err(Status::End)));
    reader.skip().unwrap();
    assert_eq!((reader.enter().err(), reader.value().err()), (Some(Status::End), Some(Status::End)));
    assert_eq!(held.reference_count(), 4);
    drop(outer);
    assert_eq!(held.reference_count(), 1);
}

#[test]
fn references_stand_where_values_may_and_never_lead_to_references() {
    let record = message(|writer| writer.record(0));
    let text = message(|writer| writer.text(b"text"));
    let mut writer = Writer::new();
    writer.record(1).unwrap();
    assert_eq!(writer.value(&text, 0), Err(Status::Malformed));
    writer.text(b"key").unwrap();
    writer.symbol(Symbol::System).unwrap();
    assert_eq!(writer.value(&text, 0), Err(Status::Malformed));
    writer.value(&record, 0).unwrap();
    assert_eq!(writer.value(&record, 0), Err(Status::Malformed));
    let outer = writer.finish().unwrap();
    assert_eq!((text.reference_count(), record.reference_count()), (1, 2));
    // Given the offset of a reference, the writer refers to that reference's value.
    writer.value(&outer, 5).unwrap();
    let again = writer.finish().unwrap();
    drop(outer);
    assert_eq!((native_words(&again), record.reference_count()), (vec![9, 0], 2));
    assert_eq!(to_bytes(&again).unwrap().bytes(), little_endian(&[3]));

    let mut antestone = Blob::from_bytes(b"12345678").unwrap();
    assert_eq!(writer.value(&antestone, 0), Err(Status::NotStone));
    antestone.make_stone();
    assert_eq!(writer.value(&antestone, 0), Err(Status::WrongType));
    assert_eq!(antestone.reference_count(), 1);
}

#[test]
fn numbers_of_the_other_dialect_are_converted_or_refused() {
    let half = message(|writer| writer.number(0.5));
    let third = message(|writer| writer.number(f64::NAN));
    let mut writer = Writer::dec64();
    writer.array(2).unwrap();
    writer.value(&half, 0).unwrap();
    writer.integer(7).unwrap();
    let outer = writer.finish().unwrap();
    assert_eq!(to_bytes(&outer).unwrap().bytes(), little_endian(&[0x2180, 0x5FF, 0x700]));
    assert_eq!(flattened_words(&outer, &Limits::DEFAULT), Ok(3));
    let back = message(|writer| writer.value(&outer, 0));
    assert_eq!(flattened_words(&back, &Limits::DEFAULT), Ok(4));
    assert_eq!(to_bytes(&back).unwrap().bytes(), little_endian(&[0x202, 1, 0.5_f64.to_bits(), 0x700]));
    writer.value(&third, 0).unwrap();
    assert_eq!(to_bytes(&writer.finish().unwrap()).err(), Some(Status::OutOfRange));
}

#[test]
fn sharing_that_is_too_much_is_refused_at_once() {
    for as_stones in [false, true] {
        let tower = tower(60, 10, as_stones);
        let outcomes =
            [to_bytes(&tower).err(), nota_from_message(&tower).err(), json_from_message(&tower, false).err()];
        assert_eq!(outcomes, [Some(Status::LimitExceeded); 3]);
        if !as_stones {
            assert_eq!(transcode(&tower, Dialect::Dec64, true).err(), Some(Status::LimitExceeded));
            assert_eq!(flattened_words(&tower, &Limits::DEFAULT), Err(Status::LimitExceeded));
        }
    }
    assert_eq!(flattened_words(&tower(5, 10, false), &Limits::DEFAULT), Ok(111_111));
}

#[test]
fn depth_includes_references() {
    let deep = tower(600, 1, false);
    assert_eq!(flattened_words(&deep, &Limits::DEFAULT), Err(Status::LimitExceeded));
    assert_eq!(flattened_words(&deep, &Limits { max_depth: 600, ..Limits::DEFAULT }), Ok(601));
    let bytes = to_bytes(&deep).unwrap();
    let limits = Limits { max_depth: 599, ..Limits::DEFAULT };
    assert_eq!(
        from_bytes(bytes.bytes(), Dialect::Classic, &limits).err().map(Status::from),
        Some(Status::LimitExceeded)
    );
    // Deeper than any reader allows; destroying it uses no stack for the depth.
    let abyss = tower(70_000, 1, false);
    assert_eq!(to_bytes(&abyss).err(), Some(Status::LimitExceeded));
    assert_eq!(transcode(&abyss, Dialect::Classic, false).err(), Some(Status::LimitExceeded));
    let nested = tower(20_000, 1, true);
    assert_eq!(to_bytes(&nested).unwrap().length_bits(), (2 * 20_000 + 1) * 64);
}

#[test]
fn equal_keys_do_not_leave_the_process_through_a_reference() {
    let twice = message(|writer| {
        writer.record(2)?;
        writer.text(b"a")?;
        writer.integer(1)?;
        writer.text(b"a")?;
        writer.integer(2)
    });
    let outer = message(|writer| writer.value(&twice, 0));
    assert_eq!(to_bytes(&outer).err(), Some(Status::Malformed));
    assert_eq!(nota_from_message(&outer).err(), Some(Status::Malformed));
}

#[test]
fn bytes_from_outside_never_refer() {
    for (dialect, words) in [
        (Dialect::Classic, vec![0x9, 0]),
        (Dialect::Classic, vec![0x102, 0x9, 0]),
        (Dialect::Dec64, vec![0x980, 0]),
    ] {
        let fault = from_bytes(&little_endian(&words), dialect, &Limits::DEFAULT).err();
        assert_eq!(fault.map(Status::from), Some(Status::Malformed));
    }
}
