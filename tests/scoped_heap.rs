//! A scoped heap as the allocator of a program, and more heaps beside it: budgets are exact to the byte, and no block loses
//! its memory.

#[path = "common/blocks.rs"]
mod blocks;

use std::alloc::System;
use std::sync::{Barrier, mpsc};
use std::thread;

use blocks::{Block, Counting};
use drystone::arena::ScopedHeap;

#[global_allocator]
static HEAP: ScopedHeap<System> = ScopedHeap::new(System);

#[test]
fn a_module_of_nested_vectors_is_freed() {
    let scope = HEAP.enter(65536);
    let mut module: Vec<Vec<String>> = Vec::new();
    for row in 0..20 {
        module.push((0..10).map(|column| format!("the cell {column} of row {row}")).collect());
    }
    let numbers: Vec<u64> = (0..100).collect();
    assert_eq!(module[19][9], "the cell 9 of row 19");
    assert_eq!(numbers.iter().sum::<u64>(), 4950);
    assert!(scope.used() > 20 * 10 * 24 && scope.used() + scope.remaining() == 65536);
    drop((module, numbers));
    drop(scope);
    assert_eq!(HEAP.enter(65536).used(), 0);
}

// A failed assertion needs memory, so scopes without any end before it.

#[test]
fn exceeding_the_budget_is_an_error_and_the_program_continues() {
    let scope = HEAP.enter(4096);
    let mut bytes: Vec<u8> = Vec::new();
    let refused = [4097, 16 << 10, 64 << 10, 1 << 40].map(|size| bytes.try_reserve_exact(size).is_err());
    let used_then = scope.used();
    let granted = bytes.try_reserve_exact(4096).is_ok();
    let full = (scope.used(), scope.remaining());
    let refused_when_full = Vec::<u8>::new().try_reserve_exact(1).is_err();
    bytes.resize(4096, 7);
    let not_grown = bytes.try_reserve(1).is_err();
    let intact = bytes.iter().all(|byte| *byte == 7);
    drop(bytes);
    let used_after = scope.used();
    drop(scope);
    assert_eq!(refused, [true; 4]);
    assert_eq!((used_then, full, used_after), (0, (4096, 0), 0));
    assert!(granted && refused_when_full && not_grown && intact);
    let free: Vec<u8> = Vec::with_capacity(1 << 20);
    assert_eq!(free.capacity(), 1 << 20);
}

#[test]
fn a_vector_grows_to_the_budget_by_appending() {
    let scope = HEAP.enter(65536);
    let mut bytes: Vec<u8> = Vec::new();
    while bytes.len() < 1_000_000 && bytes.try_reserve(1).is_ok() {
        bytes.push(bytes.len() as u8);
    }
    let remaining = scope.remaining();
    drop(scope);
    assert_eq!((bytes.len(), remaining), (65536, 0));
    assert!(bytes.iter().enumerate().all(|(index, byte)| *byte == index as u8));
}

#[test]
fn budgets_hold_to_the_byte() {
    let heap = ScopedHeap::new(System);
    for budget in 0..64 {
        let scope = heap.enter(budget);
        let blocks: Vec<_> = (0..budget).map(|_| Block::new(&heap, 1, 1, 1).unwrap()).collect();
        assert_eq!((scope.used(), scope.remaining()), (budget, 0));
        assert!(Block::new(&heap, 1, 1, 1).is_none());
        blocks.into_iter().for_each(|block| block.free(&heap));
    }
    let scope = heap.enter(512);
    let blocks = [0, 1].map(|fill| Block::new(&heap, 256, 16, fill).unwrap());
    assert!(Block::new(&heap, 1, 1, 3).is_none());
    blocks.into_iter().for_each(|block| block.free(&heap));
    assert_eq!(scope.used(), 0);
    let scope = heap.enter(usize::MAX);
    for size in [isize::MAX as usize, isize::MAX as usize - 15] {
        assert!(Block::new(&heap, size, 1, 0).is_none());
        assert_eq!(scope.used(), 0);
    }
}

// On other systems there are no chunks.
#[cfg(unix)]
#[test]
fn padding_is_charged_and_a_request_that_is_refused_is_not() {
    let heap = ScopedHeap::new(System);
    let scope = heap.enter(512);
    let first = Block::new(&heap, 1, 1, 1).unwrap();
    assert!(Block::new(&heap, 497, 16, 2).is_none());
    assert_eq!(scope.used(), 1);
    let second = Block::new(&heap, 496, 16, 2).unwrap();
    assert_eq!(scope.remaining(), 0);
    drop(scope);
    [first, second].into_iter().for_each(|block| block.free(&heap));
}

#[test]
fn every_alignment_of_the_address() {
    let heap = ScopedHeap::new(System);
    let _scope = heap.enter(usize::MAX);
    for logarithm in 0..=16 {
        let blocks: Vec<_> =
            (1..40).map(|size| Block::new(&heap, size, 1 << logarithm, size as u8).unwrap()).collect();
        blocks.into_iter().for_each(|block| block.free(&heap));
    }
}

#[test]
fn blocks_that_outlive_their_scope_are_unchanged() {
    let heap = ScopedHeap::new(System);
    let mut kept = Vec::new();
    for round in 0..20 {
        let scope = heap.enter(100_000);
        let mut blocks: Vec<_> =
            (1..200).map(|size| Block::new(&heap, size, 8, round ^ size as u8).unwrap()).collect();
        kept.push(blocks.swap_remove(usize::from(round) * 7));
        blocks.into_iter().for_each(|block| block.free(&heap));
        drop(scope);
        kept.iter().for_each(Block::check);
    }
    let statistics = heap.statistics();
    if cfg!(unix) {
        assert_eq!((statistics.abandoned, statistics.committed, statistics.in_use), (20, 20, 0));
    }
    // Grown outside of any scope, they move out of their chunks.
    for block in &mut kept {
        assert!(block.resize(&heap, 5000));
    }
    assert_eq!(heap.statistics().spare, heap.statistics().committed);
    kept.into_iter().for_each(|block| block.free(&heap));
}

#[test]
fn values_of_the_program_may_outlive_their_scope() {
    let text = {
        let _scope = HEAP.enter(65536);
        format!("from a scope of {}", 65536)
    };
    for round in 0..100 {
        let _scope = HEAP.enter(65536);
        let others: Vec<String> = (0..50).map(|number| format!("other {round} {number}")).collect();
        assert_eq!(others.len(), 50);
    }
    assert_eq!(text, "from a scope of 65536");
}

#[test]
fn blocks_are_freed_on_other_threads() {
    let (sender, receiver) = mpsc::channel::<(usize, Vec<String>)>();
    let receiver = thread::spawn(move || {
        let mut kept = Vec::new();
        for (number, texts) in receiver {
            assert!(texts.iter().all(|text| *text == format!("letter {number}")));
            if number % 7 == 0 {
                kept.push(texts);
            }
        }
        kept.len()
    });
    let senders: Vec<_> = (0..2)
        .map(|_| {
            let sender = sender.clone();
            thread::spawn(move || {
                for number in 0..500 {
                    let letter = {
                        let _scope = HEAP.enter(100_000);
                        let texts: Vec<String> = (0..20).map(|_| format!("letter {number}")).collect();
                        if number % 2 == 0 {
                            sender.send((number, texts)).unwrap();
                            continue;
                        }
                        texts
                    };
                    sender.send((number, letter)).unwrap();
                }
            })
        })
        .collect();
    drop(sender);
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    assert_eq!(receiver.join().unwrap(), 2 * 72);
}

#[test]
fn a_thousand_scopes_at_once() {
    let heap = ScopedHeap::new(System);
    let barrier = Barrier::new(50);
    thread::scope(|threads| {
        for thread in 0..50u8 {
            let (heap, barrier) = (&heap, &barrier);
            threads.spawn(move || {
                barrier.wait();
                let mut open = Vec::new();
                for depth in 0..20u8 {
                    let scope = heap.enter(100_000);
                    let blocks: Vec<_> =
                        (1..20).map(|size| Block::new(heap, size * 5, 8, thread ^ depth).unwrap()).collect();
                    open.push((scope, blocks));
                }
                barrier.wait();
                for (scope, blocks) in open.into_iter().rev() {
                    assert!(scope.used() >= 950);
                    blocks.into_iter().for_each(|block| block.free(heap));
                    drop(scope);
                }
            });
        }
    });
    let statistics = heap.statistics();
    assert_eq!(statistics.spare, statistics.committed);
    if cfg!(unix) {
        assert_eq!(statistics.committed, 1000);
    }
}

#[test]
fn a_nested_scope_has_at_most_the_rest_of_the_outer_one() {
    let heap = ScopedHeap::new(System);
    let outer = heap.enter(1000);
    let first = Block::new(&heap, 300, 1, 1).unwrap();
    let inner = heap.enter(5000);
    assert_eq!((inner.remaining(), outer.used(), outer.remaining()), (700, 300, 700));
    let second = Block::new(&heap, 500, 1, 2).unwrap();
    assert_eq!((inner.remaining(), outer.used(), outer.remaining()), (200, 800, 200));
    assert!(Block::new(&heap, 201, 1, 3).is_none());
    let none = heap.enter(0);
    assert!(Block::new(&heap, 1, 1, 3).is_none());
    drop(none);
    // Blocks that do not outlive the inner scope are refunded; the others are charged to the outer one.
    second.free(&heap);
    drop(inner);
    assert_eq!((outer.used(), outer.remaining()), (300, 700));
    let inner = heap.enter(400);
    let third = Block::new(&heap, 400, 1, 3).unwrap();
    drop(inner);
    assert_eq!((outer.used(), outer.remaining()), (700, 300));
    assert!(Block::new(&heap, 301, 1, 4).is_none());
    let mut fourth = Block::new(&heap, 200, 1, 4).unwrap();
    assert!(fourth.resize(&heap, 300) && !fourth.resize(&heap, 301));
    [first, third, fourth].into_iter().for_each(|block| block.free(&heap));
    drop(outer);
    assert_eq!(heap.statistics().spare, heap.statistics().committed);
}

#[test]
fn more_scopes_than_a_thread_has_room_for() {
    let heap = ScopedHeap::new(System);
    let mut open: Vec<_> = (0..100)
        .map(|depth| (heap.enter(10_000 - depth), Block::new(&heap, 10, 1, depth as u8).unwrap()))
        .collect();
    assert_eq!((open[0].0.used(), open[99].0.used()), (1000, 10));
    assert_eq!(open[99].0.remaining(), 10_000 - 1000);
    while let Some((scope, block)) = open.pop() {
        block.free(&heap);
        drop(scope);
    }
    assert_eq!(heap.statistics().spare, heap.statistics().committed);
}

#[test]
fn guards_in_any_order_and_forgotten_ones() {
    let heap = ScopedHeap::new(System);
    for order in 0..120 {
        let mut open: Vec<_> = (0..5u8)
            .map(|depth| (depth, heap.enter(1000), Block::new(&heap, 10, 1, depth).unwrap()))
            .collect();
        let mut rest = order;
        let mut blocks = Vec::new();
        let mut outermost = 5;
        while !open.is_empty() {
            let (depth, scope, block) = open.remove(rest % open.len());
            rest /= open.len() + 1;
            assert_eq!(scope.is_open(), depth < outermost);
            if depth % 2 == 0 {
                drop(scope);
                outermost = outermost.min(depth);
            } else {
                std::mem::forget(scope);
            }
            blocks.push(block);
            assert!(open.iter().all(|(depth, scope, _)| scope.is_open() == (*depth < outermost)));
        }
        blocks.into_iter().for_each(|block| block.free(&heap));
        assert_eq!(heap.statistics().spare, heap.statistics().committed);
    }
    let closed = {
        let outer = heap.enter(1000);
        let inner = heap.enter(1000);
        drop(outer);
        inner
    };
    assert_eq!((closed.used(), closed.remaining(), closed.is_open()), (0, 0, false));
    let next = heap.enter(50);
    drop(closed);
    assert!(next.is_open());
}

#[test]
fn a_thread_that_ends_within_a_scope_corrupts_nothing() {
    static KEPT: ScopedHeap<System> = ScopedHeap::new(System);
    let heap = &KEPT;
    let blocks: Vec<Block> = (0..40u8)
        .map(|thread| {
            let work = move || {
                // More would leave blocks that a leak check reports.
                let scopes: Vec<_> = (0..thread % 17).map(|_| heap.enter(1000)).collect();
                let block = Block::new(heap, 100, 8, thread).unwrap();
                scopes.into_iter().for_each(std::mem::forget);
                block
            };
            thread::spawn(work).join().unwrap()
        })
        .collect();
    let scope = heap.enter(1 << 20);
    let others: Vec<_> = (0..255).map(|fill| Block::new(heap, 1000, 8, fill).unwrap()).collect();
    blocks.into_iter().for_each(|block| block.free(heap));
    others.into_iter().for_each(|block| block.free(heap));
    drop(scope);
}

#[test]
fn heaps_do_not_know_each_others_scopes() {
    let first = ScopedHeap::new(System);
    let second = ScopedHeap::new(Counting::new());
    let of_first = first.enter(100);
    let free = Block::new(&second, 1000, 8, 1).unwrap();
    assert_eq!(second.inner().alive(), (1, 1000));
    let of_second = second.enter(2000);
    let charged = Block::new(&second, 1000, 8, 2).unwrap();
    assert_eq!((of_first.used(), of_second.used()), (0, 1000));
    assert!(Block::new(&first, 101, 1, 3).is_none());
    let small = Block::new(&first, 100, 1, 3).unwrap();
    // The enclosing scope, of the other heap, ends.
    drop(of_first);
    assert_eq!((of_second.is_open(), of_second.used()), (true, 1000));
    let large = Block::new(&first, 10_000, 1, 4).unwrap();
    assert!(Block::new(&second, 1001, 1, 5).is_none());
    free.free(&second);
    charged.free(&second);
    small.free(&first);
    large.free(&first);
    drop(of_second);
    assert_eq!(second.inner().alive(), (0, 0));
}

#[test]
fn a_heap_at_the_place_of_another_is_not_that_heap() {
    for _ in 0..5 {
        let heap = ScopedHeap::new(System);
        Block::new(&heap, 50, 1, 1).unwrap().free(&heap);
        std::mem::forget(heap.enter(10));
        assert!(Block::new(&heap, 50, 1, 1).is_none());
        let moved = Box::new(heap);
        assert!(Block::new(&*moved, 50, 1, 1).is_none());
    }
}
