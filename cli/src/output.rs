//! Output: a file is written whole or not at all; standard output never gets bytes on a terminal.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process;

use crate::failure::Failure;
use crate::format::Format;

const STANDARD_OUTPUT: &str = "standard output";

/// Where a converted value goes.
pub(crate) enum Output {
    Standard,
    /// A temporary file is filled and then takes its place.
    Replaced(PathBuf),
    /// A device or a pipe, which is written directly.
    Device(String, File),
}

impl Output {
    /// Opens the output before the work begins. No path, and `-`, mean standard output.
    pub(crate) fn new(path: Option<&Path>) -> Result<Output, Failure> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Output::Standard);
        };
        let name = path.display().to_string();
        let failed = |error| Failure::File(name.clone(), "cannot be written", error);
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Err(failed(io::ErrorKind::IsADirectory.into())),
            Ok(metadata) if !metadata.is_file() => {
                let device = OpenOptions::new().write(true).open(path).map_err(failed)?;
                Ok(Output::Device(name, device))
            }
            // Of a link, the target is replaced.
            Ok(_) => Ok(Output::Replaced(fs::canonicalize(path).map_err(failed)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Output::Replaced(path.to_path_buf())),
            Err(error) => Err(failed(error)),
        }
    }

    /// Refuses to write bytes to a terminal.
    pub(crate) fn refuse_terminal(&self, format: Format, force: bool) -> Result<(), Failure> {
        let terminal = match self {
            Output::Standard => io::stdout().is_terminal(),
            Output::Replaced(_) => false,
            Output::Device(_, device) => device.is_terminal(),
        };
        if is_refused(format, terminal, force) {
            let name = format.name();
            let text = format!("{name} is not for a terminal; write to a file with -o, or use --force");
            return Err(Failure::Usage(text));
        }
        Ok(())
    }

    /// Writes all of it.
    pub(crate) fn write(self, parts: &[&[u8]]) -> Result<(), Failure> {
        match self {
            Output::Standard => {
                let written = put(&mut io::stdout().lock(), parts);
                written.map_err(|error| Failure::of_output(STANDARD_OUTPUT, error))
            }
            Output::Device(name, mut device) => {
                put(&mut device, parts).map_err(|error| Failure::of_output(&name, error))
            }
            Output::Replaced(path) => replace(&path, parts)
                .map_err(|error| Failure::File(path.display().to_string(), "cannot be written", error)),
        }
    }
}

fn put(target: &mut impl Write, parts: &[&[u8]]) -> io::Result<()> {
    parts.iter().try_for_each(|part| target.write_all(part))?;
    target.flush()
}

fn is_refused(format: Format, terminal: bool, force: bool) -> bool {
    format != Format::Json && terminal && !force
}

/// A temporary file in the same folder, which then takes the name.
fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let file_name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = OsString::from(".");
    beside.push(file_name);
    beside.push(format!(".{}.tmp", process::id()));
    let beside = path.with_file_name(beside);
    let mut file = OpenOptions::new().write(true).create_new(true).open(&beside)?;
    let filled = put(&mut file, parts).and_then(|()| {
        if let Ok(metadata) = fs::metadata(path) {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()
    });
    drop(file);
    let done = filled.and_then(|()| fs::rename(&beside, path));
    if done.is_err() {
        // The first error is reported, because it tells what is wrong with the path.
        let _ = fs::remove_file(&beside);
    }
    done
}

/// Lines of text on standard output.
pub(crate) struct Lines {
    buffer: io::BufWriter<io::StdoutLock<'static>>,
}

impl Lines {
    pub(crate) fn new() -> Lines {
        Lines { buffer: io::BufWriter::new(io::stdout().lock()) }
    }

    pub(crate) fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.text(line)?;
        self.text("\n")
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.buffer.write_all(bytes).map_err(|error| Failure::of_output(STANDARD_OUTPUT, error))
    }

    /// Flushes what was printed: before anything goes to standard error, and at the end.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        self.buffer.flush().map_err(|error| Failure::of_output(STANDARD_OUTPUT, error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_goes_to_a_terminal() {
        for format in [Format::Wota, Format::WotaDec64, Format::Nota] {
            assert!(is_refused(format, true, false));
            assert!(!is_refused(format, true, true) && !is_refused(format, false, false));
        }
        assert!(!is_refused(Format::Json, true, false));
    }

    #[test]
    fn a_file_that_cannot_be_filled_leaves_nothing() {
        let folder = std::env::temp_dir().join(format!("drystone-output-{}", process::id()));
        // A process with the same number may have been killed here.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        // A folder that is not empty cannot be replaced by a file, so the renaming fails.
        let target = folder.join("taken");
        fs::create_dir(&target).unwrap();
        fs::write(target.join("child"), "x").unwrap();
        assert!(replace(&target, &[b"new"]).is_err());
        let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["taken"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}
