//! Text that grows without ever aborting, for what is written for people.

use core::fmt;

use crate::allocation::Grow;
use crate::blob::Blob;
use crate::status::Status;

/// Bytes to be written; running out of memory is an error of the write, and so is too long a text.
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// How many bytes it may have.
    limit: usize,
}

impl Default for Output {
    /// As long as it comes to be.
    fn default() -> Self {
        Output { bytes: Vec::new(), limit: usize::MAX }
    }
}

impl Output {
    /// At most so many bytes.
    #[cfg(feature = "json")]
    pub(crate) fn within(limit: usize) -> Self {
        Output { bytes: Vec::new(), limit }
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
        Ok(self.bytes.try_reserve(size)?)
    }

    /// `NoMemory`, `LimitExceeded`.
    pub(crate) fn put(&mut self, part: &[u8]) -> Result<(), Status> {
        self.check(part.len())?;
        self.bytes.try_append(part)
    }

    fn check(&self, size: usize) -> Result<(), Status> {
        // There are never more than the limit.
        if size > self.limit - self.bytes.len() { Err(Status::LimitExceeded) } else { Ok(()) }
    }

    /// A stone of what was written. `NoMemory`.
    pub(crate) fn into_stone(self) -> Result<Blob, Status> {
        let mut blob = Blob::from_bytes(&self.bytes)?;
        blob.make_stone();
        Ok(blob)
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.put(part.as_bytes()).map_err(|_| fmt::Error)
    }
}
