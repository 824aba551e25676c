//! The C interface: the only exported symbols. The bodies here check and convert their arguments and call the other
//! modules. Only `ptr` turns pointers into references.
//!
//! Every function is `unsafe` by the contracts in the crate's chapter "Safety of the C calls". Its documentation uses
//! the words of that chapter for what it requires of each pointer.
#![allow(non_camel_case_types)]
#![allow(
    clippy::missing_safety_doc,
    reason = "each function's text names the contracts of the crate's safety chapter"
)]

pub mod arena;
pub mod arena_scope;
pub mod arena_types;
pub mod blob;
pub mod blob_fields;
pub mod blob_shared;
pub mod blob_types;
mod bucket_column;
pub mod bucket_heap;
pub mod bucket_import;
pub mod bucket_import_types;
pub mod bucket_json;
pub mod bucket_map;
pub mod bucket_own;
pub mod bucket_set;
pub mod bucket_table;
pub mod bucket_types;
pub mod bucket_walk;
pub mod convert;
pub mod link;
pub mod link_types;
pub mod mailbox;
pub mod mailbox_outbox;
pub mod mailbox_types;
pub mod mailbox_watch;
pub mod nota_feed;
pub mod nota_read;
pub mod nota_types;
pub mod nota_write;
pub mod number;
pub mod pickle;
mod ptr;
pub mod statistics_types;
pub mod status;
pub mod status_codes;
pub mod text;
pub mod version;
pub mod view;
#[cfg(feature = "wasmtime")]
pub mod wasmtime;
#[cfg(feature = "wasmtime")]
pub mod wasmtime_types;
pub mod wota_bytes;
pub mod wota_parts;
pub mod wota_read;
pub mod wota_tree;
pub mod wota_types;
pub mod wota_write;

/// The value of a `Result`; on an error, returns its status from the function.
macro_rules! attempt {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(status) => return $crate::status::Status::from(status).code(),
        }
    };
}

/// The target of a pointer that must not be NULL; for NULL, returns INVALID_ARGUMENT (or the given value) from the
/// function.
macro_rules! required {
    ($option:expr) => {
        required!($option, $crate::status::Status::InvalidArgument.code())
    };
    ($option:expr, $otherwise:expr) => {
        match $option {
            Some(value) => value,
            None => return $otherwise,
        }
    };
}

/// Keeps the code for the rarer dialect out of line, so that it costs the other one nothing.
#[inline(never)]
fn apart<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Runs the same expression on a writer of either dialect.
macro_rules! with_writer {
    ($any:expr, $writer:ident => $body:expr) => {
        match $any {
            $crate::wota::AnyWriter::Classic($writer) => $body,
            $crate::wota::AnyWriter::Dec64($writer) => $crate::capi::apart(move || $body),
        }
    };
}

/// Runs the same expression on a reader of either dialect.
macro_rules! with_reader {
    ($any:expr, $reader:ident => $body:expr) => {
        match $any {
            $crate::capi::ptr::ReaderMut::Classic($reader) => $body,
            $crate::capi::ptr::ReaderMut::Dec64($reader) => $crate::capi::apart(move || $body),
        }
    };
}

/// Runs the same expression on one of the library's heaps and on any other memory.
macro_rules! with_memory {
    ($any:expr, $memory:ident => $body:expr) => {
        match $any {
            MemoryMut::Heap(mut memory) => {
                let $memory = &mut memory;
                $body
            }
            MemoryMut::Host(mut memory) => {
                let $memory = &mut memory;
                $body
            }
        }
    };
}

use {attempt, required, with_memory, with_reader, with_writer};
