//! `src/bucket` in a browser: a WebAssembly module that imports the guest's own memory, and has no data and no state in
//! it. Its stack lies in a block that the host took from the guest's allocator, and so do the arguments of its calls.
#![no_std]
// The rest of the library uses more of it.
#![allow(dead_code, unused_imports)]

#[path = "../../../../src/bucket/mod.rs"]
mod bucket;
#[path = "../../../../src/lanes.rs"]
mod lanes;
#[path = "../../../../src/status.rs"]
mod status;

use core::slice;

use bucket::imports::{Array, BlockField, GuestLayout, Import, MOST_PARAMETERS};
use bucket::{FIRST, Flags, Memory};
pub(crate) use status::Status;

// What the host does for a call; as `bucket_memory` in C.
#[link(wasm_import_module = "host")]
unsafe extern "C" {
    fn alloc(size: u32) -> u32;
    fn usable_size(offset: u32, asked: u32) -> u32;
    fn push_root(offset: u32);
    fn pop_roots(count: u32);
    fn seed() -> u64;
}

const PAGE: usize = 1 << 16;
/// No slice may be longer; what lies behind is outside the memory.
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
        // SAFETY: all of the linear memory behind its first bytes; it never shrinks or moves in here. Our stack is in it, in a block that is
        // nobody else's; what a hostile map does there it does to its own guest, inside the same sandbox.
        unsafe { slice::from_raw_parts(FIRST as *const u8, Self::length()) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts_mut(FIRST as *mut u8, Self::length()) }
    }

    fn allocate(&mut self, size: u32) -> Result<u32, Status> {
        // SAFETY: the host's function; it takes and gives numbers.
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
    let bytes = bucket::at(memory.bytes(), at as usize).unwrap_or_default();
    let mut words = [0; COUNT];
    for (number, word) in words.iter_mut().enumerate() {
        let bytes = bytes.get(4 * number..).and_then(<[u8]>::first_chunk).ok_or(Status::InvalidArgument)?;
        *word = u32::from_le_bytes(*bytes);
    }
    Ok(words)
}

/// A layout as 23 words: `none`, its tags, four of `some`, `array`, four strides, four strides.
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

/// The number of the import of a name and types (one byte each, as `wasm.h` numbers them), which lie in the memory; below
/// 0 the status why there is none.
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

/// Calls an import: its parameters are words of 64 bits in the memory, and its results then. Gives a status.
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
    // A copy: the guest's allocator may call imports, whose words lie in the same place.
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

/// The code has no way to a panic; a look at the module shows that nothing is left of this.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
