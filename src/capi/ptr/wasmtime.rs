//! wasmtime's own C functions, which we are given and call; and what they call of ours. Nothing of wasmtime is linked.

mod calls;
mod guest;

use core::ffi::{CStr, c_char, c_void};
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::{NonNull, null_mut};
use core::slice;

use super::super::status::drystone_status;
use super::super::wasmtime::{
    Ended, Host, OPTIONS_WITHOUT_SIZE_HEADER, Raw, Record, bucket_wasmtime, bucket_wasmtime_failed,
    bucket_wasmtime_options, run_import,
};
use super::{boxed_give, boxed_take};
use crate::bucket::imports::{Import, Layout};
use crate::counting::{Cell, Counted};
use crate::status::Status;

pub(in super::super) use calls::{Calls, Function, Global, MemoryHandle, wasmtime_calls};
use guest::with_type;
pub(in super::super) use guest::{Exports, Guest, Trap, trap_new, trap_of_code};

/// A struct whose newest fields may be missing: they are zero then. `InvalidArgument` for a size that none of its
/// versions has.
///
/// # Safety
/// A struct that begins with its size in bytes, and has so many; zero is a value of each field.
unsafe fn versioned<T>(pointer: *const T, oldest: usize) -> Result<T, Status> {
    // SAFETY: the caller's promise.
    unsafe {
        let given = pointer.cast::<usize>().read();
        if given != oldest && given < size_of::<T>() {
            return Err(Status::InvalidArgument);
        }
        let mut found = MaybeUninit::<T>::zeroed();
        let size = given.min(size_of::<T>());
        pointer.cast::<u8>().copy_to_nonoverlapping(found.as_mut_ptr().cast(), size);
        Ok(found.assume_init())
    }
}

/// The options; the defaults for NULL. `InvalidArgument` for a size that none of their versions has.
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
    unsafe { versioned(pointer, OPTIONS_WITHOUT_SIZE_HEADER) }.map(Some)
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
    let raw = NonNull::new(pointer.cast_mut().cast::<Cell<Host>>())?;
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

/// What wasmtime calls for an import.
unsafe extern "C" fn import_called(
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

/// What an import that is defined does.
pub(in super::super) enum Wanted {
    /// What its name says.
    Named,
    Import(Import),
}

/// Puts an import into a linker. `NotFound` when its name is none of ours, `WrongType` when it has another type, `Busy`
/// when the linker has such an import, `NoMemory`.
///
/// # Safety
/// A linker and a function type of the host's wasmtime.
pub(in super::super) unsafe fn define(
    host: &Counted<Host>,
    linker: NonNull<c_void>,
    module: &str,
    name: &str,
    r#type: NonNull<c_void>,
    wanted: Wanted,
) -> Result<(), Status> {
    if matches!(wanted, Wanted::Named) && !Import::is_name(name.as_bytes()) {
        return Err(Status::NotFound);
    }
    let find = |parameters: &[_], results: &[_]| match wanted {
        Wanted::Named => Import::find(name.as_bytes(), parameters, results, &Layout::default()),
        Wanted::Import(import) if import.has_type(parameters, results) => Ok(import),
        Wanted::Import(_) => Err(Status::WrongType),
    };
    // SAFETY: a live type.
    let import =
        unsafe { with_type(host.calls(), r#type.as_ptr(), find) }.unwrap_or(Err(Status::WrongType))?;
    let env: *mut c_void = boxed_give(Record::new(host, import, name)?)?;
    // SAFETY: wasmtime has the record from now on and gives it to `forget`, also when it refuses; the caller has a count
    // on the host.
    let error = unsafe {
        (host.calls().linker_define_func_unchecked)(
            linker.as_ptr(),
            module.as_ptr(),
            module.len(),
            name.as_ptr(),
            name.len(),
            r#type.as_ptr(),
            import_called,
            env,
            forget,
        )
    };
    if error.is_null() {
        return Ok(());
    }
    // SAFETY: the error is ours.
    unsafe { (host.calls().error_delete)(error) };
    Err(Status::Busy)
}
