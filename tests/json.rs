//! Messages as JSON text and back, and the readable dump.

mod common;
#[path = "common/generate.rs"]
mod generate;

use common::{Tree, native_words};
use drystone::convert::transcode;
use drystone::dump::dump;
use drystone::json::{json_from_message, json_from_message_within, message_from_json};
use drystone::wota::{Dialect, Symbol, Writer};
use drystone::{Blob, Limits, Status};
use generate::{cases, tree};
use proptest::prelude::*;

fn text_of(tree: &Tree, pretty: bool) -> Result<String, Status> {
    let text = json_from_message(&tree.message(true)?, pretty)?;
    Ok(String::from_utf8(text.bytes().to_vec()).unwrap())
}

fn has_no_form(tree: &Tree) -> bool {
    match tree {
        Tree::Float(bits) => !f64::from_bits(*bits).is_finite(),
        Tree::Text(utf8) => std::str::from_utf8(utf8).is_err(),
        Tree::Array(values) => values.iter().any(has_no_form),
        Tree::Record(pairs) => {
            pairs.iter().any(|(key, value)| std::str::from_utf8(key).is_err() || has_no_form(value))
        }
        Tree::Private(value) | Tree::System(value) => has_no_form(value),
        _ => false,
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn trees_survive_json(tree in tree(), pretty: bool) {
        if has_no_form(&tree) {
            prop_assert_eq!(text_of(&tree, pretty), Err(Status::OutOfRange));
            return Ok(());
        }
        let text = text_of(&tree, pretty).unwrap();
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
        let back = message_from_json(text.as_bytes(), &Limits::DEFAULT).unwrap();
        prop_assert_eq!(native_words(&back), tree.words());
    }

    #[test]
    fn reading_any_text_terminates(text in "[\\[\\]{}\",:0-9eE.$a-z \\\\-]{0,40}", tree in tree(), at in any::<prop::sample::Index>()) {
        let _ = message_from_json(text.as_bytes(), &Limits::DEFAULT);
        if let Ok(good) = text_of(&tree, false) {
            let mut bytes = good.into_bytes();
            bytes.truncate(at.index(bytes.len() + 1));
            if let Err(fault) = message_from_json(&bytes, &Limits::DEFAULT) {
                prop_assert!(fault.offset <= bytes.len());
            }
        }
    }

    #[test]
    fn every_value_has_a_line(tree in tree()) {
        let text = dump(&tree.message(false).unwrap()).unwrap();
        let text = std::str::from_utf8(text.bytes()).unwrap();
        prop_assert_eq!(text.lines().count(), count(&tree));
    }
}

fn count(tree: &Tree) -> usize {
    1 + match tree {
        Tree::Array(values) => values.iter().map(count).sum(),
        Tree::Record(pairs) => pairs.iter().map(|(_, value)| 1 + count(value)).sum(),
        Tree::Private(value) | Tree::System(value) => count(value),
        _ => 0,
    }
}

#[test]
fn reserved_keys_and_values_that_json_does_not_have() {
    let record = |key: &str| Tree::Record(vec![(key.as_bytes().to_vec(), Tree::Integer(1))]);
    for (tree, text) in [
        (Tree::Bits(vec![true; 16]), r#"{"$blob":"//8="}"#),
        (Tree::Bits(vec![true; 9]), r#"{"$blob":"/4A=","bits":9}"#),
        (Tree::Bits(Vec::new()), r#"{"$blob":""}"#),
        (Tree::Private(Box::new(Tree::Integer(1))), r#"{"$private":1}"#),
        (Tree::System(Box::new(record("a"))), r#"{"$system":{"a":1}}"#),
        (record("$blob"), r#"{"$$blob":1}"#),
        (record("$$private"), r#"{"$$$private":1}"#),
        (record("$other"), r#"{"$other":1}"#),
        (record("blob"), r#"{"blob":1}"#),
        (Tree::Float((-0.0f64).to_bits()), "-0.0"),
        (Tree::Float(0.1f64.to_bits()), "0.1"),
        (Tree::Symbol(Symbol::Null), "null"),
        (Tree::Array(vec![Tree::Symbol(Symbol::True), Tree::Array(Vec::new())]), "[true,[]]"),
    ] {
        assert_eq!(text_of(&tree, false).unwrap(), text);
        let back = message_from_json(text.as_bytes(), &Limits::DEFAULT).unwrap();
        assert_eq!(native_words(&back), tree.words(), "{text}");
    }
    let pretty =
        text_of(&Tree::Array(vec![record("a"), Tree::Private(Box::new(record("b")))]), true).unwrap();
    assert_eq!(pretty, "[\n  {\n    \"a\": 1\n  },\n  {\"$private\":{\n      \"b\": 1\n    }}\n]");
}

#[test]
fn faults_have_a_status_and_an_offset() {
    let deep = |depth| "[".repeat(depth) + &"]".repeat(depth);
    for (text, status, offset) in [
        ("", Status::Truncated, 0),
        ("[1,", Status::Truncated, 3),
        ("{", Status::Truncated, 1),
        ("{\"a\":1,\"a\":2}", Status::Malformed, 13),
        ("[1,\n 2,\n x]", Status::Malformed, 9),
        ("1 2", Status::Malformed, 2),
        (r#"{"$blob":"?"}"#, Status::Malformed, 12),
        (r#"{"$blob":"//8=","bits":3}"#, Status::Malformed, 24),
        (r#"{"$private":1,"b":2}"#, Status::Malformed, 16),
        (r#"{"a":1,"$blob":"x"}"#, Status::Malformed, 14),
        (&deep(121), Status::LimitExceeded, 120),
        (r#""\ud800""#, Status::Malformed, 7),
    ] {
        let fault = message_from_json(text.as_bytes(), &Limits::DEFAULT).unwrap_err();
        assert_eq!(fault.status, status, "{text}");
        assert!(fault.offset.abs_diff(offset) <= 1, "{text}: {}", fault.offset);
    }
    assert!(message_from_json(deep(120).as_bytes(), &Limits::DEFAULT).is_ok());
    let small = Limits { max_words: 3, ..Limits::DEFAULT };
    assert!(message_from_json(b"[1,2]", &small).is_ok());
    assert_eq!(message_from_json(b"[1,2,3]", &small).unwrap_err().status, Status::LimitExceeded);
    let numbers = "[36028797018963967,36028797018963968,-36028797018963968,1e3,18446744073709551615]";
    let back = message_from_json(numbers.as_bytes(), &Limits::DEFAULT).unwrap();
    let again = json_from_message(&back, false).unwrap();
    assert_eq!(
        std::str::from_utf8(again.bytes()).unwrap(),
        "[36028797018963967,3.602879701896397e+16,-36028797018963968,1000,1.8446744073709552e+19]"
    );
}

#[test]
fn a_message_that_holds_stones_leaves_inside_another_as_its_bytes() {
    let mut stone = Blob::from_bytes(b"stone").unwrap();
    stone.make_stone();
    let mut writer = Writer::new();
    writer.blob(&stone).unwrap();
    let inner = writer.finish().unwrap();
    assert_eq!(json_from_message(&inner, false).unwrap().bytes(), br#"{"$blob":"c3RvbmU="}"#);
    writer.blob(&inner).unwrap();
    let outer = writer.finish().unwrap();
    let json = json_from_message(&outer, false).unwrap();
    assert_eq!(json.bytes(), br#"{"$blob":"BCgAAAAAAAAAAABlbm90cw=="}"#);
}

#[test]
fn deep_messages_do_not_make_huge_texts() {
    let deep = (0..500).fold(Tree::Array(vec![Tree::Integer(1); 2000]), |value, _| Tree::Array(vec![value]));
    let message = deep.message(false).unwrap();
    assert!(json_from_message(&message, true).unwrap().bytes().len() < 250_000);
    assert!(dump(&message).unwrap().bytes().len() < 300_000);
}

#[test]
fn the_dump_has_the_words_with_their_offsets() {
    let mut writer = Writer::new();
    writer.record(2).unwrap();
    writer.text(b"a").unwrap();
    writer.array(2).unwrap();
    writer.number(0.5).unwrap();
    writer.bits(&[0xF0], 4).unwrap();
    writer.text(b"b").unwrap();
    writer.symbol(Symbol::Private).unwrap();
    writer.integer(-1).unwrap();
    let message = writer.finish().unwrap();
    let expected = "       0  0000000000000203  record of 2
       1  0000000000000105    key text of 1 bytes \"a\"
       3  0000000000000202    array of 2
       4  0000000000000001      float 0.5 (3FE0000000000000)
       6  0000000000000404      blob of 4 bits
       8  0000000000000105    key text of 1 bytes \"b\"
      10  0000000000000807    private
      11  FFFFFFFFFFFFFF00      integer -1
";
    assert_eq!(std::str::from_utf8(dump(&message).unwrap().bytes()).unwrap(), expected);
    let dec64 = transcode(&message, Dialect::Dec64, false).unwrap();
    let text = dump(&dec64).unwrap();
    assert!(std::str::from_utf8(text.bytes()).unwrap().contains("00000000000005FF      decimal 5e-1"));
}

/// A text that is mostly indentation is refused, unless the caller raises the limit.
#[test]
fn text_has_a_limit() {
    let brackets = format!("[{}0]", format!("{}{},", "[".repeat(110), "]".repeat(110)).repeat(900));
    let message = message_from_json(brackets.as_bytes(), &Limits::DEFAULT).unwrap();
    assert_eq!(json_from_message(&message, true).err(), Some(Status::LimitExceeded));
    let plain = json_from_message(&message, false).unwrap();
    assert_eq!(plain.bytes(), brackets.as_bytes());
    for (limit, allowed) in
        [(1, false), (brackets.len() - 1, false), (brackets.len(), true), (usize::MAX, true)]
    {
        let text = json_from_message_within(&message, false, limit);
        assert_eq!(text.err(), (!allowed).then_some(Status::LimitExceeded), "{limit}");
    }
    let pretty = json_from_message_within(&message, true, usize::MAX).unwrap();
    assert!(pretty.bytes().len() > 10 * message.bytes().len());
}
