//! Compares Nota with rmp-serde and text formats: the 1 MB document written, read through, and converted to messages and
//! back.

use std::hint::black_box;

use drystone::convert::nota_from_message;
use drystone::nota::{Pieces, Reader, Writer, validate};
use drystone::{Blob, Limits, wota};
use serde::de::IgnoredAny;

use crate::c_calls::{CBlob, CWriter};
use crate::c_convert;
use crate::document::Document;
use crate::measure::{Group, Table};
use crate::peers::Through;
use crate::report::Report;
use crate::versions::named;
use crate::walk::{LONGEST_TEXT, pieces_through, pieces_tree, read_through, read_tree, write, write_c};

const TO_VEC: &str = "to_vec: serde_json";
const SONIC: &str = "to its Value: sonic-rs";

const MADE: &str = "the document is good";

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    let document = Document::of_about(1_000_000);
    let nota = write(&mut Writer::new(), &document.tree).expect(MADE);
    let message = write(&mut wota::Writer::new(), &document.tree).expect(MADE);
    assert_eq!(nota_from_message(&message).expect(MADE), nota);
    let back = read_tree(&mut Reader::new(nota.bytes(), &Limits::DEFAULT).expect(MADE)).expect(MADE);
    assert!(back == document.tree);
    assert!(tree(nota.bytes(), &Limits::DEFAULT) == document.tree);
    report.note(format!(
        "{} bytes of JSON, {} of MessagePack, {} of Nota. MB/s: of the JSON's size.",
        document.json.len(),
        document.msgpack.len(),
        nota.bytes().len(),
    ));
    let message = write_c(&mut CWriter::new(), &document.tree);
    let writing = writing(&document, &message);
    let reading = reading(&document, &nota);
    let text = text(&document, &message);
    report.at_least(1.0, "encode: rmp-serde / Nota", writing.row("rmp-serde").ratio);
    let trees = reading.row("rmp-serde 1").median;
    report.at_least(
        1.0,
        "decode to a tree: rmp-serde / Nota",
        trees / reading.row("Nota Pieces to rmpv::Value").median,
    );
    let stream = reading.row("rmp-serde's stream").median;
    report.at_least(1.0, "decode as a stream: rmp-serde / Nota", stream / reading.rows[0].median);
    let by = |table: &Table, ours: &str, peer: &str| table.row(ours).median / table.row(peer).median;
    report.at_most(
        1.0,
        "nota_from_message / rmp-serde's to_vec",
        by(&writing, "nota_from_message", "rmp-serde"),
    );
    report.at_most(
        1.2,
        "nota_to_message / rmp-serde's stream",
        by(&reading, "nota_to_message", "rmp-serde's stream"),
    );
    report.at_most(1.0, "wota_to_json / serde_json's to_vec", by(&text, "wota_to_json", TO_VEC));
    report.at_most(2.0, "wota_from_json / sonic-rs to its Value", by(&text, "wota_from_json", SONIC));
    report.tables.extend([writing, reading, text]);
    report
}

fn writing(document: &Document, message: &CBlob) -> Table {
    let mut group = Group::new("Encode").of_bytes(document.json.len());
    let mut writer = Writer::new();
    group.add("Nota Writer, from rmpv::Value", move || {
        write(&mut writer, black_box(&document.tree)).expect(MADE)
    });
    group.add("nota_from_message, C call", || c_convert::nota(black_box(message)));
    group.add(format!("{} to_vec, from rmpv::Value", named("rmp-serde")), || {
        rmp_serde::to_vec(black_box(&document.tree)).expect(MADE)
    });
    group.add(format!("{} into_writer, from its Value", named("ciborium")), || {
        let mut bytes = Vec::new();
        ciborium::into_writer(black_box(&document.cbor_tree), &mut bytes).expect(MADE);
        bytes
    });
    group.run()
}

fn reading(document: &Document, nota: &Blob) -> Table {
    let mut group = Group::new("Decode").of_bytes(document.json.len());
    let limits = &Limits::DEFAULT;
    let (mut buffer, mut other_buffer) = ([0; LONGEST_TEXT], [0; LONGEST_TEXT]);
    group.add("Nota Pieces: checked and read through", move || {
        let mut pieces = Pieces::new(black_box(nota.bytes()), limits);
        let sum = pieces_through(&mut pieces, black_box(&mut other_buffer)).expect(MADE);
        assert!(pieces.next().expect(MADE).is_none());
        sum
    });
    group.add("Nota Pieces to rmpv::Value", move || tree(black_box(nota.bytes()), limits));
    group.add("Nota Reader: checked, then read through", move || {
        let mut reader = Reader::new(black_box(nota.bytes()), limits).expect(MADE);
        read_through(&mut reader, black_box(&mut buffer)).expect(MADE)
    });
    group.add("Nota validate", move || validate(black_box(nota.bytes()), limits).expect(MADE));
    group.add("nota_to_message, C call", move || c_convert::message_of_nota(black_box(nota.bytes())));
    group.add("Nota Reader to rmpv::Value", move || {
        read_tree(&mut Reader::new(black_box(nota.bytes()), limits).expect(MADE)).expect(MADE)
    });
    group.add(format!("rmp-serde's stream, {}", named("rmp-serde")), || {
        rmp_serde::from_slice::<Through>(black_box(&document.msgpack)).expect(MADE).0
    });
    group.add(format!("rmp-serde's skim to IgnoredAny, {}", named("rmp-serde")), || {
        rmp_serde::from_slice::<IgnoredAny>(black_box(&document.msgpack)).expect(MADE)
    });
    group.add(format!("{}, to rmpv::Value", named("rmp-serde")), || {
        rmp_serde::from_slice::<rmpv::Value>(black_box(&document.msgpack)).expect(MADE)
    });
    group.run()
}

fn tree(nota: &[u8], limits: &Limits) -> rmpv::Value {
    let mut pieces = Pieces::new(nota, limits);
    let tree = pieces_tree(&mut pieces).expect(MADE);
    assert!(pieces.next().expect(MADE).is_none());
    tree
}

fn text(document: &Document, message: &CBlob) -> Table {
    let mut group = Group::new("JSON text").of_bytes(document.json.len());
    group.add("wota_to_json, C call", || c_convert::json(black_box(message)));
    group.add("wota_from_json, C call", || c_convert::message_of_json(black_box(&document.json)));
    group.add(format!("to_vec: {}, from its Value", named("serde_json")), || {
        serde_json::to_vec(black_box(&document.json_tree)).expect(MADE)
    });
    group.add(format!("to_vec: {}, from its Value", named("sonic-rs")), || {
        sonic_rs::to_vec(black_box(&document.sonic_tree)).expect(MADE)
    });
    group.add(format!("to its Value: {}", named("serde_json")), || {
        serde_json::from_slice::<serde_json::Value>(black_box(&document.json)).expect(MADE)
    });
    group.add(format!("to its Value: {}", named("sonic-rs")), || {
        sonic_rs::from_slice::<sonic_rs::Value>(black_box(&document.json)).expect(MADE)
    });
    group.run()
}
