//! Being told of letters without waiting in a call, in C.

use core::ffi::c_void;

use super::mailbox_types::{mailbox, mailbox_ready};
use super::ptr::{code, mailbox_ref, out};
use super::required;
use super::status::drystone_status;
use crate::mailbox::Ready;

/// A descriptor that is readable (for `poll`, `epoll`, `select`) while letters are queued or the mailbox is closed. It
/// belongs to the mailbox: do not read, write or close it. The last count closes it. The first call makes it. `m` is
/// *live*. Any thread. INVALID_ARGUMENT for NULL, LIMIT_EXCEEDED when the process or the system has no more
/// descriptors, NO_MEMORY, UNSUPPORTED on systems that have none; CLOSED in a child of `fork` when a thread of the
/// parent was in a call with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_descriptor(m: *mut mailbox, descriptor: *mut i32) -> drystone_status {
    // SAFETY: live; an out.
    let (mailbox, out) = unsafe { (required!(mailbox_ref(m)), required!(out(descriptor))) };
    out.put_result(mailbox.descriptor())
}

/// Registers `ready` to be called with `context` each time the mailbox turns from empty to not empty: once, on the
/// poster's thread, outside every lock. If letters are queued now, it is called at once, on this thread. `ready` may
/// be called by several threads at the same time; it may call any function, this one included, and must not wait.
/// Closing the mailbox does not call it.
///
/// A mailbox has at most one such function: this call removes the previous one. With NULL as `ready` it only removes,
/// and `context` is ignored. Removing waits for running calls of the removed function, so that its context can be
/// freed when this call returns. There is one exception: when this call is made from within such a function (of any
/// mailbox), it does not wait, because two functions that remove each other would deadlock. `m` is *live*. Any
/// thread. INVALID_ARGUMENT for NULL; CLOSED in a child of `fork` when a thread of the parent was in a call with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailbox_notify(
    m: *mut mailbox,
    ready: mailbox_ready,
    context: *mut c_void,
) -> drystone_status {
    // SAFETY: live; the function may be called by any thread until it is removed, by the caller's promise.
    unsafe {
        let mailbox = required!(mailbox_ref(m));
        code(mailbox.notify(ready.map(|ready| Ready::new(ready, context))))
    }
}
