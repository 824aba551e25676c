//! Bucket maps and sets compared with a simple model, on a heap and in a guest's memory that moves, is full of stale bytes,
//! and collects everything that is not rooted at every allocation.

mod common;
#[path = "common/generate.rs"]
mod generate;
#[path = "common/guest.rs"]
mod guest;

use drystone::Status;
use drystone::bucket::{Flags, Heap, Key, Memory, Opened, Table, TableKind, Tag, Value, map, set, verify};
use generate::cases;
use guest::Guest;
use proptest::prelude::*;

/// A key of the model: compared by content, as SameValueZero.
#[derive(Clone, Debug, PartialEq)]
enum Content {
    Int(i64),
    Float(f64),
    Text(Vec<u8>),
    Bits(u32),
}

impl Content {
    fn same(&self, other: &Content) -> bool {
        match (self, other) {
            (Content::Float(one), Content::Float(other)) => one == other || one.is_nan() && other.is_nan(),
            _ => self == other,
        }
    }

    fn tag(&self) -> Tag {
        match self {
            Content::Int(_) => Tag::Int,
            Content::Float(_) => Tag::Float,
            Content::Text(_) => Tag::Text,
            Content::Bits(_) => Tag::Bits,
        }
    }
}

/// A memory in which the tests make strings.
trait Strings: Memory {
    fn text(&mut self, bytes: &[u8]) -> Value;
}

impl Strings for Heap {
    fn text(&mut self, bytes: &[u8]) -> Value {
        self.string(bytes).unwrap()
    }
}

impl Strings for Guest {
    fn text(&mut self, bytes: &[u8]) -> Value {
        self.new_string(bytes)
    }
}

fn value(memory: &mut impl Strings, content: &Content) -> Value {
    match content {
        Content::Int(value) => Value::Int(*value),
        Content::Float(value) => Value::Float(*value),
        Content::Text(bytes) => memory.text(bytes),
        Content::Bits(bits) => Value::Bits(*bits),
    }
}

fn content(window: &[u8], tag: Tag, bits: u64) -> Content {
    match Value::from_bits(tag, bits) {
        Value::Int(value) => Content::Int(value),
        Value::Float(value) => Content::Float(value),
        Value::Bits(bits) => Content::Bits(bits),
        text => Content::Text(drystone::bucket::text_of(window, text).unwrap().to_vec()),
    }
}

type Model = Vec<(Content, i64)>;

fn model_insert(model: &mut Model, key: &Content, value: i64) {
    match model.iter_mut().find(|(known, _)| known.same(key)) {
        Some((_, place)) => *place = value,
        None => model.push((key.clone(), value)),
    }
}

fn check(memory: &impl Memory, offset: u32, tag: Tag, model: &Model) {
    verify(memory.bytes(), offset).unwrap();
    let table = Table::open(memory.bytes(), TableKind::Map, offset).unwrap();
    assert_eq!(table.size().unwrap() as usize, model.len());
    let (mut cursor, mut found) = (0, Vec::new());
    while let Some((key, value)) = table.next(&mut cursor).unwrap() {
        found.push((content(memory.bytes(), tag, key), value as i64));
    }
    assert!(found.len() == model.len(), "{found:?} {model:?}");
    for (found, expected) in found.iter().zip(model) {
        assert!(found.0.same(&expected.0) && found.1 == expected.1, "{found:?} {expected:?}");
        if let (Content::Float(one), Content::Float(other)) = (&found.0, &expected.0) {
            assert_eq!(one.to_bits(), other.to_bits(), "the first key's bits stay");
        }
    }
    assert_eq!(table.keys().count(), model.len());
    assert!(table.values().map(|value| value as i64).eq(model.iter().map(|(_, value)| *value)));
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Content, i64),
    InsertInPlace(Content, i64),
    Remove(Content),
    RemoveInPlace(Content),
    /// Continues with an older version, only persistently.
    Back(usize),
    Get(Content),
}

fn keys(kind: u8) -> BoxedStrategy<Content> {
    match kind {
        0 => (-40i64..40).prop_map(Content::Int).boxed(),
        1 => prop_oneof![
            (-20i32..20).prop_map(|value| Content::Float(f64::from(value) / 2.0)),
            Just(Content::Float(-0.0)),
            Just(Content::Float(f64::NAN)),
            Just(Content::Float(-f64::NAN)),
            Just(Content::Float(f64::INFINITY)),
        ]
        .boxed(),
        2 => prop_oneof![
            "[a-c]{0,3}".prop_map(|text| Content::Text(text.into_bytes())),
            "[ab]{14,18}".prop_map(|text| Content::Text(text.into_bytes())),
        ]
        .boxed(),
        _ => (0u32..50).prop_map(Content::Bits).boxed(),
    }
}

fn steps() -> impl Strategy<Value = (u8, Vec<Step>)> {
    (0u8..4).prop_flat_map(|kind| {
        let step = prop_oneof![
            6 => (keys(kind), any::<i8>()).prop_map(|(key, value)| Step::Insert(key, value.into())),
            3 => (keys(kind), any::<i8>()).prop_map(|(key, value)| Step::InsertInPlace(key, value.into())),
            2 => keys(kind).prop_map(Step::Remove),
            2 => keys(kind).prop_map(Step::RemoveInPlace),
            1 => (0usize..8).prop_map(Step::Back),
            2 => keys(kind).prop_map(Step::Get),
        ];
        (Just(kind), prop::collection::vec(step, 0..120))
    })
}

/// Versions that were not changed in place stay unchanged, whatever happens to the others.
struct Version {
    offset: u32,
    model: Model,
}

fn run(memory: &mut impl Strings, kind: u8, steps: &[Step]) {
    let tag = [Tag::Int, Tag::Float, Tag::Text, Tag::Bits][kind as usize];
    let first = map::new(memory).unwrap();
    memory.push_root(first);
    let mut versions = vec![Version { offset: first, model: Vec::new() }];
    let mut current = 0;
    // The newest versions, opened before a step: they stay valid.
    let mut opened: Vec<(u32, Opened)> = Vec::new();
    for step in steps {
        let offset = versions[current].offset;
        opened.push((offset, Opened::new(memory.bytes(), TableKind::Map, offset).unwrap()));
        let mut model = versions[current].model.clone();
        let in_place = match step {
            Step::Insert(key, number) => {
                let key_value = value(memory, key);
                let made = map::insert(memory, offset, key_value, Value::Int(*number)).unwrap();
                memory.push_root(made);
                model_insert(&mut model, key, *number);
                versions.push(Version { offset: made, model });
                current = versions.len() - 1;
                false
            }
            Step::Remove(key) => {
                let key_value = value(memory, key);
                let made = map::remove(memory, offset, Key::Value(key_value)).unwrap();
                memory.push_root(made);
                model.retain(|(known, _)| !known.same(key));
                versions.push(Version { offset: made, model });
                current = versions.len() - 1;
                false
            }
            Step::InsertInPlace(key, number) => {
                let key_value = value(memory, key);
                map::insert_in_place(memory, offset, key_value, Value::Int(*number)).unwrap();
                model_insert(&mut model, key, *number);
                versions[current].model = model;
                true
            }
            Step::RemoveInPlace(key) => {
                let key_value = value(memory, key);
                map::remove_in_place(memory, offset, Key::Value(key_value)).unwrap();
                model.retain(|(known, _)| !known.same(key));
                versions[current].model = model;
                true
            }
            Step::Back(which) => {
                current = which % versions.len();
                false
            }
            Step::Get(key) => {
                let key_value = value(memory, key);
                let table = Table::open(memory.bytes(), TableKind::Map, offset).unwrap();
                let expected = model.iter().find(|(known, _)| known.same(key)).map(|(_, value)| *value);
                let found = table.get(&Key::Value(key_value), Tag::Int).ok();
                assert_eq!(found, expected.map(Value::Int));
                if let Content::Text(bytes) = key {
                    assert_eq!(table.contains(&Key::Text(bytes)).unwrap(), expected.is_some());
                }
                assert_eq!(key.tag(), tag);
                false
            }
        };
        if in_place {
            // The promise that no other version is in use.
            let kept = versions.swap_remove(current);
            versions = vec![kept];
            current = 0;
        }
        for version in &versions {
            check(memory, version.offset, tag, &version.model);
        }
        opened.retain(|(offset, _)| versions.iter().any(|version| version.offset == *offset));
        opened.drain(..opened.len().saturating_sub(8));
        for (offset, opened) in &opened {
            let table = Table::open(memory.bytes(), TableKind::Map, *offset).unwrap();
            for field in table.keys().chain([7]).take(if tag == Tag::Text {
                table.size().unwrap() as usize
            } else {
                99
            }) {
                let key = Key::Value(Value::from_bits(tag, field));
                assert_eq!(opened.field(memory.bytes(), &key), table.field(&key));
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_heap_behaves_as_the_model((kind, steps) in steps()) {
        run(&mut Heap::new(0, 0).unwrap(), kind, &steps);
    }

    #[test]
    fn a_guest_that_moves_and_collects_behaves_as_the_model((kind, steps) in steps(), plain: bool, copy_strings: bool) {
        let mut guest = Guest::new(Flags { plain, copy_strings, zeroed: false });
        run(&mut guest, kind, &steps);
    }
}

#[test]
fn a_long_chain_shares_its_bucket() {
    let mut heap = Heap::new(0, 0).unwrap();
    let mut versions = vec![map::new(&mut heap).unwrap()];
    for key in 0..20_000 {
        let last = versions[versions.len() - 1];
        versions.push(map::insert(&mut heap, last, Value::Int(key), Value::Int(-key)).unwrap());
    }
    for (size, version) in versions.iter().enumerate().step_by(997) {
        let table = Table::open(heap.bytes(), TableKind::Map, *version).unwrap();
        assert_eq!(table.size().unwrap() as usize, size);
        assert_eq!(table.get(&Key::Value(Value::Int(size as i64)), Tag::Int), Err(Status::NotFound));
        if size > 0 {
            let key = size as i64 - 1;
            assert_eq!(table.get(&Key::Value(Value::Int(key)), Tag::Int), Ok(Value::Int(-key)));
        }
        verify(heap.bytes(), *version).unwrap();
    }
    for version in versions {
        heap.release(version).unwrap();
    }
    assert_eq!(heap.used(), 0);
}

#[test]
fn sets_have_elements_once() {
    let mut heap = Heap::new(0, 0).unwrap();
    let elements = [3, 1, 3, 2, 1].map(|element| Ok(Value::Int(element)));
    let some = set::from_elements(&mut heap, elements.into_iter()).unwrap();
    let more = set::add(&mut heap, some, Value::Int(9)).unwrap();
    assert_eq!(set::add(&mut heap, more, Value::Int(3)).unwrap(), more);
    let less = set::remove(&mut heap, more, Key::Value(Value::Int(1))).unwrap();
    let elements =
        |set: u32| -> Vec<u64> { Table::open(heap.bytes(), TableKind::Set, set).unwrap().keys().collect() };
    assert_eq!(elements(some), [3, 1, 2]);
    assert_eq!(elements(more), [3, 1, 2, 9]);
    assert_eq!(elements(less), [3, 2, 9]);
    assert_eq!(Table::open(heap.bytes(), TableKind::Map, some).err(), Some(Status::WrongType));
    set::add_in_place(&mut heap, less, Value::Int(4)).unwrap();
    set::remove_in_place(&mut heap, less, Key::Value(Value::Int(3))).unwrap();
    assert_eq!(
        Table::open(heap.bytes(), TableKind::Set, less).unwrap().keys().collect::<Vec<_>>(),
        [2, 9, 4]
    );
}

/// An opened version answers as one opened for the call, wherever its wrapper lies and whichever byte changes of what it
/// says of the version.
#[test]
fn an_opened_map_compares_its_version() {
    let mut heap = Heap::new(0, 0).unwrap();
    let made = map::new(&mut heap).unwrap();
    for key in 0..100 {
        map::insert_in_place(&mut heap, made, Value::Int(key), Value::Int(-key)).unwrap();
    }
    for behind in [0, 3, 4, 20] {
        let mut memory = heap.bytes().to_vec();
        let wrapper = memory.len();
        memory.extend_from_within(made as usize..made as usize + 12);
        memory.resize(memory.len() + behind, 0);
        let opened = Opened::new(&memory, TableKind::Map, wrapper as u32).unwrap();
        for changed in 4..memory.len() - wrapper {
            memory[wrapper + changed] ^= 1;
            for key in [0, 57, 99, 100].map(|key| Key::Value(Value::Int(key))) {
                let now = Table::open(&memory, TableKind::Map, wrapper as u32);
                assert_eq!(opened.field(&memory, &key), now.and_then(|table| table.field(&key)));
            }
            memory[wrapper + changed] ^= 1;
        }
        let found = opened.field(&memory, &Key::Value(Value::Int(57)));
        assert_eq!(found, Ok(-57_i64 as u64));
    }
}
