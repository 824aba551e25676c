//! An import's parameters and results as wasmtime passes them.

use super::super::ptr::Raw;
use crate::bucket::Memory;
use crate::bucket::imports::{Import, MOST_PARAMETERS};
use crate::status::Status;

/// Runs an import. `raw` contains its parameters before and its results afterwards. After an error its contents are
/// undefined.
pub(super) fn run(import: &Import, memory: &mut impl Memory, raw: &mut [Raw]) -> Result<(), Status> {
    let mut words = [0; MOST_PARAMETERS];
    for (word, raw) in words.iter_mut().zip(raw.iter()) {
        *word = raw.bits();
    }
    let given = import.call(memory, &words)?;
    for (place, bits) in raw.iter_mut().zip(given.words()) {
        *place = Raw::of(*bits);
    }
    Ok(())
}
