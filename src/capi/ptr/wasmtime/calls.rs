//! The layouts of the wasmtime types in use, and its functions with their declared types.

use core::ffi::{c_char, c_void};
use core::mem::transmute;

use super::super::super::wasmtime_types::{OLDER_CALLS, bucket_wasmtime_calls, bucket_wasmtime_function};
use super::versioned;
use crate::status::Status;

// Objects in a store are treated as words: the store, and the position in it.

/// `wasmtime_func_t`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
pub(in super::super::super) struct Function(pub(super) [u64; 2]);

/// `wasmtime_memory_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(in super::super::super) struct MemoryHandle(pub(super) [u64; 3]);

/// `wasmtime_global_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub(in super::super::super) struct Global(pub(super) [u64; 3]);

/// `wasmtime_extern_t` and `wasmtime_val_t`: a kind, and a union that is as large as its largest member.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Kinded {
    pub(super) kind: u8,
    pub(super) of: [u64; 3],
}

pub(super) const EXTERN_FUNCTION: u8 = 0;
pub(super) const EXTERN_GLOBAL: u8 = 1;
pub(super) const EXTERN_MEMORY: u8 = 3;

/// A parameter or result as wasmtime passes it: 16 bytes. Numbers take the first four or eight, little-endian.
#[derive(Clone, Copy)]
#[repr(C)]
pub(in super::super::super) struct Raw {
    low: [u8; 8],
    high: [u8; 8],
}

impl Raw {
    pub(in super::super::super) fn of(bits: u64) -> Self {
        Raw { low: bits.to_le_bytes(), high: [0; 8] }
    }

    pub(in super::super::super) fn bits(self) -> u64 {
        u64::from_le_bytes(self.low)
    }

    pub(super) fn word(self) -> u32 {
        // The bits above an i32 are not trusted.
        self.bits() as u32
    }
}

/// `wasm_valtype_vec_t`.
#[repr(C)]
pub(super) struct ValueTypeVec {
    pub(super) count: usize,
    pub(super) types: *const *const c_void,
}

/// `wasm_byte_vec_t`.
#[repr(C)]
pub(super) struct ByteVec {
    pub(super) size: usize,
    pub(super) data: *mut c_char,
}

pub(super) type Callback = unsafe extern "C" fn(*mut c_void, *mut c_void, *mut Raw, usize) -> *mut c_void;
pub(super) type Finalizer = unsafe extern "C" fn(*mut c_void);
pub(super) type TrapOfCode = unsafe extern "C" fn(u8) -> *mut c_void;
pub(super) type NewFunction =
    unsafe extern "C" fn(*mut c_void, *const c_void, Callback, *mut c_void, Finalizer, *mut Function);

/// The functions with the types that wasmtime declares.
macro_rules! calls {
    ($($name:ident: ($($argument:ty),*) $(-> $result:ty)?;)*) => {
        pub(in super::super::super) struct WasmtimeCalls {
            $(pub(super) $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            pub(super) trap_new_code: Option<TrapOfCode>,
            pub(super) func_new_unchecked: Option<NewFunction>,
        }

        /// # Safety
        /// Each field is the wasmtime function named in the field's documentation.
        unsafe fn typed(given: &bucket_wasmtime_calls) -> Option<WasmtimeCalls> {
            Some(WasmtimeCalls {
                // SAFETY: the caller's promise; they are functions of this type.
                $($name: unsafe {
                    transmute::<unsafe extern "C" fn(), unsafe extern "C" fn($($argument),*) $(-> $result)?>(
                        given.$name?,
                    )
                },)*
                // SAFETY: as above.
                trap_new_code: unsafe {
                    transmute::<bucket_wasmtime_function, Option<TrapOfCode>>(given.trap_new_code)
                },
                // SAFETY: as above.
                func_new_unchecked: unsafe {
                    transmute::<bucket_wasmtime_function, Option<NewFunction>>(given.func_new_unchecked)
                },
            })
        }
    };
}

calls! {
    byte_vec_delete: (*mut ByteVec);
    caller_context: (*mut c_void) -> *mut c_void;
    caller_export_get: (*mut c_void, *const u8, usize, *mut Kinded) -> bool;
    error_delete: (*mut c_void);
    error_message: (*const c_void, *mut ByteVec);
    func_call_unchecked: (*mut c_void, *const Function, *mut Raw, usize, *mut *mut c_void) -> *mut c_void;
    func_type: (*const c_void, *const Function) -> *mut c_void;
    functype_delete: (*mut c_void);
    functype_params: (*const c_void) -> *const ValueTypeVec;
    functype_results: (*const c_void) -> *const ValueTypeVec;
    global_get: (*mut c_void, *const Global, *mut Kinded);
    global_set: (*mut c_void, *const Global, *const Kinded) -> *mut c_void;
    instance_export_get: (*mut c_void, *const c_void, *const u8, usize, *mut Kinded) -> bool;
    linker_define_func_unchecked: (
        *mut c_void, *const u8, usize, *const u8, usize, *const c_void, Callback, *mut c_void, Finalizer
    ) -> *mut c_void;
    memory_data: (*const c_void, *const MemoryHandle) -> *mut u8;
    memory_data_size: (*const c_void, *const MemoryHandle) -> usize;
    trap_new: (*const u8, usize) -> *mut c_void;
    valtype_kind: (*const c_void) -> u8;
}

/// The functions. `InvalidArgument` for NULL, `Unsupported` when wasmtime's types have other sizes.
///
/// # Safety
/// NULL, or as `bucket_wasmtime_calls` says.
pub(in super::super::super) unsafe fn wasmtime_calls(
    pointer: *const bucket_wasmtime_calls,
) -> Result<WasmtimeCalls, Status> {
    if pointer.is_null() {
        return Err(Status::InvalidArgument);
    }
    // SAFETY: the caller's promise.
    let given = unsafe { versioned(pointer, &OLDER_CALLS)? };
    let sizes = [
        (given.func_size, size_of::<Function>()),
        (given.memory_size, size_of::<MemoryHandle>()),
        (given.global_size, size_of::<Global>()),
        (given.extern_size, size_of::<Kinded>()),
        (given.val_size, size_of::<Kinded>()),
        (given.raw_size, size_of::<Raw>()),
    ];
    if sizes.iter().any(|(theirs, ours)| theirs != ours) {
        return Err(Status::Unsupported);
    }
    // SAFETY: the caller's promise.
    unsafe { typed(&given) }.ok_or(Status::InvalidArgument)
}

impl WasmtimeCalls {
    /// Whether it can make traps from codes.
    pub(in super::super::super) fn has_trap_codes(&self) -> bool {
        self.trap_new_code.is_some()
    }
}
