//! Bucket maps through the C functions, as a C program calls them.

use std::mem::MaybeUninit;

use drystone::capi::bucket_heap::{
    bucket_heap, bucket_heap_free, bucket_heap_memory, bucket_heap_new, bucket_release,
};
use drystone::capi::bucket_map::{bucket_map_get, bucket_map_insert_in_place, bucket_map_new};
use drystone::capi::bucket_table::{bucket_map_open, bucket_table_get, bucket_table_get_integer};
use drystone::capi::bucket_types::{bucket_field, bucket_memory, bucket_table, bucket_value};

unsafe extern "C" {
    fn bench_table_get_inline(
        table: *const bucket_table,
        keys: *const u64,
        count: usize,
        next: usize,
        times: u64,
    ) -> usize;
    fn bench_table_get_integer_inline(
        table: *const bucket_table,
        keys: *const u64,
        count: usize,
        next: usize,
        times: u64,
    ) -> usize;
}

/// A heap.
pub(crate) struct CHeap {
    heap: *mut bucket_heap,
    memory: *mut bucket_memory,
}

/// A map of 64-bit integers on a separate heap.
pub(crate) struct CMap {
    heap: CHeap,
    map: u32,
    table: bucket_table,
}

fn integer(value: u64) -> bucket_value {
    bucket_value { tag: b'i', r#as: bucket_field { i: value as i64 } }
}

impl CHeap {
    pub(crate) fn new() -> Self {
        let mut heap = std::ptr::null_mut();
        // SAFETY: an out; a live heap.
        unsafe {
            assert_eq!(bucket_heap_new(0, 0, &mut heap), 0);
            CHeap { heap, memory: bucket_heap_memory(heap) }
        }
    }

    /// A map of every key with the value 1, added one by one.
    fn map(&self, keys: &[u64]) -> u32 {
        let mut map = 0;
        // SAFETY: the heap's memory; an out; values that are there.
        unsafe {
            assert_eq!(bucket_map_new(self.memory, &mut map), 0);
            for key in keys {
                assert_eq!(bucket_map_insert_in_place(self.memory, map, &integer(*key), &integer(1)), 0);
            }
        }
        map
    }

    /// Makes such a map and frees it.
    pub(crate) fn make_and_release(&self, keys: &[u64]) {
        let map = self.map(keys);
        // SAFETY: the heap's memory.
        assert_eq!(unsafe { bucket_release(self.memory, map) }, 0);
    }
}

impl Drop for CHeap {
    fn drop(&mut self) {
        // SAFETY: made by `new`, and not used again.
        unsafe { bucket_heap_free(self.heap) };
    }
}

impl CMap {
    pub(crate) fn of(keys: &[u64]) -> Self {
        let heap = CHeap::new();
        let map = heap.map(keys);
        let mut table = bucket_table { reserved: [0; 20] };
        // SAFETY: the heap's memory, which stays as long as the table; an out.
        assert_eq!(unsafe { bucket_map_open(heap.memory, map, &mut table) }, 0);
        CMap { heap, map, table }
    }

    /// The bytes of its memory.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the memory is the heap's, and nothing changes it any more.
        unsafe { std::slice::from_raw_parts((*self.heap.memory).base, (*self.heap.memory).length) }
    }

    /// The offset of its wrapper.
    pub(crate) fn map(&self) -> u32 {
        self.map
    }

    pub(crate) fn get(&self, key: u64) -> u64 {
        let mut found = MaybeUninit::<bucket_value>::uninit();
        // SAFETY: the memory is the heap's; an out, which is written on success, with the field of its tag.
        unsafe {
            assert_eq!(
                bucket_map_get(self.heap.memory, self.map, &integer(key), b'i', found.as_mut_ptr()),
                0
            );
            found.assume_init_ref().r#as.i as u64
        }
    }

    /// The same through the opened table.
    pub(crate) fn get_opened(&self, key: u64) -> u64 {
        let mut found = MaybeUninit::<bucket_value>::uninit();
        // SAFETY: a table, whose memory is there; an out, which is written on success, with the field of its tag.
        unsafe {
            assert_eq!(bucket_table_get(&self.table, &integer(key), b'i', found.as_mut_ptr()), 0);
            found.assume_init_ref().r#as.i as u64
        }
    }

    /// The same by the call for integer keys and values.
    pub(crate) fn get_integer(&self, key: u64) -> u64 {
        let mut found = MaybeUninit::<i64>::uninit();
        // SAFETY: a table, whose memory is there; an out, which is written on success.
        unsafe {
            assert_eq!(bucket_table_get_integer(&self.table, key as i64, found.as_mut_ptr()), 0);
            found.assume_init() as u64
        }
    }

    /// That many gets in C with the inlined call, from the given key on; the next key.
    pub(crate) fn get_inlined(&self, keys: &[u64], next: usize, times: u64) -> usize {
        // SAFETY: a table, whose memory is there; so many keys, all of them in the map.
        unsafe { bench_table_get_inline(&self.table, keys.as_ptr(), keys.len(), next, times) }
    }

    /// The same for integer keys and values.
    pub(crate) fn get_integer_inlined(&self, keys: &[u64], next: usize, times: u64) -> usize {
        // SAFETY: a table, whose memory is there; so many keys, all of them in the map.
        unsafe { bench_table_get_integer_inline(&self.table, keys.as_ptr(), keys.len(), next, times) }
    }
}
