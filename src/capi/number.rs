//! DEC64 in C.

use core::ffi::c_char;
use core::fmt::Write;

use super::ptr::{bytes, bytes_mut, out};
use super::required;
use super::status::drystone_status;
use crate::number::dec64::Dec64;
use crate::status::Status;

/// What is not a number in DEC64: null.
pub const DEC64_NULL: i64 = 0x80;

/// The DEC64 number of a double: a whole number of 56 bits as it is, else its shortest decimal, rounded (ties
/// away from zero) to what DEC64 holds. NaN, infinities and what is too large are `DEC64_NULL`; what is too small, and -0, is 0. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dec64_from_double(value: f64) -> i64 {
    Dec64::from_double(value).0
}

/// The double nearest to a DEC64 number; NaN for what is not a number. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dec64_to_double(dec64: i64) -> f64 {
    Dec64(dec64).to_double()
}

/// Text that has a place only in the memory it is given.
struct BufferText<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl Write for BufferText<'_> {
    fn write_str(&mut self, part: &str) -> core::fmt::Result {
        let end = self.length + part.len();
        self.buffer.get_mut(self.length..end).ok_or(core::fmt::Error)?.copy_from_slice(part.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// Writes a text of a DEC64 number that `dec64_from_text` reads as the same number to `buffer`, without a zero
/// byte behind it, and its length: plain up to 21 places, else with an exponent; `null` for what is not a
/// number. 32 bytes are always enough.
/// `buffer` is *writable* for `capacity` bytes. Any thread.
/// INVALID_ARGUMENT for NULL; OUT_OF_RANGE when the buffer is too small, which then has no text in it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dec64_to_text(
    dec64: i64,
    buffer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> drystone_status {
    // SAFETY: writable; an out.
    let (buffer, out) = unsafe { (required!(bytes_mut(buffer.cast(), capacity)), required!(out(length))) };
    let mut whole = [0; 32];
    let mut place = BufferText { buffer: &mut whole, length: 0 };
    let written = write!(place, "{}", Dec64(dec64)).map(|()| place.length);
    match written.map(|length| (length, buffer.get_mut(..length))) {
        Ok((length, Some(target))) => {
            target.copy_from_slice(&whole[..length]);
            out.put(length)
        }
        _ => Status::OutOfRange.code(),
    }
}

/// The DEC64 number of a text of `length` bytes: an optional sign, digits with at most one point, an optional
/// exponent; or `null`. More digits than there is place for are rounded once. `text` is *readable*. Any thread.
/// INVALID_ARGUMENT for NULL; MALFORMED; OUT_OF_RANGE for what is too large.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dec64_from_text(
    text: *const c_char,
    length: usize,
    dec64: *mut i64,
) -> drystone_status {
    // SAFETY: readable; an out.
    let (text, out) = unsafe { (required!(bytes(text.cast(), length)), required!(out(dec64))) };
    out.put_result(Dec64::from_text(text).map(|number| number.0))
}
