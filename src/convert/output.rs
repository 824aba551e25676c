//! Output of readable text. It grows without ever aborting.

use core::fmt;

use crate::allocation::Buffer;
use crate::blob::Blob;
use crate::status::Status;

/// Bytes that were written. Running out of memory, or exceeding the limit, is an error of the write.
pub(crate) struct Output {
    buffer: Buffer,
    /// The largest number of bytes.
    limit: usize,
}

impl Default for Output {
    /// Without a limit.
    fn default() -> Self {
        Output { buffer: Buffer::default(), limit: usize::MAX }
    }
}

impl Output {
    /// With a limit in bytes.
    #[cfg(feature = "json")]
    pub(crate) fn within(limit: usize) -> Self {
        Output { buffer: Buffer::default(), limit }
    }

    /// Raises the limit by `more` bytes.
    #[cfg(feature = "json")]
    pub(crate) fn allow(&mut self, more: usize) {
        self.limit = self.limit.saturating_add(more);
    }

    /// Makes room for `size` more bytes, all of which the caller will write. `NoMemory`, `LimitExceeded`.
    #[cfg(feature = "json")]
    pub(crate) fn reserve(&mut self, size: usize) -> Result<(), Status> {
        self.check(size)?;
        self.buffer.reserve(size)
    }

    /// At least `size` bytes of room, even beyond the limit. `NoMemory`.
    #[cfg(feature = "json")]
    #[inline(always)]
    pub(crate) fn room(&mut self, size: usize) -> Result<&mut [u8], Status> {
        self.buffer.reserve(size)?;
        Ok(self.buffer.room())
    }

    /// Adds the first `size` bytes of the room to the output. `LimitExceeded`.
    #[cfg(feature = "json")]
    #[inline(always)]
    pub(crate) fn advance(&mut self, size: usize) -> Result<(), Status> {
        self.check(size)?;
        self.buffer.advance(size);
        Ok(())
    }

    /// `NoMemory`, `LimitExceeded`.
    #[inline]
    pub(crate) fn put(&mut self, part: &[u8]) -> Result<(), Status> {
        self.check(part.len())?;
        self.buffer.reserve(part.len())?;
        self.buffer.put(part);
        Ok(())
    }

    #[inline(always)]
    fn check(&self, size: usize) -> Result<(), Status> {
        // The length never exceeds the limit.
        if size > self.limit - self.buffer.len() { Err(Status::LimitExceeded) } else { Ok(()) }
    }

    /// A stone of the output. `NoMemory`.
    pub(crate) fn into_stone(mut self) -> Result<Blob, Status> {
        self.buffer.take(Blob::stone_of)
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.put(part.as_bytes()).map_err(|_| fmt::Error)
    }
}
