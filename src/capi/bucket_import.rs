//! The imports of WebAssembly guests in C, for hosts of any kind.

use core::ffi::c_char;

pub use super::bucket_import_types::{bucket_import, bucket_layout, bucket_place};
use super::bucket_types::bucket_memory;
use super::ptr::{MemoryMut, boxed_give, boxed_ref, boxed_take, bytes, memory_mut, out, places_mut, words};
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, required, with_memory};
use crate::bucket::imports::{Import, refusal};
use crate::status::Status;

/// Finds the implementation of an import by its name and type. A name is an operation, then `$` and tags.
///
/// | name | parameters | results |
/// |---|---|---|
/// | `map_new`, `set_new` | | map (or set) |
/// | `map_size`, `set_size` | map | i32 or i64 |
/// | `map_get$k._v.` | map, key, default | value |
/// | the same | map, key | option |
/// | `map_contains$k.`, `set_contains$e.` | map, key | i32 |
/// | `map_insert$k._v.`, `set_add$e.` | map, key, value | map |
/// | `map_insert_in_place$k._v.`, `set_add_in_place$e.` | map, key, value | |
/// | `map_remove$k.`, `set_remove$e.` | map, key | map |
/// | `map_remove_in_place$k.`, `set_remove_in_place$e.` | map, key | |
/// | `map_keys$k.`, `map_values$v.`, `set_elements$e.` (or `set_to_array$e.`) | map | array |
/// | the same | map | first element (0 when there is none), count |
///
/// Each `.` is a tag: `map_get$ki_vf` has integer keys and float values. A map, a set, an option, an array and a
/// count are i32, a field is i64 (`i`), f64 (`f`), two i32 (`s`: ptr, len) or i32 (`b`). `layout` says how options
/// and arrays lie in blocks; NULL for the usual way.
///
/// `name` is *readable*; `parameters` and `results` are the types as `wasm_valkind_t` numbers them (`WASM_I32` 0,
/// `WASM_I64` 1, `WASM_F64` 3), *readable* too. The caller owns the import. Any thread. INVALID_ARGUMENT for NULL, for
/// a struct that is too small, and for an impossible layout; NOT_FOUND for an unknown name, WRONG_TYPE when its types
/// differ, NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_import_new(
    name: *const c_char,
    name_length: usize,
    parameters: *const u8,
    parameter_count: usize,
    results: *const u8,
    result_count: usize,
    layout: *const bucket_layout,
    import: *mut *mut bucket_import,
) -> drystone_status {
    use super::ptr::layout as described;
    // SAFETY: readable; a layout; an out.
    unsafe {
        let name = required!(bytes(name.cast(), name_length));
        let parameters = required!(bytes(parameters, parameter_count));
        let results = required!(bytes(results, result_count));
        let layout = attempt!(described(layout));
        let out = required!(out(import));
        out.put_result(Import::find(name, parameters, results, &layout).and_then(boxed_give))
    }
}

/// Frees an import. `import` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_import_free(import: *mut bucket_import) {
    // SAFETY: live, and not used again.
    drop(unsafe { boxed_take(import) });
}

/// Calls an import for a guest with this memory. `parameters` has `parameter_count` words of 64 bits, *readable*, one
/// for each parameter: an i32 in the lower half (the upper half is ignored), and the bits of an f64. `results` has two
/// words, *writable*; one is written for each result of the import. Maps, strings and blocks among the arguments are
/// rooted while the call allocates. `import` is *live*. Any thread that may use the memory. INVALID_ARGUMENT for NULL
/// and for fewer words than there are parameters, IS_STONE when the memory is read-only; otherwise the statuses of the
/// calls of these names (`bucket_map_insert` …), except NOT_FOUND.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_import_call(
    memory: *mut bucket_memory,
    import: *const bucket_import,
    parameters: *const u64,
    parameter_count: usize,
    results: *mut u64,
) -> drystone_status {
    // SAFETY: a memory; live; readable; writable.
    let (memory, import, parameters, results) = unsafe {
        (
            attempt!(memory_mut(memory)),
            required!(boxed_ref(import)),
            required!(words(parameters, parameter_count)),
            required!(places_mut(results, 2)),
        )
    };
    let given = attempt!(with_memory!(memory, memory => import.call(memory, parameters)));
    for (place, word) in results.iter_mut().zip(given.words()) {
        place.write(*word);
    }
    DRYSTONE_OK
}

/// WebAssembly's own text for the trap that corresponds to a status, for example "out of bounds memory access" for
/// MALFORMED. ASCII, always valid.
#[unsafe(no_mangle)]
pub extern "C" fn bucket_import_refusal(status: drystone_status) -> *const c_char {
    refusal(Status::from_code(status).unwrap_or(Status::InvalidArgument)).0.as_ptr()
}

/// The same as a `wasmtime_trap_code_t`: MALFORMED is `WASMTIME_TRAP_CODE_MEMORY_OUT_OF_BOUNDS`, WRONG_TYPE
/// `…_BAD_SIGNATURE`, LIMIT_EXCEEDED `…_INTERRUPT`, anything else `…_UNREACHABLE_CODE_REACHED`.
#[unsafe(no_mangle)]
pub extern "C" fn bucket_import_trap_code(status: drystone_status) -> u8 {
    refusal(Status::from_code(status).unwrap_or(Status::InvalidArgument)).1
}
