//! Text that grows without ever aborting, for what is written for people.

use core::fmt;

use crate::allocation::Buffer;
use crate::blob::Blob;
use crate::status::Status;

/// Bytes to be written; running out of memory is an error of the write, and so is too long a text.
pub(crate) struct Output {
    buffer: Buffer,
    /// How many bytes it may have.
    limit: usize,
}

impl Default for Output {
    /// Without a limit.
    fn default() -> Self {
        Output { buffer: Buffer::default(), limit: usize::MAX }
    }
}

impl Output {
    /// At most so many bytes.
    #[cfg(feature = "json")]
    pub(crate) fn within(limit: usize) -> Self {
        Output { buffer: Buffer::default(), limit }
    }

    /// Makes the limit larger.
    #[cfg(feature = "json")]
    pub(crate) fn allow(&mut self, more: usize) {
        self.limit = self.limit.saturating_add(more);
    }

    /// Room for that many more bytes, all of which will be written. `NoMemory`, `LimitExceeded`.
    #[cfg(feature = "json")]
    pub(crate) fn reserve(&mut self, size: usize) -> Result<(), Status> {
        self.check(size)?;
        self.buffer.reserve(size)
    }

    /// At least so many bytes of room, whether or not they are within the limit. `NoMemory`.
    #[cfg(feature = "json")]
    #[inline(always)]
    pub(crate) fn room(&mut self, size: usize) -> Result<&mut [u8], Status> {
        self.buffer.reserve(size)?;
        Ok(self.buffer.room())
    }

    /// The first `size` bytes of the room count now. `LimitExceeded`.
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
        // There are never more than the limit.
        if size > self.limit - self.buffer.len() { Err(Status::LimitExceeded) } else { Ok(()) }
    }

    /// A stone of what was written. `NoMemory`.
    pub(crate) fn into_stone(self) -> Result<Blob, Status> {
        Blob::stone_of(self.buffer.into_bytes())
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.put(part.as_bytes()).map_err(|_| fmt::Error)
    }
}
