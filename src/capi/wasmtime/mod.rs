//! Hosts for WebAssembly guests that run in wasmtime: the imports of a guest that keeps its maps and sets in its own
//! memory, as functions that wasmtime calls directly. wasmtime is not linked; its C functions are given.

mod calls;
mod host;
mod memory;

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::AtomicI32;

pub(super) use calls::Raw;
pub(super) use host::{Ended, Host, Record, run_import};
pub(super) use memory::Bound;

use host::{BlockSize, ExportName, Names};

use super::bucket_import::bucket_import;
use super::ptr::{
    Exports, Failed, Wanted, bytes, code, define, ended_text, flags_of, import_ref, out, wasmtime_calls,
    wasmtime_host, wasmtime_host_free, wasmtime_host_give, wasmtime_options,
};
use super::status::drystone_status;
use super::{attempt, required};
use crate::bucket::imports::SizeHeader;
use crate::status::Status;

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

/// A host for one guest. Its imports are defined by `bucket_wasmtime_define`; the guest is the instance that
/// `bucket_wasmtime_attach` says, or the one that calls an import first. Each guest has a host, and a linker, of its
/// own; calls from another store end in a trap. The caller owns the host, and frees it whenever it likes: imports that
/// are defined keep what they need. `calls` and `options` (may be NULL) are copied.
/// INVALID_ARGUMENT for NULL, structs of another size or unknown flags, UNSUPPORTED when wasmtime's types have other
/// sizes than those we know (those of version 50), NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_new(
    calls: *const bucket_wasmtime_calls,
    options: *const bucket_wasmtime_options,
    host: *mut *mut bucket_wasmtime,
) -> drystone_status {
    // SAFETY: structs of the sizes they say; an out.
    let (calls, options, out) = unsafe {
        (attempt!(wasmtime_calls(calls)), attempt!(wasmtime_options(options)), required!(out(host)))
    };
    let text = |pointer: fn(&bucket_wasmtime_options) -> *const c_char| {
        // SAFETY: a text that ends with NUL, or NULL.
        options.and_then(|options| unsafe { ended_text(pointer(&options)) })
    };
    let usable_size = text(|options| options.usable_size);
    let rule = options
        .map(|options| SizeHeader { offset: options.size_header_offset, shift: options.size_header_shift });
    let block_size = match rule.filter(|rule| rule.offset != 0) {
        None => BlockSize::Export(attempt!(ExportName::new(usable_size, "usable_size", false))),
        Some(rule) if rule.shift < u32::BITS && usable_size.is_none_or(<[u8]>::is_empty) => {
            BlockSize::Header(rule)
        }
        Some(_) => return Status::InvalidArgument.code(),
    };
    let names = Names {
        memory: attempt!(ExportName::new(text(|options| options.memory), "memory", true)),
        alloc: attempt!(ExportName::new(text(|options| options.alloc), "alloc", true)),
        block_size,
        shadow_stack_pointer: attempt!(ExportName::needed_unless_empty(
            text(|options| options.shadow_stack_pointer),
            "shadow_stack_pointer"
        )),
        shadow_stack_end: attempt!(ExportName::new(
            text(|options| options.shadow_stack_end),
            "shadow_stack_end",
            false
        )),
    };
    let flags = attempt!(flags_of(options.map_or(0, |options| options.flags)));
    let failed = Failed::new(options);
    let trap_codes = options.is_some_and(|options| options.trap_codes != 0);
    if trap_codes && !calls.has_trap_codes() {
        return Status::InvalidArgument.code();
    }
    let (bound, status) = (OnceLock::new(), AtomicI32::new(0));
    out.put_result(wasmtime_host_give(Host { calls, names, flags, failed, trap_codes, bound, status }))
}

/// Gives the host up. Imports that are defined go on working. `host` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_free(host: *mut bucket_wasmtime) {
    // SAFETY: live, and not used again.
    unsafe { wasmtime_host_free(host) };
}

/// Defines an import of a guest in a linker, when its name is one of ours and it is of the type that goes with it (see
/// `bucket_import_new`), with the usual layout of options and arrays. A map that a call is given, and the strings and
/// blocks beside it, are rooted when the call allocates. A call that is refused (NO_MEMORY, WRONG_TYPE, MALFORMED …)
/// ends in a trap and has changed nothing; the trap's text has the import's name, the status, and what WebAssembly says
/// of such a thing: for MALFORMED "out of bounds memory access". With `trap_codes` it is that trap itself. When the guest's `alloc` traps, the call ends in that
/// trap.
///
/// `linker` is a `wasmtime_linker_t *`, `type` the import's `wasm_functype_t *`, both of the host's wasmtime; `module`
/// and `name` are *readable*. wasmtime has the import from then on. `host` is *live*. Any thread that may use the
/// linker.
/// INVALID_ARGUMENT for NULL, NOT_FOUND when the name is none of ours, WRONG_TYPE when the type is not the name's, BUSY
/// when the linker refuses, as it has such an import, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_define(
    host: *const bucket_wasmtime,
    linker: *mut c_void,
    module: *const c_char,
    module_length: usize,
    name: *const c_char,
    name_length: usize,
    r#type: *const c_void,
) -> drystone_status {
    // SAFETY: the caller's promise.
    unsafe {
        let name = (name, name_length);
        define_as(host, linker, (module, module_length), name, r#type, Wanted::Named)
    }
}

/// The same for an import that does what `import` does, whatever its name is: the guest's name for it. `import` is
/// *live*, and copied. Statuses as of `bucket_wasmtime_define`, but NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_define_import(
    host: *const bucket_wasmtime,
    linker: *mut c_void,
    module: *const c_char,
    module_length: usize,
    name: *const c_char,
    name_length: usize,
    r#type: *const c_void,
    import: *const bucket_import,
) -> drystone_status {
    // SAFETY: live.
    let import = *required!(unsafe { import_ref(import) });
    // SAFETY: the caller's promise.
    unsafe {
        let name = (name, name_length);
        define_as(host, linker, (module, module_length), name, r#type, Wanted::Import(import))
    }
}

/// # Safety
/// As `bucket_wasmtime_define` says.
unsafe fn define_as(
    host: *const bucket_wasmtime,
    linker: *mut c_void,
    module: (*const c_char, usize),
    name: (*const c_char, usize),
    r#type: *const c_void,
    wanted: Wanted,
) -> drystone_status {
    // SAFETY: live; readable.
    let (host, module, name) = unsafe {
        (
            required!(wasmtime_host(host)),
            required!(bytes(module.0.cast(), module.1)),
            required!(bytes(name.0.cast(), name.1)),
        )
    };
    let (linker, r#type) = (required!(NonNull::new(linker)), required!(NonNull::new(r#type.cast_mut())));
    let text = |bytes| core::str::from_utf8(bytes).map_err(|_| Status::InvalidArgument);
    let (module, name) = (attempt!(text(module)), attempt!(text(name)));
    // SAFETY: wasmtime's objects, as the caller promised.
    code(unsafe { define(&host, linker, module, name, r#type, wanted) })
}

/// Says which instance is the guest, before it calls an import, or for imports that other instances call too. Saying it
/// again does nothing. `context` is a `wasmtime_context_t *`, `instance` a `const wasmtime_instance_t *` in it. `host`
/// is *live*. On the thread that may use the store.
/// INVALID_ARGUMENT for NULL, NOT_FOUND when an export is missing, WRONG_TYPE when one is something else, BUSY when the
/// host has another guest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_attach(
    host: *const bucket_wasmtime,
    context: *mut c_void,
    instance: *const c_void,
) -> drystone_status {
    // SAFETY: live.
    let host = required!(unsafe { wasmtime_host(host) });
    // SAFETY: wasmtime's objects, as the caller promised.
    let exports = required!(unsafe { Exports::of_instance(host.calls(), context, instance) });
    code(host.attach(&exports))
}

/// What the newest import came to that ended in a trap of ours, and forgets it; DRYSTONE_OK when none did since. A trap
/// of the guest's own leaves it as it is. `host` is *live*. Any thread. INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_take_status(host: *const bucket_wasmtime) -> drystone_status {
    // SAFETY: live.
    required!(unsafe { wasmtime_host(host) }).take_status()
}
