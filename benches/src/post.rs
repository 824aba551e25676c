//! Letters between machines: 64 MB through NATS JetStream, compared with a bare client of the same server.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::{self, consumer, stream};
use drystone::Blob;
use drystone::wota::Writer;
use drystone_post::nats::{NatsCarrier, NatsOptions};
use drystone_post::{Mailbox, Office, Options};
use futures_util::{StreamExt, TryStreamExt};
use tokio::runtime::Runtime;

use crate::measure::Group;
use crate::report::Report;

const SIZE: usize = 1 << 26;
const PART: usize = 512 * 1024;
/// The number of parts on their way at a time, as with an office.
const WINDOW: usize = 32;

/// Adds the tables if there is a server.
pub(crate) fn add(report: &mut Report) {
    let Some(server) = Server::start() else {
        report.note("no nats-server: letters between machines are not measured here");
        return;
    };
    report.note(format!("letters between machines: {} on this one", server.version));
    let (office, bare) = (Offices::new(&server.address), Bare::new(&server.address));
    let mut group = Group::new("64 MB through NATS JetStream, there").of_bytes(SIZE).of_rounds(7);
    group.add("bare client: parts stored, then fetched", || bare.one_after_the_other());
    group.add("post office", || office.there());
    group.add("bare client that fetches meanwhile", || bare.at_once());
    let table = group.run();
    report.at_most(1.1, "64 MB by a post office / by a bare client", table.row("post office").ratio);
    report.tables.push(table);
}

struct Server {
    process: Child,
    folder: PathBuf,
    address: String,
    version: String,
}

impl Server {
    fn start() -> Option<Server> {
        let version = Command::new("nats-server").arg("--version").output().ok()?;
        let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("a port").port();
        drop(listener);
        let folder = std::env::temp_dir().join(format!("drystone-bench-{}", std::process::id()));
        let mut command = Command::new("nats-server");
        command.args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"]).arg(&folder);
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        for _ in 0..500 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Server { process, folder, address: format!("127.0.0.1:{port}"), version })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

struct Offices {
    _here: Office,
    _there: Office,
    proxy: Mailbox,
    own: Mailbox,
    letter: Blob,
}

impl Offices {
    fn new(address: &str) -> Offices {
        let office = || {
            let options = NatsOptions { servers: address.to_owned(), ..NatsOptions::default() };
            let carrier = NatsCarrier::connect(&options).expect("a server");
            Office::open(Arc::new(carrier), Options::default()).expect("threads")
        };
        let (here, there, own) = (office(), office(), Mailbox::new(0, 0).expect("memory"));
        there.serve(b"bench", &own).expect("a consumer");
        let proxy = here.mailbox(b"bench").expect("memory");
        let mut stone = Blob::zeroed(SIZE * 8).expect("memory");
        stone.bytes_mut().expect("an antestone").fill(7);
        stone.make_stone();
        let mut writer = Writer::new();
        let letter = writer.blob(&stone).and_then(|()| writer.finish()).expect("memory");
        Offices { _here: here, _there: there, proxy, own, letter }
    }

    fn there(&self) {
        self.proxy.post(self.letter.clone().into()).expect("room");
        let letter: Blob = self.own.take(None).expect("a letter").into();
        assert_eq!(letter.held()[0].bytes().len(), SIZE);
    }
}

/// A simple program with the client alone: no order, no detection of duplicates, nothing sent again.
struct Bare {
    runtime: Runtime,
    jetstream: jetstream::Context,
    consumer: consumer::PullConsumer,
    bytes: bytes::Bytes,
}

impl Bare {
    fn new(address: &str) -> Bare {
        let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = threads.expect("threads");
        let (jetstream, consumer) = runtime.block_on(async {
            let client = async_nats::connect(address).await.expect("a server");
            let jetstream = jetstream::new(client);
            let config = stream::Config {
                name: "BARE".to_owned(),
                subjects: vec!["bare.>".to_owned()],
                retention: stream::RetentionPolicy::WorkQueue,
                max_bytes: 1 << 30,
                ..stream::Config::default()
            };
            let stream = jetstream.create_stream(config).await.expect("a stream");
            let config = consumer::pull::Config {
                durable_name: Some("bare".to_owned()),
                ..consumer::pull::Config::default()
            };
            let consumer = stream.create_consumer(config).await.expect("a consumer");
            (jetstream, consumer)
        });
        Bare { runtime, jetstream, consumer, bytes: vec![7; SIZE].into() }
    }

    async fn store(&self) {
        let parts = (0..SIZE / PART).map(|index| {
            let part = self.bytes.slice(index * PART..(index + 1) * PART);
            async move {
                let receipt = self.jetstream.publish(format!("bare.{index}"), part).await.expect("a server");
                receipt.await.expect("a receipt");
            }
        });
        futures_util::stream::iter(parts).buffered(WINDOW).collect::<Vec<()>>().await;
    }

    /// Fetches into new memory and acknowledges each part.
    async fn fetch(&self) {
        let mut whole = Vec::with_capacity(SIZE);
        let mut parts = self.consumer.messages().await.expect("a server");
        while whole.len() < SIZE {
            let part = parts.try_next().await.expect("a part").expect("a part");
            whole.extend_from_slice(&part.payload);
            part.ack().await.expect("a server");
        }
        assert_eq!(whole.len(), SIZE);
    }

    fn one_after_the_other(&self) {
        self.runtime.block_on(async {
            self.store().await;
            self.fetch().await;
        });
    }

    fn at_once(&self) {
        self.runtime.block_on(async { futures_util::future::join(self.store(), self.fetch()).await });
    }
}
