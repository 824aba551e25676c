//! Bucket maps through the C functions, as a C program calls them.

use drystone::capi::bucket_heap::{bucket_heap, bucket_heap_free, bucket_heap_memory, bucket_heap_new};
use drystone::capi::bucket_map::{bucket_map_get, bucket_map_insert_in_place, bucket_map_new};
use drystone::capi::bucket_types::{bucket_field, bucket_memory, bucket_value};

/// A map of 64-bit integers on a heap of its own.
pub(crate) struct CMap {
    heap: *mut bucket_heap,
    memory: *mut bucket_memory,
    map: u32,
}

fn integer(value: u64) -> bucket_value {
    bucket_value { tag: b'i', r#as: bucket_field { i: value as i64 } }
}

impl CMap {
    /// Every key with the value 1, added one by one.
    pub(crate) fn of(keys: &[u64]) -> Self {
        let mut heap = std::ptr::null_mut();
        let mut map = 0;
        // SAFETY: outs, and what the calls before gave.
        unsafe {
            assert_eq!(bucket_heap_new(0, 0, &mut heap), 0);
            let memory = bucket_heap_memory(heap);
            assert_eq!(bucket_map_new(memory, &mut map), 0);
            for key in keys {
                assert_eq!(bucket_map_insert_in_place(memory, map, &integer(*key), &integer(1)), 0);
            }
            CMap { heap, memory, map }
        }
    }

    pub(crate) fn get(&self, key: u64) -> u64 {
        let mut found = integer(0);
        // SAFETY: the memory is the heap's, the value an out whose field is the one of its tag.
        unsafe {
            assert_eq!(bucket_map_get(self.memory, self.map, &integer(key), b'i', &mut found), 0);
            found.r#as.i as u64
        }
    }
}

impl Drop for CMap {
    fn drop(&mut self) {
        // SAFETY: made by `of`, and not used again.
        unsafe { bucket_heap_free(self.heap) };
    }
}
