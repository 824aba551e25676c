//! Publishes parts and heads to the stream.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_nats::connection::State;
use async_nats::jetstream::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use super::{NatsCarrier, lock};
use crate::Status;
use crate::carrier::{CarrierError, HeadName, PartsName};
use crate::envelope::LetterChunk;

/// How many parts are in transit at a time: 16 MiB.
const WIDEST: usize = 32;
const FIRST: usize = 8;
/// A slower receipt narrows the window, so that a slow connection has room for keep-alive messages.
const SLOW: Duration = Duration::from_secs(1);

impl NatsCarrier {
    pub(super) fn is_connected(&self) -> bool {
        self.has_connection() && !*self.shared.interrupted.borrow()
    }

    fn has_connection(&self) -> bool {
        self.shared.client.connection_state() == State::Connected
    }

    pub(super) fn publish_all(
        &self,
        name: &PartsName,
        from: u32,
        count: u32,
        part: &mut dyn FnMut(u32) -> Result<LetterChunk, Status>,
    ) -> (u32, Result<(), CarrierError>) {
        // Otherwise messages would pile up in the client.
        if !self.is_connected() {
            return (from, Err(CarrierError::Later));
        }
        let shared = &self.shared;
        self.runtime().block_on(async {
            let (mut stored, mut next) = (from, from);
            let mut on_their_way = FuturesOrdered::new();
            let mut window = self.window.load(Ordering::Relaxed).max(FIRST / 4);
            loop {
                while next < count && on_their_way.len() < window {
                    let bytes = match part(next) {
                        Ok(chunk) => Bytes::from_owner(chunk),
                        Err(status) => return (stored, Err(status.into())),
                    };
                    let subject = shared.names.part(name, next);
                    let since = Instant::now();
                    on_their_way.push_back(async move {
                        let identity = subject.clone();
                        shared.store(subject, identity, bytes).await.map(|()| since.elapsed())
                    });
                    next += 1;
                }
                match on_their_way.next().await {
                    None => return (stored, Ok(())),
                    Some(Ok(took)) => {
                        stored += 1;
                        window = if took > SLOW { (window / 2).max(2) } else { (window + 1).min(WIDEST) };
                        self.window.store(window, Ordering::Relaxed);
                    }
                    Some(Err(fault)) => return (stored, Err(fault)),
                }
            }
        })
    }

    pub(super) fn has_first_part(&self, name: &PartsName) -> Result<bool, CarrierError> {
        #[derive(serde::Deserialize)]
        struct Information {
            state: Subjects,
        }
        #[derive(serde::Deserialize)]
        struct Subjects {
            #[serde(default)]
            subjects: Option<HashMap<String, u64>>,
        }
        if !self.is_connected() {
            return Err(CarrierError::Later);
        }
        // The one request that every sender may make.
        let request = serde_json::json!({ "subjects_filter": self.shared.names.part(name, 0) }).to_string();
        let subject = self.shared.names.request("STREAM.INFO");
        let answer = self.runtime().block_on(self.shared.ask(subject, None, request.into()))?;
        match serde_json::from_slice::<Response<Information>>(&answer.payload) {
            Ok(Response::Ok(found)) => Ok(found.state.subjects.is_some_and(|subjects| !subjects.is_empty())),
            Ok(Response::Err { .. }) | Err(_) => Err(CarrierError::Later),
        }
    }

    pub(super) fn publish_each(&self, heads: &[(HeadName, Vec<u8>)]) -> Vec<Result<(), CarrierError>> {
        if !self.is_connected() {
            return heads.iter().map(|_| Err(CarrierError::Later)).collect();
        }
        let names = &self.shared.names;
        self.runtime().block_on(async {
            let one = |(name, head): &(HeadName, Vec<u8>)| {
                let (subject, identity) = (names.head(name), names.head_identity(name));
                self.shared.store(subject, identity, Bytes::from(head.clone()))
            };
            heads.iter().map(one).collect::<FuturesOrdered<_>>().collect().await
        })
    }

    /// Does the pending purges; failed ones are repeated another time.
    pub(super) fn purge(&self) {
        let all = core::mem::take(&mut *lock(&self.purges));
        if all.is_empty() {
            return;
        }
        let subject = self.shared.names.request("STREAM.PURGE");
        let left = self.runtime().block_on(async {
            let mut left = VecDeque::from(all);
            // After a failure the others wait, too, so that a server that is silent delays the caller once.
            while let Some(filter) = left.front()
                && self.has_connection()
            {
                let request = serde_json::json!({ "filter": filter }).to_string();
                if self.shared.ask_at_the_end(subject.clone(), request.into()).await.is_err() {
                    break;
                }
                left.pop_front();
            }
            left
        });
        lock(&self.purges).extend(left);
    }
}
