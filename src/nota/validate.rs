//! Complete checks of untrusted bytes, in one pass. Memory as for Wota.

use super::pieces::Pieces;
use crate::value::{Fault, Limits};

/// Checks that the bytes are exactly one valid value, and that its message has no more words than `limits` allow. The
/// fault's offset is in bytes.
pub fn validate(bytes: &[u8], limits: &Limits) -> Result<(), Fault> {
    let mut pieces = Pieces::new(bytes, limits);
    while let Ok(Some(_)) = pieces.next() {}
    pieces.fault().map_or(Ok(()), Err)
}
