//! The memory that arenas keep: never much more than the peak use, and never what a limit needs.

#[path = "common/raw.rs"]
mod raw;

use drystone::arena::{MemoryLimit, Options, RawArena, Retain};
use drystone::wota::Writer;
use drystone::{Blob, Status, tree};
use raw::Raw;

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

/// Allocates blocks in separate scopes, each a little larger than the last, until one is refused. Returns its size.
fn grow_until_refused(arena: &mut RawArena) -> usize {
    for size in (2 * MIB..32 * MIB).step_by(64 * KIB) {
        let scope = arena.enter(usize::MAX).unwrap();
        let refused = arena.allocate(size, 16).is_null();
        arena.exit(scope).unwrap();
        if refused {
            assert_eq!(arena.error(), Some(Status::LimitExceeded));
            return size;
        }
    }
    panic!("nothing was refused");
}

#[test]
fn slowly_growing_rounds_come_up_to_a_footprint_limit() {
    let mut raw = Raw::new(Options { footprint_limit: 16 * MIB, ..Options::default() });
    assert_eq!(grow_until_refused(raw.get()), 16 * MIB);
    // The same below an outer block.
    raw.get().clear_error();
    raw.get().reset(Retain::None).unwrap();
    let outer = raw.get().enter(usize::MAX).unwrap();
    assert!(!raw.get().allocate(MIB / 2, 16).is_null());
    assert_eq!(raw.get().statistics().footprint, MIB);
    assert_eq!(grow_until_refused(raw.get()), 15 * MIB);
    raw.get().exit(outer).unwrap();
}

#[test]
fn slowly_growing_rounds_come_up_to_a_shared_limit() {
    let limit = MemoryLimit::new(20 * MIB).unwrap();
    let mut other = Raw::new(Options { shared: Some(limit.clone()), ..Options::default() });
    assert!(!other.get().allocate(4 * MIB, 16).is_null());
    let mut raw = Raw::new(Options { shared: Some(limit.clone()), ..Options::default() });
    assert_eq!(grow_until_refused(raw.get()), 16 * MIB);
    drop((raw, other));
    assert_eq!(limit.used(), 0);
}

/// A request that cannot succeed frees no spare chunks.
#[test]
fn a_hopeless_request_frees_nothing() {
    let limit = MemoryLimit::new(4 * MIB).unwrap();
    for options in [
        Options { footprint_limit: 4 * MIB, ..Options::default() },
        Options { shared: Some(limit.clone()), ..Options::default() },
    ] {
        let mut raw = Raw::new(options);
        let arena = raw.get();
        let scope = arena.enter(usize::MAX).unwrap();
        assert!(!arena.allocate(3 * MIB, 16).is_null());
        arena.exit(scope).unwrap();
        let before = arena.statistics();
        assert!(arena.allocate(4 * MIB, 16).is_null());
        assert!(arena.allocate(usize::MAX, 16).is_null());
        assert_eq!(arena.statistics().footprint, before.footprint);
        assert!(!arena.allocate(3 * MIB, 16).is_null());
    }
}

fn text_message(characters: usize) -> Blob {
    let mut writer = Writer::new();
    writer.text(&vec![b'a'; characters]).unwrap();
    writer.finish().unwrap()
}

#[test]
fn messages_that_grow_are_decoded_as_long_as_they_fit() {
    let limit = 2 * MIB;
    let mut raw = Raw::new(Options { footprint_limit: limit, ..Options::default() });
    for characters in (0..limit - 16 * KIB).step_by(32 * KIB) {
        let scope = raw.get().enter(usize::MAX).unwrap();
        tree::decode(&text_message(characters), raw.get()).unwrap();
        raw.get().exit(scope).unwrap();
    }
}

#[test]
fn without_a_limit_an_arena_keeps_what_a_round_needs() {
    let mut raw = Raw::new(Options::default());
    let arena = raw.get();
    for size in (2 * MIB..6 * MIB).step_by(64 * KIB) {
        let scope = arena.enter(usize::MAX).unwrap();
        assert!(!arena.allocate(size, 16).is_null());
        arena.exit(scope).unwrap();
        assert!(arena.statistics().footprint < 2 * size + KIB, "{size}: {:?}", arena.statistics());
    }
}

/// One block that grows: the chunks that it leaves are no longer in use.
#[test]
fn a_block_that_grows_leaves_little() {
    let mut raw = Raw::new(Options { footprint_limit: 16 * MIB, ..Options::default() });
    let arena = raw.get();
    let _scope = arena.enter(usize::MAX).unwrap();
    assert!(!arena.allocate(100, 16).is_null());
    let (mut block, mut size) = (std::ptr::null_mut(), 0);
    while size < 7 * MIB {
        let larger = size + 64 * KIB;
        // SAFETY: the block of that size.
        block = unsafe { arena.reallocate(block, size, larger, 16) };
        assert!(!block.is_null(), "{larger}: {:?}", arena.statistics());
        size = larger;
        assert_eq!(arena.statistics().used, 100 + size);
    }
}

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Whatever the program does, the footprint is at most six times the peak use, plus one first chunk.
#[test]
fn the_footprint_is_bounded_by_the_largest_use() {
    let mut worst = 0.0_f64;
    for script in 1..300_u64 {
        let mut state = script.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let initial_chunk = 128 << (next(&mut state) % 6);
        let options =
            Options { initial_chunk, max_chunk: 256 << (next(&mut state) % 10), ..Options::default() };
        let mut raw = Raw::new(options);
        let arena = raw.get();
        let mut scopes = Vec::new();
        let mut last: Option<(*mut u8, usize)> = None;
        // The most frequent operation of the script.
        let (largest, kinds, steps) = (next(&mut state) % 15, next(&mut state), next(&mut state) % 400);
        let mut growing = 1;
        for _ in 0..steps {
            let random = next(&mut state);
            growing += (random as usize % 64) << (largest / 2);
            let size = match random >> 60 {
                0..4 => growing,
                4..6 => 16,
                _ => (random >> 20) as usize & ((1 << largest) - 1),
            };
            let kind = random >> 8 & 15;
            match if kinds >> kind & 1 == 0 { kind % 8 } else { kinds >> 16 & 7 } {
                0 if scopes.len() < 100 => {
                    scopes.push(arena.enter(usize::MAX).unwrap());
                    last = None;
                }
                1 if !scopes.is_empty() => {
                    let level = scopes.len() - 1 - (random >> 40) as usize % scopes.len().min(2);
                    arena.exit(scopes[level]).unwrap();
                    scopes.truncate(level);
                    last = None;
                }
                2 if !scopes.is_empty() => {
                    arena.rewind(scopes[scopes.len() - 1]).unwrap();
                    last = None;
                }
                3 if random >> 50 & 3 == 0 => {
                    if let Some(scope) = scopes.pop() {
                        arena.commit(scope).unwrap();
                    }
                }
                4 | 5 => {
                    if let Some((block, old)) = last {
                        let new = if random >> 41 & 1 == 0 { size } else { old + size / 4 };
                        // SAFETY: the last block, of that size.
                        let moved = unsafe { arena.reallocate(block, old, new, 1) };
                        last = Some((moved, new));
                    }
                }
                6 => {
                    if let Some((block, size)) = last.take() {
                        // SAFETY: as above.
                        unsafe { arena.free_last(block, size) };
                    }
                }
                _ => last = Some((arena.allocate(size, 1), size)),
            }
            let found = arena.statistics();
            let most = found.peak + initial_chunk;
            worst = worst.max(found.footprint as f64 / most as f64);
        }
    }
    assert!(worst < 6.0, "{worst}");
}
