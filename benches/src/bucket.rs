//! Compares bucket maps with hash maps that own their memory, and persistent inserts with persistent maps: keys and values
//! of 64 bits.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use drystone::bucket::{Heap, Key, Memory, Table as Bucket, TableKind, Tag, Value, map};
use foldhash::fast::RandomState;

use crate::c_bucket::{CHeap, CMap};
use crate::measure::{Group, Table, shuffle};
use crate::report::Report;
use crate::versions::{named, standard};

const MADE: &str = "there is memory";
const SMALL: usize = 8;
/// How many gets of a small map are made in the same order again and again. A scan ends after as many steps as the asked
/// key's place says: the branch predictors of some processors learn the short order, none learns the long one.
const SHORT_ORDER: usize = 1 << 12;
const LONG_ORDER: usize = 1 << 18;
const CHAIN: usize = 10_000;
const PLAIN: &str = "a plain bucket, scanned";
const PAIRS: &str = "a Vec of pairs, scanned";

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    report.note("Keys and values are 64-bit integers, gets are of keys that are there, in random order.");
    for count in [10_000, 1_000_000] {
        let keys = keys(count);
        let getting = getting(&keys);
        let inserting = inserting(&keys);
        for (what, table) in [("get", &getting), ("insert while growing", &inserting)] {
            let own = table.rows[0].median;
            report.at_most(
                1.0,
                format!("{what}, N = {count}: drystone / indexmap"),
                own / table.row("indexmap").median,
            );
            report.at_most(
                1.5,
                format!("{what}, N = {count}: drystone / hashbrown"),
                own / table.row("hashbrown").median,
            );
        }
        for call in ["bucket_table_get_inline", "bucket_table_get_integer_inline"] {
            report.at_most(
                1.5,
                format!("get, N = {count}: {call} in C / drystone's Table"),
                getting.row(&format!("drystone's {call} in C")).median / getting.rows[0].median,
            );
        }
        report.at_most(
            1.3,
            format!("insert while growing, N = {count}: in C / indexmap"),
            inserting.row("drystone, in place in C").median / inserting.row("indexmap").median,
        );
        report.tables.extend([getting, inserting]);
    }
    let short = small(SHORT_ORDER);
    for scanned in [PLAIN, PAIRS] {
        report.at_most(1.0, format!("get of 8: drystone / {scanned}"), 1.0 / short.row(scanned).ratio);
    }
    report.tables.extend([short, small(LONG_ORDER)]);
    let chain = chain();
    report.note(format!(
        "{} bytes of a heap an entry at N = {CHAIN}, added one by one; {} with all {CHAIN} versions of a chain alive",
        size_in_place(),
        size_of_chain(),
    ));
    report.at_most(48.0, format!("bytes an entry, N = {CHAIN}"), size_in_place());
    report.tables.push(chain);
    report
}

/// Different keys in random order.
fn keys(count: usize) -> Vec<u64> {
    let mut state = 88_172_645_463_325_252_u64;
    (0..count as u64)
        .map(|number| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state << 20 | number
        })
        .collect()
}

/// The given number of gets, each of another key, in an order unrelated to that of insertion. Each contender has a different
/// order: with a common one, a contender would find in the cache what the previous one has just read from the same map.
fn over(keys: &[u64], mut get: impl FnMut(u64) -> u64) -> impl FnMut(u64) -> Duration {
    let keys = in_an_order(keys);
    let mut next = 0;
    move |times| {
        let start = Instant::now();
        for _ in 0..times {
            black_box(get(keys[next]));
            next += 1;
            if next == keys.len() {
                next = 0;
            }
        }
        start.elapsed()
    }
}

/// The same by a loop over the keys, which starts at one and returns the next.
fn looped(keys: &[u64], mut gets: impl FnMut(&[u64], usize, u64) -> usize) -> impl FnMut(u64) -> Duration {
    let keys = in_an_order(keys);
    let mut next = 0;
    move |times| {
        let start = Instant::now();
        next = gets(&keys, next, times);
        start.elapsed()
    }
}

fn in_an_order(keys: &[u64]) -> Vec<u64> {
    static CONTENDERS: AtomicU64 = AtomicU64::new(1);
    let mut keys = keys.to_vec();
    shuffle(&mut keys, &mut CONTENDERS.fetch_add(1, Ordering::Relaxed));
    keys
}

fn of(key: u64) -> Key<'static> {
    Key::Value(Value::Int(key as i64))
}

fn in_place(heap: &mut Heap, keys: &[u64]) -> u32 {
    let made = map::new(heap).expect(MADE);
    for key in keys {
        map::insert_in_place(heap, made, Value::Int(*key as i64), Value::Int(1)).expect(MADE);
    }
    made
}

fn getting(keys: &[u64]) -> Table {
    // All of drystone's contenders share one map, so that its place in memory makes no difference between them.
    let in_c = CMap::of(keys);
    let (window, made) = (in_c.bytes(), in_c.map());
    let index: indexmap::IndexMap<u64, u64, RandomState> = keys.iter().map(|key| (*key, 1)).collect();
    let brown: hashbrown::HashMap<u64, u64, RandomState> = keys.iter().map(|key| (*key, 1)).collect();
    let plain: HashMap<u64, u64> = keys.iter().map(|key| (*key, 1)).collect();
    let mut group = Group::new(format!("Get, N = {}", keys.len()));
    let table = Bucket::open(window, TableKind::Map, made).expect(MADE);
    group.add_timed(
        "drystone's Table",
        over(keys, |key| table.get(&of(key), Tag::Int).map_or(0, Value::to_bits)),
    );
    group.add_timed(
        "drystone's Table, opened for each get",
        over(keys, |key| {
            let table = Bucket::open(black_box(window), TableKind::Map, made).expect(MADE);
            table.get(&of(key), Tag::Int).map_or(0, Value::to_bits)
        }),
    );
    group.add_timed("drystone's bucket_table_get in C", over(keys, |key| in_c.get_opened(key)));
    group.add_timed("drystone's bucket_table_get_integer in C", over(keys, |key| in_c.get_integer(key)));
    group.add_timed(
        "drystone's bucket_table_get_inline in C",
        looped(keys, |keys, next, times| in_c.get_inlined(keys, next, times)),
    );
    group.add_timed(
        "drystone's bucket_table_get_integer_inline in C",
        looped(keys, |keys, next, times| in_c.get_integer_inlined(keys, next, times)),
    );
    group.add_timed("drystone's bucket_map_get in C", over(keys, |key| in_c.get(key)));
    group.add_timed(format!("{}, foldhash", named("indexmap")), over(keys, |key| index[&key]));
    group.add_timed(format!("{}, foldhash", named("hashbrown")), over(keys, |key| brown[&key]));
    group.add_timed(format!("{} HashMap", standard()), over(keys, |key| plain[&key]));
    #[cfg(have_stb_ds)]
    {
        let stb = crate::stb_ds::Map::of(keys);
        group.add_timed(
            format!("{}, behind a C call", crate::stb_ds::NAME),
            over(keys, move |key| stb.get(key)),
        );
    }
    group.run()
}

fn inserting(keys: &[u64]) -> Table {
    let mut group = Group::new(format!("Insert while growing, from nothing to N = {}", keys.len()));
    let mut heap = Heap::new(0, 0).expect(MADE);
    group.add("drystone, in place", move || {
        let made = in_place(&mut heap, black_box(keys));
        heap.release(made).expect("it is there");
    });
    let in_c = CHeap::new();
    group.add("drystone, in place in C", move || in_c.make_and_release(black_box(keys)));
    group.add("drystone, in place in C, a heap each time", || CMap::of(black_box(keys)));
    let mut heap = Heap::new(0, 0).expect(MADE);
    group.add("drystone, from_entries at once", move || {
        let entries = keys.iter().map(|key| Ok((Value::Int(*key as i64), Value::Int(1))));
        let made = map::from_entries(&mut heap, entries).expect(MADE);
        heap.release(made).expect("it is there");
    });
    group.add(format!("{}, foldhash", named("indexmap")), || {
        let mut map = indexmap::IndexMap::with_hasher(RandomState::default());
        for key in black_box(keys) {
            map.insert(*key, 1_u64);
        }
        map
    });
    group.add(format!("{}, foldhash", named("hashbrown")), || {
        let mut map = hashbrown::HashMap::with_hasher(RandomState::default());
        for key in black_box(keys) {
            map.insert(*key, 1_u64);
        }
        map
    });
    group.add(format!("{} HashMap", standard()), || {
        let mut map = HashMap::new();
        for key in black_box(keys) {
            map.insert(*key, 1_u64);
        }
        map
    });
    #[cfg(have_stb_ds)]
    group
        .add(format!("{}, behind a C call", crate::stb_ds::NAME), || crate::stb_ds::Map::of(black_box(keys)));
    group.run()
}

fn small(order: usize) -> Table {
    let keys = keys(SMALL);
    let mut heap = Heap::new(0, 0).expect(MADE);
    let made = in_place(&mut heap, &keys);
    let table = Bucket::open(heap.bytes(), TableKind::Map, made).expect(MADE);
    let plain = plain(&keys);
    let scanned = Bucket::open(&plain, TableKind::Map, WRAPPER).expect("it is well made");
    let pairs: Vec<(u64, u64)> = keys.iter().map(|key| (*key, 1)).collect();
    let index: indexmap::IndexMap<u64, u64, RandomState> = keys.iter().map(|key| (*key, 1)).collect();
    let asked: Vec<u64> = keys.iter().cycle().take(order).copied().collect();
    let mut group = Group::new(format!("Get, N = {SMALL}: no index, an order of {order} gets"));
    group.add_timed(
        "drystone's Table",
        over(&asked, |key| table.get(&of(key), Tag::Int).map_or(0, Value::to_bits)),
    );
    group.add_timed(PLAIN, over(&asked, |key| scanned.get(&of(key), Tag::Int).map_or(0, Value::to_bits)));
    group.add_timed(
        PAIRS,
        over(&asked, |key| black_box(&pairs).iter().find(|pair| pair.0 == key).map_or(0, |pair| pair.1)),
    );
    group.add_timed(format!("{}, foldhash", named("indexmap")), over(&asked, |key| index[&key]));
    group.run()
}

/// The offset of the wrapper in [`plain`].
const WRAPPER: u32 = 16;

/// A memory with a map of these keys, as made by a program that knows only the plain layout: twice as many slots.
fn plain(keys: &[u64]) -> Vec<u8> {
    let mut memory = vec![0; 16];
    let (capacity, bucket) = (2 * keys.len() as u32, WRAPPER + 12);
    for word in [0xFEED_C001, 0, bucket, capacity, keys.len() as u32] {
        memory.extend_from_slice(&u32::to_le_bytes(word));
    }
    for key in keys {
        memory.extend_from_slice(&1_u32.to_le_bytes());
        memory.extend_from_slice(&key.to_le_bytes());
        memory.extend_from_slice(&1_u64.to_le_bytes());
    }
    memory.resize(bucket as usize + 8 + 20 * capacity as usize, 0);
    memory
}

/// Each version is made from the previous one, which is then released.
fn chain() -> Table {
    let keys = keys(CHAIN);
    let mut group = Group::new(format!("A chain of {CHAIN} persistent inserts"));
    group.add("drystone", || {
        let mut heap = Heap::new(0, 0).expect(MADE);
        let mut last = map::new(&mut heap).expect(MADE);
        for key in black_box(&keys) {
            let next = map::insert(&mut heap, last, Value::Int(*key as i64), Value::Int(1)).expect(MADE);
            heap.release(last).expect("it is there");
            last = next;
        }
        heap
    });
    group.add(format!("{} HashMap", named("imbl")), || {
        black_box(&keys).iter().fold(imbl::HashMap::new(), |map, key| map.update(*key, 1_u64))
    });
    group.add(format!("{} HashTrieMap", named("rpds")), || {
        black_box(&keys).iter().fold(rpds::HashTrieMap::new(), |map, key| map.insert(*key, 1_u64))
    });
    group.add(format!("{}, cloned each time, a hundredth of the chain", named("indexmap")), || {
        black_box(&keys)[..CHAIN / 100].iter().fold(
            indexmap::IndexMap::<u64, u64, RandomState>::default(),
            |map, key| {
                let mut next = map.clone();
                next.insert(*key, 1);
                next
            },
        )
    });
    group.run()
}

fn size_in_place() -> f64 {
    let mut heap = Heap::new(0, 0).expect(MADE);
    in_place(&mut heap, &keys(CHAIN));
    heap.used() as f64 / CHAIN as f64
}

fn size_of_chain() -> f64 {
    let mut heap = Heap::new(0, 0).expect(MADE);
    let mut last = map::new(&mut heap).expect(MADE);
    for key in keys(CHAIN) {
        last = map::insert(&mut heap, last, Value::Int(key as i64), Value::Int(1)).expect(MADE);
    }
    heap.used() as f64 / CHAIN as f64
}
