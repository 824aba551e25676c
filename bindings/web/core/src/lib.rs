//! `src/bucket` in a browser: a WebAssembly module that imports the guest's own memory and keeps no data and no state
//! there. Its stack and the arguments of its calls are in a block that the host allocates from the guest.
#![no_std]
// The rest of the library uses the other functions.
#![allow(dead_code, unused_imports)]

#[path = "../../../../src/bucket/mod.rs"]
mod bucket;
#[path = "../../../../src/lanes.rs"]
mod lanes;
#[path = "../../../../src/status.rs"]
mod status;

use core::slice;

use bucket::imports::{Array, BlockField, GuestLayout, Import, MOST_PARAMETERS};
use bucket::{FIRST, Flags, Memory, Table, TableKind};
pub(crate) use status::Status;

// The host's functions, as in `bucket_memory` in C.
#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn alloc(size: u32) -> u32;
    fn usable_size(offset: u32, asked: u32) -> u32;
    fn push_root(offset: u32);
    fn pop_roots(count: u32);
    fn seed() -> u64;
}

const PAGE: usize = 1 << 16;
/// No slice may be longer. Memory beyond that is treated as outside.
const LONGEST: usize = isize::MAX as usize;

/// The guest's memory.
struct Guest {
    flags: Flags,
}

impl Guest {
    fn length() -> usize {
        core::arch::wasm32::memory_size(0).saturating_mul(PAGE).min(LONGEST).saturating_sub(FIRST)
    }
}

impl Memory for Guest {
    fn bytes(&self) -> &[u8] {
        // SAFETY: all of the linear memory after its first bytes; it never shrinks or moves during a call. The stack is
        // in it, in a block of its own. A hostile map that overwrites the stack harms its own guest only, inside the
        // same sandbox.
        unsafe { slice::from_raw_parts(FIRST as *const u8, Self::length()) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts_mut(FIRST as *mut u8, Self::length()) }
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        // SAFETY: a function of the host, which takes and returns numbers.
        let block = unsafe { alloc(size) };
        if block == 0 { Err(Status::NoMemory) } else { Ok(block) }
    }

    fn usable_size(&mut self, offset: u32, asked: u32) -> u32 {
        // SAFETY: as above.
        unsafe { usable_size(offset, asked) }
    }

    fn push_root(&mut self, offset: u32) {
        // SAFETY: as above.
        unsafe { push_root(offset) }
    }

    fn pop_roots(&mut self, count: u32) {
        // SAFETY: as above.
        unsafe { pop_roots(count) }
    }

    fn flags(&self) -> Flags {
        self.flags
    }

    fn seed(&mut self) -> u64 {
        // SAFETY: as above.
        unsafe { seed() }
    }
}

/// The memory, with the flags of `bucket_memory`.
fn guest(flags: u32) -> Guest {
    let flags = Flags { plain: flags & 1 != 0, copy_strings: flags & 2 != 0, zeroed: flags & 4 != 0 };
    Guest { flags }
}

fn words<const COUNT: usize>(memory: &Guest, at: u32) -> Result<[u32; COUNT], Status> {
    let bytes = bucket::at(memory.bytes(), at as usize).unwrap_or_default().as_chunks().0;
    let bytes = bytes.first_chunk::<COUNT>().ok_or(Status::InvalidArgument)?;
    Ok(bytes.map(u32::from_le_bytes))
}

/// A layout as 22 words: `none`, its tags, four of `some`, `array`, four strides, four strides.
fn layout(memory: &Guest, at: u32) -> Result<GuestLayout, Status> {
    let [
        size,
        offset,
        none_tag,
        some_tag,
        i,
        ii,
        f,
        ff,
        s,
        ss,
        b,
        bb,
        header,
        count,
        a0,
        a1,
        a2,
        a3,
        p0,
        p1,
        p2,
        p3,
    ] = words::<22>(memory, at)?;
    let place = |size, offset| BlockField { size, offset };
    Ok(GuestLayout {
        none: place(size, offset),
        none_tag,
        some_tag,
        some: [place(i, ii), place(f, ff), place(s, ss), place(b, bb)],
        array: Array { header: place(header, count), strides: [a0, a1, a2, a3] },
        packed: [p0, p1, p2, p3],
    })
}

/// The number of the import with this name and these types (one byte each, as `wasm.h` numbers them), which are in the
/// memory; below 0 a status.
#[unsafe(no_mangle)]
pub extern "C" fn import_find(
    name: u32,
    name_length: u32,
    parameters: u32,
    parameter_count: u32,
    results: u32,
    result_count: u32,
    at_layout: u32,
) -> i32 {
    let memory = guest(0);
    let bytes = |at: u32, count: u32| {
        bucket::at(memory.bytes(), at as usize).unwrap_or_default().get(..count as usize).unwrap_or_default()
    };
    let found = layout(&memory, at_layout).and_then(|layout| {
        Import::find(
            bytes(name, name_length),
            bytes(parameters, parameter_count),
            bytes(results, result_count),
            &layout,
        )
    });
    match found {
        Ok(import) => import.to_code() as i32,
        Err(status) => -status.code(),
    }
}

/// Whether an import looks up integer keys, so that `import_lookup` can serve it: 1 in a map, 2 in a set, otherwise 0.
#[unsafe(no_mangle)]
pub extern "C" fn import_looks_up(code: u32, at_layout: u32) -> u32 {
    let import = layout(&guest(0), at_layout).and_then(|layout| Import::from_code(code, &layout));
    match import.ok().and_then(|import| import.looks_up_integers()) {
        Some(TableKind::Map) => 1,
        Some(TableKind::Set) => 2,
        None => 0,
    }
}

/// Looks an integer up in a map (1) or a set (2). Returns 1 when it is present, and stores its value as `import_call`
/// does; 2 when it is absent; 0 when `import_call` has to decide.
#[unsafe(no_mangle)]
pub extern "C" fn import_lookup(kind: u32, wrapper: u32, key: i64, at_words: u32) -> u32 {
    let mut memory = guest(0);
    let kind = if kind == 2 { TableKind::Set } else { TableKind::Map };
    match Table::integer_field(memory.bytes(), kind, wrapper, key) {
        Some(Ok(field)) => {
            let room = bucket::at_mut(memory.bytes_mut(), at_words as usize).unwrap_or_default();
            let Some([first, second]) = room.as_chunks_mut().0.first_chunk_mut() else { return 0 };
            // The second half of a string is a separate result.
            (*first, *second) = (field.to_le_bytes(), (field >> 32).to_le_bytes());
            1
        }
        Some(Err(Status::NotFound)) => 2,
        _ => 0,
    }
}

/// Calls an import. Its parameters are words of 64 bits in the memory, which its results replace. Returns a status.
#[unsafe(no_mangle)]
pub extern "C" fn import_call(flags: u32, code: u32, at_layout: u32, at_words: u32) -> i32 {
    let mut memory = guest(flags);
    match call(&mut memory, code, at_layout, at_words) {
        Ok(()) => 0,
        Err(status) => status.code(),
    }
}

fn call(memory: &mut Guest, code: u32, at_layout: u32, at_words: u32) -> Result<(), Status> {
    let layout = layout(memory, at_layout)?;
    let import = Import::from_code(code, &layout)?;
    // A copy: the guest's allocator may call imports, which use the same words.
    let halves = words::<{ 2 * MOST_PARAMETERS }>(memory, at_words)?;
    let mut parameters = [0; MOST_PARAMETERS];
    for (parameter, [low, high]) in parameters.iter_mut().zip(halves.as_chunks().0) {
        *parameter = u64::from(*low) | u64::from(*high) << 32;
    }
    let given = import.call(memory, &parameters)?;
    let room = bucket::at_mut(memory.bytes_mut(), at_words as usize).unwrap_or_default();
    for (place, word) in room.as_chunks_mut().0.iter_mut().zip(given.words()) {
        *place = word.to_le_bytes();
    }
    Ok(())
}

/// No code panics: the linker removes this, as the module shows.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
