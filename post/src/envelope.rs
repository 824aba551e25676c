//! A letter as bytes: its description, then the bytes of each part. The bytes are cut into chunks of any size, and
//! joined again under limits.
//!
//! ```text
//! kind      1 byte   0: a stone that is no message, which is the one part; 1: a message
//! count     4 bytes  how many parts, little-endian like all numbers
//! bits      8 bytes  of each part
//! bytes              of each part, bits beyond the last one zero
//! ```

use crate::core::Blob;
use crate::{Limits, Status};

/// Stones of fewer bits are copied into the part with the words.
const INLINE_BELOW_BITS: usize = 16 * 1024 * 8;
const STONE: u8 = 0;
const MESSAGE: u8 = 1;
const FRONT: usize = 5;

/// A letter to be sent.
pub(crate) struct Envelope {
    table: Vec<u8>,
    parts: Vec<Blob>,
    total: u64,
}

/// Some bytes of a letter.
pub enum LetterChunk {
    /// Bytes of one stone, not copied.
    Slice {
        /// The stone.
        stone: Blob,
        /// Its first byte.
        from: usize,
        /// The byte after its last one.
        to: usize,
    },
    /// Bytes of several parts, copied.
    Copied(Vec<u8>),
}

impl AsRef<[u8]> for LetterChunk {
    fn as_ref(&self) -> &[u8] {
        match self {
            LetterChunk::Slice { stone, from, to } => stone.bytes().get(*from..*to).unwrap_or(&[]),
            LetterChunk::Copied(bytes) => bytes,
        }
    }
}

impl Envelope {
    /// The envelope of a stone. `NoMemory`, `LimitExceeded`.
    pub(crate) fn of(letter: &Blob) -> Result<Envelope, Status> {
        let (kind, parts) = match letter.is_message() {
            true => (MESSAGE, letter.to_parts(INLINE_BELOW_BITS)?),
            false => (STONE, vec![letter.clone()]),
        };
        let count = u32::try_from(parts.len()).map_err(|_| Status::LimitExceeded)?;
        let mut table = Vec::new();
        table.try_reserve_exact(FRONT + 8 * parts.len())?;
        table.push(kind);
        table.extend_from_slice(&count.to_le_bytes());
        let mut total = (FRONT + 8 * parts.len()) as u64;
        for part in &parts {
            table.extend_from_slice(&(part.length_bits() as u64).to_le_bytes());
            total += part.length_bytes() as u64;
        }
        Ok(Envelope { table, parts, total })
    }

    /// The length in bytes.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// A chunk of the bytes, from a position on. `NoMemory`.
    pub(crate) fn chunk(&self, from: u64, length: usize) -> Result<LetterChunk, Status> {
        let end = self.total.min(from.saturating_add(length as u64));
        let mut copied = Vec::new();
        let mut start = self.table.len() as u64;
        if from < start {
            copied.try_reserve_exact((end - from) as usize)?;
            copied.extend_from_slice(within(&self.table, from, end));
        }
        for part in &self.parts {
            let stop = start + part.length_bytes() as u64;
            if from < stop && end > start {
                let (first, last) = (from.saturating_sub(start), (end - start).min(stop - start));
                if from >= start && end <= stop {
                    return Ok(LetterChunk::Slice {
                        stone: part.clone(),
                        from: first as usize,
                        to: last as usize,
                    });
                }
                copied.try_reserve_exact(((end - from) as usize).saturating_sub(copied.len()))?;
                copied.extend_from_slice(within(part.bytes(), first, last));
            }
            start = stop;
            if start >= end {
                break;
            }
        }
        Ok(LetterChunk::Copied(copied))
    }
}

fn within(bytes: &[u8], from: u64, to: u64) -> &[u8] {
    let to = bytes.len().min(usize::try_from(to).unwrap_or(usize::MAX));
    bytes.get(from as usize..to).unwrap_or(&[])
}

/// A letter that arrives.
pub(crate) struct Opening<'a> {
    limits: &'a Limits,
    total: u64,
    taken: u64,
    /// The description, as far as it has arrived.
    table: Vec<u8>,
    table_length: usize,
    /// The complete parts, and the part that is being filled.
    parts: Vec<Blob>,
    filled: usize,
}

impl<'a> Opening<'a> {
    /// For a letter of this length in bytes. `LimitExceeded`, `Malformed`.
    pub(crate) fn new(total: u64, limits: &'a Limits) -> Result<Opening<'a>, Status> {
        if total > limits.max_letter_bytes {
            return Err(Status::LimitExceeded);
        }
        if total < FRONT as u64 {
            return Err(Status::Malformed);
        }
        let table = Vec::new();
        Ok(Opening { limits, total, taken: 0, table, table_length: FRONT, parts: Vec::new(), filled: 0 })
    }

    /// Takes the next bytes. `Malformed`, `LimitExceeded`, `NoMemory`.
    pub(crate) fn take(&mut self, mut bytes: &[u8]) -> Result<(), Status> {
        self.taken = self.taken.saturating_add(bytes.len() as u64);
        if self.taken > self.total {
            return Err(Status::Malformed);
        }
        while self.table.len() < self.table_length {
            let (now, rest) = bytes.split_at(bytes.len().min(self.table_length - self.table.len()));
            self.table.try_reserve(now.len())?;
            self.table.extend_from_slice(now);
            bytes = rest;
            if self.table.len() < self.table_length {
                return Ok(());
            }
            if self.table_length == FRONT {
                self.front()?;
            } else {
                self.sizes()?;
            }
        }
        while !bytes.is_empty() {
            self.part_with_room()?;
            let Some(part) = self.parts.last_mut() else { return Err(Status::Malformed) };
            let room = part.length_bytes() - self.filled;
            let (now, rest) = bytes.split_at(bytes.len().min(room));
            part.bytes_mut()?[self.filled..self.filled + now.len()].copy_from_slice(now);
            self.filled += now.len();
            bytes = rest;
        }
        Ok(())
    }

    /// Returns the letter. `Truncated`, `Malformed`, `LimitExceeded`, `NoMemory`.
    pub(crate) fn finish(mut self) -> Result<Blob, Status> {
        if self.taken < self.total {
            return Err(Status::Truncated);
        }
        // Empty parts at the end.
        while self.parts.len() < self.count() {
            self.next_part()?;
        }
        self.complete_last()?;
        match self.table.first() {
            Some(&STONE) => self.parts.pop().ok_or(Status::Malformed),
            _ => Blob::from_parts(&self.parts, self.limits.max_depth, self.limits.max_words),
        }
    }

    fn count(&self) -> usize {
        (self.table_length - FRONT) / 8
    }

    fn front(&mut self) -> Result<(), Status> {
        let count =
            u32::from_le_bytes(self.table[1..FRONT].try_into().map_err(|_| Status::Malformed)?) as usize;
        match self.table[0] {
            STONE if count == 1 => {}
            MESSAGE if count != 0 => {}
            _ => return Err(Status::Malformed),
        }
        if count > self.limits.max_parts {
            return Err(Status::LimitExceeded);
        }
        if (FRONT + 8 * count) as u64 > self.total {
            return Err(Status::Malformed);
        }
        self.parts.try_reserve_exact(count)?;
        self.table_length = FRONT + 8 * count;
        Ok(())
    }

    /// Checks the sizes, which have all arrived, against the length of the letter.
    fn sizes(&mut self) -> Result<(), Status> {
        let mut total = self.table_length as u64;
        for index in 0..self.count() {
            total = total.checked_add(self.bits(index).div_ceil(8)).ok_or(Status::Malformed)?;
        }
        if total == self.total { Ok(()) } else { Err(Status::Malformed) }
    }

    fn bits(&self, index: usize) -> u64 {
        let place = FRONT + 8 * index;
        let bytes = self.table.get(place..place + 8).and_then(|bytes| bytes.try_into().ok());
        bytes.map_or(0, u64::from_le_bytes)
    }

    /// Makes sure that the last part is not full.
    fn part_with_room(&mut self) -> Result<(), Status> {
        while self.parts.last().is_none_or(|part| part.length_bytes() == self.filled) {
            self.next_part()?;
        }
        Ok(())
    }

    fn next_part(&mut self) -> Result<(), Status> {
        if self.parts.len() == self.count() {
            return Err(Status::Malformed);
        }
        self.complete_last()?;
        let bits = usize::try_from(self.bits(self.parts.len())).map_err(|_| Status::LimitExceeded)?;
        self.parts.push(Blob::zeroed(bits)?);
        self.filled = 0;
        Ok(())
    }

    /// Makes the last part stone. `Malformed` when it has bits after its end.
    fn complete_last(&mut self) -> Result<(), Status> {
        let Some(mut part) = self.parts.pop() else { return Ok(()) };
        let beyond = part.length_bytes() * 8 - part.length_bits();
        if beyond != 0 {
            let last = part.bytes_mut()?.last().copied().unwrap_or(0);
            if last & ((1 << beyond) - 1) != 0 {
                return Err(Status::Malformed);
            }
        }
        part.make_stone()?;
        self.parts.push(part);
        Ok(())
    }
}
