//! The commands.

mod convert;
mod inspect;
mod inspect_parts;
mod post;
mod serve;
mod validate;

pub(crate) use convert::convert;
pub(crate) use inspect::inspect;
pub(crate) use post::post;
pub(crate) use serve::serve;
pub(crate) use validate::validate;
