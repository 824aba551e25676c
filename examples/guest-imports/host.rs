//! A host for guest.wat in Rust.

use drystone::bucket::imports::SizeHeader;
use drystone::bucket::text_of;
use drystone::bucket::{Tag, Value};
use drystone_wasmtime_host::{Guest, Host, Options, map};
use wasmtime::{Engine, Linker, Module, Result, Store};

/// Maps the compiler's name to the library's.
fn ours(name: &str) -> String {
    name.replace("hashmap_", "map_").replace("hashset_", "set_")
}

fn main() -> Result<()> {
    let engine = Engine::default();
    let module = Module::new(&engine, include_str!("guest.wat"))?;
    let size_header = Some(SizeHeader { offset: -4, shift: 1 });
    let host = Host::new(Options { size_header, ..Options::default() });
    let mut linker = Linker::new(&engine);
    host.define(&mut linker, &module, ours, |guest: &mut Option<Guest>| guest)?;
    let mut store = Store::new(&engine, None);
    let instance = linker.instantiate(&mut store, &module)?;
    let guest = host.attach(&mut store, &instance)?;

    let run = instance.get_typed_func::<(), u32>(&mut store, "run")?;
    println!("the first check that failed: {}", run.call(&mut store, ())?);
    let ages = instance.get_typed_func::<(), u32>(&mut store, "ages")?.call(&mut store, ())?;
    let table = map(&guest, &store, ages)?;
    for (key, value) in table.keys().zip(table.values()) {
        let name = text_of(guest.bytes(&store), Value::from_bits(Tag::Text, key))?;
        println!("read by the host: {} {}", String::from_utf8_lossy(name), f64::from_bits(value));
    }
    let broken = instance.get_typed_func::<(), u32>(&mut store, "broken")?.call(&mut store, ());
    println!("no map: {:#}", broken.expect_err("a trap"));
    Ok(())
}
