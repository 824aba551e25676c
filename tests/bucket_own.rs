//! Changes of a variable's map, compared with a model in which every version is a separate list and an iteration knows the
//! last entry that it returned.

mod common;
#[path = "common/generate.rs"]
mod generate;

use drystone::Status;
use drystone::bucket::{Heap, Key, Memory, Table, TableKind, Value, map, set, share, verify};
use generate::cases;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Set(usize, i64, i64),
    Delete(usize, i64),
    Clear(usize),
    /// Adds a variable with the same map.
    Share(usize),
    /// The same, by a change that may have nothing to do and returns the wrapper itself.
    Insert(usize, i64, i64),
    Drop(usize),
    Walk(usize),
    Next(usize),
    End(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = || prop_oneof![3 => 0i64..12, 2 => 0i64..200];
    let step = prop_oneof![
        40 => (0usize..8, key(), 0i64..3).prop_map(|(which, key, value)| Step::Set(which, key, value)),
        20 => (0usize..8, key()).prop_map(|(which, key)| Step::Delete(which, key)),
        1 => (0usize..8).prop_map(Step::Clear),
        3 => (0usize..8).prop_map(Step::Share),
        3 => (0usize..8, key(), 0i64..3).prop_map(|(which, key, value)| Step::Insert(which, key, value)),
        3 => (0usize..8).prop_map(Step::Drop),
        4 => (0usize..8).prop_map(Step::Walk),
        20 => (0usize..8).prop_map(Step::Next),
        2 => (0usize..8).prop_map(Step::End),
    ];
    prop::collection::vec(step, 0..500)
}

/// Entries by the number of their insertion.
type Entries = Vec<(u64, i64, i64)>;

#[derive(Default)]
struct Model {
    variables: Vec<(u32, Entries)>,
    /// Each with its wrapper and the last entry that it returned.
    walks: Vec<(u32, u32, u64)>,
    given: u64,
}

impl Model {
    fn put(&mut self, which: usize, key: i64, value: i64) {
        let entries = &mut self.variables[which].1;
        match entries.iter_mut().find(|(_, known, _)| *known == key) {
            Some((_, _, place)) => *place = value,
            None => {
                self.given += 1;
                entries.push((self.given, key, value));
            }
        }
    }
}

fn run(steps: &[Step]) {
    let mut heap = Heap::new(0, 0).unwrap();
    let mut model = Model::default();
    model.variables.push((map::new(&mut heap).unwrap(), Vec::new()));
    for step in steps {
        let count = model.variables.len();
        match *step {
            Step::Set(which, key, value) => {
                let which = which % count;
                // Other variables with the same wrapper keep it and its iterations.
                let is_alone =
                    model.variables.iter().filter(|(map, _)| *map == model.variables[which].0).count() == 1;
                let before = model.variables[which].0;
                map::set(&mut heap, &mut model.variables[which].0, Value::Int(key), Value::Int(value))
                    .unwrap();
                assert_eq!(before == model.variables[which].0, is_alone);
                model.put(which, key, value);
            }
            Step::Delete(which, key) => {
                let (map, entries) = &mut model.variables[which % count];
                let deleted = map::delete(&mut heap, map, Key::Value(Value::Int(key)));
                let before = entries.len();
                entries.retain(|(_, known, _)| *known != key);
                assert_eq!(deleted, if entries.len() < before { Ok(()) } else { Err(Status::NotFound) });
            }
            Step::Clear(which) => {
                let (map, entries) = &mut model.variables[which % count];
                map::clear(&mut heap, map).unwrap();
                entries.clear();
            }
            Step::Share(which) if count < 8 => {
                let (map, entries) = model.variables[which % count].clone();
                model.variables.push((share(&mut heap, map).unwrap(), entries));
            }
            Step::Insert(which, key, value) if count < 8 => {
                let (map, entries) = model.variables[which % count].clone();
                let made = map::insert(&mut heap, map, Value::Int(key), Value::Int(value)).unwrap();
                model.variables.push((made, entries));
                model.put(count, key, value);
            }
            Step::Drop(which) if count > 1 => {
                let (map, _) = model.variables.swap_remove(which % count);
                heap.release(map).unwrap();
                if model.variables.iter().all(|(other, _)| *other != map) {
                    for walk in model.walks.iter_mut().filter(|walk| walk.1 == map) {
                        walk.1 = 0;
                    }
                }
            }
            Step::Walk(which) => {
                let map = model.variables[which % count].0;
                model.walks.push((heap.walk_begin(map).unwrap(), map, 0));
            }
            Step::Next(which) if !model.walks.is_empty() => {
                let which = which % model.walks.len();
                let (walk, map, last) = &mut model.walks[which];
                let entries =
                    model.variables.iter().find(|(known, _)| known == map).map(|(_, entries)| entries);
                let next = entries.and_then(|entries| entries.iter().find(|(number, ..)| number > last));
                let found = heap.walk_next(*walk).unwrap();
                assert_eq!(found, next.map(|(_, key, value)| (*key as u64, *value as u64)));
                *last = next.map_or(*last, |(number, ..)| *number);
            }
            Step::End(which) if !model.walks.is_empty() => {
                let (walk, ..) = model.walks.swap_remove(which % model.walks.len());
                heap.walk_end(walk).unwrap();
            }
            _ => {}
        }
        for (map, entries) in &model.variables {
            verify(heap.bytes(), *map).unwrap();
            let table = Table::open(heap.bytes(), TableKind::Map, *map).unwrap();
            assert_eq!(table.size().unwrap() as usize, entries.len());
            assert!(table.keys().eq(entries.iter().map(|(_, key, _)| *key as u64)));
            assert!(table.values().eq(entries.iter().map(|(.., value)| *value as u64)));
        }
    }
    for (walk, ..) in model.walks {
        heap.walk_end(walk).unwrap();
        assert_eq!(heap.walk_end(walk), Err(Status::InvalidArgument));
    }
    model.variables.iter().for_each(|(map, _)| heap.release(*map).unwrap());
    assert_eq!(heap.used(), 0);
}

/// Runs the steps that change variables, with texts as keys: from outside the memory, and from inside.
fn run_with_texts(steps: &[Step]) {
    let mut heap = Heap::new(0, 0).unwrap();
    let mut variables = vec![(map::new(&mut heap).unwrap(), Vec::<(String, i64)>::new())];
    let text =
        |key: i64| if key == 0 { String::new() } else { format!("{key}").repeat(key as usize % 7 + 1) };
    let put = |entries: &mut Vec<(String, i64)>, key: String, value| match entries
        .iter_mut()
        .find(|(known, _)| *known == key)
    {
        Some((_, place)) => *place = value,
        None => entries.push((key, value)),
    };
    for step in steps {
        let count = variables.len();
        match *step {
            Step::Set(which, key, value) => {
                let (map, entries) = &mut variables[which % count];
                map::set_text(&mut heap, map, text(key).as_bytes(), Value::Int(value)).unwrap();
                put(entries, text(key), value);
            }
            Step::Delete(which, key) => {
                let (map, entries) = &mut variables[which % count];
                let deleted = map::delete(&mut heap, map, Key::Text(text(key).as_bytes()));
                let before = entries.len();
                entries.retain(|(known, _)| *known != text(key));
                assert_eq!(deleted, if entries.len() < before { Ok(()) } else { Err(Status::NotFound) });
            }
            Step::Share(which) if count < 8 => {
                let (map, entries) = variables[which % count].clone();
                variables.push((share(&mut heap, map).unwrap(), entries));
            }
            Step::Insert(which, key, value) if count < 8 => {
                let (map, mut entries) = variables[which % count].clone();
                let held = heap.string(text(key).as_bytes()).unwrap();
                let made = map::insert(&mut heap, map, held, Value::Int(value)).unwrap();
                heap.release_string(held).unwrap();
                put(&mut entries, text(key), value);
                variables.push((made, entries));
            }
            Step::Drop(which) if count > 1 => {
                heap.release(variables.swap_remove(which % count).0).unwrap();
            }
            _ => {}
        }
        for (map, entries) in &variables {
            verify(heap.bytes(), *map).unwrap();
            let table = Table::open(heap.bytes(), TableKind::Map, *map).unwrap();
            assert_eq!(table.size().unwrap() as usize, entries.len());
            for (key, value) in entries {
                assert_eq!(table.field(&Key::Text(key.as_bytes())), Ok(*value as u64));
            }
        }
    }
}

/// A text that the map has already takes no memory; a new one is freed with the map.
#[test]
fn texts_are_copied_once() {
    let mut heap = Heap::new(0, 0).unwrap();
    let mut own = map::new(&mut heap).unwrap();
    let key = [b'k'; 1000];
    map::set_text(&mut heap, &mut own, &key, Value::Int(1)).unwrap();
    let used = heap.used();
    assert!(used > 1000);
    map::set_text(&mut heap, &mut own, &key, Value::Int(2)).unwrap();
    assert_eq!(heap.used(), used);
    for _ in 0..1000 {
        map::delete(&mut heap, &mut own, Key::Text(&key)).unwrap();
        map::set_text(&mut heap, &mut own, &key, Value::Int(3)).unwrap();
    }
    assert!(heap.used() < 500_000, "{}", heap.used());
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn versions_with_texts_are_as_in_the_model(steps in steps()) {
        run_with_texts(&steps);
    }

    #[test]
    fn versions_and_iterations_are_as_in_the_model(steps in steps()) {
        run(&steps);
    }
}

/// A map that only one variable has is changed in place: nothing is copied.
/// Keys are compared in blocks, depending on their length, and every byte counts.
#[test]
fn texts_that_differ_in_one_byte_are_deleted_one_by_one() {
    for length in 1..40 {
        let mut heap = Heap::new(0, 0).unwrap();
        let mut own = map::new(&mut heap).unwrap();
        let key =
            |changed: usize| -> Vec<u8> { (0..length).map(|at| b'a' + u8::from(at == changed)).collect() };
        for changed in 0..=length {
            map::set_text(&mut heap, &mut own, &key(changed), Value::Int(changed as i64)).unwrap();
        }
        for changed in (0..=length).rev() {
            assert_eq!(map::delete(&mut heap, &mut own, Key::Text(&key(changed))), Ok(()));
            assert_eq!(map::delete(&mut heap, &mut own, Key::Text(&key(changed))), Err(Status::NotFound));
            let left = Table::open(heap.bytes(), TableKind::Map, own).unwrap().size().unwrap();
            assert_eq!(left, changed as u32);
        }
    }
}

#[test]
fn maps_that_are_not_shared_are_not_copied() {
    let mut heap = Heap::new(0, 0).unwrap();
    let mut own = set::new(&mut heap).unwrap();
    let first = own;
    for element in 0..10_000 {
        set::put(&mut heap, &mut own, Value::Int(element)).unwrap();
    }
    assert_eq!(own, first);
    let version = share(&mut heap, own).unwrap();
    let used = heap.used();
    // The newest version continues in the bucket that both share.
    set::put(&mut heap, &mut own, Value::Int(-1)).unwrap();
    assert_eq!(heap.used(), used);
    set::put(&mut heap, &mut own, Value::Int(-1)).unwrap();
    assert_eq!(heap.used(), used);
    set::delete(&mut heap, &mut own, Key::Value(Value::Int(0))).unwrap();
    assert!(heap.used() > used * 3 / 2);
    let size = |heap: &Heap, set| Table::open(heap.bytes(), TableKind::Set, set).unwrap().size().unwrap();
    assert_eq!((size(&heap, own), size(&heap, version)), (10_000, 10_000));
    heap.release(version).unwrap();
    // A small rest takes little memory.
    for element in 1..9_999 {
        set::delete(&mut heap, &mut own, Key::Value(Value::Int(element))).unwrap();
    }
    assert!(heap.used() < 4000, "{}", heap.used());
    assert_eq!(size(&heap, own), 2);
}

#[test]
fn a_call_that_fails_changes_nothing() {
    let mut heap = Heap::new(0, 60_000).unwrap();
    let mut texts = map::new(&mut heap).unwrap();
    let mut own = map::new(&mut heap).unwrap();
    let failed = (0..).find(|key| {
        let set = map::set(&mut heap, &mut own, Value::Int(*key), Value::Int(0));
        assert!(matches!(set, Ok(()) | Err(Status::NoMemory)));
        set.is_err()
    });
    let count = failed.unwrap();
    let mut other = share(&mut heap, own).unwrap();
    while heap.allocate(1).is_ok() {}
    let used = heap.used();
    for key in [0, count] {
        assert_eq!(map::set(&mut heap, &mut other, Value::Int(key), Value::Int(1)), Err(Status::NoMemory));
    }
    assert_eq!(map::delete(&mut heap, &mut other, Key::Value(Value::Int(0))), Err(Status::NoMemory));
    assert_eq!(map::set_text(&mut heap, &mut texts, b"key", Value::Int(1)), Err(Status::NoMemory));
    // One of two owners of a wrapper asks for a change.
    let mut again = map::insert(&mut heap, own, Value::Int(0), Value::Int(0)).unwrap();
    assert_eq!(again, own);
    assert_eq!(map::set(&mut heap, &mut again, Value::Int(count), Value::Int(1)), Err(Status::NoMemory));
    assert_eq!(again, own);
    heap.release(again).unwrap();
    assert_eq!(heap.used(), used);
    verify(heap.bytes(), own).unwrap();
    assert_eq!(Table::open(heap.bytes(), TableKind::Map, own).unwrap().size(), Ok(count as u32));
}
