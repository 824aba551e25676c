//! The C interface of libdrystone as `include/drystone.h` declares it. `cargo xtask bindings` makes
//! `bindings.rs` anew; the documentation is the header's.
//!
//! Rust programs that do not have to share a library with C ones use the crate `drystone` itself.
#![no_std]
#![allow(non_camel_case_types, non_upper_case_globals)]

mod bindings;

pub use bindings::*;
