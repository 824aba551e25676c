//! Views: the result of every call agrees with decoding, whatever the size of containers and the references between them.

mod common;
#[path = "common/dag.rs"]
mod dag;
#[path = "common/generate.rs"]
mod generate;

use common::{Tree, bits_of};
use dag::{build, plans};
use drystone::convert::transcode;
use drystone::view::View;
use drystone::wota::{AnyReader, Dialect, Kind, Symbol, Writer, is_message, to_bytes};
use drystone::{Blob, Status};
use generate::{cases, record, scalar, tree};
use proptest::collection::vec;
use proptest::prelude::*;

/// The value of a view, read by index, by name and by iterators.
fn read(view: View<'_>) -> Tree {
    match view.kind() {
        Kind::Integer => Tree::Integer(view.integer().unwrap()),
        Kind::Float => Tree::Float(view.number().unwrap().to_bits()),
        Kind::Text => Tree::Text(text(view)),
        Kind::Array => {
            let count = view.count().unwrap();
            assert_eq!(view.element(count).err(), Some(Status::OutOfRange));
            assert_eq!(view.element(u64::MAX).err(), Some(Status::OutOfRange));
            let by_number: Vec<Tree> = (0..count).rev().map(|at| read(view.element(at).unwrap())).collect();
            let in_order: Vec<Tree> = view.elements().unwrap().map(read).collect();
            assert_eq!(by_number.into_iter().rev().collect::<Vec<_>>(), in_order);
            Tree::Array(in_order)
        }
        Kind::Record => {
            let count = view.count().unwrap();
            assert_eq!(view.field_at(count).err(), Some(Status::OutOfRange));
            assert_eq!(view.field(b"no such key, and rather long").err(), Some(Status::NotFound));
            assert_eq!(view.field(b"\xFF").err(), Some(Status::NotFound));
            let by_number: Vec<_> = (0..count)
                .rev()
                .map(|at| {
                    let (key, value) = view.field_at(at).unwrap();
                    assert_eq!(view.field(&text(key)).unwrap().place().1, value.place().1);
                    (text(key), read(value))
                })
                .collect();
            let in_order: Vec<_> =
                view.fields().unwrap().map(|(key, value)| (text(key), read(value))).collect();
            assert_eq!(by_number.into_iter().rev().collect::<Vec<_>>(), in_order);
            Tree::Record(in_order)
        }
        Kind::Blob | Kind::Stone => {
            let blob = view.blob().unwrap();
            assert_eq!(view.bits_length(), Ok(blob.length_bits()));
            let bytes = if is_message(&blob) { to_bytes(&blob).unwrap() } else { blob };
            Tree::Bits(bits_of(bytes.bytes(), bytes.length_bits()))
        }
        Kind::Symbol => match view.symbol().unwrap() {
            Symbol::Private => Tree::Private(Box::new(read(view.element(0).unwrap()))),
            Symbol::System => Tree::System(Box::new(read(view.element(0).unwrap()))),
            symbol => {
                assert_eq!(view.element(0).err(), Some(Status::WrongType));
                Tree::Symbol(symbol)
            }
        },
        Kind::Value => panic!("views never show references"),
    }
}

fn text(view: View<'_>) -> Vec<u8> {
    let mut buffer = vec![0; view.text_length().unwrap()];
    assert_eq!(view.text(&mut buffer), Ok(buffer.len()));
    buffer
}

/// Every call for another kind is refused.
fn refuses_other_types(view: View<'_>) {
    let kind = view.kind();
    let wrong =
        |expected: bool, status: Option<Status>| assert_eq!(status == Some(Status::WrongType), !expected);
    wrong(kind == Kind::Integer, view.integer().err());
    wrong(matches!(kind, Kind::Integer | Kind::Float), view.number().err());
    wrong(kind == Kind::Text, view.text_length().err());
    wrong(kind == Kind::Record, view.field(b"key").err());
    wrong(kind == Kind::Record, view.field_at(0).err());
    wrong(matches!(kind, Kind::Blob | Kind::Stone), view.blob().err());
    wrong(kind == Kind::Symbol, view.symbol().err());
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn views_return_the_written_values(tree in tree(), by_reference: bool) {
        let message = tree.message(by_reference).unwrap();
        let view = View::new(&message).unwrap();
        refuses_other_types(view);
        prop_assert_eq!(&read(view), &tree);
        // Again with the index, and on a copy of the message without it.
        prop_assert_eq!(&read(view), &tree);
        let other = tree.message(by_reference).unwrap();
        prop_assert_eq!(read(View::new(&other).unwrap()), tree);
    }

    #[test]
    fn views_see_through_references(plans in plans()) {
        for worth in build(&plans) {
            prop_assert_eq!(&read(View::new(&worth.message).unwrap()), &worth.tree);
            for (offset, tree) in &worth.places {
                let view = View::at(&worth.message, *offset).unwrap();
                prop_assert_eq!(&read(view), tree);
                let (message, offset) = view.place();
                let mut writer = Writer::new();
                writer.view(&view).unwrap();
                let one = writer.finish().unwrap();
                writer.value(&message, offset).unwrap();
                let other = writer.finish().unwrap();
                prop_assert_eq!(one.bytes(), other.bytes());
                prop_assert_eq!(read(View::new(&one).unwrap()), tree.clone());
            }
            let other = transcode(&worth.message, Dialect::Dec64, false).unwrap();
            prop_assert_eq!(read(View::new(&other).unwrap()), worth.tree);
        }
    }

}

/// Views search from the outside in, a reader from the front: both must find the same positions.
fn starts_agree(message: &Blob) {
    let words = message.length_bits() / 64;
    for offset in (0..=words).step_by(1 + words / 300) {
        let (view, reader) = (View::at(message, offset), AnyReader::at_value(message, offset));
        assert_eq!(view.err(), reader.as_ref().err().copied(), "{offset}");
        if let (Ok(view), Ok(reader)) = (view, reader) {
            let there = |reader| match reader {
                AnyReader::Classic(reader) => (reader.kind(), reader.offset()),
                AnyReader::Dec64(reader) => (reader.kind(), reader.offset()),
            };
            assert_eq!(there(view.to_reader()), there(reader));
        }
    }
    assert_eq!(View::at(message, usize::MAX).err(), Some(Status::OutOfRange));
}

proptest! {
    #![proptest_config(cases(20))]

    #[test]
    fn views_start_where_readers_say(tree in tree(), plans in plans(), wide in record(tree(), 60)) {
        for tree in [tree, wide] {
            let message = tree.message(true).unwrap();
            starts_agree(&message);
        }
        for worth in build(&plans) {
            starts_agree(&worth.message);
            starts_agree(&transcode(&worth.message, Dialect::Dec64, false).unwrap());
        }
    }

    #[test]
    fn large_records_find_each_of_their_keys(tree in record(scalar(), 400)) {
        let message = tree.message(true).unwrap();
        prop_assert_eq!(read(View::new(&message).unwrap()), tree);
    }

    #[test]
    fn large_arrays_give_each_of_their_elements(tree in vec(tree(), 0..30).prop_map(Tree::Array)) {
        let message = tree.message(false).unwrap();
        prop_assert_eq!(read(View::new(&message).unwrap()), tree);
    }
}

fn numbered(count: i64, key: impl Fn(i64) -> String) -> Blob {
    let mut writer = Writer::new();
    writer.record(count as u64).unwrap();
    for number in 0..count {
        writer.text(key(number).as_bytes()).unwrap();
        writer.integer(number).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn records_of_every_size_around_those_where_the_index_changes() {
    for count in [8, 9, 15, 16, 17, 18, 254, 255, 256, 257, 65_534, 65_535, 65_536, 65_537, 200_000] {
        let key = |number: i64| format!("key {}", number * 7919);
        let message = numbered(count, key);
        let view = View::new(&message).unwrap();
        let step = (count / 97).max(1) as usize;
        for number in (0..count).step_by(step).chain([count - 1]) {
            assert_eq!(view.field(key(number).as_bytes()).unwrap().integer(), Ok(number));
            assert_eq!(view.field(key(number + count).as_bytes()).err(), Some(Status::NotFound));
            assert_eq!(view.field_at(number as u64).unwrap().1.integer(), Ok(number));
        }
    }
}

/// Keys that differ in one character, with lengths around those that are packed, in records with each kind of index.
#[test]
fn keys_of_every_length_are_told_apart() {
    for length in 0..40 {
        for place in 0..=length.max(1) {
            let mut keys: Vec<Vec<u8>> = vec![vec![b'k'; length]; if length == 0 { 1 } else { 3 }];
            for (key, other) in keys.iter_mut().skip(1).zip([b'x', b'y']) {
                key[place.min(length - 1)] = other;
            }
            for more in [0, 6, 30, 300] {
                let mut writer = Writer::new();
                writer.record((keys.len() + more) as u64).unwrap();
                for number in 0..more {
                    writer.text(format!("{number:0>50}").as_bytes()).unwrap();
                    // In a small record the last fields are too far to reach without an index.
                    writer.array(9).unwrap();
                    (0..9).for_each(|number| writer.integer(number).unwrap());
                }
                for (number, key) in keys.iter().enumerate() {
                    writer.text(key).unwrap();
                    writer.integer(number as i64).unwrap();
                }
                let message = writer.finish().unwrap();
                let view = View::new(&message).unwrap();
                for (number, key) in keys.iter().enumerate() {
                    assert_eq!(view.field(key).unwrap().integer(), Ok(number as i64));
                    let absent = [key.as_slice(), b"."].concat();
                    assert_eq!(view.field(&absent).err(), Some(Status::NotFound));
                }
            }
        }
    }
}

#[test]
fn of_equal_keys_the_first_one_is_found_and_many_of_them_cost_no_time() {
    for count in [2, 12, 40, 300, 50_000] {
        let message =
            numbered(count, |number| if number == count - 1 { "last".into() } else { "same".into() });
        let view = View::new(&message).unwrap();
        for _ in 0..3 {
            assert_eq!(view.field(b"same").unwrap().integer(), Ok(0));
            assert_eq!(view.field(b"last").unwrap().integer(), Ok(count - 1));
            assert_eq!(view.field(b"none").err(), Some(Status::NotFound));
        }
    }
}

/// As `read`, but each value is read once, the last ones first.
fn agree(view: View<'_>, tree: &Tree) {
    match tree {
        Tree::Array(values) => {
            for (number, value) in values.iter().enumerate().rev() {
                agree(view.element(number as u64).unwrap(), value);
            }
        }
        Tree::Record(fields) => {
            for (number, (key, value)) in fields.iter().enumerate().rev() {
                let (key_there, there) = view.field_at(number as u64).unwrap();
                assert_eq!(&text(key_there), key);
                assert_eq!(view.field(key).unwrap().place().1, there.place().1);
                agree(there, value);
            }
        }
        Tree::Private(value) => agree(view.element(0).unwrap(), value),
        scalar => assert_eq!(&read(view), scalar),
    }
}

/// Values on both sides of the inner one, in arrays and records with and without slots, and within symbols.
#[test]
fn containers_deep_inside_an_indexed_one() {
    let numbers = |count: usize| (0..count as i64).map(Tree::Integer);
    let mut tree = Tree::Array(numbers(100).collect());
    for level in 0..40 {
        let (before, after) = ([0, 1, 40][level % 3], [50, 0, 3, 9][level % 4]);
        let values = numbers(before).chain([tree]).chain(numbers(after));
        tree = match level % 5 {
            0 | 1 => Tree::Array(values.collect()),
            2 => Tree::Private(Box::new(Tree::Array(values.collect()))),
            _ => Tree::Record(
                values.enumerate().map(|(number, value)| (format!("{number}").into_bytes(), value)).collect(),
            ),
        };
    }
    let message = tree.message(false).unwrap();
    agree(View::new(&message).unwrap(), &tree);
    let other = transcode(&message, Dialect::Dec64, false).unwrap();
    agree(View::new(&other).unwrap(), &tree);
    starts_agree(&message);
}

#[test]
fn a_view_of_an_element_outlives_the_views_that_led_there() {
    let message = numbered(100, |number| format!("{number}"));
    let found = {
        let view = View::new(&message).unwrap();
        let copy = view;
        copy.field(b"99").unwrap()
    };
    assert_eq!(found.integer(), Ok(99));
    assert_eq!(message.reference_count(), 1);
}

#[test]
fn threads_that_make_the_same_indexes_agree() {
    let rows = Tree::Array(
        (0..400)
            .map(|row| Tree::Array((0..30).map(|number| Tree::Integer(row + number)).collect()))
            .collect(),
    );
    let message = rows.message(false).unwrap();
    std::thread::scope(|scope| {
        for start in 0..4 {
            let message = &message;
            scope.spawn(move || {
                let view = View::new(message).unwrap();
                for row in (0..400).map(|row| (row * 31 + start * 100) % 400) {
                    let last = view.element(row).unwrap().element(29).unwrap();
                    assert_eq!(last.integer(), Ok(row as i64 + 29));
                }
            });
        }
    });
}

#[test]
fn threads_that_make_the_same_index_agree() {
    let message = numbered(5000, |number| format!("key {number}"));
    std::thread::scope(|scope| {
        for start in 0..4 {
            let message = &message;
            scope.spawn(move || {
                let view = View::new(message).unwrap();
                for number in (0..5000).map(|number| (number * 31 + start * 1250) % 5000) {
                    assert_eq!(view.field(format!("key {number}").as_bytes()).unwrap().integer(), Ok(number));
                }
            });
        }
    });
}
