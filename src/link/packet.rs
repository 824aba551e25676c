//! What packets say: 64-bit words, little-endian.
//!
//! ```text
//! head            MARK, version, kind
//! HELLO           the most stones of the peer's that the sender will have at a time, and the most bytes of them
//! STONES          how many, then for each: its number, its first byte in the file, its length in bits; a descriptor for each
//! LETTER          as STONES, then: the body's length in bytes << 1 | whether it is in a file of its own, whose descriptor is
//!                 the last one; else the body
//! RELEASE         a stone of the peer's that is not used any more, and how often it was mentioned in letters
//! FORGET          a stone of the sender's whose release is agreed to: its number is never used again
//! REFUSED         the length of a name in bytes, the name: nobody takes letters by it any more
//!
//! body            the length of the name << 8 | form, how many stones are mentioned, the length of the inline bits,
//!                 for each mention: number << 1 | whether the number is the receiver's own, its first byte, its length in bits;
//!                 the name and the inline bits, each filled up with zeros to whole words
//! ```
//!
//! A stone has a number of the process that sent it first, in order from 1 on.

use crate::allocation::Grow;
use crate::status::Status;

const MARK: u64 = 0x6472_7973_6c6e << 16 | 1 << 8;

pub(super) const HELLO: u64 = 1;
pub(super) const STONES: u64 = 2;
pub(super) const LETTER: u64 = 3;
pub(super) const RELEASE: u64 = 4;
pub(super) const FORGET: u64 = 5;
pub(super) const REFUSED: u64 = 6;

/// A letter that is a message in parts: the inline bits are part 0, the mentioned stones the others.
pub(super) const IN_PARTS: u64 = 0;
/// A letter that is a stone: inline, or the one that is mentioned.
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

/// The bytes and zeros up to the next word.
pub(super) fn put_bytes(target: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Status> {
    target.try_append(bytes)?;
    let zeros = bytes.len().next_multiple_of(8) - bytes.len();
    target.try_append([0; 8].get(..zeros).unwrap_or(&[]))
}

/// What is still to be read of a packet or a body. Everything that is wrong with it is `Malformed`.
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

    /// That many bytes, and the zeros after them.
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

    /// All that is left.
    pub(super) fn all(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        self.at = self.bytes.len();
        rest
    }

    /// Nothing may be left.
    pub(super) fn end(&self) -> Result<(), Status> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(Status::Malformed) }
    }

    /// The kind that the head says.
    pub(super) fn kind(&mut self) -> Result<u64, Status> {
        let head = self.word()?;
        if head & !0xFF == MARK { Ok(head & 0xFF) } else { Err(Status::Malformed) }
    }
}
