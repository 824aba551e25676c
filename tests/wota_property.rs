//! Generated trees through the writer, the reader and bytes, compared with the plain model; and random
//! bytes.

mod common;
#[path = "common/generate.rs"]
mod generate;

use common::{Tree, little_endian, native_words};
use drystone::wota::{Dialect, Reader, from_bytes, to_bytes, validate};
use drystone::{Limits, Status};
use generate::{cases, record, scalar, text, tree};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn trees_survive_messages_and_bytes(tree in tree(), by_reference: bool) {
        let message = tree.message(by_reference).unwrap();
        if !by_reference {
            prop_assert_eq!(native_words(&message), tree.words());
        }
        let mut reader = Reader::new(&message, &Limits::DEFAULT).unwrap();
        prop_assert_eq!(&Tree::read(&mut reader).unwrap(), &tree);
        prop_assert_eq!(reader.kind(), Err(Status::End));

        let bytes = to_bytes(&message).unwrap();
        prop_assert_eq!(bytes.bytes(), little_endian(&tree.words()));
        let back = from_bytes(bytes.bytes(), Dialect::Classic, &Limits::DEFAULT).unwrap();
        prop_assert_eq!(native_words(&back), tree.words());
    }

    #[test]
    fn find_gives_the_value_of_each_key_and_no_other(tree in record(scalar(), 30), absent in text()) {
        let message = tree.message(true).unwrap();
        let start = Reader::new(&message, &Limits::DEFAULT).unwrap();
        let Tree::Record(pairs) = &tree else { unreachable!() };
        for (key, value) in pairs {
            let mut reader = start;
            reader.find(key).unwrap();
            prop_assert_eq!(&Tree::read(&mut reader).unwrap(), value);
        }
        let mut reader = start;
        if !pairs.iter().any(|(key, _)| *key == absent) {
            prop_assert_eq!(reader.find(&absent), Err(Status::NotFound));
            prop_assert_eq!(reader.offset(), 0);
        }
    }

    #[test]
    fn accepted_bytes_equal_the_written_ones(tree in tree(), edits in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in any::<prop::sample::Index>(), shorten: bool) {
        let mut bytes = little_endian(&tree.words());
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
    fn random_words_are_refused_or_canonical(words in vec(prop_oneof![
        any::<u64>(),
        (0..12u64, 0..10u64).prop_map(|(field, kind)| field << 8 | kind),
        Just(0x0000_0061_0000_0000),
    ], 0..24), ragged in 0..8usize) {
        let mut bytes = little_endian(&words);
        bytes.resize(bytes.len() + ragged, 0);
        hostile(&bytes);
    }
}

/// Whatever the bytes are: all three ways of reading agree, and accepted bytes can be read completely and equal, word for
/// word, what the model writes for the value.
fn hostile(bytes: &[u8]) {
    let checked = validate(bytes, Dialect::Classic, &Limits::DEFAULT);
    let message = from_bytes(bytes, Dialect::Classic, &Limits::DEFAULT);
    let reader = Reader::from_bytes(bytes, &Limits::DEFAULT);
    assert_eq!(checked.err(), message.as_ref().err().copied());
    assert_eq!(checked.err(), reader.as_ref().err().copied());
    if let (Ok(mut reader), Ok(message)) = (reader, message) {
        let tree = Tree::read(&mut reader).unwrap();
        assert_eq!(little_endian(&tree.words()), bytes);
        assert_eq!(to_bytes(&message).unwrap().bytes(), bytes);
        no_key_twice(&tree);
    } else if let Err(fault) = checked {
        assert!(fault.offset <= bytes.len().div_ceil(8));
    }
}

fn no_key_twice(tree: &Tree) {
    match tree {
        Tree::Record(pairs) => {
            let keys: std::collections::HashSet<_> = pairs.iter().map(|(key, _)| key).collect();
            assert_eq!(keys.len(), pairs.len());
            pairs.iter().for_each(|(_, value)| no_key_twice(value));
        }
        Tree::Array(values) => values.iter().for_each(no_key_twice),
        Tree::Private(value) | Tree::System(value) => no_key_twice(value),
        _ => {}
    }
}

#[test]
fn large_records_with_equal_keys_are_refused_with_their_offset() {
    for count in [2, 16, 17, 18, 500, 20_000] {
        let pairs = |twice: Option<usize>| {
            let mut keys: Vec<_> = (0..count).map(|at| format!("key {at}").into_bytes()).collect();
            if let Some(at) = twice {
                keys[count - 1] = keys[at].clone();
            }
            Tree::Record(keys.into_iter().map(|key| (key, Tree::Integer(1))).collect())
        };
        let good = little_endian(&pairs(None).words());
        assert_eq!(validate(&good, Dialect::Classic, &Limits::DEFAULT), Ok(()));
        for at in [0, count / 2, count - 2].into_iter().filter(|at| *at != count - 1) {
            let words = pairs(Some(at)).words();
            let fault = validate(&little_endian(&words), Dialect::Classic, &Limits::DEFAULT).unwrap_err();
            assert_eq!(fault.status, Status::Malformed);
            // The second of the two keys: the last pair is a key and the value after it.
            let key = Tree::Text(format!("key {at}").into_bytes()).words();
            assert_eq!(fault.offset, words.len() - 1 - key.len());
        }
    }
}
