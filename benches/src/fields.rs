//! Bit fields and whole blobs at an odd bit, compared with copying the same number of bytes.

use std::hint::black_box;

use drystone::Blob;

use crate::measure::{Group, Table};
use crate::report::Report;

const ROOM: &str = "there is memory";

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    let blobs = blobs();
    let memcpy = blobs.row("memcpy").median;
    for name in ["append 16 MB at an odd bit", "copy 16 MB from an odd bit"] {
        report.at_most(3.0, format!("{name} / memcpy"), blobs.row(name).median / memcpy);
    }
    report.tables.push(blobs);
    for table in [fields(), kim()] {
        for row in &table.rows {
            report.at_least(300.0, format!("{}, MB/s", row.name), row.megabytes_per_second.unwrap_or(0.0));
        }
        report.tables.push(table);
    }
    report
}

fn blobs() -> Table {
    const SIZE: usize = 1 << 24;
    let source: Vec<u8> = (0..SIZE).map(|at| (at * 7 + at / 251) as u8).collect();
    let mut group = Group::new("16 MB, into memory that is there").of_bytes(SIZE);
    let (from, mut to) = (source.clone(), vec![1; SIZE]);
    group.add("memcpy of as many bytes", move || black_box(&mut to[..]).copy_from_slice(black_box(&from)));
    for (name, odd) in [("append 16 MB at a byte", 8), ("append 16 MB at an odd bit", 3)] {
        let from = source.clone();
        group.add_timed(name, move |times| {
            let mut took = std::time::Duration::ZERO;
            for _ in 0..times {
                // The block was just freed, so its pages are mapped, as those of memcpy's target are.
                let mut blob = Blob::with_capacity(SIZE * 8 + 64).expect(ROOM);
                blob.alone().append_fit(1, odd).expect(ROOM);
                let start = std::time::Instant::now();
                blob.append_bytes(black_box(&from)).expect(ROOM);
                took += start.elapsed();
                black_box(&blob);
            }
            took
        });
    }
    let mut stone = Blob::from_bytes(&source).expect(ROOM);
    stone.make_stone();
    group.add("copy 16 MB from an odd bit", move || {
        stone.copy_range(black_box(5), SIZE * 8 - 64).expect(ROOM)
    });
    group.run()
}

fn fields() -> Table {
    const COUNT: usize = 10_000;
    let numbers: Vec<i64> = (0..COUNT as i64).map(|at| (at * 2_654_435_761) & 0xFF_FFFF_FFFF_FFFF).collect();
    let mut group = Group::new("10 000 fields of 56 bits").of_bytes(COUNT * 7);
    let write = |bits: usize| {
        let mut blob = Blob::with_capacity(COUNT * 64 + 128).expect(ROOM);
        blob.alone().append_fit(0, bits as u32).expect(ROOM);
        blob
    };
    for (name, odd) in [("write_fit at bytes", 8), ("write_fit at odd bits", 3)] {
        let numbers = &numbers;
        group.add(name, move || {
            let mut blob = write(odd);
            let mut alone = blob.alone();
            for number in black_box(numbers) {
                alone.append_fit(*number, 56).expect(ROOM);
            }
            blob
        });
    }
    for (name, odd) in [("read_fit at bytes", 8), ("read_fit at odd bits", 3)] {
        let mut blob = write(odd);
        numbers.iter().for_each(|number| blob.alone().append_fit(*number, 56).expect(ROOM));
        blob.make_stone();
        group.add(name, move || {
            let mut sum = 0_i64;
            for at in 0..COUNT {
                sum = sum.wrapping_add(black_box(&blob).read_fit(odd + at * 56, 56).expect(ROOM));
            }
            sum
        });
    }
    group.run()
}

fn kim() -> Table {
    const COUNT: usize = 10_000;
    let numbers: Vec<i64> = (0..COUNT as i64)
        .map(|at| (at.wrapping_mul(0x1E37_79B9_7F4A_7C15) & 0xFF_FFFF_FFFF_FFFF) >> (at % 8 * 7))
        .collect();
    let write = |odd: u32| {
        let mut blob = Blob::with_capacity(COUNT * 64).expect(ROOM);
        blob.alone().append_fit(0, odd).expect(ROOM);
        numbers.iter().for_each(|number| blob.alone().append_kim(*number).expect(ROOM));
        blob
    };
    let mut group = Group::new("10 000 Kim numbers of 1 to 8 bytes").of_bytes(write(8).length_bits() / 8);
    group.add("write_kim at bytes", || write(black_box(8)));
    group.add("write_kim at odd bits", || write(black_box(3)));
    for (name, odd) in [("read_kim at bytes", 8), ("read_kim at odd bits", 3)] {
        let mut blob = write(odd);
        blob.make_stone();
        group.add(name, move || {
            let (mut at, mut sum) = (odd as usize, 0_i64);
            while at < blob.length_bits() {
                let (value, bits) = black_box(&blob).read_kim(at).expect(ROOM);
                sum += value;
                at += bits;
            }
            sum
        });
    }
    group.run()
}
