//! A host in Rust for guests that keep their maps and sets in their own memory, on the crate `wasmtime`. It defines a
//! guest's imports by their names and types, from the library's table ([`drystone::bucket::imports`]).
//!
//! `examples/guest-imports/host.rs` is a complete host. [`Running`] is one for the tests' guest.

mod guest;
mod memory;
mod running;

use std::collections::HashSet;
use std::sync::Arc;

use drystone::Status;
use drystone::bucket::imports::{
    F64, GuestLayout, I32, I64, Import, MOST_PARAMETERS, SizeHeader, ValueType, refusal,
};
use drystone::bucket::{Flags, Table, TableKind};
use wasmtime::{
    AsContextMut, Caller, Engine, Error, ExternType, FuncType, Instance, Linker, Module, Result, Trap, Val,
    ValType,
};

pub use guest::Guest;
use memory::GuestMemory;
pub use running::Running;

/// Describes a guest. The names are those of its exports.
pub struct Options {
    /// Its memory.
    pub memory: String,
    /// Its allocator, from a size to an offset. It may collect, grow the memory, call imports, and trap.
    pub alloc: String,
    /// The size of a block, from an offset to bytes; `None` if the guest does not export that.
    pub usable_size: Option<String>,
    /// Where the size of a block is stored, instead of an export.
    pub size_header: Option<SizeHeader>,
    /// The globals with the address of the next root and the end of the stack; `None` if the guest has no shadow stack,
    /// so that nothing is rooted.
    pub shadow_stack: Option<(String, String)>,
    /// The layout of its optional values and arrays.
    pub layout: GuestLayout,
    /// How buckets are written.
    pub flags: Flags,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            memory: "memory".into(),
            alloc: "alloc".into(),
            usable_size: None,
            size_header: None,
            shadow_stack: Some(("shadow_stack_pointer".into(), "shadow_stack_end".into())),
            layout: GuestLayout::default(),
            flags: Flags::default(),
        }
    }
}

/// Why a call was refused. The error has this and the [`Trap`] that it is for WebAssembly.
#[derive(Debug)]
pub struct Refusal {
    /// The guest's name for the import.
    pub import: String,
    /// The status of the call.
    pub status: Status,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.import, self.status)
    }
}

/// A host for guests of one kind. It belongs to no store: each store's data has a field for its guest.
#[derive(Clone)]
pub struct Host {
    options: Arc<Options>,
}

/// Returns the field of a store's data that keeps the guest. The first call of an import sets it, unless it is set
/// already.
pub trait GuestGetter<T>: Fn(&mut T) -> &mut Option<Guest> + Copy + Send + Sync + 'static {}
impl<T, F: Fn(&mut T) -> &mut Option<Guest> + Copy + Send + Sync + 'static> GuestGetter<T> for F {}

impl Host {
    /// A host with these options.
    pub fn new(options: Options) -> Self {
        Host { options: Arc::new(options) }
    }

    /// Defines the module's imports that the library has, and returns their names. `ours` maps a name of the guest to
    /// one of the library's. Either all are defined or none: an error lists those that do not fit, or that the linker
    /// has already.
    pub fn define<T: 'static>(
        &self,
        linker: &mut Linker<T>,
        module: &Module,
        ours: impl Fn(&str) -> String,
        get: impl GuestGetter<T>,
    ) -> Result<Vec<String>> {
        if !Engine::same(linker.engine(), module.engine()) {
            return Err(Error::msg("the module has another engine than the linker"));
        }
        let (mut whole, mut defined, mut misfits) = (linker.clone(), Vec::new(), Vec::new());
        // A module may have an import twice.
        let mut seen = HashSet::new();
        for wanted in module.imports() {
            let ExternType::Func(kind) = wanted.ty() else { continue };
            let (parameters, results): (Vec<_>, Vec<_>) = (
                kind.params().map(|one| code(&one)).collect(),
                kind.results().map(|one| code(&one)).collect(),
            );
            if !seen.insert((wanted.module(), wanted.name(), kind.to_string())) {
                continue;
            }
            let name = ours(wanted.name());
            match Import::find(name.as_bytes(), &parameters, &results, &self.options.layout) {
                Ok(import) => {
                    let run = self.function(import, wanted.name(), kind.clone(), get);
                    whole.func_new(wanted.module(), wanted.name(), kind, run)?;
                    defined.push(wanted.name().to_owned());
                }
                Err(Status::NotFound) if name == wanted.name() => (),
                Err(status) => misfits.push(format!("{} as {name}, {kind}: {status}", wanted.name())),
            }
        }
        if !misfits.is_empty() {
            return Err(Error::msg(misfits.join("; ")));
        }
        *linker = whole;
        Ok(defined)
    }

    /// An import as wasmtime calls it.
    fn function<T: 'static>(
        &self,
        import: Import,
        name: &str,
        kind: FuncType,
        get: impl GuestGetter<T>,
    ) -> impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static {
        let (options, name) = (Arc::clone(&self.options), name.to_owned());
        move |mut caller, parameters, results| {
            let guest = match get(caller.data_mut()) {
                Some(guest) => guest.clone(),
                None => {
                    let found = Guest::of(&options, &mut caller, |caller, name| caller.get_export(name))?;
                    get(caller.data_mut()).insert(found).clone()
                }
            };
            let mut words = [0; MOST_PARAMETERS];
            for (word, value) in words.iter_mut().zip(parameters) {
                *word = bits(value);
            }
            let mut memory = GuestMemory::new(&mut caller, guest);
            let given = import.call(&mut memory, &words);
            // A trap in the guest's allocator ends the call.
            if let Some(trap) = memory.into_trap() {
                return Err(trap);
            }
            let given = given.map_err(|status| refused(&name, status))?;
            for ((place, word), kind) in results.iter_mut().zip(given.words()).zip(kind.results()) {
                *place = value(&kind, *word);
            }
            Ok(())
        }
    }

    /// Attaches the guest's instance before it calls an import, or only to read its maps.
    pub fn attach(&self, mut store: impl AsContextMut, instance: &Instance) -> Result<Guest> {
        Guest::of(&self.options, &mut store, |store, name| instance.get_export(store, name))
    }
}

/// A map of a guest, for reading.
pub fn map<'a, T: 'static>(
    guest: &Guest,
    store: impl Into<wasmtime::StoreContext<'a, T>>,
    map: u32,
) -> Result<Table<'a>, Status> {
    Table::open(guest.bytes(store), TableKind::Map, map)
}

fn code(kind: &ValType) -> ValueType {
    match kind {
        ValType::I32 => I32,
        ValType::I64 => I64,
        ValType::F64 => F64,
        _ => ValueType::MAX,
    }
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(word) => u64::from(*word as u32),
        Val::I64(word) => *word as u64,
        Val::F64(bits) => *bits,
        _ => 0,
    }
}

fn value(kind: &ValType, word: u64) -> Val {
    match kind {
        ValType::I64 => Val::I64(word as i64),
        ValType::F64 => Val::F64(word),
        _ => Val::I32(word as u32 as i32),
    }
}

fn refused(import: &str, status: Status) -> Error {
    let trap = match refusal(status).1 {
        1 => Trap::MemoryOutOfBounds,
        5 => Trap::BadSignature,
        10 => Trap::Interrupt,
        _ => Trap::UnreachableCodeReached,
    };
    Error::from(trap).context(Refusal { import: import.to_owned(), status })
}
