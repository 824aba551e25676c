//! The packets: 64-bit words, little-endian.
//!
//! ```text
//! head            MARK, version, kind
//! HELLO           the most stones of the peer that the sender accepts at a time, and the most bytes of them
//! STONES          their count, then for each: its number, its first byte in the file, its length in bits; a descriptor for each
//! LETTER          as STONES, then: the body's length in bytes << 1 | whether it is in a separate file, whose descriptor is the
//!                 last one; otherwise the body follows
//! RELEASE         a stone of the peer that is no longer used, and how often letters had mentioned it
//! FORGET          a stone of the sender whose release it confirms: the number is never used again
//! REFUSED         the length of a name in bytes, the name: it is not served
//! ANNOUNCE        the next packet has descriptors: the receiver must not take it out of the socket before it has them
//!
//! body            the length of the name << 8 | form, the number of mentions, the length of the inline bits,
//!                 for each mention: number << 1 | whether the number is the receiver's own, its first byte, its length in bits;
//!                 the name and the inline bits, each padded with zeros to whole words
//! ```
//!
//! The process that first sends a stone numbers it, counting from 1.

use crate::allocation::Grow;
use crate::status::Status;

const MARK: u64 = 0x6472_7973_6c6e << 16 | 1 << 8;

pub(super) const HELLO: u64 = 1;
pub(super) const STONES: u64 = 2;
pub(super) const LETTER: u64 = 3;
pub(super) const RELEASE: u64 = 4;
pub(super) const FORGET: u64 = 5;
pub(super) const REFUSED: u64 = 6;
pub(super) const ANNOUNCE: u64 = 7;

/// A letter that is a message in parts: the inline bits are part 0, the mentioned stones are the others.
pub(super) const IN_PARTS: u64 = 0;
/// A letter that is a stone: the inline bits, or the mentioned stone.
pub(super) const STONE: u64 = 1;

/// The most bytes in a mailbox's name.
pub(super) const LONGEST_NAME: usize = 255;

/// Words of one stone in STONES and LETTER, and of one mention.
pub(super) const STONE_WORDS: usize = 3;

pub(super) fn head(kind: u64) -> u64 {
    MARK | kind
}

pub(super) fn put(target: &mut Vec<u8>, word: u64) -> Result<(), Status> {
    target.try_append(&word.to_le_bytes())
}

/// Appends the bytes, padded with zeros to whole words.
pub(super) fn put_bytes(target: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Status> {
    target.try_append(bytes)?;
    let zeros = bytes.len().next_multiple_of(8) - bytes.len();
    target.try_append([0; 8].get(..zeros).unwrap_or(&[]))
}

/// The unread rest of a packet or a body. Every error is `Malformed`.
#[derive(Clone, Copy)]
pub(super) struct Rest<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Rest<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Rest { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn word(&mut self) -> Result<u64, Status> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let (word, _) = rest.split_first_chunk::<8>().ok_or(Status::Malformed)?;
        self.at += 8;
        Ok(u64::from_le_bytes(*word))
    }

    pub(super) fn number(&mut self) -> Result<usize, Status> {
        usize::try_from(self.word()?).map_err(|_| Status::Malformed)
    }

    /// Reads this many bytes and their padding.
    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Status> {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let bytes = rest.get(..count).ok_or(Status::Malformed)?;
        let whole = count.checked_next_multiple_of(8).ok_or(Status::Malformed)?;
        let filling = rest.get(count..whole).ok_or(Status::Malformed)?;
        if filling.iter().any(|byte| *byte != 0) {
            return Err(Status::Malformed);
        }
        self.at += whole;
        Ok(bytes)
    }

    /// Reads all remaining bytes.
    pub(super) fn all(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at = self.bytes.len();
        rest
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<(), Status> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(Status::Malformed) }
    }

    /// Reads the head; returns the kind.
    pub(super) fn kind(&mut self) -> Result<u64, Status> {
        let head = self.word()?;
        if head & !0xFF == MARK { Ok(head & 0xFF) } else { Err(Status::Malformed) }
    }
}
