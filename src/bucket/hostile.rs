//! How much calls read in memory that was made as expensive as possible: counted, not timed.

use super::effort::looked::during;
use super::key::hash_text;
use super::layout::{GROUP_BYTES, HEADER_BYTES, SLOT_BYTES, TRAILER_BYTES};
use super::{
    Flags, Heap, Key, Memory, Table, TableKind, Tag, Value, freeze, freeze_limit, freeze_size,
    freeze_size_within, map, set, verify,
};
use crate::status::Status;

/// No call reads more bytes than this multiple of the memory's length, plus a little.
const MOST: usize = 24;

/// New blocks are taken from the end.
struct Window {
    bytes: Vec<u8>,
    flags: Flags,
}

impl Memory for Window {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        let block = self.bytes.len().next_multiple_of(8);
        self.bytes.resize(block + size as usize, 0);
        Ok(block as u32)
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        SEED
    }
}

const SEED: u64 = 0x1234_5678_9ABC_DEF1;
const WRAPPER: u32 = 16;
const BUCKET: usize = 32;
const MAP: u32 = 0xFEED_C001;
const SET: u32 = 0xFEED_C002;

fn put(bytes: &mut [u8], at: usize, words: &[u32]) {
    for (place, word) in bytes[at..].chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

/// A map whose slots are these, in a memory that ends with as many letters.
fn window(tag: u32, view: Option<u32>, capacity: u32, keys: &[(u32, u32)], letters: usize) -> Window {
    let index = if view.is_some() { capacity as usize / 8 * GROUP_BYTES + TRAILER_BYTES } else { 0 };
    let mut bytes = vec![0; BUCKET + HEADER_BYTES + SLOT_BYTES * capacity as usize + index];
    let start = bytes.len() as u32;
    bytes.resize(bytes.len() + letters, b'a');
    put(&mut bytes, WRAPPER as usize, &[tag, view.map_or(0, |view| view | 1 << 31), BUCKET as u32]);
    put(&mut bytes, BUCKET, &[capacity, keys.len() as u32]);
    for (number, (from, length)) in keys.iter().enumerate() {
        put(&mut bytes, BUCKET + HEADER_BYTES + SLOT_BYTES * number, &[1, start + from, *length, 7, 0]);
    }
    Window { bytes, flags: Flags::default() }
}

fn index_at(capacity: u32) -> usize {
    BUCKET + HEADER_BYTES + SLOT_BYTES * capacity as usize
}

fn put_trailer(memory: &mut Window, capacity: u32, used: u32) {
    let at = index_at(capacity) + capacity as usize * 4;
    put(&mut memory.bytes, at, &[SEED as u32, (SEED >> 32) as u32, used]);
}

/// Every slot's key has `length` letters, and every entry of the index has this hash.
fn same_hashes(tag: u32, capacity: u32, length: u32, hash: u64) -> Window {
    let count = capacity / 8 * 7;
    let keys: Vec<_> = (0..count).map(|number| (number, length)).collect();
    let mut memory = window(tag, Some(count), capacity, &keys, (length + capacity) as usize);
    let entry = |number: u32| (1 << 31 | (hash >> 33) as u32) & !(capacity - 1) | (number % count);
    let entries: Vec<u32> = (0..capacity).map(entry).collect();
    put(&mut memory.bytes, index_at(capacity), &entries);
    put_trailer(&mut memory, capacity, count);
    memory
}

/// A valid map of overlapping keys, each of another length, in a plain bucket or with an index.
fn overlapping(capacity: u32, length: u32, indexed: bool) -> Window {
    let count = capacity / 4 * 3;
    let keys: Vec<_> = (0..count).map(|number| (0, length - number)).collect();
    let mut memory = window(MAP, indexed.then_some(count), capacity, &keys, length as usize);
    if indexed {
        put_trailer(&mut memory, capacity, count);
        let groups = capacity as usize / 8;
        let mut filled = vec![0; groups];
        for (number, (_, length)) in keys.iter().enumerate() {
            let hash = hash_text(SEED, &vec![b'a'; *length as usize]);
            let mut group = hash as usize % groups;
            while filled[group] == 8 {
                group = (group + 1) % groups;
            }
            let entry = (1 << 31 | (hash >> 33) as u32) & !(capacity - 1) | number as u32;
            put(&mut memory.bytes, index_at(capacity) + 32 * group + 4 * filled[group], &[entry]);
            filled[group] += 1;
        }
    }
    memory
}

/// The result of a call, after checking that it read no more than allowed.
fn bounded<T>(name: &str, length: usize, run: impl FnOnce() -> T) -> T {
    let (result, looked) = during(run);
    assert!(looked <= MOST * length + 8192, "{name} looked at {looked} bytes of {length}");
    result
}

fn refused<T>(name: &str, length: usize, run: impl FnOnce() -> Result<T, Status>) {
    is_refusal(name, bounded(name, length, run).err());
}

fn is_refusal(name: &str, refusal: Option<Status>) {
    assert!(matches!(refusal, Some(Status::LimitExceeded | Status::Malformed)), "{name}: {refusal:?}");
}

/// The same for a change, which may have grown the memory.
fn refuses<T>(name: &str, memory: &mut Window, run: impl FnOnce(&mut Window) -> Result<T, Status>) {
    let (result, looked) = during(|| run(memory));
    is_refusal(name, result.err());
    let length = memory.bytes.len();
    assert!(looked <= MOST * length + 8192, "{name} looked at {looked} bytes of {length}");
}

/// Differs from all keys of the same length in the last byte.
fn stranger(length: u32) -> Vec<u8> {
    let mut text = vec![b'a'; length as usize];
    text[length as usize - 1] = b'b';
    text
}

fn look_up_everywhere(mut memory: Window, kind: TableKind, text: &[u8]) {
    let length = memory.bytes.len();
    let Ok(Value::Text { pointer, .. }) = super::string_new(&mut memory, text) else { panic!("a string") };
    let inside = Value::Text { pointer, length: text.len() as u32 };
    for key in [Key::Text(text), Key::Value(inside)] {
        let table = || Table::open(&memory.bytes, kind, WRAPPER);
        refused("get", length, || table()?.get(&key, Tag::Int));
        refused("field", length, || table()?.field(&key));
        refused("contains", length, || table()?.contains(&key));
    }
    match kind {
        TableKind::Map => {
            refuses("insert", &mut memory, |memory| map::insert(memory, WRAPPER, inside, inside));
            refuses("insert in place", &mut memory, |memory| {
                map::insert_in_place(memory, WRAPPER, inside, inside)
            });
            refuses("remove", &mut memory, |memory| map::remove(memory, WRAPPER, Key::Text(text)));
            refuses("remove in place", &mut memory, |memory| {
                map::remove_in_place(memory, WRAPPER, Key::Text(text))
            });
        }
        TableKind::Set => {
            refuses("add", &mut memory, |memory| set::add(memory, WRAPPER, inside));
            refuses("add in place", &mut memory, |memory| set::add_in_place(memory, WRAPPER, inside));
            refuses("remove", &mut memory, |memory| set::remove(memory, WRAPPER, Key::Text(text)));
            refuses("remove in place", &mut memory, |memory| {
                set::remove_in_place(memory, WRAPPER, Key::Text(text))
            });
        }
    }
}

#[test]
fn a_key_is_compared_with_few_of_the_strings_that_have_its_hash() {
    let text = stranger(20_000);
    for (tag, kind) in [(MAP, TableKind::Map), (SET, TableKind::Set)] {
        look_up_everywhere(same_hashes(tag, 1024, 20_000, hash_text(SEED, &text)), kind, &text);
        let keys: Vec<_> = (0..1024).map(|number| (number, 20_000)).collect();
        look_up_everywhere(window(tag, None, 1024, &keys, 21_024), kind, &text);
    }
}

#[test]
fn strings_that_overlap_are_not_hashed_again_and_again() {
    let mut memory = overlapping(1024, 20_000, false);
    let key = Value::Text { pointer: 16, length: 3 };
    refuses("insert", &mut memory, |memory| map::insert(memory, WRAPPER, key, key));
    refuses("insert in place", &mut memory, |memory| map::insert_in_place(memory, WRAPPER, key, key));
    let first = Key::Text(&[b'a'; 20_000]);
    refuses("remove", &mut memory, |memory| map::remove(memory, WRAPPER, first));
    let fields: Vec<u64> = Table::open(&memory.bytes, TableKind::Map, WRAPPER).unwrap().keys().collect();
    let elements = fields.iter().map(|field| Ok(Value::from_bits(Tag::Text, *field)));
    refuses("from_elements", &mut memory, |memory| set::from_elements(memory, elements.clone()));
    memory.flags.plain = true;
    refuses("from_elements, plain", &mut memory, |memory| set::from_elements(memory, elements));
    // All of it is valid; it is only expensive to read.
    let memory = overlapping(1024, 20_000, true);
    let length = memory.bytes.len();
    assert_eq!(bounded("verify", length, || verify(&memory.bytes, WRAPPER)), Err(Status::LimitExceeded));
    let memory = overlapping(128, 200, true);
    assert_eq!(verify(&memory.bytes, WRAPPER), Ok(()));
}

#[test]
fn one_key_many_times_is_not_looked_for_again_and_again() {
    let keys = vec![(0, 0); 24_000];
    for tag in [Tag::Int, Tag::Text] {
        let mut memory = window(MAP, None, 1 << 15, &keys, 0);
        let length = memory.bytes.len();
        let key = Value::from_bits(tag, 0x0000_0003_0000_0010);
        refuses("insert", &mut memory, |memory| map::insert(memory, WRAPPER, key, key));
        let size = freeze_size(&memory.bytes, TableKind::Map, WRAPPER, tag, tag).unwrap();
        let mut stone = vec![0; size];
        let window = &memory.bytes;
        refused("freeze", length, || freeze(window, TableKind::Map, WRAPPER, tag, tag, SEED, &mut stone));
    }
}

#[test]
fn slots_that_are_empty_or_not_ours_cost_as_the_memory_has_them() {
    let mut memory = window(MAP, None, 1 << 14, &[], 0);
    let length = memory.bytes.len();
    // One entry after all empty ones, and one that belongs to no slot.
    let last = BUCKET + HEADER_BYTES + SLOT_BYTES * ((1 << 14) - 2);
    put(&mut memory.bytes, last, &[1, 5, 0, 6, 0, 1, 7, 0, 8, 0]);
    put(&mut memory.bytes, BUCKET + 4, &[1]);
    let table = Table::open(&memory.bytes, TableKind::Map, WRAPPER).unwrap();
    let mut cursor = 0;
    assert_eq!(bounded("next", length, || table.next(&mut cursor)), Ok(Some((5, 6))));
    assert_eq!(bounded("next", length, || table.next(&mut cursor)), Ok(None));
    assert_eq!(bounded("keys", length, || table.keys().collect::<Vec<_>>()), [5]);
    assert_eq!(bounded("values", length, || table.values().collect::<Vec<_>>()), [6]);
    assert_eq!(bounded("size", length, || table.size()), Ok(1));
    assert_eq!(bounded("verify", length, || verify(&memory.bytes, WRAPPER)), Ok(()));
    let size = || freeze_size(&memory.bytes, TableKind::Map, WRAPPER, Tag::Int, Tag::Int);
    assert!(bounded("freeze_size", length, size).is_ok_and(|size| size < 256));
}

#[test]
fn a_small_memory_makes_no_huge_stone() {
    for (key, value) in [(Tag::Text, Tag::Int), (Tag::Int, Tag::Text)] {
        // Values are strings too: they begin at 7 and have no length, unless a test says otherwise.
        let keys: Vec<_> = (0..12_000).map(|number| (number, 200_000)).collect();
        let mut memory = window(MAP, None, 1 << 14, &keys, 220_000);
        if value == Tag::Text {
            for slot in memory.bytes[BUCKET + HEADER_BYTES..].chunks_exact_mut(SLOT_BYTES).take(12_000) {
                slot.copy_within(4..12, 12);
            }
        }
        let length = memory.bytes.len();
        let of = |limit| freeze_size_within(&memory.bytes, TableKind::Map, WRAPPER, key, value, limit);
        refused("freeze_size", length, || freeze_size(&memory.bytes, TableKind::Map, WRAPPER, key, value));
        assert_eq!(of(freeze_limit(&memory.bytes)), Err(Status::LimitExceeded));
        assert!(of(usize::MAX).is_ok_and(|size| size > 2_000_000_000));
    }
}

#[test]
fn a_string_that_many_entries_have_is_in_a_stone_once() {
    let mut heap = Heap::new(0, 0).unwrap();
    let texts = [heap.string(&[b'x'; 100_000]).unwrap(), heap.string(&[b'y'; 50_000]).unwrap()];
    let entries = (0..1000).map(|key: i32| Ok((Value::Int(key.into()), texts[key as usize % 2])));
    let map = map::from_entries(&mut heap, entries).unwrap();
    let size = freeze_size(heap.bytes(), TableKind::Map, map, Tag::Int, Tag::Text).unwrap();
    assert!(size < 250_000, "{size}");
    let within = |limit| freeze_size_within(heap.bytes(), TableKind::Map, map, Tag::Int, Tag::Text, limit);
    assert_eq!((within(size), within(size - 1)), (Ok(size), Err(Status::LimitExceeded)));
    let mut stone = vec![0; size];
    freeze(heap.bytes(), TableKind::Map, map, Tag::Int, Tag::Text, SEED, &mut stone).unwrap();
    let found = super::frozen(&stone).unwrap();
    verify(&stone, found.wrapper).unwrap();
    let table = Table::open(&stone, TableKind::Map, found.wrapper).unwrap();
    for key in 0..1000 {
        let text = table.get(&Key::Value(Value::Int(key)), Tag::Text).unwrap();
        let expected = if key % 2 == 0 { (100_000, b'x') } else { (50_000, b'y') };
        let text = table.text(text).unwrap();
        assert_eq!((text.len(), text[text.len() - 1]), expected);
    }
}

/// Wrappers that refer to buckets that do not exist: many to the same one, or to overlapping ones.
#[test]
fn a_sweep_looks_at_each_block_once() {
    for distance in [0, 8] {
        let mut heap = Heap::new(0, 0).unwrap();
        let Ok(Value::Text { pointer, .. }) = heap.string(&[0; 500_000]) else { panic!("a string") };
        for number in 0..20_000_u32 {
            let wrapper = map::new(&mut heap).unwrap() as usize;
            let bucket = pointer + 4 * u32::from(distance == 0) + number % 1000 * distance;
            put(heap.bytes_mut(), wrapper + 8, &[bucket]);
            put(heap.bytes_mut(), bucket as usize, &[1 << 14, 0]);
        }
        let loose = heap.string(&[1; 100_000]).unwrap();
        heap.release_string(loose).unwrap();
        let (length, used) = (heap.bytes().len(), heap.used());
        bounded("a sweep", length, || heap.allocate(8)).unwrap();
        assert!(heap.used() < used - 90_000, "the string is gone");
    }
}

#[test]
fn an_honest_map_of_long_strings_meets_no_limit() {
    let mut heap = Heap::new(0, 0).unwrap();
    // They differ at their ends and have the same length.
    let texts: Vec<Vec<u8>> =
        (0..100).map(|number| format!("{}{number:03}", "x".repeat(5000)).into_bytes()).collect();
    let keys: Vec<Value> = texts.iter().map(|text| heap.string(text).unwrap()).collect();
    let mut made = map::new(&mut heap).unwrap();
    for key in &keys {
        made = map::insert(&mut heap, made, *key, *key).unwrap();
    }
    verify(heap.bytes(), made).unwrap();
    let plain = set::from_elements(&mut heap, keys.iter().map(|key| Ok(*key))).unwrap();
    // As other writers make it: the plain layout has no index.
    put(heap.bytes_mut(), plain as usize + 4, &[0]);
    for (text, key) in texts.iter().zip(&keys) {
        let table = Table::open(heap.bytes(), TableKind::Map, made).unwrap();
        assert_eq!(table.get(&Key::Text(text), Tag::Text), Ok(*key));
        assert!(
            Table::open(heap.bytes(), TableKind::Set, plain).unwrap().contains(&Key::Text(text)).unwrap()
        );
    }
    assert!(
        !Table::open(heap.bytes(), TableKind::Set, plain)
            .unwrap()
            .contains(&Key::Text(&[b'x'; 5003]))
            .unwrap()
    );
    assert!(freeze_size(heap.bytes(), TableKind::Map, made, Tag::Text, Tag::Text).is_ok());
}
