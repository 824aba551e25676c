//! Conversions from C's pointers to references, and back.

use core::ffi::c_char;
use core::ptr::NonNull;
use core::time::Duration;
use std::sync::Arc;

use super::types::{mailbox, post_carrier, post_counts, post_limits, post_office, post_options};
use crate::carrier::Carrier;
use crate::core::Mailbox;
use crate::{Counts, Limits, Office, Options, Status};

/// An output parameter.
pub(super) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    pub(super) fn put(self, value: T) -> i32 {
        // SAFETY: the pointer is an *out*, as whoever called `out` promised.
        unsafe { self.0.write(value) };
        0
    }
}

/// # Safety
/// An *out*, or NULL.
pub(super) unsafe fn out<T>(pointer: *mut T) -> Option<Out<T>> {
    NonNull::new(pointer).map(Out)
}

/// # Safety
/// *Readable*; `None` for NULL with a size.
pub(super) unsafe fn bytes<'a>(pointer: *const c_char, size: usize) -> Option<&'a [u8]> {
    if size == 0 {
        return Some(&[]);
    }
    if pointer.is_null() || size > isize::MAX as usize {
        return None;
    }
    // SAFETY: readable by the caller's promise.
    Some(unsafe { core::slice::from_raw_parts(pointer.cast(), size) })
}

/// A text; `None` for NULL. `InvalidArgument` when it is not UTF-8.
///
/// # Safety
/// NULL, or readable up to a NUL.
#[cfg(feature = "nats")]
pub(super) unsafe fn text(pointer: *const c_char) -> Result<Option<String>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's promise.
    let text = unsafe { core::ffi::CStr::from_ptr(pointer) };
    text.to_str().map(|text| Some(text.to_owned())).map_err(|_| Status::InvalidArgument)
}

/// A struct from a caller that begins with its size; `None` for NULL. `InvalidArgument` when it is too small.
///
/// # Safety
/// NULL, or as many readable bytes as its first field, a `size_t`, says.
pub(super) unsafe fn sized<'a, T>(pointer: *const T) -> Result<Option<&'a T>, Status> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the size is there, and the rest when the size says so.
    unsafe {
        if pointer.cast::<usize>().read() < size_of::<T>() {
            return Err(Status::InvalidArgument);
        }
        Ok(pointer.as_ref())
    }
}

pub(super) fn or<T: Default + PartialEq>(value: T, default: T) -> T {
    if value == T::default() { default } else { value }
}

#[cfg(feature = "nats")]
pub(super) fn duration(milliseconds: u64, default: u64) -> Duration {
    Duration::from_millis(or(milliseconds, default))
}

/// Milliseconds; a negative number is without end.
pub(super) fn timeout(milliseconds: i64) -> Option<Duration> {
    u64::try_from(milliseconds).ok().map(Duration::from_millis)
}

/// # Safety
/// *Live*, or NULL.
pub(super) unsafe fn mailbox_counted(pointer: *mut mailbox) -> Option<Mailbox> {
    // SAFETY: the caller's promise.
    unsafe { Mailbox::counted(pointer.cast()) }
}

pub(super) fn mailbox_give(mailbox: Mailbox) -> *mut mailbox {
    mailbox.into_pointer().cast()
}

/// # Safety
/// As for [`sized`]; its mailbox and limits, too.
pub(super) unsafe fn options(pointer: *const post_options) -> Result<Options, Status> {
    let mut options = Options::default();
    // SAFETY: the caller's promise.
    let Some(given) = (unsafe { sized(pointer) })? else { return Ok(options) };
    // SAFETY: the caller's promise.
    let (limits, returned) =
        unsafe { (sized::<post_limits>(given.limits)?, mailbox_counted(given.returned)) };
    if let Some(limits) = limits {
        let default = Limits::DEFAULT;
        options.limits = Limits {
            max_letter_bytes: or(limits.max_letter_bytes, default.max_letter_bytes),
            max_parts: or(limits.max_parts, default.max_parts),
            max_depth: or(limits.max_depth, default.max_depth),
            max_words: or(limits.max_words, default.max_words),
        };
    }
    options.returned = returned;
    options.max_letters = or(given.max_letters, options.max_letters);
    options.max_queued_bytes = or(given.max_queued_bytes, options.max_queued_bytes);
    options.give_up = (given.give_up_ms != 0).then(|| Duration::from_millis(given.give_up_ms));
    Ok(options)
}

/// # Safety
/// NULL, or writable for as many bytes as its first field says.
pub(super) unsafe fn put_counts(pointer: *mut post_counts, counts: impl FnOnce() -> Counts) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { sized(pointer.cast_const()) } {
        Ok(Some(_)) => {}
        _ => return Status::InvalidArgument.code(),
    }
    let Counts {
        sent,
        received,
        duplicates,
        malformed,
        refused,
        returned,
        lost,
        offered_again,
        full,
        waiting,
    } = counts();
    // SAFETY: the struct is writable up to the end of `post_counts`; its own size stays.
    unsafe {
        let struct_size = (&raw const (*pointer).struct_size).read();
        pointer.write(post_counts {
            struct_size,
            sent,
            received,
            duplicates,
            malformed,
            refused,
            returned,
            lost,
            offered_again,
            full,
            waiting,
        });
    }
    0
}

type AnyCarrier = Arc<dyn Carrier>;

pub(super) fn carrier_give(carrier: AnyCarrier) -> *mut post_carrier {
    Box::into_raw(Box::new(carrier)).cast()
}

/// # Safety
/// *Live*, or NULL, and not used again.
pub(super) unsafe fn carrier_take(pointer: *mut post_carrier) -> Option<AnyCarrier> {
    // SAFETY: it came from `carrier_give`.
    NonNull::new(pointer.cast::<AnyCarrier>()).map(|carrier| unsafe { *Box::from_raw(carrier.as_ptr()) })
}

pub(super) fn office_give(office: Office) -> *mut post_office {
    Box::into_raw(Box::new(office)).cast()
}

/// # Safety
/// *Live*, or NULL.
pub(super) unsafe fn office_ref<'a>(pointer: *const post_office) -> Option<&'a Office> {
    // SAFETY: it came from `office_give`.
    unsafe { pointer.cast::<Office>().as_ref() }
}

/// # Safety
/// *Live*, or NULL, and not used again.
pub(super) unsafe fn office_take(pointer: *mut post_office) -> Option<Office> {
    // SAFETY: it came from `office_give`.
    NonNull::new(pointer.cast::<Office>()).map(|office| unsafe { *Box::from_raw(office.as_ptr()) })
}

/// # Safety
/// As for [`sized`]; its texts are NULL or zero-terminated.
#[cfg(feature = "nats")]
pub(super) unsafe fn nats_options(
    pointer: *const super::types::nats_carrier_options,
) -> Result<crate::nats::NatsOptions, Status> {
    let mut options = crate::nats::NatsOptions::default();
    // SAFETY: the caller's promise, for all of it.
    unsafe {
        let Some(given) = sized(pointer)? else { return Ok(options) };
        let pair = |one: *const c_char, other: *const c_char| match (text(one)?, text(other)?) {
            (Some(one), Some(other)) => Ok(Some((one, other))),
            (None, None) => Ok(None),
            _ => Err(Status::InvalidArgument),
        };
        options.servers = text(given.servers)?.unwrap_or(options.servers);
        options.user = pair(given.user, given.password)?;
        options.token = text(given.token)?;
        options.tls_authority = text(given.tls_authority)?;
        options.tls_certificate = pair(given.tls_certificate, given.tls_key)?;
        options.tls_required = given.tls_required;
        options.stream = text(given.stream)?.unwrap_or(options.stream);
        options.prefix = text(given.prefix)?.unwrap_or(options.prefix);
        options.max_bytes = or(given.max_bytes, options.max_bytes);
        options.replicas = or(given.replicas, options.replicas);
        options.duplicate_window = duration(given.duplicate_window_ms, 120_000);
        options.acknowledge = duration(given.acknowledge_ms, 10_000);
        options.connect = duration(given.connect_ms, 5_000);
    }
    Ok(options)
}
