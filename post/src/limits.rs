//! Limits for letters that arrive.

/// Limits for letters that arrive. Beyond one: [`Status::LimitExceeded`](crate::Status::LimitExceeded).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many bytes a letter may have.
    pub max_letter_bytes: u64,
    /// How many parts (stones and messages) a letter may have.
    pub max_parts: usize,
    /// How deeply its values may nest.
    pub max_depth: u32,
    /// How many 64-bit words all its messages may have.
    pub max_words: u64,
}

impl Limits {
    /// 2 GiB, 65 536 parts, 512 levels, 2^32 words.
    pub const DEFAULT: Limits =
        Limits { max_letter_bytes: 1 << 31, max_parts: 1 << 16, max_depth: 512, max_words: 1 << 32 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
