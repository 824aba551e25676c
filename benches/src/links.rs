//! Links between two processes: round trips of stones of any size, and small letters, compared with bytes copied over a
//! socket.

use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use drystone::link::{Link, Options};
use drystone::wota::Writer;
use drystone::{Blob, Mailbox};

use crate::iceoryx2::Samples;
use crate::measure::Group;
use crate::report::Report;

const SIZES: [(&str, usize); 4] =
    [("64 KB", 1 << 16), ("1 MB", 1 << 20), ("64 MB", 1 << 26), ("1 GB", 1 << 30)];
const COPIED: usize = 1 << 26;

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    report
        .note("Two processes. A stone is in a message of its own; the peer sends the message back as it is. A stone that the peer does not have: until the peer has released it.");
    let stones = SIZES.map(|(name, size)| (name, message_of(size)));
    let (forgetful, mut keeping) = (Peer::new(echo), Peer::new(echo_and_keep));
    let mut group = Group::new("There and back: a stone that the peer does not have");
    for (name, message) in &stones {
        let mut peer = forgetful.clone();
        group.add(*name, move || {
            peer.there_and_back(message);
            peer.forgotten();
        });
    }
    let samples = Samples::start();
    if let Some(samples) = &samples {
        report.note(format!(
            "{}: a sample of that size, lent but not written, and another one of the same size back.",
            Samples::name()
        ));
        for (name, size) in [SIZES[0], SIZES[2]] {
            let samples = samples.clone();
            let turn = move |times| samples.borrow_mut().there_and_back(size, times);
            group.add_timed(format!("{}, {name}", Samples::name()), turn);
        }
    } else {
        report.note("iceoryx2 is missing: `cargo xtask bench links` builds it");
    }
    let new = group.run();
    if let Some(samples) = samples {
        Samples::end(samples);
    }
    let mut group = Group::new("There and back: a stone that the peer has");
    let message = &stones[2].1;
    group.add("64 MB", || keeping.there_and_back(message));
    let known = group.run();
    let mut group = Group::new("For scale: bytes over a socket of the same system, there and back");
    let mut stream = stream_echo(COPIED);
    let mut bytes = vec![1_u8; COPIED];
    group.add("64 MB", move || {
        let mut writer = stream.try_clone().expect("a descriptor");
        writer.write_all(&bytes).expect("the peer reads");
        stream.read_exact(&mut bytes).expect("the peer writes");
    });
    let copied = group.run();
    let mut group = Group::new("One small letter, one way, of many");
    let mut peer = Peer::new(count);
    group.add_timed("link", move |times| peer.one_way(times));
    let mut packets = packet_count();
    group.add_timed("bare packets of 64 bytes", move |times| packets.one_way(times));
    let small = group.run();

    let medians = || SIZES.iter().map(|(name, _)| new.row(name).median);
    let (least, most) = (medians().fold(f64::INFINITY, f64::min), medians().fold(0.0, f64::max));
    report.at_most(55.0, "64 MB there and back, microseconds", new.row("64 MB").median / 1e3);
    report.at_most(2.0, "dearest size / cheapest size", most / least);
    report.at_most(12.0, "64 MB that the peer has, microseconds", known.row("64 MB").median / 1e3);
    report.at_least(300.0, "small letters a millisecond", 1e6 / small.row("link").median);
    report.tables.extend([new, known, copied, small]);
    crate::post::add(&mut report);
    report
}

/// Filled, so that every page is mapped.
fn message_of(size: usize) -> Blob {
    let mut stone = Blob::zeroed_shared(size * 8).expect("memory");
    stone.make_stone();
    let mut writer = Writer::new();
    writer.blob(&stone).and_then(|()| writer.finish()).expect("memory")
}

fn sockets(kind: i32) -> [OwnedFd; 2] {
    let mut ends = [-1; 2];
    let kind = kind | libc::SOCK_CLOEXEC;
    // SAFETY: room for the two descriptors.
    let made = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) };
    assert_eq!(made, 0, "sockets");
    // SAFETY: they were made here, and nobody else has them.
    ends.map(|end| unsafe { OwnedFd::from_raw_fd(end) })
}

/// Runs it in another process, which then ends.
fn in_child(work: impl FnOnce()) {
    // SAFETY: no other thread runs in this program now; the child ends without returning.
    unsafe {
        if libc::fork() == 0 {
            work();
            libc::_exit(0);
        }
    }
}

/// Closes the parent's end in a child, where it would keep the socket open.
fn close(end: &impl AsRawFd) {
    // SAFETY: the child ends without dropping it.
    unsafe { libc::close(end.as_raw_fd()) };
}

/// Takes letters at the other end, and answers.
type Answer = fn(&Mailbox, &Mailbox, &mut Vec<Blob>);

#[derive(Clone)]
struct Peer {
    link: std::rc::Rc<std::cell::RefCell<Link>>,
    there: Mailbox,
    back: Mailbox,
}

impl Peer {
    fn new(answer: Answer) -> Peer {
        let [here, there] = sockets(libc::SOCK_SEQPACKET);
        let end = |socket| {
            let mut link = Link::new(socket, &Options::default()).expect("a link");
            let (own, proxy) = (Mailbox::new(0).expect("memory"), link.mailbox(b"box").expect("memory"));
            link.serve(b"box", &own).expect("memory");
            (link, own, proxy)
        };
        in_child(|| {
            close(&here);
            let (mut link, own, proxy) = end(there.try_clone().expect("a descriptor"));
            let mut kept = Vec::new();
            while link.turn(None).is_ok() {
                answer(&own, &proxy, &mut kept);
            }
        });
        let (link, back, there) = end(here);
        Peer { link: std::rc::Rc::new(link.into()), there, back }
    }

    fn answered(&self) -> Blob {
        loop {
            if let Ok(letter) = self.back.take(Some(Duration::ZERO)) {
                return letter;
            }
            self.link.borrow_mut().turn(None).expect("the peer lives");
        }
    }

    fn there_and_back(&mut self, message: &Blob) {
        self.there.post(message.clone()).expect("memory");
        drop(self.answered());
    }

    /// Waits until the peer has released every stone, so that the next one is new to it.
    fn forgotten(&mut self) {
        let mut link = self.link.borrow_mut();
        while link.statistics().lent_stones != 0 {
            link.turn(None).expect("the peer lives");
        }
    }

    /// The peer answers the last one.
    fn one_way(&mut self, times: u64) -> Duration {
        let start = Instant::now();
        for number in (0..times).rev() {
            let mut writer = Writer::new();
            writer.integer(number as i64).expect("memory");
            self.there.post(writer.finish().expect("memory")).expect("memory");
            if number % 64 == 0 {
                self.link.borrow_mut().turn(Some(Duration::ZERO)).ok();
            }
        }
        drop(self.answered());
        start.elapsed()
    }
}

fn echo(own: &Mailbox, proxy: &Mailbox, _: &mut Vec<Blob>) {
    while let Ok(letter) = own.take(Some(Duration::ZERO)) {
        let _ = proxy.post(letter);
    }
}

fn echo_and_keep(own: &Mailbox, proxy: &Mailbox, kept: &mut Vec<Blob>) {
    while let Ok(letter) = own.take(Some(Duration::ZERO)) {
        if kept.is_empty() {
            kept.extend_from_slice(letter.held());
        }
        let _ = proxy.post(letter);
    }
}

fn count(own: &Mailbox, proxy: &Mailbox, _: &mut Vec<Blob>) {
    let limits = drystone::Limits::DEFAULT;
    while let Ok(letter) = own.take(Some(Duration::ZERO)) {
        let number = drystone::wota::Reader::new(&letter, &limits).and_then(|mut reader| reader.integer());
        if number == Ok(0) {
            let _ = proxy.post(letter);
        }
    }
}

/// Sends back what it reads, that many bytes at a time.
fn stream_echo(size: usize) -> UnixStream {
    let (here, mut there) = UnixStream::pair().expect("sockets");
    in_child(|| {
        close(&here);
        let mut bytes = vec![0; size];
        while there.read_exact(&mut bytes).is_ok() && there.write_all(&bytes).is_ok() {}
    });
    here
}

/// Packets without a link.
struct Packets(OwnedFd);

fn send(socket: &OwnedFd, bytes: &[u8; 64]) -> bool {
    // SAFETY: that many bytes are readable.
    unsafe { libc::send(socket.as_raw_fd(), bytes.as_ptr().cast(), 64, libc::MSG_NOSIGNAL) == 64 }
}

fn receive(socket: &OwnedFd, bytes: &mut [u8; 64]) -> bool {
    // SAFETY: that many bytes are writable.
    unsafe { libc::recv(socket.as_raw_fd(), bytes.as_mut_ptr().cast(), 64, 0) == 64 }
}

fn packet_count() -> Packets {
    let [here, there] = sockets(libc::SOCK_SEQPACKET);
    in_child(|| {
        close(&here);
        let mut bytes = [0; 64];
        while receive(&there, &mut bytes) {
            if bytes[0] == 1 {
                send(&there, &bytes);
            }
        }
    });
    Packets(here)
}

impl Packets {
    fn one_way(&mut self, times: u64) -> Duration {
        let start = Instant::now();
        for number in (0..times).rev() {
            let mut bytes = [0; 64];
            bytes[0] = u8::from(number == 0);
            assert!(send(&self.0, &bytes));
        }
        assert!(receive(&self.0, &mut [0; 64]));
        start.elapsed()
    }
}
