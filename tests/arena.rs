//! Arenas compared with a simple model, and each of their documented promises.

#[path = "common/raw.rs"]
mod raw;

use std::collections::HashMap;

use allocator_api2::vec::Vec as ArenaVec;
use drystone::Status;
use drystone::arena::{Arena, Options, RawArena, Retain};
use raw::Raw;

#[test]
fn a_budget_holds_to_the_byte() {
    for budget in 1..=64 {
        let mut raw = Raw::new(Options::default());
        let arena = raw.get();
        let scope = arena.enter(budget).unwrap();
        for _ in 0..budget {
            assert!(!arena.allocate(1, 1).is_null());
        }
        assert_eq!(arena.scope_remaining(scope), Ok(0));
        assert!(arena.allocate(1, 1).is_null());
        assert_eq!(arena.error(), Some(Status::OverBudget));
        assert!(!arena.allocate(0, 1).is_null());
        arena.exit(scope).unwrap();
        assert_eq!(arena.statistics().used, 0);
        let scope = arena.enter(budget).unwrap();
        assert!(arena.allocate(budget + 1, 1).is_null());
        assert!(!arena.allocate(budget, 1).is_null());
        assert_eq!(arena.scope_used(scope), Ok(budget));
    }
}

#[test]
fn scopes_restore_the_position_and_refund() {
    let mut raw = Raw::new(Options::default());
    let arena = raw.get();
    let outer = arena.enter(1000).unwrap();
    let first = arena.allocate(96, 16);
    let inner = arena.enter(usize::MAX).unwrap();
    assert_eq!(arena.scope_remaining(inner), Ok(904));
    let one = arena.allocate(512, 16);
    assert!(one > first);
    assert!(arena.allocate(512, 16).is_null());
    arena.rewind(inner).unwrap();
    assert_eq!(arena.scope_used(inner), Ok(0));
    assert_eq!(arena.allocate(512, 16), one);
    arena.exit(inner).unwrap();
    assert_eq!(arena.scope_remaining(outer), Ok(904));
    assert_eq!(arena.exit(inner), Err(Status::StaleScope));
    let again = arena.enter(100).unwrap();
    assert_eq!(arena.allocate(100, 16), one);
    arena.commit(again).unwrap();
    assert_eq!(arena.scope_used(outer), Ok(196));
    arena.exit(outer).unwrap();
    assert_eq!(arena.statistics().used, 0);
}

#[test]
fn scopes_end_in_every_order() {
    let mut order = [0, 1, 2, 3, 4];
    permute(&mut order, 0, &mut |order| {
        let mut raw = Raw::new(Options::default());
        let arena = raw.get();
        let handles: Vec<u64> = (0..5)
            .map(|_| {
                let handle = arena.enter(usize::MAX).unwrap();
                arena.allocate(10_000, 16);
                handle
            })
            .collect();
        let mut open = 5;
        for which in order {
            let expected = if *which < open { Ok(()) } else { Err(Status::StaleScope) };
            assert_eq!(arena.exit(handles[*which]), expected);
            open = open.min(*which);
            assert_eq!(arena.statistics().depth, open);
            assert_eq!(arena.statistics().used, open * 10_000);
        }
    });
}

fn permute(items: &mut [usize; 5], from: usize, visit: &mut impl FnMut(&[usize; 5])) {
    if from == items.len() {
        return visit(items);
    }
    for other in from..items.len() {
        items.swap(from, other);
        permute(items, from + 1, visit);
        items.swap(from, other);
    }
}

#[test]
fn handles_of_others_are_stale() {
    let (mut one, mut other) = (Raw::new(Options::default()), Raw::new(Options::default()));
    let mine = one.get().enter(10).unwrap();
    let theirs = other.get().enter(10).unwrap();
    assert_eq!(one.get().exit(theirs), Err(Status::StaleScope));
    assert_eq!(one.get().exit(0), Err(Status::StaleScope));
    assert_eq!(one.get().exit(u64::MAX), Err(Status::StaleScope));
    one.get().exit(mine).unwrap();
}

/// A cleanup of a fixed arena is stored at its end, and stays there after its scope has ended. Scopes around that
/// scope must not reuse its memory.
#[test]
fn blocks_of_a_fixed_arena_leave_cleanups_alone() {
    unsafe extern "C" fn count(context: *mut core::ffi::c_void) {
        // SAFETY: the counter below.
        unsafe { *context.cast::<u32>() += 1 };
    }
    let mut bytes = [0_u128; 256];
    let mut ran = 0_u32;
    let context = (&raw mut ran).cast();
    // SAFETY: the arena has the bytes until the end, and the counter lives as long.
    unsafe {
        let arena = RawArena::create_in(bytes.as_mut_ptr().cast(), size_of_val(&bytes)).unwrap();
        let outer = (*arena).enter(usize::MAX).unwrap();
        let inner = (*arena).enter(usize::MAX).unwrap();
        (*arena).add_cleanup(count, context).unwrap();
        (*arena).exit(inner).unwrap();
        (*arena).exit(outer).unwrap();
        assert_eq!(ran, 1);
        let mut blocks = 0;
        loop {
            let block = (*arena).allocate(1, 1);
            if block.is_null() {
                break;
            }
            block.write(0xAA);
            blocks += 1;
        }
        assert!(blocks > 1000);
        (*arena).add_cleanup(count, context).unwrap();
        RawArena::destroy(arena);
    }
    assert_eq!(ran, 2);
}

/// A rewound scope may continue in another, larger chunk than it began in.
#[test]
fn a_rewound_scope_frees_everything() {
    let mut raw = Raw::new(Options { initial_chunk: 1024, ..Options::default() });
    let arena = raw.get();
    let first = arena.enter(usize::MAX).unwrap();
    assert!(!arena.allocate(100, 16).is_null());
    arena.exit(first).unwrap();
    let scope = arena.enter(usize::MAX).unwrap();
    assert!(!arena.allocate(10_000, 16).is_null());
    arena.rewind(scope).unwrap();
    assert_eq!(arena.statistics().used, 0);
    assert!(!arena.allocate(10_000, 16).is_null());
    assert!(!arena.allocate(500, 16).is_null());
    assert_eq!(arena.scope_used(scope), Ok(10_500));
    arena.exit(scope).unwrap();
    let statistics = arena.statistics();
    assert_eq!((statistics.used, statistics.abandoned, statistics.chunks), (0, 0, 1));
    assert_eq!(statistics.peak, 10_500);
}

#[test]
fn a_vector_takes_all_of_a_budget() {
    let mut arena = Arena::new(Options::default()).unwrap();
    let scope = arena.scope(65_536).unwrap();
    let mut bytes = ArenaVec::new_in(&scope);
    while bytes.try_reserve(1).is_ok() {
        bytes.push(bytes.len() as u8);
    }
    assert!(bytes.len() >= 65_000, "{}", bytes.len());
    assert!(bytes.iter().enumerate().all(|(place, byte)| *byte == place as u8));
    let reserved = scope.used();
    bytes.clear();
    bytes.extend_from_slice(&[1; 65_000]);
    assert_eq!(scope.used(), reserved);
}

#[test]
fn hash_maps_and_nested_vectors_live_in_scopes() {
    let mut arena = Arena::new(Options::default()).unwrap();
    for _ in 0..3 {
        let scope = arena.scope(1 << 20).unwrap();
        let mut map = hashbrown::HashMap::new_in(&scope);
        let mut texts: ArenaVec<ArenaVec<u8, _>, _> = ArenaVec::new_in(&scope);
        for number in 0_u32..1000 {
            map.insert(number, number * 2);
            let mut text = ArenaVec::new_in(&scope);
            text.extend_from_slice(number.to_string().as_bytes());
            texts.push(text);
        }
        assert!(map.iter().all(|(key, value)| *value == key * 2));
        assert_eq!(texts[777].as_slice(), b"777");
    }
    assert_eq!(arena.statistics().used, 0);
}

#[test]
fn an_outer_scope_allocates_nothing_while_an_inner_one_is_open() {
    let mut arena = Arena::new(Options::default()).unwrap();
    let outer = arena.scope(usize::MAX).unwrap();
    let mut numbers = ArenaVec::new_in(&outer);
    numbers.push(1_u64);
    let inner = outer.scope(100).unwrap();
    assert!(numbers.try_reserve(1000).is_err());
    assert!(outer.scope(1).is_err());
    let mut text = ArenaVec::new_in(&inner);
    text.extend_from_slice(b"inner");
    drop(text);
    drop(inner);
    numbers.try_reserve(1000).unwrap();
    assert_eq!(numbers[0], 1);
}

#[test]
fn the_same_body_takes_nothing_from_the_system_again() {
    let mut arena = Arena::new(Options::default()).unwrap();
    let mut footprint = 0;
    for round in 0..10 {
        let scope = arena.scope(usize::MAX).unwrap();
        for size in [100, 5000, 70_000, 3_000_000, 10] {
            ArenaVec::<u8, _>::with_capacity_in(size, &scope);
            core::mem::forget(ArenaVec::<u8, _>::with_capacity_in(size, &scope));
        }
        drop(scope);
        if round == 1 {
            footprint = arena.statistics().footprint;
        }
        if round > 1 {
            assert_eq!(arena.statistics().footprint, footprint);
        }
    }
    arena.reset(Retain::None);
    assert_eq!(arena.statistics().footprint, 0);
}

/// The expected content of a block.
struct Known {
    size: usize,
    align: usize,
    pattern: u8,
    level: usize,
}

fn numbers(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn random_operations_keep_the_promises() {
    let factor: u32 = std::env::var("DRYSTONE_DEEP").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1);
    let operations = if factor > 1 { 10_000_000 } else { 100_000 };
    for (seed, zero, scrub) in [(1, false, false), (2, true, false), (3, false, true)] {
        random(seed, Options { zero, scrub, max_chunk: 16 << 10, ..Options::default() }, operations / 3);
    }
}

fn random(seed: u64, options: Options, operations: usize) {
    let zero = options.zero;
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut raw = Raw::new(options);
    let arena = raw.get();
    let mut blocks: HashMap<usize, Known> = HashMap::new();
    let mut scopes: Vec<(u64, usize, usize)> = Vec::new();
    for operation in 0..operations {
        let random = numbers(&mut state);
        let size = match random >> 8 & 7 {
            0 => 0,
            1..=4 => (random >> 16 & 63) as usize,
            5 | 6 => (random >> 16 & 1023) as usize,
            _ => (random >> 16 & 0x7FFF) as usize,
        };
        let align = 1 << (random >> 40 & 7);
        match random % 16 {
            0..=7 => {
                let before = arena.statistics().used;
                let block = arena.allocate(size, align);
                if block.is_null() {
                    let left =
                        scopes.iter().map(|(_, start, budget)| (start + budget).saturating_sub(before)).min();
                    let left = left.unwrap_or(usize::MAX);
                    assert!(size + align > left, "refused {size} with {left} left");
                    assert_eq!(arena.statistics().used, before);
                    continue;
                }
                assert_eq!(block.addr() % align, 0);
                if size > 0 {
                    // SAFETY: a new block of that size.
                    let bytes = unsafe { std::slice::from_raw_parts_mut(block, size) };
                    assert!(!zero || bytes.iter().all(|byte| *byte == 0));
                    let pattern = operation as u8;
                    bytes.fill(pattern);
                    let old =
                        blocks.insert(block.addr(), Known { size, align, pattern, level: scopes.len() });
                    assert!(old.is_none(), "a block was handed out twice");
                }
            }
            8 | 9 if scopes.len() < 20 => {
                let used = arena.statistics().used;
                let budget = (random >> 20 & 0xFFFF) as usize;
                let handle = arena.enter(budget).unwrap();
                scopes.push((handle, used, budget));
            }
            10 if !scopes.is_empty() => {
                let level = (random >> 20) as usize % scopes.len();
                arena.exit(scopes[level].0).unwrap();
                assert_eq!(arena.statistics().used, scopes[level].1);
                scopes.truncate(level);
                blocks.retain(|_, known| known.level <= level);
            }
            11 if !scopes.is_empty() => {
                let level = (random >> 20) as usize % scopes.len();
                arena.rewind(scopes[level].0).unwrap();
                assert_eq!(arena.scope_used(scopes[level].0), Ok(0));
                scopes.truncate(level + 1);
                blocks.retain(|_, known| known.level <= level);
            }
            12 if !scopes.is_empty() && random >> 50 & 3 == 0 => {
                let level = (random >> 20) as usize % scopes.len();
                arena.commit(scopes[level].0).unwrap();
                scopes.truncate(level);
                for known in blocks.values_mut() {
                    known.level = known.level.min(level);
                }
            }
            13 | 14 => {
                let Some(address) = blocks.keys().copied().nth(random as usize % blocks.len().clamp(1, 16))
                else {
                    continue;
                };
                let known = blocks.remove(&address).unwrap();
                let block = std::ptr::with_exposed_provenance_mut::<u8>(address);
                // SAFETY: a block of that size.
                let moved = unsafe { arena.reallocate(block, known.size, size, known.align) };
                if moved.is_null() {
                    blocks.insert(address, known);
                    continue;
                }
                let kept = known.size.min(size);
                // SAFETY: the block has its new size.
                let bytes = unsafe { std::slice::from_raw_parts_mut(moved, size) };
                assert!(bytes[..kept].iter().all(|byte| *byte == known.pattern));
                bytes.fill(known.pattern);
                let level = if moved.addr() == address { known.level } else { scopes.len() };
                if size > 0 {
                    blocks.insert(moved.addr(), Known { size, level, ..known });
                }
            }
            _ => {
                let Some(address) = blocks.keys().copied().nth(random as usize % blocks.len().clamp(1, 16))
                else {
                    continue;
                };
                let block = std::ptr::with_exposed_provenance_mut::<u8>(address);
                // SAFETY: a block of that size.
                if unsafe { arena.free_last(block, blocks[&address].size) } {
                    blocks.remove(&address);
                }
            }
        }
        for (_, start, budget) in &scopes {
            assert!(arena.statistics().used <= start.saturating_add(*budget));
        }
        if operation % 512 == 0 {
            for (address, known) in &blocks {
                let block = std::ptr::with_exposed_provenance::<u8>(*address);
                // SAFETY: a block of that size.
                let bytes = unsafe { std::slice::from_raw_parts(block, known.size) };
                assert!(bytes.iter().all(|byte| *byte == known.pattern), "a block was written to");
            }
            if blocks.len() > 3000 && scopes.is_empty() {
                arena.reset(Retain::Largest).unwrap();
                blocks.clear();
            }
        }
    }
}
