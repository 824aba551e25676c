//! Hostile heads and parts.

mod common;

use common::*;
use drystone_post::carrier::{HeadName, PartsName};
use drystone_post::memory::MemoryStore;
use drystone_post::{Blob, Limits, Options};

fn head(form: u32, number: u64, rest: &[&[u8]]) -> Vec<u8> {
    let mut head = b"DSP\x01".to_vec();
    head.extend(form.to_le_bytes());
    head.extend(number.to_le_bytes());
    rest.iter().for_each(|bytes| head.extend_from_slice(bytes));
    head
}

fn in_parts(number: u64, total: u64, part_bytes: u32) -> Vec<u8> {
    head(1, number, &[&total.to_le_bytes(), &part_bytes.to_le_bytes(), &0_u32.to_le_bytes()])
}

/// The bytes of a letter.
fn letter(kind: u8, bits: &[u64], bytes: &[u8]) -> Vec<u8> {
    let mut letter = vec![kind];
    letter.extend((bits.len() as u32).to_le_bytes());
    bits.iter().for_each(|bits| letter.extend(bits.to_le_bytes()));
    letter.extend_from_slice(bytes);
    letter
}

fn inside(number: u64, letters: &[Vec<u8>]) -> Vec<u8> {
    let mut rest = (letters.len() as u32).to_le_bytes().to_vec();
    for letter in letters {
        rest.extend((letter.len() as u32).to_le_bytes());
        rest.extend_from_slice(letter);
    }
    head(0, number, &[&rest])
}

/// Each of these is ended; later letters are delivered.
#[test]
fn faulty_heads_end() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let (there, own) = served(&store, b"a");
    let good = inside(1, &[letter(0, &[40], b"hello")]);
    let mut faulty = vec![
        Vec::new(),
        b"DSP\x02".to_vec(),
        head(2, 1, &[]),
        head(0, 1, &[&0_u32.to_le_bytes()]),
        head(0, 1, &[&u32::MAX.to_le_bytes()]),
        head(0, 1, &[&1_u32.to_le_bytes(), &u32::MAX.to_le_bytes(), b"abc"]),
        in_parts(1, 0, 512),
        in_parts(1, 512, 0),
        in_parts(1, u64::MAX, 1),
        [good.as_slice(), b"more"].concat(),
    ];
    faulty.extend((0..good.len()).map(|length| good[..length].to_vec()));
    // Followed by a valid one.
    for (number, head) in faulty.iter().enumerate() {
        store.inject(b"a", number as u64, head);
    }
    store.inject(b"a", u64::MAX, &good);
    assert_eq!(take(&own, 1)[0].bytes(), b"hello");
    nothing(&own);
    until("all is acknowledged", || store.used() == 0);
    let counts = there.counts();
    assert_eq!((counts.malformed, counts.received), (faulty.len() as u64, 1));
}

#[test]
fn faulty_letters_do_not_take_others_with_them() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let there = office_with(
        &store,
        Options {
            limits: Limits { max_letter_bytes: 1000, max_parts: 3, ..Limits::DEFAULT },
            ..Options::default()
        },
    );
    let own = mailbox();
    there.serve(b"a", &own).unwrap();
    let malformed = [
        Vec::new(),
        vec![0; 4],
        letter(2, &[8], b"x"),
        letter(0, &[], b""),
        letter(0, &[8, 8], b"xy"),
        letter(1, &[], b""),
        letter(0, &[16], b"x"),
        letter(0, &[8], b"xy"),
        letter(0, &[u64::MAX], b"x"),
        letter(1, &[u64::MAX, u64::MAX - 7], b"xy"),
        // Bits after the end.
        letter(0, &[3], &[0xFF]),
        // Not a message.
        letter(1, &[64], b"01234567"),
        letter(1, &[0], b""),
    ];
    let refused = [letter(0, &[8 * 1000], &[1; 1000]), letter(1, &[8; 4], b"abcd"), {
        let mut many = letter(1, &[], b"");
        many[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
        many
    }];
    let good = letter(0, &[3], &[0xE0]);
    let all: Vec<Vec<u8>> =
        malformed.iter().chain(&refused).flat_map(|faulty| [faulty.clone(), good.clone()]).collect();
    store.inject(b"a", 1, &inside(1, &all));
    for letter in take(&own, malformed.len() + refused.len()) {
        assert_eq!((letter.length_bits(), letter.bytes()), (3, [0xE0].as_slice()));
    }
    nothing(&own);
    until("all is acknowledged", || store.used() == 0);
    let counts = there.counts();
    assert_eq!((counts.malformed, counts.refused), (malformed.len() as u64, refused.len() as u64));
}

/// Parts that are missing, too short, too long, or of another letter.
#[test]
fn faulty_parts_end() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    let limits = Limits { max_letter_bytes: 1 << 20, ..Limits::DEFAULT };
    let there = office_with(&store, Options { limits, ..Options::default() });
    let own = mailbox();
    there.serve(b"a", &own).unwrap();
    let whole = letter(0, &[8 * 3000], &pattern(3000));
    let mut office = 0;
    let mut post = |total: u64, parts: &[&[u8]]| {
        office += 1;
        let head = HeadName { address: b"a".to_vec(), office, number: 1 };
        let name = PartsName { head, attempt: 0 };
        for (index, part) in parts.iter().enumerate() {
            store.inject_part(&name, index as u32, part);
        }
        store.inject(b"a", office, &in_parts(1, total, 1024));
    };
    let length = whole.len() as u64;
    post(length, &[&whole[..1024], &whole[1024..2048]]);
    post(length, &[&whole[..1024], &whole[1024..2000], &whole[2048..]]);
    post(length, &[&whole[..1024], &whole[1024..], &whole[2048..]]);
    post(length, &[&whole[..1024], &[], &[]]);
    post(length, &[&whole[2048..], &whole[1024..2048], &whole[..1024]]);
    post(length - 1, &[&whole[..1024], &whole[1024..2048], &whole[2048..whole.len() - 1]]);
    // Nothing of this is fetched.
    post((1 << 20) + 1, &[&whole]);
    post(1 << 40, &[]);
    // It claims as much as the limits allow, and has no bytes.
    post(1 << 20, &[&letter(0, &[8 * ((1 << 20) - 13)], b"")]);
    post(length, &[&whole[..1024], &whole[1024..2048], &whole[2048..]]);
    assert_eq!(take(&own, 1)[0].bytes(), pattern(3000));
    nothing(&own);
    let counts = there.counts();
    assert_eq!((counts.malformed, counts.refused, counts.received), (7, 2, 1));
    until("parts that nobody needs are discarded", || store.used() < 6000);
}

/// Changes each byte of valid heads with all forms of letters, one at a time: letters arrive or not, and nothing else
/// happens.
#[test]
fn turned_bytes() {
    let _clean = clean();
    let store = MemoryStore::new(None);
    {
        // The heads that a sender makes of a message with a stone.
        let here = office(&store);
        here.mailbox(b"a").unwrap().post(with_stone(&pattern(300), 2)).unwrap();
        here.mailbox(b"a").unwrap().post(Blob::from_bytes(b"bytes").unwrap()).unwrap();
        here.flush(LONG).unwrap();
    }
    let heads = store.heads(b"a");
    let (there, own) = served(&store, b"b");
    let mut office = 0;
    for head in &heads {
        for place in 0..head.len() {
            let mut turned = head.clone();
            turned[place] ^= 1 << (place % 8);
            office += 1;
            store.inject(b"b", office, &turned);
        }
    }
    let mut came = 0;
    until("each is done with", || {
        // A letter comes when the one before it has been taken.
        while own.take(Some(std::time::Duration::from_millis(10))).is_ok() {
            came += 1;
        }
        store.heads(b"b").is_empty()
    });
    let counts = there.counts();
    assert_eq!(counts.received, came);
    assert!(counts.malformed > 50 && counts.received > 50, "{counts:?}");
}
