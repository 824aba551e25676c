//! The hash map of stb_ds.h, in C.

pub(crate) const NAME: &str = "stb_ds hmap";

unsafe extern "C" {
    fn bench_stb_new() -> *mut core::ffi::c_void;
    fn bench_stb_free(map: *mut core::ffi::c_void);
    fn bench_stb_put(map: *mut core::ffi::c_void, key: u64, value: u64);
    fn bench_stb_get(map: *mut core::ffi::c_void, key: u64) -> u64;
}

pub(crate) struct Map(*mut core::ffi::c_void);

impl Map {
    pub(crate) fn of(keys: &[u64]) -> Self {
        // SAFETY: made here.
        unsafe {
            let map = bench_stb_new();
            keys.iter().for_each(|key| bench_stb_put(map, *key, 1));
            Map(map)
        }
    }

    pub(crate) fn get(&self, key: u64) -> u64 {
        // SAFETY: alive, and on this thread only.
        unsafe { bench_stb_get(self.0, key) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: made by `of`, and not used again.
        unsafe { bench_stb_free(self.0) };
    }
}
