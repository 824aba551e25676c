//! The only code that turns C's pointers into references, and objects of the library into pointers. The words *live*,
//! *readable*, *writable*, *out* and *alone* are those of the crate's chapter "Safety of the C calls". How pointers
//! keep their provenance: `docs/internals.md`.

mod arena;
mod boxed;
mod import;
mod link;
mod mailbox;
mod memory;
mod nota;
mod statistics;
mod table;
#[cfg(feature = "wasmtime")]
mod wasmtime;

use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};
use core::slice;

use super::blob_types::blob;
use super::status::{DRYSTONE_OK, drystone_status};
use super::wota_types::wota_view;
use super::wota_types::{wota_dialect, wota_limits, wota_reader};
use crate::blob::{Alone, Blob, BlobRef, RawBlob};
use crate::status::Status;
use crate::value::Limits;
use crate::view::View;
use crate::wota::{AnyReader, Classic, Dec64Words, Dialect, Fault, Layout, Reader};

pub(super) use arena::{
    arena_end, arena_give, arena_mut, arena_ref, limit_give, limit_ref, limit_take, node_ref, options,
};
#[cfg(feature = "wasmtime")]
pub(super) use boxed::{SharedObject, shared_give, shared_ref, shared_take};
pub(super) use boxed::{boxed_give, boxed_mut, boxed_ref, boxed_take};
pub(super) use import::{layout, words};
pub(super) use link::{
    blob_writable_bytes, descriptor_take, link_end, link_give, link_limits, link_options, link_use,
    required_out_pair,
};
pub(super) use mailbox::{mailbox_give, mailbox_options, mailbox_ref, mailbox_take_count};
#[cfg(feature = "wasmtime")]
pub(super) use memory::flags_of;
pub(super) use memory::{
    HeapMemory, MemoryMut, field_of, fields_mut, heap_free, heap_give, heap_memory, heap_mut, heap_of,
    heap_used, integer, memory_mut, next_seed, tag, value, value_of, values, window, window_mut,
    window_of_bytes,
};
pub(super) use nota::{nota_reader_copy, nota_reader_mut, nota_reader_put};
pub(super) use statistics::put_statistics;
pub(super) use table::{
    opened, opened_first, opened_first_in_grown, opened_map, opened_undecided, table_out,
};
#[cfg(feature = "wasmtime")]
pub(super) use wasmtime::{
    Callee, EndNotice, Exports, Failed, Function, Global, Guest, MemoryHandle, Raw, Store, Trap,
    WasmtimeCalls, define, ended_text, trap_new, trap_of_code, wasmtime_calls, wasmtime_options,
};

/// The status number of a result.
pub(super) fn code(result: Result<(), Status>) -> drystone_status {
    match result {
        Ok(()) => DRYSTONE_OK,
        Err(status) => status.code(),
    }
}

/// The destination of an output.
pub(super) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    pub(super) fn put(self, value: T) -> drystone_status {
        // SAFETY: the pointer is an *out*, as whoever called `out` promised.
        unsafe { self.0.write(value) };
        DRYSTONE_OK
    }

    /// Writes the value and returns success, or returns the status of the error.
    pub(super) fn put_result(self, result: Result<T, Status>) -> drystone_status {
        match result {
            Ok(value) => self.put(value),
            Err(status) => status.code(),
        }
    }
}

/// # Safety
/// An *out*, or NULL.
pub(super) unsafe fn out<T>(pointer: *mut T) -> Option<Out<T>> {
    NonNull::new(pointer).map(Out)
}

/// The value of an in-out variable, and the destination of its new value; `None` for NULL.
///
/// # Safety
/// An *out* with a value in it, or NULL.
#[inline]
pub(super) unsafe fn in_out<T: Copy>(pointer: *mut T) -> Option<(T, Out<T>)> {
    // SAFETY: readable and writable by the caller's promise.
    NonNull::new(pointer).map(|pointer| unsafe { (pointer.read(), Out(pointer)) })
}

/// The status number of a fault. Writes its offset if the caller wants it.
pub(super) fn faulted(fault: Fault, offset: Option<Out<usize>>) -> drystone_status {
    if let Some(out) = offset {
        out.put(fault.offset);
    }
    fault.status.code()
}

/// # Safety
/// *Readable*; `None` for NULL with a size.
pub(super) unsafe fn bytes<'a>(pointer: *const u8, size: usize) -> Option<&'a [u8]> {
    // SAFETY: readable by the caller's promise, and no larger than an object can be.
    bytes_at(pointer, size).map(|bytes| unsafe { bytes.as_ref() })
}

/// The bytes without a reference to them, for calls that may move them; `None` for NULL with a size other than 0.
pub(super) fn bytes_at(pointer: *const u8, size: usize) -> Option<NonNull<[u8]>> {
    match NonNull::new(pointer.cast_mut()) {
        Some(start) if size <= isize::MAX as usize => Some(NonNull::slice_from_raw_parts(start, size)),
        None if size == 0 => Some(NonNull::from(&[])),
        _ => None,
    }
}

/// # Safety
/// *Writable*; `None` for NULL with a size.
pub(super) unsafe fn bytes_mut<'a>(pointer: *mut u8, size: usize) -> Option<&'a mut [u8]> {
    match NonNull::new(pointer) {
        Some(start) if size <= isize::MAX as usize => {
            // SAFETY: writable by the caller's promise, and no larger than an object can be.
            Some(unsafe { slice::from_raw_parts_mut(start.as_ptr(), size) })
        }
        None if size == 0 => Some(&mut []),
        _ => None,
    }
}

/// Memory to be written; `None` for NULL and for a capacity of 0.
///
/// # Safety
/// *Writable* for `count` items.
pub(super) unsafe fn places_mut<'a, T>(pointer: *mut T, count: usize) -> Option<&'a mut [MaybeUninit<T>]> {
    if pointer.is_null() || count == 0 || count > isize::MAX as usize / size_of::<T>() {
        return None;
    }
    // SAFETY: writable by the caller's promise, no larger than an object can be; its contents may be uninitialised.
    Some(unsafe { slice::from_raw_parts_mut(pointer.cast::<MaybeUninit<T>>(), count) })
}

/// # Safety
/// *Live*, or NULL.
#[inline]
pub(super) unsafe fn blob_ref<'a>(pointer: *const blob) -> Option<&'a RawBlob> {
    // SAFETY: a live blob's header is there while the caller has a count, which is longer than the call.
    unsafe { pointer.cast::<RawBlob>().as_ref() }
}

/// The blob as a handle that owns no count. Counting and reading the held blobs need the handle's pointer, because a
/// reference to the header does not reach beyond it (docs/internals.md).
///
/// # Safety
/// *Live*, or NULL.
#[inline]
pub(super) unsafe fn blob_handle(pointer: &*const blob) -> Option<&Blob> {
    // SAFETY: a handle is nothing but a pointer that is not NULL; it is not dropped through a reference, and the caller
    // has a count that is longer than the call.
    (!pointer.is_null()).then(|| unsafe { &*ptr::from_ref(pointer).cast::<Blob>() })
}

/// # Safety
/// *Live* and *alone*, or NULL.
#[inline]
pub(super) unsafe fn blob_alone<'a>(pointer: *mut blob) -> Option<Alone<'a>> {
    // SAFETY: the caller's promise.
    unsafe { blob_ref(pointer).map(|blob| blob.alone()) }
}

/// The count that the pointer owns.
///
/// # Safety
/// *Live*, or NULL; the count goes over to the handle.
#[inline]
pub(super) unsafe fn blob_take(pointer: *mut blob) -> Option<Blob> {
    // SAFETY: the caller's promise.
    NonNull::new(pointer.cast::<RawBlob>()).map(|raw| unsafe { Blob::from_raw(raw) })
}

/// The pointer, which owns the handle's count.
#[inline]
pub(super) fn blob_give(handle: Blob) -> *mut blob {
    handle.into_raw().as_ptr().cast()
}

/// The pointer; NULL for an error.
pub(super) fn blob_or_null(result: Result<Blob, Status>) -> *mut blob {
    result.map_or(ptr::null_mut(), blob_give)
}

/// The contents of a `wota_reader`. Memory without a seal is not a reader; the seal says the dialect.
#[repr(C)]
struct SealedReader<L: Layout> {
    seal: u64,
    reader: Reader<'static, L>,
}

const CLASSIC_SEAL: u64 = 0x6472_7973_746f_6e65;
const DEC64_SEAL: u64 = !CLASSIC_SEAL;
const _: () = assert!(size_of::<SealedReader<Classic>>() <= size_of::<wota_reader>());
const _: () = assert!(align_of::<SealedReader<Classic>>() <= align_of::<wota_reader>());
const _: () = assert!(size_of::<SealedReader<Dec64Words>>() <= size_of::<wota_reader>());
const _: () = assert!(align_of::<SealedReader<Dec64Words>>() <= align_of::<wota_reader>());

/// The reader in C's memory, by dialect.
pub(super) enum ReaderMut<'a> {
    Classic(&'a mut Reader<'static>),
    Dec64(&'a mut Reader<'static, Dec64Words>),
}

/// # Safety
/// Memory for a reader that was initialised or zeroed, or NULL; what the reader reads is still there.
#[inline]
pub(super) unsafe fn reader_mut<'a>(pointer: *mut wota_reader) -> Option<ReaderMut<'a>> {
    let pointer = NonNull::new(pointer)?;
    // SAFETY: the seal is read before the rest is taken for a reader; only `reader_put` writes it.
    unsafe {
        match pointer.cast::<u64>().read() {
            CLASSIC_SEAL => Some(ReaderMut::Classic(&mut pointer.cast::<SealedReader<_>>().as_mut().reader)),
            DEC64_SEAL => Some(ReaderMut::Dec64(&mut pointer.cast::<SealedReader<_>>().as_mut().reader)),
            _ => None,
        }
    }
}

/// A copy of the reader.
///
/// # Safety
/// As for [`reader_mut`].
pub(super) unsafe fn reader_copy(pointer: *const wota_reader) -> Option<AnyReader<'static>> {
    let pointer = NonNull::new(pointer.cast_mut())?;
    // SAFETY: as in `reader_mut`.
    unsafe {
        match pointer.cast::<u64>().read() {
            CLASSIC_SEAL => Some(AnyReader::Classic(pointer.cast::<SealedReader<_>>().as_ref().reader)),
            DEC64_SEAL => Some(AnyReader::Dec64(pointer.cast::<SealedReader<_>>().as_ref().reader)),
            _ => None,
        }
    }
}

/// # Safety
/// An *out*; what the reader reads stays as long as the reader is used.
#[inline]
pub(super) unsafe fn reader_put(pointer: NonNull<wota_reader>, reader: AnyReader<'_>) -> drystone_status {
    // SAFETY: only the lifetime changes, which the caller keeps; the memory is large enough (asserted).
    unsafe {
        match core::mem::transmute::<AnyReader<'_>, AnyReader<'static>>(reader) {
            AnyReader::Classic(reader) => {
                pointer.cast::<SealedReader<_>>().write(SealedReader { seal: CLASSIC_SEAL, reader });
            }
            AnyReader::Dec64(reader) => {
                pointer.cast::<SealedReader<_>>().write(SealedReader { seal: DEC64_SEAL, reader });
            }
        }
    }
    DRYSTONE_OK
}

/// The contents of a `wota_view`.
#[repr(C)]
struct SealedView {
    seal: u64,
    view: View<'static>,
}

const VIEW_SEAL: u64 = CLASSIC_SEAL.rotate_left(16);
const _: () = assert!(size_of::<SealedView>() <= size_of::<wota_view>());
const _: () = assert!(align_of::<SealedView>() <= align_of::<wota_view>());

/// # Safety
/// Memory for a view that was made or zeroed, or NULL, which is not written while the reference is used; the message
/// is still there.
#[inline(always)]
pub(super) unsafe fn view_ref<'a>(pointer: *const wota_view) -> Option<&'a View<'static>> {
    let pointer = NonNull::new(pointer.cast_mut())?;
    // SAFETY: the seal is read before the rest is taken for a view; only `ViewOut` writes it.
    unsafe {
        (pointer.cast::<u64>().read() == VIEW_SEAL).then(|| &pointer.cast::<SealedView>().as_ref().view)
    }
}

/// The destination of a view.
pub(super) struct ViewOut(NonNull<wota_view>);

/// # Safety
/// An *out*, or NULL; the message stays alive as long as the view is used.
#[inline]
pub(super) unsafe fn view_out(pointer: *mut wota_view) -> Option<ViewOut> {
    NonNull::new(pointer).map(ViewOut)
}

impl ViewOut {
    #[inline(always)]
    pub(super) fn put(self, view: View<'_>) -> drystone_status {
        // SAFETY: only the lifetime changes, which the caller keeps; the memory is large enough (asserted).
        unsafe {
            let view = core::mem::transmute::<View<'_>, View<'static>>(view);
            self.0.cast::<SealedView>().write(SealedView { seal: VIEW_SEAL, view });
        }
        DRYSTONE_OK
    }

    /// Writes the view and returns success, or returns the status of the error.
    #[inline(always)]
    pub(super) fn put_result(self, result: Result<View<'_>, Status>) -> drystone_status {
        match result {
            Ok(view) => self.put(view),
            Err(status) => status.code(),
        }
    }
}

/// Blobs as handles that own no counts; `None` when one of them, or the list, is NULL.
///
/// # Safety
/// *Readable*, each *live* or NULL.
pub(super) unsafe fn blob_list<'a>(pointer: *const *mut blob, count: usize) -> Option<&'a [Blob]> {
    if pointer.is_null() || count > isize::MAX as usize / size_of::<Blob>() {
        return None;
    }
    // SAFETY: as for `blob_handle`, once it is known that none of them is NULL.
    unsafe {
        let all = slice::from_raw_parts(pointer, count);
        if all.iter().any(|blob| blob.is_null()) {
            return None;
        }
        Some(slice::from_raw_parts(pointer.cast::<Blob>(), count))
    }
}

/// The pointer of a blob whose count does not move.
pub(super) fn blob_pointer(blob: &Blob) -> *mut blob {
    blob.as_raw().as_ptr().cast()
}

/// The blob, for as long as somebody has a count on it.
///
/// # Safety
/// *Live*, or NULL, and it stays alive as long as the result is used.
#[inline]
pub(super) unsafe fn blob_borrow<'a>(pointer: *const blob) -> Option<BlobRef<'a>> {
    // SAFETY: the caller's promise.
    NonNull::new(pointer.cast_mut().cast::<RawBlob>()).map(|raw| unsafe { BlobRef::from_raw(raw) })
}

/// # Safety
/// NULL for the defaults, or as many readable bytes as its first field says.
#[inline]
pub(super) unsafe fn limits(pointer: *const wota_limits) -> Result<Limits, Status> {
    match NonNull::new(pointer.cast_mut()) {
        None => Ok(Limits::DEFAULT),
        // SAFETY: the caller's promise.
        Some(given) => unsafe { given_limits(given) },
    }
}

/// # Safety
/// As many readable bytes as its first field says.
unsafe fn given_limits(given: NonNull<wota_limits>) -> Result<Limits, Status> {
    let mut limits = Limits::DEFAULT;
    // SAFETY: the size is there, and the rest when the size says so.
    let given = unsafe {
        if (&raw const (*given.as_ptr()).struct_size).read() < size_of::<wota_limits>() {
            return Err(Status::InvalidArgument);
        }
        given.as_ref()
    };
    if given.max_depth != 0 {
        limits.max_depth = given.max_depth;
    }
    if given.max_words != 0 {
        limits.max_words = given.max_words;
    }
    Ok(limits)
}

/// The dialect of a number.
pub(super) fn dialect(code: wota_dialect) -> Result<Dialect, Status> {
    match code {
        super::wota_types::WOTA_CLASSIC => Ok(Dialect::Classic),
        super::wota_types::WOTA_DEC64 => Ok(Dialect::Dec64),
        _ => Err(Status::InvalidArgument),
    }
}
