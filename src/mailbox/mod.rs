//! Mailboxes: any thread posts letters (blobs), one takes them. The last handle sweeps what is still
//! queued, without looking into a letter.
//!
//! The queue is the standard library's `VecDeque` under its mutex: of the well-kept queues it is the one
//! that can say "no memory" instead of ending the process, and a post and a take of an uncontended mailbox
//! are two short critical sections.

#[cfg(not(loom))]
mod registry;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::Status;
use crate::blob::Blob;
use crate::counted::{Cell, Counted, Place, Retire};
use crate::sync::{Condvar, Mutex, MutexGuard, lock};

/// A handle on a mailbox. Cloning counts; the last one drops the letters that nobody took.
#[derive(Clone)]
pub struct Mailbox {
    shared: Counted<Shared>,
}

pub(crate) struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// 0 = unbounded.
    capacity: usize,
    /// Empty for a mailbox that is not registered.
    name: Vec<u8>,
}

struct State {
    letters: VecDeque<Blob>,
    closed: bool,
    /// How many threads wait for a letter: nobody is woken for nothing.
    waiting: usize,
}

/// Why a letter was not posted, and the letter, which is the caller's again.
#[derive(Debug)]
pub struct NotPosted {
    /// `Closed`, `LimitExceeded` (full) or `NoMemory`.
    pub status: Status,
    /// The letter.
    pub letter: Blob,
}

impl Mailbox {
    /// A mailbox of its own for `capacity` letters, 0 for no bound.
    pub fn new(capacity: usize) -> Result<Mailbox, Status> {
        Self::with_name(capacity, Vec::new())
    }

    fn with_name(capacity: usize, name: Vec<u8>) -> Result<Mailbox, Status> {
        let state = State { letters: VecDeque::new(), closed: false, waiting: 0 };
        let shared = Shared { state: Mutex::new(state), changed: Condvar::new(), capacity, name };
        Ok(Mailbox { shared: Counted::try_new(shared)? })
    }

    /// The mailbox of this name in this process: the one that is open and has a handle somewhere, or else
    /// a new one for `capacity` letters. Any bytes but none make a name.
    #[cfg(not(loom))]
    pub fn open(name: &[u8], capacity: usize) -> Result<Mailbox, Status> {
        registry::open(name, capacity)
    }

    /// Puts a letter at the end of the queue and wakes the taker.
    pub fn post(&self, letter: Blob) -> Result<(), NotPosted> {
        let mut state = lock(&self.shared.state);
        let refusal = if state.closed {
            Some(Status::Closed)
        } else if self.shared.capacity != 0 && state.letters.len() >= self.shared.capacity {
            Some(Status::LimitExceeded)
        } else {
            state.letters.try_reserve(1).err().map(Status::from)
        };
        if let Some(status) = refusal {
            return Err(NotPosted { status, letter });
        }
        state.letters.push_back(letter);
        let wake = state.waiting != 0;
        drop(state);
        if wake {
            self.shared.changed.notify_one();
        }
        Ok(())
    }

    /// The oldest letter. Waits for one as long as `timeout` says; `None` waits without end.
    ///
    /// `End` when none came in time, `Closed` when there is none and never will be.
    pub fn take(&self, timeout: Option<Duration>) -> Result<Blob, Status> {
        let mut state = lock(&self.shared.state);
        // No deadline also for one that lies beyond the clock's range.
        let mut deadline = None;
        loop {
            if let Some(letter) = state.letters.pop_front() {
                return Ok(letter);
            }
            if state.closed {
                return Err(Status::Closed);
            }
            let left = match timeout {
                None => None,
                Some(timeout) => {
                    let now = Instant::now();
                    match *deadline.get_or_insert_with(|| now.checked_add(timeout)) {
                        None => None,
                        Some(end) if end <= now => return Err(Status::End),
                        Some(end) => Some(end - now),
                    }
                }
            };
            state = self.wait(state, left);
        }
    }

    fn wait<'a>(&'a self, mut state: MutexGuard<'a, State>, left: Option<Duration>) -> MutexGuard<'a, State> {
        state.waiting += 1;
        let mut state = match left {
            None => self.shared.changed.wait(state).unwrap_or_else(|poisoned| poisoned.into_inner()),
            Some(left) => {
                self.shared
                    .changed
                    .wait_timeout(state, left)
                    .unwrap_or_else(|poisoned| poisoned.into_inner())
                    .0
            }
        };
        state.waiting -= 1;
        state
    }

    /// Refuses letters from now on; those that are queued can still be taken. Gives up the name.
    pub fn close(&self) {
        self.shared.forget(self.shared.place());
        lock(&self.shared.state).closed = true;
        self.shared.changed.notify_all();
    }

    /// How many letters are queued.
    pub fn len(&self) -> usize {
        lock(&self.shared.state).letters.len()
    }

    /// Whether no letter is queued.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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

/// What C has a pointer to.
#[cfg(not(loom))]
pub(crate) type RawMailbox = Cell<Shared>;

impl Shared {
    #[cfg(not(loom))]
    fn forget(&self, place: Place<Shared>) {
        if !self.name.is_empty() {
            registry::forget(&self.name, place);
        }
    }

    #[cfg(loom)]
    fn forget(&self, _: Place<Shared>) {}
}

impl Retire for Shared {
    fn retire(&self, place: Place<Shared>) {
        self.forget(place);
    }
}

impl core::fmt::Debug for Mailbox {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let name = format_args!("\"{}\"", self.shared.name.escape_ascii());
        formatter.debug_struct("Mailbox").field("name", &name).field("length", &self.len()).finish()
    }
}
