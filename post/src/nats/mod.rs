//! The carrier over NATS JetStream.
//!
//! One stream keeps heads and parts: a work queue that refuses messages when it is full. Each address has one
//! consumer, which delivers one head at a time. Parts are read by subject after their head has arrived, and purged
//! when the letter is posted. `names` builds the subjects, `connect` makes the connection and the stream, `publish`
//! and `fetch` use them.

mod connect;
mod fetch;
mod names;
mod publish;
mod requests;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::Context;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::Status;
use crate::carrier::{Arrival, Carrier, CarrierError, HeadName, PartsName};
use crate::envelope::LetterChunk;
use names::Names;

/// How to reach a server, and which stream to use.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    /// The servers, separated by commas.
    pub servers: String,
    /// User and password.
    pub user: Option<(String, String)>,
    /// A token, instead of a user.
    pub token: Option<String>,
    /// A file of certificates that may have signed the server's, in addition to the system's.
    pub tls_authority: Option<String>,
    /// Files with the client's certificate and its key.
    pub tls_certificate: Option<(String, String)>,
    /// Refuse connections without TLS.
    pub tls_required: bool,
    /// The stream's name.
    pub stream: String,
    /// The prefix of its subjects.
    pub prefix: String,
    /// How many bytes the stream may have, if it is made.
    pub max_bytes: u64,
    /// On how many servers the stream is kept, if it is made.
    pub replicas: u32,
    /// For how long the server recognises what it has already stored, if the stream is made.
    pub duplicate_window: Duration,
    /// After how long without an answer from its receiver a head is delivered again.
    pub acknowledge: Duration,
    /// How long the first connection may take.
    pub connect: Duration,
}

impl Default for NatsOptions {
    fn default() -> Self {
        NatsOptions {
            servers: "localhost:4222".to_owned(),
            user: None,
            token: None,
            tls_authority: None,
            tls_certificate: None,
            tls_required: false,
            stream: "DRYSTONE".to_owned(),
            prefix: "drystone".to_owned(),
            max_bytes: 1 << 30,
            replicas: 1,
            duplicate_window: Duration::from_secs(120),
            acknowledge: Duration::from_secs(10),
            connect: Duration::from_secs(5),
        }
    }
}

/// The connection to the servers, and state that tasks and calls share.
struct Connection {
    client: Client,
    jetstream: Context,
    names: Names,
    acknowledge: Duration,
    /// Grows at each connection. Publishing abandons messages in transit when a connection ends.
    connections: watch::Receiver<u64>,
    interrupted: watch::Sender<bool>,
    /// Subjects to which the server has forbidden to publish.
    forbidden: Arc<Mutex<HashSet<String>>>,
}

/// A carrier over NATS JetStream.
pub struct NatsCarrier {
    /// Dropped last: it ends the tasks.
    runtime: Option<Runtime>,
    /// The process that made it; a child of `fork` has none of its threads.
    process: u32,
    shared: Arc<Connection>,
    capacity: Option<u64>,
    largest: usize,
    /// How many parts are in transit at a time.
    window: AtomicUsize,
    arrivals: Mutex<Receiver<Option<Came>>>,
    arrived: Sender<Option<Came>>,
    /// Where to send the acknowledgement of each delivered head.
    out: Mutex<HashMap<u64, async_nats::Subject>>,
    tokens: AtomicU64,
    fetching: Mutex<HashMap<Vec<u8>, JoinHandle<()>>>,
    /// Purges that are still to be done.
    purges: Mutex<Vec<String>>,
}

/// A head from a fetching task.
struct Came {
    address: Vec<u8>,
    message: async_nats::Message,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl NatsCarrier {
    fn runtime(&self) -> &tokio::runtime::Handle {
        // It exists until the carrier is dropped.
        self.runtime.as_ref().map_or_else(|| unreachable!(), Runtime::handle)
    }
}

impl Carrier for NatsCarrier {
    fn is_of_this_process(&self) -> bool {
        self.process == std::process::id()
    }

    fn largest(&self) -> usize {
        self.largest
    }

    fn capacity(&self) -> Option<u64> {
        self.capacity
    }

    fn is_reachable(&self) -> bool {
        self.is_connected()
    }

    fn publish_parts(
        &self,
        name: &PartsName,
        from: u32,
        count: u32,
        part: &mut dyn FnMut(u32) -> Result<LetterChunk, Status>,
    ) -> (u32, Result<(), CarrierError>) {
        self.publish_all(name, from, count, part)
    }

    fn has_parts(&self, name: &PartsName) -> Result<bool, CarrierError> {
        self.has_first_part(name)
    }

    fn publish_heads(&self, heads: &[(HeadName, Vec<u8>)]) -> Vec<Result<(), CarrierError>> {
        self.publish_each(heads)
    }

    fn discard(&self, name: &PartsName, _: u32) {
        lock(&self.purges).push(self.shared.names.all_parts(name));
        self.purge();
    }

    fn serve(&self, address: &[u8], serving: bool) -> Result<(), CarrierError> {
        self.serve_address(address, serving)
    }

    fn fetch(&self, wait: Duration) -> Option<Arrival> {
        self.fetch_head(wait)
    }

    fn fetch_parts(
        &self,
        name: &PartsName,
        count: u32,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Status>,
    ) -> Result<(), CarrierError> {
        self.fetch_all(name, count, take)
    }

    fn acknowledge(&self, arrival: &Arrival) {
        self.say(arrival, b"+ACK", true);
    }

    fn refuse(&self, arrival: &Arrival) {
        // At the end, when the server has forgotten the requests of this carrier: it would answer one of them.
        let ended = *self.shared.interrupted.borrow();
        self.say(arrival, if ended { br#"-NAK {"delay": 200000000}"# } else { b"-NAK" }, true);
    }

    fn extend(&self, arrival: &Arrival) {
        self.say(arrival, b"+WPI", false);
    }

    fn interrupt(&self) {
        self.shared.interrupted.send_replace(true);
        let _ = self.arrived.send(None);
    }

    fn patience(&self) -> Duration {
        self.shared.acknowledge
    }
}

impl NatsCarrier {
    /// In a child of `fork`: the threads are the parent's, and their locks may be held for ever.
    fn leave_to_parent(&mut self) {
        core::mem::forget(self.runtime.take());
        core::mem::forget(Arc::clone(&self.shared));
        let (arrived, arrivals) = std::sync::mpsc::channel();
        core::mem::forget(core::mem::replace(&mut self.arrived, arrived));
        core::mem::forget(core::mem::replace(&mut self.arrivals, Mutex::new(arrivals)));
        core::mem::forget(core::mem::take(&mut self.fetching));
    }
}

impl Drop for NatsCarrier {
    fn drop(&mut self) {
        if !self.is_of_this_process() {
            return self.leave_to_parent();
        }
        lock(&self.fetching).drain().for_each(|(_, task)| task.abort());
        let Some(runtime) = self.runtime.take() else { return };
        let client = self.shared.client.clone();
        // On another thread, as the caller's may belong to another runtime. Waits until the last messages have left.
        let end = move || {
            runtime.block_on(async {
                let _ = tokio::time::timeout(Duration::from_secs(1), client.flush()).await;
            });
            drop(client);
            runtime.shutdown_timeout(Duration::from_secs(5));
        };
        if let Ok(thread) = std::thread::Builder::new().name("post end".to_owned()).spawn(end) {
            let _ = thread.join();
        }
    }
}

impl core::fmt::Debug for NatsCarrier {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("NatsCarrier").field("names", &self.shared.names).finish_non_exhaustive()
    }
}
