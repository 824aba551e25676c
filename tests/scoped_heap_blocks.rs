//! Blocks of a scoped heap, from chunks and from the underlying allocator, charged and refunded to their scopes.

#[path = "common/blocks.rs"]
mod blocks;

use std::alloc::System;

use blocks::{Block, Counting};
use drystone::arena::ScopedHeap;

#[test]
fn large_blocks_are_charged_and_come_from_the_allocator() {
    let heap = ScopedHeap::new(Counting::new());
    let before = Block::new(&heap, 20_000, 8, 1).unwrap();
    let outer = heap.enter(100_000);
    let mut large = Block::new(&heap, 50_000, 8, 2).unwrap();
    assert_eq!((outer.used(), heap.inner().alive()), (50_000, (2, 70_000)));
    assert!(Block::new(&heap, 50_001, 8, 3).is_none());
    assert!(!large.resize(&heap, 100_001));
    assert!(large.resize(&heap, 100_000));
    assert_eq!((outer.used(), outer.remaining()), (100_000, 0));
    assert!(Block::new(&heap, 1, 1, 3).is_none());
    assert!(large.resize(&heap, 20_000));
    assert_eq!((outer.used(), heap.inner().alive()), (20_000, (2, 40_000)));
    // A block that outlives its scope is charged to the enclosing one until it is freed.
    let inner = heap.enter(50_000);
    let second = Block::new(&heap, 30_000, 8, 4).unwrap();
    drop(inner);
    assert_eq!(outer.used(), 50_000);
    let inner = heap.enter(50_000);
    second.free(&heap);
    assert_eq!((inner.used(), outer.used()), (0, 20_000));
    drop(inner);
    large.free(&heap);
    assert_eq!(outer.used(), 0);
    before.free(&heap);
    assert_eq!((outer.used(), heap.inner().alive()), (0, (0, 0)));
}

/// Blocks from before a scope do not belong to it: freeing them does not raise its budget.
#[test]
fn a_scope_is_refunded_only_what_it_was_charged() {
    let heap = ScopedHeap::new(System);
    let older: Vec<Block> = (0..100).map(|_| Block::new(&heap, 50_000, 16, 1).unwrap()).collect();
    let scope = heap.enter(65_536);
    let mut own = Vec::with_capacity(100);
    let mut used = [0; 100];
    for (place, block) in older.into_iter().enumerate() {
        block.free(&heap);
        own.extend(Block::new(&heap, 50_000, 16, 2));
        used[place] = scope.used();
    }
    let alive = own.len();
    own.into_iter().for_each(|block| block.free(&heap));
    let after = scope.used();
    drop(scope);
    assert_eq!((alive, used, after), (1, [50_000; 100], 0));
}

/// Whichever scope's block grows, shrinks, moves or is freed: each scope is refunded what it was charged, and no more.
#[test]
fn blocks_of_the_allocator_that_change_are_refunded_to_their_scopes() {
    let heap = ScopedHeap::new(System);
    let mut older = Block::new(&heap, 20_000, 16, 1).unwrap();
    let outer = heap.enter(1 << 30);
    let mut block = Block::new(&heap, 100_000, 16, 2).unwrap();
    let inner = heap.enter(1 << 20);
    let mut seen = Vec::with_capacity(16);
    assert!(block.resize(&heap, 150_000) && older.resize(&heap, 120_000));
    seen.push((outer.used(), inner.used()));
    assert!(older.resize(&heap, 90_000));
    seen.push((outer.used(), inner.used()));
    assert!(older.resize(&heap, 10_000) && block.resize(&heap, 120_000));
    seen.push((outer.used(), inner.used()));
    assert!(block.resize(&heap, 60_000));
    seen.push((outer.used(), inner.used()));
    assert!(block.resize(&heap, 900_000));
    seen.push((outer.used(), inner.used()));
    drop(inner);
    seen.push((outer.used(), 0));
    block.free(&heap);
    older.free(&heap);
    seen.push((outer.used(), 0));
    drop(outer);
    let expected = [
        (250_000, 150_000),
        (220_000, 120_000),
        (120_000, 20_000),
        (60_000, 0),
        (900_000, 840_000),
        (900_000, 0),
        (0, 0),
    ];
    assert_eq!(seen, expected);
}

// On other systems there are no chunks.
#[cfg(unix)]
#[test]
fn the_last_block_grows_in_its_place() {
    let heap = ScopedHeap::new(System);
    let scope = heap.enter(40_000);
    let mut first = Block::new(&heap, 10, 1, 1).unwrap();
    let start = first.start;
    for size in 11..10_000 {
        assert!(first.resize(&heap, size));
        assert_eq!(scope.used(), size);
    }
    assert_eq!(first.start, start);
    assert!(first.resize(&heap, 10) && scope.used() == 10);
    let mut second = Block::new(&heap, 10, 1, 2).unwrap();
    assert!(first.resize(&heap, 20) && first.start != start);
    second.check();
    assert!(second.resize(&heap, 30) && first.resize(&heap, 5));
    assert!(!second.resize(&heap, 40_000));
    first.free(&heap);
    second.free(&heap);
    assert_eq!(scope.used(), 0);
}

#[test]
fn the_same_scope_again_takes_no_more_from_the_system() {
    let heap = ScopedHeap::new(Counting::new());
    let mut after_the_first = None;
    for _ in 0..100 {
        let scope = heap.enter(500_000);
        let mut blocks: Vec<_> =
            (0..1000).map(|size| Block::new(&heap, size % 500 + 1, 8, 7).unwrap()).collect();
        let inner = heap.enter(1000);
        Block::zeroed(&heap, 800, 8, 8).unwrap().free(&heap);
        drop(inner);
        blocks.drain(..500).for_each(|block| block.free(&heap));
        blocks.into_iter().rev().for_each(|block| block.free(&heap));
        drop(scope);
        let now = (heap.statistics(), heap.inner().alive());
        assert_eq!(*after_the_first.get_or_insert(now), now);
    }
}

#[test]
fn zeroed_blocks_are_zero_on_memory_used_before() {
    let heap = ScopedHeap::new(System);
    for round in 1..10 {
        let _scope = heap.enter(1 << 20);
        let blocks: Vec<_> = (1..500).map(|size| Block::zeroed(&heap, size, 8, round).unwrap()).collect();
        blocks.into_iter().for_each(|block| block.free(&heap));
    }
}
