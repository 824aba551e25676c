//! Removing entries from maps and sets during iteration, in many orders, compared with a simple model. The bytes read
//! are counted, and are in proportion to the number of entries.

use super::effort::looked::during;
use super::layout::{SLOT_BYTES, Wrapper};
use super::version::Bucket;
use super::{Heap, Key, Memory, Table, TableKind, Value, map, set, verify};
use crate::status::Status;

/// What a step may read, in bytes: an entry is found, looked up and flagged.
const STEP: usize = 400;

fn filled(heap: &mut Heap, count: i64) -> u32 {
    let map = map::new(heap).unwrap();
    for key in 0..count {
        map::insert_in_place(heap, map, Value::Int(key), Value::Int(-key)).unwrap();
    }
    map
}

/// The `which`-th of the remaining entries.
fn nth(heap: &Heap, map: u32, which: usize) -> Option<i64> {
    let table = Table::open(heap.bytes(), TableKind::Map, map).unwrap();
    let (mut cursor, mut found) = (0, None);
    for _ in 0..=which {
        found = table.next(&mut cursor).unwrap();
    }
    found.map(|(key, value)| {
        assert_eq!(value as i64, -(key as i64));
        key as i64
    })
}

fn remove(heap: &mut Heap, map: u32, key: i64) {
    map::remove_in_place(heap, map, Key::Value(Value::Int(key))).unwrap();
}

fn keys(heap: &Heap, map: u32) -> Vec<i64> {
    Table::open(heap.bytes(), TableKind::Map, map).unwrap().keys().map(|key| key as i64).collect()
}

/// The numbers below `count`, in the named order.
fn order(name: &str, count: i64) -> Vec<i64> {
    let all = 0..count;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    match name {
        "forwards" => all.collect(),
        "backwards" => all.rev().collect(),
        "even, odd" => all.clone().step_by(2).chain(all.skip(1).step_by(2)).collect(),
        "from the middle" => (0..count)
            .map(|step| count / 2 + if step % 2 == 0 { step / 2 } else { -(step + 1) / 2 })
            .collect(),
        "backwards, then forwards" => (0..count / 2).rev().chain(count / 2..count).collect(),
        _ => {
            let mut keys: Vec<i64> = all.collect();
            for last in (1..keys.len()).rev() {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                keys.swap(last, state as usize % (last + 1));
            }
            keys
        }
    }
}

const ORDERS: [&str; 6] =
    ["forwards", "backwards", "even, odd", "from the middle", "backwards, then forwards", "at random"];

#[test]
fn the_first_entry_is_found_at_once_whatever_was_removed_before() {
    for name in ORDERS {
        for count in [100, 1000, 9000] {
            let mut heap = Heap::new(0, 0).unwrap();
            let map = filled(&mut heap, count);
            let mut model: std::collections::BTreeSet<i64> = (0..count).collect();
            let order = order(name, count);
            assert_eq!(order.len(), model.len(), "{name}");
            let ((), looked) = during(|| {
                for key in order {
                    assert_eq!(nth(&heap, map, 0), model.first().copied(), "{name}");
                    assert!(model.remove(&key), "{name}");
                    remove(&mut heap, map, key);
                }
            });
            assert_eq!(nth(&heap, map, 0), None);
            assert!(looked <= STEP * count as usize, "{name}: {looked} bytes for {count}");
            verify(heap.bytes(), map).unwrap();
        }
    }
}

/// Removing the entry at the same position again and again walks no further than that position.
#[test]
fn what_comes_behind_entries_that_stay_is_found_at_once() {
    for stay in [0, 1, 5] {
        let count = 5000;
        let mut heap = Heap::new(0, 0).unwrap();
        let map = filled(&mut heap, count);
        let ((), looked) = during(|| {
            for key in stay..count {
                assert_eq!(nth(&heap, map, stay as usize), Some(key));
                remove(&mut heap, map, key);
            }
        });
        assert_eq!(keys(&heap, map), (0..stay).collect::<Vec<_>>());
        assert!(looked <= (STEP + 60 * stay as usize) * count as usize, "{stay}: {looked}");
    }
}

#[test]
fn a_walk_that_removes_what_it_is_given_is_linear() {
    let mut heap = Heap::new(0, 0).unwrap();
    let count = 9000;
    let map = filled(&mut heap, count);
    let ((), looked) = during(|| {
        let mut cursor = 0;
        for expected in 0..count {
            let found = Table::open(heap.bytes(), TableKind::Map, map).unwrap().next(&mut cursor).unwrap();
            assert_eq!(found.map(|(key, _)| key as i64), Some(expected));
            remove(&mut heap, map, expected);
        }
    });
    assert!(looked <= STEP * count as usize, "{looked}");
}

/// The fast paths of the C functions, in buckets with and without an index.
#[test]
fn quick_removals_and_steps_are_as_the_others() {
    for name in ORDERS {
        for count in [5, 100, 3000] {
            let mut heap = Heap::new(0, 0).unwrap();
            let map = filled(&mut heap, count);
            let mut left: std::collections::BTreeSet<i64> = (0..count).collect();
            let ((), looked) = during(|| {
                for key in order(name, count) {
                    left.remove(&key);
                    map::remove_integer(heap.bytes_mut(), map, key).unwrap();
                    // The key is not there any more.
                    map::remove_integer(heap.bytes_mut(), map, key).unwrap();
                    let mut cursor = 0;
                    let found = Table::next_indexed(heap.bytes(), TableKind::Map, map, &mut cursor);
                    assert_eq!(
                        found.map(|found| found.0 as i64),
                        left.first().copied().filter(|_| count > 8)
                    );
                    assert_eq!(cursor == 0, found.is_none());
                }
            });
            assert!(looked <= 2 * STEP * count as usize, "{name}: {looked} bytes for {count}");
            verify(heap.bytes(), map).unwrap();
            assert_eq!(map::remove_integer(heap.bytes_mut(), map + 4, 0), Err(Status::Malformed));
        }
    }
}

/// Reading all of a map that has little left.
#[test]
fn what_is_left_of_a_large_map_is_read_as_it_is_large() {
    for name in ["forwards", "backwards", "even, odd"] {
        let mut heap = Heap::new(0, 0).unwrap();
        let count = 9000;
        let map = filled(&mut heap, count);
        for key in order(name, count).into_iter().filter(|key| key % 1000 != 500) {
            remove(&mut heap, map, key);
        }
        let (left, looked) = during(|| keys(&heap, map));
        assert_eq!(left, (0..9).map(|number| 1000 * number + 500).collect::<Vec<_>>());
        assert!(looked <= 9 * 10 * SLOT_BYTES, "{name}: {looked}");
        verify(heap.bytes(), map).unwrap();
    }
}

/// As many entries are added as are removed, at many sizes, including one where the bucket is full.
#[test]
fn a_window_that_slides_costs_as_it_slides() {
    for size in [7, 8, 13, 14, 100, 448, 767, 768, 769, 895, 896, 1000] {
        let mut heap = Heap::new(0, 0).unwrap();
        let set = set::new(&mut heap).unwrap();
        let add = |heap: &mut Heap, key| set::add_in_place(heap, set, Value::Int(key)).unwrap();
        (0..size).for_each(|key| add(&mut heap, key));
        let steps = 20_000;
        let ((), looked) = during(|| {
            for first in 0..steps {
                let mut cursor = 0;
                let found =
                    Table::open(heap.bytes(), TableKind::Set, set).unwrap().next(&mut cursor).unwrap();
                assert_eq!(found, Some((first as u64, 0)));
                set::remove_in_place(&mut heap, set, Key::Value(Value::Int(first))).unwrap();
                add(&mut heap, first + size);
            }
        });
        assert!(looked <= 4 * STEP * steps as usize, "{size}: {looked}");
        verify(heap.bytes(), set).unwrap();
    }
}

/// All slots of a map's bucket.
fn slots_at(heap: &Heap, map: u32) -> (usize, usize) {
    let bucket = Bucket::open(heap.bytes(), Wrapper::load(heap.bytes(), map).unwrap()).unwrap();
    (bucket.shape.slot_at(0), bucket.shape.index_at())
}

/// Older versions of this library set no flags.
#[test]
fn slots_of_which_nothing_is_known_are_passed_one_by_one() {
    let mut heap = Heap::new(0, 0).unwrap();
    let map = filled(&mut heap, 100);
    for key in 10..60 {
        remove(&mut heap, map, key);
        if key % 3 == 0 {
            let (start, end) = slots_at(&heap, map);
            heap.bytes_mut()[start + 100 * SLOT_BYTES..end].fill(0);
        }
        verify(heap.bytes(), map).unwrap();
    }
    assert_eq!(keys(&heap, map), (0..10).chain(60..100).collect::<Vec<_>>());
    assert_eq!(nth(&heap, map, 10), Some(60));
}

/// Flags for emptied slots may be arbitrary.
#[test]
fn flags_that_lie_are_noticed_and_end_every_walk() {
    let mut heap = Heap::new(0, 0).unwrap();
    let map = filled(&mut heap, 300);
    // A whole word of flags, and parts of two.
    (13..45).for_each(|key| remove(&mut heap, map, key));
    verify(heap.bytes(), map).unwrap();
    let (start, end) = slots_at(&heap, map);
    assert_eq!((end - start) / SLOT_BYTES, 512);
    for number in 0..40 {
        let place = end - SLOT_BYTES * (number / 4 + 1) + 4 + 4 * (number % 4);
        let right: [u8; 4] = *heap.bytes()[place..].first_chunk().unwrap();
        for bit in 0..32 {
            let mut wrong = u32::from_le_bytes(right) ^ 1 << bit;
            if bit < 16 {
                wrong |= 1 << 31;
            }
            heap.bytes_mut()[place..place + 4].copy_from_slice(&wrong.to_le_bytes());
            // A missing flag is not an error, except in a word that another flag declares full.
            let known = (0..3).contains(&number) || number == 32;
            let is_lie =
                bit < 16 && number < 35 && if known { wrong >> bit & 1 == 1 || number == 1 } else { true };
            let is_lie = is_lie || number == 1 && bit == 31;
            assert_eq!(verify(heap.bytes(), map).is_err(), is_lie, "{number} {bit}");
            let (left, looked) = during(|| keys(&heap, map));
            assert!(left.len() <= 268 && looked <= 512 * (SLOT_BYTES + 12), "{looked}");
        }
        heap.bytes_mut()[place..place + 4].fill(0xFF);
        for key in [12 + number as i64, 45 + number as i64] {
            remove(&mut heap, map, key);
            map::insert_in_place(&mut heap, map, Value::Int(key), Value::Int(-key)).unwrap();
        }
        let entries = keys(&heap, map);
        assert!(entries.len() <= 268 + 40);
        heap = Heap::new(0, 0).unwrap();
        assert_eq!(filled(&mut heap, 300), map);
        (13..45).for_each(|key| remove(&mut heap, map, key));
    }
}
