//! One end of the line, for the tests that kill processes.
//!
//! ```text
//! peer receive SERVERS ADDRESS LETTERS             prints the number of each letter, when its stone is what it has to be
//! peer send SERVERS ADDRESS FIRST LETTERS BYTES    posts letters with a number and a stone of BYTES bytes
//! ```

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use drystone::wota::{Reader, Writer};
use drystone_post::nats::{NatsCarrier, NatsOptions};
use drystone_post::{Blob, Mailbox, Office, Options, Status};

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["receive", servers, address, letters] => {
            receive(servers, address, letters.parse().expect("a number"))
        }
        ["send", servers, address, first, letters, bytes] => {
            let number = |word: &str| word.parse().expect("a number");
            send(servers, address, number(first), number(letters), bytes.parse().expect("a number"));
        }
        _ => panic!("see the top of the program"),
    }
    assert_eq!(drystone::blob::blobs_alive(), 0, "blobs are left");
    say("clean");
}

fn say(line: &str) {
    let mut output = std::io::stdout();
    writeln!(output, "{line}").and_then(|()| output.flush()).expect("somebody reads");
}

fn office(servers: &str) -> Office {
    let nats = NatsOptions {
        servers: servers.to_owned(),
        acknowledge: Duration::from_secs(3),
        replicas: if servers.contains(',') { 3 } else { 1 },
        max_bytes: 1 << 31,
        ..NatsOptions::default()
    };
    // Until there is a server with a store.
    for _ in 0..600 {
        if let Ok(carrier) = NatsCarrier::connect(&nats) {
            let options = Options { max_letters: 1000, ..Options::default() };
            return Office::open(Arc::new(carrier), options).expect("threads");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no server");
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place ^ (place >> 8) ^ (place >> 16)) as u8).collect()
}

fn receive(servers: &str, address: &str, letters: i64) {
    let office = office(servers);
    let own = Mailbox::new(64, 0).expect("memory");
    while let Err(status) = office.serve(address.as_bytes(), &own) {
        assert_eq!(status, Status::NotFound);
        std::thread::sleep(Duration::from_millis(100));
    }
    say("ready");
    let mut expected = Vec::new();
    for _ in 0..letters {
        let letter: drystone::Blob = own.take(None).expect("a letter").into();
        let mut reader = Reader::new(&letter, &drystone::Limits::DEFAULT).expect("a message");
        assert_eq!(reader.array(), Ok(2));
        let number = reader.integer().expect("its number");
        let stone = reader.blob().expect("its stone");
        if expected.len() != stone.bytes().len() {
            expected = pattern(stone.bytes().len());
        }
        assert!(stone.bytes() == expected, "letter {number} is not what was posted");
        say(&number.to_string());
    }
    // What came last is acknowledged.
    std::thread::sleep(Duration::from_millis(200));
    say(&format!("duplicates {}", office.counts().duplicates));
}

fn send(servers: &str, address: &str, first: i64, letters: i64, bytes: usize) {
    let office = office(servers);
    let proxy = office.mailbox(address.as_bytes()).expect("memory");
    let mut stone = drystone::Blob::from_bytes(&pattern(bytes)).expect("memory");
    stone.make_stone();
    say("ready");
    for number in first..first + letters {
        let mut writer = Writer::new();
        writer
            .array(2)
            .and_then(|()| writer.integer(number))
            .and_then(|()| writer.blob(&stone))
            .expect("memory");
        let mut letter = Blob::from(writer.finish().expect("memory"));
        while let Err(refused) = proxy.post(letter) {
            assert_eq!(refused.status, Status::LimitExceeded);
            letter = refused.letter;
            std::thread::sleep(Duration::from_millis(1));
        }
        if bytes > 1_000_000 {
            say(&format!("posted {number}"));
        }
    }
    drop(stone);
    office.flush(None).expect("receipts");
    say(&format!("sent {}", office.counts().sent));
    office.close(None).expect("receipts");
}
