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
    /// The length of the last contents whose memory was taken, in bytes.
    last: usize,
}

impl Buffer {
    /// Discards the contents. The memory stays.
    pub(crate) fn clear(&mut self) {
        self.used = 0;
    }

    /// Calls `take` with the memory and the length of the contents. It copies them or takes the memory. If it fails,
    /// it leaves the contents in place; otherwise they are discarded.
    pub(crate) fn take<T>(
        &mut self,
        take: impl FnOnce(&mut Vec<u8>, usize) -> Result<T, Status>,
    ) -> Result<T, Status> {
        let taken = take(&mut self.bytes, self.used)?;
        if self.bytes.is_empty() {
            self.last = self.used;
        }
        self.used = 0;
        Ok(taken)
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
        if self.bytes.capacity() == 0 && self.last > 0 {
            // The next contents are often about as long as the last ones. If this fails, less may still be enough.
            let _ = self.bytes.try_reserve_exact(self.last + self.last / 16);
        }
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
