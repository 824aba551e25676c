//! Messages as trees in an arena and back, within budgets.

mod common;
#[path = "common/generate.rs"]
mod generate;
#[path = "common/raw.rs"]
mod raw;

use common::Tree;
use drystone::arena::Options;
use drystone::tree::{self, Node};
use drystone::wota::{Dialect, INTEGER_MAX, INTEGER_MIN, Kind, Symbol, Writer};
use drystone::{Blob, Status};
use generate::cases;
use proptest::prelude::*;
use raw::Raw;

fn decode<'a>(message: &Blob, raw: &'a mut Raw) -> Result<&'a Node, Status> {
    // SAFETY: the tree is in the arena, which is borrowed.
    tree::decode(message, raw.get()).map(|root| unsafe { root.as_ref() })
}

fn stone(bytes: &[u8]) -> Blob {
    let mut blob = Blob::from_bytes(bytes).unwrap();
    blob.make_stone();
    blob
}

fn large_record(count: usize) -> Blob {
    let mut writer = Writer::new();
    writer.record(count as u64).unwrap();
    for number in 0..count {
        writer.text(format!("key {number}").as_bytes()).unwrap();
        writer.integer(number as i64).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn fields_are_found_in_records_of_every_size() {
    for count in [0, 1, 8, 9, 15, 16, 17, 18, 100, 5000] {
        let message = large_record(count);
        let mut raw = Raw::new(Options::default());
        let root = decode(&message, &mut raw).unwrap();
        for number in 0..count {
            // SAFETY: a tree of `decode`.
            let found = unsafe { tree::find(root, format!("key {number}").as_bytes()) }.unwrap();
            assert_eq!(found.r#type, Kind::Integer as i32);
            // SAFETY: it is an integer.
            assert_eq!(unsafe { found.r#as.integer }, number as i64);
        }
        // SAFETY: as above.
        unsafe {
            assert!(tree::find(root, b"key").is_none());
            assert!(tree::find(root, b"").is_none());
        }
    }
}

/// The texts of an array in the tree.
fn texts(root: &Node) -> Vec<&[u8]> {
    // SAFETY: a tree of `decode`, an array of texts.
    unsafe {
        let array = root.r#as.array;
        let items = std::slice::from_raw_parts(array.items, array.count);
        items
            .iter()
            .map(|item| item.r#as.text)
            .map(|text| std::slice::from_raw_parts(text.utf8.cast(), text.length))
            .collect()
    }
}

/// Texts are read sixteen characters at a time, possibly past their end, in the message and in the arena. Tests every length,
/// alone or before another text, with a character of every size at any position, and with exactly enough memory.
#[test]
fn texts_of_every_length_are_complete_and_take_exactly_their_size() {
    let plain = |length: usize| (0..length).map(|at| (b'a' + (at % 26) as u8) as char).collect::<Vec<_>>();
    let mut all: Vec<String> = (0..120).map(|length| plain(length).into_iter().collect()).collect();
    for length in [1, 2, 7, 15, 16, 17, 31, 47, 48, 49, 63, 64, 65, 80] {
        for wide in ['\u{80}', 'ß', '\u{7FF}', '\u{800}', '水', '\u{FFFF}', '\u{1F4A9}'] {
            for at in 0..length {
                let mut characters = plain(length);
                characters[at] = wide;
                all.push(characters.iter().collect());
                characters[at..].fill(wide);
                all.push(characters.into_iter().collect());
            }
        }
    }
    for dialect in [Dialect::Classic, Dialect::Dec64] {
        for text in &all {
            for following in ["", "and the next one", &"and one after which many words follow ".repeat(2)] {
                let wanted: &[&str] = if following.is_empty() { &[text] } else { &[text, following] };
                let mut writer = Writer::new();
                writer.array(wanted.len() as u64).unwrap();
                wanted.iter().for_each(|text| writer.text(text.as_bytes()).unwrap());
                let message =
                    drystone::convert::transcode(&writer.finish().unwrap(), dialect, false).unwrap();
                let mut raw = Raw::new(Options::default());
                let scope = raw.get().enter(usize::MAX).unwrap();
                let root = decode(&message, &mut raw).unwrap();
                assert_eq!(texts(root), wanted.iter().map(|text| text.as_bytes()).collect::<Vec<_>>());
                let used = raw.get().scope_used(scope).unwrap();
                let bytes: usize = wanted.iter().map(|text| text.len()).sum();
                assert_eq!(used, (1 + wanted.len()) * size_of::<Node>() + bytes, "{text:?}");
                raw.get().exit(scope).unwrap();
                for (budget, fits) in [(used, true), (used - 1, false)] {
                    let scope = raw.get().enter(budget).unwrap();
                    let found = decode(&message, &mut raw).map(|root| texts(root).concat());
                    let whole = wanted.concat().into_bytes();
                    assert_eq!(found, if fits { Ok(whole) } else { Err(Status::OverBudget) }, "{text:?}");
                    raw.get().exit(scope).unwrap();
                }
            }
        }
    }
}

/// After a record that begins differently, values are read with the words after them in blocks, unless the message or the
/// memory ends before: each kind at any distance from both ends.
#[test]
fn numbers_symbols_and_texts_in_any_order_and_place() {
    let floats = [0.5, -0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 5e-324, 1e300];
    let mut values: Vec<Tree> = floats.map(|float| Tree::Float(float.to_bits())).into();
    values.splice(2..2, [INTEGER_MIN, -256, -1, 0, 1, 255, INTEGER_MAX].map(Tree::Integer));
    values.splice(5..5, [Symbol::Null, Symbol::False, Symbol::True].map(Tree::Symbol));
    values.splice(9..9, [Tree::Private(Box::new(Tree::Integer(7))), Tree::Array(values[..5].to_vec())]);
    let text = |characters: String| Tree::Text(characters.into_bytes());
    values.extend((0..70).map(|length| text("t".repeat(length))));
    values.extend(
        [0, 1, 15, 16, 40, 60].map(|length| text("t".repeat(length) + "ß" + &"水".repeat(length / 2))),
    );
    for (more, mixed) in (0..40).flat_map(|more| [(more, false), (more, true)]) {
        values.push(Tree::Integer(more));
        let fields = values.iter().enumerate();
        let fields = fields.map(|(number, value)| (number.to_string().into_bytes(), value.clone())).collect();
        let first = Tree::Record(vec![(b"first".to_vec(), Tree::Integer(1))]);
        let records = if mixed { vec![first, Tree::Record(fields)] } else { vec![Tree::Record(fields)] };
        let message = Tree::Array(records).message(false).unwrap();
        let mut raw = Raw::new(Options::default());
        let scope = raw.get().enter(usize::MAX).unwrap();
        same_bytes(&message, decode(&message, &mut raw).unwrap());
        let used = raw.get().scope_used(scope).unwrap();
        raw.get().exit(scope).unwrap();
        raw.get().enter(used).unwrap();
        same_bytes(&message, decode(&message, &mut raw).unwrap());
    }
}

/// The tree has the message's value, and symbols without a value have none.
fn same_bytes(message: &Blob, root: &Node) {
    // SAFETY: a tree of `decode`; each type says which field of the union is there.
    unsafe {
        assert_eq!(tree::encode(root, Dialect::Classic).unwrap().bytes(), message.bytes());
        let records = std::slice::from_raw_parts(root.r#as.array.items, root.r#as.array.count);
        let record = records.last().unwrap().r#as.record;
        for value in std::slice::from_raw_parts(record.values, record.count) {
            let carries = value.r#type == Kind::Symbol as i32 && !value.r#as.symbol.value.is_null();
            assert_eq!(carries, value.r#type == Kind::Symbol as i32 && value.r#as.symbol.code == 8);
            assert_eq!(value.indexed, 0);
        }
    }
}

#[test]
fn stones_are_counted_until_the_scope_ends() {
    let one = stone(b"one");
    let mut writer = Writer::new();
    writer.array(3).unwrap();
    for _ in 0..3 {
        writer.blob(&one).unwrap();
    }
    let message = writer.finish().unwrap();
    let mut raw = Raw::new(Options::default());
    let before = one.reference_count();
    let scope = raw.get().enter(10_000).unwrap();
    decode(&message, &mut raw).unwrap();
    assert_eq!(one.reference_count(), before + 3);
    raw.get().exit(scope).unwrap();
    assert_eq!(one.reference_count(), before);
    decode(&message, &mut raw).unwrap();
    drop(raw);
    assert_eq!(one.reference_count(), before);
}

#[test]
fn a_budget_that_is_too_small_leaks_nothing() {
    let one = stone(b"one");
    let mut writer = Writer::new();
    writer.array(3).unwrap();
    writer.blob(&one).unwrap();
    writer.text("a text with é and more of it".as_bytes()).unwrap();
    writer.record(1).unwrap();
    writer.text(b"key").unwrap();
    writer.blob(&one).unwrap();
    let message = writer.finish().unwrap();
    let before = one.reference_count();
    for budget in 0.. {
        let mut raw = Raw::new(Options::default());
        let scope = raw.get().enter(budget).unwrap();
        match decode(&message, &mut raw) {
            Ok(_) => {
                assert!(budget > 100);
                assert!(raw.get().scope_used(scope).unwrap() <= budget);
                return;
            }
            Err(status) => assert_eq!(status, Status::OverBudget),
        }
        assert_eq!(raw.get().scope_used(scope), Ok(0));
        assert_eq!(raw.get().statistics().depth, 1);
        assert_eq!(one.reference_count(), before);
    }
}

#[test]
fn depth_is_not_the_stack_s() {
    let mut writer = Writer::new();
    for _ in 0..512 {
        writer.array(1).unwrap();
    }
    writer.integer(7).unwrap();
    let message = writer.finish().unwrap();
    let mut raw = Raw::new(Options::default());
    let root = decode(&message, &mut raw).unwrap();
    // SAFETY: a tree of `decode`.
    assert_eq!(unsafe { tree::encode(root, Dialect::Classic) }.unwrap(), message);
    let mut within = *root;
    let itself = &raw mut within;
    // SAFETY: it contains itself, which is a tree too.
    unsafe {
        (*itself).r#as.array = tree::Elements { items: itself, count: 1 };
        assert_eq!(tree::encode(&*itself, Dialect::Classic).err(), Some(Status::LimitExceeded));
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn trees_come_back(tree in generate::tree(), by_reference: bool) {
        let message = tree.message(by_reference).unwrap();
        let mut raw = Raw::new(Options::default());
        let root = decode(&message, &mut raw).unwrap();
        // SAFETY: a tree of `decode`.
        let back = unsafe { tree::encode(root, Dialect::Classic) }.unwrap();
        let words = |message: &Blob| common::Tree::read(&mut drystone::wota::Reader::new(message, &Default::default()).unwrap()).unwrap();
        prop_assert!(words(&back) == words(&message));
        // SAFETY: as above.
        if let Ok(decimal) = unsafe { tree::encode(root, Dialect::Dec64) } {
            let bytes = |message: &Blob| drystone::wota::to_bytes(message).unwrap();
            let expected = drystone::convert::transcode(&message, Dialect::Dec64, false).unwrap();
            prop_assert_eq!(bytes(&decimal), bytes(&expected));
            let mut raw = Raw::new(Options::default());
            let root = decode(&decimal, &mut raw).unwrap();
            // SAFETY: as above.
            prop_assert_eq!(bytes(&unsafe { tree::encode(root, Dialect::Dec64) }.unwrap()), bytes(&expected));
        }
    }
}
