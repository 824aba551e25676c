//! A host in Rust for guests that keep their maps in their own memory, on the crate `wasmtime`. It has the imports of
//! `guest.wat` that a map of integers or of strings needs, to show how one writes them.

mod memory;

use drystone::Status;
use drystone::bucket::{Key, Kind, Table, Tag, Value, map};
use wasmtime::{
    Caller, Engine, Error, Instance, Linker, Module, Result, Store, TypedFunc, WasmParams, WasmResults,
};

pub use memory::{Guest, GuestMemory};

/// What a store holds: the guest, once it is there.
#[derive(Default)]
pub struct Host {
    guest: Option<Guest>,
}

/// A guest with our imports; those that we do not have trap.
pub struct Running {
    store: Store<Host>,
    instance: Instance,
}

impl Running {
    /// Compiles a module, text or binary, and starts it.
    pub fn new(engine: &Engine, wasm: &[u8]) -> Result<Self> {
        let module = Module::new(engine, wasm)?;
        let mut linker = Linker::new(engine);
        define(&mut linker)?;
        linker.define_unknown_imports_as_traps(&module)?;
        let mut store = Store::new(engine, Host::default());
        let instance = linker.instantiate(&mut store, &module)?;
        store.data_mut().guest = Some(Guest::of(&mut store, &instance)?);
        Ok(Running { store, instance })
    }

    /// Calls one of the guest's functions.
    pub fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, parameters: P) -> Result<R> {
        let function: TypedFunc<P, R> = self.instance.get_typed_func(&mut self.store, name)?;
        function.call(&mut self.store, parameters)
    }

    /// The guest's memory.
    pub fn memory(&mut self) -> &mut [u8] {
        match self.instance.get_memory(&mut self.store, "memory") {
            Some(memory) => memory.data_mut(&mut self.store),
            None => &mut [],
        }
    }

    /// One of the guest's i32 globals.
    pub fn global(&mut self, name: &str) -> Option<u32> {
        let global = self.instance.get_global(&mut self.store, name)?;
        Some(global.get(&mut self.store).unwrap_i32() as u32)
    }

    /// Sets it.
    pub fn set_global(&mut self, name: &str, word: u32) -> Result<()> {
        let global = self.instance.get_global(&mut self.store, name);
        let global = global.ok_or_else(|| Error::msg(format!("the guest exports no global {name}")))?;
        global.set(&mut self.store, wasmtime::Val::I32(word as i32))
    }
}

type Call<'a> = Caller<'a, Host>;

/// Defines the imports. The tags in the names say what the parameters are.
fn define(linker: &mut Linker<Host>) -> Result<()> {
    let text = |pointer, length| Value::Text { pointer, length };
    linker.func_wrap("env", "map_new", |mut call: Call<'_>| change(&mut call, |memory| map::new(memory)))?;
    linker.func_wrap("env", "map_size", |mut call: Call<'_>, map: u32| {
        read(&mut call, map, |table| table.size())
    })?;
    linker.func_wrap("env", "map_insert$ki_vi", |mut call: Call<'_>, map: u32, key: i64, value: i64| {
        change(&mut call, |memory| map::insert(memory, map, Value::Int(key), Value::Int(value)))
    })?;
    linker.func_wrap(
        "env",
        "map_insert$ks_vs",
        move |mut call: Call<'_>, map: u32, key: u32, key_length: u32, value: u32, value_length: u32| {
            let (key, value) = (text(key, key_length), text(value, value_length));
            change(&mut call, |memory| map::insert(memory, map, key, value))
        },
    )?;
    linker.func_wrap(
        "env",
        "map_insert_in_place$ki_vi",
        |mut call: Call<'_>, map: u32, key: i64, value: i64| {
            change(&mut call, |memory| map::insert_in_place(memory, map, Value::Int(key), Value::Int(value)))
        },
    )?;
    linker.func_wrap("env", "map_get$ki_vi", |mut call: Call<'_>, map: u32, key: i64, absent: i64| {
        match read(&mut call, map, |table| or_absent(table.get(&Key::Value(Value::Int(key)), Tag::Int)))? {
            Some(Value::Int(found)) => Ok(found),
            _ => Ok(absent),
        }
    })?;
    linker.func_wrap(
        "env",
        "map_get$ks_vs",
        move |mut call: Call<'_>, map: u32, key: u32, key_length: u32, absent: u32, absent_length: u32| {
            let key = Key::Value(text(key, key_length));
            match read(&mut call, map, |table| or_absent(table.get(&key, Tag::Text)))? {
                Some(Value::Text { pointer, length }) => Ok((pointer, length)),
                _ => Ok((absent, absent_length)),
            }
        },
    )?;
    linker.func_wrap("env", "map_contains$ki", |mut call: Call<'_>, map: u32, key: i64| {
        read(&mut call, map, |table| table.contains(&Key::Value(Value::Int(key)))).map(u32::from)
    })?;
    linker.func_wrap("env", "map_remove$ki", |mut call: Call<'_>, map: u32, key: i64| {
        change(&mut call, |memory| map::remove(memory, map, Key::Value(Value::Int(key))))
    })?;
    linker.func_wrap("env", "map_remove_in_place$ki", |mut call: Call<'_>, map: u32, key: i64| {
        change(&mut call, |memory| map::remove_in_place(memory, map, Key::Value(Value::Int(key))))
    })?;
    Ok(())
}

/// Runs an operation on the guest's memory. When the guest's allocator trapped, that trap is what it ends in.
fn change<T>(
    call: &mut Call<'_>,
    operation: impl FnOnce(&mut GuestMemory<'_, '_>) -> Result<T, Status>,
) -> Result<T> {
    let guest = call.data().guest.clone().ok_or_else(|| Error::msg("the guest is not there yet"))?;
    let mut memory = GuestMemory::new(call, guest);
    let result = operation(&mut memory);
    match memory.into_trap() {
        Some(trap) => Err(trap),
        None => result.map_err(refused),
    }
}

/// Reads a map.
fn read<T>(
    call: &mut Call<'_>,
    map: u32,
    question: impl FnOnce(&Table<'_>) -> Result<T, Status>,
) -> Result<T> {
    let guest = call.data().guest.as_ref().ok_or_else(|| Error::msg("the guest is not there yet"))?;
    Table::open(guest.bytes(&*call), Kind::Map, map).and_then(|table| question(&table)).map_err(refused)
}

fn or_absent(found: Result<Value, Status>) -> Result<Option<Value>, Status> {
    match found {
        Err(Status::NotFound) => Ok(None),
        found => found.map(Some),
    }
}

fn refused(status: Status) -> Error {
    Error::msg(format!("drystone: {status}"))
}
