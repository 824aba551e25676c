//! Messages in parts and back: the same value, the same sharing, nothing copied; and parts that are not those of a message.

mod common;
#[path = "common/dag.rs"]
mod dag;
#[path = "common/generate.rs"]
mod generate;

use std::collections::HashSet;

use dag::{build, plans};
use drystone::dump::dump;
use drystone::view::View;
use drystone::wota::{Parts, Writer, flattened_words, from_parts, is_message, to_bytes, to_parts};
use drystone::{Blob, Limits, Status};
use generate::cases;
use proptest::prelude::*;

/// The addresses of the stones that a message holds, directly or through messages.
fn held_by(message: &Blob, all: &mut HashSet<*const u8>) -> usize {
    message.held().iter().fold(0, |mentions, held| {
        // Empty blobs have no distinct addresses.
        let seen = held.length_bits() != 0 && !all.insert(held.bytes().as_ptr());
        mentions + 1 + if is_message(held) && !seen { held_by(held, all) } else { 0 }
    })
}

fn copies(parts: &Parts) -> Vec<Blob> {
    // As they would arrive from elsewhere: as bytes.
    let copy = |part: &Blob| {
        let mut copy = Blob::zeroed(part.length_bits()).unwrap();
        part.read_bytes(copy.bytes_mut().unwrap()).unwrap();
        copy.make_stone();
        copy
    };
    parts.all().iter().map(copy).collect()
}

/// Whether the two have the same value, and hold the same number of blobs.
fn same(one: &Blob, other: &Blob) {
    assert_eq!(one.bytes(), other.bytes());
    assert_eq!(to_bytes(one).unwrap(), to_bytes(other).unwrap());
    let (mut of_one, mut of_other) = (HashSet::new(), HashSet::new());
    assert_eq!(held_by(one, &mut of_one), held_by(other, &mut of_other));
    assert_eq!(of_one.len(), of_other.len());
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn parts_make_the_message_again(plans in plans(), inline in prop_oneof![Just(0), Just(64), Just(usize::MAX)]) {
        for worth in build(&plans) {
            let counts = worth.message.reference_count();
            let parts = to_parts(&worth.message, inline).unwrap();
            let mut held = HashSet::new();
            held_by(&worth.message, &mut held);
            if inline == usize::MAX {
                prop_assert_eq!(parts.count(), 1);
            }
            for part in &parts.all()[1..] {
                prop_assert!(part.length_bits() == 0 || held.contains(&part.bytes().as_ptr()));
            }
            let back = from_parts(parts.all(), &Limits::DEFAULT).unwrap();
            same(&back, &worth.message);
            let from_bytes = from_parts(&copies(&parts), &Limits::DEFAULT).unwrap();
            same(&from_bytes, &worth.message);
            drop(parts);
            same(&from_bytes, &back);
            let again = to_parts(&back, inline).unwrap();
            same(&from_parts(again.all(), &Limits::DEFAULT).unwrap(), &worth.message);
            drop((back, again));
            prop_assert_eq!(worth.message.reference_count(), counts);
        }
    }

    #[test]
    fn changed_parts_are_refused_or_make_a_message(
        plans in plans(),
        inline in prop_oneof![Just(0), Just(usize::MAX)],
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), prop_oneof![
            any::<u64>(), 0..12_u64, (0..12_u64, 0..10_u64).prop_map(|(field, kind)| field << 8 | kind),
        ]), 1..4),
        cut in any::<prop::sample::Index>(),
        kind in 0..4,
    ) {
        for worth in build(&plans) {
            let mut parts = copies(&to_parts(&worth.message, inline).unwrap());
            match kind {
                0 => parts.truncate(cut.index(parts.len() + 1)),
                1 => {
                    let twice = parts[cut.index(parts.len())].clone();
                    parts.push(twice);
                }
                2 => {
                    let at = cut.index(parts.len());
                    let shorter = cut.index(parts[at].length_bits() / 64 + 1) * 64;
                    parts[at] = parts[at].slice(0, shorter).unwrap();
                }
                _ => {}
            }
            for (part, place, word) in &edits {
                if parts.is_empty() {
                    break;
                }
                let part = part.index(parts.len());
                let mut bytes = parts[part].bytes().to_vec();
                if bytes.len() >= 8 {
                    let at = place.index(bytes.len() / 8) * 8;
                    bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
                    let mut changed = Blob::from_bytes(&bytes).unwrap();
                    changed.make_stone();
                    parts[part] = changed;
                }
            }
            if let Ok(message) = from_parts(&parts, &Limits::DEFAULT) {
                // Every operation on it ends with a value or a status.
                let limits = Limits { max_words: 100_000, ..Limits::DEFAULT };
                if flattened_words(&message, &limits).is_ok() {
                    _ = to_bytes(&message);
                    dump(&message).unwrap();
                }
                View::new(&message).unwrap().kind();
                let again = to_parts(&message, 0).unwrap();
                same_words(&from_parts(again.all(), &Limits::DEFAULT).unwrap(), &message);
            }
        }
    }
}

fn same_words(one: &Blob, other: &Blob) {
    assert_eq!(one.bytes(), other.bytes());
}

fn stone(size: usize) -> Blob {
    let mut stone = Blob::from_bytes(&vec![7; size]).unwrap();
    stone.make_stone();
    stone
}

#[test]
fn one_stone_ten_times_is_one_part() {
    let (large, small) = (stone(1 << 20), stone(5));
    let mut writer = Writer::new();
    writer.array(20).unwrap();
    for _ in 0..10 {
        writer.blob(&large).unwrap();
        writer.blob(&small).unwrap();
    }
    let message = writer.finish().unwrap();
    let parts = to_parts(&message, 64).unwrap();
    assert_eq!(parts.count(), 2);
    assert_eq!(parts.get(1).unwrap().bytes().as_ptr(), large.bytes().as_ptr());
    assert!(parts.get(2).is_none());
    let back = from_parts(parts.all(), &Limits::DEFAULT).unwrap();
    assert_eq!(back.held().len(), 20);
    assert!(
        back.held().chunks(2).all(|two| two[0].bytes().as_ptr() == large.bytes().as_ptr() && two[1] == small)
    );
    assert_eq!(to_parts(&message, 0).unwrap().count(), 3);
}

#[test]
fn large_words_are_a_part_and_are_not_copied() {
    let mut writer = Writer::new();
    writer.array(10_000).unwrap();
    (0..10_000).for_each(|number| writer.integer(number).unwrap());
    let large = writer.finish().unwrap();
    writer.array(10_000).unwrap();
    (0..10_000).for_each(|number| writer.value(&large, number).unwrap());
    let message = writer.finish().unwrap();
    let parts = to_parts(&message, 0).unwrap();
    assert_eq!(parts.count(), 3);
    assert_eq!(parts.get(1).unwrap().bytes().as_ptr(), message.bytes().as_ptr());
    let back = from_parts(parts.all(), &Limits::DEFAULT).unwrap();
    assert_eq!(back.bytes().as_ptr(), message.bytes().as_ptr());
    // Its words are those of the part, so the part stays alive.
    drop((message, parts));
    assert_eq!(View::new(&back).unwrap().element(9_999).unwrap().integer(), Ok(9_998));
    let limits = Limits { max_words: 30_001, ..Limits::DEFAULT };
    let parts = to_parts(&back, 0).unwrap();
    assert_eq!(from_parts(parts.all(), &limits).err(), Some(Status::LimitExceeded));
    from_parts(parts.all(), &Limits { max_words: 30_002, ..Limits::DEFAULT }).unwrap();
}

#[test]
fn messages_nested_to_any_depth_are_split_into_parts() {
    let mut inner = stone(100);
    for _ in 0..20_000 {
        let mut writer = Writer::new();
        writer.blob(&inner).unwrap();
        inner = writer.finish().unwrap();
    }
    let parts = to_parts(&inner, 0).unwrap();
    assert_eq!(parts.count(), 20_001);
    let back = from_parts(&copies(&parts), &Limits::DEFAULT).unwrap();
    assert_eq!(to_bytes(&back).unwrap(), to_bytes(&inner).unwrap());
    let all_in_one = to_parts(&back, usize::MAX).unwrap();
    assert_eq!(all_in_one.count(), 1);
    assert_eq!(
        to_bytes(&from_parts(all_in_one.all(), &Limits::DEFAULT).unwrap()).unwrap(),
        to_bytes(&inner).unwrap()
    );
}

#[test]
fn blobs_that_are_not_messages_have_no_parts() {
    assert_eq!(to_parts(&stone(8), 0).err(), Some(Status::WrongType));
    assert_eq!(to_parts(&Blob::zeroed(64).unwrap(), 0).err(), Some(Status::NotStone));
    assert_eq!(from_parts(&[], &Limits::DEFAULT).err(), Some(Status::Malformed));
    assert_eq!(from_parts(&[Blob::zeroed(64).unwrap()], &Limits::DEFAULT).err(), Some(Status::NotStone));
    assert_eq!(from_parts(&[stone(0)], &Limits::DEFAULT).err(), Some(Status::Truncated));
    assert_eq!(from_parts(&[stone(64)], &Limits::DEFAULT).err(), Some(Status::Malformed));
}
