//! The guest on this host: what it computes, also with a collection at every allocation, and the state after a trap.

use drystone::Status;
use drystone_wasmtime_host::{Refusal, Running};
use wasmtime::{Engine, Result, Trap};

fn guests() -> Vec<Running> {
    let engine = Engine::default();
    let mut guests = Vec::new();
    for collect_always in [0, 1] {
        let mut guest = Running::new(&engine, include_bytes!("../guest.wat")).expect("it starts");
        guest.set_global("collect_always", collect_always).expect("a global");
        guest.set_global("poison_freed", 1).expect("a global");
        guests.push(guest);
    }
    guests
}

fn sum_of_chain(inserts: i64) -> i64 {
    (0..inserts).map(|key| 3 * key).sum()
}

#[test]
fn chains() -> Result<()> {
    for mut guest in guests() {
        for chain in ["chain_int", "chain_int_unrooted", "chain_global", "fill_in_place"] {
            let map: u32 = guest.call(chain, 300_i64)?;
            let () = guest.call("keep", map)?;
            assert_eq!(guest.call::<_, u32>("size", map)?, 300, "{chain}");
            assert_eq!(guest.call::<_, i64>("sum_int", (map, 300_i64))?, sum_of_chain(300), "{chain}");
            let odd: u32 = guest.call("remove_half", (map, 300_i64))?;
            assert_eq!(guest.call::<_, u32>("count_contains", (odd, 0_i64, 300_i64))?, 150, "{chain}");
        }
        let map: u32 = guest.call("chain_text", 100_i64)?;
        let () = guest.call("keep", map)?;
        assert_eq!(guest.call::<_, i64>("sum_text", (map, 100_i64))?, sum_of_chain(100));
    }
    Ok(())
}

#[test]
fn a_trap_in_the_allocator_is_the_calls_and_the_map_stays() -> Result<()> {
    for mut guest in guests() {
        let map: u32 = guest.call("chain_int", 16_i64)?;
        let () = guest.call("keep", map)?;
        let stack = guest.global("shadow_stack_pointer");
        let mut traps = 0;
        loop {
            guest.set_global("trap_on_alloc_after", traps + 1)?;
            match guest.call::<_, u32>("overwrite", (map, 1_i64, 5_i64)) {
                Ok(_) => break,
                Err(error) => {
                    assert_eq!(error.downcast_ref(), Some(&Trap::UnreachableCodeReached));
                    traps += 1;
                }
            }
            // The guest's own frame is still on it.
            guest.set_global("shadow_stack_pointer", stack.unwrap_or_default())?;
            assert_eq!(guest.call::<_, i64>("sum_int", (map, 16_i64))?, sum_of_chain(16));
        }
        assert_eq!(traps, 2);
    }
    Ok(())
}

#[test]
fn what_is_no_map_is_refused() -> Result<()> {
    for mut guest in guests() {
        let error = guest.call::<_, u32>("size", u32::MAX).expect_err("it is outside");
        assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds));
        let refusal: Option<&Refusal> = error.downcast_ref();
        assert_eq!(refusal.map(|refusal| refusal.status), Some(Status::Malformed), "{error:?}");
        assert!(format!("{error:?}").contains("map_size: malformed"), "{error:?}");
    }
    Ok(())
}
