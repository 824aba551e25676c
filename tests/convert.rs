//! Generated trees through every format and back, compared with the plain model; Nota vectors; random bytes; values that
//! arrive in pieces.

mod common;
#[path = "common/generate.rs"]
mod generate;

use common::{Tree, little_endian, native_words};
use drystone::convert::{nota_from_message, nota_to_message, transcode};
use drystone::nota::{self, Fed, Feeder};
use drystone::number::decimal::Decimal;
use drystone::wota::{Dialect, Kind, Symbol, dialect_of, from_bytes, to_bytes};
use drystone::{Limits, Status};
use generate::{cases, tree};
use proptest::collection::vec;
use proptest::prelude::*;

/// The Nota of a tree, from the format's rules.
fn nota_of(tree: &Tree) -> Vec<u8> {
    match tree {
        Tree::Integer(value) => head(0x60, 3, *value < 0, value.unsigned_abs()),
        Tree::Float(bits) => {
            let value = f64::from_bits(*bits);
            // Another well-known writer of shortest digits; if two are equally near, both take the even one.
            let mut buffer = ryu::Buffer::new();
            let text = buffer.format_finite(value.abs());
            let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
            let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
            let mut coefficient: u64 = digits.replace('.', "").parse().unwrap();
            let mut exponent = exponent.parse::<i32>().unwrap() - decimals;
            while coefficient != 0 && coefficient.is_multiple_of(10) {
                coefficient /= 10;
                exponent += 1;
            }
            if coefficient == 0 || exponent == 0 {
                return head(0x60, 3, value < 0.0, coefficient);
            }
            let kind = if exponent > 0 { 0x40 } else { 0x50 };
            [head(kind, 3, value < 0.0, exponent.unsigned_abs().into()), kim(coefficient)].concat()
        }
        Tree::Text(utf8) => {
            let codes = common::decode(utf8);
            let characters = codes.iter().flat_map(|code| kim(u64::from(*code)));
            head(0x10, 4, false, codes.len() as u64).into_iter().chain(characters).collect()
        }
        Tree::Array(elements) => {
            let head = head(0x20, 4, false, elements.len() as u64);
            head.into_iter().chain(elements.iter().flat_map(nota_of)).collect()
        }
        Tree::Record(pairs) => {
            let pair =
                |(key, value): &(Vec<u8>, Tree)| [nota_of(&Tree::Text(key.clone())), nota_of(value)].concat();
            head(0x30, 4, false, pairs.len() as u64).into_iter().chain(pairs.iter().flat_map(pair)).collect()
        }
        Tree::Bits(bits) => [head(0x00, 4, false, bits.len() as u64), common::bytes_of(bits)].concat(),
        Tree::Symbol(symbol) => vec![0x70 | *symbol as u8],
        Tree::Private(value) => [vec![0x78], nota_of(value)].concat(),
        Tree::System(value) => [vec![0x79], nota_of(value)].concat(),
    }
}

fn kim(value: u64) -> Vec<u8> {
    let groups = (0..10).rev().skip_while(|group| *group != 0 && value >> (7 * group) == 0);
    groups.map(|group| (value >> (7 * group)) as u8 & 0x7F | if group == 0 { 0 } else { 0x80 }).collect()
}

fn head(kind: u8, data: u32, negative: bool, number: u64) -> Vec<u8> {
    let kind = kind | if negative { 8 } else { 0 };
    let groups = (0..10).find(|groups| number.checked_shr(7 * groups).unwrap_or(0) >> data == 0).unwrap();
    let mut bytes = vec![kind | number.checked_shr(7 * groups).unwrap_or(0) as u8];
    for group in (0..groups).rev() {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push((number >> (7 * group)) as u8 & 0x7F);
    }
    bytes
}

/// The tree after a round trip through Nota: -0 becomes 0.
fn through_nota(tree: &Tree) -> Tree {
    match tree {
        Tree::Float(bits) if f64::from_bits(*bits) == 0.0 => Tree::Integer(0),
        Tree::Array(elements) => Tree::Array(elements.iter().map(through_nota).collect()),
        Tree::Record(pairs) => {
            Tree::Record(pairs.iter().map(|(key, value)| (key.clone(), through_nota(value))).collect())
        }
        Tree::Private(value) => Tree::Private(Box::new(through_nota(value))),
        Tree::System(value) => Tree::System(Box::new(through_nota(value))),
        other => other.clone(),
    }
}

fn has(tree: &Tree, what: &dyn Fn(&Tree) -> bool) -> bool {
    what(tree)
        || match tree {
            Tree::Array(values) => values.iter().any(|value| has(value, what)),
            Tree::Record(pairs) => pairs.iter().any(|(_, value)| has(value, what)),
            Tree::Private(value) | Tree::System(value) => has(value, what),
            _ => false,
        }
}

fn not_finite(tree: &Tree) -> bool {
    matches!(tree, Tree::Float(bits) if !f64::from_bits(*bits).is_finite())
}

/// Whether no DEC64 number reads back as this double.
fn not_decimal(tree: &Tree) -> bool {
    let Tree::Float(bits) = tree else { return false };
    let value = f64::from_bits(*bits);
    drystone::number::dec64::Dec64::from_double(value).to_double() != value
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn trees_survive_nota(tree in tree(), by_reference: bool) {
        let message = tree.message(by_reference).unwrap();
        if has(&tree, &not_finite) {
            prop_assert_eq!(nota_from_message(&message).err(), Some(Status::OutOfRange));
            return Ok(());
        }
        let nota = nota_from_message(&message).unwrap();
        prop_assert_eq!(nota.bytes(), nota_of(&tree));
        let back = nota_to_message(nota.bytes(), &Limits::DEFAULT).unwrap();
        prop_assert_eq!(native_words(&back), through_nota(&tree).words());
        // The other dialect's message of the same value makes the same Nota.
        if !has(&tree, &not_decimal) {
            let dec64 = transcode(&message, Dialect::Dec64, false).unwrap();
            prop_assert_eq!(nota_from_message(&dec64).unwrap(), nota);
        }
    }

    #[test]
    fn trees_survive_the_other_dialect(tree in tree(), by_reference: bool) {
        let message = tree.message(by_reference).unwrap();
        let exact = transcode(&message, Dialect::Dec64, false);
        if has(&tree, &not_decimal) {
            prop_assert_eq!(exact.err(), Some(Status::OutOfRange));
            return Ok(());
        }
        let dec64 = exact.unwrap();
        prop_assert_eq!(dialect_of(&dec64), Ok(Dialect::Dec64));
        prop_assert_eq!(dec64.held().len(), message.held().len());
        prop_assert_eq!(&transcode(&message, Dialect::Dec64, true).unwrap(), &dec64);
        let back = transcode(&dec64, Dialect::Classic, false).unwrap();
        let back = to_bytes(&back).unwrap();
        prop_assert_eq!(back.bytes(), little_endian(&through_nota(&tree).words()));
        let bytes = to_bytes(&dec64).unwrap();
        let again = from_bytes(bytes.bytes(), Dialect::Dec64, &Limits::DEFAULT).unwrap();
        prop_assert_eq!(again.bytes(), if by_reference { bytes.bytes() } else { dec64.bytes() });
    }

    #[test]
    fn hostile_nota_terminates_and_accepted_nota_is_stable(tree in tree(), edits in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in any::<prop::sample::Index>(), shorten: bool) {
        let mut bytes = nota_of(&if has(&tree, &not_finite) { Tree::Array(Vec::new()) } else { tree });
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if shorten {
            bytes.truncate(cut.index(bytes.len() + 1));
        }
        hostile(&bytes);
    }

    #[test]
    fn random_nota_ends(bytes in vec(any::<u8>(), 0..40)) {
        hostile(&bytes);
    }

    #[test]
    fn pieces_make_the_whole(tree in tree(), cuts in vec(1..7usize, 1..9), following in vec(any::<u8>(), 0..5)) {
        let tree = if has(&tree, &not_finite) { Tree::Array(vec![Tree::Bits(vec![true; 99])]) } else { tree };
        let nota = nota_of(&tree);
        let input = [nota.clone(), following.clone()].concat();
        let mut feeder = Feeder::new(Limits::DEFAULT);
        let mut at = 0;
        for length in cuts.iter().cycle() {
            let piece = &input[at..(at + length).min(input.len())];
            match feeder.feed(piece).unwrap() {
                Fed::More => {
                    prop_assert_eq!(feeder.bytes().err(), Some(Status::Truncated));
                    at += piece.len();
                    prop_assert!(at < nota.len());
                }
                Fed::Complete(taken) => {
                    prop_assert_eq!(at + taken, nota.len());
                    break;
                }
            }
        }
        prop_assert_eq!(feeder.bytes().unwrap(), nota);
        prop_assert_eq!(feeder.feed(&following), Ok(Fed::Complete(0)));
    }
}

/// Whatever the bytes are: checking, reading and converting agree, and accepted bytes survive reading, writing and
/// reading again.
fn hostile(bytes: &[u8]) {
    let checked = nota::validate(bytes, &Limits::DEFAULT);
    let message = nota_to_message(bytes, &Limits::DEFAULT);
    assert_eq!(checked.err(), message.as_ref().err().copied(), "{bytes:x?}");
    if let Ok(message) = message {
        let again = nota_from_message(&message).unwrap();
        assert_eq!(nota_to_message(again.bytes(), &Limits::DEFAULT).unwrap(), message);
        let mut feeder = Feeder::new(Limits::DEFAULT);
        assert_eq!(feeder.feed(bytes), Ok(Fed::Complete(bytes.len())));
        let mut reader = nota::Reader::new(bytes, &Limits::DEFAULT).unwrap();
        reader.skip().unwrap();
        assert_eq!((reader.offset(), reader.kind()), (bytes.len(), Err(Status::End)));
    } else if let Err(fault) = checked {
        assert!(fault.offset <= bytes.len());
        let _ = Feeder::new(Limits::DEFAULT).feed(bytes);
    }
}

#[test]
fn vectors_of_the_description() {
    let text = |text: &str| Tree::Text(text.as_bytes().to_vec());
    let bits = |bits: &str| Tree::Bits(bits.chars().map(|bit| bit == '1').collect());
    let float = |value: f64| Tree::Float(value.to_bits());
    for (tree, nota) in [
        (Tree::Integer(0), &[0x60][..]),
        (Tree::Integer(-1), &[0x69]),
        (Tree::Integer(7), &[0x67]),
        (Tree::Integer(8), &[0xE0, 0x08]),
        (Tree::Integer(2023), &[0xE0, 0x8F, 0x67]),
        (Tree::Integer(-1023), &[0xEF, 0x7F]),
        (Tree::Integer(i32::MAX.into()), &[0xE7, 0xFF, 0xFF, 0xFF, 0x7F]),
        (Tree::Integer(i32::MIN.into()), &[0xE8, 0x88, 0x80, 0x80, 0x80, 0x00]),
        (bits("1111000011100011001000001"), &[0x80, 0x19, 0xF0, 0xE3, 0x20, 0x80]),
        (text(""), &[0x10]),
        (text("cat"), &[0x13, 0x63, 0x61, 0x74]),
        (
            Tree::Array(vec![text("duck"), text("dragon")]),
            &[0x22, 0x14, 0x64, 0x75, 0x63, 0x6B, 0x16, 0x64, 0x72, 0x61, 0x67, 0x6F, 0x6E],
        ),
        (
            Tree::Record(vec![(b"Hello".to_vec(), Tree::Integer(123_456_789))]),
            &[0x31, 0x15, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0xE0, 0xBA, 0xEF, 0x9A, 0x15],
        ),
        (float(-1.01), &[0x5A, 0x65]),
        (float(98.6), &[0x51, 0x87, 0x5A]),
        (float(0.1), &[0x51, 0x01]),
        (float(1e100), &[0xC0, 0x64, 0x01]),
        (float(-0.577_215_664_9), &[0xD8, 0x0A, 0x95, 0xC0, 0xB0, 0xBD, 0x69]),
        (Tree::Symbol(Symbol::Null), &[0x70]),
        (Tree::Symbol(Symbol::False), &[0x72]),
        (Tree::Symbol(Symbol::True), &[0x73]),
    ] {
        assert_eq!(nota_of(&tree), nota, "the model");
        let message = tree.message(true).unwrap();
        assert_eq!(nota_from_message(&message).unwrap().bytes(), nota);
        assert_eq!(native_words(&nota_to_message(nota, &Limits::DEFAULT).unwrap()), tree.words());
        for end in 0..nota.len() {
            let fault = nota::validate(&nota[..end], &Limits::DEFAULT).unwrap_err();
            assert_eq!(fault.status, Status::Truncated);
        }
    }
}

#[test]
fn limits_on_depth_and_on_the_size_of_the_message() {
    let deep = |depth: usize| [vec![0x21; depth], vec![0x60]].concat();
    assert!(nota_to_message(&deep(512), &Limits::DEFAULT).is_ok());
    assert_eq!(nota_to_message(&deep(513), &Limits::DEFAULT).unwrap_err().status, Status::LimitExceeded);
    let high = Limits { max_depth: 60_000, ..Limits::DEFAULT };
    let message = nota_to_message(&deep(60_000), &high).unwrap();
    assert_eq!(nota_from_message(&message).unwrap().bytes(), deep(60_000));
    let thousand = [vec![0xA7, 0x68], vec![0x70; 1000]].concat();
    let words = |max_words| Limits { max_words, ..Limits::DEFAULT };
    assert!(nota_to_message(&thousand, &words(1001)).is_ok());
    assert_eq!(nota_to_message(&thousand, &words(1000)).unwrap_err().status, Status::LimitExceeded);
    let mut feeder = Feeder::new(words(100));
    assert_eq!(feeder.feed(&[0x80 | 0x0F, 0xFF, 0x7F]), Err(Status::LimitExceeded));
    assert_eq!(feeder.feed(&[0x70]), Err(Status::LimitExceeded));
    feeder.reset();
    assert_eq!(feeder.feed(&[0x70, 0x70]), Ok(Fed::Complete(1)));
}

#[test]
fn readers_and_writers_refuse_and_stay() {
    let mut writer = nota::Writer::new();
    assert_eq!(writer.finish().err(), Some(Status::Truncated));
    assert_eq!(writer.number(f64::NAN), Err(Status::OutOfRange));
    assert_eq!(writer.text(b"\xFF"), Err(Status::Malformed));
    assert_eq!(writer.array(1 << 56), Err(Status::OutOfRange));
    for (coefficient, exponent) in [(1, 1000), (i64::MIN, 0), (i64::MAX, 300)] {
        assert_eq!(writer.decimal(Decimal { coefficient, exponent }), Err(Status::OutOfRange));
    }
    writer.record(2).unwrap();
    assert_eq!(writer.integer(1), Err(Status::Malformed));
    writer.text("größe".as_bytes()).unwrap();
    writer.number(-2.5).unwrap();
    writer.text(b"bits").unwrap();
    writer.bits(&[0xFF], 5).unwrap();
    assert_eq!(writer.symbol(Symbol::Null), Err(Status::Malformed));
    let nota = writer.finish().unwrap();
    let mut reader = nota::Reader::new(nota.bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(reader.kind(), Ok(Kind::Record));
    assert_eq!(reader.array(), Err(Status::WrongType));
    assert_eq!(reader.find(b"absent"), Err(Status::NotFound));
    let start = reader;
    reader.find("größe".as_bytes()).unwrap();
    assert_eq!(reader.number(), Ok(-2.5));
    assert_eq!(reader.text(&mut [0; 3]), Err(Status::OutOfRange));
    assert_eq!(reader.text(&mut [0; 4]), Ok(4));
    assert_eq!(reader.blob().unwrap().length_bits(), 5);
    assert_eq!(reader.blob().err(), Some(Status::End));
    reader = start;
    reader.find(b"bits").unwrap();
    assert_eq!(reader.bits(), Ok((&[0xF8][..], 5)));
}

/// Keys with equal ends and lengths, one of them very long: comparing them must stay cheap.
#[test]
fn a_nota_writer_is_used_again_after_small_and_large_values() {
    let mut writer = nota::Writer::new();
    for size in [3, 200_000, 5, 100_000, 300_000, 0] {
        let tree = Tree::Text(vec![b'x'; size]);
        writer.text("x".repeat(size).as_bytes()).unwrap();
        let value = writer.finish().unwrap();
        assert!(value.is_stone());
        assert_eq!(value.bytes(), nota_of(&tree), "{size}");
        assert_eq!(writer.finish().unwrap_err(), Status::Truncated);
    }
}

#[test]
fn many_keys_beside_a_long_one_are_checked_in_time() {
    let long: String = "é".repeat(200_000);
    let mut pairs = vec![(long.into_bytes(), Tree::Integer(1))];
    pairs.extend((0..20_000).map(|at| (format!("é{at:05}é").into_bytes(), Tree::Integer(at))));
    let nota = nota_of(&Tree::Record(pairs.clone()));
    assert!(nota::validate(&nota, &Limits::DEFAULT).is_ok());
    pairs.push((format!("é{:05}é", 7).into_bytes(), Tree::Integer(0)));
    let nota = nota_of(&Tree::Record(pairs));
    assert_eq!(nota::validate(&nota, &Limits::DEFAULT).unwrap_err().status, Status::Malformed);
}
