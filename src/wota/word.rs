//! Words in memory, and the dialect that they are in.

use crate::blob::BlobRef;

/// The dialect: which of the two published layouts. They cannot be mixed, and words do not say which one they are in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Dialect {
    /// Field of 56 bits, types in the low byte; numbers are integers of 56 bits and doubles.
    #[default]
    Classic = 1,
    /// A word is a DEC64 number, or a preamble with a field of 52 bits when its low byte is 80.
    Dec64 = 2,
}

impl Dialect {
    /// The kind in a message's header; 0 means that a blob is not a message.
    pub(super) const fn message_kind(self) -> u8 {
        self as u8
    }

    pub(super) const fn of_message(kind: u8) -> Option<Dialect> {
        match kind {
            1 => Some(Dialect::Classic),
            2 => Some(Dialect::Dec64),
            _ => None,
        }
    }
}

/// Eight bytes in memory: in the machine's byte order in messages, little-endian in bytes from outside.
pub(crate) type Word = [u8; 8];

/// A run of words, and their byte order.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    raw: &'a [Word],
    native: bool,
}

impl<'a> Words<'a> {
    /// Words of a message, as bytes in the machine's order.
    pub(crate) fn native(bytes: &'a [u8]) -> Self {
        Words { raw: bytes.as_chunks().0, native: true }
    }

    /// Words of a message.
    #[inline]
    pub(crate) fn of_words(raw: &'a [Word]) -> Self {
        Words { raw, native: true }
    }

    /// The words of a message.
    #[inline(always)]
    pub(crate) fn of_message(message: BlobRef<'a>) -> Self {
        Words::of_words(message.header().words())
    }

    /// The whole words of bytes from outside, and whether bytes are left over.
    pub(crate) fn little_endian(bytes: &'a [u8]) -> (Self, bool) {
        let (raw, rest) = bytes.as_chunks();
        (Words { raw, native: false }, !rest.is_empty())
    }

    pub(crate) fn len(self) -> usize {
        self.raw.len()
    }

    #[inline]
    pub(crate) fn get(self, index: usize) -> Option<u64> {
        self.raw.get(index).map(|word| self.load(word))
    }

    /// The `count` words from `from`.
    pub(crate) fn run(self, from: usize, count: u64) -> Option<Words<'a>> {
        let end = from.checked_add(usize::try_from(count).ok()?)?;
        Some(Words { raw: self.raw.get(from..end)?, ..self })
    }

    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = u64> + ExactSizeIterator + use<'a> {
        self.raw.iter().map(move |word| self.load(word))
    }

    /// The memory itself. Runs of the same byte order are equal if and only if their images are.
    pub(crate) fn image(self) -> &'a [u8] {
        self.raw.as_flattened()
    }

    /// The words as they lie in memory.
    #[inline]
    pub(crate) fn raw(self) -> &'a [Word] {
        self.raw
    }

    /// Whether the words lie in memory as the machine's own.
    #[inline]
    pub(crate) fn is_native(self) -> bool {
        self.native || cfg!(target_endian = "little")
    }

    /// Half of a word, as it lies in memory.
    #[inline]
    pub(crate) fn load_half(self, half: &[u8; 4]) -> u32 {
        if cfg!(target_endian = "big") && self.native {
            u32::from_ne_bytes(*half)
        } else {
            u32::from_le_bytes(*half)
        }
    }

    #[inline]
    pub(crate) fn load(self, word: &Word) -> u64 {
        // On little-endian machines both branches are the same, and the compiler removes the choice.
        if cfg!(target_endian = "big") && self.native {
            u64::from_ne_bytes(*word)
        } else {
            u64::from_le_bytes(*word)
        }
    }
}

/// Copies the bits of an inline blob from its words. The first bit is the most significant bit of the first word.
pub(crate) fn copy_bits(words: Words<'_>, target: &mut [u8]) {
    let mut chunks = target.chunks_mut(8);
    for (word, chunk) in words.iter().zip(&mut chunks) {
        let bytes = word.to_be_bytes();
        chunk.copy_from_slice(&bytes[..chunk.len()]);
    }
}
