//! Explains the fault of a JSON text. The library finds the position; the words are the JSON reader's, or ours for
//! valid JSON that is not a message.

use std::collections::HashSet;
use std::fmt;

use drystone::wota::Fault;
use drystone::{Limits, Status};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::allowed::{depth_allowed, words_allowed};
use crate::walk::{Broken, END};

/// The library's limits for JSON.
const MAX_DEPTH: u32 = 120;

/// The position of the fault, and its explanation.
pub(crate) fn explain(text: &[u8], limits: &Limits, fault: Fault) -> (usize, Broken) {
    let offset = fault.offset.min(text.len());
    let seen = Scan::until(text, (offset + 1).min(text.len()));
    if fault.status == Status::LimitExceeded {
        let depth = limits.max_depth.min(MAX_DEPTH);
        let deep = seen.deepest > depth as usize;
        let expected = if deep { depth_allowed(depth.into()) } else { words_allowed(limits) };
        return (offset, Broken::new(expected, "more"));
    }
    if let Err(error) = std::str::from_utf8(text)
        && error.valid_up_to() <= offset
    {
        let at = error.valid_up_to();
        return (at, Broken::new("UTF-8", format!("the byte {:02X}", text[at])));
    }
    if let Err(error) = serde_json::from_slice::<Anything>(text) {
        return (offset, of_syntax(&error.to_string(), text, offset));
    }
    if let Some((at, key)) = Scan::until(text, text.len()).duplicate {
        return (at, Broken::new("a key that the object does not have yet", format!("{key} again")));
    }
    let expected =
        "base64 in $blob with as many bits as it has, one value in $private, one object in $system";
    (offset, Broken::new(expected, "something else"))
}

/// Turns the reader's message into what was expected.
fn of_syntax(message: &str, text: &[u8], offset: usize) -> Broken {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    if let Some(what) = message.strip_prefix("EOF while parsing ") {
        return Broken::new(format!("the rest of {what}"), END);
    }
    let rest = String::from_utf8_lossy(&text[offset..text.len().min(offset + 4)]);
    let found = rest.chars().next().map_or(END.to_string(), |character| format!("{character:?}"));
    match (message.strip_prefix("expected "), message) {
        (Some(what), _) => Broken::new(what, found),
        (None, "trailing characters") => Broken::new(END, found),
        (None, fault) => Broken::new("good JSON", fault),
    }
}

/// The brackets and keys of a text that is valid up to here.
#[derive(Default)]
struct Scan {
    deepest: usize,
    /// The first key that occurs twice in its object.
    duplicate: Option<(usize, String)>,
}

impl Scan {
    fn until(text: &[u8], end: usize) -> Scan {
        let mut scan = Scan::default();
        // The keys so far of each open object; `None` for an array.
        let mut open: Vec<Option<HashSet<String>>> = Vec::new();
        let mut at = 0;
        let mut key_next = false;
        while at < end {
            match text[at] {
                b'{' => {
                    open.push(Some(HashSet::new()));
                    key_next = true;
                }
                b'[' => {
                    open.push(None);
                    key_next = false;
                }
                b'}' | b']' => {
                    open.pop();
                    key_next = false;
                }
                b',' => key_next = open.last().is_some_and(Option::is_some),
                b'"' => {
                    let behind = string_end(text, at);
                    if let Some(Some(keys)) = open.last_mut()
                        && key_next
                        && let Ok(key) = serde_json::from_slice::<String>(&text[at..behind])
                        && let Some(key) = keys.replace(key)
                    {
                        scan.duplicate.get_or_insert((at, format!("{key:?}")));
                    }
                    key_next = false;
                    at = behind - 1;
                }
                _ => {}
            }
            scan.deepest = scan.deepest.max(open.len());
            at += 1;
        }
        scan
    }
}

/// The offset after the quote that ends the string at `at`.
fn string_end(text: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = text.get(end) {
        match byte {
            b'"' => return end + 1,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    text.len()
}

/// Any JSON value, read completely and dropped.
struct Anything;

impl<'de> Deserialize<'de> for Anything {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

impl<'de> Visitor<'de> for Anything {
    type Value = Anything;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Anything, E> {
        Ok(Anything)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Anything, E> {
        Ok(Anything)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Anything, E> {
        Ok(Anything)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Anything, E> {
        Ok(Anything)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Anything, E> {
        Ok(Anything)
    }

    fn visit_str<E>(self, _: &str) -> Result<Anything, E> {
        Ok(Anything)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Anything, A::Error> {
        while sequence.next_element::<Anything>()?.is_some() {}
        Ok(Anything)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Anything, A::Error> {
        while map.next_entry::<Anything, Anything>()?.is_some() {}
        Ok(Anything)
    }
}
