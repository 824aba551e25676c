//! What a host defines for a guest, and what it refuses to define.

use drystone::bucket::imports::{BlockField, GuestLayout, SizeHeader};
use drystone_wasmtime_host::{Guest, Host, Options};
use wasmtime::{Engine, Instance, Linker, Module, Result, Store};

fn host(options: Options) -> Host {
    Host::new(options)
}

fn define(host: &Host, linker: &mut Linker<Option<Guest>>, wat: &str) -> Result<Vec<String>> {
    let module = Module::new(linker.engine(), wat)?;
    let ours = |name: &str| name.replace("len", "size");
    host.define(linker, &module, ours, |guest: &mut Option<Guest>| guest)
}

#[test]
fn a_definition_is_whole_or_none() -> Result<()> {
    let mut linker = Linker::new(&Engine::default());
    let host = host(Options::default());
    let wrong = r#"(module (import "env" "map_new" (func (result i32)))
        (import "env" "map_len" (func (param i64) (result i32))) (import "env" "set_new" (func (result f32))))"#;
    let text = format!("{:?}", define(&host, &mut linker, wrong).expect_err("two misfits"));
    assert!(text.contains("map_len as map_size") && text.contains("set_new as set_new"), "{text}");
    let no_import = r#"(module (import "env" "map_length" (func)))"#;
    assert!(define(&host, &mut linker, no_import).is_err(), "a name that is none of ours");
    let good = r#"(module (import "env" "map_len" (func (param i32) (result i64)))
        (import "env" "map_new" (func (result i32))) (import "env" "log" (func)) (import "env" "map_get" (global i32)))"#;
    assert_eq!(define(&host, &mut linker, good)?, ["map_len", "map_new"]);
    let once_more = r#"(module (import "env" "set_new" (func (result i32))) (import "env" "map_new" (func (result i32))))"#;
    assert!(define(&host, &mut linker, once_more).is_err(), "the linker has one");
    let first = r#"(module (import "env" "set_new" (func (result i32))))"#;
    assert_eq!(define(&host, &mut linker, first)?, ["set_new"]);
    let twice = r#"(module (import "env" "set_size" (func (param i32) (result i64)))
        (import "env" "set_size" (func (param i32) (result i64))))"#;
    assert_eq!(define(&host, &mut linker, twice)?, ["set_size"]);
    let elsewhere = Module::new(&Engine::default(), first)?;
    let mut empty = Linker::new(linker.engine());
    let other = host.define(&mut empty, &elsewhere, str::to_owned, |guest: &mut Option<Guest>| guest);
    assert!(other.is_err(), "another engine");
    let layout = GuestLayout { none: BlockField { size: 4, offset: 1 }, ..GuestLayout::default() };
    let odd = Host::new(Options { layout, ..Options::default() });
    assert!(define(&odd, &mut Linker::new(&Engine::default()), first).is_err(), "no such layout");
    Ok(())
}

#[test]
fn exports_are_there_as_they_must_be() -> Result<()> {
    const MEMORY: &str = r#"(memory (export "memory") 1)"#;
    const ALLOC: &str = r#"(func (export "alloc") (param i32) (result i32) (i32.const 64))"#;
    const STACK: &str = r#"(global (export "shadow_stack_pointer") (mut i32) (i32.const 8))
        (global (export "shadow_stack_end") i32 (i32.const 64))"#;
    let rule = Some(SizeHeader { offset: -4, shift: 1 });
    let attach = |fields: &[&str], options: Options| {
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let instance =
            Instance::new(&mut store, &Module::new(&engine, format!("(module {})", fields.join(" ")))?, &[])?;
        host(options).attach(&mut store, &instance).map(drop)
    };
    let no_stack = || Options { shadow_stack: None, ..Options::default() };
    let sized = || Options { usable_size: Some("usable_size".into()), ..Options::default() };
    attach(&[MEMORY, ALLOC, STACK], Options::default())?;
    attach(&[MEMORY, ALLOC], no_stack())?;
    assert!(attach(&[MEMORY, ALLOC], Options::default()).is_err(), "nothing is unrooted by mistake");
    assert!(attach(&[ALLOC, STACK], Options::default()).is_err());
    let constant = STACK.replace("(mut i32)", "i32");
    assert!(attach(&[MEMORY, ALLOC, &constant], Options::default()).is_err(), "nothing would be rooted");
    assert!(attach(&[MEMORY, STACK], Options::default()).is_err());
    assert!(attach(&[MEMORY, ALLOC, STACK], sized()).is_err());
    assert!(attach(&[MEMORY, ALLOC, STACK], Options { size_header: rule, ..sized() }).is_err());
    Ok(())
}
