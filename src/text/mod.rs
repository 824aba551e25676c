//! Text as bytes: ASCII in bulk, UTF-8 one character at a time.

pub(crate) mod ascii;
pub(crate) mod utf8;
