//! What can be asked for.

mod convert;
mod inspect;
mod inspect_parts;
mod validate;

pub(crate) use convert::convert;
pub(crate) use inspect::inspect;
pub(crate) use validate::validate;
