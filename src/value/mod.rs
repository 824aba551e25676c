//! What every format knows of values: their kinds, how they nest, and what reading untrusted ones needs.

mod fault;
mod kind;
mod limits;
pub(crate) mod nesting;

pub use fault::Fault;
pub use kind::{INTEGER_MAX, INTEGER_MIN, Kind, Symbol};
pub use limits::Limits;
