//! wasmtime's own C functions, which the caller passes, and the functions that wasmtime calls. wasmtime is not
//! linked.

mod calls;
mod context;
mod guest;
mod store;

use core::ffi::{CStr, c_char, c_void};
use core::mem::MaybeUninit;
use core::ptr::{NonNull, null_mut};
use core::slice;

use super::super::status::drystone_status;
use super::super::wasmtime_types::{
    OPTIONS_WITHOUT_SIZE_HEADER, bucket_wasmtime_failed, bucket_wasmtime_options,
};
use crate::allocation::try_box;
use crate::bucket::imports::ValueType;
use crate::status::Status;

pub(in super::super) use calls::{Function, Global, MemoryHandle, Raw, WasmtimeCalls, wasmtime_calls};
use guest::with_type;
pub(in super::super) use guest::{Exports, Guest, Trap, trap_new, trap_of_code};
pub(in super::super) use store::{EndNotice, Store};

/// A struct whose newest fields may be missing; they are zero then. `InvalidArgument` for a size that no version of
/// it has.
///
/// # Safety
/// A struct that begins with its size in bytes; zero is a value of each field.
unsafe fn versioned<T>(pointer: *const T, older: &[usize]) -> Result<T, Status> {
    // SAFETY: the caller's promise.
    unsafe {
        let given = pointer.cast::<usize>().read();
        if given < size_of::<T>() && !older.contains(&given) {
            return Err(Status::InvalidArgument);
        }
        let mut found = MaybeUninit::<T>::zeroed();
        let size = given.min(size_of::<T>());
        pointer.cast::<u8>().copy_to_nonoverlapping(found.as_mut_ptr().cast(), size);
        Ok(found.assume_init())
    }
}

/// The options; the defaults for NULL. `InvalidArgument` for a size that no version of them has.
///
/// # Safety
/// NULL, or as `bucket_wasmtime_options` says.
pub(in super::super) unsafe fn wasmtime_options(
    pointer: *const bucket_wasmtime_options,
) -> Result<Option<bucket_wasmtime_options>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe { versioned(pointer, &[OPTIONS_WITHOUT_SIZE_HEADER]) }.map(Some)
}

/// The bytes of a zero-terminated text; `None` for NULL.
///
/// # Safety
/// Such a text, for as long as the reference is used, or NULL.
pub(in super::super) unsafe fn ended_text<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    NonNull::new(pointer.cast_mut()).map(|pointer| unsafe { CStr::from_ptr(pointer.as_ptr()) }.to_bytes())
}

/// The function that is called for a refused call, with its context.
pub(in super::super) struct Failed {
    function: bucket_wasmtime_failed,
    context: *mut c_void,
}

// SAFETY: the function may be called on any thread that runs the guest, as `bucket_wasmtime_options` says.
unsafe impl Send for Failed {}
// SAFETY: as above.
unsafe impl Sync for Failed {}

impl Failed {
    pub(in super::super) fn new(options: Option<bucket_wasmtime_options>) -> Self {
        Failed {
            function: options.and_then(|options| options.failed),
            context: options.map_or(null_mut(), |options| options.failed_context),
        }
    }

    pub(in super::super) fn tell(&self, status: drystone_status, import: &[u8]) {
        if let Some(function) = self.function {
            // SAFETY: the function of whoever made the host, with its context.
            unsafe { function(self.context, status, import.as_ptr().cast(), import.len()) };
        }
    }
}

/// The behaviour of a defined import.
pub(in super::super) trait Callee {
    /// The functions of the wasmtime that calls it.
    fn calls(&self) -> &WasmtimeCalls;

    /// One call by a guest. `raw` contains its parameters before and its results afterwards.
    fn call(&self, exports: &Exports<'_>, raw: &mut [Raw]) -> Result<(), Trap>;
}

/// The function that wasmtime calls for an import.
unsafe extern "C" fn import_called<C: Callee>(
    env: *mut c_void,
    caller: *mut c_void,
    raw: *mut Raw,
    count: usize,
) -> *mut c_void {
    // SAFETY: wasmtime passes the callee that `define` gave it, and has not called `forget` for it yet. Many calls
    // may use it at once, so nobody changes it. The caller and the values exist during the call.
    let (callee, exports, raw) = unsafe {
        let callee = &*env.cast::<C>();
        let Some(exports) =
            NonNull::new(caller).and_then(|caller| Exports::of_caller(callee.calls(), caller))
        else {
            return trap_new(callee.calls(), b"drystone: a call without a store").0.as_ptr();
        };
        (callee, exports, if count == 0 { &mut [] } else { slice::from_raw_parts_mut(raw, count) })
    };
    match callee.call(&exports, raw) {
        Ok(()) => null_mut(),
        Err(trap) => trap.0.as_ptr(),
    }
}

/// The function that wasmtime calls, on any thread, when no linker or store has the import any more.
unsafe extern "C" fn forget<C: Callee>(env: *mut c_void) {
    // SAFETY: `define` made the box; it is called once.
    drop(unsafe { Box::from_raw(env.cast::<C>()) });
}

/// Defines an import in a linker: the result of `make` for its parameters and results. `WrongType` when there are
/// more than the library supports, `Busy` when the linker has such an import, `NoMemory`.
///
/// # Safety
/// A linker and a function type of the wasmtime with these functions.
pub(in super::super) unsafe fn define<C: Callee>(
    calls: &WasmtimeCalls,
    linker: NonNull<c_void>,
    module: &str,
    name: &str,
    r#type: NonNull<c_void>,
    make: impl FnOnce(&[ValueType], &[ValueType]) -> Result<C, Status>,
) -> Result<(), Status> {
    // SAFETY: a live type.
    let callee = unsafe { with_type(calls, r#type.as_ptr(), make) }.unwrap_or(Err(Status::WrongType))?;
    let env = Box::into_raw(try_box(callee)?).cast();
    // SAFETY: wasmtime owns the callee from now on and passes it to `forget`, even when it refuses.
    let error = unsafe {
        (calls.linker_define_func_unchecked)(
            linker.as_ptr(),
            module.as_ptr(),
            module.len(),
            name.as_ptr(),
            name.len(),
            r#type.as_ptr(),
            import_called::<C>,
            env,
            forget::<C>,
        )
    };
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the error is ours.
    unsafe { (calls.error_delete)(error) };
    Err(Status::Busy)
}
