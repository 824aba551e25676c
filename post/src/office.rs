//! An office: what programs call. Its sender and its receiver have a thread each.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::Status;
use crate::carrier::{Carrier, Fault};
use crate::core::Mailbox;
use crate::receive::Receiver;
use crate::send::Sender;
use crate::shared::{Counts, Options, Shared};

/// The longest address, in bytes.
pub const LONGEST_ADDRESS: usize = 64;

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
        // First, so that a letter that gets its receipt meanwhile is not missing in both figures.
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
        // In a child of `fork` the lock may be one that nobody gives back.
        if self.check_process().is_err() {
            return 0;
        }
        let mut waiting = 0;
        // Letters that the sender is just taking are in neither figure. It takes them without waiting for anything.
        self.shared.wait(None, |state| {
            let queued: usize = state.proxies.values().map(Mailbox::len).sum();
            waiting = state.held + queued as u64;
            !state.taking
        });
        waiting
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
