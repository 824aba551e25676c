//! Every vector of `c-tests/vectors/wota.json`, read and written; the shape of the file is described in
//! `c-tests/README.md`.

mod common;

use std::error::Error;

use common::{Tree, little_endian, native_words};
use drystone::wota::{Dialect, Kind, Reader, Symbol, from_bytes, to_bytes, validate};
use drystone::{Limits, Status};
use serde_json::Value;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn file() -> Outcome<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/c-tests/vectors/wota.json");
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}

fn list<'a>(value: &'a Value, name: &str) -> Outcome<&'a Vec<Value>> {
    value[name].as_array().ok_or_else(|| format!("no list {name}").into())
}

fn hex(text: &str) -> Outcome<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| Ok(u8::from_str_radix(std::str::from_utf8(two)?, 16)?)).collect()
}

fn words(list: &Value) -> Outcome<Vec<u64>> {
    let mut words = Vec::new();
    for item in list.as_array().ok_or("words are a list")? {
        let (digits, times) = match item["repeat"].as_array() {
            Some(repeat) => (&repeat[0], repeat[1].as_u64().ok_or("how often")?),
            None => (item, 1),
        };
        let word = u64::from_str_radix(digits.as_str().ok_or("a word is text")?, 16)?;
        words.extend((0..times).map(|_| word));
    }
    Ok(words)
}

fn bytes(vector: &Value) -> Outcome<Vec<u8>> {
    match vector["bytes"].as_str() {
        Some(text) => hex(text),
        None => Ok(little_endian(&words(&vector["words"])?)),
    }
}

fn limits(vector: &Value) -> Limits {
    let given = &vector["limits"];
    let mut limits = Limits::DEFAULT;
    limits.max_depth = given["max_depth"].as_u64().map_or(limits.max_depth, |depth| depth as u32);
    limits.max_words = given["max_words"].as_u64().unwrap_or(limits.max_words);
    limits
}

/// The value that a vector (or a part of one) describes.
fn tree(vector: &Value) -> Outcome<Tree> {
    let text = |name: &str| vector[name].as_str().ok_or_else(|| format!("{name} is text"));
    let inner = || vector.get("value").ok_or("no value").map(tree);
    if let Some(json) = vector.get("json") {
        return Ok(from_json(json));
    } else if vector.get("integer").is_some() {
        return Ok(Tree::Integer(text("integer")?.parse()?));
    } else if vector.get("float_bits").is_some() {
        return Ok(Tree::Float(u64::from_str_radix(text("float_bits")?, 16)?));
    } else if vector.get("text_bytes").is_some() {
        return Ok(Tree::Text(hex(text("text_bytes")?)?));
    } else if vector.get("blob_bits").is_some() {
        return Ok(Tree::Bits(text("blob_bits")?.chars().map(|bit| bit == '1').collect()));
    } else if let Some(depth) = vector["nested_arrays"].as_u64() {
        let (mut value, depth) = match vector.get("value") {
            Some(value) => (tree(value)?, depth),
            None => (Tree::Array(Vec::new()), depth - 1),
        };
        for _ in 0..depth {
            value = Tree::Array(vec![value]);
        }
        return Ok(value);
    } else if let Some(elements) = vector["array"].as_array() {
        return Ok(Tree::Array(elements.iter().map(tree).collect::<Result<_, _>>()?));
    } else if let Some(pairs) = vector["record"].as_array() {
        let pair = |pair: &Value| {
            let key = match pair[0].as_str() {
                Some(key) => key.as_bytes().to_vec(),
                None => hex(pair[0]["text_bytes"].as_str().ok_or("a key")?)?,
            };
            Ok::<_, Box<dyn Error>>((key, tree(&pair[1])?))
        };
        return Ok(Tree::Record(pairs.iter().map(pair).collect::<Result<_, _>>()?));
    }
    let code = vector["symbol"].as_u64().ok_or("no form of value that is known")?;
    Ok(match Symbol::from_code(code).ok_or("an unknown symbol")? {
        Symbol::Private => Tree::Private(Box::new(inner()??)),
        Symbol::System => Tree::System(Box::new(inner()??)),
        symbol => Tree::Symbol(symbol),
    })
}

fn from_json(json: &Value) -> Tree {
    match json {
        Value::Null => Tree::Symbol(Symbol::Null),
        Value::Bool(true) => Tree::Symbol(Symbol::True),
        Value::Bool(false) => Tree::Symbol(Symbol::False),
        Value::Number(number) => match number.as_i64() {
            Some(value) => Tree::Integer(value),
            None => Tree::Float(number.as_f64().unwrap_or(f64::NAN).to_bits()),
        },
        Value::String(text) => Tree::Text(text.as_bytes().to_vec()),
        Value::Array(elements) => Tree::Array(elements.iter().map(from_json).collect()),
        Value::Object(pairs) => Tree::Record(
            pairs.iter().map(|(key, value)| (key.as_bytes().to_vec(), from_json(value))).collect(),
        ),
    }
}

#[test]
fn valid_vectors_read_and_write() -> Outcome {
    let file = file()?;
    for vector in list(&file, "valid")? {
        let name = &vector["name"];
        let (words, limits) = (words(&vector["words"])?, limits(vector));
        let bytes = little_endian(&words);
        let expected = tree(vector)?;
        validate(&bytes, Dialect::Classic, &limits).map_err(|fault| format!("{name}: {fault:?}"))?;

        let mut reader = Reader::from_bytes(&bytes, &limits).map_err(|fault| fault.status)?;
        let mut skipped = reader;
        let read = Tree::read(&mut reader).map_err(|status| format!("{name}: {status}"))?;
        assert_eq!(read.words(), words, "{name}");
        if vector.get("written").is_none() {
            assert_eq!(read, expected, "{name}");
        }
        assert_eq!(reader.kind(), Err(Status::End), "{name}");
        skipped.skip().map_err(|status| format!("{name}: {status}"))?;
        assert_eq!((skipped.offset(), skipped.skip()), (words.len(), Err(Status::End)), "{name}");

        let message = from_bytes(&bytes, Dialect::Classic, &limits).map_err(|fault| fault.status)?;
        assert_eq!(native_words(&message), words, "{name}");
        assert_eq!(to_bytes(&message)?.bytes(), bytes, "{name}");

        if limits == Limits::DEFAULT {
            let written = vector.get("written").map_or_else(|| Ok(words), self::words)?;
            assert_eq!(native_words(&expected.message(false)?), written, "{name}");
            assert_eq!(to_bytes(&*expected.message(true)?)?.bytes(), little_endian(&written), "{name}");
        }
    }
    Ok(())
}

#[test]
fn invalid_vectors_are_refused_with_their_status() -> Outcome {
    let file = file()?;
    for vector in list(&file, "invalid")? {
        let name = &vector["name"];
        let (bytes, limits) = (bytes(vector)?, limits(vector));
        let status = match vector["status"].as_str() {
            Some("TRUNCATED") => Status::Truncated,
            Some("MALFORMED") => Status::Malformed,
            Some("LIMIT_EXCEEDED") => Status::LimitExceeded,
            Some("FOREIGN_REFERENCE") => Status::ForeignReference,
            other => return Err(format!("{name}: unknown status {other:?}").into()),
        };
        let fault = validate(&bytes, Dialect::Classic, &limits).err();
        assert_eq!(fault.map(|fault| fault.status), Some(status), "{name}");
        assert!(fault.is_some_and(|fault| fault.offset <= bytes.len() / 8), "{name}");
        assert_eq!(from_bytes(&bytes, Dialect::Classic, &limits).err(), fault, "{name}");
        assert_eq!(Reader::from_bytes(&bytes, &limits).err(), fault, "{name}");
    }
    Ok(())
}

#[test]
fn every_kind_of_value_is_among_the_vectors() -> Outcome {
    let file = file()?;
    let mut first = Vec::new();
    for vector in list(&file, "valid")? {
        let bytes = little_endian(&words(&vector["words"])?);
        let reader = Reader::from_bytes(&bytes, &limits(vector)).map_err(|fault| fault.status)?;
        first.push(reader.kind()?);
    }
    for kind in [Kind::Integer, Kind::Float, Kind::Array, Kind::Record, Kind::Blob, Kind::Text, Kind::Symbol]
    {
        assert!(first.contains(&kind), "{kind:?}");
    }
    Ok(())
}
