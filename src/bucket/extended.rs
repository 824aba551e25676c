//! Tests: when buckets grow where they are.

use super::layout::{SLOT_BYTES, Shape, Slot, Wrapper, chunk_mut};
use super::version::Bucket;
use super::{Heap, Key, Memory, Table, TableKind, Tag, Value, map, share, verify};
use crate::status::Status;

fn shape(heap: &Heap, map: u32) -> Shape {
    Bucket::open(heap.bytes(), Wrapper::load(heap.bytes(), map).unwrap()).unwrap().shape
}

fn put(heap: &mut Heap, map: u32, key: Value) -> Result<(), Status> {
    map::insert_in_place(heap, map, key, Value::Int(-1))
}

/// A heap with a map of the integers below the number.
fn made(count: i64) -> (Heap, u32) {
    let mut heap = Heap::new(0, 0).unwrap();
    let map = map::new(&mut heap).unwrap();
    (0..count).for_each(|key| put(&mut heap, map, Value::Int(key)).unwrap());
    (heap, map)
}

/// The map's entries are the integers below the number.
fn check(heap: &Heap, map: u32, count: i64) {
    assert_eq!(verify(heap.bytes(), map), Ok(()));
    let table = Table::open(heap.bytes(), TableKind::Map, map).unwrap();
    assert_eq!(table.size(), Ok(count as u32));
    for key in 0..count {
        assert_eq!(table.get(&Key::Value(Value::Int(key)), Tag::Int), Ok(Value::Int(-1)));
    }
}

#[test]
fn the_last_bucket_of_a_heap_stays_where_it_is() {
    let (mut heap, map) = made(9);
    let first = shape(&heap, map);
    for key in 9..2000 {
        put(&mut heap, map, Value::Int(key)).unwrap();
        check(&heap, map, key + 1);
        let now = shape(&heap, map);
        assert_eq!(now.bucket, first.bucket);
        assert_eq!(
            now.seed == first.seed,
            now.capacity == first.capacity,
            "a larger bucket has another seed"
        );
    }
    let used = heap.used();
    assert!((4096 * 24..4096 * 24 + 1024).contains(&used), "{used}");
    heap.release(map).unwrap();
    assert_eq!(heap.used(), 0);
}

#[test]
fn keys_of_all_types_stay_in_order() {
    let mut heap = Heap::new(0, 0).unwrap();
    let texts: Vec<Value> =
        (0..300).map(|key| heap.string(format!("key {key}").as_bytes()).unwrap()).collect();
    let numbers = (0..300).map(|key: i32| Value::Float(f64::from(key) / 2.0)).collect();
    let bits = (0..300).map(Value::Bits).collect();
    for keys in [texts, numbers, bits] {
        let map = map::new(&mut heap).unwrap();
        keys.iter().for_each(|key| put(&mut heap, map, *key).unwrap());
        assert_eq!(verify(heap.bytes(), map), Ok(()));
        let table = Table::open(heap.bytes(), TableKind::Map, map).unwrap();
        assert!(table.keys().eq(keys.iter().map(|key| key.to_bits())));
    }
}

#[test]
fn others_are_copied() {
    // Another block lies behind.
    let (mut heap, map) = made(24);
    let before = shape(&heap, map).bucket;
    heap.string(&[b'a'; 2000]).unwrap();
    put(&mut heap, map, Value::Int(24)).unwrap();
    assert_ne!(shape(&heap, map).bucket, before);
    check(&heap, map, 25);

    // Another version has the bucket.
    let (mut heap, map) = made(24);
    let before = shape(&heap, map).bucket;
    let other = share(&mut heap, map).unwrap();
    put(&mut heap, map, Value::Int(24)).unwrap();
    assert_ne!(shape(&heap, map).bucket, before);
    check(&heap, map, 25);
    check(&heap, other, 24);

    // A slot was emptied.
    let (mut heap, map) = made(24);
    let before = shape(&heap, map).bucket;
    map::remove_in_place(&mut heap, map, Key::Value(Value::Int(23))).unwrap();
    put(&mut heap, map, Value::Int(23)).unwrap();
    assert_ne!(shape(&heap, map).bucket, before);
    check(&heap, map, 24);

    // The heap has no room.
    let mut heap = Heap::new(0, 4096).unwrap();
    let map = map::new(&mut heap).unwrap();
    let full = (0..).find(|key| put(&mut heap, map, Value::Int(*key)) == Err(Status::NoMemory)).unwrap();
    assert_eq!(full, 48);
    check(&heap, map, full);
}

#[test]
fn a_failed_attempt_leaves_the_map_as_it_was() {
    let (mut heap, map) = made(384);
    let Shape { bucket, capacity, count, .. } = shape(&heap, map);
    assert_eq!((capacity, count), (512, 384));
    let good = heap.bytes().to_vec();
    for number in 0..count {
        let place = bucket as usize + 8 + SLOT_BYTES * number as usize;
        Slot::new(7, 7).store(chunk_mut(heap.bytes_mut(), place).unwrap());
    }
    let bad = heap.bytes().to_vec();
    assert_eq!(put(&mut heap, map, Value::Int(384)), Err(Status::Malformed));
    // The block is larger, which its header says.
    let from = bucket as usize;
    assert!(heap.bytes()[from..bad.len()] == bad[from..]);
    assert!(heap.bytes()[bad.len()..].iter().all(|byte| *byte == 0));
    let end = good.len();
    heap.bytes_mut()[from..end].copy_from_slice(&good[from..]);
    put(&mut heap, map, Value::Int(384)).unwrap();
    check(&heap, map, 385);
}
