//! The bytes that imports read in a guest's memory that is made to cost as much as possible: counted, not timed.

use drystone::Status;
use drystone::bucket::looked::during;
use drystone_wasmtime_host::{Refusal, Running};
use wasmtime::{Engine, Result};

/// No call reads more bytes than this multiple of the memory's size, and a constant.
const MOST: usize = 24;
/// The number of entries, whose keys overlap.
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

/// A plain map whose keys are strings that overlap, and a string of the same length that is not a key.
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
fn every_import_is_refused_before_it_looks_too_long() -> Result<()> {
    let mut guest = Running::new(&Engine::default(), include_bytes!("../guest.wat"))?;
    let (map, stranger) = hostile(&mut guest)?;
    let (heap, stack) = (guest.global("allocations"), guest.global("shadow_stack_pointer"));
    let (entry, key) = ((map, stranger, LENGTH, stranger, 1_u32), (map, stranger, LENGTH));
    type Call<'a> = (&'a str, &'a dyn Fn(&mut Running) -> Result<()>);
    let calls: [Call<'_>; 6] = [
        ("get", &|guest| guest.call::<_, (u32, u32)>("get_text", entry).map(drop)),
        ("contains", &|guest| guest.call::<_, u32>("contains_text", key).map(drop)),
        ("insert", &|guest| guest.call::<_, u32>("insert_text", entry).map(drop)),
        ("insert in place", &|guest| guest.call("insert_text_in_place", entry)),
        ("remove", &|guest| guest.call::<_, u32>("remove_text", key).map(drop)),
        ("remove in place", &|guest| guest.call("remove_text_in_place", key)),
    ];
    for (name, call) in calls {
        let (called, looked) = during(|| call(&mut guest));
        let error = called.expect_err("far more to compare than there is memory");
        let refusal: Option<&Refusal> = error.downcast_ref();
        assert_eq!(refusal.map(|refusal| refusal.status), Some(Status::LimitExceeded), "{name}: {error:?}");
        let length = guest.memory().len();
        assert!(looked > length, "{name} looked at {looked} bytes: the strings were not compared");
        assert!(looked <= MOST * length + 8192, "{name} looked at {looked} bytes of {length}");
        assert_eq!(guest.global("allocations"), heap, "{name} allocated");
        assert_eq!(guest.global("shadow_stack_pointer"), stack);
    }
    // Without comparisons, the cost is linear in the map.
    for name in ["keys_text", "values_text", "size"] {
        let (called, looked) = during(|| guest.call::<_, u32>(name, map));
        assert!(called.is_ok(), "{name}");
        assert!(looked <= 3 * 20 * 4096, "{name} looked at {looked} bytes");
    }
    assert_eq!(guest.call::<_, u32>("size", map)?, COUNT);
    Ok(())
}
