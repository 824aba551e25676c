//! Freed memory is reused and merged, and overwritten lists do no harm.

use super::super::super::{Table, TableKind, Value, map};
use super::*;

#[test]
fn a_block_is_found_in_the_class_that_it_was_freed_to() {
    for size in 1..5000 {
        let (class, rounded) = class_of(size);
        assert!(class < CLASSES && rounded >= size);
        assert_eq!(class_of(rounded), (class, rounded), "{size}");
        assert_eq!(class_below(rounded), class, "{size}");
    }
    for size in (SMALLEST..2000).step_by(8) {
        let class = class_below(size);
        // Every size that is searched for in the class is at most this large.
        let least = (1..).map(class_of).take_while(|(_, rounded)| *rounded <= size).last().unwrap();
        assert!(class == least.0 || size < LARGE_FREE && class == LARGE_CLASS - 1, "{size}");
    }
}

/// The blocks of a heap, by their headers: where they begin, how large they are, whether they are free.
fn blocks(heap: &Heap) -> Vec<(usize, usize, bool)> {
    let mut blocks = Vec::new();
    heap.walk(|offset, size, state, _| blocks.push((offset as usize - HEADER, size, state == FREE))).unwrap();
    blocks
}

fn check(heap: &mut Heap) {
    heap.retire().unwrap();
    let (mut end, mut in_use) = (START, 0);
    for (start, size, free) in blocks(heap) {
        assert_eq!(start, end);
        end = start + size;
        in_use += if free { 0 } else { size };
        assert!(free || size < LARGE_FREE || start % 64 == 48);
    }
    assert_eq!((end, in_use), (heap.top, heap.used()));
    assert!(heap.bytes()[heap.clean..].iter().all(|byte| *byte == 0));
    for (class, head) in heap.free.heads.iter().enumerate() {
        assert_eq!(*head != 0, heap.free.some[class / 64] >> (class % 64) & 1 != 0);
    }
}

fn random(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as usize
}

/// Maps of random sizes, many small and few large ones, are made and dropped: the heap is at no time much larger than
/// the most that was ever in use.
#[test]
fn maps_of_random_sizes_stay_within_a_bound() {
    for seed in 1..4 {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed);
        let mut heap = Heap::new(0, 0).unwrap();
        let mut maps: Vec<(u32, usize)> = Vec::new();
        let (mut model, mut most, mut highest) = (0, 0, 0);
        for step in 0..3000 {
            let entries = random(&mut state) % (1 << (random(&mut state) % 12));
            let made = (0..entries as i32).map(|key| Ok((Value::Int(key.into()), Value::Int(key.into()))));
            let before = heap.used();
            maps.push((map::from_entries(&mut heap, made).unwrap(), entries));
            model += heap.used() - before;
            most = most.max(model);
            // In phases few or many stay.
            let stay = if step / 500 % 2 == 0 { 200 } else { 20 };
            while maps.len() > stay {
                let (map, _) = maps.swap_remove(random(&mut state) % maps.len());
                let before = heap.used();
                heap.release(map).unwrap();
                model -= before - heap.used();
            }
            highest = highest.max(heap.top);
            assert_eq!(heap.used(), model);
            if step % 100 == 0 {
                check(&mut heap);
            }
        }
        for (map, entries) in &maps {
            let table = Table::open(heap.bytes(), TableKind::Map, *map).unwrap();
            assert_eq!(table.size().unwrap() as usize, *entries);
        }
        assert!(highest <= most / 2 * 3 + (1 << 16), "{highest} for {most}");
        maps.into_iter().for_each(|(map, _)| heap.release(map).unwrap());
        heap.merge();
        assert_eq!((heap.used(), heap.top), (0, START));
    }
}

/// The memory that maps of one size used is available to maps of every other size.
#[test]
fn what_large_maps_leave_is_for_small_ones_and_the_other_way_round() {
    let mut heap = Heap::new(0, 1 << 20).unwrap();
    let fill = |heap: &mut Heap, entries: i32| {
        let mut maps = Vec::new();
        loop {
            let made = (0..entries).map(|key| Ok((Value::Int(key.into()), Value::Int(key.into()))));
            match map::from_entries(heap, made) {
                Ok(map) => maps.push(map),
                Err(status) => {
                    assert_eq!(status, Status::NoMemory);
                    return maps;
                }
            }
        }
    };
    for entries in [6000, 3, 1000, 20, 4000, 1, 150, 6000, 300, 8] {
        let maps = fill(&mut heap, entries);
        check(&mut heap);
        // All except a remainder too small for one more, and pieces between blocks.
        let (used, one) = (heap.used(), heap.used() / maps.len());
        assert!(
            used + used / 50 + one + 1000 >= 1 << 20,
            "{entries}: {} in {} maps",
            heap.used(),
            maps.len()
        );
        maps.into_iter().for_each(|map| heap.release(map).unwrap());
        assert_eq!(heap.used(), 0);
    }
}

/// Every second one stays.
#[test]
fn blocks_between_others_are_freed_whole() {
    let mut heap = Heap::new(0, 0).unwrap();
    let blocks: Vec<u32> = (0..1000).map(|_| heap.allocate(1200).unwrap()).collect();
    let top = heap.top;
    for block in blocks.iter().step_by(2) {
        heap.discard(*block);
    }
    check(&mut heap);
    for block in blocks.iter().skip(1).step_by(2) {
        assert_eq!(heap.state(*block as usize - HEADER), Ok(super::super::TABLE));
    }
    let more: Vec<u32> =
        (0..500).flat_map(|_| [heap.allocate(300), heap.allocate(300)]).map(Result::unwrap).collect();
    check(&mut heap);
    assert!(heap.top < top + top / 4, "{top} {}", heap.top);
    for block in blocks.iter().skip(1).step_by(2).chain(&more) {
        heap.discard(*block);
    }
    heap.merge();
    assert_eq!((heap.used(), heap.top), (0, START));
}

/// Blocks that are small among those in use wait with the merge, which visits every block, until none is free for them.
#[test]
fn large_blocks_are_taken_out_of_merged_ones() {
    for (size, merges) in [(64, false), (1 << 14, false), (5 << 13, true)] {
        let mut heap = Heap::new(0, 0).unwrap();
        let blocks: Vec<u32> = (0..4).map(|_| heap.allocate(1 << 16).unwrap()).collect();
        heap.discard(blocks[1]);
        heap.discard(blocks[0]);
        let (returned, top) = (heap.returned, heap.top);
        heap.allocate(size).unwrap();
        assert_eq!((heap.returned < returned, heap.top), (merges, top), "{size}");
    }
}

/// Whatever is written over headers and lists, each call ends, with a block inside the heap or a status.
#[test]
fn lists_that_others_wrote_over_end_in_a_status() {
    for seed in 1..40 {
        let mut state = 0x2545_F491_4F6C_DD1D_u64.wrapping_mul(seed);
        let mut heap = Heap::new(0, 1 << 18).unwrap();
        let mut blocks = Vec::new();
        for _ in 0..2000 {
            match random(&mut state) % 8 {
                0..4 => {
                    let size = random(&mut state) % (1 << (random(&mut state) % 14)) + 1;
                    if let Ok(block) = heap.allocate(size as u32) {
                        assert!(heap.bytes().get(block as usize..block as usize + size).is_some());
                        blocks.push(block);
                    }
                }
                4..7 if !blocks.is_empty() => {
                    heap.discard(blocks.swap_remove(random(&mut state) % blocks.len()));
                }
                _ => {
                    let at = START + random(&mut state) % (heap.top - START + 1) / 8 * 8;
                    let wrong = [random(&mut state) as u32, 8 * (random(&mut state) as u32 % 9000)]
                        [random(&mut state) % 2];
                    if let Some(place) = heap.bytes_mut().get_mut(at..at + 4) {
                        place.copy_from_slice(&wrong.to_le_bytes());
                    }
                }
            }
            assert!(heap.top <= 1 << 18 && heap.clean >= heap.top);
        }
    }
}

#[test]
fn what_is_left_of_a_piece_serves_a_large_block() {
    let mut heap = Heap::new(0, 1 << 16).unwrap();
    let large = heap.allocate(16_900).unwrap();
    for size in [1000, 8] {
        while heap.allocate(size).is_ok() {}
    }
    heap.discard(large);
    assert!(heap.allocate(30_000).is_err(), "more than is free");
    heap.allocate(8).unwrap();
    assert!(heap.piece.start != heap.piece.end && heap.returned == 0);
    heap.allocate(15_000).unwrap();
}
