//! A store, as a call in it uses it.

use core::ffi::c_void;
use core::ptr::NonNull;

use super::calls::{Global, Kinded, WasmtimeCalls};
use crate::bucket::imports::I32;
use crate::status::Status;

/// A store during a call in it, by one of its functions or by its owner.
#[derive(Clone, Copy)]
pub(in super::super::super) struct Context<'a> {
    pub(super) calls: &'a WasmtimeCalls,
    pub(super) raw: NonNull<c_void>,
}

impl<'a> Context<'a> {
    pub(super) fn calls(&self) -> &'a WasmtimeCalls {
        self.calls
    }

    pub(super) fn pointer(&self) -> *mut c_void {
        self.raw.as_ptr()
    }

    /// Used for comparisons only.
    pub(super) fn address(&self) -> usize {
        self.raw.as_ptr().addr()
    }

    /// An i32 global of this store. `WrongType`.
    pub(in super::super::super) fn get(&self, global: &Global) -> Result<u32, Status> {
        let mut value = Kinded { kind: u8::MAX, of: [0; 3] };
        // SAFETY: the context is in use by this call, as its maker promised; the caller got the global from this
        // store.
        unsafe { (self.calls.global_get)(self.raw.as_ptr(), global, &mut value) };
        if value.kind == I32 { Ok(u64::from_le(value.of[0]) as u32) } else { Err(Status::WrongType) }
    }

    /// Sets the global. `WrongType` when it is constant.
    pub(in super::super::super) fn set(&self, global: &Global, word: u32) -> Result<(), Status> {
        let value = Kinded { kind: I32, of: [u64::from(word).to_le(), 0, 0] };
        // SAFETY: as for `get`; an error is ours to delete.
        unsafe {
            let error = (self.calls.global_set)(self.raw.as_ptr(), global, &value);
            if error.is_null() {
                return Ok(());
            }
            (self.calls.error_delete)(error);
        }
        Err(Status::WrongType)
    }
}
