//! Compares Wota with other formats: a document of about 1 MB and a message of about 200 bytes, written, checked,
//! read through, and read into a tree.

use std::hint::black_box;

use drystone::wota::{Dialect, Reader, Writer, to_bytes, validate};
use drystone::{Blob, Limits};
use serde::de::IgnoredAny;

use crate::c_calls::{CReader, CWriter};
use crate::document::Document;
use crate::measure::{Group, Table};
use crate::peers::Through;
use crate::report::Report;
use crate::trees::{self, IN_A_SCOPE, NEW_ARENA, trees};
use crate::versions::named;
use crate::walk::{LONGEST_TEXT, read_through, read_through_c, read_tree, walk_tree, write, write_c};

/// What writing costs at least.
const WALK: &str = "floor: a walk over the tree, nothing written";
const COPY: &str = "floor: the finished words copied to a new Vec";

const MADE: &str = "the documents are good";

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    for (name, document) in [("1 MB", Document::of_about(1_000_000)), ("200 B", Document::message())] {
        let message = write(&mut Writer::new(), &document.tree).expect(MADE);
        let bytes = to_bytes(&message).expect(MADE);
        compare(&document, &message, bytes.bytes());
        report.note(format!(
            "{name}: {} bytes of JSON, {} of MessagePack, {} of CBOR, {} of Wota. MB/s: of the JSON's size.",
            document.json.len(),
            document.msgpack.len(),
            document.cbor.len(),
            bytes.bytes().len(),
        ));
        let writing = writing(name, &document, bytes.bytes());
        let checking = checking(name, &document, bytes.bytes());
        let reading = reading(name, &document, &message, bytes.bytes());
        let (trees, taken) = trees(name, &document, &message);
        if name == "1 MB" {
            for (who, taken) in &taken {
                report.note(format!(
                    "one tree by {who}: {} calls of the allocator, {} bytes at the most",
                    taken.calls, taken.peak
                ));
            }
            let own = taken.iter().find(|(who, _)| who == NEW_ARENA).map_or(0, |(_, taken)| taken.calls);
            report.at_most(20.0, "calls of the allocator by wota_decode in a new arena", own as f64);
            aims(&mut report, &writing, &reading, &trees);
        }
        report.tables.extend([writing, checking, reading, trees]);
    }
    report
}

fn aims(report: &mut Report, writing: &Table, reading: &Table, trees: &Table) {
    let floor = writing.row(WALK).ratio + writing.row(COPY).ratio;
    report.at_least(0.9, "write: floor / drystone", floor);
    report.at_least(0.9, "write through C: floor / drystone", floor / writing.row("drystone, C").ratio);
    let ours = &reading.rows[0];
    let tree = trees.row("rmp-serde").median / ours.median;
    report.at_least(3.0, "read-through: rmp-serde to rmpv::Value / drystone", tree);
    let tree = trees.row("rmp-serde").median / reading.row("drystone, C").median;
    report.at_least(3.0, "read-through through C: rmp-serde to rmpv::Value / drystone", tree);
    report.at_least(2.0, "read-through: rmp-serde's stream / drystone", reading.row("rmp-serde").ratio);
    let sonic = trees.row("sonic-rs").median;
    let own = trees.row(IN_A_SCOPE).median;
    report.at_most(0.5, "wota_decode / sonic-rs to its Value", own / sonic);
}

/// All contenders must have read the same values before any is timed.
fn compare(document: &Document, message: &Blob, bytes: &[u8]) {
    let limits = &Limits::DEFAULT;
    let buffer = &mut [0; LONGEST_TEXT];
    let ours = read_through(&mut Reader::new(message, limits).expect(MADE), buffer).expect(MADE);
    let mut checked = Reader::from_bytes(bytes, limits).expect(MADE);
    let c_message = write_c(&mut CWriter::new(), &document.tree);
    let theirs = [
        read_through(&mut checked, buffer).expect(MADE),
        read_through_c(&mut CReader::new(&c_message), buffer),
        rmp_serde::from_slice::<Through>(&document.msgpack).expect(MADE).0,
        ciborium::from_reader::<Through, _>(&document.cbor[..]).expect(MADE).0,
        serde_json::from_slice::<Through>(&document.json).expect(MADE).0,
        sonic_rs::from_slice::<Through>(&document.json).expect(MADE).0,
    ];
    // The order of the pairs, and so of the additions, may differ.
    assert!(theirs.iter().all(|sum| (sum / ours - 1.0).abs() < 1e-9), "{ours} {theirs:?}");
    trees::compare(document, ours);
    let tree = read_tree(&mut Reader::new(message, limits).expect(MADE)).expect(MADE);
    assert!(tree == document.tree);
}

fn writing(name: &str, document: &Document, words: &[u8]) -> Table {
    let mut group = Group::new(format!("{name}, write a tree")).of_bytes(document.json.len());
    let mut writer = Writer::new();
    group.add("drystone, Rust calls, from rmpv::Value", move || {
        write(&mut writer, black_box(&document.tree)).expect(MADE)
    });
    let mut writer = CWriter::new();
    group.add("drystone, C calls, from rmpv::Value", move || write_c(&mut writer, black_box(&document.tree)));
    group.add(WALK, || walk_tree(black_box(&document.tree)));
    group.add(COPY, || black_box(words).to_vec());
    group.add(format!("{} to_vec, from rmpv::Value", named("rmp-serde")), || {
        rmp_serde::to_vec(black_box(&document.tree)).expect(MADE)
    });
    group.add(format!("{} write_value, new Vec", named("rmpv")), || {
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, black_box(&document.tree)).expect(MADE);
        bytes
    });
    let mut bytes = Vec::new();
    group.add(format!("{} write_value, Vec used again", named("rmpv")), move || {
        bytes.clear();
        rmpv::encode::write_value(&mut bytes, black_box(&document.tree)).expect(MADE);
        bytes.last().copied()
    });
    group.add(format!("{} into_writer, from its Value", named("ciborium")), || {
        let mut bytes = Vec::new();
        ciborium::into_writer(black_box(&document.cbor_tree), &mut bytes).expect(MADE);
        bytes
    });
    group.add(format!("{} to_vec, from its Value", named("serde_json")), || {
        serde_json::to_vec(black_box(&document.json_tree)).expect(MADE)
    });
    group.add(format!("{} to_vec, from its Value", named("sonic-rs")), || {
        sonic_rs::to_vec(black_box(&document.sonic_tree)).expect(MADE)
    });
    group.run()
}

fn checking(name: &str, document: &Document, bytes: &[u8]) -> Table {
    let mut group =
        Group::new(format!("{name}, check bytes (peers: skim to IgnoredAny)")).of_bytes(document.json.len());
    group.add("drystone validate", || {
        validate(black_box(bytes), Dialect::Classic, &Limits::DEFAULT).expect(MADE);
    });
    group.add(named("rmp-serde"), || {
        rmp_serde::from_slice::<IgnoredAny>(black_box(&document.msgpack)).expect(MADE)
    });
    group.add(named("ciborium"), || {
        ciborium::from_reader::<IgnoredAny, _>(black_box(&document.cbor[..])).expect(MADE)
    });
    group.add(named("serde_json"), || {
        serde_json::from_slice::<IgnoredAny>(black_box(&document.json)).expect(MADE)
    });
    group.add(named("sonic-rs"), || {
        sonic_rs::from_slice::<IgnoredAny>(black_box(&document.json)).expect(MADE)
    });
    group.run()
}

fn reading(name: &str, document: &Document, message: &Blob, bytes: &[u8]) -> Table {
    let title = format!("{name}, read through: texts to a buffer, numbers added up (peers: serde streams)");
    let mut group = Group::new(title).of_bytes(document.json.len());
    let limits = &Limits::DEFAULT;
    let mut buffer = [0; LONGEST_TEXT];
    group.add("drystone, Rust calls, a message", move || {
        let mut reader = Reader::new(black_box(message), limits).expect(MADE);
        read_through(&mut reader, black_box(&mut buffer)).expect(MADE)
    });
    let c_message = write_c(&mut CWriter::new(), &document.tree);
    let mut buffer = [0; LONGEST_TEXT];
    group.add("drystone, C calls, a message", move || {
        read_through_c(&mut CReader::new(black_box(&c_message)), black_box(&mut buffer))
    });
    let mut buffer = [0; LONGEST_TEXT];
    group.add("drystone, Rust calls, bytes checked first", move || {
        let mut reader = Reader::from_bytes(black_box(bytes), limits).expect(MADE);
        read_through(&mut reader, black_box(&mut buffer)).expect(MADE)
    });
    group.add("drystone, skip (walks, reads nothing)", move || {
        let mut reader = Reader::new(black_box(message), limits).expect(MADE);
        reader.skip().expect(MADE);
        reader.offset()
    });
    group.add(named("rmp-serde"), || {
        rmp_serde::from_slice::<Through>(black_box(&document.msgpack)).expect(MADE).0
    });
    group.add(named("ciborium"), || {
        ciborium::from_reader::<Through, _>(black_box(&document.cbor[..])).expect(MADE).0
    });
    group.add(named("serde_json"), || {
        serde_json::from_slice::<Through>(black_box(&document.json)).expect(MADE).0
    });
    group
        .add(named("sonic-rs"), || sonic_rs::from_slice::<Through>(black_box(&document.json)).expect(MADE).0);
    group.run()
}
