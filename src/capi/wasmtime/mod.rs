//! Hosts for WebAssembly guests that run in wasmtime: the imports of a guest with maps and sets in its own memory, as
//! functions that wasmtime calls directly. wasmtime is not linked; the caller passes its C functions.

mod calls;
mod host;
mod memory;

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::AtomicI32;

use host::{BlockSize, Definition, ExportName, Host, Names, Record};

use super::bucket_import_types::bucket_import;
use super::ptr::{
    Exports, Failed, boxed_ref, bytes, code, define, ended_text, flags_of, out, shared_give, shared_ref,
    shared_take, wasmtime_calls, wasmtime_options,
};
use super::status::drystone_status;
pub use super::wasmtime_types::{
    bucket_wasmtime, bucket_wasmtime_calls, bucket_wasmtime_failed, bucket_wasmtime_function,
    bucket_wasmtime_options,
};
use super::{attempt, required};
use crate::bucket::imports::SizeHeader;
use crate::counting::Counted;
use crate::status::Status;

/// A host for one guest. `bucket_wasmtime_define` defines its imports. The guest is the instance that
/// `bucket_wasmtime_attach` names, or else the first one that calls an import. Each guest has its own host and its own
/// linker; calls from another store end in a trap. The caller owns the host and may free it at any time: imports that
/// were defined keep what they need. `calls` and `options` (may be NULL) are copied. INVALID_ARGUMENT for NULL, structs
/// that are too small or unknown flags, UNSUPPORTED when the sizes of wasmtime's types are not those of version 50,
/// NO_MEMORY.
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
    let host = Counted::try_new(Host { calls, names, flags, failed, trap_codes, bound, status });
    out.put_result(host.map(shared_give))
}

/// Frees the caller's host. Imports that were defined continue to work. `host` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_free(host: *mut bucket_wasmtime) {
    // SAFETY: live, and not used again.
    drop(unsafe { shared_take(host) });
}

/// Defines an import of a guest in a linker, when its name is one that `bucket_import_new` knows and its type
/// matches, with the usual layout of options and arrays. Maps, strings and blocks among a call's arguments are rooted
/// while the call allocates. A call that is refused (NO_MEMORY, WRONG_TYPE, MALFORMED …) changes nothing and ends in
/// a trap, whose text has the import's name, the status, and the text of `bucket_import_refusal`: for MALFORMED "out
/// of bounds memory access". With `trap_codes`, it is the trap of that code. When the guest's `alloc` traps, the call
/// ends in that trap.
///
/// `linker` is a `wasmtime_linker_t *`, `type` the import's `wasm_functype_t *`, both of the host's wasmtime;
/// `module` and `name` are *readable*. The import belongs to wasmtime afterwards. `host` is *live*. Any thread that
/// may use the linker. INVALID_ARGUMENT for NULL, NOT_FOUND for an unknown name, WRONG_TYPE when the type does not
/// match the name, BUSY when the linker refuses because it has such an import, NO_MEMORY.
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
        define_as(host, linker, (module, module_length), name, r#type, Definition::Named)
    }
}

/// Defines an import that does what `import` does, under the name that the guest uses for it. `import` is *live*, and
/// copied. Statuses as for `bucket_wasmtime_define`, except NOT_FOUND.
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
    let import = *required!(unsafe { boxed_ref(import) });
    // SAFETY: the caller's promise.
    unsafe {
        let name = (name, name_length);
        define_as(host, linker, (module, module_length), name, r#type, Definition::Import(import))
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
    wanted: Definition,
) -> drystone_status {
    // SAFETY: live; readable.
    let (host, module, name) = unsafe {
        (
            required!(shared_ref(host)),
            required!(bytes(module.0.cast(), module.1)),
            required!(bytes(name.0.cast(), name.1)),
        )
    };
    let (linker, r#type) = (required!(NonNull::new(linker)), required!(NonNull::new(r#type.cast_mut())));
    let text = |bytes| core::str::from_utf8(bytes).map_err(|_| Status::InvalidArgument);
    let (module, name) = (attempt!(text(module)), attempt!(text(name)));
    attempt!(wanted.check(name));
    // SAFETY: wasmtime's objects, as the caller promised; the caller has a count on the host.
    code(unsafe {
        define(&host.calls, linker, module, name, r#type, |parameters, results| {
            Record::new(&host, wanted.find(name, parameters, results)?, name)
        })
    })
}

/// Makes an instance the guest, before it calls an import, or when other instances call the imports too. Repeating
/// the call does nothing. `context` is a `wasmtime_context_t *`, `instance` a `const wasmtime_instance_t *` in it.
/// `host` is *live*. On the thread that may use the store. INVALID_ARGUMENT for NULL, NOT_FOUND when an export is
/// missing, WRONG_TYPE when one has another type, BUSY when the host has another guest.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_attach(
    host: *const bucket_wasmtime,
    context: *mut c_void,
    instance: *const c_void,
) -> drystone_status {
    // SAFETY: live.
    let host = required!(unsafe { shared_ref(host) });
    // SAFETY: wasmtime's objects, as the caller promised.
    let exports = required!(unsafe { Exports::of_instance(&host.calls, context, instance) });
    code(host.attach(&exports))
}

/// Returns and clears the status of the newest call that was refused; DRYSTONE_OK when there was none since the last
/// call. Traps of the guest itself do not change it. `host` is *live*. Any thread. INVALID_ARGUMENT for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_wasmtime_take_status(host: *const bucket_wasmtime) -> drystone_status {
    // SAFETY: live.
    required!(unsafe { shared_ref(host) }).take_status()
}
