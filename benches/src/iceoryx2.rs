//! Samples of iceoryx2 between two processes, by a separate program (`peers/iceoryx2`) that `cargo xtask bench` builds.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

/// The variable with the program's path.
const PROGRAM: &str = "DRYSTONE_BENCH_ICEORYX2";
const MANIFEST: &str = include_str!("../peers/iceoryx2/Cargo.toml");

pub(crate) struct Samples {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Samples {
    /// `None`: no path is given.
    pub(crate) fn start() -> Option<Rc<RefCell<Samples>>> {
        let mut command = Command::new(std::env::var_os(PROGRAM)?);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let (orders, answers) =
            (process.stdin.take().expect("a pipe"), process.stdout.take().expect("a pipe"));
        Some(Rc::new(RefCell::new(Samples { process, orders, answers: BufReader::new(answers) })))
    }

    /// The crate's name and version.
    pub(crate) fn name() -> String {
        let version = MANIFEST.lines().find_map(|line| line.strip_prefix("iceoryx2 = \"="));
        format!("iceoryx2 {}", version.expect("an exact version").trim_end_matches('"'))
    }

    pub(crate) fn there_and_back(&mut self, bytes: usize, times: u64) -> Duration {
        writeln!(self.orders, "{bytes} {times}").expect("the program lives");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the program lives");
        Duration::from_nanos(line.trim().parse().expect("nanoseconds"))
    }

    /// Ends the program, which removes its shared memory.
    pub(crate) fn end(samples: Rc<RefCell<Samples>>) {
        let Samples { mut process, orders, .. } =
            Rc::into_inner(samples).expect("the rows are done").into_inner();
        drop(orders);
        process.wait().expect("the program ends");
    }
}
