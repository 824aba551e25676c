//! Compares the mailbox with other queues that carry the same letters (blobs).

use std::hint::black_box;
use std::sync::mpsc;

use crossbeam_queue::{ArrayQueue, SegQueue};
use drystone::{Blob, Mailbox};

use crate::allocations::counted;
use crate::c_calls::{CBlob, CMailbox};
use crate::mailbox_threads;
use crate::measure::{Group, Table, timed_together, together};
use crate::report::Report;
use crate::versions::{named, standard};

/// The capacity of bounded queues.
const BOUND: usize = 1024;

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    let (alone, pair, crowd) = (one_thread(), two_threads(), mailbox_threads::four_posters());
    let crossbeam = named("crossbeam-channel");
    for (what, table) in [("one posts, one takes", &pair), ("four post, one takes", &crowd)] {
        let peer = table.row(&format!("{crossbeam} unbounded")).median;
        let ours = table.row("drystone mailbox_post").median;
        report.at_most(1.0, format!("{what}, from C, beside {crossbeam} unbounded"), ours / peer);
    }
    let bounded =
        pair.row("drystone mailbox, bounded").median / pair.row(&format!("{crossbeam} bounded")).median;
    report.at_most(
        1.0,
        format!("one posts, one takes, with a bound of {BOUND}, from C, beside {crossbeam} bounded"),
        bounded,
    );
    let waking = mailbox_threads::waking();
    report.at_most(
        1.1,
        "waking a thread, beside a bare futex",
        waking.rows[0].median / waking.rows[1].median,
    );
    let rate = mailbox_threads::letters_a_second();
    report.at_least(2.0, "10 000 mailboxes with notify on two threads: million letters a second", rate / 1e6);
    let idle = counted(|| CMailbox::new(0)).peak;
    report.at_most(256.0, "bytes of an idle mailbox", idle as f64);
    report.tables.extend([alone, pair, crowd, waking]);
    report
}

fn letter() -> Blob {
    Blob::zeroed(64).expect("memory")
}

/// A contender that posts and takes one letter again and again.
fn round<'a, L: 'a>(group: &mut Group<'a>, name: String, first: L, mut pass: impl FnMut(L) -> L + 'a) {
    let mut letter = Some(first);
    group.add(name, move || letter = letter.take().map(&mut pass));
}

fn one_thread() -> Table {
    let mut group = Group::new("Post and take, one thread, an empty queue");
    let mailbox = CMailbox::new(0);
    round(&mut group, "drystone mailbox_post + mailbox_take".into(), CBlob::stone(8), move |letter| {
        mailbox.post(letter);
        mailbox.take(0)
    });
    let mailbox = Mailbox::new(0).expect("memory");
    round(&mut group, "drystone Mailbox".into(), letter(), move |letter| {
        mailbox.post(letter).expect("open");
        mailbox.take(None).expect("there is one")
    });
    let mailbox = Mailbox::new(BOUND).expect("memory");
    round(&mut group, "drystone Mailbox, bounded".into(), letter(), move |letter| {
        mailbox.post(letter).expect("open");
        mailbox.take(None).expect("there is one")
    });
    let crossbeam = named("crossbeam-channel");
    let (sender, receiver) = crossbeam_channel::unbounded();
    round(&mut group, format!("{crossbeam} unbounded"), letter(), move |letter| {
        sender.send(letter).expect("open");
        receiver.recv().expect("there is one")
    });
    let (sender, receiver) = crossbeam_channel::bounded(BOUND);
    round(&mut group, format!("{crossbeam} bounded"), letter(), move |letter| {
        sender.send(letter).expect("open");
        receiver.recv().expect("there is one")
    });
    let (sender, receiver) = mpsc::channel();
    round(&mut group, format!("mpsc::channel, {}", standard()), letter(), move |letter| {
        sender.send(letter).expect("open");
        receiver.recv().expect("there is one")
    });
    let queue = SegQueue::new();
    round(
        &mut group,
        format!("{} SegQueue (cannot wait)", named("crossbeam-queue")),
        letter(),
        move |letter| {
            queue.push(letter);
            queue.pop().expect("there is one")
        },
    );
    let queue = ArrayQueue::new(BOUND);
    round(
        &mut group,
        format!("{} ArrayQueue (cannot wait)", named("crossbeam-queue")),
        letter(),
        move |letter| {
            queue.push(letter).expect("room");
            queue.pop().expect("there is one")
        },
    );
    group.run()
}

/// A contender with a poster, and a taker that waits when the queue is empty. The letters are made before and dropped
/// after the timing.
fn pair<'a, L: Send + 'a>(
    group: &mut Group<'a>,
    name: String,
    make: impl Fn() -> L + 'a,
    post: impl Fn(L) + Sync + 'a,
    take: impl Fn() -> L + 'a,
) {
    group.add_timed(name, move |times| {
        together(|| {
            let letters: Vec<L> = (0..times).map(|_| make()).collect();
            let mut taken = Vec::with_capacity(letters.len());
            let spans = timed_together(
                || letters.into_iter().for_each(&post),
                || (0..times).for_each(|_| taken.push(take())),
            );
            black_box(taken);
            spans
        })
    });
}

fn two_threads() -> Table {
    let mailbox = CMailbox::new(0);
    let bounded = CMailbox::new(BOUND);
    let rust = Mailbox::new(0).expect("memory");
    let queue = SegQueue::new();
    let mut group =
        Group::new("One thread posts, one takes and waits when there is nothing (time of a letter)");
    let shared = &mailbox;
    pair(
        &mut group,
        "drystone mailbox_post, mailbox_take".into(),
        || CBlob::stone(8),
        move |letter| shared.post(letter),
        move || shared.take(-1),
    );
    let shared = &bounded;
    pair(
        &mut group,
        "drystone mailbox, bounded: mailbox_post_wait, mailbox_take".into(),
        || CBlob::stone(8),
        move |letter| shared.post_wait(letter),
        move || shared.take(-1),
    );
    let shared = &rust;
    pair(
        &mut group,
        "drystone Mailbox".into(),
        letter,
        move |letter| shared.post(letter).expect("open"),
        move || shared.take(None).expect("open"),
    );
    let crossbeam = named("crossbeam-channel");
    let (sender, receiver) = crossbeam_channel::unbounded();
    pair(
        &mut group,
        format!("{crossbeam} unbounded"),
        letter,
        move |letter| sender.send(letter).expect("open"),
        move || receiver.recv().expect("open"),
    );
    let (sender, receiver) = crossbeam_channel::bounded(BOUND);
    pair(
        &mut group,
        format!("{crossbeam} bounded"),
        letter,
        move |letter| sender.send(letter).expect("open"),
        move || receiver.recv().expect("open"),
    );
    let (sender, receiver) = mpsc::channel();
    pair(
        &mut group,
        format!("mpsc::channel, {}", standard()),
        letter,
        move |letter| sender.send(letter).expect("open"),
        move || receiver.recv().expect("open"),
    );
    let shared = &queue;
    pair(
        &mut group,
        format!("{} SegQueue (taker spins)", named("crossbeam-queue")),
        letter,
        move |letter| shared.push(letter),
        move || {
            loop {
                if let Some(letter) = shared.pop() {
                    return letter;
                }
                std::hint::spin_loop();
            }
        },
    );
    group.run()
}
