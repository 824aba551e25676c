//! The formats: how to find a file's format, and how to convert between its bytes and a message.

use std::path::Path;

use clap::ValueEnum;
use drystone::convert::{nota_from_message, nota_to_message, transcode};
use drystone::json::{json_from_message, message_from_json};
use drystone::wota::{Dialect, Fault, dialect_of, from_bytes, to_bytes};
use drystone::{Blob, Limits, Status, nota, wota};

/// The format of a file. The variants have no comments, which would make every help text long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Wota,
    WotaDec64,
    Nota,
    Json,
}

impl Format {
    /// The format of a file's ending.
    pub(crate) fn of_path(path: &Path) -> Option<Format> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "wota" => Some(Format::Wota),
            "nota" => Some(Format::Nota),
            "json" => Some(Format::Json),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Format::Wota => "wota",
            Format::WotaDec64 => "wota-dec64",
            Format::Nota => "nota",
            Format::Json => "json",
        }
    }

    /// The unit of offsets.
    pub(crate) fn unit(self) -> &'static str {
        if self.dialect().is_some() { "words" } else { "bytes" }
    }

    /// The dialect of Wota, if it is Wota.
    pub(crate) fn dialect(self) -> Option<Dialect> {
        match self {
            Format::Wota => Some(Dialect::Classic),
            Format::WotaDec64 => Some(Dialect::Dec64),
            Format::Nota | Format::Json => None,
        }
    }

    /// The size of the largest valid input within the limits; JSON may have any amount of white space.
    pub(crate) fn most_bytes(self, limits: &Limits) -> Option<u64> {
        match self {
            Format::Wota | Format::WotaDec64 => limits.max_words.checked_mul(8),
            // A word of a message is at most two characters of four bytes here, a number of two words less.
            Format::Nota => limits.max_words.checked_mul(16),
            Format::Json => None,
        }
    }

    /// Checks the bytes completely without keeping a message.
    pub(crate) fn validate(self, bytes: &[u8], limits: &Limits) -> Result<(), Fault> {
        match self {
            Format::Wota => wota::validate(bytes, Dialect::Classic, limits),
            Format::WotaDec64 => wota::validate(bytes, Dialect::Dec64, limits),
            Format::Nota => nota::validate(bytes, limits),
            Format::Json => self.decode(bytes, limits).map(|_| ()),
        }
    }

    /// Converts the bytes to a message, checking them completely.
    pub(crate) fn decode(self, bytes: &[u8], limits: &Limits) -> Result<Blob, Fault> {
        match self {
            Format::Wota => from_bytes(bytes, Dialect::Classic, limits),
            Format::WotaDec64 => from_bytes(bytes, Dialect::Dec64, limits),
            Format::Nota => nota_to_message(bytes, limits),
            Format::Json => message_from_json(bytes, limits).map_err(|fault| match fault.status {
                // Nothing is missing before the end.
                Status::Truncated => Fault { offset: bytes.len(), ..fault },
                _ => fault,
            }),
        }
    }

    /// The bytes of a message.
    pub(crate) fn encode(self, message: &Blob, pretty: bool, nearest: bool) -> Result<Blob, Status> {
        match self.dialect() {
            Some(dialect) if dialect_of(message)? == dialect => to_bytes(message),
            Some(dialect) => to_bytes(&transcode(message, dialect, nearest)?),
            None if self == Format::Nota => nota_from_message(message),
            None => json_from_message(message, pretty),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_say_the_format() {
        for (path, format) in [
            ("a.wota", Some(Format::Wota)),
            ("a.b/c.NOTA", Some(Format::Nota)),
            ("x.json", Some(Format::Json)),
            ("x", None),
            (".json", None),
            ("x.bin", None),
        ] {
            assert_eq!(Format::of_path(Path::new(path)), format, "{path}");
        }
    }
}
