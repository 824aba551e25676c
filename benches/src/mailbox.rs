//! Compares the mailbox with other queues that carry the same letters (blobs).

use std::hint::black_box;
use std::sync::{Arc, mpsc};

use crossbeam_queue::{ArrayQueue, SegQueue};
use drystone::{Blob, Mailbox};

use crate::allocations::counted;
use crate::c_calls::{CBlob, CMailbox};
use crate::mailbox_threads;
use crate::measure::{Group, Table, line_transfers, room_for, timed_together, together};
use crate::report::Report;
use crate::versions::{named, standard};

/// The capacity of bounded queues.
const BOUND: usize = 1024;

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    let (alone, pair, crowd) = (one_thread(), two_threads(), mailbox_threads::four_posters());
    let crossbeam = named("crossbeam-channel");
    for (what, table) in [("one posts, one takes", &pair), ("four post, one takes", &crowd)] {
        let ratio = table.ratio("drystone mailbox_post", &format!("{crossbeam} unbounded"));
        report.at_most(1.0, format!("{what}, from C, beside {crossbeam} unbounded"), ratio);
    }
    let bounded = pair.ratio("drystone mailbox, bounded", &format!("{crossbeam} bounded"));
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

/// A contender with a poster, and a taker that waits when the queue is empty. Each turn has a new queue, in another
/// place of memory. The letters are made before and dropped after the timing.
fn pair<'a, P: Fn(CBlob) + Send, T: Fn() -> CBlob>(
    group: &mut Group<'a>,
    name: impl Into<String>,
    open: impl Fn() -> (P, T) + 'a,
) {
    group.add_timed(name, move |times| {
        together(5, || {
            let (post, take) = open();
            let letters: Vec<CBlob> = (0..times).map(|_| CBlob::stone(8)).collect();
            let mut taken = room_for(letters.len());
            let spans = timed_together(
                move || letters.into_iter().for_each(post),
                || (0..times).for_each(|_| taken.push(take())),
            );
            black_box(taken);
            spans
        })
    });
}

fn two_threads() -> Table {
    let mut group =
        Group::new("One thread posts, one takes and waits when there is nothing (time of a letter)");
    pair(&mut group, "drystone mailbox_post, mailbox_take", || {
        let mailbox = Arc::new(CMailbox::new(0));
        let posters = mailbox.clone();
        (move |letter| posters.post(letter), move || mailbox.take(-1))
    });
    pair(&mut group, "drystone mailbox, bounded: mailbox_post_wait, mailbox_take", || {
        let mailbox = Arc::new(CMailbox::new(BOUND));
        let posters = mailbox.clone();
        (move |letter| posters.post_wait(letter), move || mailbox.take(-1))
    });
    let crossbeam = named("crossbeam-channel");
    pair(&mut group, format!("{crossbeam} unbounded"), || {
        let (sender, receiver) = crossbeam_channel::unbounded();
        (move |letter| sender.send(letter).expect("open"), move || receiver.recv().expect("open"))
    });
    pair(&mut group, format!("{crossbeam} bounded"), || {
        let (sender, receiver) = crossbeam_channel::bounded(BOUND);
        (move |letter| sender.send(letter).expect("open"), move || receiver.recv().expect("open"))
    });
    pair(&mut group, format!("mpsc::channel, {}", standard()), || {
        let (sender, receiver) = mpsc::channel();
        (move |letter| sender.send(letter).expect("open"), move || receiver.recv().expect("open"))
    });
    pair(&mut group, format!("{} SegQueue (taker spins)", named("crossbeam-queue")), || {
        let queue = Arc::new(SegQueue::new());
        let posters = queue.clone();
        let take = move || {
            loop {
                if let Some(letter) = queue.pop() {
                    return letter;
                }
                std::hint::spin_loop();
            }
        };
        (move |letter| posters.push(letter), take)
    });
    group.add_timed("a cache line to the other processor, for comparison", line_transfers);
    group.run()
}
