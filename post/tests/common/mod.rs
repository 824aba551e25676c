//! Helpers of all tests.
#![allow(dead_code, reason = "each test program uses some of it")]

// Links the crate, which exports the C calls.
use drystone as _;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use drystone::wota::{Reader, Writer};
use drystone_post::memory::MemoryStore;
use drystone_post::{Blob, Mailbox, Office, Options, Status};

/// Long enough for everything that comes at all.
pub(crate) const LONG: Option<Duration> = Some(Duration::from_secs(60));

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// One test at a time, which leaves no blobs.
pub(crate) struct Clean<'a>(#[allow(dead_code)] MutexGuard<'a, ()>);

pub(crate) fn clean() -> Clean<'static> {
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(drystone::blob::blobs_alive(), 0, "a test before left blobs");
    Clean(guard)
}

impl Drop for Clean<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(drystone::blob::blobs_alive(), 0, "blobs are left");
        }
    }
}

pub(crate) fn office(store: &MemoryStore) -> Office {
    office_with(store, Options::default())
}

pub(crate) fn office_with(store: &MemoryStore, options: Options) -> Office {
    Office::open(Arc::new(store.carrier()), options).unwrap()
}

pub(crate) fn mailbox() -> Mailbox {
    Mailbox::new(0, 0).unwrap()
}

/// An office that serves one address, and its mailbox.
pub(crate) fn served(store: &MemoryStore, address: &[u8]) -> (Office, Mailbox) {
    let (office, own) = (office(store), mailbox());
    office.serve(address, &own).unwrap();
    (office, own)
}

/// A message of one integer.
pub(crate) fn number(value: i64) -> Blob {
    let mut writer = Writer::new();
    writer.integer(value).unwrap();
    writer.finish().unwrap_or_else(|status| panic!("{status}")).into_pointer_blob()
}

pub(crate) fn number_of(letter: &Blob) -> i64 {
    let letter = message_of(letter);
    Reader::new(&letter, &drystone::Limits::DEFAULT).unwrap().integer().unwrap()
}

pub(crate) trait IntoPost {
    fn into_pointer_blob(self) -> Blob;
}

impl IntoPost for drystone::Blob {
    fn into_pointer_blob(self) -> Blob {
        // SAFETY: the crate's blobs are those of the C calls.
        unsafe { Blob::from_pointer(self.into_raw().as_ptr().cast()) }.unwrap()
    }
}

/// The crate's handle on the same blob.
pub(crate) fn message_of(letter: &Blob) -> drystone::Blob {
    let raw = std::ptr::NonNull::new(letter.clone().into_pointer().cast()).unwrap();
    // SAFETY: as above; the count is the clone's.
    unsafe { drystone::Blob::from_raw(raw) }
}

/// Bytes that differ from position to position.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place ^ (place >> 8) ^ (place >> 16)) as u8).collect()
}

/// An array that mentions one stone this many times.
pub(crate) fn with_stone(bytes: &[u8], times: usize) -> Blob {
    let mut stone = drystone::Blob::from_bytes(bytes).unwrap();
    stone.make_stone();
    let mut writer = Writer::new();
    writer.array(times as u64).unwrap();
    (0..times).for_each(|_| writer.blob(&stone).unwrap());
    writer.finish().unwrap_or_else(|status| panic!("{status}")).into_pointer_blob()
}

/// Takes this many letters.
pub(crate) fn take(mailbox: &Mailbox, count: usize) -> Vec<Blob> {
    (0..count)
        .map(|index| mailbox.take(LONG).unwrap_or_else(|status| panic!("letter {index}: {status}")))
        .collect()
}

pub(crate) fn nothing(mailbox: &Mailbox) {
    assert_eq!(mailbox.take(Some(Duration::ZERO)).unwrap_err(), Status::End);
}

/// Polls until the condition holds.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never: {what}");
}
