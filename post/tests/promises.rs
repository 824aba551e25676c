//! The guarantees of an office, with a store in the process whose faults the test controls.

mod common;

use std::time::Duration;

use common::*;
use drystone_post::memory::MemoryStore;
use drystone_post::{Blob, Mailbox, Office, Options, Status};

#[test]
fn letters_arrive_as_they_were_posted() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (there, own) = served(&store, b"painter");
    let here = office(&store);
    let proxy = here.mailbox(b"painter").unwrap();
    let picture = pattern(3_000_001);
    proxy.post(number(7)).unwrap();
    proxy.post(with_stone(&picture, 1)).unwrap();
    proxy.post(Blob::from_bytes(b"no message").unwrap()).unwrap();
    proxy.post(Blob::from_bytes(&picture).unwrap()).unwrap();
    proxy.post(Blob::from_bytes(b"").unwrap()).unwrap();
    here.flush(LONG).unwrap();
    assert_eq!((here.counts().sent, here.counts().waiting), (5, 0));
    let letters = take(&own, 5);
    assert_eq!(number_of(&letters[0]), 7);
    let message = message_of(&letters[1]);
    assert_eq!(message.held()[0].bytes(), picture);
    assert_eq!(letters[2].bytes(), b"no message");
    assert_eq!(letters[3].bytes(), picture);
    assert_eq!(letters[4].bytes(), b"");
    nothing(&own);
    until("all is acknowledged", || store.used() == 0);
    assert_eq!(there.counts().received, 5);
}

/// Whatever the schedule of the office's threads.
#[test]
fn no_letter_is_missing_in_the_counts() {
    let _clean = clean();
    for _ in 0..200 {
        let store = MemoryStore::new(None);
        let here = office(&store);
        let proxy = here.mailbox(b"counted").unwrap();
        here.flush(Some(Duration::ZERO)).unwrap();
        for posted in 1..=20 {
            proxy.post(number(posted)).unwrap();
            let counts = here.counts();
            assert!(counts.sent + counts.waiting >= posted as u64, "{posted} posted, {counts:?}");
        }
        here.flush(LONG).unwrap();
        here.flush(Some(Duration::ZERO)).unwrap();
        assert_eq!((here.counts().sent, here.counts().waiting), (20, 0));
        let (there, own) = served(&store, b"counted");
        for taken in 1..=20 {
            take(&own, 1);
            assert!(there.counts().received >= taken, "{taken} taken, {:?}", there.counts());
        }
    }
}

/// Odd bits, messages in messages, many stones.
#[test]
fn every_form_of_letter() {
    use drystone::wota::Writer;
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (_there, own) = served(&store, b"forms");
    let here = office(&store);
    let proxy = here.mailbox(b"forms").unwrap();

    let mut odd = drystone::Blob::zeroed(13).unwrap();
    odd.append_bytes(&pattern(40_000)).unwrap();
    odd.make_stone();
    let mut inner = Writer::new();
    inner.array(2).unwrap();
    inner.blob(&odd).unwrap();
    inner.text(&[b'x'; 5_000]).unwrap();
    let inner = inner.finish().unwrap();
    let mut outer = Writer::new();
    outer.array(300).unwrap();
    for index in 0..300_usize {
        let mut stone = drystone::Blob::from_bytes(&pattern(1_000 * (index % 30))).unwrap();
        stone.make_stone();
        match index % 3 {
            0 => outer.blob(&inner).unwrap(),
            _ => outer.blob(&stone).unwrap(),
        }
    }
    let outer = outer.finish().unwrap();
    let wanted = drystone::wota::to_bytes(&outer).unwrap();
    proxy.post(outer.into_pointer_blob()).unwrap();
    // An antestone that another handle counts, too, arrives as it is now.
    let mut shared = drystone::Blob::from_bytes(b"before").unwrap();
    let kept = shared.clone();
    proxy.post(shared.clone().into_pointer_blob()).unwrap();
    here.flush(LONG).unwrap();
    drop(kept);
    shared.append_bytes(b" after").unwrap();
    drop((odd, inner));
    let letters = take(&own, 2);
    let arrived = drystone::wota::to_bytes(&message_of(&letters[0])).unwrap();
    assert!(arrived.same_bits(&wanted));
    assert_eq!(letters[1].bytes(), b"before");
}

/// G1.
#[test]
fn what_has_no_receipt_is_offered_again() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (_there, own) = served(&store, b"a");
    let here = office(&store);
    let proxy = here.mailbox(b"a").unwrap();
    store.cut(true);
    proxy.post(number(1)).unwrap();
    proxy.post(with_stone(&pattern(2_000_000), 1)).unwrap();
    assert_eq!(here.flush(Some(Duration::from_millis(200))), Err(Status::NotFound));
    assert_eq!((here.counts().sent, here.counts().waiting), (0, 2));
    nothing(&own);
    store.cut(false);
    here.flush(LONG).unwrap();
    assert!(here.counts().offered_again > 0);
    assert_eq!(take(&own, 2).len(), 2);
    assert_eq!(here.counts().sent, 2);
}

/// G1 and G3: receipts that are lost on the way.
#[test]
fn lost_receipts_make_no_duplicates() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (there, own) = served(&store, b"a");
    let here = office(&store);
    let proxy = here.mailbox(b"a").unwrap();
    for round in 0..20_i64 {
        store.lose_receipts(3);
        proxy.post(number(2 * round)).unwrap();
        if round % 4 == 0 {
            // The store's window is over; the receiver still recognises it.
            until("it is offered again", || here.counts().offered_again > 0);
            store.forget();
        }
        proxy.post(number(2 * round + 1)).unwrap();
        here.flush(LONG).unwrap();
    }
    let numbers: Vec<i64> = take(&own, 40).iter().map(number_of).collect();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
    until("all is acknowledged", || store.used() == 0);
    nothing(&own);
    assert_eq!(there.counts().received, 40);
}

/// G2: the order per office and address, with several offices and addresses and a network that is cut repeatedly.
#[test]
fn order_is_kept() {
    const EACH: i64 = 500;
    let _clean = clean();
    let store = MemoryStore::new(None);
    let there = office(&store);
    let addresses = [b"first".as_slice(), b"second"];
    let own: Vec<Mailbox> = addresses.iter().map(|_| mailbox()).collect();
    for (address, own) in addresses.iter().zip(&own) {
        there.serve(address, own).unwrap();
    }
    let offices: Vec<Office> = (0..4).map(|_| office(&store)).collect();
    std::thread::scope(|scope| {
        for (sender, office) in offices.iter().enumerate() {
            let store = &store;
            scope.spawn(move || {
                for index in 0..EACH {
                    if index % 100 == 50 {
                        store.cut(true);
                    }
                    for address in addresses {
                        let proxy = office.mailbox(address).unwrap();
                        proxy.post(number(sender as i64 * EACH + index)).unwrap();
                    }
                    if index % 100 == 60 {
                        store.cut(false);
                    }
                }
            });
        }
    });
    store.cut(false);
    offices.iter().for_each(|office| office.flush(LONG).unwrap());
    for own in &own {
        let mut next = [0; 4];
        for letter in take(own, 4 * EACH as usize) {
            let number = number_of(&letter);
            let (sender, index) = ((number / EACH) as usize, number % EACH);
            assert_eq!(index, next[sender], "of sender {sender}");
            next[sender] += 1;
        }
        nothing(own);
    }
}

/// `flush` says why letters wait, also when none was offered since the line was cut.
#[test]
fn why_letters_wait() {
    let _clean = clean();
    let store = MemoryStore::new(Some(1_000_000));
    for _ in 0..50 {
        let here = office(&store);
        let proxy = here.mailbox(b"a").unwrap();
        store.cut(true);
        proxy.post(number(1)).unwrap();
        assert_eq!(here.flush(Some(Duration::ZERO)), Err(Status::NotFound));
        drop(here);
        store.cut(false);
    }
    let here = office(&store);
    for _ in 0..2 {
        here.mailbox(b"a").unwrap().post(Blob::from_bytes(&pattern(600_000)).unwrap()).unwrap();
    }
    until("the store is full", || here.counts().full > 0);
    assert_eq!(here.flush(Some(Duration::ZERO)), Err(Status::LimitExceeded));
    store.cut(true);
    assert_eq!(here.flush(Some(Duration::ZERO)), Err(Status::NotFound));
}

/// G4: a sender ends between parts and head.
#[test]
fn no_partial_letter() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (there, own) = served(&store, b"a");
    let here = office(&store);
    let proxy = here.mailbox(b"a").unwrap();
    // All receipts are lost, and then the line is cut.
    store.lose_receipts(u32::MAX);
    proxy.post(with_stone(&pattern(3_000_000), 1)).unwrap();
    until("a part is stored", || store.used() > 0);
    store.cut(true);
    assert_eq!(here.close(Some(Duration::from_millis(50))), Err(Status::NotFound));
    store.cut(false);
    store.lose_receipts(0);
    assert_eq!(own.take(Some(Duration::from_millis(300))).unwrap_err(), Status::End);
    assert_eq!(there.counts(), drystone_post::Counts::default());
}

/// G1 and G4: the store loses parts, and is out of reach meanwhile.
#[test]
fn parts_that_the_store_loses_are_sent_again() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let here = office(&store);
    store.cut_after_parts(3);
    let picture = pattern(3_000_000);
    here.mailbox(b"a").unwrap().post(Blob::from_bytes(&picture).unwrap()).unwrap();
    until("it is offered again", || here.counts().offered_again > 0);
    store.lose_parts();
    store.cut(false);
    here.flush(LONG).unwrap();
    let (_there, own) = served(&store, b"a");
    assert_eq!(take(&own, 1)[0].bytes(), picture);
    until("all is acknowledged", || store.used() == 0);
}

/// G4: the store loses the parts of a letter that has its receipt. The letter is counted, and the next one arrives.
#[test]
fn parts_that_the_store_loses_later() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let here = office(&store);
    let proxy = here.mailbox(b"a").unwrap();
    proxy.post(Blob::from_bytes(&pattern(3_000_000)).unwrap()).unwrap();
    here.flush(LONG).unwrap();
    store.lose_parts();
    proxy.post(number(1)).unwrap();
    let (there, own) = served(&store, b"a");
    assert_eq!(number_of(&take(&own, 1)[0]), 1);
    until("all is acknowledged", || store.used() == 0);
    let counts = there.counts();
    assert_eq!((counts.malformed, counts.received), (1, 1));
}

/// G5: a full store is reported, nothing is dropped, and letters that fit are sent.
#[test]
fn a_full_store() {
    let _clean = clean();
    let store = MemoryStore::new(Some(1_000_000));
    let here = office_with(&store, Options { max_letters: 4, ..Options::default() });
    let proxy = here.mailbox(b"a").unwrap();
    for index in 0..8 {
        proxy.post(Blob::from_bytes(&vec![index; 180_000]).unwrap()).unwrap();
        if index < 5 {
            here.flush(LONG).unwrap();
        }
        until("there is room", || proxy.len() < 4);
    }
    assert_eq!(here.flush(Some(Duration::from_millis(300))), Err(Status::LimitExceeded));
    until("the proxy is full", || {
        proxy
            .post(Blob::from_bytes(&vec![99; 180_000]).unwrap())
            .is_err_and(|refused| refused.status == Status::LimitExceeded)
    });
    let counts = here.counts();
    assert!(counts.full > 0 && counts.lost == 0 && counts.returned == 0, "{counts:?}");
    let waiting = counts.waiting as usize;
    let (_there, own) = served(&store, b"a");
    let letters = take(&own, counts.sent as usize + waiting);
    here.flush(LONG).unwrap();
    let firsts: Vec<u8> = letters.iter().map(|letter| letter.bytes()[0]).collect();
    assert_eq!(firsts[..8], [0, 1, 2, 3, 4, 5, 6, 7]);
    assert!(firsts[8..].iter().all(|first| *first == 99));
}

/// G5: halves of large letters do not fill the store for ever.
#[test]
fn two_halves_of_letters() {
    let _clean = clean();
    let store = MemoryStore::new(Some(3_000_000));
    let (first, second) = (office(&store), office(&store));
    for office in [&first, &second] {
        office.mailbox(b"a").unwrap().post(Blob::from_bytes(&pattern(2_500_000)).unwrap()).unwrap();
    }
    let (_there, own) = served(&store, b"a");
    assert_eq!(take(&own, 2).iter().map(|letter| letter.bytes().len()).sum::<usize>(), 5_000_000);
    first.flush(LONG).unwrap();
    second.flush(LONG).unwrap();
    until("nothing is left in the store", || store.used() == 0);
}

/// G5: letters without a receipt are returned, their stones not copied.
#[test]
fn returned_letters() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    store.cut(true);
    let returned = mailbox();
    let here = office_with(&store, Options { returned: Some(returned.clone()), ..Options::default() });
    let (proxy, unused) = (here.mailbox(b"a").unwrap(), here.mailbox(b"b").unwrap());
    let letter = Blob::from_bytes(&pattern(1_000_000)).unwrap();
    let place = letter.bytes().as_ptr();
    proxy.post(letter).unwrap();
    (0..5).for_each(|index| proxy.post(number(index)).unwrap());
    assert_eq!(here.close(Some(Duration::from_millis(50))), Err(Status::NotFound));
    assert_eq!(proxy.post(number(9)).unwrap_err().status, Status::Closed);
    assert_eq!(unused.post(number(9)).unwrap_err().status, Status::Closed);
    let letters = take(&returned, 6);
    assert_eq!(letters[0].bytes().as_ptr(), place);
    assert_eq!(letters[1..].iter().map(number_of).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    nothing(&returned);
}

/// G5: letters that were given up, and letters too large for the store.
#[test]
fn letters_that_come_back_while_the_office_is_open() {
    let _clean = clean();
    let store = MemoryStore::new(Some(1_000_000));
    let returned = mailbox();
    let give_up = Some(Duration::from_secs(1));
    let here =
        office_with(&store, Options { returned: Some(returned.clone()), give_up, ..Options::default() });
    let proxy = here.mailbox(b"a").unwrap();
    proxy.post(Blob::from_bytes(&pattern(1_000_001)).unwrap()).unwrap();
    assert_eq!(take(&returned, 1)[0].bytes().len(), 1_000_001);
    store.cut(true);
    proxy.post(number(1)).unwrap();
    assert_eq!(number_of(&take(&returned, 1)[0]), 1);
    here.flush(LONG).unwrap();
    store.cut(false);
    proxy.post(number(2)).unwrap();
    here.flush(LONG).unwrap();
    let (_there, own) = served(&store, b"a");
    assert_eq!(number_of(&take(&own, 1)[0]), 2);
    let counts = here.counts();
    assert_eq!((counts.sent, counts.returned, counts.lost), (1, 2, 0));
}

#[test]
fn one_stone_ten_times_crosses_once() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (_there, own) = served(&store, b"a");
    let here = office(&store);
    let picture = pattern(4 << 20);
    here.mailbox(b"a").unwrap().post(with_stone(&picture, 10)).unwrap();
    here.flush(LONG).unwrap();
    // 4 MiB and the words.
    assert_eq!(store.part_publications(), 9);
    let letter = take(&own, 1).remove(0);
    let message = message_of(&letter);
    assert!(message.held().iter().all(|stone| stone.bytes() == picture));
    // The receiver also has it once.
    assert!(message.held().iter().all(|stone| stone.bytes().as_ptr() == message.held()[0].bytes().as_ptr()));
}

#[test]
fn faulty_calls() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let office = office(&store);
    for address in [b"".as_slice(), &[b'x'; 65]] {
        assert_eq!(office.mailbox(address).unwrap_err(), Status::InvalidArgument);
        assert_eq!(office.serve(address, &mailbox()).unwrap_err(), Status::InvalidArgument);
    }
    office.mailbox(&[0; 64]).unwrap();
    office.flush(Some(Duration::ZERO)).unwrap();
    office.close(None).unwrap();
}
