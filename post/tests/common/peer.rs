//! Processes at either end of the line.
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

    /// In a network of its own.
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

    /// All that it says to its end, which is a good one.
    pub(crate) fn rest(mut self) -> Vec<String> {
        let mut said: Vec<String> = self.lines.by_ref().map(Result::unwrap).collect();
        assert!(self.process.wait().unwrap().success());
        assert_eq!(said.pop().as_deref(), Some("clean"));
        said
    }

    /// What it had still said.
    pub(crate) fn kill(mut self) -> Vec<String> {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.by_ref().map_while(Result::ok).collect()
    }

    /// With a signal's name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// The most memory that it ever had, in bytes.
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

/// Each number once and in order, but for such as came again at once.
pub(crate) fn in_order(numbers: &[i64], letters: i64) {
    let mut next = 0;
    for number in numbers {
        assert!(*number <= next, "{number} came before {next}");
        next = next.max(number + 1);
    }
    assert_eq!(next, letters);
}
