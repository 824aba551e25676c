//! The guarantees between two hosts: network namespaces, connected by a line of 200 Mbit/s that is cut in the middle
//! of a letter. Needs root on Linux; `cargo xtask post` tells when it must leave this out.

mod common;
#[path = "common/peer.rs"]
mod peer;
#[path = "common/server.rs"]
mod server;

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::clean;
use peer::{Peer, in_order};
use server::{Folder, programs};

fn run(line: &str) {
    let mut words = line.split(' ');
    let output = Command::new(words.next().unwrap()).args(words).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Two networks that reach only each other.
struct Line {
    here: String,
    there: String,
}

impl Line {
    fn new() -> Line {
        let own = std::process::id();
        let line = Line { here: format!("post-here-{own}"), there: format!("post-there-{own}") };
        let Line { here, there } = &line;
        run(&format!("ip netns add {here}"));
        run(&format!("ip netns add {there}"));
        run(&format!("ip -n {here} link add line type veth peer name line netns {there}"));
        for (network, address) in [(here, "10.77.0.1"), (there, "10.77.0.2")] {
            run(&format!("ip -n {network} address add {address}/24 dev line"));
            run(&format!("ip -n {network} link set lo up"));
            run(&format!("ip -n {network} link set line up"));
            let shape = "root tbf rate 200mbit burst 256kb latency 50ms";
            run(&format!("tc -n {network} qdisc add dev line {shape}"));
        }
        line
    }

    fn cut(&self, duration: Duration) {
        run(&format!("ip -n {} link set line down", self.here));
        std::thread::sleep(duration);
        run(&format!("ip -n {} link set line up", self.here));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        for network in [&self.here, &self.there] {
            let _ = Command::new("ip").args(["netns", "delete", network]).status();
        }
    }
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The server is at the receiver's host, then at the sender's.
#[test]
fn the_line_is_cut_in_mid_letter() {
    const LETTERS: i64 = 5;
    for program in programs() {
        let _clean = clean();
        let line = Line::new();
        for (with, address) in [(&line.there, "10.77.0.2"), (&line.here, "10.77.0.1")] {
            let folder = Folder::new();
            let store = folder.0.join("store");
            let configuration =
                format!("listen: \"{address}:4222\"\njetstream {{ store_dir: \"{}\" }}\n", store.display());
            std::fs::write(folder.0.join("server.conf"), configuration).unwrap();
            let mut command = Command::new("ip");
            command.args(["netns", "exec", with]).arg(&program).arg("-c").arg(folder.0.join("server.conf"));
            let _server = Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
            let servers = format!("{address}:4222");
            for seconds in [1, 5, 30] {
                let to = format!("cut-{seconds}");
                let letters = LETTERS.to_string();
                let receiver = Peer::start_in(Some(&line.there), &["receive", &servers, &to, &letters]);
                let mut sender =
                    Peer::start_in(Some(&line.here), &["send", &servers, &to, "0", &letters, "30000000"]);
                assert_eq!(sender.next(), "posted 0");
                // 30 MB take more than a second.
                std::thread::sleep(Duration::from_millis(600));
                line.cut(Duration::from_secs(seconds));
                let numbers: Vec<i64> = receiver.rest().iter().filter_map(|line| line.parse().ok()).collect();
                in_order(&numbers, LETTERS);
                assert_eq!(numbers.len(), LETTERS as usize, "{numbers:?}");
                assert_eq!(sender.rest().last().unwrap(), &format!("sent {LETTERS}"));
            }
        }
    }
}
