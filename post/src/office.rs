//! An office: what the threads of a post office and its callers share.
//!
//! `send` takes letters from the proxies and publishes them, on a thread of its own; `receive` fetches letters and posts them to
//! the mailboxes that are served, on another one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::carrier::{Carrier, Fault};
use crate::core::{Bell, Blob, Mailbox};
use crate::receive::Receiver;
use crate::send::Sender;
use crate::{Limits, Status};

/// The longest address, in bytes.
pub const LONGEST_ADDRESS: usize = 64;

/// How an office is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where letters go that have no receipt when the office is closed, or too late, or that can have none.
    pub returned: Option<Mailbox>,
    /// How many letters may wait in a proxy.
    pub max_letters: usize,
    /// How many bytes they may keep alive.
    pub max_queued_bytes: u64,
    /// A letter that has been offered so long and has no receipt is returned; `None`: it is offered for ever.
    pub give_up: Option<Duration>,
    /// For what is received.
    pub limits: Limits,
}

impl Default for Options {
    /// 10 000 letters, 2 GiB, for ever.
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

/// What has gone through an office.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Letters with a receipt.
    pub sent: u64,
    /// Letters that came into mailboxes.
    pub received: u64,
    /// Heads that came again after all of their letters had been posted.
    pub duplicates: u64,
    /// Letters that broke a rule; they are not handed out again.
    pub malformed: u64,
    /// Letters beyond the limits, or that no mailbox here could ever hold; they are not handed out again.
    pub refused: u64,
    /// Letters that went to the mailbox for returned ones.
    pub returned: u64,
    /// Letters to be returned that no such mailbox took.
    pub lost: u64,
    /// How often letters were offered again.
    pub offered_again: u64,
    /// How often the store was full.
    pub full: u64,
    /// Letters that are in the proxies or on their way, without a receipt.
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
    /// Tells this office from all others, and from itself in another life.
    pub(crate) number: u64,
    pub(crate) tally: Tally,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(crate) struct State {
    /// All proxies that are open.
    pub(crate) proxies: HashMap<Vec<u8>, Mailbox>,
    /// Those of them that the sender does not know yet.
    pub(crate) new_proxies: Vec<(Vec<u8>, Mailbox)>,
    pub(crate) served: HashMap<Vec<u8>, Mailbox>,
    /// There may be letters that the sender has not seen.
    pub(crate) rung: bool,
    /// Letters that the sender has taken from the proxies.
    pub(crate) held: u64,
    /// The sender is between taking letters and saying so.
    pub(crate) taking: bool,
    /// No more letters are offered.
    pub(crate) ended: bool,
    /// The last offer failed by this.
    pub(crate) fault: Option<Fault>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells those who wait for it.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.lock());
        self.changed.notify_all();
        outcome
    }

    /// Waits until the state is so, as long as said; whether it is.
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

    /// A letter goes back to whoever posted it.
    pub(crate) fn give_back(&self, letter: Blob) {
        let taken = self.options.returned.as_ref().is_some_and(|returned| returned.post(letter).is_ok());
        count(if taken { &self.tally.returned } else { &self.tally.lost }, 1);
    }
}

/// Rings when a proxy has letters.
pub(crate) struct SenderBell(pub(crate) std::sync::Weak<Shared>);

impl Bell for SenderBell {
    fn ring(&self) {
        if let Some(shared) = self.0.upgrade() {
            shared.change(|state| state.rung = true);
        }
    }
}

/// A post office. Any thread makes calls on it.
pub struct Office {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    process: u32,
}

fn checked(address: &[u8]) -> Result<(), Status> {
    if address.is_empty() || address.len() > LONGEST_ADDRESS { Err(Status::InvalidArgument) } else { Ok(()) }
}

fn status_of(fault: Fault) -> Status {
    match fault {
        Fault::Later => Status::NotFound,
        Fault::Full => Status::LimitExceeded,
        Fault::Never | Fault::Missing => Status::Unsupported,
        Fault::Ended(status) => status,
    }
}

impl Office {
    /// An office over a carrier of its own. `NoMemory` when there can be no threads, too.
    pub fn open(carrier: Arc<dyn Carrier>, options: Options) -> Result<Office, Status> {
        let shared = Arc::new(Shared {
            carrier,
            options,
            number: number_of_its_own(),
            tally: Tally::default(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let mut office = Office { shared, threads: Vec::new(), process: std::process::id() };
        let (sender, receiver) = (Sender::new(&office.shared), Receiver::new(&office.shared));
        office.start("post sender", move || sender.run())?;
        office.start("post receiver", move || receiver.run())?;
        Ok(office)
    }

    fn start(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), Status> {
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(run);
        self.threads.push(thread.map_err(|_| Status::NoMemory)?);
        Ok(())
    }

    /// The proxy for an address: what is posted to it goes there, in order. Asking again gives the same one.
    /// `InvalidArgument` for no address, or one of more than 64 bytes; `Closed` in a child of `fork`; `NoMemory`.
    pub fn mailbox(&self, address: &[u8]) -> Result<Mailbox, Status> {
        checked(address)?;
        self.check_process()?;
        self.shared.change(|state| {
            if let Some(proxy) = state.proxies.get(address) {
                return Ok(proxy.clone());
            }
            let options = &self.shared.options;
            let proxy = Mailbox::new(options.max_letters, options.max_queued_bytes)?;
            state.proxies.insert(address.to_vec(), proxy.clone());
            state.new_proxies.push((address.to_vec(), proxy.clone()));
            state.rung = true;
            Ok(proxy)
        })
    }

    /// Letters to the address come into the mailbox, of which the office keeps a handle. An address that is served already
    /// has another mailbox from then on. `InvalidArgument` as for [`Office::mailbox`]; `NotFound` when the carrier does not
    /// reach its store; `Unsupported` when that forbids it; `Closed` in a child of `fork`.
    pub fn serve(&self, address: &[u8], mailbox: &Mailbox) -> Result<(), Status> {
        checked(address)?;
        self.check_process()?;
        // First, so that no letter comes for nobody.
        let before = self.shared.lock().served.insert(address.to_vec(), mailbox.clone());
        if before.is_none()
            && let Err(fault) = self.shared.carrier.serve(address, true)
        {
            // Whatever it has is dropped without the lock: release functions are not ours.
            let served = self.shared.lock().served.remove(address);
            drop(served);
            return Err(status_of(fault));
        }
        Ok(())
    }

    /// Waits until all letters that were posted before have a receipt, or were returned, as long as said, `None` without end.
    /// When some have none in time: `LimitExceeded` when the store is full, `NotFound` when it is not reached, else `End`.
    /// `Closed` in a child of `fork`.
    pub fn flush(&self, timeout: Option<Duration>) -> Result<(), Status> {
        self.check_process()?;
        let mut fault = None;
        let done = self.shared.wait(timeout, |state| {
            fault = state.fault;
            !state.taking && state.held == 0 && state.proxies.values().all(Mailbox::is_empty)
        });
        if done { Ok(()) } else { Err(fault.map_or(Status::End, status_of)) }
    }

    /// What has gone through it.
    pub fn counts(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let tally = &self.shared.tally;
        Counts {
            sent: get(&tally.sent),
            received: get(&tally.received),
            duplicates: get(&tally.duplicates),
            malformed: get(&tally.malformed),
            refused: get(&tally.refused),
            returned: get(&tally.returned),
            lost: get(&tally.lost),
            offered_again: get(&tally.offered_again),
            full: get(&tally.full),
            waiting: self.waiting(),
        }
    }

    fn waiting(&self) -> u64 {
        // In a child of `fork` the lock may be one that nobody gives back.
        if self.check_process().is_err() {
            return 0;
        }
        let state = self.shared.lock();
        let queued: usize = state.proxies.values().map(Mailbox::len).sum();
        state.held + queued as u64
    }

    /// Ends the office after [`Office::flush`]. Proxies are closed; letters without a receipt are returned. The status is that of the
    /// flush.
    pub fn close(mut self, timeout: Option<Duration>) -> Result<(), Status> {
        self.check_process()?;
        let outcome = self.flush(timeout);
        self.end();
        outcome
    }

    fn end(&mut self) {
        let (proxies, served) = self.shared.change(|state| {
            state.ended = true;
            (core::mem::take(&mut state.proxies), core::mem::take(&mut state.served))
        });
        drop(served);
        proxies.values().for_each(Mailbox::close);
        self.shared.carrier.interrupt();
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
        // Those that the sender never knew.
        let unknown = core::mem::take(&mut self.shared.lock().new_proxies);
        for (_, proxy) in unknown {
            while let Ok(letter) = proxy.take(Some(Duration::ZERO)) {
                self.shared.give_back(letter);
            }
        }
    }

    /// A child that `fork` made has none of the threads.
    fn check_process(&self) -> Result<(), Status> {
        if self.process == std::process::id() { Ok(()) } else { Err(Status::Closed) }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if self.check_process().is_ok() {
            self.end();
        } else {
            // The threads are the parent's, and whatever they had locked stays so.
            core::mem::forget(core::mem::take(&mut self.threads));
            core::mem::forget(Arc::clone(&self.shared));
        }
    }
}

impl core::fmt::Debug for Office {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Office").field("counts", &self.counts()).finish()
    }
}

/// Unlike that of any other office, as far as chance goes.
fn number_of_its_own() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    // The keys are the system's random ones, and differ by each call.
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    RandomState::new().hash_one((std::process::id(), now))
}
