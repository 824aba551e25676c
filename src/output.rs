//! Text that grows without ever aborting, for what is written for people.

use core::fmt;

use crate::Status;
use crate::blob::Blob;
use crate::grow::Grow;

/// Bytes to be written; running out of memory is an error of the write.
#[derive(Default)]
pub(crate) struct Output {
    bytes: Vec<u8>,
}

impl Output {
    /// Room for so many more bytes, which can then be put without failing. `NoMemory`.
    #[cfg(feature = "json")]
    pub(crate) fn reserve(&mut self, size: usize) -> Result<(), Status> {
        Ok(self.bytes.try_reserve(size)?)
    }

    /// `NoMemory`.
    pub(crate) fn put(&mut self, part: &[u8]) -> Result<(), Status> {
        self.bytes.try_append(part)
    }

    /// How many bytes were written.
    #[cfg(feature = "json")]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
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
