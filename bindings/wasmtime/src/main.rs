//! Runs chains of persistent inserts on the guest and prints their times.

use std::time::Instant;

use drystone_wasmtime_host::Running;
use wasmtime::{Engine, Result};

const GUEST: &[u8] = include_bytes!("../guest.wat");

fn main() -> Result<()> {
    let engine = Engine::default();
    println!("{:>9} {:>10} {:>10} {:>12}", "inserts", "seconds", "ns/insert", "high water");
    for inserts in [1_000_i64, 10_000, 20_000] {
        let mut guest = Running::new(&engine, GUEST)?;
        let start = Instant::now();
        let map: u32 = guest.call("chain_int", inserts)?;
        let seconds = start.elapsed().as_secs_f64();
        let size: u32 = guest.call("size", map)?;
        assert_eq!(i64::from(size), inserts);
        let heap = guest.global("heap_top").zip(guest.global("heap_base"));
        let high_water = heap.map_or(0, |(top, base)| top - base);
        println!("{inserts:>9} {seconds:>10.4} {:>10.0} {high_water:>12}", seconds / inserts as f64 * 1e9);
    }
    Ok(())
}
