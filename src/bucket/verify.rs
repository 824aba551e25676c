//! Checking a whole structure, slot by slot and entry by entry.

use super::effort::Effort;
use super::emptied;
use super::entries;
use super::key::hash_key;
use super::layout::{BucketForm, LIVE, Slot, Wrapper};
use super::value::Tag;
use super::version::Bucket;
use crate::status::Status;

/// Checks that a map or set is valid in this library's or the plain layout: its bucket lies in the memory, the counts
/// are right, and the index has exactly one entry for each live slot, with the hash of its key. The targets of values
/// are not checked, because nothing says which values are strings. The keys have whichever type makes the hashes right:
/// all integers or bits, all numbers, or all strings. Takes linear time and allocates nothing. `WrongType` when it is a
/// decimal, `Malformed`, `LimitExceeded` when too many keys are overlapping strings.
pub fn verify(window: &[u8], wrapper: u32) -> Result<(), Status> {
    let bucket = Bucket::open(window, Wrapper::load(window, wrapper)?)?;
    let shape = bucket.shape;
    let (mut live, mut own) = (0u32, 0u32);
    for (number, slot) in (0..).zip(bucket.slots.iter().map(Slot::load)) {
        if shape.form == BucketForm::Plain && live == shape.count {
            break;
        }
        match slot.occupancy {
            0 => {}
            LIVE if shape.form != BucketForm::Indexed || number < shape.used => {
                live = live.wrapping_add(1);
                own = own.wrapping_add(u32::from(number < shape.view));
            }
            _ => return Err(Status::Malformed),
        }
    }
    // The size is computed from the count, so it is wrong when a slot after this version was emptied in place.
    if live != shape.count || own != bucket.size()? {
        return Err(Status::Malformed);
    }
    if shape.form != BucketForm::Indexed {
        return Ok(());
    }
    if emptied::has_flags(&shape) {
        emptied::check(bucket.slots, shape.used)?;
    }
    check_index(&bucket)
}

/// The type of the keys is not stored, so one of the types has to fit.
fn check_index(bucket: &Bucket<'_>) -> Result<(), Status> {
    // The last slot is never used, because its entry would look like a tombstone.
    if bucket.shape.used >= bucket.shape.capacity {
        return Err(Status::Malformed);
    }
    let mut effort = Effort::of(bucket.window.len());
    let mut checked = Err(Status::Malformed);
    for tag in [Tag::Int, Tag::Float, Tag::Text] {
        checked =
            entries::check(bucket, |key| hash_key(bucket.window, tag, key, bucket.shape.seed, &mut effort));
        if checked.is_ok() {
            break;
        }
    }
    checked
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::{Heap, Key, Memory, Table, TableKind, Value, map, set};
    use super::*;

    /// Where the index of a bucket begins, and how many entries it has.
    fn index_of(window: &[u8], wrapper: u32) -> (usize, usize) {
        let bucket = Bucket::open(window, Wrapper::load(window, wrapper).unwrap()).unwrap();
        (bucket.shape.index_at(), bucket.shape.capacity as usize)
    }

    fn entry(window: &[u8], at: usize) -> u32 {
        u32::from_le_bytes(*window[at..].first_chunk().unwrap())
    }

    fn put_entry(memory: &mut Heap, at: usize, entry: u32) {
        memory.bytes_mut()[at..at + 4].copy_from_slice(&entry.to_le_bytes());
    }

    fn of_each_kind(heap: &mut Heap) -> [u32; 3] {
        let texts: Vec<Value> =
            (0..11).map(|number| heap.string(format!("text {number}").as_bytes()).unwrap()).collect();
        let numbers = (0..11).map(|number: i32| Ok(Value::Float(f64::from(number) / 2.0)));
        [
            set::from_elements(heap, (0..11).map(|number: i32| Ok(Value::Int(number.into())))).unwrap(),
            set::from_elements(heap, numbers).unwrap(),
            set::from_elements(heap, texts.into_iter().map(Ok)).unwrap(),
        ]
    }

    #[test]
    fn every_bit_of_every_entry_counts() {
        let mut heap = Heap::new(0, 0).unwrap();
        for table in of_each_kind(&mut heap) {
            assert_eq!(verify(heap.bytes(), table), Ok(()));
            let (index, capacity) = index_of(heap.bytes(), table);
            for place in 0..capacity {
                let at = index + 4 * place;
                let right = entry(heap.bytes(), at);
                for bit in 0..32 {
                    put_entry(&mut heap, at, right ^ 1 << bit);
                    assert_eq!(verify(heap.bytes(), table), Err(Status::Malformed), "{place} {bit}");
                }
                put_entry(&mut heap, at, right);
            }
            assert_eq!(verify(heap.bytes(), table), Ok(()));
        }
    }

    /// The slots 1, 5 and 6 have the number, the sum and the sum of squares that 2, 3 and 7 have.
    #[test]
    fn entries_of_other_slots_with_the_same_sums_are_noticed() {
        let mut heap = Heap::new(0, 0).unwrap();
        let table = map::new(&mut heap).unwrap();
        for key in 0..12 {
            map::insert_in_place(&mut heap, table, Value::Int(key), Value::Int(0)).unwrap();
        }
        for key in [2, 3, 7] {
            map::remove_in_place(&mut heap, table, Key::Value(Value::Int(key))).unwrap();
        }
        assert_eq!(verify(heap.bytes(), table), Ok(()));
        let (index, capacity) = index_of(heap.bytes(), table);
        let below = capacity as u32 - 1;
        for at in (index..index + 4 * capacity).step_by(4) {
            let right = entry(heap.bytes(), at);
            let slot = [(1, 2), (5, 3), (6, 7)]
                .into_iter()
                .find(|(slot, _)| right != 0 && right != u32::MAX && right & below == *slot);
            if let Some((_, other)) = slot {
                put_entry(&mut heap, at, right & !below | other);
            }
        }
        assert_eq!(verify(heap.bytes(), table), Err(Status::Malformed));
    }

    #[test]
    fn an_entry_that_no_search_comes_to_is_noticed() {
        let mut heap = Heap::new(0, 0).unwrap();
        let table = of_each_kind(&mut heap)[0];
        let (index, capacity) = index_of(heap.bytes(), table);
        assert_eq!(capacity, 32);
        // The first entry of a group goes to the end of another one.
        let from = (0..4).find(|group| entry(heap.bytes(), index + 32 * group) != 0).unwrap();
        let first = (1..8).rfind(|lane| entry(heap.bytes(), index + 32 * from + 4 * lane) != 0).unwrap_or(0);
        let moved = entry(heap.bytes(), index + 32 * from + 4 * first);
        put_entry(&mut heap, index + 32 * from + 4 * first, 0);
        let to = (from + 1) % 4;
        let lane = (0..8).find(|lane| entry(heap.bytes(), index + 32 * to + 4 * lane) == 0).unwrap();
        put_entry(&mut heap, index + 32 * to + 4 * lane, moved);
        assert_eq!(verify(heap.bytes(), table), Err(Status::Malformed));
    }

    #[test]
    fn what_lies_behind_the_live_slots_of_a_plain_bucket_is_nobodys() {
        let mut heap = Heap::new(0, 0).unwrap();
        let table =
            set::from_elements(&mut heap, [1, 2, 3].map(|element| Ok(Value::Int(element))).into_iter());
        let table = table.unwrap();
        let bucket = Wrapper::load(heap.bytes(), table).unwrap().bucket as usize;
        heap.bytes_mut()[table as usize + 4..][..4].fill(0);
        // A collector would take the words for pointers.
        let trailer = bucket + 8 + 20 * 3;
        for (slot, occupancy) in [(0, 1), (1, 0x8000_0001), (2, 3)] {
            put_entry(&mut heap, trailer + 20 * slot, occupancy);
            put_entry(&mut heap, trailer + 20 * slot + 4, 9);
        }
        assert_eq!(verify(heap.bytes(), table), Ok(()));
        let has = |heap: &Heap, element| {
            let table = Table::open(heap.bytes(), TableKind::Set, table).unwrap();
            table.contains(&Key::Value(Value::Int(element))).unwrap()
        };
        assert!(has(&heap, 3) && !has(&heap, 9));
        let keys = |heap: &Heap, table| {
            Table::open(heap.bytes(), TableKind::Set, table).unwrap().keys().collect::<Vec<_>>()
        };
        assert_eq!(keys(&heap, table), [1, 2, 3]);
        let (mut cursor, mut steps) = (0, 0);
        while Table::open(heap.bytes(), TableKind::Set, table).unwrap().next(&mut cursor).unwrap().is_some() {
            steps += 1;
        }
        assert_eq!(steps, 3);
        let more = set::add(&mut heap, table, Value::Int(9)).unwrap();
        assert_eq!(keys(&heap, more), [1, 2, 3, 9]);
        let less = set::remove(&mut heap, table, Key::Value(Value::Int(2))).unwrap();
        assert_eq!(keys(&heap, less), [1, 3]);
        set::remove_in_place(&mut heap, table, Key::Value(Value::Int(1))).unwrap();
        assert_eq!(keys(&heap, table), [2, 3]);
        assert_eq!(verify(heap.bytes(), table), Ok(()));
        heap.bytes_mut()[bucket + 4] = 7;
        assert_eq!(verify(heap.bytes(), table), Err(Status::Malformed));
    }
}
