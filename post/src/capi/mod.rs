//! The C interface: the only exported symbols. Only `ptr` and `core` turn pointers into references.
//!
//! The words *live*, *readable* and *out* are those of libdrystone.
#![allow(non_camel_case_types, reason = "C's names")]
#![allow(
    clippy::missing_safety_doc,
    reason = "each function's text says what it asks of its pointers, in libdrystone's words"
)]

pub mod carrier;
pub mod office;
mod ptr;
pub mod types;
pub mod version;

/// The value of a `Result`, or return its status.
macro_rules! attempt {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(status) => return status.code(),
        }
    };
}

/// The target of a pointer that may not be NULL, or return "invalid argument".
macro_rules! required {
    ($option:expr) => {
        match $option {
            Some(value) => value,
            None => return $crate::Status::InvalidArgument.code(),
        }
    };
}

use {attempt, required};
