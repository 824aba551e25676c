//! The guarantees for letters that wait in a served mailbox, with a store in this process.

mod common;

use std::time::Duration;

use common::*;
use drystone_post::memory::MemoryStore;
use drystone_post::{Mailbox, Office};

/// An office that has sent seven letters, the first one alone and the others in one head.
fn seven_letters(store: &MemoryStore) -> Office {
    let here = office(store);
    let proxy = here.mailbox(b"a").unwrap();
    // While the first one is held, the others gather.
    store.cut(true);
    proxy.post(number(0)).unwrap();
    until("the first is held", || here.counts().offered_again > 0);
    (1..7).for_each(|index| proxy.post(number(index)).unwrap());
    store.cut(false);
    here.flush(LONG).unwrap();
    here
}

/// G3: a receiver ends. Letters that were not taken come again.
#[test]
fn a_receiver_that_goes_loses_nothing() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let here = office(&store);
    let proxy = here.mailbox(b"a").unwrap();
    let (there, first) = served(&store, b"a");
    for index in 0..10 {
        proxy.post(number(index)).unwrap();
        here.flush(LONG).unwrap();
    }
    assert_eq!(number_of(&take(&first, 1)[0]), 0);
    until("the next is there", || first.len() == 1);
    // Cut off, as if it were killed: the letter that was not taken goes to another receiver.
    store.cut_off(&[2]);
    store.hand_out_again();
    let (_there, own) = served(&store, b"a");
    let numbers: Vec<i64> = take(&own, 9).iter().map(number_of).collect();
    assert_eq!(numbers, (1..10).collect::<Vec<_>>());
    drop(there);
    // It takes back what nobody took.
    nothing(&first);
}

/// A head is acknowledged when its letters are taken.
#[test]
fn what_waits_in_a_mailbox_is_not_acknowledged() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (there, own) = served(&store, b"a");
    let here = office(&store);
    here.mailbox(b"a").unwrap().post(number(1)).unwrap();
    here.flush(LONG).unwrap();
    until("it is there", || own.len() == 1);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(store.heads(b"a").len(), 1);
    take(&own, 1);
    until("it is acknowledged", || store.heads(b"a").is_empty());
    here.mailbox(b"a").unwrap().post(number(2)).unwrap();
    until("the next is there", || own.len() == 1);
    there.close(None).unwrap();
    assert_eq!(store.heads(b"a").len(), 1);
    nothing(&own);
    let (_next, own) = served(&store, b"a");
    assert_eq!(number_of(&take(&own, 1)[0]), 2);
}

/// G1 and G3: a head whose letters were partly taken, or partly posted, comes again as a whole. What waited in the
/// mailbox comes once.
#[test]
fn an_office_that_closes_takes_back_what_nobody_took() {
    for room in [0, 2] {
        let _clean = clean();
        let store = MemoryStore::new(None);
        let _here = seven_letters(&store);
        assert_eq!(store.heads(b"a").len(), 2);
        let (there, own) = (office(&store), Mailbox::new(room, 0).unwrap());
        there.serve(b"a", &own).unwrap();
        let numbers: Vec<i64> = take(&own, 2).iter().map(number_of).collect();
        assert_eq!(numbers, [0, 1]);
        until("the next are there", || own.len() >= 2);
        there.close(None).unwrap();
        nothing(&own);
        let (next, own) = served(&store, b"a");
        let numbers: Vec<i64> = take(&own, 6).iter().map(number_of).collect();
        assert_eq!(numbers, (1..7).collect::<Vec<_>>());
        until("all is acknowledged", || store.used() == 0);
        nothing(&own);
        drop(next);
    }
}

/// A mailbox that others post to is left as it is: its letters may be theirs.
#[test]
fn an_office_that_closes_takes_no_letters_of_others() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let here = office(&store);
    here.mailbox(b"a").unwrap().post(number(1)).unwrap();
    here.flush(LONG).unwrap();
    let (there, own) = served(&store, b"a");
    until("it is there", || own.len() == 1);
    own.post(number(2)).unwrap();
    there.close(None).unwrap();
    let numbers: Vec<i64> = take(&own, 2).iter().map(number_of).collect();
    assert_eq!(numbers, [1, 2]);
    // At least once.
    let (_next, own) = served(&store, b"a");
    assert_eq!(number_of(&take(&own, 1)[0]), 1);
}

/// G1 and G2: what waits in a mailbox that another one replaces goes to that one, in order and once.
#[test]
fn a_mailbox_that_is_replaced() {
    for room in [0, 2] {
        let _clean = clean();
        let store = MemoryStore::new(None);
        let _here = seven_letters(&store);
        let (there, own) = (office(&store), Mailbox::new(room, 0).unwrap());
        there.serve(b"a", &own).unwrap();
        let numbers: Vec<i64> = take(&own, 3).iter().map(number_of).collect();
        assert_eq!(numbers, [0, 1, 2]);
        until("the next are there", || own.len() >= 2);
        let new = Mailbox::new(room, 0).unwrap();
        there.serve(b"a", &new).unwrap();
        until("they have moved", || own.is_empty() && new.len() >= 2);
        let numbers: Vec<i64> = take(&new, 1).iter().map(number_of).collect();
        assert_eq!(numbers, [3]);
        // Nobody has taken the others.
        assert_eq!(store.heads(b"a").len(), 1);
        let numbers: Vec<i64> = take(&new, 3).iter().map(number_of).collect();
        assert_eq!(numbers, [4, 5, 6]);
        until("all is acknowledged", || store.used() == 0);
        nothing(&own);
        nothing(&new);
        assert_eq!(there.counts().received, 7);
    }
}

/// G1: the same when the letters cannot be taken back, because others post to the mailbox, or because it gets the
/// letters of two addresses: all of the head come again.
#[test]
fn a_mailbox_with_other_letters_that_is_replaced() {
    for other in [false, true] {
        let _clean = clean();
        let store = MemoryStore::new(None);
        let (there, own) = served(&store, b"a");
        if other {
            there.serve(b"b", &own).unwrap();
        }
        let here = office(&store);
        here.mailbox(b"a").unwrap().post(number(1)).unwrap();
        here.flush(LONG).unwrap();
        until("it is there", || own.len() == 1);
        if !other {
            own.post(number(2)).unwrap();
        }
        let new = mailbox();
        there.serve(b"a", &new).unwrap();
        assert_eq!(number_of(&take(&new, 1)[0]), 1);
        until("all is acknowledged", || store.used() == 0);
        let numbers: Vec<i64> = take(&own, if other { 1 } else { 2 }).iter().map(number_of).collect();
        assert!(numbers == [1] || numbers == [1, 2]);
        assert_eq!(there.counts().duplicates, 0);
        // What comes after it is not a duplicate either.
        here.mailbox(b"a").unwrap().post(number(3)).unwrap();
        assert_eq!(number_of(&take(&new, 1)[0]), 3);
    }
}

/// G3: delivered again while a mailbox has no room.
#[test]
fn handed_out_again_while_it_waits() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let there = office(&store);
    let own = Mailbox::new(1, 0).unwrap();
    there.serve(b"a", &own).unwrap();
    let here = office(&store);
    let proxy = here.mailbox(b"a").unwrap();
    (0..6).for_each(|index| proxy.post(number(index)).unwrap());
    here.flush(LONG).unwrap();
    until("the first is there", || own.len() == 1);
    store.hand_out_again();
    for index in 0..6 {
        assert_eq!(number_of(&take(&own, 1)[0]), index);
        store.hand_out_again();
    }
    until("all is acknowledged", || store.used() == 0);
    nothing(&own);
}

/// A mailbox that its owner has closed: the letters stay for the next mailbox that serves the address.
#[test]
fn a_mailbox_that_is_closed() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (there, own) = served(&store, b"a");
    let here = office(&store);
    let proxy = here.mailbox(b"a").unwrap();
    proxy.post(number(1)).unwrap();
    assert_eq!(number_of(&take(&own, 1)[0]), 1);
    own.close();
    proxy.post(number(2)).unwrap();
    here.flush(LONG).unwrap();
    let again = mailbox();
    until("it is served by another mailbox", || {
        there.serve(b"a", &again).unwrap();
        !again.is_empty()
    });
    assert_eq!(number_of(&take(&again, 1)[0]), 2);
}
