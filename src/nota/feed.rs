//! A value that arrives in pieces: finds its end without decoding it and without reading a byte twice.

use super::form::{MAX_HEAD, Preamble, Type};
use crate::number::kim;
use crate::status::Status;
use crate::value::Limits;
use crate::value::nesting::carried_by;

/// Collects the bytes of one value from pieces, for example as a socket delivers them.
#[derive(Debug)]
pub struct Feeder {
    bytes: Vec<u8>,
    /// The number of bytes that were scanned.
    scanned: usize,
    /// What must come next.
    wants: Wants,
    /// The number of values still to come.
    values: u64,
    limits: Limits,
}

/// How many bytes of a piece are scanned in the first step.
const AT_ONCE: usize = 64;

/// The result of feeding a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fed {
    /// All of the piece was taken, and the value is not complete.
    More,
    /// This many bytes of the piece were taken, and the value is complete.
    Complete(usize),
}

#[derive(Clone, Copy, Debug)]
enum Wants {
    Preamble,
    /// This many bytes with any content.
    Bytes(u64),
    /// This many Kim numbers.
    Kim(u64),
    Nothing,
    /// A reset: feeding failed with this status.
    Reset(Status),
}

impl Feeder {
    /// An empty feeder. `limits` bound what it collects: one word of the resulting message takes at most 16 bytes
    /// here, so the limit on words bounds the bytes too. The reader checks the rest.
    pub fn new(limits: Limits) -> Self {
        Feeder { bytes: Vec::new(), scanned: 0, wants: Wants::Preamble, values: 1, limits }
    }

    /// Takes bytes until the value is complete. The bytes after it stay with the caller.
    ///
    /// `Malformed` for an invalid head or number; `LimitExceeded`; `NoMemory`. After a failure, call
    /// [`Feeder::reset`] before feeding again.
    pub fn feed(&mut self, piece: &[u8]) -> Result<Fed, Status> {
        match self.wants {
            Wants::Nothing => return Ok(Fed::Complete(0)),
            Wants::Reset(status) => return Err(status),
            _ => {}
        }
        let outcome = self.take(piece);
        if let Err(status) = outcome {
            self.wants = Wants::Reset(status);
        }
        outcome
    }

    fn take(&mut self, mut piece: &[u8]) -> Result<Fed, Status> {
        let mut taken = 0;
        // A piece may have many values: no more is copied than twice what belongs to this one.
        while !piece.is_empty() {
            let part;
            (part, piece) = piece.split_at(piece.len().min(self.bytes.len().max(AT_ONCE)));
            let before = self.bytes.len();
            self.bytes.try_reserve(part.len())?;
            self.bytes.extend_from_slice(part);
            let complete = self.scan()?;
            if self.scanned.div_ceil(16) as u64 > self.limits.max_words {
                return Err(Status::LimitExceeded);
            }
            if complete {
                self.bytes.truncate(self.scanned);
                return Ok(Fed::Complete(taken + self.scanned - before));
            }
            taken += part.len();
        }
        Ok(Fed::More)
    }

    /// The bytes of the complete value, which [`Reader`](super::Reader) still has to check. `Truncated` when it is
    /// not complete.
    pub fn bytes(&self) -> Result<&[u8], Status> {
        match self.wants {
            Wants::Nothing => Ok(&self.bytes),
            _ => Err(Status::Truncated),
        }
    }

    /// Prepares for the next value; the buffer stays.
    pub fn reset(&mut self) {
        self.bytes.clear();
        self.scanned = 0;
        self.wants = Wants::Preamble;
        self.values = 1;
    }

    /// Scans as many bytes as there are; returns true when the value is complete.
    fn scan(&mut self) -> Result<bool, Status> {
        loop {
            let rest = &self.bytes[self.scanned..];
            match self.wants {
                Wants::Nothing => return Ok(true),
                Wants::Reset(status) => return Err(status),
                Wants::Bytes(count) => {
                    let now = count.min(rest.len() as u64);
                    self.scanned += now as usize;
                    if now < count {
                        self.wants = Wants::Bytes(count - now);
                        return Ok(false);
                    }
                    self.next();
                }
                Wants::Kim(0) => self.next(),
                Wants::Kim(mut count) => {
                    // The last byte of each has no high bit; how long one may be is the reader's business,
                    // but none has more than this.
                    let mut open = 0;
                    for byte in rest {
                        open += 1;
                        if open > kim::MAX_LENGTH {
                            return Err(Status::Malformed);
                        }
                        if byte & 0x80 == 0 {
                            self.scanned += open;
                            open = 0;
                            count -= 1;
                            if count == 0 {
                                break;
                            }
                        }
                    }
                    self.wants = Wants::Kim(count);
                    if count != 0 {
                        return Ok(false);
                    }
                }
                Wants::Preamble => match Preamble::read(rest) {
                    Ok(head) => {
                        self.scanned += head.length;
                        self.expect(head)?;
                    }
                    Err(Status::Truncated) if rest.len() < MAX_HEAD => return Ok(false),
                    Err(status) => return Err(status),
                },
            }
        }
    }

    fn expect(&mut self, head: Preamble) -> Result<(), Status> {
        let values = match head.kind {
            Type::Array => head.number,
            Type::Record => head.number.checked_mul(2).ok_or(Status::LimitExceeded)?,
            Type::Symbol => carried_by(head.number).is_some().into(),
            _ => 0,
        };
        self.values = self.values.checked_add(values).ok_or(Status::LimitExceeded)?;
        self.wants = match head.kind {
            Type::Blob => Wants::Bytes(head.number.div_ceil(8)),
            Type::Text => Wants::Kim(head.number),
            Type::Large | Type::Small => Wants::Kim(1),
            _ => Wants::Bytes(0),
        };
        // Checks announced lengths at once, so that an input cannot make the caller wait for more than the limits
        // allow.
        let words = match head.kind {
            Type::Blob => head.number.div_ceil(64),
            Type::Text => head.number.div_ceil(2),
            _ => values,
        };
        if words > self.limits.max_words { Err(Status::LimitExceeded) } else { Ok(()) }
    }

    /// Counts a complete value.
    fn next(&mut self) {
        self.values -= 1;
        self.wants = if self.values == 0 { Wants::Nothing } else { Wants::Preamble };
    }
}
