//! The files of `c-tests/vectors`, whose format is described in `c-tests/README.md`.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]

use std::error::Error;

use crate::common::{Tree, little_endian};
use drystone::number::dec64::Dec64;
use drystone::wota::Symbol;
use drystone::{Limits, Status};
use serde_json::Value;

pub type Outcome<T = ()> = Result<T, Box<dyn Error>>;

pub fn file(name: &str) -> Outcome<Value> {
    let path = format!("{}/c-tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}

/// The vectors of a section, which is not empty.
pub fn list<'a>(value: &'a Value, name: &str) -> Outcome<&'a Vec<Value>> {
    let list = value[name].as_array().filter(|list| !list.is_empty());
    list.ok_or_else(|| format!("no list {name}").into())
}

pub fn text<'a>(vector: &'a Value, name: &str) -> Outcome<&'a str> {
    vector[name].as_str().ok_or_else(|| format!("{name} is text in {vector}").into())
}

pub fn hex(text: &str) -> Outcome<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| Ok(u8::from_str_radix(std::str::from_utf8(two)?, 16)?)).collect()
}

pub fn word(vector: &Value, name: &str) -> Outcome<u64> {
    Ok(u64::from_str_radix(text(vector, name)?, 16)?)
}

/// The elements of a list, with repetitions expanded.
fn written_out(list: &[Value]) -> Outcome<Vec<&str>> {
    let mut all = Vec::new();
    for item in list {
        let (digits, times) = match item["repeat"].as_array() {
            Some(repeat) => (&repeat[0], repeat[1].as_u64().ok_or("how often")?),
            None => (item, 1),
        };
        let digits = digits.as_str().ok_or("an element is text")?;
        all.extend((0..times).map(|_| digits));
    }
    Ok(all)
}

pub fn words(list: &Value) -> Outcome<Vec<u64>> {
    let items = written_out(list.as_array().ok_or("words are a list")?)?;
    items.into_iter().map(|digits| Ok(u64::from_str_radix(digits, 16)?)).collect()
}

/// Bytes as digits, or as a list of digits.
pub fn digits(value: &Value) -> Outcome<Vec<u8>> {
    match value {
        Value::Array(list) => hex(&written_out(list)?.concat()),
        other => hex(other.as_str().ok_or("bytes are text")?),
    }
}

/// A member that is a list of words or bytes.
pub fn bytes_of(vector: &Value, words_name: &str, bytes_name: &str) -> Outcome<Vec<u8>> {
    match vector.get(bytes_name) {
        Some(bytes) => digits(bytes),
        None => Ok(little_endian(&words(&vector[words_name])?)),
    }
}

pub fn limits(vector: &Value) -> Limits {
    let given = &vector["limits"];
    let mut limits = Limits::DEFAULT;
    limits.max_depth = given["max_depth"].as_u64().map_or(limits.max_depth, |depth| depth as u32);
    limits.max_words = given["max_words"].as_u64().unwrap_or(limits.max_words);
    limits
}

pub fn status(vector: &Value) -> Outcome<Status> {
    Ok(match text(vector, "status")? {
        "TRUNCATED" => Status::Truncated,
        "MALFORMED" => Status::Malformed,
        "LIMIT_EXCEEDED" => Status::LimitExceeded,
        "FOREIGN_REFERENCE" => Status::ForeignReference,
        "OUT_OF_RANGE" => Status::OutOfRange,
        "INVALID_ARGUMENT" => Status::InvalidArgument,
        other => return Err(format!("unknown status {other}").into()),
    })
}

pub fn bits(text: &str) -> Vec<bool> {
    text.chars().map(|bit| bit == '1').collect()
}

/// The value that a vector (or a part of one) describes.
pub fn tree(vector: &Value) -> Outcome<Tree> {
    let inner = || vector.get("value").ok_or("no value").map(tree);
    if let Some(json) = vector.get("json") {
        return Ok(from_json(json));
    } else if vector.get("integer").is_some() {
        return Ok(Tree::Integer(text(vector, "integer")?.parse()?));
    } else if vector.get("dec64").is_some() {
        return Ok(Tree::Float(Dec64(word(vector, "dec64")? as i64).to_double().to_bits()));
    } else if vector.get("float_bits").is_some() {
        return Ok(Tree::Float(word(vector, "float_bits")?));
    } else if vector.get("text_bytes").is_some() {
        return Ok(Tree::Text(hex(text(vector, "text_bytes")?)?));
    } else if vector.get("blob_bits").is_some() {
        return Ok(Tree::Bits(bits(text(vector, "blob_bits")?)));
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
                None => hex(text(&pair[0], "text_bytes")?)?,
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
