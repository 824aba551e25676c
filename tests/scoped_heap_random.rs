//! Random operations on a scoped heap by threads that pass blocks on: no block is damaged, no scope exceeds its budget,
//! no request is refused without need, and everything is freed.

#[path = "common/blocks.rs"]
mod blocks;

use std::sync::mpsc;
use std::thread;

use blocks::{Block, Counting};
use drystone::arena::{HeapScope, ScopedHeap};

/// One step of a xorshift generator.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

/// Random operations of one thread, which sometimes receives blocks of others.
fn work_at_random(
    heap: &ScopedHeap<Counting>,
    mut seed: u64,
    give: &mpsc::Sender<Block>,
    get: &mpsc::Receiver<Block>,
) {
    let factor = std::env::var("DRYSTONE_DEEP").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    let mut scopes: Vec<(usize, _)> = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    for step in 0..20_000 * factor {
        scopes.retain(|(_, scope): &(_, HeapScope)| scope.is_open());
        let rest = scopes.last().map_or(usize::MAX, |(_, scope)| scope.remaining());
        let size = match next(&mut seed) % 50 {
            0 => 1 + next(&mut seed) % 100_000,
            1..5 => 1 + next(&mut seed) % 20_000,
            _ => 1 + next(&mut seed) % 300,
        };
        let align =
            1 << if next(&mut seed).is_multiple_of(20) { next(&mut seed) % 15 } else { next(&mut seed) % 5 };
        match next(&mut seed) % 100 {
            0..4 if scopes.len() < 30 => {
                let budget = next(&mut seed) % 300_000;
                let scope = heap.enter(budget);
                assert_eq!((scope.used(), scope.remaining()), (0, budget.min(rest)));
                scopes.push((budget.min(rest), scope));
            }
            4..8 if !scopes.is_empty() => {
                let latest = scopes.len() - 1;
                let chosen =
                    if next(&mut seed).is_multiple_of(3) { next(&mut seed) % scopes.len() } else { latest };
                drop(scopes.swap_remove(chosen).1);
                // Scopes inside it were closed with it.
                scopes.retain(|(_, scope)| scope.is_open());
            }
            8..50 => {
                let fill = step as u8;
                let zeroed = next(&mut seed).is_multiple_of(4);
                let block = if zeroed {
                    Block::zeroed(heap, size, align, fill)
                } else {
                    Block::new(heap, size, align, fill)
                };
                assert!(block.is_some() || rest < size + align, "refused without need");
                blocks.extend(block);
            }
            50..65 if !blocks.is_empty() => {
                let chosen = next(&mut seed) % blocks.len();
                let align = blocks[chosen].layout.align();
                assert!(blocks[chosen].resize(heap, size) || rest < size + align, "refused without need");
            }
            65..70 if !blocks.is_empty() => {
                let chosen = next(&mut seed) % blocks.len();
                give.send(blocks.swap_remove(chosen)).unwrap();
            }
            70..73 => get.try_iter().for_each(|block| block.free(heap)),
            _ if !blocks.is_empty() => {
                let latest = blocks.len() - 1;
                let chosen =
                    if next(&mut seed).is_multiple_of(2) { latest } else { next(&mut seed) % blocks.len() };
                blocks.swap_remove(chosen).free(heap);
            }
            _ => {}
        }
        for (budget, scope) in &scopes {
            assert_eq!(scope.used() + scope.remaining(), *budget);
        }
        if step % 1000 == 0 {
            blocks.iter().for_each(Block::check);
        }
    }
    drop(scopes);
    blocks.into_iter().for_each(|block| block.free(heap));
}

#[test]
fn random_operations_of_threads_that_pass_on_blocks() {
    let heap = ScopedHeap::new(Counting::new());
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..4).map(|_| mpsc::channel()).unzip();
    thread::scope(|threads| {
        for (index, receiver) in receivers.into_iter().enumerate() {
            let (heap, give) = (&heap, senders[(index + 1) % 4].clone());
            threads.spawn(move || {
                work_at_random(heap, 0x9e37_79b9_7f4a_7c15 ^ index as u64, &give, &receiver);
                drop(give);
                receiver.iter().for_each(|block| block.free(heap));
            });
        }
        drop(senders);
    });
    let statistics = heap.statistics();
    assert_eq!((statistics.spare, statistics.abandoned, statistics.in_use), (statistics.committed, 0, 0));
    assert_eq!(heap.inner().alive(), (0, 0));
}
