//! Which texts are JSON, and their values, compared with `serde_json`.
#![cfg(feature = "json")]

mod common;
#[path = "common/generate.rs"]
mod generate;

use std::fmt;

use common::{Tree, native_words};
use drystone::bucket::Heap;
use drystone::json::{bucket_from_json, json_from_bucket, message_from_json};
use drystone::wota::{INTEGER_MAX, INTEGER_MIN, Symbol};
use drystone::{Fault, Limits, Status};
use generate::{cases, float};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value as `serde_json` reads it, with all keys in order, repeated ones too.
#[derive(Clone, Debug)]
enum Read {
    Null,
    Logical(bool),
    Integer(i64),
    Double(f64),
    Text(String),
    Array(Vec<Read>),
    Object(Vec<(String, Read)>),
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reads)
    }
}

struct Reads;

impl<'de> Visitor<'de> for Reads {
    type Value = Read;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Read, E> {
        Ok(Read::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Read, E> {
        Ok(Read::Logical(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Read, E> {
        Ok(Read::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Read, E> {
        Ok(i64::try_from(value).map_or(Read::Double(value as f64), Read::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Read, E> {
        Ok(Read::Double(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Read, E> {
        Ok(Read::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Read, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            elements.push(element);
        }
        Ok(Read::Array(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Read::Object(pairs))
    }
}

impl Read {
    /// As in a message; `None` if an object has a key twice.
    fn tree(&self) -> Option<Tree> {
        Some(match self {
            Read::Null => Tree::Symbol(Symbol::Null),
            Read::Logical(value) => Tree::Symbol(if *value { Symbol::True } else { Symbol::False }),
            Read::Integer(value) if (INTEGER_MIN..=INTEGER_MAX).contains(value) => Tree::Integer(*value),
            Read::Integer(value) => Tree::Float((*value as f64).to_bits()),
            Read::Double(value) => float(*value),
            Read::Text(text) => Tree::Text(text.clone().into_bytes()),
            Read::Array(elements) => Tree::Array(elements.iter().map(Read::tree).collect::<Option<_>>()?),
            Read::Object(pairs) => {
                let mut keys: Vec<_> = pairs.iter().map(|(key, _)| key).collect();
                keys.sort();
                if keys.windows(2).any(|two| two[0] == two[1]) {
                    return None;
                }
                let pairs = pairs.iter().map(|(key, value)| Some((key.clone().into_bytes(), value.tree()?)));
                Tree::Record(pairs.collect::<Option<_>>()?)
            }
        })
    }

    /// As in a bucket map: numbers are doubles, and of equal keys the position of the first and the value of the last stay.
    fn in_bucket(&self) -> serde_json::Value {
        match self {
            Read::Null => serde_json::Value::Null,
            Read::Logical(value) => (*value).into(),
            Read::Integer(value) => (*value as f64).into(),
            Read::Double(value) => (*value).into(),
            Read::Text(text) => text.as_str().into(),
            Read::Array(elements) => elements.iter().map(Read::in_bucket).collect(),
            Read::Object(pairs) => {
                pairs.iter().map(|(key, value)| (key.clone(), value.in_bucket())).collect()
            }
        }
    }

    fn depth(&self) -> usize {
        match self {
            Read::Array(elements) => 1 + elements.iter().map(Read::depth).max().unwrap_or(0),
            Read::Object(pairs) => 1 + pairs.iter().map(|(_, value)| value.depth()).max().unwrap_or(0),
            _ => 0,
        }
    }
}

/// With numbers as doubles, so that they compare by value.
fn doubles(value: &serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Number(number) => number.as_f64().unwrap().into(),
        serde_json::Value::Array(elements) => elements.iter().map(doubles).collect(),
        serde_json::Value::Object(pairs) => {
            pairs.iter().map(|(key, value)| (key.clone(), doubles(value))).collect()
        }
        other => other.clone(),
    }
}

/// `serde_json`'s position, as an offset.
fn offset(text: &[u8], error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    (before + error.column().saturating_sub(1)).min(text.len())
}

fn same(text: &[u8]) {
    let shown = String::from_utf8_lossy(text);
    let expected = serde_json::from_slice::<Read>(text);
    let message = message_from_json(text, &Limits::DEFAULT);
    let mut heap = Heap::new(0, 0).unwrap();
    let word = bucket_from_json(&mut heap, text);
    match expected {
        Ok(read) if read.depth() > 120 => {
            assert_eq!(message.unwrap_err().status, Status::LimitExceeded, "{shown}");
            assert_eq!(word.unwrap_err().status, Status::LimitExceeded, "{shown}");
        }
        Ok(read) => {
            match read.tree() {
                Some(tree) => {
                    assert_eq!(native_words(&message.expect(&shown)), tree.words(), "{shown}")
                }
                None => assert_eq!(message.unwrap_err().status, Status::Malformed, "{shown}"),
            }
            let printed = json_from_bucket(drystone::bucket::Memory::bytes(&heap), word.expect(&shown));
            let printed: serde_json::Value = serde_json::from_slice(printed.unwrap().bytes()).unwrap();
            assert_eq!(doubles(&printed), read.in_bucket(), "{shown}");
        }
        Err(error) => {
            let fault = message.expect_err(&shown);
            assert_eq!(word.expect_err(&shown), fault, "{shown}");
            check_fault(text, fault, &error);
        }
    }
}

fn check_fault(text: &[u8], fault: Fault, error: &serde_json::Error) {
    let shown = String::from_utf8_lossy(text);
    if fault.status == Status::LimitExceeded {
        return;
    }
    // It checks the four digits of an escape together, and texts only when they are complete. It never checks the end of a
    // number that is too large.
    let elsewhere = str::from_utf8(text).is_err()
        || shown.contains("\\u")
        || error.to_string().starts_with("number out of range");
    if error.is_eof() {
        assert!(elsewhere || fault.status == Status::Truncated, "{shown}: {fault:?}");
    } else {
        assert_eq!(fault.status, Status::Malformed, "{shown}");
    }
    if fault.status == Status::Truncated {
        assert_eq!(fault.offset, text.len());
    } else {
        let apart = fault.offset.abs_diff(offset(text, error));
        assert!(elsewhere || apart <= 1, "{shown}: {fault:?}, {error}");
        // Nothing that follows could make it valid. (Only a number that is too large may end with the text.)
        for more in ["0", "\"", "]", "}"].iter().filter(|_| fault.offset < text.len()) {
            let longer = [text, more.as_bytes()].concat();
            assert_eq!(message_from_json(&longer, &Limits::DEFAULT), Err(fault), "{longer:?}");
        }
    }
}

/// Parts of JSON, valid and invalid; most texts of them are almost valid.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let parts = [
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        " ",
        "\n",
        "\"",
        "\"a\"",
        "\"b\":",
        "\"a\":1,",
        "\\",
        "\\n",
        "\\u00e9",
        "\\ud83d",
        "\\udca9",
        "\\u",
        "null",
        "true",
        "false",
        "tru",
        "0",
        "-0",
        "-",
        "1",
        "01",
        ".",
        ".5",
        "e",
        "E+",
        "1e400",
        "-1e400",
        "0e9999999999999",
        "1e-400",
        "18446744073709551615",
        "18446744073709551616",
        "9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775809",
        "36028797018963967",
        "36028797018963968",
        "2.2250738585072011e-308",
        "0.1",
        "123456789012345678901234567890",
        "\u{FEFF}",
        "é",
        "\u{1}",
        "\t",
        "NaN",
        "/",
        "//",
        "'",
        "[[[[",
        "{\"x\":",
        "[]",
        "{}",
    ];
    prop_oneof![
        30 => prop::sample::select(parts.to_vec()).prop_map(|part| part.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 1..4),
    ]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
        any::<f64>()
            .prop_map(|value| { if value.is_finite() { format!("{value:e}") } else { "0".to_owned() } })
    ]
}

/// Valid JSON, with space and escapes.
fn good() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        "[ !#-\\[\\]-~é\u{20AC}\u{1F4A9}]{0,12}",
        "([a-z]{0,3}\\\\(u00e9|n|/|\"|ud83d\\\\udca9)){0,4}"
    ]
    .prop_map(|text| format!("\"{text}\""));
    let scalar = prop_oneof![number(), text.clone(), "null|true|false"];
    scalar.prop_recursive(4, 60, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(|elements| format!("[{}]", elements.join(" , "))),
            vec((text.clone(), inner), 0..6).prop_map(|pairs| {
                let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("{key}:{value}")).collect();
                format!("{{{}\n}}", pairs.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn parts_in_any_order(parts in vec(part(), 0..12)) {
        same(&parts.concat());
    }

    #[test]
    fn numbers(number in number()) {
        same(number.as_bytes());
    }

    #[test]
    fn valid_texts_and_changed_ones(text in good(), at: prop::sample::Index, byte: u8, kind in 0..4) {
        let mut bytes = text.into_bytes();
        same(&bytes);
        let at = at.index(bytes.len());
        let is_good = serde_json::from_slice::<Read>(&bytes).is_ok();
        let is_scalar = !matches!(bytes[0], b'[' | b'{' | b'"');
        match kind {
            0 => bytes.truncate(at),
            1 => bytes[at] = byte,
            2 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
        same(&bytes);
        if kind == 0 && is_good && !is_scalar {
            let cut = Fault { status: Status::Truncated, offset: at };
            prop_assert_eq!(message_from_json(&bytes, &Limits::DEFAULT), Err(cut));
        }
    }
}

#[test]
fn every_two_bytes_and_every_escape() {
    for one in 0..=255 {
        for other in 0..=255 {
            for text in [
                &[one, other][..],
                &[b'"', one, other, b'"'],
                &[b'"', b'\\', one, other, b'"'],
                &[b'1', one, other],
            ] {
                same(text);
            }
        }
    }
    for code in (0..0x10000).step_by(0x33) {
        same(format!("\"\\u{code:04x}\"").as_bytes());
        same(format!("\"\\ud83d\\u{code:04X}\"").as_bytes());
    }
}

#[test]
fn around_the_deepest() {
    for depth in [119, 120, 121, 126, 127] {
        same(("[".repeat(depth) + &"]".repeat(depth)).as_bytes());
        same(("{\"a\":".repeat(depth) + "1" + &"}".repeat(depth)).as_bytes());
    }
    for depth in [121, 128, 1_000_000] {
        for opening in ["[", "{\"a\":", "{\"$private\":"] {
            let text = opening.repeat(depth);
            let fault = Fault { status: Status::LimitExceeded, offset: 120 * opening.len() };
            assert_eq!(message_from_json(text.as_bytes(), &Limits::DEFAULT), Err(fault));
            assert_eq!(bucket_from_json(&mut Heap::new(0, 0).unwrap(), text.as_bytes()), Err(fault));
        }
    }
}
