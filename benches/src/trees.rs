//! Reads documents into trees and drops the trees: time, calls of the allocator, peak bytes.

use std::hint::black_box;

use drystone::wota::Reader;
use drystone::{Blob, Limits};
use rmpv::Value;

use crate::allocations::{Taken, counted};
use crate::c_arena::CDecoder;
use crate::document::Document;
use crate::measure::{Group, Table};
use crate::peers::Through;
use crate::versions::named;
use crate::walk::read_tree;
use crate::yyjson;

const MADE: &str = "the documents are good";

pub(crate) const IN_A_SCOPE: &str = "drystone wota_decode in C, in a scope";
pub(crate) const NEW_ARENA: &str = "drystone wota_decode in C, a new arena";

/// The trees of a document, with a row for each contender, and the allocations of one tree of each.
pub(crate) fn trees(name: &str, document: &Document, message: &Blob) -> (Table, Vec<(String, Taken)>) {
    let mut contenders = Contenders {
        group: Group::new(format!("{name}, read into a tree and drop it")).of_bytes(document.json.len()),
        taken: Vec::new(),
    };
    contenders.add("drystone Reader, to rmpv::Value", move || {
        read_tree(&mut Reader::new(black_box(message), &Limits::DEFAULT).expect(MADE)).expect(MADE)
    });
    let mut decoder = CDecoder::new();
    contenders.group.add(IN_A_SCOPE, move || decoder.decode(black_box(message)));
    contenders.add(NEW_ARENA, move || CDecoder::new().decode(black_box(message)));
    contenders.add(format!("{}, to rmpv::Value", named("rmp-serde")), || {
        rmp_serde::from_slice::<Value>(black_box(&document.msgpack)).expect(MADE)
    });
    contenders.add(format!("{} read_value", named("rmpv")), || {
        rmpv::decode::read_value(&mut black_box(&document.msgpack[..])).expect(MADE)
    });
    contenders.add(format!("{}, to its Value", named("ciborium")), || {
        ciborium::from_reader::<ciborium::Value, _>(black_box(&document.cbor[..])).expect(MADE)
    });
    contenders.add(format!("{}, to its Value", named("serde_json")), || {
        serde_json::from_slice::<serde_json::Value>(black_box(&document.json)).expect(MADE)
    });
    contenders.add(format!("{}, to its Value", named("sonic-rs")), || {
        sonic_rs::from_slice::<sonic_rs::Value>(black_box(&document.json)).expect(MADE)
    });
    contenders.add(format!("{}, copied, to its OwnedValue", named("simd-json")), || {
        simd_json::to_owned_value(&mut black_box(&document.json).clone()).expect(MADE)
    });
    contenders.add(format!("{}, copied, to its BorrowedValue", named("simd-json")), || {
        let mut copy = black_box(&document.json).clone();
        black_box(simd_json::to_borrowed_value(&mut copy).expect(MADE));
    });
    let json = &document.json;
    contenders.taken.push((yyjson::name(), counted(|| yyjson::Read::counted(json))));
    contenders.group.add(yyjson::name(), || yyjson::Read::of(black_box(json)));
    (contenders.group.run(), contenders.taken)
}

struct Contenders<'a> {
    group: Group<'a>,
    taken: Vec<(String, Taken)>,
}

impl<'a> Contenders<'a> {
    /// A contender that takes all its memory from Rust's allocator.
    fn add<R>(&mut self, name: impl Into<String>, mut work: impl FnMut() -> R + 'a) {
        let name = name.into();
        self.taken.push((name.clone(), counted(&mut work)));
        self.group.add(name, work);
    }
}

/// Checks that the peers of this table read the same as all others. `sum` is the document's total.
pub(crate) fn compare(document: &Document, sum: f64) {
    let through = simd_json::serde::from_slice::<Through>(&mut document.json.clone()).expect(MADE).0;
    assert!((through / sum - 1.0).abs() < 1e-9, "{sum} {through}");
    assert_eq!(yyjson::Read::of(&document.json).values(), values(&document.tree));
}

/// The number of values in a tree, including keys.
fn values(tree: &Value) -> usize {
    match tree {
        Value::Array(elements) => 1 + elements.iter().map(values).sum::<usize>(),
        Value::Map(pairs) => 1 + pairs.iter().map(|(key, value)| values(key) + values(value)).sum::<usize>(),
        _ => 1,
    }
}
