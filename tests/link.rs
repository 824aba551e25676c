//! Links between two ends in one process: what arrives, which stones both know, what is released.
#![cfg(target_os = "linux")]

use std::os::fd::{FromRawFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

use drystone::link::{Limits, Link, Options};
use drystone::mailbox::Mailbox;
use drystone::{Blob, Status, wota};

fn sockets() -> (OwnedFd, OwnedFd) {
    let mut ends = [-1; 2];
    let kind = libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC;
    // SAFETY: room for the two descriptors.
    assert_eq!(unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, ends.as_mut_ptr()) }, 0);
    // SAFETY: they were made here, and have no other owner.
    unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) }
}

fn pair(options: &Options) -> (Link, Link) {
    let (one, other) = sockets();
    let mut links = (Link::new(one, options).unwrap(), Link::new(other, options).unwrap());
    turn_all(&mut links);
    links
}

/// Runs until neither end has anything to do.
fn turn_all((one, other): &mut (Link, Link)) {
    loop {
        let outcomes = [one.turn(Some(Duration::ZERO)), other.turn(Some(Duration::ZERO))];
        if outcomes == [Err(Status::End); 2] {
            return;
        }
        outcomes
            .iter()
            .for_each(|outcome| assert!(matches!(outcome, Ok(()) | Err(Status::End)), "{outcomes:?}"));
    }
}

fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|place| (place * 31 + place / 4096) as u8).collect()
}

fn stone(size: usize, shared: bool) -> Blob {
    let mut blob = if shared { Blob::zeroed_shared(size * 8) } else { Blob::zeroed(size * 8) }.unwrap();
    blob.bytes_mut().unwrap().copy_from_slice(&pattern(size));
    blob.make_stone();
    blob
}

fn message_of(stones: &[&Blob]) -> Blob {
    let mut writer = wota::Writer::new();
    writer.array(stones.len() as u64).unwrap();
    stones.iter().for_each(|stone| writer.blob(stone).unwrap());
    writer.finish().unwrap()
}

#[test]
fn letters_of_every_kind_arrive_in_order() {
    let mut links = pair(&Options::default());
    let proxy = links.0.mailbox(b"there").unwrap();
    let own = Mailbox::new(0).unwrap();
    links.1.serve(b"there", &own).unwrap();
    let sizes = [0, 1, 1000, 65_535, 65_536, 70_000, 1 << 20, 3_000_001];
    for shared in [false, true] {
        for size in sizes {
            let one = stone(size, shared);
            proxy.post(one.clone()).unwrap();
            proxy.post(message_of(&[&one, &one])).unwrap();
            proxy
                .post(message_of(&[&message_of(&[&one]), &one.slice(0, one.length_bits()).unwrap()]))
                .unwrap();
            turn_all(&mut links);
            assert_eq!(own.take(None).unwrap(), one);
            let message = own.take(None).unwrap();
            assert_eq!(message.held()[0], one);
            let message = own.take(None).unwrap();
            assert_eq!(message.held()[0].held()[0], one);
            assert_eq!(message.held()[1], one);
            assert!(own.is_empty());
        }
    }
    turn_all(&mut links);
    for link in [&links.0, &links.1] {
        let statistics = link.statistics();
        assert_eq!((statistics.lent_stones, statistics.borrowed_stones, statistics.refused), (0, 0, 0));
    }
}

#[test]
fn a_stone_that_both_have_crosses_once_and_comes_back_as_itself() {
    let mut links = pair(&Options::default());
    let (there, back) = (links.0.mailbox(b"there").unwrap(), links.1.mailbox(b"back").unwrap());
    let (own, home) = (Mailbox::new(0).unwrap(), Mailbox::new(0).unwrap());
    links.1.serve(b"there", &own).unwrap();
    links.0.serve(b"back", &home).unwrap();
    for shared in [false, true] {
        let one = stone(1 << 20, shared);
        there.post(message_of(&[&one])).unwrap();
        turn_all(&mut links);
        let came = own.take(None).unwrap();
        let kept = came.held()[0].clone();
        for _ in 0..3 {
            there.post(message_of(&[&one.slice(8, 800_000).unwrap(), &one])).unwrap();
            turn_all(&mut links);
            let again = own.take(None).unwrap();
            assert_eq!(links.0.statistics().lent_stones, 1);
            assert_eq!(again.held()[1].bytes().as_ptr(), kept.bytes().as_ptr());
            back.post(again).unwrap();
            back.post(kept.slice(16, 64).unwrap()).unwrap();
            turn_all(&mut links);
            let returned = home.take(None).unwrap();
            assert_eq!(returned.held()[1].bytes().as_ptr(), one.bytes().as_ptr());
            assert_eq!(home.take(None).unwrap(), one.slice(16, 64).unwrap());
            assert_eq!(links.1.statistics().lent_stones, 0);
        }
        drop((came, kept));
        turn_all(&mut links);
        assert_eq!(links.0.statistics().lent_stones, 0);
        assert_eq!(links.1.statistics().borrowed_stones, 0);
    }
}

#[test]
fn the_end_of_a_peer_is_reported_after_its_letters() {
    let (mut one, mut other) = pair(&Options::default());
    let proxy = one.mailbox(b"there").unwrap();
    let own = Mailbox::new(0).unwrap();
    other.serve(b"there", &own).unwrap();
    (0..100).for_each(|_| proxy.post(stone(100, false)).unwrap());
    while one.turn(Some(Duration::ZERO)) == Ok(()) {}
    drop(one);
    assert_eq!(proxy.post(stone(1, false)).unwrap_err().status, Status::Closed);
    while other.turn(None) == Ok(()) {}
    assert_eq!(other.turn(None), Err(Status::Closed));
    assert_eq!(own.len(), 100);
    assert_eq!(other.mailbox(b"back").err(), Some(Status::Closed));
}

#[test]
fn a_full_mailbox_holds_up_the_peer_and_loses_nothing() {
    let mut links = pair(&Options { max_letters: 3000, ..Options::default() });
    let proxy = links.0.mailbox(b"there").unwrap();
    let own = Mailbox::new(3).unwrap();
    links.1.serve(b"there", &own).unwrap();
    let posted = (0..4000_usize).filter(|place| proxy.post(stone(*place, false)).is_ok()).count();
    assert_eq!(posted, 3000);
    let (mut taken, mut busy) = (0, 0);
    while taken < posted {
        let _ = links.0.turn(Some(Duration::ZERO));
        match links.1.turn(Some(Duration::ZERO)) {
            Err(Status::Busy) => {
                busy += 1;
                while let Ok(letter) = own.take(Some(Duration::ZERO)) {
                    assert_eq!(letter.length_bits(), taken * 8);
                    taken += 1;
                }
            }
            Ok(()) | Err(Status::End) => {}
            Err(other) => panic!("{other}"),
        }
        if busy > 0 && links.1.statistics().received as usize == posted {
            taken += own.len();
            own.sweep();
        }
    }
    assert_eq!(taken, posted);
}

#[test]
fn a_full_mailbox_that_is_replaced_holds_up_nothing() {
    for (other_name, moves) in [(None, true), (Some(b"other"), false)] {
        let mut links = pair(&Options::default());
        let proxy = links.0.mailbox(b"there").unwrap();
        let (full, next) = (Mailbox::new(1).unwrap(), Mailbox::new(0).unwrap());
        links.1.serve(b"there", &full).unwrap();
        if let Some(name) = other_name {
            links.1.serve(name, &full).unwrap();
        }
        (1..4).for_each(|size| proxy.post(stone(size, false)).unwrap());
        links.0.turn(None).unwrap();
        while links.1.turn(Some(Duration::ZERO)) != Err(Status::Busy) {}
        links.1.serve(b"there", &next).unwrap();
        // Under its other name the full mailbox is still in use.
        if !moves {
            assert_eq!(links.1.turn(Some(Duration::ZERO)), Err(Status::Busy));
            assert_eq!(full.take(Some(Duration::ZERO)).unwrap(), stone(1, false));
        }
        turn_all(&mut links);
        let first = if moves { 1 } else { 2 };
        assert_eq!(full.take(Some(Duration::ZERO)).unwrap(), stone(first, false));
        for size in first + 1..4 {
            assert_eq!(next.take(Some(Duration::ZERO)).unwrap(), stone(size, false));
        }
        assert!(full.is_empty() && next.is_empty());
    }
}

#[test]
fn names_that_are_not_served_close_the_proxy() {
    let mut links = pair(&Options::default());
    let proxy = links.0.mailbox(b"nobody").unwrap();
    proxy.post(stone(10, false)).unwrap();
    turn_all(&mut links);
    assert_eq!(proxy.post(stone(10, false)).unwrap_err().status, Status::Closed);
    assert_eq!(links.1.statistics().refused, 1);
    // The same for one that was closed there.
    let proxy = links.0.mailbox(b"closed").unwrap();
    let own = Mailbox::new(0).unwrap();
    links.1.serve(b"closed", &own).unwrap();
    own.close();
    proxy.post(stone(10, false)).unwrap();
    turn_all(&mut links);
    assert_eq!(proxy.post(stone(10, false)).unwrap_err().status, Status::Closed);
}

#[test]
fn a_peer_with_less_room_gets_stones_as_it_returns_others() {
    let (one, other) = sockets();
    let small = Limits { max_stones: 2, max_bytes: 300_000, ..Limits::default() };
    let mut links = (
        Link::new(one, &Options::default()).unwrap(),
        Link::new(other, &Options { limits: small, ..Options::default() }).unwrap(),
    );
    let proxy = links.0.mailbox(b"there").unwrap();
    let own = Mailbox::new(0).unwrap();
    links.1.serve(b"there", &own).unwrap();
    // Can never be delivered: too many at once, or too large.
    let stones: Vec<Blob> = (0..3).map(|_| stone(70_000, true)).collect();
    proxy.post(message_of(&stones.iter().collect::<Vec<_>>())).unwrap();
    proxy.post(stone(300_001, false)).unwrap();
    for place in 0..10 {
        proxy.post(stone(70_000 + place, place % 2 == 0)).unwrap();
    }
    for place in 0..10 {
        turn_all(&mut links);
        assert_eq!(own.len(), if place < 9 { 2 } else { 1 });
        assert_eq!(own.take(None).unwrap().length_bits(), (70_000 + place) * 8);
    }
    assert_eq!(links.0.statistics().refused, 2);
    assert_eq!(links.0.statistics().sent, 10);
}

#[test]
fn many_stones_and_many_words_go_in_one_letter() {
    let mut links = pair(&Options::default());
    let proxy = links.0.mailbox(b"there").unwrap();
    let own = Mailbox::new(0).unwrap();
    links.1.serve(b"there", &own).unwrap();
    let all: Vec<Blob> = (0..600).map(|place| stone(65_536 + place, false)).collect();
    let small: Vec<Blob> = (0..3000).map(|place| stone(place, false)).collect();
    let message = message_of(&all.iter().chain(&small).collect::<Vec<_>>());
    proxy.post(message).unwrap();
    turn_all(&mut links);
    let came = own.take(None).unwrap();
    assert!(came.held().iter().eq(all.iter().chain(&small)));
    assert_eq!(links.1.statistics().borrowed_stones, 600);
    drop(came);
    turn_all(&mut links);
    assert_eq!(links.1.statistics().borrowed_stones, 0);
    assert_eq!(links.0.statistics().lent_stones, 0);
}

#[test]
fn the_turn_that_delivers_the_last_letters_succeeds() {
    let (mut here, mut there) = pair(&Options::default());
    let own = Mailbox::new(0).unwrap();
    there.serve(b"there", &own).unwrap();
    let (proxy, back) = (here.mailbox(b"there").unwrap(), there.mailbox(b"back").unwrap());
    (0..3).for_each(|size| proxy.post(stone(size, false)).unwrap());
    here.turn(None).unwrap();
    drop(here);
    back.post(stone(1, false)).unwrap();
    assert_eq!(there.turn(None), Ok(()));
    assert_eq!(own.len(), 3);
    // What was not sent stays in the proxy.
    assert_eq!(back.post(stone(1, false)).unwrap_err().status, Status::Closed);
    assert_eq!(back.take(None).unwrap(), stone(1, false));
    assert_eq!(there.turn(None), Err(Status::Closed));
}

/// Another thread that returns each letter, until the link ends.
fn echo(mut link: Link) -> thread::JoinHandle<()> {
    let own = Mailbox::new(0).unwrap();
    link.serve(b"there", &own).unwrap();
    let proxy = link.mailbox(b"back").unwrap();
    thread::spawn(move || {
        while link.turn(None).is_ok() {
            while let Ok(letter) = own.take(Some(Duration::ZERO)) {
                proxy.post(letter).unwrap();
            }
        }
    })
}

#[test]
fn letters_wake_a_link_that_has_found_answers_without_waiting() {
    const LONG: Duration = Duration::from_secs(30);
    let (mut here, there) = pair(&Options::default());
    let echo = echo(there);
    let back = Mailbox::new(0).unwrap();
    here.serve(b"back", &back).unwrap();
    let proxy = here.mailbox(b"there").unwrap();
    let answer = |link: &mut Link| {
        while back.take(Some(Duration::ZERO)).is_err() {
            link.turn(Some(LONG)).unwrap();
        }
    };
    let readable = |descriptor, wait| {
        let mut one = libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
        // SAFETY: one struct.
        unsafe { libc::poll(&raw mut one, 1, wait) == 1 }
    };
    // Soon answers come while the link looks for them.
    let there_and_back = |link: &mut Link| {
        for _ in 0..500 {
            proxy.post(stone(10, false)).unwrap();
            answer(link);
        }
    };
    there_and_back(&mut here);
    let another = proxy.clone();
    let late = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        another.post(stone(1, false)).unwrap();
    });
    let start = Instant::now();
    answer(&mut here);
    late.join().unwrap();
    // A turn finds the letter at the end of its time, too.
    assert!(start.elapsed() < LONG);

    there_and_back(&mut here);
    // The caller waits elsewhere from now on.
    let descriptor = here.descriptor();
    for _ in 0..2 {
        while here.turn(Some(Duration::ZERO)).is_ok() {}
        assert!(!readable(descriptor, 0));
        proxy.post(stone(1, false)).unwrap();
        assert!(readable(descriptor, 0));
        answer(&mut here);
        there_and_back(&mut here);
    }
    // And a mailbox that a caller watches.
    let watched = proxy.descriptor().unwrap();
    proxy.post(stone(1, false)).unwrap();
    assert!(readable(watched, 0));
    answer(&mut here);
    assert!(!readable(watched, 0));
    drop(here);
    echo.join().unwrap();
}
