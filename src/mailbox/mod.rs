//! Mailboxes: any thread posts letters (blobs), one takes them. Dropping the last handle destroys the letters still
//! queued, without decoding them.
//!
//! `queue` holds the letters (`letters`), with one lock for posters and one for takers (`short_lock`); those who wait
//! sleep by a `bell`; `ready` and `signal` tell schedulers and loops; `registry` knows names; `fork` keeps children
//! from waiting for threads that they do not have. Established queue crates abort when memory runs out; this queue
//! returns a status.

mod bell;
mod fork;
mod letters;
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
#[cfg(all(target_os = "linux", not(loom)))]
pub(crate) use fork::{generation, watch as watch_forks};
pub use outbox::Outbox;
#[cfg(not(loom))]
pub(crate) use outbox::post_all;
use queue::{Bounds, Found, Lane, Queue, WATCHED};
pub use ready::Ready;
use short_lock::Abandoned;
use signal::Signal;

/// A handle on a mailbox. Cloning adds a count; dropping the last handle destroys any undelivered letters.
#[derive(Clone)]
pub struct Mailbox {
    shared: Counted<Shared>,
}

/// In this order: the queue goes on where the line of the cache with the count and this ends.
#[repr(C)]
pub(crate) struct Shared {
    signal: Signal,
    /// Empty for a mailbox that is not registered.
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

/// What has passed through a mailbox, and what is in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Letters that were posted.
    pub posted: u64,
    /// Letters that were taken.
    pub taken: u64,
    /// Posts that were refused: full, closed, no memory.
    pub refused: u64,
    /// Letters that were dropped by [`Mailbox::sweep`].
    pub swept: u64,
    /// Letters that are queued now.
    pub letters: u64,
    /// The bytes that they keep alive.
    pub bytes: u64,
    /// The most letters that were ever queued.
    pub peak_letters: u64,
    /// The most bytes that were ever kept alive.
    pub peak_bytes: u64,
}

/// As more than this counts what a letter keeps alive, so that sums do not wrap: more than any memory has.
const MOST_BYTES: u64 = 1 << 48;

/// A lock that another thread held when this process was forked: the mailbox counts as closed.
impl From<Abandoned> for Status {
    fn from(_: Abandoned) -> Status {
        Status::Closed
    }
}

impl Mailbox {
    /// A mailbox of its own for `capacity` letters, 0 for no bound. `NoMemory`.
    pub fn new(capacity: usize) -> Result<Mailbox, Status> {
        Self::make(Bounds { letters: capacity as u64, bytes: 0 }, &[])
    }

    /// A new mailbox. `NoMemory`; `Busy` when an open one has that name.
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
        // Its capacity is its length, so nothing is allocated here.
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

    /// The open mailbox of this name in this process. Senders use this: a mailbox that a sender opened itself would
    /// destroy its letters when the sender drops it. `NotFound`; `InvalidArgument` for an empty name; `NoMemory`.
    #[cfg(not(loom))]
    pub fn find(name: &[u8]) -> Result<Mailbox, Status> {
        registry::find(name)
    }

    /// Puts a letter at the end of the queue and wakes a taker.
    #[inline]
    pub fn post(&self, letter: Blob) -> Result<(), NotPosted> {
        self.post_in(letter, Lane::Ordinary, true)
    }

    /// Queues a letter before all ordinary ones and after the urgent ones.
    pub fn post_urgent(&self, letter: Blob) -> Result<(), NotPosted> {
        self.post_in(letter, Lane::Urgent, true)
    }

    /// As [`Mailbox::post`]; waits for room as long as `timeout` says, `None` without end.
    ///
    /// `LimitExceeded` when there was none in time, and at once when there never will be for a letter of its bytes.
    pub fn post_wait(&self, letter: Blob, timeout: Option<Duration>) -> Result<(), NotPosted> {
        self.wait_and_post(letter, timeout)
    }

    /// The oldest letter, urgent ones first. Waits for one as long as `timeout` says; `None` waits without end.
    ///
    /// `End` when none came in time, `Closed` when the mailbox is closed and empty.
    #[inline]
    pub fn take(&self, timeout: Option<Duration>) -> Result<Blob, Status> {
        self.shared.take(timeout)
    }

    /// As [`Mailbox::take`], and then as many more as are there, into the vector's free capacity, which does not grow;
    /// how many. `InvalidArgument` when it has none.
    pub fn take_many(&self, letters: &mut Vec<Blob>, timeout: Option<Duration>) -> Result<usize, Status> {
        let room = letters.capacity() - letters.len();
        self.take_into(room, timeout, |letter| letters.push_in_room(letter))
    }

    /// As [`Mailbox::take_many`], each letter to `give`, which is called under the takers' lock.
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

    /// A descriptor that is readable while letters are queued or the mailbox is closed. The mailbox's own: it is not to
    /// be read, written or closed, and ends with the last handle.
    ///
    /// `LimitExceeded` when the process has no more descriptors, `NoMemory`, `Unsupported` where there are none.
    pub fn descriptor(&self) -> Result<i32, Status> {
        let descriptor = self.shared.signal.descriptor()?;
        // What is posted after this is seen to be watched, and what was posted before is seen by `settle`.
        let inbox = self.shared.queue.inbox.lock()?;
        self.shared.queue.set_flag(WATCHED, true);
        drop(inbox);
        self.shared.queue.wait_for_takers()?;
        self.shared.settle();
        Ok(descriptor)
    }

    /// Has the function called each time the mailbox turns from empty to not empty, by the poster, outside every lock,
    /// and now if letters are there. It may post and take, and must not wait. A mailbox has one at the most: the one
    /// before is removed, as with `None`, which waits until nobody is in a call of it any more; within such a call it does
    /// not wait, as two that removed each other's would for ever.
    ///
    /// `NoMemory`; `Closed` in a child that was forked while the mailbox was in use.
    pub fn notify(&self, ready: Option<Ready>) -> Result<(), Status> {
        // What is called may give up the handle that this call came by.
        let kept = self.clone();
        kept.shared.notify(ready)
    }

    /// Refuses letters from now on; those that are queued can still be taken. Gives up the name.
    pub fn close(&self) {
        self.shared.forget(self.shared.downgrade());
        let Ok(mut inbox) = self.shared.queue.inbox.lock() else { return };
        inbox.closed = true;
        inbox.waiting = 0;
        self.shared.queue.arrived.strike();
        drop(inbox);
        self.shared.queue.arrived.wake_all();
        self.shared.queue.changed.strike();
        self.shared.queue.changed.wake_all();
        self.shared.settle();
    }

    /// Drops all letters that are queued, without looking into them; how many.
    pub fn sweep(&self) -> usize {
        let Ok((letters, count)) = self.shared.queue.remove_all() else { return 0 };
        self.shared.settle_after_removal();
        drop(letters);
        count as usize
    }

    /// How many letters are queued. Exact while nobody posts or takes.
    pub fn len(&self) -> usize {
        self.shared.queue.len() as usize
    }

    /// Whether no letter is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it could ever hold a letter of that many bytes.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn could_hold(&self, letter: &Blob) -> bool {
        self.shared.queue.could_hold((letter.kept_bytes() as u64).min(MOST_BYTES))
    }

    /// Whether it refuses letters for ever.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.queue.inbox.lock().map_or(true, |inbox| inbox.closed)
    }

    /// What has gone through it, and what is in it. `Closed` in a child that was forked while it was in use.
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
/// What posters write and what takers write are in lines of their own.
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

    /// Has the descriptor say what is so.
    #[cold]
    fn settle(&self) {
        self.signal
            .settle(|| self.queue.len() != 0 || self.queue.inbox.lock().is_ok_and(|inbox| inbox.closed));
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
