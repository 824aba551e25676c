//! Reasons that end a command early, and the exit codes.

use std::fmt;
use std::io;

/// Everything was good.
pub(crate) const GOOD: u8 = 0;
/// An input is faulty, or cannot be represented in the requested format.
pub(crate) const FAULTY: u8 = 1;
/// The command line is invalid.
pub(crate) const USAGE: u8 = 2;
/// Reading or writing failed.
pub(crate) const INPUT_OUTPUT: u8 = 3;

/// The fault of an input, its position, and an explanation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) offset: usize,
    /// The unit of the offset.
    pub(crate) unit: &'static str,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl fmt::Display for Trouble {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Trouble { offset, unit, expected, found } = self;
        write!(formatter, "offset {offset} ({unit}): expected {expected}, found {found}")
    }
}

/// Why a command ends.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The named input is faulty.
    Faulty(String, Trouble),
    /// The options do not go together.
    Usage(String),
    /// The named file cannot be read or written.
    File(String, &'static str, io::Error),
    /// A resource of the machine has run out.
    Resources(String, String),
    /// The reader of our output has gone.
    NobodyListens,
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::Faulty(..) => FAULTY,
            Failure::Usage(_) => USAGE,
            Failure::File(..) | Failure::Resources(..) => INPUT_OUTPUT,
            Failure::NobodyListens => GOOD,
        }
    }

    /// A failed write to our output.
    pub(crate) fn of_output(name: &str, error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Failure::NobodyListens
        } else {
            Failure::File(name.to_string(), "cannot be written", error)
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Faulty(name, trouble) => write!(formatter, "{name}: {trouble}"),
            Failure::Usage(text) => formatter.write_str(text),
            Failure::File(name, what, error) => write!(formatter, "{name}: {what}: {error}"),
            Failure::Resources(name, text) => write!(formatter, "{name}: {text}"),
            Failure::NobodyListens => Ok(()),
        }
    }
}
