//! wasmtime's own C functions, which we are given and call; and what they call of ours. Nothing of wasmtime is linked.

mod calls;
mod guest;

use core::ffi::{CStr, c_char, c_void};
use core::mem::ManuallyDrop;
use core::ptr::{NonNull, null_mut};
use core::slice;

use super::super::status::drystone_status;
use super::super::wasmtime::{
    Ended, Host, Raw, Record, bucket_wasmtime, bucket_wasmtime_failed, bucket_wasmtime_options, run_import,
};
use super::{boxed_give, boxed_take};
use crate::Status;
use crate::counted::{self, Counted};

pub(in super::super) use calls::{Calls, Function, Global, MemoryHandle, wasmtime_calls};
use guest::has_type;
pub(in super::super) use guest::{Exports, Guest, Trap, trap_new};

/// The options; the defaults for NULL. `InvalidArgument` for a size that is too small.
///
/// # Safety
/// NULL, or as `bucket_wasmtime_options` says, for as long as the reference is used.
pub(in super::super) unsafe fn wasmtime_options<'a>(
    pointer: *const bucket_wasmtime_options,
) -> Result<Option<&'a bucket_wasmtime_options>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    unsafe {
        if (&raw const (*pointer).struct_size).read() < size_of::<bucket_wasmtime_options>() {
            return Err(Status::InvalidArgument);
        }
        Ok(Some(&*pointer))
    }
}

/// The bytes of a text that ends with NUL; `None` for NULL.
///
/// # Safety
/// Such a text, for as long as the reference is used, or NULL.
pub(in super::super) unsafe fn ended_text<'a>(pointer: *const c_char) -> Option<&'a [u8]> {
    // SAFETY: the caller's promise.
    NonNull::new(pointer.cast_mut()).map(|pointer| unsafe { CStr::from_ptr(pointer.as_ptr()) }.to_bytes())
}

/// The pointer that owns a count on the host. `NoMemory`.
pub(in super::super) fn wasmtime_host_give(host: Host) -> Result<*mut bucket_wasmtime, Status> {
    Counted::try_new(host).map(|host| host.into_raw().as_ptr().cast())
}

/// # Safety
/// *Live*, or NULL.
pub(in super::super) unsafe fn wasmtime_host(
    pointer: *const bucket_wasmtime,
) -> Option<ManuallyDrop<Counted<Host>>> {
    let raw = NonNull::new(pointer.cast_mut().cast::<counted::Cell<Host>>())?;
    // SAFETY: the handle is never dropped, so the caller's count stays the caller's.
    Some(ManuallyDrop::new(unsafe { Counted::from_raw(raw) }))
}

/// # Safety
/// *Live*, or NULL; not used again.
pub(in super::super) unsafe fn wasmtime_host_free(pointer: *mut bucket_wasmtime) {
    // SAFETY: the caller's promise.
    drop(unsafe { wasmtime_host(pointer) }.map(ManuallyDrop::into_inner));
}

/// Whom to tell of a refused call.
pub(in super::super) struct Failed {
    function: bucket_wasmtime_failed,
    context: *mut c_void,
}

// SAFETY: the function may be called on any thread that runs the guest, as `bucket_wasmtime_options` says.
unsafe impl Send for Failed {}
// SAFETY: as above.
unsafe impl Sync for Failed {}

impl Failed {
    pub(in super::super) fn new(options: Option<&bucket_wasmtime_options>) -> Self {
        Failed {
            function: options.and_then(|options| options.failed),
            context: options.map_or(null_mut(), |options| options.failed_context),
        }
    }

    pub(in super::super) fn tell(&self, status: drystone_status, import: &str) {
        if let Some(function) = self.function {
            // SAFETY: the function of whoever made the host, with its context.
            unsafe { function(self.context, status, import.as_ptr().cast(), import.len()) };
        }
    }
}

/// What wasmtime calls for an import.
unsafe extern "C" fn import(
    env: *mut c_void,
    caller: *mut c_void,
    raw: *mut Raw,
    count: usize,
) -> *mut c_void {
    // SAFETY: wasmtime gives back the record that `define` gave it, which `forget` has not taken yet; many calls may
    // be in it at once, so nobody changes it. The caller is there during the call, and so are the values.
    let (record, exports, raw) = unsafe {
        let record = &*env.cast::<Record>();
        let Some(exports) =
            NonNull::new(caller).and_then(|caller| Exports::of_caller(record.host.calls(), caller))
        else {
            return trap_new(record.host.calls(), b"drystone: a call without a store").0.as_ptr();
        };
        (record, exports, if count == 0 { &mut [] } else { slice::from_raw_parts_mut(raw, count) })
    };
    match run_import(record, &exports, raw) {
        Ok(()) => null_mut(),
        Err(Ended::Trapped(trap)) => trap.0.as_ptr(),
        Err(Ended::Refused(status)) => record.refused(status).0.as_ptr(),
    }
}

/// What wasmtime calls when nobody has the import any more, on whatever thread.
unsafe extern "C" fn forget(env: *mut c_void) {
    // SAFETY: `define` made the box; it is called once.
    drop(unsafe { boxed_take::<_, Record>(env) });
}

/// Puts an import into a linker. `WrongType` when it has another type, `Busy` when the linker has such an import,
/// `NoMemory`.
///
/// # Safety
/// A linker and a function type of the record's wasmtime.
pub(in super::super) unsafe fn define(
    linker: NonNull<c_void>,
    module: &str,
    r#type: NonNull<c_void>,
    record: Record,
) -> Result<(), Status> {
    // SAFETY: a live type.
    let fits = unsafe {
        has_type(record.host.calls(), r#type.as_ptr(), |parameters, results| {
            record.import.has_type(parameters, results)
        })
    };
    if !fits {
        return Err(Status::WrongType);
    }
    let env: *mut c_void = boxed_give(record)?;
    // SAFETY: wasmtime has the record from now on and gives it to `forget`, also when it refuses; until then others
    // hold it, so what is read of it is copied first.
    unsafe {
        let (define, delete, name) = {
            let record = &*env.cast::<Record>();
            let calls = record.host.calls();
            (calls.linker_define_func_unchecked, calls.error_delete, record.name)
        };
        let error = define(
            linker.as_ptr(),
            module.as_ptr(),
            module.len(),
            name.as_bytes().as_ptr(),
            name.as_bytes().len(),
            r#type.as_ptr(),
            import,
            env,
            forget,
        );
        if error.is_null() {
            return Ok(());
        }
        delete(error);
    }
    Err(Status::Busy)
}
