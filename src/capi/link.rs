//! Links in C.

use core::ffi::c_char;

use super::link_types::{drystone_link, link_options, link_statistics_t};
use super::mailbox_types::mailbox;
use super::ptr::{
    bytes, code, descriptor_take, link_end, link_give, link_options as options, link_put_statistics,
    link_use, mailbox_give, mailbox_ref, out,
};
use super::status::drystone_status;
use super::{attempt, required};
use crate::link::Link;

/// A new link over a connected `AF_UNIX` socket of type `SOCK_SEQPACKET`, of which the peer's process makes one, too. The
/// socket is the library's from now on, also when this fails: it closes it. `options` may be NULL. The caller owns `*link`
/// and ends it with `link_free`.
/// INVALID_ARGUMENT for NULL, options that are too small, and what is no such socket; UNSUPPORTED when the peer is another
/// user's process, unless the options allow that, and on systems other than Linux; LIMIT_EXCEEDED when the process has no
/// more descriptors; NO_MEMORY.
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

/// The proxy of the peer's mailbox that it serves by this name (any bytes, at most 255, *readable*): what is posted to it, by
/// any thread, goes there in order when the link turns. Antestones arrive as stones. It is closed when the peer does not
/// take letters by the name, and when the link ends; letters that are in it then can be taken. Asked again, the link gives
/// the same one as long as it is open. The caller owns one count in `*proxy`. `link` is *live*.
/// INVALID_ARGUMENT for NULL, no name or a longer one; CLOSED; BUSY within a call with the same link; LIMIT_EXCEEDED when
/// the process has no more descriptors; NO_MEMORY.
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

/// Has letters of the peer's to this name (any bytes, at most 255, *readable*) come into a mailbox, on which the link takes a
/// count. A name that is served already gets this mailbox instead. `link` and `own` are *live*.
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

/// A descriptor that is readable (for `poll`, `epoll`, `select`) while `link_turn` has something to do, but for waiting until
/// a mailbox has room again or a stone is not used any more: turn now and then, too. The link's own: it is not to be read,
/// written or closed. -1 for NULL, and within a call with the same link. `link` is *live*.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_descriptor(link: *const drystone_link) -> i32 {
    // SAFETY: live.
    unsafe { link_use(link, |link| Ok(link.descriptor())) }.unwrap_or(-1)
}

/// Does what there is to be done: takes what the peer has sent to the mailboxes that are served, and sends what the proxies
/// have. Waits for something to do up to `timeout_ms` milliseconds: 0 does not wait, a negative number waits until there is
/// something. Functions of `mailbox_notify` and release functions may be called by it. `link` is *live*.
/// OK when something was done: turn again. END when there was nothing in time. CLOSED when the peer has gone and all that
/// it had sent is delivered. BUSY when a mailbox that is served is full, after 10 ms at the most: nothing more is read
/// before its letters are taken; also within a call with the same link. MALFORMED, LIMIT_EXCEEDED when the peer broke a rule or sent
/// more than the limits: the link has ended, and the next turn says CLOSED. NO_MEMORY, and LIMIT_EXCEEDED when the
/// process has no more descriptors to send with: nothing is lost, turn again. INVALID_ARGUMENT for NULL. CLOSED in a child
/// that `fork` made.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_turn(link: *mut drystone_link, timeout_ms: i64) -> drystone_status {
    // SAFETY: live.
    code(unsafe { link_use(link, |link| link.turn(super::mailbox::timeout(timeout_ms))) })
}

/// What has gone through the link, and what it holds. The caller sets `statistics->struct_size`. `link` is *live*.
/// INVALID_ARGUMENT for NULL or a struct that is too small; BUSY within a call with the same link.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_statistics(
    link: *const drystone_link,
    statistics: *mut link_statistics_t,
) -> drystone_status {
    // SAFETY: live; as large as it says.
    code(unsafe { link_put_statistics(statistics, || link_use(link, |link| Ok(link.statistics()))) })
}

/// Ends the link and closes its socket and its proxies. What the peer's socket has already is still read there; what the
/// link had not sent is lost: turn until END and see `waiting` to have it sent. Stones of the peer's live on as long as somebody
/// counts them. Within a call with the same link it is ended when that returns. `link` is *live*, NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn link_free(link: *mut drystone_link) {
    // SAFETY: live, and not used again.
    unsafe { link_end(link) };
}
