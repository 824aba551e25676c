//! The C interface of libdrystone, as declared in `include/drystone.h`. `cargo xtask bindings` generates
//! `bindings.rs`; the header has the documentation.
//!
//! Rust programs that do not have to share the library with C code should use the crate `drystone` itself.
#![no_std]
#![allow(non_camel_case_types, non_upper_case_globals)]

mod bindings;

pub use bindings::*;
