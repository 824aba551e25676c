//! The exported C functions that convert messages to other formats and back, as a C program calls them.

use std::ptr;

use drystone::capi::convert::{nota_from_message, nota_to_message};
use drystone::capi::text::{wota_from_json, wota_to_json};

use crate::c_calls::{CBlob, done};

/// A message as Nota.
#[inline(always)]
pub(crate) fn nota(message: &CBlob) -> CBlob {
    let mut nota = ptr::null_mut();
    // SAFETY: live; an out.
    done(unsafe { nota_from_message(message.pointer(), &mut nota) });
    CBlob::owning(nota)
}

/// A message from Nota, with the default limits.
#[inline(always)]
pub(crate) fn message_of_nota(bytes: &[u8]) -> CBlob {
    let mut message = ptr::null_mut();
    // SAFETY: readable; no limits; an out.
    done(unsafe { nota_to_message(bytes.as_ptr(), bytes.len(), ptr::null(), &mut message) });
    CBlob::owning(message)
}

/// A message as JSON text, on one line.
#[inline(always)]
pub(crate) fn json(message: &CBlob) -> CBlob {
    let mut text = ptr::null_mut();
    // SAFETY: live; an out.
    done(unsafe { wota_to_json(message.pointer(), false, &mut text) });
    CBlob::owning(text)
}

/// A message from JSON text, with the default limits.
#[inline(always)]
pub(crate) fn message_of_json(text: &[u8]) -> CBlob {
    let mut message = ptr::null_mut();
    // SAFETY: readable; no limits; an out; no error offset.
    done(unsafe {
        wota_from_json(text.as_ptr().cast(), text.len(), ptr::null(), &mut message, ptr::null_mut())
    });
    CBlob::owning(message)
}
