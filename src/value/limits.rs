//! The limits on untrusted input: one struct for all decoders and checkers.

/// Bounds on untrusted input. Exceeding one is [`Status::LimitExceeded`](crate::Status::LimitExceeded).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How deeply containers (arrays, records, and symbols that carry a value) may be nested. At most 65535.
    pub max_depth: u32,
    /// The largest number of 64-bit words in the whole input.
    pub max_words: u64,
}

impl Limits {
    /// The highest possible limit on depth.
    pub(crate) const DEPTH_CEILING: u32 = u16::MAX as u32;

    /// 512 levels, 2^32 words (32 GiB).
    pub const DEFAULT: Limits = Limits { max_depth: 512, max_words: 1 << 32 };

    /// For messages in this process, which were checked when they were made.
    pub(crate) const UNLIMITED: Limits = Limits { max_depth: Self::DEPTH_CEILING, max_words: u64::MAX };

    /// The effective limit on depth.
    pub(crate) fn depth(&self) -> usize {
        self.max_depth.min(Self::DEPTH_CEILING) as usize
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
