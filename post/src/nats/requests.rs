//! Requests to the server, and what their failures mean.

use async_nats::client::{Request, RequestErrorKind};
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::response::Response;
use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use serde::Deserialize;
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;
use tokio::sync::watch;

use super::{Connection, lock};
use crate::carrier::CarrierError;

/// How long to wait for an answer; a connection that ends is noticed sooner.
const PATIENCE: Duration = Duration::from_secs(20);
/// How much longer than the carrier's interruption a request lasts that must not be left out.
const AT_THE_END: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
pub(super) struct Anything {}

impl Connection {
    /// The answer to a request; `Later` when none came, the connection ended, or the carrier is interrupted.
    pub(super) async fn ask(
        &self,
        subject: String,
        headers: Option<HeaderMap>,
        payload: Bytes,
    ) -> Result<Message, CarrierError> {
        self.ask_until(Duration::ZERO, subject, headers, payload).await
    }

    /// The same, also of a carrier that is interrupted: an office that closes still removes the parts of taken letters.
    pub(super) async fn ask_at_the_end(
        &self,
        subject: String,
        payload: Bytes,
    ) -> Result<Message, CarrierError> {
        self.ask_until(AT_THE_END, subject, None, payload).await
    }

    /// The request may last that much longer than the interruption.
    async fn ask_until(
        &self,
        longer: Duration,
        subject: String,
        headers: Option<HeaderMap>,
        payload: Bytes,
    ) -> Result<Message, CarrierError> {
        let mut request = Request::new().payload(payload).timeout(Some(PATIENCE));
        if let Some(headers) = headers {
            request = request.headers(headers);
        }
        let mut connections = self.connections.clone();
        let mut interrupted = self.interrupted.subscribe();
        connections.mark_unchanged();
        let end = async {
            let _ = interrupted.wait_for(|interrupted| *interrupted).await;
            tokio::time::sleep(longer).await;
        };
        tokio::select! {
            answer = self.client.send_request(subject, request) => answer.map_err(|error| match error.kind() {
                RequestErrorKind::MaxPayloadExceeded | RequestErrorKind::InvalidSubject => CarrierError::Never,
                _ => CarrierError::Later,
            }),
            _ = connections.changed() => Err(CarrierError::Later),
            () = end => Err(CarrierError::Later),
        }
    }

    /// The subject, unless the server has forbidden to publish to it.
    pub(super) fn may_ask(&self, subject: String) -> Option<String> {
        (!lock(&self.forbidden).contains(&subject)).then_some(subject)
    }

    /// Stores a message, once.
    pub(super) async fn store(
        &self,
        subject: String,
        identity: String,
        payload: Bytes,
    ) -> Result<(), CarrierError> {
        let mut headers = HeaderMap::new();
        headers.insert(async_nats::header::NATS_MESSAGE_ID, identity.as_str());
        let answer = self.ask(subject.clone(), Some(headers), payload).await;
        let answer = match answer {
            // The server never answers a message that it forbids.
            Err(CarrierError::Later) if lock(&self.forbidden).contains(&subject) => {
                return Err(CarrierError::Never);
            }
            answer => answer?,
        };
        match serde_json::from_slice::<Response<Anything>>(&answer.payload) {
            Ok(Response::Ok(_)) => Ok(()),
            Ok(Response::Err { error }) => Err(fault_of(error.error_code())),
            Err(_) => Err(CarrierError::Later),
        }
    }
}

/// Waits until the server forbids to publish to the subject, or to one below it. It never answers such a request.
pub(super) async fn is_forbidden(
    forbidden: &Mutex<HashSet<String>>,
    request: &str,
    connections: &mut watch::Receiver<u64>,
) {
    loop {
        connections.mark_unchanged();
        if lock(forbidden).iter().any(|subject| is_below(subject, request)) {
            return;
        }
        if connections.changed().await.is_err() {
            return core::future::pending().await;
        }
    }
}

/// Whether the subject is this one, or one below it.
pub(super) fn is_below(subject: &str, above: &str) -> bool {
    subject.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn fault_of(code: ErrorCode) -> CarrierError {
    match code {
        ErrorCode::STREAM_STORE_FAILED
        | ErrorCode::INSUFFICIENT_RESOURCES
        | ErrorCode::STORAGE_RESOURCES_EXCEEDED
        | ErrorCode::MEMORY_RESOURCES_EXCEEDED
        | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED => CarrierError::Full,
        ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM => CarrierError::Never,
        _ => CarrierError::Later,
    }
}
