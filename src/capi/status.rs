//! The status type, and the names and texts of statuses.

use core::ffi::c_char;

use crate::status::Status;

/// The outcome of a call: `DRYSTONE_OK`, or the reason why it failed. A number never changes its meaning; treat
/// unknown ones as failure.
pub type drystone_status = i32;

/// Success.
pub const DRYSTONE_OK: drystone_status = 0;

/// The name of a status as in its constant, without `DRYSTONE_`: `"OK"`, `"NO_MEMORY"`; `"UNKNOWN"` for an unknown
/// number. Never NULL, always valid. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn drystone_status_name(status: drystone_status) -> *const c_char {
    match (status, Status::from_code(status)) {
        (DRYSTONE_OK, _) => c"OK".as_ptr(),
        (_, Some(status)) => status.name().as_ptr(),
        (_, None) => c"UNKNOWN".as_ptr(),
    }
}

/// A short English text for a status, unknown numbers included, without a full stop. Never NULL, always valid. Any
/// thread.
#[unsafe(no_mangle)]
pub extern "C" fn drystone_status_text(status: drystone_status) -> *const c_char {
    match (status, Status::from_code(status)) {
        (DRYSTONE_OK, _) => c"ok".as_ptr(),
        (_, Some(status)) => status.text().as_ptr(),
        (_, None) => c"unknown status".as_ptr(),
    }
}
