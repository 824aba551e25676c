//! What all formats have in common: the kinds of values, how they nest, and limits and faults of untrusted input.

mod fault;
mod kind;
mod limits;
pub(crate) mod nesting;

pub use fault::Fault;
pub use kind::{INTEGER_MAX, INTEGER_MIN, Kind, Symbol};
pub use limits::Limits;
