//! Bytes that grow at their end and are written in blocks, which may reach beyond the contents.
#![forbid(unsafe_code)]

use super::Grow;
use crate::status::Status;

/// How many bytes are initialised at a time.
const READY: usize = 1 << 15;

/// Memory that is initialised for some way beyond the contents, so that a block can be written without a growth
/// check. The contents are the first `used` bytes.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    used: usize,
}

impl Buffer {
    /// Discards the contents. The memory stays.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// The contents.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.used]
    }

    /// The contents and their memory.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.bytes.truncate(self.used);
        self.bytes
    }

    /// The length of the contents in bytes.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// Makes room for `size` more bytes. `NoMemory`.
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
        // Initialises no more than will be written soon, so that it is still in the cache then.
        let ready = wanted.max(self.used + READY).min(self.bytes.capacity());
        self.bytes.try_append_copies(0, ready - self.bytes.len()).map(|_| ())
    }

    /// The memory after the contents.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.used..]
    }

    /// Adds the first `size` bytes of the room to the contents. The room has at least that many.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn advance(&mut self, size: usize) {
        debug_assert!(size <= self.bytes.len() - self.used);
        self.used += size;
    }

    /// Writes the first `size` bytes of a block. There is room for the whole block.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    pub(crate) fn put_block<const N: usize>(&mut self, block: &[u8; N], size: usize) {
        if let Some(place) = self.room().first_chunk_mut() {
            *place = *block;
            self.used += size.min(N);
        }
    }

    /// Writes bytes for which there is room.
    #[inline]
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let room = &mut self.bytes[self.used..][..bytes.len()];
        // For short texts, two blocks that may overlap replace a call.
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
