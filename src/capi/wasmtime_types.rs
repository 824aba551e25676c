//! The types of hosts for wasmtime, in C.

use core::ffi::{c_char, c_void};

use super::status::drystone_status;

/// A function of any type, cast to this one.
pub type bucket_wasmtime_function = Option<unsafe extern "C" fn()>;

/// wasmtime's C functions from its `wasm.h` and `wasmtime.h`, and the sizes of its types, which detect unsupported
/// versions. All of them must belong to the same wasmtime, which must stay loaded.
#[repr(C)]
pub struct bucket_wasmtime_calls {
    /// `sizeof(bucket_wasmtime_calls)`.
    pub struct_size: usize,
    /// `sizeof(wasmtime_func_t)`.
    pub func_size: usize,
    /// `sizeof(wasmtime_memory_t)`.
    pub memory_size: usize,
    /// `sizeof(wasmtime_global_t)`.
    pub global_size: usize,
    /// `sizeof(wasmtime_extern_t)`.
    pub extern_size: usize,
    /// `sizeof(wasmtime_val_t)`.
    pub val_size: usize,
    /// `sizeof(wasmtime_val_raw_t)`.
    pub raw_size: usize,
    /// `wasm_byte_vec_delete`.
    pub byte_vec_delete: bucket_wasmtime_function,
    /// `wasmtime_caller_context`.
    pub caller_context: bucket_wasmtime_function,
    /// `wasmtime_caller_export_get`.
    pub caller_export_get: bucket_wasmtime_function,
    /// `wasmtime_error_delete`.
    pub error_delete: bucket_wasmtime_function,
    /// `wasmtime_error_message`.
    pub error_message: bucket_wasmtime_function,
    /// `wasmtime_func_call_unchecked`.
    pub func_call_unchecked: bucket_wasmtime_function,
    /// `wasmtime_func_type`.
    pub func_type: bucket_wasmtime_function,
    /// `wasm_functype_delete`.
    pub functype_delete: bucket_wasmtime_function,
    /// `wasm_functype_params`.
    pub functype_params: bucket_wasmtime_function,
    /// `wasm_functype_results`.
    pub functype_results: bucket_wasmtime_function,
    /// `wasmtime_global_get`.
    pub global_get: bucket_wasmtime_function,
    /// `wasmtime_global_set`.
    pub global_set: bucket_wasmtime_function,
    /// `wasmtime_instance_export_get`.
    pub instance_export_get: bucket_wasmtime_function,
    /// `wasmtime_linker_define_func_unchecked`.
    pub linker_define_func_unchecked: bucket_wasmtime_function,
    /// `wasmtime_memory_data`.
    pub memory_data: bucket_wasmtime_function,
    /// `wasmtime_memory_data_size`.
    pub memory_data_size: bucket_wasmtime_function,
    /// `wasmtime_trap_new`.
    pub trap_new: bucket_wasmtime_function,
    /// `wasm_valtype_kind`.
    pub valtype_kind: bucket_wasmtime_function,
    /// `wasmtime_trap_new_code`. It may be NULL, or missing in the struct, unless `trap_codes` is set.
    pub trap_new_code: bucket_wasmtime_function,
    /// `wasmtime_func_new_unchecked`. With it, a call from another store ends in a trap even after the guest's store is
    /// gone. It may be NULL, or missing in the struct: then nothing may call the imports after the guest's store is
    /// gone.
    pub func_new_unchecked: bucket_wasmtime_function,
}

/// The struct's sizes before `trap_new_code` and `func_new_unchecked` were added.
pub(super) const OLDER_CALLS: [usize; 2] = [
    core::mem::offset_of!(bucket_wasmtime_calls, trap_new_code),
    core::mem::offset_of!(bucket_wasmtime_calls, func_new_unchecked),
];

/// Called when a call by the guest is refused, before the trap: with the status, and the import's name (`length`
/// bytes of UTF-8). It runs on the thread that runs the guest, within that call, so it must not use the store. It is
/// not called for traps of the guest's own functions.
pub type bucket_wasmtime_failed = Option<
    unsafe extern "C" fn(context: *mut c_void, status: drystone_status, name: *const c_char, length: usize),
>;

/// Options of a host. A zero in any other field than `struct_size` means the default. The texts are zero-terminated and
/// are copied. NULL as a name is the default name; an empty name means that there is no such export. An export whose
/// name is given must exist. Of the exports with default names, the memory, `alloc` and the shadow stack's pointer must
/// exist, so that nothing is left unrooted by mistake.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct bucket_wasmtime_options {
    /// `sizeof(bucket_wasmtime_options)`.
    pub struct_size: usize,
    /// `BUCKET_PLAIN`, `BUCKET_COPY_STRINGS`, `BUCKET_ZEROED`; other bits are 0.
    pub flags: u32,
    /// The memory; default `memory`.
    pub memory: *const c_char,
    /// The allocator, from a size to an offset, both i32; 0 when there is no memory. Default `alloc`. It may collect,
    /// grow the memory, call imports, and trap.
    pub alloc: *const c_char,
    /// A function from a block's offset to its size in bytes; default `usable_size`. Not with `size_header_offset`.
    pub usable_size: *const c_char,
    /// A mutable i32: the offset of the next word to be pushed on the stack that the guest's collector scans for
    /// roots, which grows upwards. Default `shadow_stack_pointer`. With an empty name nothing is rooted: for guests
    /// that collect nothing, or not while they allocate.
    pub shadow_stack_pointer: *const c_char,
    /// An i32: the end of that stack; default `shadow_stack_end`. Without it, the end of the memory.
    pub shadow_stack_end: *const c_char,
    /// Called for each refused call; NULL for none. It and its context must stay valid until the host was freed and
    /// the linkers and stores with its imports are gone.
    pub failed: bucket_wasmtime_failed,
    /// Passed to `failed`.
    pub failed_context: *mut c_void,
    /// Instead of an export: the offset of a block's size (u32) from the block's start, in bytes, negative before it.
    /// 0: none. This field and the ones below may be missing in the struct.
    pub size_header_offset: i32,
    /// By how many bits that number is shifted right to get the size in bytes; less than 32.
    pub size_header_shift: u32,
    /// Not 0: refused calls end in traps with wasmtime's codes (`bucket_import_trap_code`), like errors of the guest
    /// itself, instead of traps with a text.
    pub trap_codes: u32,
}

/// The struct's size before `size_header_offset` was added.
pub(super) const OPTIONS_WITHOUT_SIZE_HEADER: usize =
    core::mem::offset_of!(bucket_wasmtime_options, size_header_offset);

/// The host of one guest in wasmtime.
pub struct bucket_wasmtime {
    _private: [u8; 0],
}
