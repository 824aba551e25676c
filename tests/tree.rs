//! Messages as trees in an arena and back, within budgets.

mod common;
#[path = "common/generate.rs"]
mod generate;
#[path = "common/raw.rs"]
mod raw;

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

/// Values are read with the words after them in blocks, unless the message or the memory ends before: each kind at any
/// distance from both ends.
#[test]
fn numbers_symbols_and_texts_in_any_order_and_place() {
    let numbers = [INTEGER_MIN, -256, -1, 0, 1, 255, INTEGER_MAX];
    let floats = [0.5, -0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 5e-324, 1e300];
    let symbols = [Symbol::Null, Symbol::False, Symbol::True];
    for (more, budget) in
        (0..40).flat_map(|more| [(more, usize::MAX), (more, (21 + more) * size_of::<Node>() + 7 + more)])
    {
        let mut writer = Writer::new();
        writer.array((2 * 7 + 3 + 2 + more) as u64).unwrap();
        for (integer, float) in numbers.iter().zip(floats) {
            writer.integer(*integer).unwrap();
            writer.number(float).unwrap();
        }
        symbols.iter().for_each(|symbol| writer.symbol(*symbol).unwrap());
        writer.symbol(Symbol::Private).unwrap();
        writer.text(b"carried").unwrap();
        writer.text(b"").unwrap();
        (0..more).for_each(|_| writer.text(b"t").unwrap());
        let message = writer.finish().unwrap();
        let mut raw = Raw::new(Options::default());
        let scope = raw.get().enter(budget).unwrap();
        let root = decode(&message, &mut raw).unwrap();
        // SAFETY: a tree of `decode`; each type says which field of the union is there.
        unsafe {
            let items = std::slice::from_raw_parts(root.r#as.array.items, root.r#as.array.count);
            assert!(items.iter().all(|item| item.indexed == 0));
            for (at, (integer, float)) in numbers.iter().zip(floats).enumerate() {
                let [first, second] = [&items[2 * at], &items[2 * at + 1]];
                assert_eq!((first.r#type, first.r#as.integer), (Kind::Integer as i32, *integer));
                assert_eq!(second.r#type, Kind::Float as i32);
                assert_eq!(second.r#as.number.to_bits(), float.to_bits());
            }
            for (item, symbol) in items[14..].iter().zip(symbols) {
                assert_eq!((item.r#type, item.r#as.symbol.code), (Kind::Symbol as i32, symbol as i32));
                assert!(item.r#as.symbol.value.is_null());
            }
            assert_eq!(items[17].r#as.symbol.code, Symbol::Private as i32);
            assert_eq!((*items[17].r#as.symbol.value).r#type, Kind::Text as i32);
            assert!(items[18..].iter().all(|item| item.r#type == Kind::Text as i32));
            assert_eq!(items[18].r#as.text.length, 0);
            assert!(items[19..].iter().all(|item| *item.r#as.text.utf8 == b't' as _));
        }
        raw.get().exit(scope).unwrap();
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
