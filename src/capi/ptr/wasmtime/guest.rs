//! A guest as wasmtime presents it during a call in its store: exports, globals, memory, functions.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};

use super::calls::{
    ByteVec, EXTERN_FUNCTION, EXTERN_GLOBAL, EXTERN_MEMORY, Function, Global, Kinded, MemoryHandle, Raw,
    ValueTypeVec, WasmtimeCalls,
};
use super::context::Context;
use super::store::Store;
use crate::bucket::imports::{I32, ValueType};
use crate::status::Status;

/// A wasmtime trap, owned until an import returns it.
pub(in super::super::super) struct Trap(pub(super) NonNull<c_void>);

/// Where an export is looked up.
#[derive(Clone, Copy)]
enum ExportSource {
    Caller(NonNull<c_void>),
    Instance(NonNull<c_void>),
}

/// The exports of an instance.
#[derive(Clone, Copy)]
pub(in super::super::super) struct Exports<'a> {
    context: Context<'a>,
    source: ExportSource,
}

impl<'a> Exports<'a> {
    /// # Safety
    /// A caller that an import was given, during that import's call, and the functions of its wasmtime.
    pub(super) unsafe fn of_caller(calls: &'a WasmtimeCalls, caller: NonNull<c_void>) -> Option<Self> {
        // SAFETY: the caller's promise.
        let raw = NonNull::new(unsafe { (calls.caller_context)(caller.as_ptr()) })?;
        Some(Exports { context: Context { calls, raw }, source: ExportSource::Caller(caller) })
    }

    /// # Safety
    /// A context and an instance in it, used by nobody else during the call, or NULL.
    pub(in super::super::super) unsafe fn of_instance(
        calls: &'a WasmtimeCalls,
        context: *mut c_void,
        instance: *const c_void,
    ) -> Option<Self> {
        let (raw, instance) = (NonNull::new(context)?, NonNull::new(instance.cast_mut())?);
        Some(Exports { context: Context { calls, raw }, source: ExportSource::Instance(instance) })
    }

    pub(in super::super::super) fn context(&self) -> Context<'a> {
        self.context
    }

    fn find(&self, name: &[u8]) -> Option<Kinded> {
        let mut found = Kinded { kind: 0, of: [0; 3] };
        let (calls, text) = (self.context.calls, name.as_ptr());
        // SAFETY: the caller or instance is there, as `of_caller` and `of_instance` were promised.
        let is_there = unsafe {
            match self.source {
                ExportSource::Caller(caller) => {
                    (calls.caller_export_get)(caller.as_ptr(), text, name.len(), &mut found)
                }
                ExportSource::Instance(instance) => {
                    let context = self.context.raw.as_ptr();
                    (calls.instance_export_get)(context, instance.as_ptr(), text, name.len(), &mut found)
                }
            }
        };
        is_there.then_some(found)
    }

    /// The memory with this name. `NotFound`, `WrongType`.
    pub(in super::super::super) fn memory(&self, name: &[u8]) -> Result<MemoryHandle, Status> {
        let found = self.find(name).ok_or(Status::NotFound)?;
        if found.kind == EXTERN_MEMORY { Ok(MemoryHandle(found.of)) } else { Err(Status::WrongType) }
    }

    /// The function with this name, from one i32 to one i32. `NotFound`, `WrongType`.
    pub(in super::super::super) fn function(&self, name: &[u8]) -> Result<Function, Status> {
        let found = self.find(name).ok_or(Status::NotFound)?;
        if found.kind != EXTERN_FUNCTION {
            return Err(Status::WrongType);
        }
        let function = Function([found.of[0], found.of[1]]);
        let calls = self.context.calls;
        // SAFETY: a function of this store; its type is ours, and is freed. Calls are not checked, so this is.
        let fits = unsafe {
            let r#type = (calls.func_type)(self.context.raw.as_ptr(), &function);
            let fits =
                with_type(calls, r#type, |parameters, results| parameters == [I32] && results == [I32]);
            (calls.functype_delete)(r#type);
            fits
        };
        if fits == Some(true) { Ok(function) } else { Err(Status::WrongType) }
    }

    /// The global with this name. `NotFound`, `WrongType` when it is not an i32.
    pub(in super::super::super) fn global(&self, name: &[u8]) -> Result<Global, Status> {
        let found = self.find(name).ok_or(Status::NotFound)?;
        if found.kind != EXTERN_GLOBAL {
            return Err(Status::WrongType);
        }
        let global = Global(found.of);
        self.context.get(&global).map(|_| global)
    }
}

/// Calls `question` with a function type's parameters and results. `None` when there are more than eight of either.
///
/// # Safety
/// A live type of wasmtime's, or NULL.
pub(super) unsafe fn with_type<T>(
    calls: &WasmtimeCalls,
    r#type: *const c_void,
    question: impl FnOnce(&[ValueType], &[ValueType]) -> T,
) -> Option<T> {
    let kinds = |types: *const ValueTypeVec, room: &mut [ValueType; 8]| -> Option<usize> {
        // SAFETY: for a live type wasmtime returns this many pointers to types, which the type owns.
        unsafe {
            let count = (*types).count;
            for (place, index) in room.get_mut(..count)?.iter_mut().zip(0..) {
                *place = (calls.valtype_kind)(*(*types).types.add(index));
            }
            Some(count)
        }
    };
    if r#type.is_null() {
        return None;
    }
    let (mut parameters, mut results) = ([0; 8], [0; 8]);
    // SAFETY: a live type, as the caller promised.
    let (first, second) = unsafe {
        (
            kinds((calls.functype_params)(r#type), &mut parameters)?,
            kinds((calls.functype_results)(r#type), &mut results)?,
        )
    };
    Some(question(parameters.get(..first)?, results.get(..second)?))
}

/// A guest's memory at its current address. Running the guest needs exclusive access, because the memory may move.
pub(in super::super::super) struct Guest<'a> {
    context: Context<'a>,
    memory: MemoryHandle,
    base: *mut u8,
    length: usize,
    borrows: PhantomData<&'a mut [u8]>,
}

impl<'a> Guest<'a> {
    /// The memory in this store; `None` when the context belongs to another store.
    pub(in super::super::super) fn new(
        context: Context<'a>,
        store: &Store,
        memory: MemoryHandle,
    ) -> Option<Self> {
        if !store.has(context) {
            return None;
        }
        let mut guest = Guest { context, memory, base: null_mut(), length: 0, borrows: PhantomData };
        guest.look();
        Some(guest)
    }

    pub(in super::super::super) fn context(&self) -> Context<'a> {
        self.context
    }

    fn look(&mut self) {
        let context = self.context.raw.as_ptr();
        // SAFETY: the store's own memory; the context is in use by us.
        unsafe {
            self.base = (self.context.calls.memory_data)(context, &self.memory);
            self.length = (self.context.calls.memory_data_size)(context, &self.memory);
        }
    }

    #[inline]
    pub(in super::super::super) fn bytes(&self) -> &[u8] {
        // SAFETY: as wasmtime promises; nothing runs in the store while this is borrowed, and no other thread may.
        unsafe { super::super::bytes(self.base, self.length) }.unwrap_or(&[])
    }

    #[inline]
    pub(in super::super::super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `bytes`.
        unsafe { super::super::bytes_mut(self.base, self.length) }.unwrap_or(&mut [])
    }

    /// Calls a function of this store, whose type [`Exports::function`] checked. The guest runs, and may call
    /// imports.
    pub(in super::super::super) fn call(&mut self, function: &Function, argument: u32) -> Result<u32, Trap> {
        let calls = self.context.calls;
        let (mut raw, mut trap) = (Raw::of(u64::from(argument)), null_mut());
        // SAFETY: one parameter and one result were checked; no borrow of the memory is alive.
        let error = unsafe {
            (calls.func_call_unchecked)(self.context.raw.as_ptr(), function, &mut raw, 1, &mut trap)
        };
        // After a trap too: the memory may have grown before it.
        self.look();
        if let Some(trap) = NonNull::new(trap) {
            return Err(Trap(trap));
        }
        match NonNull::new(error) {
            // SAFETY: the error is ours.
            Some(error) => Err(unsafe { trap_of_error(calls, error) }),
            None => Ok(raw.word()),
        }
    }
}

/// A trap with the text of an error. The error came from a foreign host function that the guest called.
///
/// # Safety
/// An error that is ours.
unsafe fn trap_of_error(calls: &WasmtimeCalls, error: NonNull<c_void>) -> Trap {
    let mut message = ByteVec { size: 0, data: null_mut() };
    // SAFETY: the message is a copy, which is ours too; it is UTF-8 as wasmtime makes it.
    unsafe {
        (calls.error_message)(error.as_ptr(), &mut message);
        let trap = trap_new(calls, super::super::bytes(message.data.cast(), message.size).unwrap_or(&[]));
        (calls.byte_vec_delete)(&mut message);
        (calls.error_delete)(error.as_ptr());
        trap
    }
}

/// A trap with this text, which is UTF-8.
pub(in super::super::super) fn trap_new(calls: &WasmtimeCalls, text: &[u8]) -> Trap {
    // SAFETY: readable; wasmtime copies the text and always returns a trap.
    Trap(unsafe { NonNull::new_unchecked((calls.trap_new)(text.as_ptr(), text.len())) })
}

/// A trap of WebAssembly itself, with this code.
pub(in super::super::super) fn trap_of_code(calls: &WasmtimeCalls, code: u8) -> Trap {
    // SAFETY: wasmtime's function, with a code that exists.
    let trap = calls.trap_new_code.and_then(|function| NonNull::new(unsafe { function(code) }));
    trap.map_or_else(|| trap_new(calls, b"drystone: no trap codes"), Trap)
}
