//! Tests: what [`put`](super::put) does is what the longer way does, in damaged memory too.

use super::in_place::insert_as_is;
use super::layout::{ENTRY_BYTES, HEADER_BYTES, SLOT_BYTES, TRAILER_BYTES, WRAPPER_BYTES, chunk, word};
use super::put::put_integer;
use super::{Heap, Memory, TableKind, Value, map};
use crate::status::Status;

/// A memory that has no room for blocks.
struct Fixed(Vec<u8>);

impl Memory for Fixed {
    fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }

    fn allocate(&mut self, _: u32) -> Result<u32, Status> {
        Err(Status::NoMemory)
    }

    fn seed(&mut self) -> u64 {
        0
    }
}

/// The bytes of a heap with a map of this many entries, and the map.
fn made(count: i64) -> (Vec<u8>, u32) {
    let mut heap = Heap::new(0, 0).unwrap();
    let made = map::new(&mut heap).unwrap();
    for key in 0..count {
        map::insert_in_place(&mut heap, made, Value::Int(key), Value::Int(-1)).unwrap();
    }
    (heap.bytes()[..8192].to_vec(), made)
}

/// Whether the short way sets the key. Then the memory is as after the longer way, else as before.
fn compare(memory: &[u8], map: u32, key: i64, value: i64) -> bool {
    let (mut short, mut long) = (memory.to_vec(), Fixed(memory.to_vec()));
    if put_integer(&mut short, TableKind::Map, map, key, value as u64).is_none() {
        assert_eq!(short, memory);
        return false;
    }
    let done = insert_as_is(&mut long, TableKind::Map, map, Value::Int(key), Value::Int(value));
    assert_eq!(done, Ok(()));
    assert!(short == long.0);
    true
}

#[test]
fn the_short_way_is_the_long_way() {
    // Grown at 8, 24, 48 and 96 entries.
    for (count, has_room) in
        [(8, false), (9, true), (23, true), (24, false), (47, true), (48, false), (95, true), (96, false)]
    {
        let (memory, map) = made(count);
        assert_eq!(compare(&memory, map, count, 5), has_room, "{count}");
        assert_eq!(compare(&memory, map, 3, 5), count > 8, "{count}");
    }
}

#[test]
fn in_damaged_memory_too() {
    let (memory, map) = made(60);
    let bucket = word(chunk::<WRAPPER_BYTES>(&memory, map as usize).unwrap(), 8);
    let end = bucket as usize + HEADER_BYTES + (SLOT_BYTES + ENTRY_BYTES) * 128 + TRAILER_BYTES;
    let bytes = (map as usize..map as usize + WRAPPER_BYTES).chain(bucket as usize..end);
    let mut put = 0;
    for (byte, bit) in bytes.flat_map(|byte| (0..8).map(move |bit| (byte, bit))) {
        let mut memory = memory.clone();
        memory[byte] ^= 1 << bit;
        for key in [7, 60] {
            put += u32::from(compare(&memory, map, key, 5));
        }
    }
    assert!(put > 0);
}
