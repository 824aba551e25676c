//! Mailboxes between threads.

use std::sync::Mutex;
use std::time::Duration;

use drystone::{Blob, Mailbox, Status};

/// The counter of live blobs is shared by the process, so its tests take turns.
static ALIVE: Mutex<()> = Mutex::new(());

fn letter(number: u32) -> Blob {
    Blob::from_bytes(&number.to_le_bytes()).unwrap()
}

fn number(letter: &Blob) -> u32 {
    u32::from_le_bytes(letter.bytes().try_into().unwrap())
}

#[test]
fn letters_come_out_in_the_order_of_each_poster() {
    let _turn = ALIVE.lock();
    const EACH: u32 = 5000;
    let mailbox = Mailbox::new(0).unwrap();
    std::thread::scope(|scope| {
        for poster in 0..3 {
            let mailbox = mailbox.clone();
            scope.spawn(move || {
                for count in 0..EACH {
                    mailbox.post(letter(poster * EACH + count)).unwrap();
                }
            });
        }
        let mut next = [0, EACH, 2 * EACH];
        for _ in 0..3 * EACH {
            let number = number(&mailbox.take(None).unwrap());
            let poster = (number / EACH) as usize;
            assert_eq!(number, next[poster]);
            next[poster] += 1;
        }
    });
    assert_eq!(mailbox.take(Some(Duration::ZERO)).err(), Some(Status::End));
}

#[test]
fn a_full_or_closed_mailbox_returns_the_letter() {
    let _turn = ALIVE.lock();
    let mailbox = Mailbox::new(2).unwrap();
    mailbox.post(letter(1)).unwrap();
    mailbox.post(letter(2)).unwrap();
    let refused = mailbox.post(letter(3)).unwrap_err();
    assert_eq!((refused.status, number(&refused.letter)), (Status::LimitExceeded, 3));
    mailbox.close();
    mailbox.close();
    let refused = mailbox.post(refused.letter).unwrap_err();
    assert_eq!((refused.status, number(&refused.letter)), (Status::Closed, 3));
    assert_eq!(mailbox.len(), 2);
    assert_eq!(number(&mailbox.take(None).unwrap()), 1);
    assert_eq!(number(&mailbox.take(Some(Duration::MAX)).unwrap()), 2);
    assert_eq!(mailbox.take(None).err(), Some(Status::Closed));
}

#[test]
fn takers_wait_and_are_woken_by_letters_and_by_closing() {
    let _turn = ALIVE.lock();
    let mailbox = Mailbox::new(0).unwrap();
    assert_eq!(mailbox.take(Some(Duration::from_millis(5))).err(), Some(Status::End));
    std::thread::scope(|scope| {
        let takers: Vec<_> = [None, Some(Duration::MAX), Some(Duration::from_secs(3600))]
            .map(|timeout| {
                scope.spawn({
                    let mailbox = &mailbox;
                    move || (mailbox.take(timeout).map(|letter| number(&letter)), mailbox.take(timeout).err())
                })
            })
            .into();
        for count in 0..3 {
            mailbox.post(letter(count)).unwrap();
        }
        while !mailbox.is_empty() {
            std::thread::yield_now();
        }
        mailbox.close();
        let ends: Vec<_> = takers.into_iter().map(|taker| taker.join().unwrap()).collect();
        // A fast taker may have got two letters; takers without one got `Closed`.
        let taken = ends.iter().filter(|end| end.0.is_ok()).count()
            + ends.iter().filter(|end| end.1.is_none()).count();
        assert_eq!(taken, 3);
        assert!(ends.iter().all(|end| end.0.is_ok() || end.0 == Err(Status::Closed)));
    });
}

#[test]
fn dropping_the_last_handle_destroys_queued_letters() {
    let _turn = ALIVE.lock();
    let before = drystone::blob::blobs_alive();
    let mailbox = Mailbox::open(b"swept", 0).unwrap();
    let other = Mailbox::open(b"swept", 0).unwrap();
    for count in 0..100 {
        other.post(letter(count)).unwrap();
    }
    assert_eq!(drystone::blob::blobs_alive(), before + 100);
    drop(mailbox);
    assert_eq!(drystone::blob::blobs_alive(), before + 100);
    drop(other);
    assert_eq!(drystone::blob::blobs_alive(), before);
    assert!(Mailbox::open(b"swept", 0).unwrap().is_empty());
    assert_eq!(Mailbox::open(b"", 0).err(), Some(Status::InvalidArgument));
}
