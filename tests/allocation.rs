//! The n-th allocation fails, for every n: each operation then returns `NoMemory`, changes nothing and keeps
//! nothing. The allocator of this program counts and refuses by thread.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::{self, NonNull};

use drystone::convert::{nota_from_message, nota_to_message, transcode};
use drystone::dump::dump;
use drystone::json::json_from_message;
use drystone::nota::Feeder;
use drystone::wota::{Dialect, Reader, Writer, flattened_words, from_bytes, to_bytes, validate};
use drystone::{Blob, Limits, Mailbox, Status};

thread_local! {
    /// The number of allocations that still succeed on this thread.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
    /// Live blocks: the allocations of this thread minus its deallocations.
    static ALIVE: Cell<isize> = const { Cell::new(0) };
}

struct Failing;

impl Failing {
    fn allowed() -> bool {
        LEFT.with(|left| {
            let now = left.get();
            left.set(if now == usize::MAX { now } else { now.saturating_sub(1) });
            now != 0
        })
    }

    fn counted(block: *mut u8) -> *mut u8 {
        if !block.is_null() {
            ALIVE.with(|alive| alive.set(alive.get() + 1));
        }
        block
    }
}

// SAFETY: blocks come from the system's allocator and are returned to it, or are refused with NULL.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on.
        if Self::allowed() { Self::counted(unsafe { System.alloc(layout) }) } else { ptr::null_mut() }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: passed on.
        if Self::allowed() { Self::counted(unsafe { System.alloc_zeroed(layout) }) } else { ptr::null_mut() }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: passed on.
        if Self::allowed() { unsafe { System.realloc(block, layout, size) } } else { ptr::null_mut() }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        ALIVE.with(|alive| alive.set(alive.get() - 1));
        // SAFETY: passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

/// Runs `work` with the first, second, third … allocation failing and every one after it, until it
/// succeeds; `check` examines the state each time. Returns the number of failures.
fn fail_each<T>(mut work: impl FnMut() -> Result<T, Status>, mut check: impl FnMut()) -> usize {
    for allowed in 0..1000 {
        let before = ALIVE.get();
        LEFT.set(allowed);
        let outcome = work();
        LEFT.set(usize::MAX);
        match outcome {
            Ok(value) => {
                drop(value);
                assert_eq!(ALIVE.get(), before, "something was kept");
                return allowed;
            }
            Err(status) => {
                assert_eq!(status, Status::NoMemory);
                assert_eq!(ALIVE.get(), before, "something was kept after failure {allowed}");
                check();
            }
        }
    }
    panic!("never succeeds");
}

fn stone(bytes: &[u8]) -> Blob {
    let mut blob = Blob::from_bytes(bytes).unwrap();
    blob.make_stone();
    blob
}

#[test]
fn making_blobs() {
    // 256 bytes are in the header's block.
    for (bits, allocations) in [(0, 1), (8, 1), (1000, 1), (2048, 1), (2049, 2), (10_000, 2)] {
        assert_eq!(fail_each(|| Blob::zeroed(bits), || ()), allocations);
        assert_eq!(fail_each(|| Blob::with_capacity(bits), || ()), allocations);
        let bytes = vec![1; bits / 8];
        assert_eq!(fail_each(|| Blob::from_bytes(&bytes), || ()), if bits > 2049 { 2 } else { 1 });
    }
    let whole = stone(&[7; 1000]);
    let unchanged = || assert_eq!((whole.reference_count(), whole.length_bits()), (1, 8000));
    assert_eq!(fail_each(|| whole.slice(8, 8000), unchanged), 1);
    assert_eq!(fail_each(|| whole.slice(9, 100), unchanged), 1);
    assert_eq!(fail_each(|| whole.slice(9, 8000), unchanged), 2);
    assert_eq!(fail_each(|| whole.copy_range(0, 100), unchanged), 1);
    assert_eq!(fail_each(|| whole.copy_range(0, 8000), unchanged), 2);
}

#[test]
fn growing_a_blob() {
    let mut blob = Blob::from_bytes(b"start").unwrap();
    LEFT.set(0);
    let failed = blob.append_bytes(&[9; 5000]);
    LEFT.set(usize::MAX);
    assert_eq!((failed, blob.bytes()), (Err(Status::NoMemory), &b"start"[..]));
    blob.append_bytes(&[9; 5000]).unwrap();
    // Trimming may fail, but making a stone succeeds.
    LEFT.set(0);
    blob.make_stone();
    LEFT.set(usize::MAX);
    assert!(blob.is_stone());
    assert_eq!(blob.bytes().len(), 5005);
}

#[test]
fn a_failed_wrap_releases_at_once() {
    thread_local! { static RELEASED: Cell<u32> = const { Cell::new(0) } }
    unsafe extern "C" fn release(_: *mut c_void, _: *mut u8, bits: usize) {
        assert_eq!(bits, 24);
        RELEASED.set(RELEASED.get() + 1);
    }
    // SAFETY: the bytes are static and the release does not touch them.
    let wrap = || unsafe { Blob::wrap_memory(NonNull::from(b"abc").cast(), 24, release, ptr::null_mut()) };
    assert_eq!(fail_each(wrap, || assert_eq!(RELEASED.get(), 1)), 1);
    assert_eq!(RELEASED.get(), 2);
    // SAFETY: as above.
    assert_eq!(fail_each(|| unsafe { Blob::borrow_memory(NonNull::from(b"abc").cast(), 24) }, || ()), 1);
}

#[test]
fn writing_a_message() {
    let stone = stone(b"stone");
    let write = || {
        let mut writer = Writer::new();
        writer.array(4)?;
        writer.text("a text that is longer than the first room".as_bytes())?;
        writer.record(1)?;
        writer.text(b"key")?;
        writer.blob(&stone)?;
        writer.bits(&[0; 4000], 32_000)?;
        writer.number(0.5)?;
        writer.finish()
    };
    assert!(fail_each(write, || assert_eq!(stone.reference_count(), 1)) >= 5);
    assert_eq!(stone.reference_count(), 1);
}

#[test]
fn every_refused_write_can_be_made_again() {
    let stone = stone(b"stone");
    let mut writer = Writer::new();
    let mut failures = 0;
    let mut retry = |call: &dyn Fn(&mut Writer) -> Result<(), Status>, writer: &mut Writer| {
        LEFT.set(0);
        let first = call(writer);
        LEFT.set(usize::MAX);
        if first == Err(Status::NoMemory) {
            failures += 1;
            call(writer).unwrap();
        } else {
            first.unwrap();
        }
    };
    retry(&|writer| writer.array(300), &mut writer);
    for _ in 0..100 {
        retry(&|writer| writer.integer(1), &mut writer);
        retry(&|writer| writer.blob(&stone), &mut writer);
        retry(&|writer| writer.text(b"some text"), &mut writer);
    }
    LEFT.set(0);
    assert_eq!(writer.finish().err(), Some(Status::NoMemory));
    LEFT.set(usize::MAX);
    assert_eq!(stone.reference_count(), 101);
    let message = writer.finish().unwrap();
    assert_eq!(message.held().len(), 100);
    assert!(failures > 5);
    let mut reader = Reader::new(&message, &Limits::DEFAULT).unwrap();
    reader.skip().unwrap();
    assert_eq!(reader.kind(), Err(Status::End));
}

#[test]
fn reading_checking_and_converting() {
    // Deeper and with more keys than the checker handles without allocating.
    let mut writer = Writer::new();
    for _ in 0..100 {
        writer.record(2).unwrap();
        writer.text(b"value").unwrap();
        writer.bits(b"inline", 48).unwrap();
        writer.text(b"next").unwrap();
    }
    writer.text(b"end").unwrap();
    let message = writer.finish().unwrap();
    assert!(fail_each(|| to_bytes(&message), || ()) >= 3);
    let bytes = to_bytes(&message).unwrap();
    let (dialect, limits) = (Dialect::Classic, Limits::DEFAULT);
    let check = || validate(bytes.bytes(), dialect, &limits).map_err(|fault| fault.status);
    assert!(fail_each(check, || ()) >= 2);
    let back = || from_bytes(bytes.bytes(), dialect, &limits).map_err(|fault| fault.status);
    assert!(fail_each(back, || ()) >= 3);
    let mut reader = Reader::new(&message, &limits).unwrap();
    reader.find(b"value").unwrap();
    let place = reader.offset();
    assert_eq!(
        fail_each(
            || {
                let mut at = reader;
                at.blob()
            },
            || ()
        ),
        1
    );
    assert_eq!(reader.offset(), place);
    let mut text = reader;
    text.skip().unwrap();
    assert!(
        fail_each(
            || {
                let mut at = text;
                at.string()
            },
            || ()
        ) >= 1
    );
}

#[test]
fn mailboxes() {
    assert_eq!(fail_each(|| Mailbox::new(0), || ()), 1);
    let mailbox = Mailbox::new(0).unwrap();
    let letter = stone(b"letter");
    LEFT.set(0);
    let refused = mailbox.post(letter).unwrap_err();
    LEFT.set(usize::MAX);
    assert_eq!((refused.status, refused.letter.reference_count()), (Status::NoMemory, 1));
    mailbox.post(refused.letter).unwrap();
    assert_eq!(mailbox.len(), 1);
    // The table of names keeps its capacity, so only failures are checked here.
    LEFT.set(0);
    assert_eq!(Mailbox::open(b"no memory", 0).err(), Some(Status::NoMemory));
    LEFT.set(1);
    assert_eq!(Mailbox::open(b"no memory", 0).err(), Some(Status::NoMemory));
    LEFT.set(2);
    assert_eq!(Mailbox::open(b"no memory", 0).err(), Some(Status::NoMemory));
    LEFT.set(usize::MAX);
    let named = Mailbox::open(b"no memory", 0).unwrap();
    assert!(named.is_empty());
}

#[test]
fn other_forms_of_a_message() {
    let stone = stone(&[5; 70]);
    let mut writer = Writer::new();
    writer.array(4).unwrap();
    writer.text("größer als nichts, \"mit\" Zeichen \u{1} dazu".as_bytes()).unwrap();
    writer.number(0.125).unwrap();
    writer.blob(&stone).unwrap();
    writer.record(1).unwrap();
    writer.text(b"$blob").unwrap();
    writer.bits(b"inline", 43).unwrap();
    let message = writer.finish().unwrap();
    let unchanged = || assert_eq!(stone.reference_count(), 2);
    assert!(fail_each(|| nota_from_message(&message), unchanged) >= 3);
    assert!(fail_each(|| transcode(&message, Dialect::Dec64, false), unchanged) >= 3);
    assert!(fail_each(|| dump(&message), unchanged) >= 3);
    for pretty in [false, true] {
        assert!(fail_each(|| json_from_message(&message, pretty), unchanged) >= 3);
    }
    // The same through references, and as the bytes of a held message.
    let mut writer = Writer::new();
    writer.array(3).unwrap();
    writer.value(&message, 0).unwrap();
    writer.value(&message, 0).unwrap();
    writer.blob(&message).unwrap();
    let outer = writer.finish().unwrap();
    let counts = outer.held().len() as i32 + 1;
    let unchanged = || assert_eq!(message.reference_count(), counts);
    assert!(fail_each(|| flattened_words(&outer, &Limits::DEFAULT), unchanged) >= 1);
    assert!(fail_each(|| transcode(&outer, Dialect::Classic, false), unchanged) >= 3);
    assert!(fail_each(|| to_bytes(&outer), unchanged) >= 3);
    assert!(fail_each(|| nota_from_message(&outer), unchanged) >= 3);
    assert!(fail_each(|| json_from_message(&outer, false), unchanged) >= 3);
    assert!(fail_each(|| dump(&outer), unchanged) >= 2);
    // Small numbers take more words than expected, so that the words grow.
    let mut writer = Writer::new();
    writer.array(101).unwrap();
    writer.value(&message, 0).unwrap();
    (0..100).for_each(|number| writer.integer(number % 7).unwrap());
    let nota = nota_from_message(&writer.finish().unwrap()).unwrap();
    let limits = Limits::DEFAULT;
    let back = || nota_to_message(nota.bytes(), &limits).map_err(|fault| fault.status);
    assert!(fail_each(back, || ()) >= 3);
    let feed = || {
        let mut feeder = Feeder::new(limits);
        nota.bytes().chunks(9).try_for_each(|piece| feeder.feed(piece).map(|_| ()))
    };
    assert!(fail_each(feed, || ()) >= 1);
}
