//! Interleavings of mailboxes, by loom: waiting for room, urgent letters, closing, sweeping, notifications, descriptors,
//! and the short lock by itself. `RUSTFLAGS="--cfg loom" cargo test --release --test loom_mailbox` (as `cargo xtask
//! test` does).
#![cfg(loom)]

#[path = "../src/mailbox/short_lock.rs"]
#[allow(dead_code)]
mod short_lock;
#[path = "../src/sync.rs"]
#[allow(dead_code, unused_imports)]
mod sync;

/// These models have one process.
mod fork {
    pub(super) fn generation() -> u32 {
        1
    }
}

use core::ffi::c_void;
use std::sync::Arc as PlainArc;
use std::time::Duration;

use drystone::mailbox::Ready;
use drystone::{Blob, Mailbox, Status};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use short_lock::ShortLock;

const NOW: Option<Duration> = Some(Duration::ZERO);

/// All interleavings with at most that many involuntary switches between threads.
fn model(switches: usize, body: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(switches);
    builder.check(body);
}

fn letter(number: u8) -> Blob {
    Blob::from_bytes(&[number]).unwrap()
}

/// Runs `body` on another thread, with a handle of its own.
fn beside<T: 'static>(mailbox: &Mailbox, body: impl FnOnce(Mailbox) -> T + 'static) -> thread::JoinHandle<T> {
    let mailbox = mailbox.clone();
    thread::spawn(move || body(mailbox))
}

fn post_two(mailbox: Mailbox) {
    mailbox.post(letter(1)).unwrap();
    mailbox.post(letter(2)).unwrap();
}

#[test]
fn the_short_lock_is_held_by_one_thread_at_a_time() {
    model(2, || {
        let lock = PlainArc::new(ShortLock::new(UnsafeCell::new(0)));
        let add = |lock: &ShortLock<UnsafeCell<u32>>| {
            let held = lock.lock().unwrap();
            // SAFETY: loom fails the model when two threads are here.
            held.with_mut(|value| unsafe { *value += 1 });
        };
        let other = thread::spawn({
            let lock = lock.clone();
            move || add(&lock)
        });
        add(&lock);
        other.join().unwrap();
        // SAFETY: as above.
        assert_eq!(lock.lock().unwrap().with(|value| unsafe { *value }), 2);
    });
}

#[test]
fn a_poster_that_waits_for_room_gets_it() {
    model(2, || {
        let mailbox = Mailbox::new(1).unwrap();
        mailbox.post(letter(1)).unwrap();
        let poster = beside(&mailbox, |mailbox| mailbox.post_wait(letter(2), None).unwrap());
        assert_eq!(mailbox.take(None).unwrap().bytes(), [1]);
        assert_eq!(mailbox.take(None).unwrap().bytes(), [2]);
        poster.join().unwrap();
    });
}

#[test]
fn closing_ends_the_wait_for_room() {
    model(2, || {
        let mailbox = Mailbox::new(1).unwrap();
        mailbox.post(letter(1)).unwrap();
        let poster = beside(&mailbox, |mailbox| mailbox.post_wait(letter(2), None).unwrap_err().status);
        mailbox.close();
        assert_eq!(poster.join().unwrap(), Status::Closed);
    });
}

#[test]
fn an_urgent_letter_and_an_ordinary_one_are_both_taken() {
    model(2, || {
        let mailbox = Mailbox::new(0).unwrap();
        let poster = beside(&mailbox, |mailbox| mailbox.post_urgent(letter(2)).unwrap());
        mailbox.post(letter(1)).unwrap();
        let first = mailbox.take(None).unwrap().bytes()[0];
        let second = mailbox.take(None).unwrap().bytes()[0];
        assert_eq!(first + second, 3);
        assert_eq!(mailbox.take(NOW).err(), Some(Status::End));
        poster.join().unwrap();
    });
}

#[test]
fn two_takers_get_a_letter_each() {
    model(2, || {
        let mailbox = Mailbox::new(0).unwrap();
        let taker = beside(&mailbox, |mailbox| mailbox.take(None).unwrap().bytes()[0]);
        mailbox.post(letter(1)).unwrap();
        mailbox.post(letter(2)).unwrap();
        let mine = mailbox.take(None).unwrap().bytes()[0];
        assert_eq!(mine + taker.join().unwrap(), 3);
    });
}

/// The number of notifications.
struct Told(AtomicUsize);

unsafe extern "C" fn tell(context: *mut c_void) {
    // SAFETY: the context is a `Told` that the model keeps alive.
    unsafe { &*context.cast::<Told>() }.0.fetch_add(1, Ordering::SeqCst);
}

fn ready(told: &PlainArc<Told>) -> Ready {
    // SAFETY: the model keeps it alive until the mailbox is gone; any thread may notify it.
    unsafe { Ready::new(tell, PlainArc::as_ptr(told).cast_mut().cast()) }
}

#[test]
fn a_scheduler_that_drains_when_notified_gets_every_letter() {
    model(2, || {
        let told = PlainArc::new(Told(AtomicUsize::new(0)));
        let mailbox = Mailbox::new(0).unwrap();
        mailbox.notify(Some(ready(&told))).unwrap();
        let poster = beside(&mailbox, post_two);
        let drain = || {
            let mut taken = 0;
            while mailbox.take(NOW).is_ok() {
                taken += 1;
            }
            taken
        };
        let (mut taken, mut answered) = (0, 0);
        // Takes twice while the poster runs, each time only after a notification, and once when it is done.
        for _ in 0..2 {
            if told.0.load(Ordering::SeqCst) > answered {
                answered += 1;
                taken += drain();
            }
            thread::yield_now();
        }
        poster.join().unwrap();
        while told.0.load(Ordering::SeqCst) > answered {
            answered += 1;
            taken += drain();
        }
        assert_eq!(taken, 2);
    });
}

#[test]
fn a_removed_function_is_not_notified() {
    model(2, || {
        let told = PlainArc::new(Told(AtomicUsize::new(0)));
        let mailbox = Mailbox::new(0).unwrap();
        mailbox.notify(Some(ready(&told))).unwrap();
        let poster = beside(&mailbox, |mailbox| mailbox.post(letter(1)).unwrap());
        mailbox.notify(None).unwrap();
        let then = told.0.load(Ordering::SeqCst);
        poster.join().unwrap();
        assert_eq!(told.0.load(Ordering::SeqCst), then);
    });
}

#[test]
fn the_descriptor_is_right_when_all_is_quiet() {
    model(2, || {
        let mailbox = Mailbox::new(0).unwrap();
        // In the models it is the flag itself.
        mailbox.descriptor().unwrap();
        let poster = beside(&mailbox, post_two);
        let taken = usize::from(mailbox.take(NOW).is_ok()) + usize::from(mailbox.take(NOW).is_ok());
        poster.join().unwrap();
        assert_eq!(mailbox.descriptor().unwrap(), i32::from(taken < 2));
    });
}

#[test]
fn a_bound_is_kept_by_two_posters() {
    model(2, || {
        let mailbox = Mailbox::new(1).unwrap();
        let poster = beside(&mailbox, |mailbox| mailbox.post(letter(1)).is_ok());
        let mine = mailbox.post(letter(2)).is_ok();
        let theirs = poster.join().unwrap();
        assert!(mine != theirs);
        assert_eq!(mailbox.statistics().unwrap().refused, 1);
    });
}

#[test]
fn a_function_set_while_a_letter_is_posted_hears_of_it() {
    model(2, || {
        let told = PlainArc::new(Told(AtomicUsize::new(0)));
        let mailbox = Mailbox::new(0).unwrap();
        let poster = beside(&mailbox, |mailbox| mailbox.post(letter(1)).unwrap());
        mailbox.notify(Some(ready(&told))).unwrap();
        poster.join().unwrap();
        assert_ne!(told.0.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a_descriptor_made_while_letters_are_posted_and_taken_is_right() {
    model(2, || {
        let mailbox = Mailbox::new(0).unwrap();
        let other = beside(&mailbox, |mailbox| {
            mailbox.post(letter(1)).unwrap();
            mailbox.post(letter(2)).unwrap();
            mailbox.take(NOW).unwrap();
        });
        mailbox.descriptor().unwrap();
        let taken = usize::from(mailbox.take(NOW).is_ok());
        other.join().unwrap();
        assert_eq!(mailbox.descriptor().unwrap(), i32::from(taken == 0));
    });
}

#[test]
fn the_descriptor_of_a_closed_mailbox_is_readable() {
    model(2, || {
        let mailbox = Mailbox::new(0).unwrap();
        mailbox.descriptor().unwrap();
        mailbox.post(letter(1)).unwrap();
        let closer = beside(&mailbox, |mailbox| mailbox.close());
        mailbox.take(NOW).unwrap();
        closer.join().unwrap();
        assert_eq!(mailbox.descriptor().unwrap(), 1);
    });
}

#[test]
fn a_letter_is_refused_by_a_closing_mailbox_or_taken() {
    model(2, || {
        let mailbox = Mailbox::new(0).unwrap();
        let poster = beside(&mailbox, |mailbox| mailbox.post(letter(1)).is_ok());
        mailbox.close();
        let posted = poster.join().unwrap();
        assert_eq!(mailbox.take(None).is_ok(), posted);
        assert_eq!(mailbox.take(None).err(), Some(Status::Closed));
    });
}

#[test]
fn each_letter_is_taken_or_swept_and_a_sweep_makes_room() {
    model(2, || {
        let mailbox = Mailbox::new(1).unwrap();
        mailbox.post(letter(1)).unwrap();
        let poster = beside(&mailbox, |mailbox| mailbox.post_wait(letter(2), None).unwrap());
        let mut removed = mailbox.sweep();
        poster.join().unwrap();
        removed += usize::from(mailbox.take(NOW).is_ok());
        assert_eq!(removed, 2);
    });
}

#[test]
fn many_letters_are_taken_at_once_while_others_are_posted() {
    model(2, || {
        let mailbox = Mailbox::new(0).unwrap();
        let poster = beside(&mailbox, post_two);
        let mut letters = Vec::with_capacity(2);
        while letters.len() < 2 {
            mailbox.take_many(&mut letters, None).unwrap();
        }
        poster.join().unwrap();
        let numbers: Vec<_> = letters.iter().map(|letter| letter.bytes()[0]).collect();
        assert_eq!(numbers, [1, 2]);
    });
}
