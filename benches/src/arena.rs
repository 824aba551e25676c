//! Compares arenas with bump allocators and malloc: blocks, scopes, and what a scope takes from the system.

use std::alloc::Layout;
use std::ffi::c_void;
use std::hint::black_box;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use bump_scope::traits::BumpAllocatorTyped;
use bumpalo::Bump;
use drystone::capi::arena_types::{ARENA_NO_BUDGET, arena_backing};

#[cfg(have_apr)]
use crate::arena_calls::Apr;
#[cfg(have_obstack)]
use crate::arena_calls::Obstack;
use crate::arena_calls::{self, CArena, How, Request};
use crate::measure::{Group, Table};
use crate::report::Report;
use crate::versions::named;

/// The number of blocks or scopes in a row.
const COUNT: usize = 1000;
const CHUNK: usize = 1 << 20;
/// The size of a scope's only block.
const IN_SCOPE: usize = 64;
const SIZES: [(&str, usize); 6] = [
    ("nothing", 0),
    ("16 B", 16),
    ("1 KiB", 1 << 10),
    ("64 KiB", 64 << 10),
    ("1 MiB", 1 << 20),
    ("32 MiB", 32 << 20),
];

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    report.note(format!(
        "Blocks of 16 to 128 bytes in an existing chunk: {COUNT} in a row, then all are freed. Nothing is written to \
         them."
    ));
    if !cfg!(have_apr) {
        report.note("Left out: APR pools, as libapr1-dev is not installed.");
    }
    let requests = requests();
    let called = called(&requests);
    let inlined = inlined(&requests);
    let budget = budget(&requests);
    let scopes = scopes();
    let inlined_scopes = inlined_scopes();
    let sizes = sizes();
    report.note("The aims compare the fastest rounds: the work of each is a few cycles, so whatever disturbs a round shows.");
    let fastest = |table: &Table, row: &str, beside: &str| table.row(row).best / table.row(beside).best;
    report.at_most(
        1.05,
        "arena_alloc / bumpalo behind a C function",
        fastest(&called, "arena_alloc", "bumpalo"),
    );
    report.at_most(
        0.75,
        "arena_alloc_aligned_inline / bumpalo in Rust, layout known at run time",
        fastest(&inlined, "arena_alloc_aligned_inline", "bumpalo"),
    );
    for how in ["called", "inlined"] {
        let row = |what: &str| format!("{what}, {how}");
        report.at_most(
            1.02,
            format!("blocks with a budget / without, {how}"),
            fastest(&budget, &row("with a budget"), &row("without")),
        );
    }
    report.at_most(
        0.75,
        "enter, a block, exit / a bumpalo arena each time",
        fastest(&scopes, "enter, arena_alloc, exit", "a bumpalo"),
    );
    report.at_most(
        4.0,
        "enter, arena_alloc, exit by call, ns",
        scopes.row("enter, arena_alloc, exit").best / COUNT as f64,
    );
    report.at_most(
        1.20,
        "enter, a block, exit, inlined in C / bump-scope in Rust",
        fastest(&inlined_scopes, "enter, arena_alloc, exit in C", "bump-scope"),
    );
    report.at_most(1.10, "enter, a block of nothing to 32 MiB, exit: slowest / fastest", spread(&sizes));
    report.at_most(0.0, "calls of the backing from a scope's 2nd round on", later_calls() as f64);
    report.tables.extend([called, inlined, budget, scopes, inlined_scopes, sizes]);
    report
}

/// The slowest row of a table over the fastest.
fn spread(table: &Table) -> f64 {
    let best = || table.rows.iter().map(|row| row.best);
    best().fold(0.0, f64::max) / best().fold(f64::INFINITY, f64::min)
}

/// Requests of different sizes and alignments, in random order.
fn requests() -> Vec<Request> {
    let mut state = 1_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    (0..COUNT).map(|_| Request { size: 16 + below(113), align: 4 << below(3) }).collect()
}

fn layouts(requests: &[Request]) -> Vec<Layout> {
    let layout = |request: &Request| Layout::from_size_align(request.size, request.align);
    requests.iter().map(|request| layout(request).expect("small")).collect()
}

/// Makes the compiler assume that the block, and any other memory, is used: `SINK` in C.
#[inline(always)]
fn sink(block: NonNull<u8>) {
    // SAFETY: no instruction at all.
    unsafe {
        std::arch::asm!("/* {} */", in(reg) block.as_ptr().addr(), options(nomem, nostack, preserves_flags))
    };
}

fn called(requests: &[Request]) -> Table {
    let mut group = Group::new(format!("{COUNT} blocks, a call each, aligned to 16"));
    let arena = CArena::new(CHUNK, None);
    group.add("arena_alloc", move || arena.blocks(How::Called, black_box(requests), ARENA_NO_BUDGET));
    let mut bump = Bump::with_capacity(CHUNK);
    group.add(format!("{} behind a C function", named("bumpalo")), move || {
        arena_calls::bumpalo_called(&mut bump, black_box(requests));
    });
    #[cfg(have_apr)]
    {
        let pool = Apr::new();
        group.add("apr_palloc", move || pool.blocks(black_box(requests)));
    }
    let mut blocks = vec![std::ptr::null_mut(); COUNT];
    group.add("malloc, free", move || arena_calls::malloc(&mut blocks, black_box(requests)));
    group.run()
}

fn inlined(requests: &[Request]) -> Table {
    let mut group = Group::new(format!("{COUNT} blocks, inlined, size and alignment known at run time"));
    let arena = CArena::new(CHUNK, None);
    group.add("arena_alloc_aligned_inline", move || {
        arena.blocks(How::InlinedAligned, black_box(requests), ARENA_NO_BUDGET);
    });
    let arena = CArena::new(CHUNK, None);
    group.add("arena_alloc_inline, aligned to 16", move || {
        arena.blocks(How::Inlined, black_box(requests), ARENA_NO_BUDGET);
    });
    let layouts = layouts(requests);
    let mut bump = Bump::with_capacity(CHUNK);
    let of_bumpalo = layouts.clone();
    group.add(format!("{} in Rust", named("bumpalo")), move || {
        black_box(&of_bumpalo).iter().for_each(|layout| sink(bump.alloc_layout(*layout)));
        bump.reset();
    });
    let mut bump: bump_scope::Bump = bump_scope::Bump::with_size(CHUNK);
    group.add(format!("{} in Rust", named("bump-scope")), move || {
        bump.scoped(|scope| {
            black_box(&layouts).iter().for_each(|layout| sink(scope.allocate_layout(*layout)));
        });
    });
    #[cfg(have_obstack)]
    {
        let obstack = Obstack::new();
        group.add("obstack_alloc of glibc, aligned to 16", move || obstack.blocks(black_box(requests)));
    }
    group.run()
}

fn budget(requests: &[Request]) -> Table {
    let arena = &CArena::new(CHUNK, None);
    let mut group = Group::new(format!("{COUNT} blocks in a scope of one arena"));
    for (how, way) in [("called", How::Called), ("inlined", How::Inlined)] {
        for (what, budget) in [("without", ARENA_NO_BUDGET), ("with a budget", 512 << 10)] {
            group.add(format!("{what}, {how}"), move || {
                arena.blocks(way, black_box(requests), black_box(budget))
            });
        }
    }
    group.run()
}

fn scopes() -> Table {
    let mut group = Group::new(format!("{COUNT} scopes, each with a block of {IN_SCOPE} bytes"));
    let layout = Layout::from_size_align(IN_SCOPE, 16).expect("small");
    let [arena, budgeted, empty] = [(); 3].map(|()| CArena::new(0, None));
    group.add("enter, arena_alloc, exit", move || {
        arena.scopes(black_box(IN_SCOPE), COUNT, black_box(ARENA_NO_BUDGET));
    });
    group.add("the same with a budget", move || {
        budgeted.scopes(black_box(IN_SCOPE), COUNT, black_box(1 << 10));
    });
    group.add("enter, exit", move || empty.empty_scopes(COUNT));
    group.add(format!("a {} arena each time, in Rust", named("bumpalo")), move || {
        for _ in 0..COUNT {
            sink(Bump::new().alloc_layout(black_box(layout)));
        }
    });
    group.add(format!("{} behind C functions, an arena each time", named("bumpalo")), || {
        arena_calls::bumpalo_scopes(black_box(IN_SCOPE), COUNT);
    });
    let mut bump = Bump::new();
    group.add(format!("one {} arena, reset: no scopes within", named("bumpalo")), move || {
        for _ in 0..COUNT {
            sink(bump.alloc_layout(black_box(layout)));
            bump.reset();
        }
    });
    #[cfg(have_obstack)]
    {
        let obstack = Obstack::new();
        group.add("obstack_alloc, obstack_free of glibc", move || obstack.scopes(black_box(IN_SCOPE), COUNT));
    }
    #[cfg(have_apr)]
    {
        let pool = Apr::new();
        group.add("an APR pool in another, each time", move || pool.scopes(black_box(IN_SCOPE), COUNT));
    }
    group.add("malloc, free", || arena_calls::malloc_scopes(black_box(IN_SCOPE), COUNT));
    group.run()
}

fn inlined_scopes() -> Table {
    let mut group = Group::new(format!("{COUNT} scopes, each with a block of {IN_SCOPE} bytes, inlined"));
    let arena = CArena::new(0, None);
    group.add("enter, arena_alloc, exit in C", move || arena.scopes_inlined(black_box(IN_SCOPE), COUNT));
    let mut bump: bump_scope::Bump = bump_scope::Bump::new();
    let layout = Layout::from_size_align(IN_SCOPE, 16).expect("small");
    group.add(format!("{} scopes, in Rust", named("bump-scope")), move || {
        for _ in 0..COUNT {
            bump.scoped(|scope| sink(scope.allocate_layout(black_box(layout))));
        }
    });
    let called = CArena::new(0, None);
    group.add("enter, arena_alloc, exit by call", move || {
        called.scopes(black_box(IN_SCOPE), COUNT, black_box(ARENA_NO_BUDGET));
    });
    group.run()
}

/// Each size has its own arena, which has done the same before and started as small as the others.
fn sizes() -> Table {
    let mut group = Group::new(format!("{COUNT} scopes, each with a block of"));
    for (name, size) in SIZES {
        let arena = CArena::new(0, None);
        arena.scopes(size, 2, ARENA_NO_BUDGET);
        group.add(name, move || arena.scopes(black_box(size), COUNT, ARENA_NO_BUDGET));
    }
    group.run()
}

static CALLS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn counted_alloc(_: *mut c_void, size: usize, align: usize) -> *mut c_void {
    CALLS.fetch_add(1, Ordering::Relaxed);
    let layout = Layout::from_size_align(size, align).expect("what an arena asks for");
    // SAFETY: arenas ask for no empty blocks.
    unsafe { std::alloc::alloc(layout).cast() }
}

unsafe extern "C" fn counted_free(_: *mut c_void, block: *mut c_void, size: usize, align: usize) {
    CALLS.fetch_add(1, Ordering::Relaxed);
    let layout = Layout::from_size_align(size, align).expect("what an arena asked for");
    // SAFETY: `counted_alloc` gave it for this layout.
    unsafe { std::alloc::dealloc(block.cast(), layout) };
}

/// The number of times that an arena calls its allocator while a scope repeats its work: blocks of all sizes, many chunks.
fn later_calls() -> usize {
    let backing =
        arena_backing { alloc: Some(counted_alloc), free: Some(counted_free), context: std::ptr::null_mut() };
    let arena = CArena::new(0, Some(&backing));
    let sizes = SIZES.map(|(_, size)| Request { size, align: 16 });
    let body: Vec<Request> = requests().into_iter().chain(sizes).collect();
    arena.blocks(How::Called, &body, ARENA_NO_BUDGET);
    let first = CALLS.load(Ordering::Relaxed);
    assert!(first > 2, "the first round took chunks");
    (0..100).for_each(|_| arena.blocks(How::Called, &body, ARENA_NO_BUDGET));
    CALLS.load(Ordering::Relaxed) - first
}
