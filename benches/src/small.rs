//! Sending and receiving a small message in one thread, without waking another one, all through C calls.

use std::hint::black_box;

use crate::c_calls::{CBlob, CMailbox, CReader, CWriter};
use crate::measure::Group;
use crate::report::Report;

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    let stone = CBlob::stone(4096);
    let shared = &stone;
    let mut writer = CWriter::new();
    write(&mut writer, shared);
    let message = writer.finish();
    let title = format!("A record of six fields, one of them a stone: {} bytes of words", message.size());
    let mut group = Group::new(title);
    let mailbox = CMailbox::new(0);
    group.add("write, finish, post, take, find, read all, destroy", move || {
        write(&mut writer, shared);
        mailbox.post(writer.finish());
        read(&mailbox.take(0))
    });
    let mut writer = CWriter::new();
    group.add("of this: write and finish (and destroy)", move || {
        write(&mut writer, shared);
        writer.finish()
    });
    let mailbox = CMailbox::new(0);
    let mut letter = Some(CBlob::stone(8));
    group.add("of this: post and take", move || {
        mailbox.post(letter.take().expect("it came back"));
        letter = Some(mailbox.take(0));
    });
    group.add("of this: find and read all", move || read(black_box(&message)));
    let table = group.run();
    report.at_most(180.0, "one small message, sent and received, in ns", table.rows[0].median);
    report.tables.push(table);
    report
}

fn write(writer: &mut CWriter, stone: &CBlob) {
    writer.record(6);
    writer.text(b"type");
    writer.text(b"picture");
    writer.text(b"from");
    writer.text(b"actor-17");
    writer.text(b"at");
    writer.number(black_box(1024.5));
    writer.text(b"seq");
    writer.integer(black_box(184_467));
    writer.text(b"ack");
    writer.symbol(drystone::capi::wota_types::WOTA_TRUE);
    writer.text(b"data");
    writer.blob(stone);
}

/// Checks the type first, as an actor does, and then reads everything.
fn read(message: &CBlob) -> (f64, usize) {
    let mut reader = CReader::new(message);
    let mut buffer = [0; 64];
    reader.find(b"type");
    let mut texts = reader.text(&mut buffer);
    let mut reader = CReader::new(message);
    let mut sum = reader.record() as f64;
    for _ in 0..2 {
        texts += reader.text(&mut buffer);
        texts += reader.text(&mut buffer);
    }
    for _ in 0..2 {
        texts += reader.text(&mut buffer);
        sum += reader.number();
    }
    texts += reader.text(&mut buffer);
    sum += f64::from(reader.symbol());
    texts += reader.text(&mut buffer);
    drop(reader.blob());
    black_box(&buffer);
    (sum, texts)
}
