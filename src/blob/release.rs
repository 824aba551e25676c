//! Calling the release functions of dead wrapped blobs. A release function may drop the last count on another wrapped
//! blob, and so on. The second release waits until the running one has returned, in a list of the thread that is stored
//! in the headers of the dead blobs. So neither the stack nor the heap grows with the length of such a chain.

use core::cell::Cell;
use core::ffi::c_void;
use core::ptr::{self, NonNull};

use super::RawBlob;
use super::owner::{Owner, Release, free_header, free_header_block, given};
#[cfg(not(loom))]
use super::thread_pointer;

/// What replaces the header of a dead wrapped blob while it waits.
struct Waiting {
    next: *mut Waiting,
    call: ReleaseCall,
}

/// A release function to call.
struct ReleaseCall {
    release: Release,
    context: *mut c_void,
    data: *mut u8,
    bits: usize,
}

const _: () = assert!(size_of::<Waiting>() <= size_of::<RawBlob>());
const _: () = assert!(align_of::<Waiting>() <= align_of::<RawBlob>());

impl ReleaseCall {
    /// # Safety
    /// The blob is dead, and nobody else uses it.
    unsafe fn of(blob: NonNull<RawBlob>) -> Option<ReleaseCall> {
        // SAFETY: the caller's promise.
        unsafe {
            let header = blob.as_ref();
            let (data, bits) = (given(header.data.get().read()), header.length_bits());
            match header.owner.get().read() {
                Owner::Released { release, context } => Some(ReleaseCall { release, context, data, bits }),
                _ => None,
            }
        }
    }

    /// # Safety
    /// Once for each dead blob.
    unsafe fn call(self) {
        // SAFETY: whoever wrapped the memory promised that it may be called, once, on any thread.
        unsafe { (self.release)(self.context, self.data, self.bits) }
    }
}

/// The waiting releases, oldest first. The queue is on the stack of the outermost call, and the thread's pointer points
/// to it while that call runs.
struct ReleaseQueue {
    first: Cell<*mut Waiting>,
    last: Cell<*mut Waiting>,
}

impl ReleaseQueue {
    /// # Safety
    /// The blob is dead, and nobody else uses it; from now on the queue owns its block.
    unsafe fn push(&self, blob: NonNull<RawBlob>) {
        // SAFETY: the caller's promise; a header is large enough for a `ReleaseCall`. The list's last one exists.
        unsafe {
            let Some(call) = ReleaseCall::of(blob) else { return };
            blob.drop_in_place();
            let waiting = blob.as_ptr().cast::<Waiting>();
            waiting.write(Waiting { next: ptr::null_mut(), call });
            match NonNull::new(self.last.replace(waiting)) {
                Some(last) => (&raw mut (*last.as_ptr()).next).write(waiting),
                None => self.first.set(waiting),
            }
        }
    }

    /// The next call; its blob is freed.
    fn pop(&self) -> Option<ReleaseCall> {
        let first = NonNull::new(self.first.get())?;
        // SAFETY: entries exist until they are taken out; each was the header of a blob that held nothing.
        unsafe {
            let Waiting { next, call } = first.read();
            self.first.set(next);
            if next.is_null() {
                self.last.set(next);
            }
            free_header_block(first.cast());
            Some(call)
        }
    }
}

/// Releases the memory of a dead wrapped blob and frees its header: now, or after the running release of this thread
/// and all that wait before it.
///
/// # Safety
/// The blob is dead, and nobody else uses it; it is wrapped, so it holds nothing.
#[inline(never)]
pub(super) unsafe fn release(blob: NonNull<RawBlob>) {
    // SAFETY: the caller's promise. A queue that the thread's pointer leads to is on this thread's stack further up.
    unsafe {
        if let Some(queue) = NonNull::new(running().cast::<ReleaseQueue>()) {
            return queue.as_ref().push(blob);
        }
        let queue = ReleaseQueue { first: Cell::new(ptr::null_mut()), last: Cell::new(ptr::null_mut()) };
        // If the system has no room for the pointer, releases nest.
        let noted = run(ptr::from_ref(&queue).cast_mut().cast());
        if let Some(call) = ReleaseCall::of(blob) {
            call.call();
            free_header(blob);
        }
        while let Some(call) = queue.pop() {
            call.call();
        }
        if noted {
            run(ptr::null_mut());
        }
    }
}

#[cfg(not(loom))]
use thread_pointer::{get as running, set as run};

/// The model's threads are one thread of the system's.
#[cfg(loom)]
fn running() -> *mut () {
    ptr::null_mut()
}

#[cfg(loom)]
fn run(_: *mut ()) -> bool {
    false
}
