//! Messages as trees in an arena and back, within budgets.

mod common;
#[path = "common/generate.rs"]
mod generate;

use drystone::arena::{Options, RawArena};
use drystone::tree::{self, Node};

use drystone::wota::{Dialect, Kind, Writer};
use drystone::{Blob, Status};
use generate::cases;
use proptest::prelude::*;

/// A raw arena that ends with the test.
struct Raw(*mut RawArena);

impl Raw {
    fn new() -> Self {
        Raw(RawArena::create(Options::default()).unwrap())
    }

    fn get(&mut self) -> &mut RawArena {
        // SAFETY: made by `create`, and borrowed as this is.
        unsafe { &mut *self.0 }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: made by `create`, not used again.
        unsafe { RawArena::destroy(self.0) };
    }
}

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
        let mut raw = Raw::new();
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

#[test]
fn stones_are_counted_until_the_scope_ends() {
    let one = stone(b"one");
    let mut writer = Writer::new();
    writer.array(3).unwrap();
    for _ in 0..3 {
        writer.blob(&one).unwrap();
    }
    let message = writer.finish().unwrap();
    let mut raw = Raw::new();
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
fn a_budget_that_is_too_small_leaves_nothing_behind() {
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
        let mut raw = Raw::new();
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
    let mut raw = Raw::new();
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
        let mut raw = Raw::new();
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
            let mut raw = Raw::new();
            let root = decode(&decimal, &mut raw).unwrap();
            // SAFETY: as above.
            prop_assert_eq!(bytes(&unsafe { tree::encode(root, Dialect::Dec64) }.unwrap()), bytes(&expected));
        }
    }
}
