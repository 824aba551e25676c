//! Taking and dropping counts of a shared object, and making and freeing small ones.

use std::hint::black_box;
use std::sync::Arc;

use bytes::Bytes;
use drystone::Blob;

use crate::c_calls::CBlob;
use crate::measure::{Group, Table, on_two_threads, timed_together};
use crate::report::Report;
use crate::versions::{named, standard};

/// The size of the objects in bytes.
const SIZE: usize = 64;

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    let counting = counting();
    let shared = counting_on_two_threads();
    let making = making();
    let scaling = making_on_two_threads();
    let (arc, c_arc) = (counting.row("Arc<[u8]>").median, counting.row("Arc behind").median);
    report.at_most(1.1, "incref + destroy from C / Arc behind C functions", counting.rows[0].median / c_arc);
    report.at_most(1.1, "incref + destroy from C / Arc clone + drop, inline", counting.rows[0].median / arc);
    report.at_most(1.1, "Blob clone + drop / Arc clone + drop", counting.row("drystone Blob").median / arc);
    let arc = shared.row("Arc<[u8]>").median;
    report.at_most(1.1, "the same from C, two threads on one object", shared.rows[0].median / arc);
    let bytes = making.row("Bytes::copy_from_slice").median;
    report.at_most(1.1, "blob_new + blob_destroy / Bytes::copy_from_slice", making.rows[0].median / bytes);
    let from_bytes = making.row("drystone blob_from_bytes").median;
    report.at_most(1.1, "blob_from_bytes + blob_destroy / Bytes::copy_from_slice", from_bytes / bytes);
    let slower = |one: &str, two: &str| scaling.row(two).median / scaling.row(one).median;
    let (ours, theirs) = (slower("drystone, one", "drystone, two"), slower("Arc, one", "Arc, two"));
    report.at_most(1.2, "process-wide counters: slow-down by a second thread / Arc's", ours / theirs);
    report.tables.extend([counting, shared, making, scaling]);
    report
}

fn arc_slice() -> Arc<[u8]> {
    Arc::from([7; SIZE])
}

fn rust_stone() -> Blob {
    let mut blob = Blob::from_bytes(&[7; SIZE]).expect("memory");
    blob.make_stone();
    blob
}

/// What a C library over `Arc` would export: the peer of our C functions, which also cost a call.
mod over_arc {
    use std::sync::Arc;

    pub(super) type Object = [u8; super::SIZE];

    #[inline(never)]
    pub(super) extern "C" fn incref(object: *const Object) {
        // SAFETY: called with a pointer from `Arc::into_raw` whose count the caller has.
        unsafe { Arc::increment_strong_count(object) }
    }

    #[inline(never)]
    pub(super) extern "C" fn destroy(object: *const Object) {
        // SAFETY: as above; the count is not used again.
        unsafe { Arc::decrement_strong_count(object) }
    }
}

fn shared_bytes() -> Bytes {
    // The first clone converts it to the counted kind, which should not be timed.
    let bytes = Bytes::from(vec![7; SIZE]);
    drop(bytes.clone());
    bytes
}

fn counting() -> Table {
    let mut group = Group::new("One more count and one less, one thread");
    let blob = CBlob::stone(SIZE);
    group.add("drystone blob_incref + blob_destroy", move || black_box(&blob).count_up_and_down());
    let blob = rust_stone();
    group.add("drystone Blob clone + drop", move || drop(black_box(black_box(&blob).clone())));
    let arc = Arc::new([7_u8; SIZE]);
    group.add(format!("Arc behind C functions of its own, {}", standard()), move || {
        let object = Arc::as_ptr(black_box(&arc));
        over_arc::incref(object);
        over_arc::destroy(black_box(object));
    });
    let arc = arc_slice();
    group.add(format!("Arc<[u8]> clone + drop, {}", standard()), move || {
        drop(black_box(black_box(&arc).clone()));
    });
    let arc = Arc::new([7_u8; SIZE]);
    group.add(format!("Arc<[u8; {SIZE}]> clone + drop, {}", standard()), move || {
        drop(black_box(black_box(&arc).clone()));
    });
    let bytes = shared_bytes();
    group.add(format!("Bytes clone + drop, {}", named("bytes")), move || {
        drop(black_box(black_box(&bytes).clone()));
    });
    group.run()
}

fn counting_on_two_threads() -> Table {
    let mut group = Group::new("The same, two threads on one object (time of one pair on each thread)");
    let blob = CBlob::stone(SIZE);
    both(&mut group, "drystone blob_incref + blob_destroy".into(), move || {
        black_box(&blob).count_up_and_down();
    });
    let blob = rust_stone();
    both(&mut group, "drystone Blob clone + drop".into(), move || {
        drop(black_box(black_box(&blob).clone()));
    });
    let arc = arc_slice();
    both(&mut group, format!("Arc<[u8]> clone + drop, {}", standard()), move || {
        drop(black_box(black_box(&arc).clone()));
    });
    let bytes = shared_bytes();
    both(&mut group, format!("Bytes clone + drop, {}", named("bytes")), move || {
        drop(black_box(black_box(&bytes).clone()));
    });
    group.run()
}

fn making() -> Table {
    let mut group = Group::new(format!("Make and free an object of {SIZE} bytes, one thread"));
    group.add("drystone blob_new + blob_destroy", || CBlob::zeroed(black_box(SIZE)));
    group.add("drystone Blob::from_bytes, made stone", rust_stone);
    let source = [7; SIZE];
    group.add("drystone blob_from_bytes + blob_destroy", move || CBlob::of(black_box(&source)));
    group.add(format!("Box<[u8]> zeroed, {}", standard()), || vec![0_u8; black_box(SIZE)].into_boxed_slice());
    group.add(format!("Arc<[u8]> from a slice, {}", standard()), move || {
        Arc::<[u8]>::from(black_box(&source[..]))
    });
    group.add(format!("Arc<Box<[u8]>> zeroed (two blocks, as ours), {}", standard()), || {
        Arc::new(vec![0_u8; black_box(SIZE)].into_boxed_slice())
    });
    group.add(format!("Bytes::copy_from_slice, {}", named("bytes")), move || {
        Bytes::copy_from_slice(black_box(&source[..]))
    });
    group.run()
}

/// The cost of the process-wide counters of blobs: threads that share nothing else make and free blobs of their own.
fn making_on_two_threads() -> Table {
    let mut group =
        Group::new(format!("Make and free {SIZE} bytes: one thread, then two at once, each its own"));
    let blob = || drop(black_box(CBlob::zeroed(black_box(SIZE))));
    let arc = || drop(black_box(Arc::new(vec![0_u8; black_box(SIZE)].into_boxed_slice())));
    alone(&mut group, "drystone, one thread", blob);
    both(&mut group, "drystone, two threads".into(), blob);
    alone(&mut group, "Arc, one thread (Arc<Box<[u8]>>)", arc);
    both(&mut group, "Arc, two threads".into(), arc);
    group.run()
}

/// A single thread, but a new one too: the allocator is faster on a program's first thread.
fn alone<'a>(group: &mut Group<'a>, name: &str, work: impl Fn() + Sync + 'a) {
    group.add_timed(name, move |times| {
        let [(start, end), _] = timed_together(|| (0..times).for_each(|_| work()), || ());
        end - start
    });
}

fn both<'a>(group: &mut Group<'a>, name: String, work: impl Fn() + Sync + 'a) {
    group.add_timed(name, move |times| on_two_threads(times, &work));
}
