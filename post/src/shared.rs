//! State that the two threads of an office and its callers share.
//!
//! `send` takes letters from the proxies and publishes them; `receive` fetches letters and posts them to the served
//! mailboxes.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::carrier::{Carrier, CarrierError};
use crate::core::{Bell, Blob, Mailbox};
use crate::{Limits, Status};

/// Options of an office.
#[derive(Clone, Debug)]
pub struct Options {
    /// Gets the letters that have no receipt when the office closes or after `give_up`, and those that can never have
    /// one.
    pub returned: Option<Mailbox>,
    /// How many letters may wait in a proxy.
    pub max_letters: usize,
    /// How many bytes these letters may keep alive.
    pub max_queued_bytes: u64,
    /// How long a letter is offered before it is returned; `None`: without end.
    pub give_up: Option<Duration>,
    /// Limits for letters that arrive.
    pub limits: Limits,
}

impl Default for Options {
    /// 10 000 letters, 2 GiB, offered without end.
    fn default() -> Self {
        Options {
            returned: None,
            max_letters: 10_000,
            max_queued_bytes: 1 << 31,
            give_up: None,
            limits: Limits::DEFAULT,
        }
    }
}

/// Counts of letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Letters with a receipt.
    pub sent: u64,
    /// Letters that came into mailboxes.
    pub received: u64,
    /// Heads that were delivered again after all of their letters had been posted.
    pub duplicates: u64,
    /// Letters that broke a rule; they are not delivered again.
    pub malformed: u64,
    /// Letters beyond the limits, or that no mailbox here could ever hold; they are not delivered again.
    pub refused: u64,
    /// Letters that went to the mailbox `returned`.
    pub returned: u64,
    /// Letters that should have been returned, but that no mailbox took.
    pub lost: u64,
    /// How often letters were offered again.
    pub offered_again: u64,
    /// How often the store was full.
    pub full: u64,
    /// Letters without a receipt: in proxies, or in transit.
    pub waiting: u64,
}

#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) sent: AtomicU64,
    pub(crate) received: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) returned: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) offered_again: AtomicU64,
    pub(crate) full: AtomicU64,
}

pub(crate) fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

pub(crate) struct Shared {
    pub(crate) carrier: Arc<dyn Carrier>,
    pub(crate) options: Options,
    /// Distinguishes this office from all others, also from its own earlier runs.
    pub(crate) number: u64,
    pub(crate) tally: Tally,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(crate) struct State {
    /// All proxies that are open.
    pub(crate) proxies: HashMap<Vec<u8>, Mailbox>,
    /// The open proxies that the sender does not know yet.
    pub(crate) new_proxies: Vec<(Vec<u8>, Mailbox)>,
    pub(crate) served: HashMap<Vec<u8>, Served>,
    /// There may be letters that the sender has not seen.
    pub(crate) rung: bool,
    /// Letters that the sender has taken from the proxies.
    pub(crate) held: u64,
    /// The sender is taking letters that `held` does not count yet.
    pub(crate) taking: bool,
    /// No more letters are offered.
    pub(crate) ended: bool,
    /// Why the last offer failed.
    pub(crate) fault: Option<CarrierError>,
}

/// The mailbox of an address.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) mailbox: Mailbox,
    /// How many letters have ever entered it, if nobody but this office posts to it.
    pub(crate) entered: Arc<AtomicU64>,
}

impl Served {
    /// `others` may have the same mailbox under another address.
    pub(crate) fn new<'a>(mailbox: &Mailbox, mut others: impl Iterator<Item = &'a Served>) -> Served {
        if let Some(same) = others.find(|other| other.mailbox.is_same(mailbox)) {
            return same.clone();
        }
        // Letters that wait in it already are not ours; no count is ever this high.
        let entered = if mailbox.is_empty() { mailbox.passed().0 } else { u64::MAX / 2 };
        Served { mailbox: mailbox.clone(), entered: Arc::new(AtomicU64::new(entered)) }
    }

    /// Whether all letters that ever entered, since the mailbox is served, are from this office.
    fn is_ours_alone(&self) -> bool {
        self.mailbox.passed().0 == self.entered.load(Ordering::Relaxed)
    }

    /// Takes the letters back that wait in the mailbox, as long as nobody else posts to it; returns them, and whether
    /// none is left.
    pub(crate) fn take_back(&self, shared: &Shared) -> (VecDeque<Blob>, bool) {
        let mut letters = VecDeque::new();
        while self.is_ours_alone() {
            let Ok(letter) = self.mailbox.take(Some(Duration::ZERO)) else { return (letters, true) };
            if self.is_ours_alone() {
                letters.push_back(letter);
            } else if let Err(refused) = self.mailbox.post_urgent(letter) {
                // Another thread may have posted it, and there is no room any more.
                shared.give_back(refused.letter);
            }
        }
        (letters, false)
    }
}

impl Shared {
    pub(crate) fn new(carrier: Arc<dyn Carrier>, options: Options) -> Shared {
        Shared {
            carrier,
            options,
            number: number_of_its_own(),
            tally: Tally::default(),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes the threads that wait for it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.lock());
        self.changed.notify_all();
        outcome
    }

    /// Waits up to the timeout until the state satisfies the condition; returns whether it does.
    pub(crate) fn wait(&self, timeout: Option<Duration>, mut done: impl FnMut(&mut State) -> bool) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        loop {
            if done(&mut state) {
                return true;
            }
            state = match deadline {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// The proxy for an address; makes it if there is none. `NoMemory`.
    pub(crate) fn proxy(&self, address: &[u8]) -> Result<Mailbox, Status> {
        self.change(|state| {
            if let Some(proxy) = state.proxies.get(address) {
                return Ok(proxy.clone());
            }
            let proxy = Mailbox::new(self.options.max_letters, self.options.max_queued_bytes)?;
            state.proxies.insert(address.to_vec(), proxy.clone());
            state.new_proxies.push((address.to_vec(), proxy.clone()));
            state.rung = true;
            Ok(proxy)
        })
    }

    /// Returns a letter to its poster.
    pub(crate) fn give_back(&self, letter: Blob) {
        let taken = self.options.returned.as_ref().is_some_and(|returned| returned.post(letter).is_ok());
        count(if taken { &self.tally.returned } else { &self.tally.lost }, 1);
    }
}

/// Wakes the sender when a proxy has letters.
pub(crate) struct SenderBell(pub(crate) std::sync::Weak<Shared>);

impl Bell for SenderBell {
    fn ring(&self) {
        if let Some(shared) = self.0.upgrade() {
            shared.change(|state| state.rung = true);
        }
    }
}

/// A random number, which no other office has in all likelihood.
fn number_of_its_own() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    // The hasher's keys are random, and differ at each call.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    RandomState::new().hash_one((std::process::id(), now))
}
