//! The office that programs use. Its sender and its receiver have a thread each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Status;
use crate::carrier::{Carrier, CarrierError};
use crate::core::Mailbox;
use crate::receive::Receiver;
use crate::send::Sender;
use crate::shared::{Counts, Options, Served, Shared};

/// The longest address, in bytes.
pub const LONGEST_ADDRESS: usize = 64;

/// A post office. Any thread may call its methods.
pub struct Office {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    process: u32,
}

fn checked(address: &[u8]) -> Result<(), Status> {
    if address.is_empty() || address.len() > LONGEST_ADDRESS { Err(Status::InvalidArgument) } else { Ok(()) }
}

fn status_of(fault: CarrierError) -> Status {
    match fault {
        CarrierError::Later => Status::NotFound,
        CarrierError::Full => Status::LimitExceeded,
        CarrierError::Never | CarrierError::Missing => Status::Unsupported,
        CarrierError::Ended(status) => status,
    }
}

impl Office {
    /// Opens an office, which owns the carrier. `NoMemory`, also when no thread could be made; `Closed` for a carrier
    /// of the parent in a child of `fork`.
    pub fn open(carrier: Arc<dyn Carrier>, options: Options) -> Result<Office, Status> {
        if !carrier.is_of_this_process() {
            return Err(Status::Closed);
        }
        let shared = Arc::new(Shared::new(carrier, options));
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

    /// The proxy for an address: letters posted to it go there, in order. Further calls return the same proxy.
    /// `InvalidArgument` for an empty address, or one of more than 64 bytes; `Closed` in a child of `fork`;
    /// `NoMemory`.
    pub fn mailbox(&self, address: &[u8]) -> Result<Mailbox, Status> {
        checked(address)?;
        self.check_process()?;
        self.shared.proxy(address)
    }

    /// Delivers the letters for the address to the mailbox, of which the office keeps a handle. An address that is
    /// already served gets this mailbox instead. `InvalidArgument` as for [`Office::mailbox`]; `NotFound` when the
    /// carrier cannot reach its store; `Unsupported` when the store forbids it; `Closed` in a child of `fork`.
    pub fn serve(&self, address: &[u8], mailbox: &Mailbox) -> Result<(), Status> {
        checked(address)?;
        self.check_process()?;
        // First, so that no letter arrives without a mailbox.
        let before = {
            let mut state = self.shared.lock();
            let served = Served::new(mailbox, state.served.values());
            state.served.insert(address.to_vec(), served)
        };
        if before.is_none()
            && let Err(fault) = self.shared.carrier.serve(address, true)
        {
            // The old mailbox is dropped without the lock, because its letters may have release functions.
            let served = self.shared.lock().served.remove(address);
            drop(served);
            return Err(status_of(fault));
        }
        Ok(())
    }

    /// Waits up to the timeout, `None` without end, until all letters posted so far have a receipt or were returned.
    /// When some have none in time: `NotFound` if the store cannot be reached, `LimitExceeded` if it is full,
    /// otherwise `End`. `Closed` in a child of `fork`.
    pub fn flush(&self, timeout: Option<Duration>) -> Result<(), Status> {
        self.check_process()?;
        let mut fault = None;
        let done = self.shared.wait(timeout, |state| {
            fault = state.fault;
            !state.taking && state.held == 0 && state.proxies.values().all(Mailbox::is_empty)
        });
        if done {
            Ok(())
        } else if self.shared.carrier.is_reachable() {
            Err(fault.map_or(Status::End, status_of))
        } else {
            Err(Status::NotFound)
        }
    }

    /// The counts of letters.
    pub fn counts(&self) -> Counts {
        // First: a letter that gets its receipt meanwhile is counted twice rather than not at all.
        let waiting = self.waiting();
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
            waiting,
        }
    }

    fn waiting(&self) -> u64 {
        // In a child of `fork` the lock may be held for ever.
        if self.check_process().is_err() {
            return 0;
        }
        let mut waiting = 0;
        // Letters that the sender is just taking are in neither figure. It takes them without waiting.
        self.shared.wait(None, |state| {
            let queued: usize = state.proxies.values().map(Mailbox::len).sum();
            waiting = state.held + queued as u64;
            !state.taking
        });
        waiting
    }

    /// Ends the office after a [`Office::flush`]. Its proxies are closed, and letters without a receipt are returned.
    /// The status is that of the flush.
    pub fn close(mut self, timeout: Option<Duration>) -> Result<(), Status> {
        self.check_process()?;
        let outcome = self.flush(timeout);
        self.end();
        outcome
    }

    fn end(&mut self) {
        let proxies = self.shared.change(|state| {
            state.ended = true;
            core::mem::take(&mut state.proxies)
        });
        proxies.values().for_each(Mailbox::close);
        self.shared.carrier.interrupt();
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
        let (unknown, served) = self
            .shared
            .change(|state| (core::mem::take(&mut state.new_proxies), core::mem::take(&mut state.served)));
        drop(served);
        // Proxies that the sender never saw.
        for (_, proxy) in unknown {
            while let Ok(letter) = proxy.take(Some(Duration::ZERO)) {
                self.shared.give_back(letter);
            }
        }
    }

    /// A child of `fork` has none of the threads.
    fn check_process(&self) -> Result<(), Status> {
        if self.process == std::process::id() { Ok(()) } else { Err(Status::Closed) }
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if self.check_process().is_ok() {
            self.end();
        } else {
            // The threads are the parent's, and their locks may be held for ever.
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
