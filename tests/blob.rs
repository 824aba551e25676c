//! Blobs: writing, making stones, sharing, slicing, and freeing everything exactly once.

mod common;

use core::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{bits_of, bytes_of};
use drystone::wota::Writer;
use drystone::{Blob, Status};
use proptest::prelude::*;

unsafe extern "C" fn count_release(context: *mut c_void, _: *mut u8, _: usize) {
    // SAFETY: the context is the counter of the test, which outlives the blob.
    unsafe { (*context.cast::<AtomicUsize>()).fetch_add(1, Ordering::Relaxed) };
}

/// A stone over `bytes` that counts its release.
fn wrapped(bytes: &'static [u8], released: &AtomicUsize) -> Blob {
    let context = NonNull::from(released).as_ptr().cast();
    // SAFETY: the bytes are static, the counter outlives every blob of the test.
    unsafe { Blob::wrap_memory(NonNull::from(bytes).cast(), bytes.len() * 8, count_release, context) }
        .unwrap()
}

#[test]
fn few_bytes_move_out_of_the_headers_block_when_they_become_many() {
    for size in [0, 1, 7, 8, 63, 64, 255, 256, 257, 1000] {
        let bytes: Vec<u8> = (0..size).map(|number| number as u8).collect();
        let mut blob = Blob::from_bytes(&bytes).unwrap();
        let mut zeroed = Blob::zeroed(size * 8).unwrap();
        assert_eq!(zeroed.bytes(), vec![0; size]);
        assert!(blob.bytes().as_ptr().addr().is_multiple_of(16));
        zeroed.bytes_mut().unwrap().copy_from_slice(&bytes);
        assert_eq!(zeroed, blob);
        let mut expected = bytes.clone();
        for step in 0..40 {
            blob.append_bytes(&expected[..size.min(step)]).unwrap();
            expected.extend_from_within(..size.min(step));
            assert_eq!(blob.bytes(), expected);
        }
        blob.alone().append_own().unwrap();
        assert_eq!(blob.bytes(), [&expected[..], &expected[..]].concat());
        blob.make_stone();
        zeroed.make_stone();
        let (slice, copy) = (zeroed.slice(0, size * 8).unwrap(), zeroed.copy_range(0, size * 8).unwrap());
        drop(zeroed);
        assert_eq!(slice.bytes(), bytes);
        assert_eq!(copy.bytes(), bytes);
    }
}

#[test]
fn an_antestone_grows_until_it_is_stone() {
    let mut blob = Blob::with_capacity(100).unwrap();
    assert_eq!((blob.length_bits(), blob.is_stone(), blob.reference_count()), (0, false, 1));
    for round in 0..1000u32 {
        blob.append_bytes(&round.to_le_bytes()).unwrap();
    }
    assert_eq!(blob.length_bits(), 32_000);
    blob.make_stone();
    blob.make_stone();
    assert!(blob.is_stone());
    assert_eq!(blob.append_bytes(b"x"), Err(Status::IsStone));
    assert_eq!(blob.bytes_mut().err(), Some(Status::IsStone));
    assert_eq!(blob.bytes()[4..8], 1u32.to_le_bytes());
    assert_eq!(blob.length_bits(), 32_000);
}

#[test]
fn a_shared_antestone_refuses_writes() {
    let mut blob = Blob::from_bytes(b"abc").unwrap();
    let other = blob.clone();
    assert_eq!(blob.append_bytes(b"d"), Err(Status::Busy));
    assert_eq!(blob.bytes_mut().err(), Some(Status::Busy));
    drop(other);
    blob.append_bytes(b"d").unwrap();
    let other = blob.clone();
    let place = other.bytes().as_ptr();
    blob.make_stone();
    assert!(other.is_stone());
    assert_eq!((other.bytes().as_ptr(), other.bytes()), (place, &b"abcd"[..]));
}

#[test]
fn slices_share_at_bytes_and_hold_the_whole() {
    let released = AtomicUsize::new(0);
    let whole = wrapped(b"0123456789", &released);
    let slice = whole.slice(16, 77).unwrap();
    let inner = slice.slice(8, 50).unwrap();
    assert_eq!(slice.bytes().as_ptr(), whole.bytes()[2..].as_ptr());
    assert_eq!(inner.bytes().as_ptr(), whole.bytes()[3..].as_ptr());
    assert_eq!(bits_of(inner.bytes(), 42), bits_of(b"0123456789", 80)[24..66]);
    // A slice of a slice holds the whole blob, so the slice between may be dropped.
    assert_eq!(slice.reference_count(), 1);
    assert_eq!(whole.reference_count(), 3);
    let odd = whole.slice(3, 20).unwrap();
    assert_eq!(bits_of(odd.bytes(), 17), bits_of(b"0123456789", 80)[3..20]);
    let empty = whole.slice(80, 80).unwrap();
    assert_eq!((empty.length_bits(), empty.bytes()), (0, &[][..]));
    assert_eq!(whole.reference_count(), 3);
    for (from, to) in [(5, 4), (0, 81), (81, 81), (usize::MAX, usize::MAX), (0, usize::MAX)] {
        assert_eq!(whole.slice(from, to).err(), Some(Status::OutOfRange));
        assert_eq!(whole.copy_range(from, to).err(), Some(Status::OutOfRange));
    }
    assert!(core::ptr::eq(&**inner.whole(), &*whole) && core::ptr::eq(&**whole.whole(), &*whole));
    assert_eq!((inner.kept_bytes(), whole.kept_bytes(), odd.kept_bytes()), (10, 10, 3));
    drop((whole, slice));
    assert_eq!(released.load(Ordering::Relaxed), 0);
    drop(inner);
    assert_eq!(released.load(Ordering::Relaxed), 1);
    assert_eq!(Blob::zeroed(8).unwrap().slice(0, 8).err(), Some(Status::NotStone));
}

#[test]
fn impossible_sizes_are_refused() {
    assert_eq!(Blob::zeroed(usize::MAX).err(), Some(Status::NoMemory));
    assert_eq!(Blob::with_capacity(usize::MAX).err(), Some(Status::NoMemory));
    let blob = Blob::zeroed(0).unwrap();
    assert!(blob.bytes().is_empty());
}

#[test]
fn equality_is_of_bits_not_of_places() {
    let one = Blob::from_bytes(b"ab\xF0").unwrap();
    let other = Blob::from_bytes(b"ab\xFF").unwrap();
    assert_ne!(one, other);
    assert_eq!(one.copy_range(0, 20).unwrap(), other.copy_range(0, 20).unwrap());
    let mut stone = other.clone();
    drop(other);
    stone.make_stone();
    assert_eq!(stone.slice(0, 20).unwrap(), one.copy_range(0, 20).unwrap());
    assert_ne!(stone.slice(0, 21).unwrap(), one.copy_range(0, 20).unwrap());
}

#[test]
fn a_million_messages_in_each_other_are_freed_on_a_small_stack() {
    let work = || {
        let released = AtomicUsize::new(0);
        let mut letter = wrapped(b"innermost", &released);
        let mut writer = Writer::new();
        for _ in 0..1_000_000 {
            writer.blob(&letter).unwrap();
            letter = writer.finish().unwrap();
        }
        assert_eq!(released.load(Ordering::Relaxed), 0);
        drop(letter);
        assert_eq!(released.load(Ordering::Relaxed), 1);
    };
    std::thread::Builder::new().stack_size(64 << 10).spawn(work).unwrap().join().unwrap();
}

#[test]
fn many_threads_count_and_release_once() {
    let released = AtomicUsize::new(0);
    let stone = wrapped(b"shared", &released);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mine = stone.clone();
            scope.spawn(move || {
                for _ in 0..20_000 {
                    let more = mine.clone();
                    let part = more.slice(8, 16).unwrap();
                    assert_eq!(part.bytes(), b"h");
                }
            });
        }
    });
    assert_eq!(stone.reference_count(), 1);
    drop(stone);
    assert_eq!(released.load(Ordering::Relaxed), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Appends at every bit position, also parts of the blob itself, compared with a list of bits.
    #[test]
    fn appends_equal_those_to_a_list_of_bits(start in 0..30usize, parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8)) {
        let source = Blob::from_bytes(&[0xA5; 4]).unwrap();
        let mut blob = source.copy_range(0, start).unwrap();
        let mut model = bits_of(source.bytes(), start);
        for part in parts {
            blob.append_bytes(&part).unwrap();
            model.extend(bits_of(&part, part.len() * 8));
            prop_assert_eq!(blob.length_bits(), model.len());
            prop_assert_eq!(blob.bytes(), bytes_of(&model));
        }
        blob.make_stone();
        prop_assert_eq!(blob.bytes(), bytes_of(&model));
        let (from, to) = (model.len() / 3, model.len());
        let part = blob.slice(from, to).unwrap();
        prop_assert_eq!(bits_of(part.bytes(), to - from), &model[from..]);
        let copy = blob.copy_range(from, to).unwrap();
        prop_assert_eq!(copy.bytes(), bytes_of(&model[from..]));
        prop_assert!(copy == part);
    }
}
