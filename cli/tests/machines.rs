//! `serve` and `post` with `--nats`: what needs no server.
#![cfg(feature = "machines")]

mod common;

use common::run;

#[test]
fn no_server_there() {
    let refused = "127.0.0.1:9: cannot be reached: nobody answers";
    run("post painter --from json --nats 127.0.0.1:9", b"1").fails(3, refused);
    run("serve painter --nats 127.0.0.1:9", b"").fails(3, refused);
    // A faulty file is told of before.
    assert_eq!(run("post painter --from json --nats 127.0.0.1:9", b"{").code, 1);
    run("post painter --from json --nats a:b:c", b"1").fails(3, "a:b:c: cannot be reached: invalid argument");
}

#[test]
fn options_that_belong_together() {
    for words in ["--user x", "--tls-authority x", "--nats x --tls-key x", "--nats x --tls-certificate x"] {
        assert_eq!(run(&format!("serve painter {words}"), b"").code, 2, "{words}");
    }
}
