//! Tests that no call hangs in a forked child: each call, in a child of its own, in each state in which other threads
//! of the parent can leave a mailbox. Locks are held by the forking thread, which is as good: the child is another
//! process.

use core::ffi::c_void;
use core::time::Duration;
use std::sync::mpsc;

use super::{Mailbox, Options, Outbox, Ready, registry};
use crate::blob::Blob;

const NAME: &[u8] = b"forked";
const NOW: Option<Duration> = Some(Duration::ZERO);
const BRIEFLY: Option<Duration> = Some(Duration::from_millis(1));
/// After this many seconds a child counts as hanging.
const PATIENCE: u32 = 20;

unsafe extern "C" fn nothing(_: *mut c_void) {}

fn letter() -> Blob {
    Blob::zeroed(8).unwrap()
}

fn watched() -> Option<Ready> {
    // SAFETY: the function does nothing.
    Some(unsafe { Ready::new(nothing, core::ptr::null_mut()) })
}

type Call = fn(&Mailbox);

/// What a child does with its copy of a mailbox that has bounds and one letter. Results may be errors.
const CALLS: [(&str, Call); 20] = [
    ("new", |_| {
        let own = Mailbox::new(0).unwrap();
        own.post(letter()).unwrap();
        own.take(None).unwrap();
    }),
    ("with_options", |_| drop(Mailbox::with_options(&Options { name: NAME, ..Options::default() }))),
    ("with_options and another name", |_| {
        let own = Mailbox::with_options(&Options { name: b"forked too", ..Options::default() }).unwrap();
        assert!(Mailbox::find(b"forked too").is_ok());
        drop(own);
        assert!(Mailbox::find(b"forked too").is_err());
    }),
    ("open", |_| drop(Mailbox::open(NAME, 0).unwrap())),
    ("find", |_| drop(Mailbox::find(NAME))),
    ("post", |mailbox| drop(mailbox.post(letter()))),
    ("post_urgent", |mailbox| drop(mailbox.post_urgent(letter()))),
    ("post_wait with room", |mailbox| drop(mailbox.post_wait(letter(), None))),
    ("post_wait without room", |mailbox| {
        while mailbox.post(letter()).is_ok() {}
        drop(mailbox.post_wait(letter(), BRIEFLY));
    }),
    ("take", |mailbox| drop(mailbox.take(NOW))),
    ("take until it is empty", |mailbox| while mailbox.take(BRIEFLY).is_ok() {}),
    ("take a letter of this process", |mailbox| {
        if mailbox.post(letter()).is_ok() {
            drop(mailbox.take(None));
        }
    }),
    ("take_many", |mailbox| {
        let mut letters = Vec::with_capacity(4);
        while mailbox.take_many(&mut letters, BRIEFLY).is_ok_and(|count| count > 0) {
            letters.clear();
        }
    }),
    ("close", |mailbox| {
        mailbox.close();
        drop(mailbox.post_wait(letter(), None));
        while mailbox.take(None).is_ok() {}
    }),
    ("sweep and len", |mailbox| {
        mailbox.sweep();
        mailbox.len();
    }),
    ("statistics", |mailbox| _ = mailbox.statistics()),
    ("descriptor", |mailbox| {
        _ = mailbox.descriptor();
        drop(mailbox.post(letter()));
        while mailbox.take(NOW).is_ok() {}
    }),
    ("notify", |mailbox| {
        _ = mailbox.notify(watched());
        drop(mailbox.post(letter()));
        _ = mailbox.notify(None);
    }),
    ("outbox", |mailbox| {
        let mut outbox = Outbox::new();
        drop(outbox.post(mailbox, letter()));
        drop(outbox.post(mailbox, letter()));
        outbox.commit();
        drop(outbox.post(mailbox, letter()));
        outbox.discard();
    }),
    ("destroy", |mailbox| {
        // The child ends without dropping the parent's handle, so this one is the last.
        // SAFETY: nothing uses the other handle any more.
        drop(unsafe { core::ptr::read(mailbox) });
    }),
];

/// Runs the call in a child; returns how that ends, 0 if well.
fn in_a_child(call: Call, mailbox: &Mailbox) -> i32 {
    // SAFETY: the child uses only this library and the allocator, which works in children, and ends by `_exit`.
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        // SAFETY: these calls only concern this process.
        unsafe {
            libc::alarm(PATIENCE);
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(mailbox)));
            libc::_exit(i32::from(done.is_err()));
        }
    }
    let mut status = -1;
    // SAFETY: room for the status.
    assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
    status
}

/// A mailbox like the parent's, with a descriptor, a function and one letter.
fn parents_mailbox() -> Mailbox {
    let mailbox = Mailbox::with_options(&Options { name: NAME, max_letters: 4, max_bytes: 1 << 20 }).unwrap();
    mailbox.descriptor().unwrap();
    mailbox.notify(watched()).unwrap();
    mailbox.post(letter()).unwrap();
    mailbox
}

fn each_call(state: &str, within: impl Fn(&Mailbox, &mut dyn FnMut())) {
    for (name, call) in CALLS {
        let mailbox = parents_mailbox();
        let mut status = None;
        within(&mailbox, &mut || status = Some(in_a_child(call, &mailbox)));
        // Only here, as other threads wait for the end of `within`.
        assert_eq!(status, Some(0), "{name} in a child, while {state}");
        // The child's calls do not affect the parent's mailbox.
        assert!(Mailbox::find(NAME).is_ok() && mailbox.post_urgent(letter()).is_ok());
        assert_eq!(mailbox.statistics().unwrap().refused, 0);
    }
}

/// Calls the closure that the context points to.
unsafe extern "C" fn run(context: *mut c_void) {
    // SAFETY: the context is such a closure, which no other thread uses during the call.
    unsafe { (*context.cast::<&mut dyn FnMut()>())() }
}

/// While `step`, a call of the mailbox's function is under way on another thread.
fn during_a_call(mailbox: &Mailbox, step: &mut dyn FnMut()) {
    let (entered, has_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let mut body = || {
        entered.send(()).unwrap();
        // Also ends when the other side fails and drops its end.
        _ = may_leave.recv();
    };
    let mut function: &mut dyn FnMut() = &mut body;
    // As a number, so that the other thread may have it.
    let context = (&raw mut function).expose_provenance();
    std::thread::scope(|scope| {
        let leave = leave;
        scope.spawn(move || {
            let context = core::ptr::with_exposed_provenance_mut(context);
            // SAFETY: only this thread calls it, once: the mailbox is not empty until the function is removed.
            mailbox.notify(Some(unsafe { Ready::new(run, context) })).unwrap();
        });
        has_entered.recv().unwrap();
        step();
        leave.send(()).unwrap();
    });
    mailbox.notify(None).unwrap();
}

// One test, as they share a name.
#[test]
fn no_call_hangs_in_a_child_whatever_other_threads_hold() {
    each_call("nothing is held", |_, step| step());
    each_call("the inbox is locked", |mailbox, step| {
        let _held = mailbox.shared.queue.inbox.lock().unwrap();
        step();
    });
    each_call("the front is locked", |mailbox, step| {
        let _held = mailbox.shared.queue.front.lock().unwrap();
        step();
    });
    each_call("front and inbox are locked", |mailbox, step| {
        let _front = mailbox.shared.queue.front.lock().unwrap();
        let _inbox = mailbox.shared.queue.inbox.lock().unwrap();
        step();
    });
    each_call("the descriptor is locked", |mailbox, step| mailbox.shared.signal.while_locked(step));
    each_call("the table of names is locked", |_, step| registry::while_locked(step));
    each_call("a call of the function is under way", during_a_call);
    each_call("this thread is in a call of the function", |mailbox, step| {
        let mut step = step;
        let context = (&raw mut step).cast();
        mailbox.notify(None).unwrap();
        // SAFETY: this thread calls it, once, before the function is removed.
        mailbox.notify(Some(unsafe { Ready::new(run, context) })).unwrap();
        mailbox.notify(None).unwrap();
    });
    each_call("a taker sleeps", |mailbox, step| {
        drop(mailbox.take(NOW).unwrap());
        std::thread::scope(|scope| {
            let taker = scope.spawn(|| mailbox.take(None).unwrap());
            while mailbox.shared.queue.inbox.lock().unwrap().waiting == 0 {
                std::thread::yield_now();
            }
            step();
            mailbox.post(letter()).unwrap();
            drop(taker.join().unwrap());
        });
    });
}
