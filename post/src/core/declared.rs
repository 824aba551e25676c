//! libdrystone's calls that this library uses, as `drystone.h` declares them; `tests/declared.rs` compares the two.
//! `build.rs` reads the names, one per line.
#![allow(non_camel_case_types, reason = "the names of the header")]

use core::ffi::{c_char, c_void};

pub(super) enum blob {}
pub(super) enum mailbox {}
pub(super) enum wota_parts {}

pub(super) type drystone_status = i32;

#[repr(C)]
pub(super) struct wota_limits {
    pub(super) struct_size: usize,
    pub(super) max_depth: u32,
    pub(super) max_words: u64,
}

#[repr(C)]
pub(super) struct mailbox_options {
    pub(super) struct_size: usize,
    pub(super) max_letters: usize,
    pub(super) max_bytes: u64,
    pub(super) name: *const c_char,
    pub(super) name_length: usize,
}

#[repr(C)]
#[derive(Default)]
pub(super) struct mailbox_statistics_t {
    pub(super) struct_size: usize,
    pub(super) posted: u64,
    pub(super) taken: u64,
    pub(super) refused: u64,
    pub(super) swept: u64,
    pub(super) letters: u64,
    pub(super) bytes: u64,
    pub(super) peak_letters: u64,
    pub(super) peak_bytes: u64,
}

pub(super) type mailbox_ready = Option<unsafe extern "C" fn(context: *mut c_void)>;

#[rustfmt::skip]
unsafe extern "C" {
    pub(super) fn blob_incref(b: *mut blob);
    pub(super) fn blob_destroy(b: *mut blob);
    pub(super) fn blob_is_stone(b: *const blob) -> bool;
    pub(super) fn blob_make_stone(b: *mut blob) -> drystone_status;
    pub(super) fn blob_refcount(b: *const blob) -> i32;
    pub(super) fn blob_copy(b: *const blob, from: usize, to: usize, out: *mut *mut blob) -> drystone_status;
    pub(super) fn blob_length_bits(b: *const blob) -> usize;
    pub(super) fn blob_data(b: *const blob) -> *const u8;
    pub(super) fn blob_new_filled(bits: usize, bit: bool) -> *mut blob;
    pub(super) fn blob_writable(b: *mut blob, bytes: *mut *mut u8) -> drystone_status;
    pub(super) fn mailbox_new_with(options: *const mailbox_options, mailbox: *mut *mut mailbox) -> drystone_status;
    pub(super) fn mailbox_incref(m: *mut mailbox);
    pub(super) fn mailbox_destroy(m: *mut mailbox);
    pub(super) fn mailbox_post(m: *mut mailbox, letter: *mut blob) -> drystone_status;
    pub(super) fn mailbox_post_urgent(m: *mut mailbox, letter: *mut blob) -> drystone_status;
    pub(super) fn mailbox_take(m: *mut mailbox, timeout_ms: i64, letter: *mut *mut blob) -> drystone_status;
    pub(super) fn mailbox_close(m: *mut mailbox);
    pub(super) fn mailbox_length(m: *const mailbox) -> usize;
    pub(super) fn mailbox_notify(m: *mut mailbox, ready: mailbox_ready, context: *mut c_void) -> drystone_status;
    pub(super) fn mailbox_statistics(m: *const mailbox, statistics: *mut mailbox_statistics_t) -> drystone_status;
    pub(super) fn wota_is_message(b: *const blob) -> bool;
    pub(super) fn wota_to_parts(message: *const blob, inline_below_bits: usize, parts: *mut *mut wota_parts) -> drystone_status;
    pub(super) fn wota_parts_count(parts: *const wota_parts) -> usize;
    pub(super) fn wota_parts_get(parts: *const wota_parts, index: usize) -> *mut blob;
    pub(super) fn wota_parts_free(parts: *mut wota_parts);
    pub(super) fn wota_from_parts(parts: *const *mut blob, count: usize, limits: *const wota_limits, message: *mut *mut blob) -> drystone_status;
}
