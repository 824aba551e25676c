//! JSON text as nested maps in a memory that moves and collects at every allocation, and back.
#![cfg(feature = "json")]

mod common;
#[path = "common/generate.rs"]
mod generate;
#[path = "common/guest.rs"]
mod guest;

use drystone::Status;
use drystone::bucket::{Flags, Heap, Key, Memory, Table, TableKind, Tag, Value, verify};
use drystone::json::{JsonWord, bucket_from_json, json_from_bucket};
use generate::cases;
use guest::Guest;
use proptest::prelude::*;

fn there_and_back(memory: &mut impl Memory, text: &str) -> String {
    let word = bucket_from_json(memory, text.as_bytes()).unwrap();
    let stone = json_from_bucket(memory.bytes(), word).unwrap();
    String::from_utf8(stone.bytes().to_vec()).unwrap()
}

#[test]
fn text_comes_back() {
    let texts = [
        "null",
        "true",
        "-0.0",
        "1e+300",
        "9007199254740992",
        r#""a \"text\" \u0001 with é and 😀""#,
        "[]",
        "{}",
        r#"[1,[2,[3,[]]],{"a":[null,false]}]"#,
        r#"{"":1,"a":{"b":{"c":[1,2,3]}},"long enough to be hashed in steps":"and its text"}"#,
    ];
    for text in texts {
        assert_eq!(there_and_back(&mut Heap::new(0, 0).unwrap(), text), text);
        for flags in [false, true] {
            let mut guest = Guest::new(Flags { plain: flags, copy_strings: flags, zeroed: false });
            assert_eq!(there_and_back(&mut guest, text), text);
        }
    }
}

#[test]
fn the_last_of_equal_keys_counts_in_the_first_ones_place() {
    let mut heap = Heap::new(0, 0).unwrap();
    assert_eq!(there_and_back(&mut heap, r#"{"a":1,"b":2,"a":[3]}"#), r#"{"a":[3],"b":2}"#);
}

#[test]
fn the_resulting_maps_are_like_others() {
    let mut heap = Heap::new(0, 0).unwrap();
    let pairs: Vec<String> = (0..1000).map(|number| format!("\"key {number}\":{number}")).collect();
    let JsonWord::Object(map) =
        bucket_from_json(&mut heap, format!("{{{}}}", pairs.join(",")).as_bytes()).unwrap()
    else {
        panic!("an object is a map");
    };
    verify(heap.bytes(), map).unwrap();
    let table = Table::open(heap.bytes(), TableKind::Map, map).unwrap();
    assert_eq!(table.size().unwrap(), 1000);
    let found = table.get(&Key::Text(b"key 77"), Tag::Float).unwrap();
    assert_eq!(found, Value::Float(77.0));
}

#[test]
fn invalid_text_has_an_offset_and_leaves_no_root() {
    let cases: [(&str, Status, usize); 5] = [
        ("[1,", Status::Truncated, 3),
        ("[1,]", Status::Malformed, 3),
        ("{\"a\" 1}", Status::Malformed, 5),
        ("1 2", Status::Malformed, 2),
        ("", Status::Truncated, 0),
    ];
    for (text, status, offset) in cases {
        let mut guest = Guest::new(Flags::default());
        let fault = bucket_from_json(&mut guest, text.as_bytes()).unwrap_err();
        assert_eq!((fault.status, fault.offset), (status, offset), "{text}");
    }
    let deep = "[".repeat(121) + &"]".repeat(121);
    let mut guest = Guest::new(Flags::default());
    assert_eq!(bucket_from_json(&mut guest, deep.as_bytes()).unwrap_err().status, Status::LimitExceeded);
    assert_eq!(guest.root_count(), 0);
}

#[test]
fn five_thousand_objects_in_a_loop_take_no_more_than_the_first_ones() {
    let mut guest = Guest::new(Flags::default());
    let mut length = 0;
    for round in 0..5000 {
        let text = format!(r#"{{"id":{},"name":"object","tags":["a","b"],"inner":{{"x":1}}}}"#, round % 10);
        assert_eq!(there_and_back(&mut guest, &text), text);
        if round == 10 {
            length = guest.bytes().len();
        }
    }
    assert_eq!(guest.bytes().len(), length);
}

#[test]
fn every_allocation_may_fail() {
    let text = r#"{"a":["text",{"b":[1,2,3]}],"c":{"d":"e"}}"#;
    for allocations in 0.. {
        let mut guest = Guest::new(Flags::default());
        guest.allocations_left = allocations;
        match bucket_from_json(&mut guest, text.as_bytes()) {
            Ok(_) => {
                assert!(allocations > 8);
                return;
            }
            Err(fault) => assert_eq!(fault.status, Status::NoMemory),
        }
        assert_eq!(guest.root_count(), 0);
    }
}

#[test]
fn values_that_contain_themselves_are_refused() {
    let mut heap = Heap::new(0, 0).unwrap();
    let JsonWord::Array(block) = bucket_from_json(&mut heap, b"[1,2]").unwrap() else {
        panic!("an array is a block");
    };
    // Both elements are the array itself: without the limit, 2^120 elements.
    for element in [8, 16] {
        let at = block as usize + element;
        heap.bytes_mut()[at..at + 8].copy_from_slice(&JsonWord::Array(block).to_bits().to_le_bytes());
    }
    assert_eq!(json_from_bucket(heap.bytes(), JsonWord::Array(block)).err(), Some(Status::LimitExceeded));
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn damaged_memory_gives_a_status_or_text(at: prop::sample::Index, byte: u8, low: u32, kind in 0u64..6) {
        let mut heap = Heap::new(0, 0).unwrap();
        let text = r#"{"a":["text",{"b":[1,2,3]}],"c":{"d":"e"},"f":null,"g":[true,0.5,"h","i","j"]}"#;
        let word = bucket_from_json(&mut heap, text.as_bytes()).unwrap();
        let used = heap.used() + 64;
        heap.bytes_mut()[at.index(used)] = byte;
        let _ = json_from_bucket(heap.bytes(), word);
        if let Ok(word) = JsonWord::from_bits((0xFFFC_0000 | kind) << 32 | u64::from(low % 4096)) {
            let _ = json_from_bucket(heap.bytes(), word);
        }
    }
}
