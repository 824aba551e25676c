//! yyjson, the C sources in the crate `yyjson-sys`.

use std::alloc::{Layout, alloc, dealloc, realloc};
use std::ffi::c_void;
use std::ptr;

use yyjson_sys::{
    yyjson_alc, yyjson_doc, yyjson_doc_free, yyjson_doc_get_val_count, yyjson_read_opts, yyjson_version,
};

/// A document that was read.
pub(crate) struct Read(*mut yyjson_doc);

impl Read {
    /// Reads with malloc, as a C program does.
    pub(crate) fn of(json: &[u8]) -> Read {
        Read::with(json, ptr::null())
    }

    /// Reads with Rust's allocator, which counts. Each block is preceded by its size.
    pub(crate) fn counted(json: &[u8]) -> Read {
        let counting =
            yyjson_alc { malloc: Some(take), realloc: Some(resize), free: Some(free), ctx: ptr::null_mut() };
        Read::with(json, &counting)
    }

    fn with(json: &[u8], allocator: *const yyjson_alc) -> Read {
        // SAFETY: without the flag for reading in place (the 0) the bytes are only read; no error is asked for.
        let read = unsafe {
            yyjson_read_opts(json.as_ptr().cast_mut().cast(), json.len(), 0, allocator, ptr::null_mut())
        };
        assert!(!read.is_null());
        Read(read)
    }

    /// The number of its values, including keys.
    pub(crate) fn values(&self) -> usize {
        // SAFETY: a live document.
        unsafe { yyjson_doc_get_val_count(self.0) }
    }
}

impl Drop for Read {
    fn drop(&mut self) {
        // SAFETY: made here, and not used again. It carries its allocator's functions.
        unsafe { yyjson_doc_free(self.0) };
    }
}

pub(crate) fn name() -> String {
    // SAFETY: a constant.
    let version = unsafe { yyjson_version() };
    format!("yyjson {}.{}.{}", version >> 16, version >> 8 & 0xFF, version & 0xFF)
}

const HEADER: usize = 16;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(HEADER + size, HEADER).expect("what is read is smaller")
}

unsafe extern "C" fn take(_: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the size is not 0; the header is in the block.
    unsafe {
        let block = alloc(layout(size));
        block.cast::<usize>().write(size);
        block.add(HEADER).cast()
    }
}

unsafe extern "C" fn resize(_: *mut c_void, block: *mut c_void, _: usize, size: usize) -> *mut c_void {
    // SAFETY: `take` made it.
    unsafe {
        let start = block.cast::<u8>().sub(HEADER);
        let old = start.cast::<usize>().read();
        let block = realloc(start, layout(old), HEADER + size);
        block.cast::<usize>().write(size);
        block.add(HEADER).cast()
    }
}

unsafe extern "C" fn free(_: *mut c_void, block: *mut c_void) {
    // SAFETY: `take` made it.
    unsafe {
        let start = block.cast::<u8>().sub(HEADER);
        dealloc(start, layout(start.cast::<usize>().read()));
    }
}
