//! Fetches heads and parts from the stream.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Consumer, DeliverPolicy, pull};
use async_nats::{Message, StatusCode};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use serde::Deserialize;

use super::names::office_of;
use super::requests::{is_below, is_forbidden};
use super::{Came, Connection, NatsCarrier, lock};
use crate::Status;
use crate::carrier::{Arrival, CarrierError, PartsName};

/// How long one request for a head waits at the server.
const EXPIRES: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(200);
/// How many parts are requested at a time.
const WINDOW: usize = 16;
/// A part may be on one server of a cluster and not yet on the one that answers.
const LOOKS: u32 = 6;

impl NatsCarrier {
    pub(super) fn serve_address(&self, address: &[u8], serving: bool) -> Result<(), CarrierError> {
        let before = lock(&self.fetching).remove(address);
        if let Some(task) = &before {
            task.abort();
        }
        if !serving {
            // The receiver's thread. Afterwards the server no longer answers the request that the task made.
            if let Some(task) = before {
                drop(self.runtime().block_on(task));
            }
            return Ok(());
        }
        let (shared, owned) = (Arc::clone(&self.shared), address.to_vec());
        let (made, outcome) = std::sync::mpsc::channel();
        // On another thread: this one may belong to another runtime.
        self.runtime().spawn(async move {
            let _ = made.send(consumer(&shared, &owned).await);
        });
        let consumer = outcome.recv().unwrap_or(Err(CarrierError::Later))?;
        let (shared, owned, arrived) = (Arc::clone(&self.shared), address.to_vec(), self.arrived.clone());
        let task = self.runtime().spawn(fetch_for_ever(shared, owned, consumer, arrived));
        lock(&self.fetching).insert(address.to_vec(), task);
        Ok(())
    }

    pub(super) fn fetch_head(&self, wait: Duration) -> Option<Arrival> {
        self.purge();
        let came = lock(&self.arrivals).recv_timeout(wait).ok().flatten()?;
        let token = self.tokens.fetch_add(1, Ordering::Relaxed);
        let Message { subject, reply, payload, .. } = came.message;
        lock(&self.out).insert(token, reply?);
        Some(Arrival { address: came.address, office: office_of(&subject), head: payload.to_vec(), token })
    }

    /// Sends a word about a delivered head; `last` if it is the final one.
    pub(super) fn say(&self, arrival: &Arrival, word: &'static [u8], last: bool) {
        let reply = match last {
            true => lock(&self.out).remove(&arrival.token),
            false => lock(&self.out).get(&arrival.token).cloned(),
        };
        let Some(reply) = reply else { return };
        let client = self.shared.client.clone();
        let said = async move { client.publish(reply, Bytes::from_static(word)).await };
        if last {
            let _ =
                self.runtime().block_on(async { tokio::time::timeout(Duration::from_secs(1), said).await });
        } else {
            // Perhaps called while parts are fetched, on a thread that drives the network.
            self.runtime().spawn(said);
        }
    }

    pub(super) fn fetch_all(
        &self,
        name: &PartsName,
        count: u32,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Status>,
    ) -> Result<(), CarrierError> {
        let shared = &self.shared;
        self.runtime().block_on(async {
            let mut asked = FuturesOrdered::new();
            let mut next = 0;
            loop {
                while next < count && asked.len() < WINDOW {
                    asked.push_back(part(shared, shared.names.part(name, next)));
                    next += 1;
                }
                match asked.next().await {
                    None => return Ok(()),
                    Some(part) => take(&part?)?,
                }
            }
        })
    }
}

/// Makes the consumer of an address, or finds it.
async fn consumer(shared: &Connection, address: &[u8]) -> Result<Consumer<pull::Config>, CarrierError> {
    let name = shared.names.consumer(address);
    let request = format!("{}.{name}", shared.names.request("CONSUMER.CREATE"));
    lock(&shared.forbidden).retain(|subject| !is_below(subject, &request));
    let config = pull::Config {
        durable_name: Some(name),
        filter_subject: shared.names.heads(address),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        ack_wait: shared.acknowledge,
        // So that no letter overtakes one that is delivered again.
        max_ack_pending: 1,
        ..pull::Config::default()
    };
    let made = shared.jetstream.create_consumer_on_stream(config, &shared.names.stream);
    let mut connections = shared.connections.clone();
    let made = tokio::time::timeout(Duration::from_secs(5), made);
    let made = tokio::select! {
        made = made => made,
        // The server never answers a request that it forbids.
        () = is_forbidden(&shared.forbidden, &request, &mut connections) => return Err(CarrierError::Never),
    };
    match made {
        Ok(Ok(consumer)) => Ok(consumer),
        Ok(Err(error)) => match error.kind() {
            async_nats::jetstream::stream::ConsumerErrorKind::JetStream(_) => Err(CarrierError::Never),
            _ => Err(CarrierError::Later),
        },
        Err(_) => Err(CarrierError::Later),
    }
}

async fn fetch_for_ever(
    shared: Arc<Connection>,
    address: Vec<u8>,
    mut consumer: Consumer<pull::Config>,
    arrived: Sender<Option<Came>>,
) {
    let mut connections = shared.connections.clone();
    loop {
        connections.mark_unchanged();
        let next = tokio::select! {
            next = next_head(&consumer) => next,
            // The server forgets the request.
            _ = connections.changed() => Err(()),
        };
        match next {
            Ok(None) => end_missing_head(&shared, &address).await,
            Ok(Some(message)) => {
                if arrived.send(Some(Came { address: address.clone(), message })).is_err() {
                    return;
                }
            }
            // It may be lost with a server that had no store.
            Err(()) => loop {
                tokio::time::sleep(PAUSE).await;
                if let Ok(again) = self::consumer(&shared, &address).await {
                    consumer = again;
                    break;
                }
            },
        }
    }
}

/// What a consumer says of itself.
#[derive(Deserialize)]
struct State {
    delivered: Delivered,
    num_ack_pending: u64,
    num_pending: u64,
}

#[derive(Deserialize)]
struct Delivered {
    stream_seq: u64,
    consumer_seq: u64,
}

/// A server that was killed can have a consumer that waits for the acknowledgement of a head that is no longer in the
/// stream, and so delivers no other one. Ends that head's delivery.
async fn end_missing_head(shared: &Connection, address: &[u8]) {
    let (stream, consumer) = (&shared.names.stream, shared.names.consumer(address));
    let Some(information) = shared.may_ask(format!("{}.{consumer}", shared.names.request("CONSUMER.INFO")))
    else {
        return;
    };
    let Ok(answer) = shared.ask(information, None, Bytes::new()).await else { return };
    let Ok(state) = serde_json::from_slice::<State>(&answer.payload) else { return };
    if state.num_ack_pending == 0 || state.num_pending == 0 {
        return;
    }
    let Some(get) = shared.may_ask(shared.names.request("DIRECT.GET")) else { return };
    let Delivered { stream_seq, consumer_seq } = state.delivered;
    let by_number = serde_json::json!({ "seq": stream_seq }).to_string();
    let Ok(head) = shared.ask(get, None, by_number.into()).await else { return };
    if head.status == Some(StatusCode::NOT_FOUND) {
        let reply = format!("$JS.ACK.{stream}.{consumer}.1.{stream_seq}.{consumer_seq}.0.0");
        let _ = shared.client.publish(reply, Bytes::from_static(b"+TERM")).await;
    }
}

async fn next_head(consumer: &Consumer<pull::Config>) -> Result<Option<Message>, ()> {
    let asked = consumer.batch().max_messages(1).expires(EXPIRES).messages().await;
    let mut heads = asked.map_err(drop)?;
    match tokio::time::timeout(EXPIRES + Duration::from_secs(2), heads.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(message))) => Ok(Some(message.message)),
        Ok(Some(Err(_))) | Err(_) => Err(()),
    }
}

async fn part(shared: &Connection, subject: String) -> Result<Bytes, CarrierError> {
    let request = format!("{}.{subject}", shared.names.request("DIRECT.GET"));
    for look in 0..LOOKS {
        let answer = shared.ask(request.clone(), None, Bytes::new()).await?;
        match answer.status {
            None => return Ok(answer.payload),
            Some(StatusCode::NOT_FOUND) => {}
            Some(_) => return Err(CarrierError::Later),
        }
        tokio::time::sleep(Duration::from_millis(20 << look)).await;
    }
    Err(CarrierError::Missing)
}
