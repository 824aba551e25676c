//! The imports of WebAssembly guests in C, for hosts of any kind.

use core::ffi::c_char;

use super::bucket_types::bucket_memory;
use super::ptr::{
    MemoryMut, bytes, import_free, import_give, import_ref, memory_mut, out, places_mut, words,
};
use super::status::{DRYSTONE_OK, drystone_status};
use super::{attempt, required, with_memory};
use crate::bucket::imports::{Import, refusal};
use crate::status::Status;

/// A block of a guest's, and where something lies in it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct bucket_place {
    /// Bytes that the block has; at most 64.
    pub size: u32,
    /// Bytes before what lies in it.
    pub offset: u32,
}

/// How a guest has optional values and arrays in its memory. What is not said is 0, numbers are little-endian. Arrays of
/// four are for the tags `i`, `f`, `s`, `b` in this order: fields of 8, 8, 8 (pointer, length) and 4 bytes.
///
/// The usual layout, for NULL: `none` {4, 0}, tags 0 and 1, `some` {16, 8}, {16, 8}, {12, 4}, {8, 4}; `array_header`
/// {8, 0}, `array_strides` 8; `packed_strides` 8, 8, 8, 4.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct bucket_layout {
    /// `sizeof(bucket_layout)`.
    pub struct_size: usize,
    /// The block of no value, and where the tag (u32) lies in all optional values; with a size of 0 there is no such
    /// block, and no value is the pointer 0.
    pub none: bucket_place,
    /// The tag of no value.
    pub none_tag: u32,
    /// The tag of a value, another one.
    pub some_tag: u32,
    /// The blocks of values, and where the values lie in them.
    pub some: [bucket_place; 4],
    /// What stands before the elements of an array in one block, and where the count (u32) lies in it.
    pub array_header: bucket_place,
    /// Bytes from one element to the next in such an array: at least 8, 8, 8 and 1, at most 64.
    pub array_strides: [u32; 4],
    /// The same in an array without a header.
    pub packed_strides: [u32; 4],
}

/// What an import of a guest's does.
pub struct bucket_import {
    _private: [u8; 0],
}

/// Finds what an import does, by its name and type: an operation, then `$` and tags.
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
/// Each `.` is a tag. A map, a set, an option, an array and a count are i32, a field is i64 (`i`), f64 (`f`), two i32
/// (`s`: ptr, len) or i32 (`b`). `layout` says how options and arrays lie in blocks; NULL for the usual way.
///
/// `name` is *readable*; `parameters` and `results` are the types as `wasm_valkind_t` numbers them (`WASM_I32` 0,
/// `WASM_I64` 1, `WASM_F64` 3), *readable* too. The caller owns the import. Any thread.
/// INVALID_ARGUMENT for NULL, for a struct of another size, and for a layout that cannot be; NOT_FOUND when the name is
/// none of ours, WRONG_TYPE when it has other types, NO_MEMORY.
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
        out.put_result(Import::find(name, parameters, results, &layout).and_then(import_give))
    }
}

/// Gives an import up. `import` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_import_free(import: *mut bucket_import) {
    // SAFETY: live, and not used again.
    unsafe { import_free(import) };
}

/// Calls an import for a guest with this memory. `parameters` has `parameter_count` words of 64 bits, *readable*, one for
/// each parameter: an i32 in the lower half, whatever is above, and the bits of an f64. `results` has two words,
/// *writable*, of which so many are written as the import has results. Maps, strings and blocks that are given are
/// rooted while the call allocates. `import` is *live*. Any thread that may use the memory.
/// INVALID_ARGUMENT for NULL and for fewer words than there are parameters, IS_STONE when the memory can only be read;
/// else what the calls of these names return (`bucket_map_insert` …), but for NOT_FOUND.
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
            required!(import_ref(import)),
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

/// What WebAssembly says when something of its own goes wrong as a call did that came to this status, for the text of a
/// trap: for MALFORMED "out of bounds memory access". ASCII, stays as long as the library does.
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
