//! Text into words and back, compared with copying the same number of output bytes.

use std::hint::black_box;

use drystone::Limits;
use drystone::wota::{Reader, Writer};

use crate::measure::{Group, Table};
use crate::report::Report;
use crate::versions::standard;

const GOOD: &str = "it is UTF-8";

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    report.note("MB/s: of the UTF-8 text's size. Words take four bytes a character.");
    for (name, size) in [("16 B", 16), ("256 B", 256), ("64 KB", 1 << 16), ("4 MB", 1 << 22)] {
        let text = repeated("the quiet harbour, number 7; ", size);
        let (into, out) = (into_words(name, &text), out_of_words(name, &text));
        if size > 1 << 20 {
            report.at_most(1.5, format!("{name} ASCII into words / memcpy of the words"), slower(&into));
            report.at_most(1.5, format!("{name} ASCII out of words / memcpy of the words"), slower(&out));
        }
        report.tables.extend([into, out]);
    }
    for (name, phrase) in ALPHABETS {
        let text = repeated(phrase, 1 << 16);
        let title = format!("64 KB, {name}");
        let (into, out) = (into_words(&title, &text), out_of_words(&title, &text));
        let speed = |table: &Table| table.rows[0].megabytes_per_second.unwrap_or(0.0) / 1000.0;
        report.at_least(2.0, format!("{name}: GB/s into words"), speed(&into));
        report.at_least(2.0, format!("{name}: GB/s out of words"), speed(&out));
        report.tables.extend([into, out]);
    }
    report
}

/// Texts that are mostly not ASCII, with the phrases that they repeat.
const ALPHABETS: [(&str, &str); 5] = [
    ("Latin", "Größe, naïve façade, där ångström à côté: "),
    ("Cyrillic", "тихая гавань под северным окном, "),
    ("CJK", "静かな港、北の窓の下の銅の梯子。"),
    ("emoji", "\u{1F4A9}\u{1F30A}\u{1F5FF}\u{1F9ED} \u{1F3D4}\u{1F6A2}"),
    ("mixed, two thirds not ASCII", "stone Straße 東京都 Привет \u{1F4A9} "),
];

fn slower(table: &Table) -> f64 {
    1.0 / table.row("memcpy of the words").ratio
}

/// The phrase repeated up to at most that many bytes, cut between characters.
fn repeated(phrase: &str, size: usize) -> String {
    let mut text = phrase.repeat(size / phrase.len() + 1);
    text.truncate((0..=size).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0));
    text
}

/// As many bytes as the text's words take.
fn words_size(text: &str) -> usize {
    text.chars().count().div_ceil(2) * 8
}

fn copying<'a>(group: &mut Group<'a>, name: &str, size: usize) {
    let (source, mut target) = (vec![1_u8; size], vec![2_u8; size]);
    group.add(name, move || black_box(&mut target[..]).copy_from_slice(black_box(&source[..])));
}

fn into_words(name: &str, text: &str) -> Table {
    let mut group = Group::new(format!("{name}: UTF-8 into words")).of_bytes(text.len());
    let mut writer = Writer::new();
    group.add("drystone Writer::text (and reset)", move || {
        writer.reset();
        writer.text(black_box(text.as_bytes())).expect(GOOD);
        black_box(&writer);
    });
    copying(&mut group, "memcpy of the words' size", words_size(text));
    group.add(format!("check only: str::from_utf8, {}", standard()), || {
        std::str::from_utf8(black_box(text.as_bytes())).expect(GOOD).len()
    });
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    group.add(format!("to UTF-16: encode_utf16, {}", standard()), move || {
        units.clear();
        units.extend(black_box(text).encode_utf16());
        black_box(&units);
    });
    group.run()
}

fn out_of_words(name: &str, text: &str) -> Table {
    let mut group = Group::new(format!("{name}: words to UTF-8")).of_bytes(text.len());
    let mut writer = Writer::new();
    writer.text(text.as_bytes()).expect(GOOD);
    let message = writer.finish().expect("memory");
    let mut buffer = vec![0; text.len()];
    group.add("drystone Reader::text", move || {
        let mut reader = Reader::new(black_box(&message), &Limits::DEFAULT).expect("a message");
        reader.text(black_box(&mut buffer)).expect("room")
    });
    copying(&mut group, "memcpy of the text's size", text.len());
    copying(&mut group, "memcpy of the words' size", words_size(text));
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut back = String::with_capacity(text.len());
    group.add(format!("from UTF-16: char::decode_utf16, {}", standard()), move || {
        back.clear();
        back.extend(char::decode_utf16(black_box(&units).iter().copied()).map(|unit| unit.expect(GOOD)));
        black_box(&back);
    });
    group.run()
}
