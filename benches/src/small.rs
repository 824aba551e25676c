//! Sending and receiving a small message in one thread, without waking anybody: all of it in C.

use std::time::{Duration, Instant};

use drystone::capi::blob_types::blob;
use drystone::capi::mailbox_types::mailbox;
use drystone::capi::wota_types::wota_writer;

use crate::c_calls::{CBlob, CMailbox, CWriter};
use crate::measure::Group;
use crate::report::Report;

// SAFETY: as `small_message.c` defines them.
#[allow(improper_ctypes, reason = "only pointers to them go over, as in the header")]
unsafe extern "C" {
    fn bench_small_message(writer: *mut wota_writer, stone: *mut blob) -> *mut blob;
    fn bench_small_life(writer: *mut wota_writer, mailbox: *mut mailbox, stone: *mut blob, times: usize);
    fn bench_small_write(writer: *mut wota_writer, stone: *mut blob, times: usize);
    fn bench_small_post(mailbox: *mut mailbox, letter: *mut blob, times: usize);
    fn bench_small_read(message: *const blob, times: usize);
}

pub(crate) fn run() -> Report {
    let mut report = Report::default();
    let stone = CBlob::stone(4096);
    let (writer, mailbox) = (CWriter::new(), CMailbox::new(0));
    let (writer, mailbox, stone) = (writer.pointer(), mailbox.pointer(), stone.pointer());
    // SAFETY: live, both; the count is the caller's.
    let message = CBlob::owning(unsafe { bench_small_message(writer, stone) });
    let title = format!("A record of six fields, one of them a stone: {} bytes of words", message.size());
    let message = message.pointer();
    let mut group = Group::new(title);
    // SAFETY: all live until the group has run, here and below.
    group.add_timed(
        "write, finish, post, take, find, read all, destroy",
        timed(move |times| unsafe {
            bench_small_life(writer, mailbox, stone, times);
        }),
    );
    // SAFETY: see above.
    group.add_timed(
        "of this: write and finish (and destroy)",
        timed(move |times| unsafe {
            bench_small_write(writer, stone, times);
        }),
    );
    // SAFETY: see above.
    group.add_timed(
        "of this: post and take",
        timed(move |times| unsafe {
            bench_small_post(mailbox, stone, times);
        }),
    );
    // SAFETY: see above.
    group.add_timed(
        "of this: find and read all",
        timed(move |times| unsafe {
            bench_small_read(message, times);
        }),
    );
    let table = group.run();
    report.at_most(180.0, "one small message, sent and received, in ns", table.rows[0].median);
    report.tables.push(table);
    report
}

/// How long a loop in C takes.
fn timed(mut run: impl FnMut(usize)) -> impl FnMut(u64) -> Duration {
    move |times| {
        let start = Instant::now();
        run(times as usize);
        start.elapsed()
    }
}
