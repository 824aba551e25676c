//! The guarantees with NATS JetStream, the quick half: each test runs with every server.

mod common;
#[path = "common/server.rs"]
mod server;

use std::sync::{Arc, Barrier};
use std::time::Duration;

use common::*;
use drystone_post::carrier::Carrier;
use drystone_post::nats::{NatsCarrier, NatsOptions};
use drystone_post::{Blob, Mailbox, Office, Options, Status};
use server::{Server, open, programs};

#[test]
fn letters_arrive_as_they_were_posted() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let (there, here, own) = (server.office(), server.office(), mailbox());
        let address = b"any bytes. \0*>\xFF";
        there.serve(address, &own).unwrap();
        let proxy = here.mailbox(address).unwrap();
        let picture = pattern(3_000_001);
        proxy.post(number(7)).unwrap();
        proxy.post(with_stone(&picture, 3)).unwrap();
        proxy.post(Blob::from_bytes(b"no message").unwrap()).unwrap();
        proxy.post(Blob::from_bytes(&picture).unwrap()).unwrap();
        here.flush(LONG).unwrap();
        let letters = take(&own, 4);
        assert_eq!(number_of(&letters[0]), 7);
        assert_eq!(message_of(&letters[1]).held()[0].bytes(), picture);
        assert_eq!(letters[2].bytes(), b"no message");
        assert_eq!(letters[3].bytes(), picture);
        nothing(&own);
        assert_eq!(here.counts().sent, 4);
        assert_eq!(there.counts().received, 4);
    }
}

/// G1 and G3: what nobody took goes to the next office at once, long before the store would deliver it again.
#[test]
fn an_office_that_closes_passes_on_what_nobody_took() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let nats = NatsOptions { acknowledge: Duration::from_secs(3600), ..server.options() };
        let (there, here) = (open(&nats, Options::default()), server.office());
        let own = mailbox();
        there.serve(b"a", &own).unwrap();
        let proxy = here.mailbox(b"a").unwrap();
        for index in 0..3 {
            proxy.post(number(index)).unwrap();
            here.flush(LONG).unwrap();
        }
        assert_eq!(number_of(&take(&own, 1)[0]), 0);
        until("the next is there", || own.len() == 1);
        there.close(None).unwrap();
        nothing(&own);
        let next = open(&nats, Options::default());
        next.serve(b"a", &own).unwrap();
        let numbers: Vec<i64> = take(&own, 2).iter().map(number_of).collect();
        assert_eq!(numbers, [1, 2]);
        next.close(None).unwrap();
        nothing(&own);
    }
}

/// G1 and G2: the server is killed and restarted in the middle of a letter, several times.
#[test]
fn a_server_that_is_killed() {
    for program in programs() {
        let _clean = clean();
        let mut server = Server::start(&program);
        let (there, here, own) = (server.office(), server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        let proxy = here.mailbox(b"a").unwrap();
        let picture = pattern(20_000_000);
        for round in 0..3 {
            for index in 0..10 {
                proxy.post(number(10 * round + index)).unwrap();
            }
            proxy.post(Blob::from_bytes(&picture).unwrap()).unwrap();
            until("some of it has gone", || here.counts().waiting < 11);
            server.kill();
            proxy.post(number(100 + round)).unwrap();
            server.start_again();
        }
        here.flush(LONG).unwrap();
        for round in 0..3 {
            for (index, letter) in take(&own, 12).iter().enumerate() {
                match index as i64 {
                    10 => assert_eq!(letter.bytes(), picture),
                    11 => assert_eq!(number_of(letter), 100 + round),
                    index => assert_eq!(number_of(letter), 10 * round + index),
                }
            }
        }
        nothing(&own);
        assert_eq!(here.counts().sent, 36);
    }
}

/// G5: the stream is full. Letters that do not fit wait with the sender, and nothing is lost.
#[test]
fn a_full_stream() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let nats = drystone_post::nats::NatsOptions { max_bytes: 2_000_000, ..server.options() };
        let here = server::open(&nats, Options { max_letters: 3, ..Options::default() });
        let proxy = here.mailbox(b"a").unwrap();
        let mut posted = 0_u8;
        while here.counts().full == 0 {
            until("there is room in the proxy", || {
                proxy.post(Blob::from_bytes(&[posted; 300_000]).unwrap()).is_ok() || here.counts().full > 0
            });
            posted += 1;
            assert!(posted < 20);
        }
        assert_eq!(here.flush(Some(Duration::from_millis(100))), Err(Status::LimitExceeded));
        // One that is larger than the stream can never go.
        let returned = mailbox();
        let small = server.office_with(Options { returned: Some(returned.clone()), ..Options::default() });
        small.mailbox(b"a").unwrap().post(Blob::from_bytes(&pattern(2_100_000)).unwrap()).unwrap();
        assert_eq!(take(&returned, 1)[0].bytes().len(), 2_100_000);
        let waiting = here.counts().waiting + here.counts().sent;
        let (there, own) = (server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        let letters = take(&own, waiting as usize);
        assert!(letters.iter().map(|letter| letter.bytes()[0]).is_sorted());
        here.flush(LONG).unwrap();
        nothing(&own);
    }
}

/// G3: an office closes with letters that it has not acknowledged; the next one gets them at once.
#[test]
fn a_receiver_that_closes() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let here = server.office();
        let proxy = here.mailbox(b"a").unwrap();
        let there = server.office();
        let full = Mailbox::new(1, 0).unwrap();
        there.serve(b"a", &full).unwrap();
        for index in 0..4 {
            proxy.post(number(index)).unwrap();
            here.flush(LONG).unwrap();
        }
        until("it is full", || full.len() == 1);
        std::thread::sleep(Duration::from_millis(100));
        there.close(Some(Duration::ZERO)).unwrap();
        nothing(&full);
        let (there, own) = (server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        assert_eq!(take(&own, 4).iter().map(number_of).collect::<Vec<_>>(), [0, 1, 2, 3]);
    }
}

/// G5: the receiver takes nothing for longer than the server waits for an answer.
#[test]
fn a_mailbox_that_is_full_for_long() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let nats =
            drystone_post::nats::NatsOptions { acknowledge: Duration::from_secs(1), ..server.options() };
        let (here, there) = (server.office(), server::open(&nats, Options::default()));
        let own = Mailbox::new(1, 0).unwrap();
        there.serve(b"a", &own).unwrap();
        let proxy = here.mailbox(b"a").unwrap();
        for index in 0..5 {
            proxy.post(number(index)).unwrap();
            here.flush(LONG).unwrap();
        }
        std::thread::sleep(Duration::from_secs(3));
        for index in 0..5 {
            assert_eq!(number_of(&take(&own, 1)[0]), index);
        }
        assert_eq!(there.counts().received, 5);
        nothing(&own);
    }
}

/// Servers that do not exist, have no store, or refuse the login; invalid options.
#[test]
fn who_is_not_let_in() {
    for program in programs() {
        let _clean = clean();
        let refused = |nats: &drystone_post::nats::NatsOptions| {
            drystone_post::nats::NatsCarrier::connect(nats).map(drop).unwrap_err()
        };
        let server = Server::start_with(&program, "authorization { user: somebody, password: secret }");
        let mut nats = server.options();
        assert_eq!(refused(&nats), Status::Closed);
        nats.user = Some(("somebody".to_owned(), "guessed".to_owned()));
        assert_eq!(refused(&nats), Status::Closed);
        nats.user = Some(("somebody".to_owned(), "secret".to_owned()));
        drystone_post::nats::NatsCarrier::connect(&nats).unwrap();
        for (stream, prefix) in
            [("", "a"), ("a b", "a"), ("a", ""), ("a", "a..b"), ("a", "a.*"), ("a", "a b")]
        {
            let nats = drystone_post::nats::NatsOptions {
                stream: stream.to_owned(),
                prefix: prefix.to_owned(),
                ..nats.clone()
            };
            assert_eq!(refused(&nats), Status::InvalidArgument, "{stream:?} {prefix:?}");
        }
        for replicas in [0, 6] {
            let nats = drystone_post::nats::NatsOptions { replicas, ..nats.clone() };
            assert_eq!(refused(&nats), Status::InvalidArgument, "{replicas} replicas");
        }
        let tls_authority = Some("/nowhere/authority.pem".to_owned());
        let without_file = drystone_post::nats::NatsOptions { tls_authority, ..nats.clone() };
        assert_eq!(refused(&without_file), Status::InvalidArgument);
        nats.servers = format!("127.0.0.1:{}", server::free_port());
        assert_eq!(refused(&nats), Status::NotFound);
        nats.servers = "no server at all:x".to_owned();
        assert_eq!(refused(&nats), Status::InvalidArgument);
        let folder = server::Folder::new();
        let port = server::free_port();
        let without = Server::start_as(&program, folder, port, &format!("listen: \"127.0.0.1:{port}\"\n"));
        assert_eq!(refused(&without.options()), Status::NotFound);
    }
}

/// Offices that start together on a new server make the same stream and the same consumer.
#[test]
fn offices_that_start_together() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        drop(server.office());
        for round in 0..20 {
            let name = format!("STREAM-{round}");
            let nats =
                NatsOptions { stream: name.clone(), prefix: name, max_bytes: 1 << 20, ..server.options() };
            let together = Barrier::new(8);
            let start = || {
                together.wait();
                let carrier = NatsCarrier::connect(&nats);
                let office = carrier.and_then(|carrier| Office::open(Arc::new(carrier), Options::default()));
                together.wait();
                office?.serve(b"painter", &mailbox())
            };
            std::thread::scope(|scope| {
                let started: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
                for office in started {
                    assert_eq!(office.join().unwrap(), Ok(()), "round {round}");
                }
            });
        }
    }
}

/// A user without the permission to make the stream, or a consumer, is told so at once.
#[test]
fn who_may_not_serve() {
    for program in programs() {
        let _clean = clean();
        let lines = "authorization { users: [\n\
             { user: all, password: x }\n\
             { user: painter, password: x, permissions: {\n\
               publish: [\"drystone.>\", \"$JS.API.STREAM.INFO.DRYSTONE\",\n\
                 \"$JS.API.CONSUMER.CREATE.DRYSTONE.at-painter.>\"],\n\
               subscribe: [\"_INBOX.>\"] } }\n] }";
        let server = Server::start_with(&program, lines);
        let of =
            |user: &str| NatsOptions { user: Some((user.to_owned(), "x".to_owned())), ..server.options() };
        // Nor may it make the stream.
        let refused =
            NatsCarrier::connect(&NatsOptions { connect: Duration::from_secs(3600), ..of("painter") });
        assert_eq!(refused.map(drop), Err(Status::Unsupported));
        let all = open(&of("all"), Options::default());
        let painter = open(&of("painter"), Options::default());
        for _ in 0..2 {
            assert_eq!(painter.serve(b"director", &mailbox()), Err(Status::Unsupported));
        }
        assert_eq!(painter.serve(b"paint", &mailbox()), Err(Status::Unsupported));
        painter.serve(b"painter", &mailbox()).unwrap();
        all.serve(b"director", &mailbox()).unwrap();
    }
}

/// The answer to a request to the server's own interface.
fn ask(server: &Server, subject: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(server.options().servers).await.unwrap();
        let answer = client.request(subject.to_owned(), "".into()).await.unwrap();
        let answer = String::from_utf8_lossy(&answer.payload).into_owned();
        assert!(!answer.contains("error"), "{answer}");
        answer
    })
}

/// An office that closes just after its letter was taken removes the letter's parts.
#[test]
fn no_parts_of_taken_letters_stay() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let here = server.office();
        let proxy = here.mailbox(b"a").unwrap();
        for _ in 0..5 {
            let (there, own) = (server.office(), mailbox());
            there.serve(b"a", &own).unwrap();
            proxy.post(Blob::from_bytes(&pattern(1_000_000)).unwrap()).unwrap();
            drop(take(&own, 1));
            there.close(LONG).unwrap();
        }
        let state = || ask(&server, "$JS.API.STREAM.INFO.DRYSTONE");
        until("the stream is empty", || state().contains("\"messages\":0,"));
    }
}

/// A child of `fork` has none of the threads: it opens no office with the parent's carrier, and frees it at once.
#[test]
fn a_child_of_fork() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        drop(server.office());
        let carrier: Arc<dyn Carrier> = Arc::new(NatsCarrier::connect(&server.options()).unwrap());
        // SAFETY: the child only makes the calls below, which wait for no other thread, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            // SAFETY: no pointers. A child that hangs is ended by the signal.
            unsafe { libc::alarm(20) };
            let opened = Office::open(Arc::clone(&carrier), Options::default()).map(drop);
            drop(carrier);
            // SAFETY: no pointers.
            unsafe { libc::_exit(i32::from(opened != Err(Status::Closed))) };
        }
        let mut status = -1;
        // SAFETY: the status is ours.
        assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
        assert_eq!(status, 0);
        let (office, own) = (Office::open(carrier, Options::default()).unwrap(), mailbox());
        office.serve(b"a", &own).unwrap();
        office.mailbox(b"a").unwrap().post(number(7)).unwrap();
        assert_eq!(number_of(&take(&own, 1)[0]), 7);
    }
}

/// G1 and G4: the stream is purged while a letter waits for room, so that its first parts are lost: all are sent again.
/// A purge in the middle of a letter that nothing delays loses that letter at most, and is counted.
#[test]
fn a_stream_that_is_purged() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let nats = NatsOptions { max_bytes: 7_000_000, ..server.options() };
        let here = open(&nats, Options::default());
        let proxy = here.mailbox(b"a").unwrap();
        let picture = pattern(4_000_000);
        for _ in 0..2 {
            proxy.post(Blob::from_bytes(&picture).unwrap()).unwrap();
        }
        until("the second one waits for room", || here.counts().full > 0);
        assert_eq!(here.counts().sent, 1);
        ask(&server, "$JS.API.STREAM.PURGE.DRYSTONE");
        here.flush(LONG).unwrap();
        let (there, own) = (server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        assert_eq!(take(&own, 1)[0].bytes(), picture);
        for round in 0..2 {
            proxy.post(Blob::from_bytes(&picture).unwrap()).unwrap();
            until("some of it is sent", || here.counts().waiting <= 1);
            ask(&server, "$JS.API.STREAM.PURGE.DRYSTONE");
            here.flush(LONG).unwrap();
            proxy.post(number(round)).unwrap();
            let mut letter = take(&own, 1).remove(0);
            if letter.bytes().len() == picture.len() {
                assert_eq!(letter.bytes(), picture);
                letter = take(&own, 1).remove(0);
            }
            assert_eq!(number_of(&letter), round);
        }
        nothing(&own);
    }
}

/// The stream is deleted: letters wait until there is one again.
#[test]
fn a_stream_that_is_deleted() {
    for program in programs() {
        let _clean = clean();
        let server = Server::start(&program);
        let (there, here, own) = (server.office(), server.office(), mailbox());
        there.serve(b"a", &own).unwrap();
        let proxy = here.mailbox(b"a").unwrap();
        proxy.post(number(1)).unwrap();
        assert_eq!(number_of(&take(&own, 1)[0]), 1);
        ask(&server, "$JS.API.STREAM.DELETE.DRYSTONE");
        proxy.post(number(2)).unwrap();
        until("it cannot be sent", || here.flush(Some(Duration::ZERO)) == Err(Status::NotFound));
        // Its carrier makes the stream again.
        let _third = server.office();
        here.flush(LONG).unwrap();
        assert_eq!(number_of(&take(&own, 1)[0]), 2);
        nothing(&own);
    }
}
