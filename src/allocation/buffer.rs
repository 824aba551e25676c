//! Bytes that grow at their end, put in blocks that may reach beyond what counts.
#![forbid(unsafe_code)]

use super::Grow;
use crate::status::Status;

/// How many bytes are made ready at a time.
const READY: usize = 1 << 15;

/// The memory up to some way beyond what counts initialised, so that a block is put without growing; what counts are the first `used` bytes.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    used: usize,
}

impl Buffer {
    /// Forgets what was put. The memory stays.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// What was put.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }

    /// The same, and their memory.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.used);
        self.bytes
    }

    /// How many bytes were put.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// Makes room for so many more bytes. `NoMemory`.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn reserve(&mut self, size: usize) -> Result<(), Status> {
        if self.bytes.len() - self.used < size { self.grow(size) } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, size: usize) -> Result<(), Status> {
        let wanted = self.used.checked_add(size).ok_or(Status::NoMemory)?;
        if wanted > self.bytes.capacity() {
            self.bytes.try_reserve(wanted - self.bytes.len())?;
        }
        // No more than will be written soon, so that it is written to the cache.
        let ready = wanted.max(self.used + READY).min(self.bytes.capacity());
        self.bytes.try_append_copies(0, ready - self.bytes.len()).map(|_| ())
    }

    /// The room that there is after what was put.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.used..]
    }

    /// The first `size` bytes of the room count now. They are at most as many as there are.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn advance(&mut self, size: usize) {
        debug_assert!(size <= self.bytes.len() - self.used);
        self.used += size;
    }

    /// Puts the first `size` bytes of a block where there is room for all of it.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn put_block<const N: usize>(&mut self, block: &[u8; N], size: usize) {
        if let Some(place) = self.room().first_chunk_mut() {
            *place = *block;
            self.used += size.min(N);
        }
    }

    /// Puts bytes for which there is room.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let room = &mut self.bytes[self.used..][..bytes.len()];
        // Two blocks that may overlap do for short texts what a call would do.
        match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) if bytes.len() <= 16 => {
                if let Some(place) = room.first_chunk_mut() {
                    *place = *first;
                }
                if let Some(place) = room.last_chunk_mut() {
                    *place = *last;
                }
            }
            _ => room.copy_from_slice(bytes),
        }
        self.used += bytes.len();
    }
}
