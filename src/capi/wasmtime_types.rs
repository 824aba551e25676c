//! The types of hosts in wasmtime in C.

use core::ffi::{c_char, c_void};

use super::status::drystone_status;

/// Any function, cast to this type.
pub type bucket_wasmtime_function = Option<unsafe extern "C" fn()>;

/// wasmtime's C functions, from its `wasm.h` and `wasmtime.h`, and the sizes of its types, by which we notice a
/// version whose types are others than those we know. All of one wasmtime, which stays loaded.
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
    /// `wasmtime_trap_new_code`. It may be NULL, or missing in the struct, unless `trap_codes` is asked for.
    pub trap_new_code: bucket_wasmtime_function,
}

/// The struct's size before there were trap codes.
pub(super) const CALLS_WITHOUT_TRAP_CODES: usize =
    core::mem::offset_of!(bucket_wasmtime_calls, trap_new_code);

/// Told of a call that a guest made and that ended in a trap of ours, before the trap: what it came to, and the name of
/// the import (`length` bytes of UTF-8). On the thread that runs the guest, within that call: it uses the store as
/// little as any import may. It is not told of traps that the guest's own functions end in.
pub type bucket_wasmtime_failed = Option<
    unsafe extern "C" fn(context: *mut c_void, status: drystone_status, name: *const c_char, length: usize),
>;

/// How a host treats its guest. Zeroed but for `struct_size`, all is as usual. The texts end with NUL and are copied; a
/// name that is NULL is the usual one, an empty one means that there is no such export. An export whose name is given
/// must be there; of those with their usual names the memory, `alloc` and the shadow stack's pointer must, so that
/// nothing is left unrooted by mistake.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct bucket_wasmtime_options {
    /// `sizeof(bucket_wasmtime_options)`.
    pub struct_size: usize,
    /// `BUCKET_PLAIN`, `BUCKET_COPY_STRINGS`, `BUCKET_ZEROED`; other bits are 0.
    pub flags: u32,
    /// The memory; usually `memory`.
    pub memory: *const c_char,
    /// The allocator, from a size to an offset, both i32, 0 when there is no memory; usually `alloc`. It may collect,
    /// grow the memory, call imports, and trap.
    pub alloc: *const c_char,
    /// How large a block is, from an offset to a size; usually `usable_size`. Not with `size_header_offset`.
    pub usable_size: *const c_char,
    /// A mutable i32: where the next word is pushed on the stack on which the guest's collector looks for roots, which
    /// grows upwards; usually `shadow_stack_pointer`. When its name is empty nothing is rooted: for guests that collect
    /// nothing, or not while they allocate.
    pub shadow_stack_pointer: *const c_char,
    /// An i32: where that stack's room ends; usually `shadow_stack_end`. Without it the memory's end is.
    pub shadow_stack_end: *const c_char,
    /// Told of each call that we refuse; NULL for nobody. It and its context stay good until the host was freed and the
    /// linkers and stores that have its imports are gone.
    pub failed: bucket_wasmtime_failed,
    /// Given to `failed`.
    pub failed_context: *mut c_void,
    /// Where the size of a block is, instead of an export: a number (u32) so many bytes from the block's start, below 0
    /// before it. 0: nowhere. This and the fields below may be missing in the struct.
    pub size_header_offset: i32,
    /// By how many bits that number is shifted right, to be the size in bytes; less than 32.
    pub size_header_shift: u32,
    /// Not 0: refused calls end in traps with wasmtime's codes (`bucket_import_trap_code`), as if the guest had done
    /// something wrong itself, and not in traps with a text of ours.
    pub trap_codes: u32,
}

/// The struct's size before there was a rule for sizes.
pub(super) const OPTIONS_WITHOUT_SIZE_HEADER: usize =
    core::mem::offset_of!(bucket_wasmtime_options, size_header_offset);

/// The host of one guest in wasmtime.
pub struct bucket_wasmtime {
    _private: [u8; 0],
}
