//! DEC64 in C.

use core::ffi::c_char;
use core::fmt::Write;

use super::ptr::{bytes, bytes_mut, out};
use super::required;
use super::status::drystone_status;
use crate::number::dec64::Dec64;
use crate::status::Status;

/// The DEC64 not-a-number value.
pub const DEC64_NULL: i64 = 0x80;

/// The DEC64 number of a double. A whole number of at most 56 bits is exact; any other is converted through its
/// shortest decimal and rounded to the nearest DEC64 number (ties away from zero). NaN, infinities and numbers that
/// are too large become `DEC64_NULL`; -0 and numbers that are too small become 0. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dec64_from_double(value: f64) -> i64 {
    Dec64::from_double(value).0
}

/// The double nearest to a DEC64 number; NaN for the not-a-number value. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn dec64_to_double(dec64: i64) -> f64 {
    Dec64(dec64).to_double()
}

/// Text written to a buffer of fixed size.
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

/// Writes a DEC64 number as text to `buffer`, without a terminating zero byte, and its length in bytes to `length`.
/// `dec64_from_text` reads the text as the same number. It is plain up to 21 digits, else it has an exponent; `null`
/// is the not-a-number value. 32 bytes are always enough. `buffer` is *writable* for `capacity` bytes. Any thread.
/// INVALID_ARGUMENT for NULL; OUT_OF_RANGE when the buffer is too small, in which case it contains no text.
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

/// The DEC64 number of a text of `length` bytes: an optional sign, digits with at most one point, and an optional
/// exponent; or `null`. Surplus digits are rounded once. `text` is *readable*. Any thread. INVALID_ARGUMENT for NULL;
/// MALFORMED; OUT_OF_RANGE for numbers that are too large.
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
