//! The guarantees with NATS JetStream, killed processes and large letters: each test runs with every server.

mod common;
#[path = "common/peer.rs"]
mod peer;
#[path = "common/server.rs"]
mod server;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::*;
use drystone_post::nats::{NatsCarrier, NatsOptions};
use drystone_post::{Blob, Options, Status};
use peer::{Peer, in_order};
use server::{Folder, Server, free_port, programs};

fn numbers(said: &[String]) -> Vec<i64> {
    said.iter().filter_map(|line| line.parse().ok()).collect()
}

/// G1, G3: a receiver is killed. The next one gets what the first had not taken from its mailbox, and perhaps some
/// letters again.
#[test]
fn a_receiver_that_is_killed() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let servers = server.options().servers;
        let sender = Peer::start(&["send", &servers, "a", "0", "600", "100000"]);
        let mut next = 0;
        for _ in 0..3 {
            let mut receiver = Peer::start(&["receive", &servers, "a", "600"]);
            let mut came: Vec<String> = (0..100).map(|_| receiver.next()).collect();
            came.extend(receiver.kill());
            next = follow(next, &numbers(&came));
        }
        let (there, own) = (server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        let mut came = Vec::new();
        while came.last() != Some(&599) {
            let letter = take(&own, 1).remove(0);
            let letter: drystone::Blob = letter.into();
            let mut reader = drystone::wota::Reader::new(&letter, &drystone::Limits::DEFAULT).unwrap();
            reader.array().unwrap();
            came.push(reader.integer().unwrap());
        }
        assert_eq!(follow(next, &came), 600);
        assert_eq!(sender.rest(), ["sent 600"]);
    }
}

/// Checks that each number came once and in order, after those of another receiver. That one may have had some of
/// them already, and one more that it had taken but not printed when it was killed.
fn follow(next: i64, numbers: &[i64]) -> i64 {
    let first = *numbers.first().unwrap();
    assert!(first <= next + i64::from(next != 0), "{first} came where {next} was to come");
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    *numbers.last().unwrap() + 1
}

/// G4: a sender that is killed in the middle of a letter leaves nothing visible; letters with a receipt arrive.
#[test]
fn a_sender_that_is_killed() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let servers = server.options().servers;
        let mut sender = Peer::start(&["send", &servers, "a", "0", "1000", "20000000"]);
        (0..4).for_each(|_| drop(sender.next()));
        std::thread::sleep(Duration::from_millis(500));
        sender.kill();
        let (there, own) = (server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        let here = server.office();
        here.mailbox(b"a").unwrap().post(number(7)).unwrap();
        here.flush(LONG).unwrap();
        let picture = pattern(20_000_000);
        let mut whole = 0;
        loop {
            let letter: drystone::Blob = take(&own, 1).remove(0).into();
            match letter.held() {
                [] => break,
                [stone] => assert!(stone.bytes() == picture),
                _ => panic!("another letter"),
            }
            whole += 1;
        }
        assert!(whole < 1000);
        nothing(&own);
        assert_eq!((there.counts().malformed, there.counts().refused), (0, 0));
    }
}

/// G5: a receiver is stopped. The sender's memory and the store stay bounded, and everything arrives.
#[test]
fn a_receiver_that_is_stopped() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let nats = NatsOptions { max_bytes: 100_000_000, ..server.options() };
        drop(NatsCarrier::connect(&nats).unwrap());
        let servers = server.options().servers;
        let receiver = Peer::start(&["receive", &servers, "a", "400"]);
        receiver.signal("STOP");
        let sender = Peer::start(&["send", &servers, "a", "0", "400", "1000000"]);
        std::thread::sleep(Duration::from_secs(8));
        // 400 MB are to be sent, and the stream has room for 100 MB. Every letter has 1 MB.
        let peak = sender.peak_memory();
        assert!(peak < 120_000_000, "{peak} bytes");
        receiver.signal("CONT");
        let said = receiver.rest();
        in_order(&numbers(&said), 400);
        assert_eq!(sender.rest(), ["sent 400"]);
    }
}

#[test]
fn large_letters() {
    for program in programs() {
        for size in [64 << 20, 1 << 30] {
            let _clean = clean();
            let server = Server::start(&program);
            let nats = NatsOptions { max_bytes: 3 << 30, ..server.options() };
            let (there, here, own) =
                (server::open(&nats, Options::default()), server::open(&nats, Options::default()), mailbox());
            there.serve(b"a", &own).unwrap();
            let stone = pattern(size);
            here.mailbox(b"a").unwrap().post(with_stone(&stone, 1)).unwrap();
            here.flush(Some(Duration::from_secs(300))).unwrap();
            let letter = own.take(Some(Duration::from_secs(300))).unwrap();
            assert!(message_of(&letter).held()[0].bytes() == stone);
            assert_eq!(here.counts().sent, 1);
            nothing(&own);
        }
    }
}

/// One stone, mentioned ten times, crosses once: the stream would not even hold two.
#[test]
fn one_stone_ten_times() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let nats = NatsOptions { max_bytes: 9_000_000, ..server.options() };
        let (there, here, own) =
            (server::open(&nats, Options::default()), server::open(&nats, Options::default()), mailbox());
        here.mailbox(b"a").unwrap().post(with_stone(&pattern(5_000_000), 10)).unwrap();
        here.flush(LONG).unwrap();
        there.serve(b"a", &own).unwrap();
        let letter = take(&own, 1).remove(0);
        let message = message_of(&letter);
        assert_eq!(message.held()[9].bytes(), pattern(5_000_000));
    }
}

/// G2: 10^5 letters from 8 senders.
#[test]
fn many_small_letters() {
    const SENDERS: i64 = 8;
    const EACH: i64 = 12_500;
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let (there, own) = (server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        std::thread::scope(|scope| {
            for sender in 0..SENDERS {
                let server = &server;
                scope.spawn(move || {
                    let office = server.office();
                    let proxy = office.mailbox(b"a").unwrap();
                    for index in 0..EACH {
                        let mut letter = number(sender * EACH + index);
                        while let Err(refused) = proxy.post(letter) {
                            letter = refused.letter;
                            std::thread::sleep(Duration::from_millis(1));
                        }
                    }
                    office.close(LONG).unwrap();
                });
            }
        });
        let mut next = [0; SENDERS as usize];
        for letter in take(&own, (SENDERS * EACH) as usize) {
            let number = number_of(&letter);
            let (sender, index) = ((number / EACH) as usize, number % EACH);
            assert_eq!(index, next[sender], "of sender {sender}");
            next[sender] += 1;
        }
        nothing(&own);
    }
}

/// G1, G2: the leader of a cluster is killed in the middle of a letter and restarted; then another one is killed.
#[test]
fn a_leader_that_is_killed() {
    for program in programs() {
        let _clean = clean();
        let mut cluster = cluster(&program);
        let servers: Vec<String> =
            cluster.iter().map(|server| format!("127.0.0.1:{}", server.port)).collect();
        let nats = NatsOptions {
            servers: servers.join(","),
            replicas: 3,
            acknowledge: Duration::from_secs(3),
            ..NatsOptions::default()
        };
        let (there, here, own) =
            (server::open(&nats, Options::default()), server::open(&nats, Options::default()), mailbox());
        until("a consumer can be made", || there.serve(b"a", &own).is_ok());
        let proxy = here.mailbox(b"a").unwrap();
        let picture = pattern(30_000_000);
        let mut expected = 0;
        for killed in [0, 1] {
            for _ in 0..20 {
                proxy.post(number(expected)).unwrap();
                expected += 1;
            }
            proxy.post(Blob::from_bytes(&picture).unwrap()).unwrap();
            until("some of it has gone", || here.counts().waiting < 21);
            let leader = leader(&nats).unwrap_or(killed);
            cluster[leader].kill();
            for _ in 0..20 {
                proxy.post(number(expected)).unwrap();
                expected += 1;
            }
            here.flush(LONG).unwrap();
            cluster[leader].start_again();
            std::thread::sleep(Duration::from_secs(3));
        }
        let mut next = 0;
        for letter in take(&own, 82) {
            if letter.bytes().len() == picture.len() {
                assert!(letter.bytes() == picture && next % 40 == 20);
            } else {
                assert_eq!(number_of(&letter), next);
                next += 1;
            }
        }
        assert_eq!(next, 80);
        nothing(&own);
    }
}

fn cluster(program: &std::path::Path) -> Vec<Server> {
    let ports: Vec<(u16, u16)> = (0..3).map(|_| (free_port(), free_port())).collect();
    let routes: Vec<String> = ports.iter().map(|(_, route)| format!("nats://127.0.0.1:{route}")).collect();
    let start = |(index, (port, route)): (usize, &(u16, u16))| {
        let folder = Folder::new();
        let store = folder.0.join("store");
        let lines = format!(
            "server_name: server-{index}\nlisten: \"127.0.0.1:{port}\"\njetstream {{ store_dir: \"{}\" }}\n\
             cluster {{ name: three, listen: \"127.0.0.1:{route}\", no_advertise: true, routes: [{}] }}\n",
            store.display(),
            routes.join(", ")
        );
        Server::start_as(program, folder, *port, &lines)
    };
    ports.iter().enumerate().map(start).collect()
}

/// The server that leads the stream, according to the store.
fn leader(nats: &NatsOptions) -> Option<usize> {
    let name = NatsCarrier::connect(nats).ok()?.leader()?;
    name.strip_prefix("server-")?.parse().ok()
}

fn openssl(folder: &Folder, words: &str) {
    let mut command = Command::new("openssl");
    let output = command.current_dir(&folder.0).args(words.split(' ')).output().unwrap();
    assert!(output.status.success(), "{words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Makes an authority, and a certificate by it for this machine.
fn certificates(folder: &Folder, who: &str) {
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(
        folder,
        &format!("req -x509 {key} -keyout {who}-ca.key -out {who}-ca.pem -subj /CN={who}-ca -days 30"),
    );
    openssl(folder, &format!("req {key} -keyout {who}.key -out {who}.csr -subj /CN={who}"));
    std::fs::write(folder.0.join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    let by = format!("-CA {who}-ca.pem -CAkey {who}-ca.key -CAcreateserial -days 30 -extfile names");
    openssl(folder, &format!("x509 -req -in {who}.csr -out {who}.pem {by}"));
}

/// TLS on both sides; a wrong authority, a wrong certificate, no certificate; a user who may not post to an address.
#[test]
fn tls_and_permissions() {
    for program in programs() {
        let _clean = clean();
        let folder = Folder::new();
        for who in ["ours", "theirs"] {
            certificates(&folder, who);
        }
        let path = |name: &str| folder.0.join(name).display().to_string();
        let lines = format!(
            "tls {{ cert_file: \"{}\", key_file: \"{}\", ca_file: \"{}\", verify: true }}\n\
             authorization {{ users: [\n\
             {{ user: all, password: x }}\n\
             {{ user: painter, password: x, permissions: {{\n\
               publish: [\"drystone.h.painter.>\", \"drystone.p.painter.>\", \"$JS.API.STREAM.INFO.DRYSTONE\"],\n\
               subscribe: [\"_INBOX.>\"] }} }}\n] }}",
            path("ours.pem"),
            path("ours.key"),
            path("ours-ca.pem")
        );
        let server = Server::start_with(&program, &lines);
        let good = NatsOptions {
            user: Some(("all".to_owned(), "x".to_owned())),
            tls_authority: Some(path("ours-ca.pem")),
            tls_certificate: Some((path("ours.pem"), path("ours.key"))),
            tls_required: true,
            ..server.options()
        };
        let (there, own) = (server::open(&good, Options::default()), mailbox());
        there.serve(b"painter", &own).unwrap();
        there.serve(b"secret", &own).unwrap();

        let wrong_authority = NatsOptions { tls_authority: Some(path("theirs-ca.pem")), ..good.clone() };
        assert_eq!(NatsCarrier::connect(&wrong_authority).map(drop).unwrap_err(), Status::Closed);
        let theirs = Some((path("theirs.pem"), path("theirs.key")));
        let wrong_certificate = NatsOptions { tls_certificate: theirs, ..good.clone() };
        assert_eq!(NatsCarrier::connect(&wrong_certificate).map(drop).unwrap_err(), Status::Closed);
        let none = NatsOptions { tls_certificate: None, ..good.clone() };
        assert_eq!(NatsCarrier::connect(&none).map(drop).unwrap_err(), Status::Closed);
        let missing = NatsOptions { tls_authority: Some(path("nothing")), ..good.clone() };
        assert!(NatsCarrier::connect(&missing).is_err());

        let nats = NatsOptions { user: Some(("painter".to_owned(), "x".to_owned())), ..good.clone() };
        let returned = mailbox();
        let here = server::open(&nats, Options { returned: Some(returned.clone()), ..Options::default() });
        here.mailbox(b"painter").unwrap().post(number(1)).unwrap();
        here.mailbox(b"secret").unwrap().post(number(2)).unwrap();
        here.mailbox(b"secret").unwrap().post(with_stone(&pattern(1_000_000), 1)).unwrap();
        here.flush(LONG).unwrap();
        assert_eq!(number_of(&take(&own, 1)[0]), 1);
        assert_eq!(number_of(&take(&returned, 1)[0]), 2);
        assert_eq!(take(&returned, 1).len(), 1);
        nothing(&own);
        assert_eq!(here.serve(b"secret", &own), Err(Status::Unsupported));
    }
}

/// A line to a server that can be cut without a sign to either end.
struct Line {
    port: u16,
    cut: Arc<AtomicBool>,
}

impl Line {
    fn to(server: u16) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, cut) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let of_line = Arc::clone(&cut);
        std::thread::spawn(move || {
            for here in listener.incoming() {
                let (Ok(here), Ok(there)) = (here, TcpStream::connect(("127.0.0.1", server))) else { return };
                let (back, forth) = (here.try_clone().unwrap(), there.try_clone().unwrap());
                for (from, to) in [(here, forth), (there, back)] {
                    let cut = Arc::clone(&of_line);
                    std::thread::spawn(move || carry(from, to, &cut));
                }
            }
        });
        Line { port, cut }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, cut: &AtomicBool) {
    let mut bytes = [0; 65536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        while cut.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(10));
        }
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

/// A line that is cut gives no sign: `flush` says END at first, and NOT_FOUND when the server has been silent for 12
/// seconds. The letter arrives when the line is there again.
#[test]
fn a_line_that_is_cut_without_a_sign() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let line = Line::to(server.port);
        let nats = NatsOptions { servers: format!("127.0.0.1:{}", line.port), ..server.options() };
        let (here, there, own) = (server::open(&nats, Options::default()), server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        let proxy = here.mailbox(b"a").unwrap();
        proxy.post(number(1)).unwrap();
        here.flush(LONG).unwrap();
        line.cut.store(true, Ordering::Relaxed);
        proxy.post(number(2)).unwrap();
        assert_eq!(here.flush(Some(Duration::from_millis(100))), Err(Status::End));
        until("the silence is noticed", || here.flush(Some(Duration::ZERO)) == Err(Status::NotFound));
        line.cut.store(false, Ordering::Relaxed);
        here.flush(LONG).unwrap();
        assert_eq!(take(&own, 2).iter().map(number_of).collect::<Vec<_>>(), [1, 2]);
        nothing(&own);
    }
}
