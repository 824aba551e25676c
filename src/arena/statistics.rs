//! What is known of an arena.

use core::ptr;

use super::chunk::Chunk;
use super::raw::RawArena;

/// What is known of an arena. All but the counts in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// In use, padding included.
    pub used: usize,
    /// The most that ever was in use.
    pub peak: usize,
    /// Of all chunks, spare ones too.
    pub footprint: usize,
    /// How many chunks have blocks in use.
    pub chunks: usize,
    /// Of the chunks that wait to be used again.
    pub spare: usize,
    /// At the ends of chunks, where the next block did not fit.
    pub abandoned: usize,
    /// How many of the chunks in use are larger than ordinary ones.
    pub large: usize,
    /// How many scopes are open.
    pub depth: usize,
    /// How many requests failed.
    pub failures: usize,
}

impl RawArena {
    /// Whether the address lies in memory that was handed out.
    pub fn contains(&self, address: *const u8) -> bool {
        self.chunks_in_use().any(|(chunk, filled)| {
            // SAFETY: chunks of the list are there.
            let payload = unsafe { Chunk::payload(chunk) };
            payload.cast_const() <= address && address < filled.cast_const()
        })
    }

    /// The chunks up to the current one, each with where its use ends.
    pub(super) fn chunks_in_use(&self) -> impl Iterator<Item = (*mut Chunk, *mut u8)> + '_ {
        let mut next = if self.current.is_null() { ptr::null_mut() } else { self.first };
        core::iter::from_fn(move || {
            let chunk = next;
            if chunk.is_null() {
                return None;
            }
            if chunk == self.current {
                next = ptr::null_mut();
                return Some((chunk, self.position.next()));
            }
            // SAFETY: chunks of the list are there.
            unsafe {
                next = (*chunk).next;
                Some((chunk, (*chunk).filled))
            }
        })
    }

    /// What is known of it. Linear in the number of chunks.
    pub fn statistics(&self) -> Statistics {
        let mut found = Statistics {
            used: self.used(),
            peak: self.position.peak(),
            footprint: self.footprint,
            depth: self.scopes.depth() as usize,
            failures: self.failures,
            ..Statistics::default()
        };
        for (chunk, filled) in self.chunks_in_use() {
            found.chunks += 1;
            // SAFETY: chunks of the list are there.
            unsafe {
                found.large += usize::from((*chunk).size > self.max_chunk);
                if chunk != self.current {
                    found.abandoned += Chunk::end(chunk).addr() - filled.addr();
                }
            }
        }
        let mut spare = self.spare();
        while !spare.is_null() {
            // SAFETY: chunks of the list are there.
            unsafe {
                found.spare += (*spare).size;
                spare = (*spare).next;
            }
        }
        found
    }
}
