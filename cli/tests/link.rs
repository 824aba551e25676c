//! `drystone serve` and `drystone post`: what one posts the other prints.
#![cfg(target_os = "linux")]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use common::{PROGRAM, run, run_words};
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketType, bind, connect, listen, send, socket,
};

/// A name of this test's alone.
fn name(what: &str) -> String {
    format!("test-{}-{what}", std::process::id())
}

/// Posts as soon as somebody serves the name.
fn post(words: &str, input: &[u8]) {
    for _ in 0..1000 {
        let outcome = run(words, input);
        if outcome.code == 0 {
            outcome.good();
            return;
        }
        assert!(outcome.err.contains("cannot be posted to: Connection refused"), "{}", outcome.err);
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("nobody serves it");
}

#[test]
fn what_is_posted_is_printed_in_order() {
    let name = name("order");
    let words = ["serve", &name, "--count", "4"];
    let mut server = Command::new(PROGRAM).args(words).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    post(&format!("post {name} --from json"), br#"{"a": [1, 2.5, "text"]}"#);
    assert_eq!(next(), r#"{"a":[1,2.5,"text"]}"#);
    post(&format!("post {name} --stone"), b"bytes");
    assert_eq!(next(), r#"{"$blob":"Ynl0ZXM="}"#);
    // Another one of the same name would take them away.
    run(&format!("serve {name}"), b"")
        .fails(3, &format!("{name}: cannot be served: Address already in use (os error 98)"));
    let large = vec![b'x'; 1_000_000];
    post(&format!("post {name} --stone"), &large);
    assert_eq!(next().len(), large.len().div_ceil(3) * 4 + r#"{"$blob":""}"#.len());
    post(&format!("post {name} --from json"), b"null");
    assert_eq!(next(), "null");
    assert!(server.wait().unwrap().success());
}

#[test]
fn nobody_there() {
    let name = name("nobody");
    let refused = format!("{name}: cannot be posted to: Connection refused (os error 111)");
    run(&format!("post {name} --from json"), b"1").fails(3, &refused);
    let long = "n".repeat(200);
    assert_eq!(run(&format!("post {long} --from json"), b"1").code, 3);
    assert_eq!(run(&format!("serve {long}"), b"").code, 3);
    // A faulty file is told of before anybody is looked for.
    assert_eq!(run(&format!("post {name} --from json"), b"{").code, 1);
    assert_eq!(run(&format!("post {name} --from json --stone"), b"1").code, 2);
}

/// The socket that serves a name of this user, not yet connected or bound.
fn meeting(name: &str) -> (std::os::fd::OwnedFd, SocketAddrUnix) {
    let address = format!("drystone/{}/{name}", rustix::process::geteuid().as_raw());
    let address = SocketAddrUnix::new_abstract_name(address.as_bytes()).unwrap();
    (socket(AddressFamily::UNIX, SocketType::SEQPACKET, None).unwrap(), address)
}

/// One that listens but does not answer, as a stopped process.
#[test]
fn a_server_that_does_not_answer() {
    let name = name("silent");
    let (socket, address) = meeting(&name);
    bind(&socket, &address).unwrap();
    listen(&socket, 1).unwrap();
    let words = format!("post {name} --from json --timeout 0");
    // Soon the kernel queues no more connections, and connecting waits, too.
    for _ in 0..4 {
        run(&words, b"1").fails(3, &format!("{name}: cannot be posted to: timed out"));
    }
}

/// A server tells of a connection that breaks a rule, and continues.
#[test]
fn a_connection_that_fails() {
    let name = name("fails");
    let words = ["serve", &name, "--count", "2"];
    let mut server =
        Command::new(PROGRAM).args(words).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    post(&format!("post {name} --from json"), b"1");
    let (socket, address) = meeting(&name);
    connect(&socket, &address).unwrap();
    send(&socket, &[b'x'; 100], SendFlags::empty()).unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    assert!(line.starts_with(&format!("drystone: {name}: a connection has failed: ")), "{line}");
    post(&format!("post {name} --from json"), b"2");
    assert!(server.wait().unwrap().success());
}

#[test]
fn an_empty_name() {
    assert_eq!(run_words(&["serve", ""], b"").code, 2);
    assert_eq!(run_words(&["post", "", "--from", "json"], b"1").code, 2);
}
