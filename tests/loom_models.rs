//! All interleavings of the count, of the mailbox's hand-over and of a scoped heap's chunks, by loom:
//! `RUSTFLAGS="--cfg loom" cargo test --release --test loom_models` (as `cargo xtask test` does).
#![cfg(loom)]

#[path = "../src/view/published.rs"]
#[allow(unreachable_pub, unused)]
mod published;
#[path = "../src/arena/scoped_heap/recycle.rs"]
mod recycle;
#[path = "../src/sync.rs"]
#[allow(dead_code, unused_imports)]
mod sync;

use core::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc as PlainArc;
use std::time::Duration;

use drystone::{Blob, Mailbox, Status};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use loom::thread;
use published::{List, ListEntry};
use recycle::{FreeList, LiveBlocks};

/// The memory of a stone in these models: cells that the owners write while they own a count, each its own, and that the
/// releasing thread must see.
struct Memory {
    places: [UnsafeCell<u32>; 3],
    released: AtomicUsize,
}

// SAFETY: loom itself watches the accesses to the places; that is the point of the model.
unsafe impl Sync for Memory {}
// SAFETY: as above.
unsafe impl Send for Memory {}

unsafe extern "C" fn release(context: *mut c_void, _: *mut u8, _: usize) {
    // SAFETY: the context is the `Memory` that the model keeps alive.
    let memory = unsafe { &*context.cast::<Memory>() };
    for place in &memory.places {
        // SAFETY: loom fails the model when another thread's write is not ordered before this.
        place.with(|value| assert!(unsafe { *value } != 0));
    }
    memory.released.fetch_add(1, Ordering::Relaxed);
}

fn stone(memory: &PlainArc<Memory>) -> Blob {
    let context = PlainArc::as_ptr(memory).cast_mut().cast();
    // SAFETY: no byte is read; the memory outlives the blob in each model.
    unsafe { Blob::wrap_memory(NonNull::dangling(), 0, release, context) }.unwrap()
}

fn memory() -> PlainArc<Memory> {
    let places = [UnsafeCell::new(0), UnsafeCell::new(0), UnsafeCell::new(0)];
    PlainArc::new(Memory { places, released: AtomicUsize::new(0) })
}

fn write(memory: &Memory, place: usize) {
    // SAFETY: each thread has its own cell; loom checks.
    memory.places[place].with_mut(|value| unsafe { *value = 1 });
}

#[test]
fn the_last_of_three_owners_releases_once_and_sees_all() {
    loom::model(|| {
        let memory = memory();
        let blob = stone(&memory);
        let threads: Vec<_> = (0..2)
            .map(|place| {
                let (blob, memory) = (blob.clone(), memory.clone());
                thread::spawn(move || {
                    let again = blob.clone();
                    write(&memory, place);
                    drop(blob);
                    drop(again);
                })
            })
            .collect();
        write(&memory, 2);
        drop(blob);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(memory.released.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_message_dropped_by_one_thread_and_its_stone_by_another_release_once() {
    loom::model(|| {
        let memory = memory();
        let blob = stone(&memory);
        let mut writer = drystone::wota::Writer::new();
        writer.blob(&blob).unwrap();
        let message = writer.finish().unwrap();
        let thread = thread::spawn({
            let memory = memory.clone();
            move || {
                write(&memory, 0);
                drop(message);
            }
        });
        write(&memory, 1);
        write(&memory, 2);
        drop(blob);
        thread.join().unwrap();
        assert_eq!(memory.released.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn becoming_the_only_owner_allows_writing() {
    loom::model(|| {
        let mut blob = Blob::from_bytes(b"a").unwrap();
        let other = blob.clone();
        let thread = thread::spawn(move || {
            assert_eq!(other.bytes(), b"a");
        });
        match blob.append_bytes(b"b") {
            Ok(()) => assert_eq!(blob.bytes(), b"ab"),
            Err(status) => assert_eq!(status, Status::Busy),
        }
        thread.join().unwrap();
        blob.append_bytes(b"c").unwrap();
    });
}

#[test]
fn a_waiting_taker_gets_the_letter_that_is_posted() {
    loom::model(|| {
        let mailbox = Mailbox::new(0).unwrap();
        let memory = memory();
        let poster = thread::spawn({
            let (mailbox, memory) = (mailbox.clone(), memory.clone());
            move || {
                let letter = stone(&memory);
                write(&memory, 0);
                write(&memory, 1);
                mailbox.post(letter).unwrap();
            }
        });
        let letter = mailbox.take(None).unwrap();
        write(&memory, 2);
        drop(letter);
        poster.join().unwrap();
        assert_eq!(memory.released.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn two_posters_hand_over_each_letter_once() {
    loom::model(|| {
        let mailbox = Mailbox::new(0).unwrap();
        let posters: Vec<_> = [1u8, 2]
            .map(|number| {
                let mailbox = mailbox.clone();
                thread::spawn(move || mailbox.post(Blob::from_bytes(&[number]).unwrap()).unwrap())
            })
            .into();
        let first = mailbox.take(None).unwrap();
        let second = mailbox.take(None).unwrap();
        assert_eq!(first.bytes()[0] + second.bytes()[0], 3);
        assert_eq!(mailbox.take(Some(Duration::ZERO)).err(), Some(Status::End));
        posters.into_iter().for_each(|poster| poster.join().unwrap());
    });
}

#[test]
fn closing_wakes_the_taker_and_loses_no_letter() {
    loom::model(|| {
        let mailbox = Mailbox::new(1).unwrap();
        let poster = thread::spawn({
            let mailbox = mailbox.clone();
            move || mailbox.post(Blob::from_bytes(b"x").unwrap()).is_ok()
        });
        let closer = thread::spawn({
            let mailbox = mailbox.clone();
            move || mailbox.close()
        });
        let mut taken = 0;
        loop {
            match mailbox.take(None) {
                Ok(_) => taken += 1,
                Err(status) => {
                    assert_eq!(status, Status::Closed);
                    break;
                }
            }
        }
        closer.join().unwrap();
        let posted = poster.join().unwrap();
        assert_eq!(taken, usize::from(posted));
    });
}

/// A chunk in these models: a count, a link, and a cell that only its owner accesses.
struct Chunks {
    spare: FreeList,
    links: Vec<AtomicU32>,
    places: Vec<UnsafeCell<u32>>,
}

// SAFETY: loom itself watches the accesses to the places; that is the point of the model.
unsafe impl Sync for Chunks {}
// SAFETY: as above.
unsafe impl Send for Chunks {}

impl Chunks {
    /// All chunks are spare, the last one first.
    fn new(chunks: u32) -> PlainArc<Self> {
        let links = (0..chunks).map(|_| AtomicU32::new(0)).collect();
        let places = (0..chunks).map(|_| UnsafeCell::new(0)).collect();
        let all = Chunks { spare: FreeList::new(), links, places };
        (0..chunks).for_each(|index| all.give(index));
        PlainArc::new(all)
    }

    fn give(&self, index: u32) {
        self.spare.push(index, &self.links[index as usize]);
    }

    fn take(&self) -> Option<u32> {
        let index = self.spare.pop(|index| &self.links[index as usize])?;
        // SAFETY: loom fails the model when two threads have the same chunk.
        self.places[index as usize].with_mut(|value| unsafe { *value += 1 });
        Some(index)
    }
}

#[test]
fn a_spare_chunk_is_taken_by_one_thread_at_a_time_and_none_is_lost() {
    loom::model(|| {
        let chunks = Chunks::new(2);
        let other = thread::spawn({
            let chunks = chunks.clone();
            // Two are taken, and the first one is first again: a thread that has read the old links must not
            // use them.
            move || {
                let first = chunks.take();
                let second = chunks.take();
                first.into_iter().for_each(|index| chunks.give(index));
                second
            }
        });
        let mine = chunks.take();
        let theirs = other.join().unwrap();
        let mut all: Vec<_> = mine.into_iter().chain(theirs).collect();
        while let Some(index) = chunks.take() {
            all.push(index);
        }
        all.sort();
        assert_eq!(all, [0, 1]);
    });
}

#[test]
fn the_chunk_of_a_scope_is_returned_once_after_scope_and_blocks_are_gone() {
    loom::model(|| {
        let memory = memory();
        let count = PlainArc::new(LiveBlocks::zero());
        count.open();
        let release = |memory: &Memory| {
            for place in &memory.places {
                // SAFETY: loom fails the model when another thread's write is not ordered before this.
                place.with_mut(|value| assert!(unsafe { *value } != 0));
            }
            memory.released.fetch_add(1, Ordering::Relaxed);
        };
        let threads: Vec<_> = (0..2)
            .map(|place| {
                let (memory, count) = (memory.clone(), count.clone());
                thread::spawn(move || {
                    write(&memory, place);
                    if count.free() {
                        release(&memory);
                    }
                })
            })
            .collect();
        // The scope allocated three blocks and freed one.
        write(&memory, 2);
        if count.close(2) {
            release(&memory);
        }
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(memory.released.load(Ordering::Relaxed), 1);
    });
}

/// An entry whose value is written before it is published, and read by any thread that finds it.
type Entry = ListEntry<UnsafeCell<u32>>;

/// A list, and the number of entries that were made for it and not freed.
struct Published {
    list: List<UnsafeCell<u32>>,
    made: AtomicUsize,
}

// SAFETY: loom itself watches the accesses to the values; that is the point of the model.
unsafe impl Sync for Published {}
// SAFETY: as above.
unsafe impl Send for Published {}

impl Published {
    /// The entry of the key: one that exists, one that this thread adds, or one that another thread added first.
    fn look(&self, key: usize) -> NonNull<Entry> {
        if let Some(found) = self.list.find(key) {
            return found;
        }
        let entry = Box::new(ListEntry::new(key, UnsafeCell::new(0)));
        // SAFETY: loom fails the model when another thread can see this.
        entry.value.with_mut(|value| unsafe { *value = key as u32 + 1 });
        let entry = NonNull::from(Box::leak(entry));
        // SAFETY: the entry is ours, and stays when it was added.
        match unsafe { self.list.add(entry) } {
            Ok(()) => {
                self.made.fetch_add(1, Ordering::Relaxed);
                entry
            }
            Err(other) => {
                // SAFETY: it was not added, so this thread is its only owner.
                drop(unsafe { Box::from_raw(entry.as_ptr()) });
                other
            }
        }
    }
}

#[test]
fn an_index_is_published_once_however_many_threads_make_it() {
    loom::model(|| {
        let published = PlainArc::new(Published { list: List::new(), made: AtomicUsize::new(0) });
        let read = |published: &Published, key: usize| {
            // SAFETY: entries stay until the end of the model.
            let entry = unsafe { published.look(key).as_ref() };
            // SAFETY: loom fails the model when the write is not ordered before this.
            assert_eq!(entry.value.with(|value| unsafe { *value }), key as u32 + 1);
        };
        let other = thread::spawn({
            let published = published.clone();
            move || {
                read(&published, 0);
                read(&published, 1);
            }
        });
        read(&published, 1);
        read(&published, 0);
        other.join().unwrap();
        assert_eq!(published.made.load(Ordering::Relaxed), 2);
        // SAFETY: the threads have ended.
        while let Some(entry) = unsafe { published.list.pop() } {
            // SAFETY: it was removed.
            drop(unsafe { Box::from_raw(entry.as_ptr()) });
        }
    });
}

#[test]
fn two_threads_look_far_into_a_message_and_the_last_one_frees_it() {
    loom::model(|| {
        let mut writer = drystone::wota::Writer::new();
        writer.array(40).unwrap();
        (0..40).for_each(|number| writer.integer(number).unwrap());
        let message = writer.finish().unwrap();
        let look = |message: Blob| {
            let view = drystone::view::View::new(&message).unwrap();
            assert_eq!(view.element(39).unwrap().integer(), Ok(39));
        };
        let other = thread::spawn({
            let message = message.clone();
            move || look(message)
        });
        look(message);
        other.join().unwrap();
    });
}
