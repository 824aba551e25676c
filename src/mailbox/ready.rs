//! The user's function that is called when a mailbox is no longer empty: by the poster, outside every lock.

use core::cell::Cell;
use core::ffi::c_void;
use core::ptr;

use super::Shared;
use super::flags::WATCHED;
use super::fork::generation;
use crate::status::Status;

/// A function and its argument.
#[derive(Clone, Copy)]
pub struct Ready {
    ready: unsafe extern "C" fn(*mut c_void),
    context: *mut c_void,
}

// SAFETY: the caller of `Ready::new` promised that any thread may call the function.
unsafe impl Send for Ready {}
// SAFETY: as above, also at the same time.
unsafe impl Sync for Ready {}

impl Ready {
    /// For [`Mailbox::notify`](super::Mailbox::notify).
    ///
    /// # Safety
    /// Any thread may call the function with the context, several threads at the same time, until it has been
    /// removed. The function does not unwind.
    pub unsafe fn new(ready: unsafe extern "C" fn(*mut c_void), context: *mut c_void) -> Self {
        Ready { ready, context }
    }
}

/// The function of a mailbox and the calls of it that are under way. Part of the inbox.
#[derive(Default)]
pub(super) struct Calls {
    ready: Option<Ready>,
    in_flight: u32,
    /// How many threads wait until all calls have ended.
    removing: u32,
    /// The process that made the calls. In a forked child, calls of the parent never end.
    generation: u32,
}

impl Calls {
    /// Records a call; [`Shared::call`] must then make it.
    pub(super) fn begin(&mut self) -> Option<Ready> {
        self.forget_parent();
        self.in_flight += u32::from(self.ready.is_some());
        self.ready
    }
}

impl Calls {
    fn forget_parent(&mut self) {
        if self.generation != generation() {
            *self = Calls { ready: self.ready, generation: generation(), ..Calls::default() };
        }
    }

    /// Records that a call has ended. Returns whether a thread waits for that.
    fn end(&mut self) -> bool {
        self.forget_parent();
        self.in_flight = self.in_flight.saturating_sub(1);
        self.removing != 0
    }
}

/// A call of such a function that this thread is in. On its stack.
struct Frame {
    outer: *const Frame,
    /// The process in which the call began.
    generation: u32,
}

#[cfg(not(loom))]
thread_local! {
    static INNERMOST: Cell<*const Frame> = const { Cell::new(ptr::null()) };
}

#[cfg(loom)]
loom::thread_local! {
    static INNERMOST: Cell<*const Frame> = Cell::new(ptr::null());
}

/// Whether this thread is in such a call, of any mailbox, that began in this process.
fn in_a_call() -> bool {
    // SAFETY: the frame is on this thread's stack, in a call that has not returned.
    unsafe { INNERMOST.with(Cell::get).as_ref() }.is_some_and(|frame| frame.generation == generation())
}

impl Shared {
    /// Makes a call that [`Calls::begin`] has recorded.
    pub(super) fn call(&self, ready: Ready) {
        let frame = Frame { outer: INNERMOST.with(Cell::get), generation: generation() };
        INNERMOST.with(|innermost| innermost.set(&raw const frame));
        // SAFETY: promised by the caller of `Ready::new`. A thread that removes the function waits until this recorded
        // call has ended.
        unsafe { (ready.ready)(ready.context) };
        INNERMOST.with(|innermost| innermost.set(frame.outer));
        if frame.generation != generation() {
            return; // in a forked child, which has forgotten its parent's calls
        }
        let Ok(mut inbox) = self.queue.inbox.lock() else { return };
        let removing = inbox.calls_if_any().is_some_and(Calls::end);
        drop(inbox);
        if removing {
            self.queue.changed.strike();
            self.queue.changed.wake_all();
        }
    }

    /// See [`Mailbox::notify`](super::Mailbox::notify).
    pub(super) fn notify(&self, ready: Option<Ready>) -> Result<(), Status> {
        let queue = &self.queue;
        // Two functions that remove each other would wait for each other for ever.
        let may_wait = !in_a_call();
        let mut inbox = queue.inbox.lock()?;
        let calls = inbox.calls()?;
        calls.forget_parent();
        calls.ready = None;
        while may_wait && inbox.calls()?.in_flight != 0 {
            inbox.calls()?.removing += 1;
            let number = queue.changed.number();
            drop(inbox);
            queue.changed.wait(number, None);
            inbox = queue.inbox.lock()?;
            inbox.calls()?.removing -= 1;
        }
        inbox.calls()?.ready = ready;
        queue.set_flag(WATCHED, ready.is_some() || self.signal.exists());
        // Later posters see the flag; letters of earlier ones are seen here.
        let call = if queue.len() != 0 { inbox.calls()?.begin() } else { None };
        drop(inbox);
        // The recorded call must be made in any case.
        let waited = queue.wait_for_takers();
        if let Some(ready) = call {
            self.call(ready);
        }
        Ok(waited?)
    }
}
