//! A message with one stone of 1 KB to 1 GB: the cost must not depend on the stone's size.

use std::hint::black_box;

use crate::c_calls::{CBlob, CReader, CWriter};
use crate::measure::Group;
use crate::report::Report;

const SIZES: [(&str, usize); 5] =
    [("1 KB", 1 << 10), ("64 KB", 1 << 16), ("1 MB", 1 << 20), ("64 MB", 1 << 26), ("1 GB", 1 << 30)];

/// The largest size that is really copied, for scale.
const COPIED: usize = 1 << 26;

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    let mut group =
        Group::new("Write, finish, find, read the blob, destroy: through C, a record with one stone");
    for (name, size) in SIZES {
        // The system maps zeroed memory of this size without touching it, so even the largest costs no time.
        let stone = CBlob::stone(size);
        let mut writer = CWriter::new();
        group.add(name, move || send_and_receive(&mut writer, black_box(&stone)));
    }
    let messages = group.run();
    let mut group = Group::new("For scale: copying as many bytes");
    for (name, size) in SIZES.into_iter().filter(|(_, size)| *size <= COPIED) {
        let (source, mut target) = (vec![1_u8; size], vec![2_u8; size]);
        group.add(format!("memcpy, {name}"), move || {
            black_box(&mut target[..]).copy_from_slice(black_box(&source[..]));
        });
    }
    let copies = group.run();
    let medians = || messages.rows.iter().map(|row| row.median);
    let (least, most) = (medians().fold(f64::INFINITY, f64::min), medians().fold(0.0, f64::max));
    report.at_most(1.2, "dearest size / cheapest size", most / least);
    report.at_most(1.2, "64 MB / 1 KB", messages.row("64 MB").ratio);
    report.tables.extend([messages, copies]);
    report
}

fn send_and_receive(writer: &mut CWriter, stone: &CBlob) -> CBlob {
    writer.record(2);
    writer.text(b"name");
    writer.text(b"picture");
    writer.text(b"data");
    writer.blob(stone);
    let message = writer.finish();
    let mut reader = CReader::new(&message);
    reader.find(b"data");
    reader.blob()
}
