//! Text as bytes: ASCII in bulk, UTF-8 one character at a time, and fast conversion between UTF-8 and words.

pub(crate) mod ascii;
pub(crate) mod transcode;
pub(crate) mod utf8;
