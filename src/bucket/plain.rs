//! A plain bucket is read up to its count, by every function that scans one: later slots contain what a conservative
//! collector's marks look like. The bytes read are counted.

use super::effort::looked::during;
use super::imports::{GuestLayout, I32, I64, Import};
use super::layout::{HEADER_BYTES, SLOT_BYTES, Wrapper};
use super::{
    Flags, Heap, Key, Memory, Table, TableKind, Tag, Value, freeze, freeze_size, frozen, map, verify,
};
use crate::status::Status;

const COUNT: i64 = 1000;
/// A key of the marks, which is not in the map.
const MARKED: i64 = 5000;
/// The bytes of the live slots, with a second look at whether they are live, and a little.
const ONCE: usize = (SLOT_BYTES + 4) * COUNT as usize + 200;

/// A heap whose other readers know only the plain layout.
struct Plain(Heap);

impl Memory for Plain {
    fn bytes(&self) -> &[u8] {
        self.0.bytes()
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self.0.bytes_mut()
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        self.0.allocate(size)
    }

    fn flags(&self) -> Flags {
        Flags { plain: true, ..self.0.flags() }
    }

    fn seed(&mut self) -> u64 {
        self.0.seed()
    }
}

fn key(key: i64) -> Key<'static> {
    Key::Value(Value::Int(key))
}

/// A map from the numbers below `COUNT` to their negatives, with marks in all later slots.
fn marked() -> (Plain, u32) {
    let mut memory = Plain(Heap::new(0, 0).unwrap());
    let entries = (0..COUNT as i32).map(i64::from).map(|key| Ok((Value::Int(key), Value::Int(-key))));
    let map = map::from_entries(&mut memory, entries).unwrap();
    let Wrapper { bucket, view, .. } = Wrapper::load(memory.bytes(), map).unwrap();
    assert_eq!(view, None);
    let bytes = &mut memory.bytes_mut()[bucket as usize..];
    let capacity = u32::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    assert!(capacity >= 2 * COUNT as usize);
    for slot in COUNT as usize..capacity {
        let at = HEADER_BYTES + SLOT_BYTES * slot;
        let occupancy = if slot % 2 == 0 { 1_u32 } else { 0x8000_0001 };
        bytes[at..at + 4].copy_from_slice(&occupancy.to_le_bytes());
        bytes[at + 4..at + 12].copy_from_slice(&(MARKED + slot as i64 % 3).to_le_bytes());
    }
    (memory, map)
}

fn keys(memory: &Plain, map: u32) -> Vec<i64> {
    Table::open(memory.bytes(), TableKind::Map, map).unwrap().keys().map(|key| key as i64).collect()
}

/// Runs a call on the marked map, which may read the live slots this many times.
fn within<T>(times: usize, run: impl FnOnce(&mut Plain, u32) -> T) -> (T, Plain, u32) {
    let (mut memory, map) = marked();
    let (result, looked) = during(|| run(&mut memory, map));
    assert!(looked <= times * ONCE, "{looked} bytes for {times} times {ONCE}");
    (result, memory, map)
}

fn open(memory: &Plain, map: u32) -> Table<'_> {
    Table::open(memory.bytes(), TableKind::Map, map).unwrap()
}

#[test]
fn lookups_and_walks_end_at_the_count() {
    let all: Vec<i64> = (0..COUNT).collect();
    for absent in [MARKED, MARKED + 1, COUNT] {
        within(1, |memory, map| assert_eq!(open(memory, map).contains(&key(absent)), Ok(false)));
        within(1, |memory, map| assert_eq!(open(memory, map).field(&key(absent)), Err(Status::NotFound)));
    }
    within(1, |memory, map| {
        assert_eq!(open(memory, map).get(&key(COUNT - 1), Tag::Int), Ok(Value::Int(1 - COUNT)));
    });
    let (mut memory, map) = marked();
    let (found, looked) = during(|| open(&memory, map).contains(&key(0)));
    assert!(found == Ok(true) && looked <= 200, "{looked} bytes for the first key");
    assert_eq!(open(&memory, map).size(), Ok(COUNT as u32));
    within(1, |memory, map| assert_eq!(keys(memory, map), all));
    within(1, |memory, map| {
        assert_eq!(
            open(memory, map).values().map(|value| -(value as i64)).sum::<i64>(),
            COUNT * (COUNT - 1) / 2
        )
    });
    let mut cursor = 0;
    for expected in 0..COUNT {
        assert_eq!(open(&memory, map).next(&mut cursor).unwrap().map(|(key, _)| key as i64), Some(expected));
    }
    assert_eq!(open(&memory, map).next(&mut cursor), Ok(None));
    assert_eq!(verify(memory.bytes(), map), Ok(()));
    let mut call = |name: &str, results: &[u8]| {
        let import = Import::find(name.as_bytes(), &[I32], results, &GuestLayout::default()).unwrap();
        import.call(&mut memory, &[map.into()]).unwrap().words().to_vec()
    };
    assert_eq!(call("map_size", &[I64]), [COUNT as u64]);
    for name in ["map_keys$ki", "map_values$vi"] {
        assert_eq!(call(name, &[I32, I32])[1], COUNT as u64);
    }
}

#[test]
fn changes_end_at_the_count() {
    // A search, another one after the allocation, and a copy.
    let (more, memory, map) =
        within(3, |memory, map| map::insert(memory, map, Value::Int(MARKED), Value::Int(1)));
    let mut expected: Vec<i64> = (0..COUNT).collect();
    assert_eq!(keys(&memory, map), expected);
    expected.push(MARKED);
    assert_eq!(keys(&memory, more.unwrap()), expected);

    // A search, and a copy.
    let (less, memory, _) = within(2, |memory, map| map::remove(memory, map, key(7)));
    expected.retain(|key| *key != 7 && *key != MARKED);
    assert_eq!(keys(&memory, less.unwrap()), expected);
    let (same, _, map) = within(1, |memory, map| map::remove(memory, map, key(MARKED)));
    assert_eq!(same, Ok(map));

    let (changed, memory, map) =
        within(2, |memory, map| map::insert(memory, map, Value::Int(7), Value::Int(1)));
    assert_eq!(open(&memory, changed.unwrap()).get(&key(7), Tag::Int), Ok(Value::Int(1)));
    assert_eq!(open(&memory, map).get(&key(7), Tag::Int), Ok(Value::Int(-7)));

    let (result, mut memory, map) =
        within(2, |memory, map| map::insert_in_place(memory, map, Value::Int(MARKED + 1), Value::Int(1)));
    assert_eq!(result, Ok(()));
    assert_eq!(
        (keys(&memory, map).len(), open(&memory, map).contains(&key(MARKED))),
        (COUNT as usize + 1, Ok(false))
    );
    assert_eq!(map::remove_in_place(&mut memory, map, key(MARKED + 1)), Ok(()));
    let (result, memory, map) = within(1, |memory, map| map::remove_in_place(memory, map, key(7)));
    assert_eq!((result, keys(&memory, map)), (Ok(()), expected));
    assert_eq!(verify(memory.bytes(), map), Ok(()));
}

#[test]
fn stones_have_no_marks() {
    let (memory, map) = marked();
    let (kind, tag) = (TableKind::Map, Tag::Int);
    let size = freeze_size(memory.bytes(), kind, map, tag, tag).unwrap();
    let mut stone = vec![0; size];
    freeze(memory.bytes(), kind, map, tag, tag, 1, &mut stone).unwrap();
    let place = frozen(&stone).unwrap();
    let table = Table::open(&stone, kind, place.wrapper).unwrap();
    assert_eq!(table.keys().map(|key| key as i64).collect::<Vec<_>>(), (0..COUNT).collect::<Vec<_>>());
    assert_eq!(table.contains(&key(MARKED)), Ok(false));
}
