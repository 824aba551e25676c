//! The connection and the stream.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use async_nats::jetstream::{self, Context, ErrorCode};
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr, ServerError};
use tokio::sync::watch;

use super::names::Names;
use super::requests::is_forbidden;
use super::{Connection, NatsCarrier, NatsOptions, lock};
use crate::Status;

/// After three of these intervals without an answer a connection counts as lost.
const SIGN_OF_LIFE: Duration = Duration::from_secs(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The part of the server's largest message that is reserved for headers: half of a small message.
const FOR_HEADERS: usize = 8 * 1024;
/// The smallest largest message of a server. Headers have less than half of it.
const LEAST_PAYLOAD: usize = 4 * 1024;
const MOST_FORBIDDEN: usize = 1024;
const MOST_REPLICAS: u32 = 5;
/// How often to look for a stream that cannot be made.
const ATTEMPTS: u32 = 7;

impl NatsCarrier {
    /// Connects, and makes the stream if it does not exist.
    ///
    /// `InvalidArgument`, `NotFound`, `Closed`, `Unsupported`, `LimitExceeded`, `NoMemory`: see `post_carrier_nats`.
    pub fn connect(options: &NatsOptions) -> Result<NatsCarrier, Status> {
        let names = Names { stream: options.stream.clone(), prefix: options.prefix.clone() };
        check_names(&names)?;
        check_values(options)?;
        let servers: Result<Vec<ServerAddr>, _> =
            options.servers.split(',').map(|one| one.trim().parse()).collect();
        let servers = servers.map_err(|_| Status::InvalidArgument)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("post network")
            .enable_all()
            .build()
            .map_err(|_| Status::NoMemory)?;

        let (connected, connections) = watch::channel(0);
        let forbidden = Arc::new(Mutex::new(HashSet::new()));
        let connect = connect_options(options, connected, Arc::clone(&forbidden));
        let (timeout, wanted) = (options.connect, config(options, &names));
        let refused = (Arc::clone(&forbidden), connections.clone(), names.clone());
        // On another thread: this one may belong to another runtime.
        let (made, outcome) = std::sync::mpsc::channel();
        runtime.spawn(async move {
            let _ = made.send(connect_and_make(connect, servers, timeout, wanted, refused).await);
        });
        let outcome = outcome.recv().unwrap_or(Err(Status::NotFound));
        let (client, jetstream, capacity, largest) = match outcome {
            Ok(made) => made,
            Err(status) => {
                runtime.shutdown_background();
                return Err(status);
            }
        };
        let acknowledge = options.acknowledge;
        let (interrupted, _) = watch::channel(false);
        let shared =
            Connection { client, jetstream, names, acknowledge, connections, interrupted, forbidden };
        let (arrived, arrivals) = std::sync::mpsc::channel();
        Ok(NatsCarrier {
            runtime: Some(runtime),
            process: std::process::id(),
            shared: Arc::new(shared),
            capacity,
            largest,
            window: AtomicUsize::new(8),
            arrivals: Mutex::new(arrivals),
            arrived,
            out: Mutex::new(HashMap::new()),
            tokens: AtomicU64::new(1),
            fetching: Mutex::new(HashMap::new()),
            purges: Mutex::new(Vec::new()),
        })
    }
}

impl NatsCarrier {
    /// The name of the server that leads the stream, in a cluster. For tests.
    pub fn leader(&self) -> Option<String> {
        let (jetstream, stream) = (self.shared.jetstream.clone(), self.shared.names.stream.clone());
        let (made, outcome) = std::sync::mpsc::channel();
        self.runtime().spawn(async move {
            let stream = jetstream.get_stream(&stream).await.ok();
            let _ = made.send(stream.and_then(|stream| stream.cached_info().cluster.clone()?.leader));
        });
        outcome.recv().ok().flatten()
    }
}

/// Checks that the names can be used in subjects and streams.
fn check_names(names: &Names) -> Result<(), Status> {
    let word = |word: &str| {
        let good = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        !word.is_empty() && word.len() <= 100 && word.chars().all(good)
    };
    let good = word(&names.stream) && names.prefix.len() <= 100 && names.prefix.split('.').all(word);
    if good { Ok(()) } else { Err(Status::InvalidArgument) }
}

/// Checks that a cluster can have the replicas and that the files exist.
fn check_values(options: &NatsOptions) -> Result<(), Status> {
    let certificate = options.tls_certificate.iter().flat_map(|(certificate, key)| [certificate, key]);
    let mut files = options.tls_authority.iter().chain(certificate);
    let good = (1..=MOST_REPLICAS).contains(&options.replicas)
        && files.all(|file| std::fs::metadata(file).is_ok_and(|file| file.is_file()));
    if good { Ok(()) } else { Err(Status::InvalidArgument) }
}

fn connect_options(
    options: &NatsOptions,
    connected: watch::Sender<u64>,
    forbidden: Arc<Mutex<HashSet<String>>>,
) -> ConnectOptions {
    let note = move |event: Event| {
        match event {
            // In either case messages in transit may be lost.
            Event::Connected | Event::Disconnected => connected.send_modify(|number| *number += 1),
            Event::ServerError(ServerError::Other(text)) => {
                let mut forbidden = lock(&forbidden);
                if let Some(subject) = forbidden_subject(&text)
                    && forbidden.len() < MOST_FORBIDDEN
                {
                    forbidden.insert(subject);
                    drop(forbidden);
                    connected.send_modify(|number| *number += 1);
                }
            }
            _ => {}
        }
        core::future::ready(())
    };
    let mut connect = ConnectOptions::new()
        .name("drystone post")
        .ping_interval(SIGN_OF_LIFE)
        .connection_timeout(options.connect)
        .reconnect_delay_callback(|attempts| {
            Duration::from_millis(10).saturating_mul(1 << attempts.min(10)).min(LONGEST_PAUSE)
        })
        .require_tls(options.tls_required)
        .event_callback(note);
    if let Some((user, password)) = &options.user {
        connect = connect.user_and_password(user.clone(), password.clone());
    }
    if let Some(token) = &options.token {
        connect = connect.token(token.clone());
    }
    if let Some(file) = &options.tls_authority {
        connect = connect.add_root_certificates(file.into());
    }
    if let Some((certificate, key)) = &options.tls_certificate {
        connect = connect.add_client_certificate(certificate.into(), key.into());
    }
    connect
}

/// The subject of "Permissions Violation for Publish to "SUBJECT"", in upper or lower case.
fn forbidden_subject(text: &str) -> Option<String> {
    let start = text.to_ascii_lowercase().find("violation for publish to \"")?;
    text.get(start..)?.split('"').nth(1).map(str::to_owned)
}

fn config(options: &NatsOptions, names: &Names) -> Config {
    Config {
        name: names.stream.clone(),
        subjects: vec![names.everything()],
        retention: RetentionPolicy::WorkQueue,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        max_bytes: i64::try_from(options.max_bytes).unwrap_or(i64::MAX),
        num_replicas: options.replicas as usize,
        duplicate_window: options.duplicate_window,
        allow_direct: true,
        ..Config::default()
    }
}

async fn connect_and_make(
    connect: ConnectOptions,
    servers: Vec<ServerAddr>,
    timeout: Duration,
    wanted: Config,
    (forbidden, mut connections, names): (Arc<Mutex<HashSet<String>>>, watch::Receiver<u64>, Names),
) -> Result<(Client, Context, Option<u64>, usize), Status> {
    let client = tokio::time::timeout(timeout.saturating_mul(2), connect.connect(servers)).await;
    let client = client.map_err(|_| Status::NotFound)?.map_err(|error| match error.kind() {
        ConnectErrorKind::ServerParse => Status::InvalidArgument,
        ConnectErrorKind::Authentication
        | ConnectErrorKind::AuthorizationViolation
        | ConnectErrorKind::Tls => Status::Closed,
        _ if is_refusal(&error) => Status::Closed,
        _ => Status::NotFound,
    })?;
    let largest = largest(client.max_payload())?;
    let mut jetstream = jetstream::new(client.clone());
    jetstream.set_timeout(timeout);
    let (information, creation) = (names.request("STREAM.INFO"), names.request("STREAM.CREATE"));
    let mut again = connections.clone();
    let capacity = tokio::select! {
        capacity = stream(&jetstream, wanted) => capacity?,
        () = is_forbidden(&forbidden, &information, &mut connections) => return Err(Status::Unsupported),
        () = is_forbidden(&forbidden, &creation, &mut again) => return Err(Status::Unsupported),
    };
    Ok((client, jetstream, capacity, largest))
}

/// The largest part or head, from the server's largest message.
fn largest(max_payload: usize) -> Result<usize, Status> {
    if max_payload < LEAST_PAYLOAD {
        return Err(Status::LimitExceeded);
    }
    Ok((max_payload - FOR_HEADERS.min(max_payload / 2)).min(crate::carrier::PART_BYTES))
}

/// The client reports a failed handshake as an I/O error.
fn is_refusal(error: &(dyn core::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(std::io::ErrorKind::InvalidData)) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Finds the stream, or makes it; returns its capacity in bytes.
async fn stream(jetstream: &Context, wanted: Config) -> Result<Option<u64>, Status> {
    let subject = wanted.subjects.first().cloned().unwrap_or_default();
    let mut made = Err(Status::NotFound);
    for attempt in 0..ATTEMPTS {
        match jetstream.get_stream(&wanted.name).await {
            Ok(stream) => made = Ok(stream),
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                    made = jetstream.create_stream(&wanted).await.map_err(|error| status_of_making(&error));
                }
                GetStreamErrorKind::JetStream(error) => made = Err(status_of(error.error_code())),
                _ => return Err(Status::NotFound),
            },
        }
        // A server may refuse to make a stream that another client is making at the moment: then it is found soon.
        if !matches!(made, Err(Status::InvalidArgument)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5 << attempt)).await;
    }
    let found = made?;
    let config = &found.cached_info().config;
    let fits = config.retention == RetentionPolicy::WorkQueue
        && config.discard == DiscardPolicy::New
        && config.allow_direct
        && config.subjects.contains(&subject);
    if fits { Ok(u64::try_from(config.max_bytes).ok()) } else { Err(Status::InvalidArgument) }
}

fn status_of(code: ErrorCode) -> Status {
    match code {
        ErrorCode::INSUFFICIENT_RESOURCES
        | ErrorCode::STORAGE_RESOURCES_EXCEEDED
        | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED => Status::LimitExceeded,
        ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => Status::NotFound,
        ErrorCode::CLUSTER_NOT_AVAILABLE => Status::NotFound,
        _ => Status::InvalidArgument,
    }
}

fn status_of_making(error: &jetstream::context::CreateStreamError) -> Status {
    match error.kind() {
        jetstream::context::CreateStreamErrorKind::JetStream(error) => status_of(error.error_code()),
        jetstream::context::CreateStreamErrorKind::TimedOut => Status::Unsupported,
        _ => Status::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;

    #[test]
    fn what_the_server_says_of_a_subject() {
        let text = r#"Permissions Violation for Publish to "drystone.h.a.1""#;
        assert_eq!(forbidden_subject(text).as_deref(), Some("drystone.h.a.1"));
        assert_eq!(forbidden_subject(r#"Permissions Violation for Subscription to "x""#), None);
        assert_eq!(forbidden_subject(""), None);
    }

    /// A server that refuses to make a stream, and has it when asked again. Returns what it was asked.
    fn server_that_has_it_later(listener: &TcpListener, stream: &Config) -> Vec<String> {
        let (mut peer, _) = listener.accept().unwrap();
        let about = r#"{"server_id":"A","version":"2.9.10","proto":1,"headers":true,"max_payload":1048576}"#;
        write!(peer, "INFO {about}\r\n").unwrap();
        let mut lines = BufReader::new(peer.try_clone().unwrap()).lines().map_while(Result::ok);
        let (mut subscription, mut asked) = (String::new(), Vec::new());
        while let Some(line) = lines.next() {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["PING"] => peer.write_all(b"PONG\r\n").unwrap(),
                ["SUB", _, number] => number.clone_into(&mut subscription),
                ["PUB", subject, reply, _] => {
                    lines.next();
                    let number = asked.len();
                    asked.push(subject.to_owned());
                    let refusal = |code, number| {
                        format!(
                            r#"{{"type":"","error":{{"code":{code},"err_code":{number},"description":""}}}}"#
                        )
                    };
                    let answer = match number {
                        0 | 2 => refusal(404, 10_059),
                        1 | 3 => refusal(400, 10_049),
                        _ => format!(
                            r#"{{"config":{},"created":"2026-01-01T00:00:00Z","state":{{"messages":0,"bytes":0,
                            "first_seq":0,"first_ts":"2026-01-01T00:00:00Z","last_seq":0,
                            "last_ts":"2026-01-01T00:00:00Z","consumer_count":0}}}}"#,
                            serde_json::to_string(stream).unwrap()
                        ),
                    };
                    write!(peer, "MSG {reply} {subscription} {}\r\n{answer}\r\n", answer.len()).unwrap();
                }
                _ => {}
            }
        }
        asked
    }

    #[test]
    fn another_client_makes_the_stream_at_the_same_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let servers = listener.local_addr().unwrap().to_string();
        let options = NatsOptions { servers, ..NatsOptions::default() };
        let names = Names { stream: options.stream.clone(), prefix: options.prefix.clone() };
        let stream = config(&options, &names);
        let server = std::thread::spawn(move || server_that_has_it_later(&listener, &stream));
        let carrier = NatsCarrier::connect(&options).map(drop);
        let (information, creation) = (names.request("STREAM.INFO"), names.request("STREAM.CREATE"));
        let expected = [&information, &creation, &information, &creation, &information];
        assert_eq!(server.join().unwrap().iter().collect::<Vec<_>>(), expected);
        assert_eq!(carrier, Ok(()));
    }

    #[test]
    fn parts_are_never_tiny() {
        assert_eq!(largest(1 << 20), Ok(crate::carrier::PART_BYTES));
        assert_eq!(largest(64 * 1024), Ok(56 * 1024));
        for small in [8 * 1024 + 1, 8 * 1024, 4 * 1024] {
            assert!(largest(small).unwrap() >= small / 2, "{small}");
        }
        assert_eq!(largest(4 * 1024 - 1), Err(Status::LimitExceeded));
    }
}
