//! Mailboxes between threads: many posters, bounds, waking a thread, and many actors on few threads.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_queue::SegQueue;
use drystone::mailbox::Ready;
use drystone::{Blob, Mailbox};

use crate::c_calls::{CBlob, CMailbox};
use crate::measure::{Group, Table, room_for};
use crate::versions::named;

const POSTERS: u64 = 4;
const ACTORS: usize = 10_000;

fn letter() -> Blob {
    Blob::zeroed(64).expect("memory")
}

/// Posters that start together, and a taker; times from the first letter to the last one. Letters are made before and
/// dropped after the timing, and each turn has a new queue.
fn crowd(times: u64, post: &(impl Fn(CBlob) + Sync), take: &impl Fn() -> CBlob) -> Duration {
    let each = times.div_ceil(POSTERS);
    let batches: Vec<Vec<CBlob>> =
        (0..POSTERS).map(|_| (0..each).map(|_| CBlob::stone(8)).collect()).collect();
    let mut taken = room_for((each * POSTERS) as usize);
    let ready = AtomicU64::new(0);
    let together = || {
        ready.fetch_add(1, Ordering::AcqRel);
        while ready.load(Ordering::Acquire) <= POSTERS {
            thread::yield_now();
        }
    };
    thread::scope(|scope| {
        for batch in batches {
            scope.spawn(move || {
                together();
                batch.into_iter().for_each(post);
            });
        }
        together();
        let start = Instant::now();
        (0..each * POSTERS).for_each(|_| taken.push(take()));
        start.elapsed()
    })
}

/// Four threads post, one takes.
pub(crate) fn four_posters() -> Table {
    let mut group =
        Group::new("Four threads post, one takes and waits when there is nothing (time of a letter)");
    group.add_timed("drystone mailbox_post, mailbox_take", |times| {
        let mailbox = CMailbox::new(0);
        crowd(times, &|letter| mailbox.post(letter), &|| mailbox.take(-1))
    });
    group.add_timed(format!("{} unbounded", named("crossbeam-channel")), |times| {
        let (sender, receiver) = crossbeam_channel::unbounded();
        crowd(times, &|letter| sender.send(letter).expect("open"), &|| receiver.recv().expect("open"))
    });
    group.run()
}

/// A thread that each letter wakes: half of the round trip.
pub(crate) fn waking() -> Table {
    let mut group = Group::new("A letter to a thread that sleeps, and back (half of it)");
    let (there, back) = (Mailbox::new(0).expect("memory"), Mailbox::new(0).expect("memory"));
    group.add_timed("drystone Mailbox", move |times| {
        thread::scope(|scope| {
            scope
                .spawn(|| (0..times).for_each(|_| back.post(there.take(None).expect("open")).expect("open")));
            let start = Instant::now();
            let mut letter = letter();
            for _ in 0..times {
                there.post(letter).expect("open");
                letter = back.take(None).expect("open");
            }
            start.elapsed() / 2
        })
    });
    let words = [AtomicU32::new(0), AtomicU32::new(0)];
    group.add_timed("bare futex", move |times| {
        let [there, back] = &words;
        there.store(0, Ordering::SeqCst);
        back.store(0, Ordering::SeqCst);
        thread::scope(|scope| {
            scope.spawn(move || {
                for turn in 0..times as u32 {
                    futex_wait(there, turn);
                    futex_wake(back);
                }
            });
            let start = Instant::now();
            for turn in 0..times as u32 {
                futex_wake(there);
                futex_wait(back, turn);
            }
            start.elapsed() / 2
        })
    });
    group.run()
}

fn futex_wake(word: &AtomicU32) {
    word.fetch_add(1, Ordering::SeqCst);
    // SAFETY: wakes a thread that sleeps on the word, if there is one.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1) };
}

fn futex_wait(word: &AtomicU32, old: u32) {
    let none: *const libc::timespec = std::ptr::null();
    while word.load(Ordering::SeqCst) == old {
        // SAFETY: sleeps until the word has changed.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                word.as_ptr(),
                libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
                old,
                none,
            )
        };
    }
}

/// An actor of the scheduler below.
struct Actor {
    mailbox: Mailbox,
    number: usize,
    runnable: *const SegQueue<usize>,
}

// SAFETY: the queue is alive as long as the actors, and may be used from any thread.
unsafe impl Sync for Actor {}

unsafe extern "C" fn run_later(context: *mut c_void) {
    // SAFETY: the context is an actor that is alive until this is removed.
    let actor = unsafe { &*context.cast::<Actor>() };
    // SAFETY: as above.
    unsafe { &*actor.runnable }.push(actor.number);
}

/// Letters per second between 10 000 actors on two threads: `notify` queues an actor that has letters; it runs until it
/// has none, and posts each letter on.
pub(crate) fn letters_a_second() -> f64 {
    const HOPS: u64 = 4_000_000;
    let runnable = SegQueue::new();
    let actors: Vec<Actor> = (0..ACTORS)
        .map(|number| Actor {
            mailbox: Mailbox::new(0).expect("memory"),
            number,
            runnable: &raw const runnable,
        })
        .collect();
    for actor in &actors {
        // SAFETY: the actor outlives the registration, which is removed below; the function may be called by any thread.
        let ready = unsafe { Ready::new(run_later, (&raw const *actor).cast_mut().cast()) };
        actor.mailbox.notify(Some(ready)).expect("memory");
    }
    for number in 0..ACTORS {
        actors[number * 7919 % ACTORS].mailbox.post(letter()).expect("memory");
    }
    let hops = AtomicU64::new(0);
    let work = || {
        let mut mine = 0_u64;
        let mut random = 1_u64;
        while hops.load(Ordering::Relaxed) < HOPS {
            let Some(number) = runnable.pop() else {
                std::hint::spin_loop();
                continue;
            };
            while let Ok(letter) = actors[number].mailbox.take(Some(Duration::ZERO)) {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let next = (random >> 33) as usize % ACTORS;
                actors[next].mailbox.post(letter).expect("memory");
                mine += 1;
                if mine.is_multiple_of(64) {
                    hops.fetch_add(64, Ordering::Relaxed);
                }
            }
        }
    };
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let took = start.elapsed();
    for actor in &actors {
        actor.mailbox.notify(None).expect("memory");
    }
    hops.load(Ordering::Relaxed) as f64 / took.as_secs_f64()
}
