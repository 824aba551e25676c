//! What imports look at in a guest's memory that was made to cost as much as possible: counted, not timed.

use drystone::bucket::looked::during;
use drystone_wasmtime_host::Running;
use wasmtime::{Engine, Result};

/// No call looks at more bytes than so many times the memory has, and a little.
const MOST: usize = 24;
/// Entries, whose keys overlap.
const COUNT: u32 = 4000;
const LENGTH: u32 = 60_000;

fn put(guest: &mut Running, at: u32, words: &[u32]) {
    for (place, word) in guest.memory()[at as usize..].chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
}

fn block(guest: &mut Running, size: u32) -> Result<u32> {
    let block = guest.call("alloc", size)?;
    guest.call::<_, ()>("keep", block)?;
    Ok(block)
}

/// A plain map whose keys are strings that overlap, and a string as long that is none of them.
fn hostile(guest: &mut Running) -> Result<(u32, u32)> {
    let (letters, stranger) = (block(guest, LENGTH + COUNT)?, block(guest, LENGTH)?);
    guest.memory()[letters as usize..][..(LENGTH + COUNT) as usize].fill(b'a');
    guest.memory()[stranger as usize..][..LENGTH as usize].fill(b'a');
    guest.memory()[(stranger + LENGTH - 1) as usize] = b'b';
    let map = guest.call("new_map", ())?;
    guest.call::<_, ()>("keep", map)?;
    let bucket = block(guest, 8 + 20 * 4096)?;
    put(guest, map + 4, &[0, bucket]);
    put(guest, bucket, &[4096, COUNT]);
    for number in 0..COUNT {
        put(guest, bucket + 8 + 20 * number, &[1, letters + number, LENGTH, letters, 1]);
    }
    Ok((map, stranger))
}

#[test]
fn lookups_and_inserts_are_refused_before_they_look_too_long() -> Result<()> {
    let mut guest = Running::new(&Engine::default(), include_bytes!("../guest.wat"))?;
    let (map, stranger) = hostile(&mut guest)?;
    let (heap, stack) = (guest.global("allocations"), guest.global("shadow_stack_pointer"));
    for name in ["get_text", "insert_text"] {
        let parameters = (map, stranger, LENGTH, stranger, 1_u32);
        let (called, looked) = during(|| match name {
            "get_text" => guest.call::<_, (u32, u32)>(name, parameters).map(drop),
            _ => guest.call::<_, u32>(name, parameters).map(drop),
        });
        let error = called.expect_err("far more to compare than there is memory");
        assert!(format!("{error:?}").contains("limit"), "{name}: {error:?}");
        let length = guest.memory().len();
        assert!(looked > length, "{name} looked at {looked} bytes: the strings were not compared");
        assert!(looked <= MOST * length + 8192, "{name} looked at {looked} bytes of {length}");
        assert_eq!(guest.global("allocations"), heap, "{name} allocated");
        assert_eq!(guest.global("shadow_stack_pointer"), stack);
    }
    assert_eq!(guest.call::<_, u32>("size", map)?, COUNT);
    Ok(())
}
