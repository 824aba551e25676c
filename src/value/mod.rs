//! What all formats have in common: the kinds of values, how they nest, limits and faults of untrusted input, and a sort
//! for keys.

mod fault;
mod kind;
mod limits;
pub(crate) mod nesting;
pub(crate) mod sort;

pub use fault::Fault;
pub use kind::{INTEGER_MAX, INTEGER_MIN, Kind, Symbol};
pub use limits::Limits;
