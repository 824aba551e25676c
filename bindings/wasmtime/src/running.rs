//! A guest with all its imports, for tests and the bench.

use wasmtime::{Engine, Error, Instance, Linker, Module, Result, Store, TypedFunc, WasmParams, WasmResults};

use crate::{Guest, Host, Options};

/// A guest with the library's imports; all others trap.
pub struct Running {
    store: Store<Option<Guest>>,
    instance: Instance,
}

impl Running {
    /// Compiles a module, text or binary, and starts it.
    pub fn new(engine: &Engine, wasm: &[u8]) -> Result<Self> {
        Self::with(engine, wasm, Options { usable_size: Some("usable_size".into()), ..Options::default() })
    }

    /// The same with other options.
    pub fn with(engine: &Engine, wasm: &[u8], options: Options) -> Result<Self> {
        let module = Module::new(engine, wasm)?;
        let (host, mut linker) = (Host::new(options), Linker::new(engine));
        host.define(&mut linker, &module, str::to_owned, |guest: &mut Option<Guest>| guest)?;
        linker.define_unknown_imports_as_traps(&module)?;
        let mut store = Store::new(engine, None);
        let instance = linker.instantiate(&mut store, &module)?;
        let guest = host.attach(&mut store, &instance)?;
        *store.data_mut() = Some(guest);
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
