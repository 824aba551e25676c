//! Samples of iceoryx2 there and back between two processes. Reads lines from the standard input, each with the size of a
//! sample in bytes and a number of round trips, and answers each with a line: the nanoseconds of all round trips together.
//!
//! A sample is lent from the publisher's shared memory and sent as it is: nothing writes or copies its bytes. The other process
//! answers with its own sample of the same size. Each process sleeps until the other one notifies it.

use std::error::Error;
use std::io::{BufRead, Write};
use std::process::{Command, Stdio};
use std::time::Instant;

use iceoryx2::port::listener::Listener;
use iceoryx2::port::notifier::Notifier;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::prelude::*;
use iceoryx2::sample::Sample;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The name of this run's services, for the other process.
const RUN: &str = "BENCH_ICEORYX2_RUN";

fn main() -> Outcome<()> {
    set_log_level(LogLevel::Error);
    match std::env::var(RUN) {
        Ok(run) => answer(&End::new(&run, "back", "there")?),
        Err(_) => measure(),
    }
}

fn measure() -> Outcome<()> {
    let run = format!("bench-{}", std::process::id());
    let end = End::new(&run, "there", "back")?;
    let mut other = Command::new(std::env::current_exe()?).env(RUN, &run).stdin(Stdio::null()).spawn()?;
    end.received()?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (bytes, times) = line.split_once(' ').ok_or("two numbers a line")?;
        let (bytes, times): (usize, u64) = (bytes.parse()?, times.parse()?);
        let start = Instant::now();
        for _ in 0..times {
            end.send(bytes)?;
            assert_eq!(end.received()?.len(), bytes);
        }
        println!("{}", start.elapsed().as_nanos());
        std::io::stdout().flush()?;
    }
    end.send(0)?;
    other.wait()?;
    Ok(())
}

/// Answers each sample with one of the same size, until an empty one comes.
fn answer(end: &End) -> Outcome<()> {
    end.send(1)?;
    loop {
        let bytes = end.received()?.len();
        if bytes == 0 {
            return Ok(());
        }
        end.send(bytes)?;
    }
}

/// One process's ports for both directions.
struct End {
    publisher: Publisher<ipc::Service, [u8], ()>,
    subscriber: Subscriber<ipc::Service, [u8], ()>,
    notifier: Notifier<ipc::Service>,
    listener: Listener<ipc::Service>,
    _node: Node<ipc::Service>,
}

impl End {
    fn new(run: &str, out: &str, back: &str) -> Outcome<End> {
        let node = NodeBuilder::new().create::<ipc::Service>()?;
        let name = |way: &str| ServiceName::new(&format!("{run}/{way}"));
        let samples = |way: &str| -> Outcome<_> {
            Ok(node.service_builder(&name(way)?).publish_subscribe::<[u8]>().open_or_create()?)
        };
        let events =
            |way: &str| -> Outcome<_> { Ok(node.service_builder(&name(way)?).event().open_or_create()?) };
        Ok(End {
            publisher: samples(out)?
                .publisher_builder()
                .initial_max_slice_len(1 << 16)
                .allocation_strategy(AllocationStrategy::PowerOfTwo)
                .create()?,
            subscriber: samples(back)?.subscriber_builder().create()?,
            notifier: events(out)?.notifier_builder().create()?,
            listener: events(back)?.listener_builder().create()?,
            _node: node,
        })
    }

    fn send(&self, bytes: usize) -> Outcome<()> {
        let sample = self.publisher.loan_slice_uninit(bytes)?;
        // SAFETY: bytes may have any value, and these are in shared memory that the system has filled with zeros.
        unsafe { sample.assume_init() }.send()?;
        self.notifier.notify()?;
        Ok(())
    }

    fn received(&self) -> Outcome<Sample<ipc::Service, [u8], ()>> {
        loop {
            if let Some(sample) = self.subscriber.receive()? {
                return Ok(sample);
            }
            self.listener.blocking_wait(|_| {})?;
        }
    }
}
