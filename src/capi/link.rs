//! Links in C.

use core::ffi::c_char;

use super::link_types::{drystone_link, link_options};
use super::mailbox_types::mailbox;
use super::ptr::{
    bytes, code, descriptor_take, link_end, link_give, link_options as options, link_use, mailbox_give,
    mailbox_ref, out, put_statistics,
};
use super::statistics_types::link_statistics_t;
use super::status::drystone_status;
use super::{attempt, required};
use crate::link::Link;

/// A new link over a connected `AF_UNIX` socket of type `SOCK_SEQPACKET`; the peer's process does the same at the other
/// end. The library takes over the socket and closes it, also when this call fails. `options` may be NULL. The caller
/// owns `*link` and frees it with `link_free`. INVALID_ARGUMENT for NULL, a struct that is too small, and other kinds
/// of sockets; UNSUPPORTED when the peer belongs to another user, unless the options allow that, and on systems other
/// than Linux; LIMIT_EXCEEDED when the process has no more descriptors; NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_new(
    socket: i32,
    options: *const link_options,
    link: *mut *mut drystone_link,
) -> drystone_status {
    // SAFETY: the descriptor is given to the library.
    let socket = unsafe { descriptor_take(socket) };
    // SAFETY: NULL or as large as it says; an out.
    let (options, out) = unsafe { (attempt!(self::options(options)), required!(out(link))) };
    let link = attempt!(Link::over(attempt!(socket), &options));
    out.put(attempt!(link_give(link)))
}

/// A proxy for the mailbox that the peer serves under this name (1 to 255 bytes, *readable*): letters that any thread
/// posts to it go there, in order, when the link turns. Antestones arrive as stones. The proxy is closed when the peer
/// does not serve the name and when the link ends; letters left in it can then be taken. The same open proxy is
/// returned each time. The caller owns the count in `*proxy`. `link` is *live*. INVALID_ARGUMENT for NULL, no name or a
/// longer one; CLOSED; BUSY within a call with the same link; LIMIT_EXCEEDED when the process has no more descriptors;
/// NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_mailbox(
    link: *mut drystone_link,
    name: *const c_char,
    length: usize,
    proxy: *mut *mut mailbox,
) -> drystone_status {
    // SAFETY: readable; an out.
    let (name, out) = unsafe { (required!(bytes(name.cast(), length)), required!(out(proxy))) };
    // SAFETY: live.
    out.put_result(unsafe { link_use(link, |link| link.mailbox(name)) }.map(mailbox_give))
}

/// Delivers the peer's letters to this name (1 to 255 bytes, *readable*) into a mailbox, on which the link takes a
/// count. When the name is already served, this mailbox replaces the earlier one, also for a letter that waits for room
/// there. `link` and `own` are *live*.
/// INVALID_ARGUMENT for NULL, no name or a longer one; CLOSED; BUSY within a call with the same link; NO_MEMORY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_serve(
    link: *mut drystone_link,
    name: *const c_char,
    length: usize,
    own: *mut mailbox,
) -> drystone_status {
    // SAFETY: readable; live.
    let (name, own) = unsafe { (required!(bytes(name.cast(), length)), required!(mailbox_ref(own))) };
    // SAFETY: live.
    code(unsafe { link_use(link, |link| link.serve(name, &own)) })
}

/// A descriptor that is readable (for `poll`, `epoll`, `select`) while `link_turn` has something to do. Two events do
/// not make it readable: a full mailbox has room again, or a stone is no longer used. So call `link_turn` from time to
/// time in any case. It belongs to the link: do not read, write or close it. -1 for NULL, and within a call with the
/// same link. `link` is *live*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_descriptor(link: *const drystone_link) -> i32 {
    // SAFETY: live.
    unsafe { link_use(link, |link| Ok(link.descriptor())) }.unwrap_or(-1)
}

/// Delivers what the peer has sent to the served mailboxes, and sends the letters of the proxies. Waits for something
/// to do up to `timeout_ms` milliseconds: 0 does not wait, a negative number waits until there is something. It may
/// call functions of `mailbox_notify` and release functions. `link` is *live*. OK when something was done: turn again.
/// END when there was nothing to do in time. CLOSED when the peer has gone and everything it sent is delivered. BUSY
/// when a served mailbox is full, after at most 10 ms: nothing more is read until its letters are taken. BUSY also
/// within a call with the same link. MALFORMED or LIMIT_EXCEEDED when the peer broke a rule or exceeded a limit: the
/// link has ended, and the next turn returns CLOSED. NO_MEMORY, or LIMIT_EXCEEDED when the process has no descriptors
/// left to send with, or fewer than the next packet brings (253 at most), after at most 10 ms: nothing is lost, turn
/// again when some are free (the next turn does not return CLOSED). INVALID_ARGUMENT for NULL. CLOSED in a child that
/// `fork` made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_turn(link: *mut drystone_link, timeout_ms: i64) -> drystone_status {
    // SAFETY: live.
    code(unsafe { link_use(link, |link| link.turn(super::mailbox::timeout(timeout_ms))) })
}

/// What has passed through the link, and what it holds. The caller sets `statistics->struct_size`. `link` is *live*.
/// INVALID_ARGUMENT for NULL or a struct that is too small; BUSY within a call with the same link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_statistics(
    link: *const drystone_link,
    statistics: *mut link_statistics_t,
) -> drystone_status {
    // SAFETY: live; as large as it says.
    code(unsafe { put_statistics(statistics, || link_use(link, |link| Ok(link.statistics()))) })
}

/// Ends the link and closes its socket and its proxies. The peer can still read what is already in its socket; what the
/// link has not sent is lost. To have everything sent, turn until END and `waiting` of `link_statistics` is 0. The
/// peer's stones stay alive as long as somebody has a count on them. Within a call with the same link, the link ends
/// when that call returns. `link` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_free(link: *mut drystone_link) {
    // SAFETY: live, and not used again.
    unsafe { link_end(link) };
}
