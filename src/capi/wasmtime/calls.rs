//! An import's parameters and results as wasmtime passes them.

use crate::bucket::Memory;
use crate::bucket::imports::{Import, MOST_PARAMETERS};
use crate::status::Status;

/// A parameter or result as wasmtime passes it: 16 bytes, of which numbers take the first four or eight, little-endian.
#[derive(Clone, Copy)]
#[repr(C)]
pub(in super::super) struct Raw {
    low: [u8; 8],
    high: [u8; 8],
}

impl Raw {
    pub(in super::super) fn of(bits: u64) -> Self {
        Raw { low: bits.to_le_bytes(), high: [0; 8] }
    }

    pub(in super::super) fn word(self) -> u32 {
        // What lies above an i32 is not ours to trust.
        u64::from_le_bytes(self.low) as u32
    }
}

/// Runs an import: its parameters are in `raw`, and its results then. After an error they mean nothing.
pub(super) fn run(import: &Import, memory: &mut impl Memory, raw: &mut [Raw]) -> Result<(), Status> {
    let mut words = [0; MOST_PARAMETERS];
    for (word, raw) in words.iter_mut().zip(raw.iter()) {
        *word = u64::from_le_bytes(raw.low);
    }
    let given = import.call(memory, &words)?;
    for (place, bits) in raw.iter_mut().zip(given.words()) {
        *place = Raw::of(*bits);
    }
    Ok(())
}
