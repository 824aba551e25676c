//! Processes at the two ends of a line.
#![allow(dead_code, reason = "each test program uses some of it")]

use std::io::{BufRead, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};

pub(crate) struct Peer {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().parent().unwrap().join("examples/peer")
}

impl Peer {
    pub(crate) fn start(words: &[&str]) -> Peer {
        Self::start_in(None, words)
    }

    /// In a network namespace.
    pub(crate) fn start_in(network: Option<&str>, words: &[&str]) -> Peer {
        let mut command = match network {
            None => Command::new(program()),
            Some(network) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", network]).arg(program());
                command
            }
        };
        let mut process = command.args(words).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut peer = Peer { process, lines };
        assert_eq!(peer.next(), "ready");
        peer
    }

    pub(crate) fn next(&mut self) -> String {
        self.lines.next().expect("it says more").unwrap()
    }

    /// Everything that it prints until its end, which must be a success.
    pub(crate) fn rest(mut self) -> Vec<String> {
        let mut said: Vec<String> = self.lines.by_ref().map(Result::unwrap).collect();
        assert!(self.process.wait().unwrap().success());
        assert_eq!(said.pop().as_deref(), Some("clean"));
        said
    }

    /// Kills it; returns what it had printed by then.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.by_ref().map_while(Result::ok).collect()
    }

    /// Sends a signal, by name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Its peak memory in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Checks that each number came once and in order, apart from immediate repetitions.
pub(crate) fn in_order(numbers: &[i64], letters: i64) {
    let mut next = 0;
    for number in numbers {
        assert!(*number <= next, "{number} came before {next}");
        next = next.max(number + 1);
    }
    assert_eq!(next, letters);
}
