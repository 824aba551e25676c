//! Counts of the values in an input.

use crate::walk::{Item, What};

/// Counted while walking.
#[derive(Default)]
pub(crate) struct Tally {
    /// The deepest nesting of containers.
    depth: usize,
    integers: u64,
    floats: u64,
    arrays: u64,
    records: u64,
    blobs: u64,
    texts: u64,
    keys: u64,
    symbols: u64,
    /// In bits.
    blob_bits: u64,
    longest: Option<Longest>,
}

struct Longest {
    characters: u64,
    bytes: u64,
    offset: usize,
    shown: String,
}

impl Tally {
    /// One more value.
    pub(crate) fn count(&mut self, item: &Item) {
        self.depth = self.depth.max(item.depth + usize::from(item.what.is_container()));
        match &item.what {
            What::Integer(_) => self.integers += 1,
            What::Float(_) | What::Decimal(_) => self.floats += 1,
            What::Array(_) => self.arrays += 1,
            What::Record(_) => self.records += 1,
            What::Symbol(_) => self.symbols += 1,
            What::Blob(bits) => {
                self.blobs += 1;
                self.blob_bits = self.blob_bits.saturating_add(*bits);
            }
            What::Text(text) => {
                self.texts += 1;
                self.keys += u64::from(item.key);
                if self.longest.as_ref().is_none_or(|longest| longest.bytes < text.bytes) {
                    self.longest = Some(Longest {
                        characters: text.characters,
                        bytes: text.bytes,
                        offset: item.offset,
                        shown: text.shown(),
                    });
                }
            }
        }
    }

    /// The lines of the summary. `unit` is the unit of offsets.
    pub(crate) fn lines(&self, unit: &str) -> Vec<String> {
        let kinds = [
            ("integers", self.integers),
            ("floats", self.floats),
            ("arrays", self.arrays),
            ("records", self.records),
            ("blobs", self.blobs),
            ("texts", self.texts),
            ("symbols", self.symbols),
        ];
        let mut lines = vec![row("depth", &self.depth.to_string())];
        lines.push(row("values", &kinds.iter().map(|kind| kind.1).sum::<u64>().to_string()));
        for (name, count) in kinds {
            let keys = if name == "texts" { format!(" ({} of them keys)", self.keys) } else { String::new() };
            lines.push(row(&format!("  {name}"), &format!("{count}{keys}")));
        }
        let longest = match &self.longest {
            None => "none".to_string(),
            Some(Longest { characters, bytes, offset, shown }) => {
                format!("{characters} characters, {bytes} bytes, at {offset} ({unit}): {shown}")
            }
        };
        lines.push(row("longest text", &longest));
        lines.push(row("bits in blobs", &self.blob_bits.to_string()));
        lines
    }
}

/// A name and its value.
pub(crate) fn row(name: &str, value: &str) -> String {
    format!("{name:<14}  {value}")
}
