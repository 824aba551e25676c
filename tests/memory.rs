//! Decoding hostile input takes memory in proportion to the input, whatever it claims: the allocator of this
//! program records the peak.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use drystone::Limits;
use drystone::convert::nota_to_message;
use drystone::json::message_from_json;
use drystone::nota::{self, Feeder};
use drystone::view::View;
use drystone::wota::{Dialect, from_bytes, validate};

thread_local! {
    // Memory of other threads, such as other tests and their runner, does not count.
    static NOW: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

impl Counting {
    fn more(size: usize) {
        let now = NOW.get() + size as isize;
        NOW.set(now);
        PEAK.set(PEAK.get().max(now));
    }

    fn less(size: usize) {
        NOW.set(NOW.get() - size as isize);
    }
}

// SAFETY: blocks come from the system's allocator and are returned to it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::more(layout.size());
        // SAFETY: passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both blocks may exist for a moment.
        Self::more(size);
        Self::less(layout.size());
        // SAFETY: passed on.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        Self::less(layout.size());
        // SAFETY: passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The work's peak number of bytes.
fn peak(work: impl FnOnce()) -> usize {
    let before = NOW.get();
    PEAK.set(before);
    work();
    (PEAK.get() - before) as usize
}

/// The memory that any small input takes.
const ALWAYS: usize = 4096;

fn words(words: impl IntoIterator<Item = u64>) -> Vec<u8> {
    words.into_iter().flat_map(u64::to_le_bytes).collect()
}

#[test]
fn wota() {
    let deep = Limits { max_depth: 65_535, ..Limits::DEFAULT };
    for bytes in [
        // Counts far beyond the input.
        words([0xFFFF_FFFF_FFFF_FF02]),
        words([0xFFFF_FFFF_FFFF_FF03, 0]),
        words([0xFFFF_FFFF_FFFF_FF04, 0]),
        words([0xFFFF_FFFF_FFFF_FF05, 0]),
        words(std::iter::repeat_n(0xFFFF_FFFF_FFFF_FF02, 10_000)),
        // The greatest depth, and many keys of open records.
        words(std::iter::repeat_n(0x102, 65_535).chain([7])),
        words((0..20_000).flat_map(|at| [0x103, 0x105, (0x61 + at) << 32]).chain([7])),
        // Many keys in one record.
        words(
            [100_000 << 8 | 3].into_iter().chain((0..100_000).flat_map(|at| [0x205, 0x61_0000_0061 + at, 7])),
        ),
    ] {
        for dialect in [Dialect::Classic, Dialect::Dec64] {
            let taken = peak(|| {
                let _ = validate(&bytes, dialect, &deep);
            });
            assert!(taken <= 6 * bytes.len() + ALWAYS, "{taken} for {}", bytes.len());
            let taken = peak(|| {
                let _ = from_bytes(&bytes, dialect, &deep);
            });
            assert!(taken <= 6 * bytes.len() + ALWAYS, "{taken} for {}", bytes.len());
        }
    }
}

/// The index of a message takes memory in proportion to the message. Once the outermost container has one, so have those
/// inside.
#[test]
fn indexes() {
    let row = |_| [20 << 8 | 2].into_iter().chain((0..20).map(|number| number << 8));
    let pair = |_| [0x202].into_iter().chain((0..20).flat_map(|_| [0x202, 0x100])).chain([0, 0]);
    let record =
        |_| [0x203, 0x105, 0x61 << 32, 30 << 8 | 2].into_iter().chain([7; 30]).chain([0x105, 0x62 << 32, 7]);
    for (values, flat) in [
        (words([1000 << 8 | 2].into_iter().chain((0..1000).flat_map(row))), true),
        (words([1000 << 8 | 2].into_iter().chain((0..1000).flat_map(record))), true),
        (words([1000 << 8 | 2].into_iter().chain((0..1000).flat_map(pair))), false),
    ] {
        let message = from_bytes(&values, Dialect::Classic, &Limits::DEFAULT).unwrap();
        let view = View::new(&message).unwrap();
        let taken = peak(|| _ = view.element(999).unwrap());
        assert!(taken <= 4 * values.len() + ALWAYS, "{taken} for {}", values.len());
        let later = peak(|| {
            for row in view.elements().unwrap().filter(|_| flat) {
                let last = row.count().unwrap() - 1;
                let _ = row.element(last).or_else(|_| row.field_at(last).map(|(_, value)| value)).unwrap();
            }
        });
        assert_eq!(later, 0);
    }
}

#[test]
fn nota_bytes() {
    let deep = Limits { max_depth: 65_535, ..Limits::DEFAULT };
    for bytes in [
        vec![0xAF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        vec![0x9F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        vec![0x8F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
        vec![0x21; 65_536],
        // A null is one byte here and a word of eight in a message.
        [vec![0xA0 | 0x03, 0x86 | 0x80, 0xA0, 0x00], vec![0x70; 100_000]].concat(),
        [vec![0xA6, 0x8D, 0x20], vec![0x70; 100_000]].concat(),
        (0..20_000u32).flat_map(|at| [0x31, 0x12, b'a' + (at % 26) as u8, b'a']).chain([0x70]).collect(),
    ] {
        let checked = peak(|| {
            let _ = nota::validate(&bytes, &deep);
        });
        // A level takes 24 bytes, and as many again while the list of them moves.
        assert!(checked <= 48 * bytes.len() + ALWAYS, "{checked} for {}", bytes.len());
        // The words, the same again while they grow, and the message.
        let made = peak(|| {
            let _ = nota_to_message(&bytes, &deep);
        });
        assert!(made <= 64 * bytes.len() + ALWAYS, "{made} for {}", bytes.len());
        let fed = peak(|| {
            let mut feeder = Feeder::new(deep);
            let _ = bytes.chunks(100).try_for_each(|piece| feeder.feed(piece).map(|_| ()));
        });
        assert!(fed <= 6 * bytes.len() + ALWAYS, "{fed} for {}", bytes.len());
    }
}

#[test]
fn json_text() {
    for text in [
        "[".repeat(100_000),
        "[0".to_string() + &",0".repeat(50_000),
        "\"".to_string() + &"a".repeat(100_000),
    ] {
        let taken = peak(|| {
            let _ = message_from_json(text.as_bytes(), &Limits::DEFAULT);
        });
        assert!(taken <= 32 * text.len() + ALWAYS, "{taken} for {}", text.len());
    }
}
