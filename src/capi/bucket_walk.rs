//! Iterations over maps and sets of a heap that may change meanwhile, in C.

use super::bucket_types::{bucket_memory, bucket_value};
use super::ptr::{MemoryMut, code, memory_mut, out, tag};
use super::status::drystone_status;
use super::{attempt, required};
use crate::status::Status;

/// Begins an iteration over a map or set of a heap, in insertion order. It continues across changes, also in place: it
/// leaves out entries that are removed before it reaches them, and includes added ones. It belongs to the wrapper, and
/// is at its end when the wrapper is released. `walk` is a handle for the two calls below, valid until
/// `bucket_walk_end`. INVALID_ARGUMENT for NULL or an offset that is not a map or set of the heap, UNSUPPORTED in other
/// memories, NO_MEMORY, IS_STONE, WRONG_TYPE, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_walk_begin(
    memory: *mut bucket_memory,
    wrapper: u32,
    walk: *mut u32,
) -> drystone_status {
    // SAFETY: a memory; an out.
    match unsafe { (attempt!(memory_mut(memory)), required!(out(walk))) } {
        (MemoryMut::Heap(mut memory), out) => out.put_result(memory.heap().walk_begin(wrapper)),
        (MemoryMut::Host(_), _) => Status::Unsupported.code(),
    }
}

/// The next entry; for a set the next element, with `value` NULL and its tag ignored. END after the last one; the
/// iteration continues if entries are added later. INVALID_ARGUMENT for NULL, an unknown tag or a walk that has ended,
/// UNSUPPORTED in memories other than heaps, IS_STONE, WRONG_TYPE, MALFORMED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_walk_next(
    memory: *mut bucket_memory,
    walk: u32,
    key_tag: u8,
    value_tag: u8,
    key: *mut bucket_value,
    value: *mut bucket_value,
) -> drystone_status {
    // SAFETY: a memory; two outs.
    let (memory, key, value) = unsafe { (attempt!(memory_mut(memory)), required!(out(key)), out(value)) };
    let key_tag = attempt!(tag(key_tag));
    let value_tag = if value.is_some() { attempt!(tag(value_tag)) } else { key_tag };
    let MemoryMut::Heap(mut memory) = memory else {
        return Status::Unsupported.code();
    };
    match memory.heap().walk_next(walk) {
        Ok(Some(found)) => {
            if let Some(value) = value {
                value.put(bucket_value::of_field(value_tag, found.1));
            }
            key.put(bucket_value::of_field(key_tag, found.0))
        }
        Ok(None) => Status::End.code(),
        Err(status) => status.code(),
    }
}

/// Ends an iteration. INVALID_ARGUMENT for NULL or a walk that has ended, UNSUPPORTED in memories other than heaps,
/// IS_STONE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bucket_walk_end(memory: *mut bucket_memory, walk: u32) -> drystone_status {
    // SAFETY: a memory.
    match unsafe { attempt!(memory_mut(memory)) } {
        MemoryMut::Heap(mut memory) => code(memory.heap().walk_end(walk)),
        MemoryMut::Host(_) => Status::Unsupported.code(),
    }
}
