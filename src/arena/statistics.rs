//! The statistics of an arena.

use super::chunk::Chunk;
use super::raw::RawArena;

/// The statistics of an arena: numbers of bytes, and counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Bytes in use, padding included.
    pub used: usize,
    /// The largest number of bytes ever in use.
    pub peak: usize,
    /// The bytes of all chunks, spare ones included.
    pub footprint: usize,
    /// The number of chunks in use.
    pub chunks: usize,
    /// The bytes of spare chunks, which wait to be used again.
    pub spare: usize,
    /// The bytes at the ends of chunks in use, where the next block did not fit.
    pub abandoned: usize,
    /// The number of chunks in use that are larger than `max_chunk`.
    pub large: usize,
    /// The number of open scopes.
    pub depth: usize,
    /// The number of failed requests.
    pub failures: usize,
}

impl RawArena {
    /// Whether the address is in memory that was allocated to a caller and not returned.
    pub fn contains(&self, address: *const u8) -> bool {
        self.chunks.in_use(self.position.next()).any(|(chunk, filled)| {
            // SAFETY: chunks of the list exist.
            let payload = unsafe { Chunk::payload(chunk) };
            payload.cast_const() <= address && address < filled.cast_const()
        })
    }

    /// The statistics. Takes time linear in the number of chunks.
    pub fn statistics(&self) -> Statistics {
        let mut found = Statistics {
            used: self.used(),
            peak: self.position.peak(),
            footprint: self.chunks.memory().footprint(),
            depth: self.scopes.depth() as usize,
            failures: self.failures(),
            ..Statistics::default()
        };
        for (chunk, filled) in self.chunks.in_use(self.position.next()) {
            found.chunks += 1;
            // SAFETY: chunks of the list exist.
            unsafe {
                debug_assert!(Chunk::payload(chunk) <= filled && filled <= Chunk::end(chunk));
                found.large += usize::from(self.chunks.is_large((*chunk).size));
                if chunk != self.chunks.current() {
                    found.abandoned += Chunk::end(chunk).addr() - filled.addr();
                }
            }
        }
        for spare in self.chunks.from(self.chunks.spare()) {
            // SAFETY: chunks of the list exist.
            found.spare += unsafe { (*spare).size };
        }
        debug_assert_eq!(found.spare + self.chunks.bytes_in_use(), found.footprint);
        found
    }
}
