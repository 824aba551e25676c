//! Mailboxes: any thread posts letters (blobs), any thread takes them; usually one takes. Dropping the last handle
//! destroys the letters still queued, without decoding them.
//!
//! `queue` holds the letters (`letters`) under two locks (`short_lock`): one for posters, one for takers. A thread that
//! has to wait first looks a few more times (`wait`), then sleeps on a `bell`. `ready` and `signal` notify schedulers
//! and event loops. `registry` maps names to mailboxes. `fork` keeps a forked child from waiting for threads that only
//! its parent has. Existing queue crates abort when memory runs out; this queue returns a status.

mod bell;
mod flags;
mod fork;
#[cfg(all(test, unix, not(loom)))]
mod forked;
mod letters;
mod nearer;
mod outbox;
mod post;
mod queue;
mod ready;
#[cfg(not(loom))]
mod registry;
#[cfg_attr(loom, path = "blocking_lock.rs")]
mod short_lock;
mod signal;
mod take;
mod wait;

use std::time::Duration;

use crate::allocation::Grow;
use crate::blob::Blob;
use crate::counting::{Counted, CountedInner, Retire, WeakPtr};
use crate::status::Status;
pub(crate) use bell::Deadline;
use flags::{CLOSED, WATCHED};
#[cfg(all(target_os = "linux", not(loom)))]
pub(crate) use fork::{generation, watch as watch_forks};
pub use outbox::Outbox;
#[cfg(not(loom))]
pub(crate) use outbox::post_all;
use queue::{Bounds, Found, Lane, Queue};
pub use ready::Ready;
use short_lock::Abandoned;
use signal::Signal;

/// A handle on a mailbox. Cloning adds a count; dropping the last handle destroys any undelivered letters.
#[derive(Clone)]
pub struct Mailbox {
    shared: Counted<Shared>,
}

/// The order of the fields matters: with the reference count they fill the first cache line, up to the parts of the
/// queue that are written all the time.
#[repr(C)]
pub(crate) struct Shared {
    signal: Signal,
    /// Empty if the mailbox has no name.
    name: Box<[u8]>,
    queue: Queue,
}

/// Why a letter was not posted, and the letter itself.
#[derive(Debug)]
pub struct NotPosted {
    /// `Closed`, `LimitExceeded` (full) or `NoMemory`.
    pub status: Status,
    /// The letter.
    pub letter: Blob,
}

/// The bounds and the name of a new mailbox.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The most letters; 0 for no bound.
    pub max_letters: usize,
    /// The most bytes that the queued letters may keep alive: [`kept_bytes`](crate::Blob::kept_bytes) of each. 0 for no
    /// bound.
    pub max_bytes: u64,
    /// Any bytes, for [`Mailbox::find`]; none for a mailbox without a name.
    pub name: &'a [u8],
}

/// What has passed through a mailbox since it was made, and what is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Letters that were posted.
    pub posted: u64,
    /// Letters that were taken.
    pub taken: u64,
    /// Posts that were refused: full, closed, out of memory.
    pub refused: u64,
    /// Letters that [`Mailbox::sweep`] destroyed.
    pub swept: u64,
    /// Letters that are queued now.
    pub letters: u64,
    /// The bytes that these keep alive, as [`Options::max_bytes`] counts them.
    pub bytes: u64,
    /// The most letters that were ever queued.
    pub peak_letters: u64,
    /// The most bytes that were ever kept alive.
    pub peak_bytes: u64,
}

/// A letter counts as at most this many bytes, which is more than any machine has. So sums never wrap.
const MOST_BYTES: u64 = 1 << 48;

/// Another thread held the lock when this process was forked: the mailbox counts as closed.
impl From<Abandoned> for Status {
    fn from(_: Abandoned) -> Status {
        Status::Closed
    }
}

impl Mailbox {
    /// A new mailbox without a name, for at most `capacity` letters; 0 for no bound. `NoMemory`.
    pub fn new(capacity: usize) -> Result<Mailbox, Status> {
        Self::make(Bounds { letters: capacity as u64, bytes: 0 }, &[])
    }

    /// A new mailbox. `NoMemory`; `Busy` if an open mailbox has that name.
    #[cfg(not(loom))]
    pub fn with_options(options: &Options<'_>) -> Result<Mailbox, Status> {
        let bounds = Bounds { letters: options.max_letters as u64, bytes: options.max_bytes };
        if options.name.is_empty() { Self::make(bounds, &[]) } else { registry::make(options.name, bounds) }
    }

    fn make(bounds: Bounds, name: &[u8]) -> Result<Mailbox, Status> {
        fork::watch()?;
        let mut copy = Vec::new();
        copy.try_reserve_exact(name.len())?;
        copy.extend_from_slice(name);
        // The capacity equals the length, so this does not allocate.
        let name = copy.into_boxed_slice();
        let shared = Shared { signal: Signal::new(), name, queue: Queue::new(bounds) };
        Ok(Mailbox { shared: Counted::try_new(shared)? })
    }

    /// The open mailbox of this name in this process, or a new one for `capacity` letters. A name is any bytes, at
    /// least one. `InvalidArgument` for an empty name, `NoMemory`.
    #[cfg(not(loom))]
    pub fn open(name: &[u8], capacity: usize) -> Result<Mailbox, Status> {
        registry::open(name, Bounds { letters: capacity as u64, bytes: 0 })
    }

    /// The open mailbox of this name in this process. This is for senders: if a sender opened the mailbox itself and
    /// dropped the only handle, its letters would be destroyed. `NotFound`; `InvalidArgument` for an empty name;
    /// `NoMemory`.
    #[cfg(not(loom))]
    pub fn find(name: &[u8]) -> Result<Mailbox, Status> {
        registry::find(name)
    }

    /// Puts a letter at the end of the queue and wakes a taker.
    #[inline]
    pub fn post(&self, letter: Blob) -> Result<(), NotPosted> {
        self.post_in(letter, Lane::Ordinary, true)
    }

    /// Queues a letter ahead of all ordinary letters and after the urgent ones.
    pub fn post_urgent(&self, letter: Blob) -> Result<(), NotPosted> {
        self.post_in(letter, Lane::Urgent, true)
    }

    /// As [`Mailbox::post`], but waits for room, at most as long as `timeout`; `None` for no limit.
    ///
    /// `LimitExceeded` if there was no room in time, and at once if the letter alone exceeds the bound of bytes.
    pub fn post_wait(&self, letter: Blob, timeout: Option<Duration>) -> Result<(), NotPosted> {
        self.wait_and_post(letter, timeout)
    }

    /// The oldest letter, urgent ones first. Waits for one, at most as long as `timeout`; `None` for no limit.
    ///
    /// `End` if none came in time; `Closed` if the mailbox is closed and empty.
    #[inline]
    pub fn take(&self, timeout: Option<Duration>) -> Result<Blob, Status> {
        self.shared.take(timeout)
    }

    /// As [`Mailbox::take`], then takes more of the queued letters, as many as fit into the vector's spare capacity;
    /// the vector does not grow. Returns how many were taken. `InvalidArgument` if there is no spare capacity.
    pub fn take_many(&self, letters: &mut Vec<Blob>, timeout: Option<Duration>) -> Result<usize, Status> {
        let room = letters.capacity() - letters.len();
        self.take_into(room, timeout, |letter| letters.push_in_room(letter))
    }

    /// As [`Mailbox::take_many`], but passes each letter to `give`, which may run under the takers' lock.
    pub(crate) fn take_into(
        &self,
        room: usize,
        timeout: Option<Duration>,
        mut give: impl FnMut(Blob),
    ) -> Result<usize, Status> {
        if room == 0 {
            return Err(Status::InvalidArgument);
        }
        give(self.shared.take(timeout)?);
        let mut taken = 1;
        let Ok(mut front) = self.shared.queue.front.lock() else { return Ok(taken) };
        while taken < room
            && let Ok(Found::Letter(letter)) = self.shared.queue.next(&mut front)
        {
            give(letter.blob);
            taken += 1;
        }
        drop(front);
        self.shared.settle_after_removal();
        Ok(taken)
    }

    /// A descriptor that is readable while letters are queued or the mailbox is closed. The mailbox owns it: do not
    /// read, write or close it. It is closed with the last handle.
    ///
    /// `LimitExceeded` if the process has no more descriptors; `NoMemory`; `Unsupported` on systems without
    /// descriptors.
    pub fn descriptor(&self) -> Result<i32, Status> {
        self.watched_descriptor(true)
    }

    /// The descriptor for a link, which tells when nobody waits for it.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn link_descriptor(&self) -> Result<i32, Status> {
        self.watched_descriptor(false)
    }

    /// While it is quiet, a descriptor that only the link has stays as it is. Afterwards it is as the queue is.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn set_quiet(&self, quiet: bool) {
        self.shared.signal.set_quiet(quiet);
        if !quiet {
            self.shared.settle();
        }
    }

    fn watched_descriptor(&self, public: bool) -> Result<i32, Status> {
        let descriptor = self.shared.signal.descriptor(public)?;
        // Later posters see the flag; `settle` sees the letters of earlier ones.
        let inbox = self.shared.queue.inbox.lock()?;
        self.shared.queue.set_flag(WATCHED, true);
        drop(inbox);
        self.shared.queue.wait_for_takers()?;
        self.shared.settle();
        Ok(descriptor)
    }

    /// Sets the function that is called each time the mailbox turns from empty to not empty: by the poster, outside
    /// every lock; and at once if letters are queued now. The function may post and take, and must not wait.
    ///
    /// A mailbox has at most one function. Setting another one, or `None`, removes the previous one and waits until no
    /// thread runs it any more. Within such a function this call does not wait: two functions that remove each other
    /// would wait for ever.
    ///
    /// `NoMemory`; `Closed` in a child that was forked while the mailbox was in use.
    pub fn notify(&self, ready: Option<Ready>) -> Result<(), Status> {
        // The function may drop the handle that this call was made through.
        let kept = self.clone();
        kept.shared.notify(ready)
    }

    /// Refuses letters from now on and frees the name. Queued letters can still be taken.
    pub fn close(&self) {
        self.shared.forget(self.shared.downgrade());
        let Ok(mut inbox) = self.shared.queue.inbox.lock() else { return };
        self.shared.queue.set_flag(CLOSED, true);
        inbox.waiting = 0;
        self.shared.queue.arrived.strike();
        drop(inbox);
        self.shared.queue.arrived.wake_all();
        self.shared.queue.changed.strike();
        self.shared.queue.changed.wake_all();
        self.shared.settle();
    }

    /// Drops all queued letters without decoding them; returns how many.
    pub fn sweep(&self) -> usize {
        let Ok((letters, count)) = self.shared.queue.remove_all() else { return 0 };
        self.shared.settle_after_removal();
        drop(letters);
        count as usize
    }

    /// How many letters are queued. Exact while no thread posts or takes.
    pub fn len(&self) -> usize {
        self.shared.queue.len() as usize
    }

    /// Whether no letter is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the letter is within the bound of bytes.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn could_hold(&self, letter: &Blob) -> bool {
        self.shared.queue.could_hold((letter.kept_bytes() as u64).min(MOST_BYTES))
    }

    /// Whether both are handles of one mailbox.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn is_same(&self, other: &Mailbox) -> bool {
        core::ptr::eq(&raw const *self.shared, &raw const *other.shared)
    }

    /// Whether the mailbox has been closed.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.queue.inbox.lock().map_or(true, |_inbox| self.shared.queue.is_closed())
    }

    /// What has passed through the mailbox and what is queued in it. `Closed` in a child that was forked while the
    /// mailbox was in use.
    pub fn statistics(&self) -> Result<Statistics, Status> {
        let queue = &self.shared.queue;
        let front = queue.front.lock()?;
        let inbox = queue.inbox.lock()?;
        let (posted, removed) = queue.totals();
        let (letters, bytes) = queue.queued(&inbox);
        Ok(Statistics {
            posted,
            taken: removed - front.swept,
            refused: inbox.refused,
            swept: front.swept,
            letters,
            bytes,
            peak_letters: inbox.peak_letters,
            peak_bytes: inbox.peak_bytes,
        })
    }

    #[cfg(not(loom))]
    pub(crate) fn into_counted(self) -> Counted<Shared> {
        self.shared
    }

    #[cfg(not(loom))]
    pub(crate) fn from_counted(shared: Counted<Shared>) -> Self {
        Mailbox { shared }
    }
}

/// An idle mailbox is small: an engine has thousands.
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom)))]
const _: () = assert!(size_of::<CountedInner<Shared>>() <= 256);
/// Posters and takers write to different cache lines.
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom)))]
const _: () = {
    let queue = 8 + core::mem::offset_of!(Shared, queue);
    assert!(queue + core::mem::offset_of!(Queue, inbox) == 64);
    assert!(queue + core::mem::offset_of!(Queue, front) == 192);
};

impl Shared {
    #[inline]
    fn settle_after_removal(&self) {
        if self.queue.after_removal() {
            self.settle();
        }
    }

    /// Makes the descriptor readable or not, as the queue is now.
    #[cold]
    fn settle(&self) {
        self.signal.settle(|| {
            self.queue.len() != 0 || self.queue.inbox.lock().is_ok_and(|_inbox| self.queue.is_closed())
        });
    }

    #[cfg(not(loom))]
    fn forget(&self, weak: WeakPtr<Shared>) {
        if !self.name.is_empty() {
            registry::forget(&self.name, weak);
        }
    }

    #[cfg(loom)]
    fn forget(&self, _: WeakPtr<Shared>) {}
}

impl Retire for Shared {
    fn retire(&self, weak: WeakPtr<Shared>) {
        self.forget(weak);
    }
}

impl core::fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let name = format_args!("\"{}\"", self.shared.name.escape_ascii());
        formatter.debug_struct("Mailbox").field("name", &name).field("length", &self.len()).finish()
    }
}
