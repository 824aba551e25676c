//! A host: wasmtime's functions, the names of a guest's exports, and the guest, once it is known.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

use super::super::ptr::{
    Callee, EndNotice, Exports, Failed, Guest, Raw, SharedObject, Store, Trap, WasmtimeCalls, trap_new,
    trap_of_code,
};
use super::super::status::{DRYSTONE_OK, drystone_status};
use super::super::wasmtime_types::bucket_wasmtime;
use super::calls;
use super::memory::{Bound, GuestMemory, ShadowStack, Sizes};
use crate::allocation::Grow;
use crate::bucket::Flags;
use crate::bucket::imports::{GuestLayout, Import, SizeHeader, ValueType, refusal};
use crate::counting::{Counted, Retire, WeakPtr};
use crate::status::Status;

/// The name of an export.
pub(super) struct ExportName {
    name: Vec<u8>,
    /// It is an error when the export is missing.
    required: bool,
}

impl ExportName {
    /// The given name, or the default one; an empty name means that there is no such export. `NoMemory`.
    pub(super) fn new(given: Option<&[u8]>, usual: &str, required: bool) -> Result<Self, Status> {
        let bytes = given.unwrap_or(usual.as_bytes());
        let mut name = Vec::new();
        name.try_append(bytes)?;
        Ok(ExportName { name, required: required || given.is_some_and(|given| !given.is_empty()) })
    }

    /// The same for an export that must exist unless its name is empty.
    pub(super) fn needed_unless_empty(given: Option<&[u8]>, usual: &str) -> Result<Self, Status> {
        Self::new(Some(given.unwrap_or(usual.as_bytes())), usual, false)
    }

    /// The export that `find` returns; `None` when it is missing and not required.
    fn find<T>(&self, find: impl FnOnce(&[u8]) -> Result<T, Status>) -> Result<Option<T>, Status> {
        if self.name.is_empty() && !self.required {
            return Ok(None);
        }
        match find(&self.name) {
            Err(Status::NotFound) if !self.required => Ok(None),
            found => found.map(Some),
        }
    }
}

/// How the size of a block is found.
pub(super) enum BlockSize {
    Export(ExportName),
    Header(SizeHeader),
}

/// The names of a guest's exports.
pub(super) struct Names {
    pub(super) memory: ExportName,
    pub(super) alloc: ExportName,
    pub(super) block_size: BlockSize,
    pub(super) shadow_stack_pointer: ExportName,
    pub(super) shadow_stack_end: ExportName,
}

impl Names {
    /// Looks them up. `NotFound`, `WrongType`.
    fn bind(&self, exports: &Exports<'_>) -> Result<Bound, Status> {
        let context = exports.context();
        let memory = self.memory.find(|name| exports.memory(name))?.ok_or(Status::NotFound)?;
        let alloc = self.alloc.find(|name| exports.function(name))?.ok_or(Status::NotFound)?;
        let sizes = match &self.block_size {
            BlockSize::Header(rule) => Sizes::Header(*rule),
            BlockSize::Export(name) => {
                name.find(|name| exports.function(name))?.map_or(Sizes::AsAsked, Sizes::Function)
            }
        };
        let stack = match self.shadow_stack_pointer.find(|name| exports.global(name))? {
            Some(pointer) => {
                // A constant global cannot be used.
                context.set(&pointer, context.get(&pointer)?)?;
                let end = self.shadow_stack_end.find(|name| exports.global(name))?;
                let end = end.map_or(Ok(u32::MAX), |end| context.get(&end))?;
                Some(ShadowStack { pointer, end })
            }
            None => None,
        };
        Ok(Bound { store: Store::try_new(context)?, memory, alloc, sizes, stack })
    }
}

/// The object of a `bucket_wasmtime`: the host of one guest. Imports have counts on it.
pub(in super::super) struct Host {
    pub(super) calls: WasmtimeCalls,
    pub(super) names: Names,
    pub(super) flags: Flags,
    pub(super) failed: Failed,
    pub(super) trap_codes: bool,
    pub(super) bound: OnceLock<Bound>,
    pub(super) status: AtomicI32,
}

impl Retire for Host {
    fn retire(&self, _: WeakPtr<Self>) {}
}

impl SharedObject for bucket_wasmtime {
    type Object = Host;
}

impl Host {
    /// The guest. `NotFound`, `WrongType`, `NoMemory`.
    fn bound(&self, exports: &Exports<'_>) -> Result<&Bound, Status> {
        if let Some(bound) = self.bound.get() {
            return Ok(bound);
        }
        let found = self.names.bind(exports)?;
        match self.set(exports, found) {
            // Another thread was first.
            Ok(()) | Err(Status::Busy) => self.bound.get().ok_or(Status::Busy),
            Err(status) => Err(status),
        }
    }

    /// `Busy` when there is a guest, `NoMemory`.
    fn set(&self, exports: &Exports<'_>, found: Bound) -> Result<(), Status> {
        let (notice, alloc) = (EndNotice::new(&found.store)?, found.alloc);
        self.bound.set(found).map_err(|_| Status::Busy)?;
        notice.begin(exports.context(), &alloc);
        Ok(())
    }

    /// Makes an instance the guest. As [`Host::bound`], and `Busy` when there is another guest.
    pub(super) fn attach(&self, exports: &Exports<'_>) -> Result<(), Status> {
        let found = self.names.bind(exports)?;
        match self.bound.get() {
            Some(known) if !known.is_of_the_instance_of(&found) => Err(Status::Busy),
            Some(_) => Ok(()),
            None => self.set(exports, found),
        }
    }

    /// Returns and clears the newest refusal.
    pub(super) fn take_status(&self) -> drystone_status {
        self.status.swap(DRYSTONE_OK, Ordering::Relaxed)
    }
}

/// What an import does.
pub(super) enum Definition {
    /// The operation that its name says.
    Named,
    Import(Import),
}

impl Definition {
    /// `NotFound` when the name is required to be known and is not.
    pub(super) fn check(&self, name: &str) -> Result<(), Status> {
        match self {
            Definition::Named if !Import::is_name(name.as_bytes()) => Err(Status::NotFound),
            _ => Ok(()),
        }
    }

    /// The import, if it has this type. `WrongType`.
    pub(super) fn find(
        &self,
        name: &str,
        parameters: &[ValueType],
        results: &[ValueType],
    ) -> Result<Import, Status> {
        match self {
            Definition::Named => Import::find(name.as_bytes(), parameters, results, &GuestLayout::default()),
            Definition::Import(import) if import.has_type(parameters, results) => Ok(*import),
            Definition::Import(_) => Err(Status::WrongType),
        }
    }
}

/// An import in a linker.
pub(super) struct Record {
    host: Counted<Host>,
    import: Import,
    /// The guest's name for it.
    name: Vec<u8>,
}

impl Record {
    /// `NoMemory`.
    pub(super) fn new(host: &Counted<Host>, import: Import, name: &str) -> Result<Self, Status> {
        let mut bytes = Vec::new();
        bytes.try_append(name.as_bytes())?;
        Ok(Record { host: Counted::clone(host), import, name: bytes })
    }

    /// The trap of a refused call. Records the refusal.
    #[cold]
    fn refused(&self, status: Status) -> Trap {
        self.host.status.store(status.code(), Ordering::Relaxed);
        self.host.failed.tell(status.code(), &self.name);
        let (says, code) = refusal(status);
        if self.host.trap_codes {
            return trap_of_code(&self.host.calls, code);
        }
        let mut text = Vec::new();
        for part in [&self.name, &b": "[..], status.text().to_bytes(), b": wasm trap: ", says.to_bytes()] {
            // Without memory the text is shorter.
            let _ = text.try_append(part);
        }
        trap_new(&self.host.calls, &text)
    }

    /// Runs the import. `Err` when it is refused, and the trap when the guest trapped while it allocated.
    fn run(&self, exports: &Exports<'_>, raw: &mut [Raw]) -> Result<Option<Trap>, Status> {
        let host: &Host = &self.host;
        let bound = host.bound(exports)?;
        let guest = Guest::new(exports.context(), &bound.store, bound.memory).ok_or(Status::Busy)?;
        let mut memory = GuestMemory::new(guest, bound, host.flags);
        let result = calls::run(&self.import, &mut memory, raw);
        match memory.into_trap() {
            Some(trap) => Ok(Some(trap)),
            None => result.map(|()| None),
        }
    }
}

impl Callee for Record {
    fn calls(&self) -> &WasmtimeCalls {
        &self.host.calls
    }

    fn call(&self, exports: &Exports<'_>, raw: &mut [Raw]) -> Result<(), Trap> {
        match self.run(exports, raw) {
            Ok(None) => Ok(()),
            Ok(Some(trap)) => Err(trap),
            Err(status) => Err(self.refused(status)),
        }
    }
}
