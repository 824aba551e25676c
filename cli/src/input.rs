//! Reads an input whole, in bounded memory, with a progress bar on the terminal when it takes a while.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drystone::{Limits, Status};

use crate::failure::{Failure, Trouble};
use crate::format::Format;
use crate::progress::Progress;

/// How many bytes are read at once.
const PIECE: usize = 1 << 20;

/// An input: its name in messages, and the file; `None` for standard input.
pub(crate) struct Input {
    pub(crate) name: String,
    path: Option<PathBuf>,
}

impl Input {
    /// No path, and `-`, are standard input.
    pub(crate) fn new(path: Option<&Path>) -> Input {
        match path {
            Some(path) if path != Path::new("-") => {
                Input { name: path.display().to_string(), path: Some(path.to_path_buf()) }
            }
            _ => Input { name: "standard input".to_string(), path: None },
        }
    }

    /// The format of the file's ending.
    pub(crate) fn format(&self) -> Option<Format> {
        Format::of_path(self.path.as_deref()?)
    }

    /// Opens it for reading in pieces.
    pub(crate) fn open(&self) -> io::Result<Box<dyn Read>> {
        match &self.path {
            None => Ok(Box::new(io::stdin().lock())),
            Some(path) => Ok(Box::new(File::open(path)?)),
        }
    }

    /// Reads all of it, but never much more than the limits allow in this format.
    pub(crate) fn read(
        &self,
        format: Format,
        limits: &Limits,
        progress: &mut Progress,
    ) -> Result<Vec<u8>, Failure> {
        let failed = |error| Failure::File(self.name.clone(), "cannot be read", error);
        let most = format.most_bytes(limits);
        let (reader, size): (Box<dyn Read>, Option<u64>) = match &self.path {
            None => (Box::new(io::stdin().lock()), None),
            Some(path) => {
                let file = File::open(path).map_err(failed)?;
                let metadata = file.metadata().map_err(failed)?;
                (Box::new(file), metadata.is_file().then_some(metadata.len()))
            }
        };
        progress.reading(&self.name, size);
        // One word more than allowed is enough to see that there are more; a part of a word is a separate fault.
        let room = most.map_or(u64::MAX, |most| most.saturating_add(8));
        let bytes = read_pieces(reader.take(room), size.unwrap_or(0).min(room), progress).map_err(failed)?;
        match most {
            Some(_) if bytes.len() as u64 == room => {
                let trouble = Trouble {
                    offset: 0,
                    unit: format.unit(),
                    expected: format!("at most {} words (--max-words)", limits.max_words),
                    found: "more".to_string(),
                };
                Err(Failure::Faulty(self.name.clone(), trouble))
            }
            _ => Ok(bytes),
        }
    }
}

fn read_pieces(mut reader: impl Read, expected: u64, progress: &mut Progress) -> io::Result<Vec<u8>> {
    let no_memory = |_| io::Error::from(io::ErrorKind::OutOfMemory);
    let mut bytes = Vec::new();
    // One byte more, so that the end is seen without growing.
    let expected = usize::try_from(expected.saturating_add(1)).unwrap_or(usize::MAX);
    bytes.try_reserve_exact(expected).map_err(no_memory)?;
    loop {
        bytes.try_reserve(1).map_err(no_memory)?;
        if reader.by_ref().take(PIECE as u64).read_to_end(&mut bytes)? == 0 {
            return Ok(bytes);
        }
        progress.at(bytes.len() as u64);
    }
}

/// Describes a lack of memory.
pub(crate) fn resources(name: &str, status: Status) -> Failure {
    Failure::Resources(name.to_string(), status.to_string())
}
