//! Reading and checking in one pass. All rules of the format are checked here.

use super::form::{Preamble, Type};
use super::text::{Characters, Text};
use crate::blob::bytes_for;
use crate::number::decimal::Decimal;
use crate::number::kim;
use crate::status::Status;
use crate::value::nesting::{Checking, Rule, carried_by};
use crate::value::{Fault, Limits, Symbol};

/// A value without its inner values.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// A whole number.
    Integer(i64),
    /// A number with a power of ten, as the parts of a [`Decimal`]: as one field it would not fill whole words, and
    /// the compiler would move every piece in parts other than those it was stored in.
    Decimal {
        /// The digits, with the sign.
        coefficient: i64,
        /// The power of ten.
        exponent: i32,
    },
    /// A text or a key.
    Text(Text<'a>),
    /// The head of an array of this many elements.
    Array(u64),
    /// The head of a record of this many pairs of a text and a value.
    Record(u64),
    /// A symbol. The value that a private or system symbol carries follows.
    Symbol(Symbol),
    /// A blob: its bytes in place, and its length in bits.
    Bits(&'a [u8], usize),
}

/// The pieces of untrusted bytes, from the outside in, each checked when it is read. This does in one pass what a
/// [`Reader`](super::Reader) does in two (check everything, then read), so only after the last piece is the whole
/// value known to be valid.
pub struct Pieces<'a> {
    bytes: &'a [u8],
    /// The bytes that were not read yet.
    rest: &'a [u8],
    /// How many more words the resulting message may have.
    words_left: u64,
    nesting: Checking,
    fault: Option<Fault>,
}

impl<'a> Pieces<'a> {
    /// At the start of the bytes; nothing is checked yet.
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        Pieces {
            bytes,
            rest: bytes,
            words_left: limits.max_words,
            nesting: Checking::new(limits.depth()),
            fault: None,
        }
    }

    /// The next piece; `None` when the value is complete and the bytes end there. After a fault, every call returns
    /// the same fault. Faults are those of [`validate`](super::validate), at the same offsets; [`Pieces::fault`]
    /// returns them. (Returning a whole fault here would make the result so large that the compiler moves it in
    /// parts.)
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    #[expect(clippy::should_implement_trait, reason = "with `?` on the outside it is easier to use")]
    pub fn next(&mut self) -> Result<Option<Piece<'a>>, Status> {
        if self.nesting.is_complete() {
            return self.end();
        }
        match self.piece() {
            Ok(piece) => Ok(Some(piece)),
            Err(status) => Err(self.stop(status)),
        }
    }

    /// The status and the offset of the failure, if a call failed.
    pub fn fault(&self) -> Option<Fault> {
        self.fault
    }

    /// The offset after the last piece, in bytes from the start.
    pub fn offset(&self) -> usize {
        self.bytes.len() - self.rest.len()
    }

    /// The depth of the deepest container so far.
    pub(super) fn deepest(&self) -> u16 {
        self.nesting.deepest() as u16
    }

    #[cold]
    fn end(&mut self) -> Result<Option<Piece<'a>>, Status> {
        match self.fault {
            Some(fault) => Err(fault.status),
            None if self.rest.is_empty() => Ok(None),
            None => Err(self.stop(Status::Malformed)),
        }
    }

    /// Ends the reading with a fault: the one that was recorded, else this status at this offset.
    #[cold]
    fn stop(&mut self, status: Status) -> Status {
        self.nesting.stop();
        let here = Fault { status, offset: self.offset() };
        self.fault.get_or_insert(here).status
    }

    /// Checks the value here without its inner values. The offset of a failure is that of the value, unless `fault`
    /// has another one.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn piece(&mut self) -> Result<Piece<'a>, Status> {
        match Type::read(self.rest)? {
            Type::Text => {
                let (head, rest) = self.head(Type::Text)?;
                let characters = Characters::check(rest, head.number)?;
                let after = &rest[characters.bytes().len()..];
                if self.nesting.wants_key() {
                    let bytes = self.bytes;
                    let image = |offset: usize, end: usize| &bytes[offset..end];
                    let length = self.rest.len() - after.len();
                    let offset = self.offset();
                    self.nesting.key(offset, offset + length, mark(self.rest, length), image)?;
                }
                self.nesting.filled();
                self.leave(after, 1 + head.number.div_ceil(2))?;
                Ok(Piece::Text(Text(characters)))
            }
            Type::Integer => {
                let (head, rest) = self.head(Type::Integer)?;
                let magnitude = i64::try_from(head.number).map_err(|_| Status::Malformed)?;
                self.nesting.filled();
                self.leave(rest, 1 + (magnitude >> 55 != 0) as u64)?;
                Ok(Piece::Integer(if head.negative { -magnitude } else { magnitude }))
            }
            Type::Large => {
                let (head, rest) = self.head(Type::Large)?;
                self.decimal(head, rest)
            }
            Type::Small => {
                let (head, rest) = self.head(Type::Small)?;
                self.decimal(head, rest)
            }
            Type::Array => {
                let (head, rest) = self.head(Type::Array)?;
                self.open(rest, head.number, Rule::Values)?;
                self.leave(rest, 1)?;
                Ok(Piece::Array(head.number))
            }
            Type::Record => {
                let (head, rest) = self.head(Type::Record)?;
                self.open(rest, head.number.saturating_mul(2), Rule::Pairs)?;
                self.leave(rest, 1)?;
                Ok(Piece::Record(head.number))
            }
            Type::Symbol => {
                let (head, rest) = self.head(Type::Symbol)?;
                let carried = carried_by(head.number);
                if carried.is_some() && rest.is_empty() {
                    return Err(Status::Truncated);
                }
                // Codes do not continue, and only some of them are assigned.
                let symbol = Symbol::from_code(head.number).ok_or(Status::Malformed)?;
                match carried {
                    Some(rule) => self.nesting.open(1, rule)?,
                    None => self.nesting.filled(),
                }
                self.leave(rest, 1)?;
                Ok(Piece::Symbol(symbol))
            }
            Type::Blob => {
                let (head, rest) = self.head(Type::Blob)?;
                let own = bits(rest, head.number)?;
                self.nesting.filled();
                self.leave(&rest[own.len()..], 1 + head.number.div_ceil(64))?;
                Ok(Piece::Bits(own, head.number as usize))
            }
        }
    }

    /// The head of a value, if its kind is allowed here, and the bytes after it.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn head(&self, kind: Type) -> Result<(Preamble, &'a [u8]), Status> {
        let head = Preamble::of(kind, self.rest)?;
        self.nesting.admit(kind.kind())?;
        Ok((head, &self.rest[head.length..]))
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn decimal(&mut self, head: Preamble, rest: &'a [u8]) -> Result<Piece<'a>, Status> {
        let (decimal, own) = decimal(head, rest)?;
        self.nesting.filled();
        self.leave(&rest[own..], 2)?;
        let Decimal { coefficient, exponent } = decimal;
        Ok(Piece::Decimal { coefficient, exponent })
    }

    /// Opens a container of `values` values. Each of them has at least one byte.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn open(&mut self, rest: &[u8], values: u64, rule: Rule) -> Result<(), Status> {
        if values > rest.len() as u64 {
            return Err(Status::Truncated);
        }
        self.nesting.open(values, rule)
    }

    /// Moves past a value of `words` words, and leaves the levels that are full.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn leave(&mut self, after: &'a [u8], words: u64) -> Result<(), Status> {
        self.words_left = self.words_left.checked_sub(words).ok_or(Status::LimitExceeded)?;
        let bytes = self.bytes;
        if let Err(offset) = self.nesting.close(|offset, end| &bytes[offset..end]) {
            self.fault = Some(Fault { status: Status::Malformed, offset });
            return Err(Status::Malformed);
        }
        self.rest = after;
        Ok(())
    }
}

/// A number with a power of ten, and the size of its coefficient in bytes.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn decimal(head: Preamble, rest: &[u8]) -> Result<(Decimal, usize), Status> {
    let (magnitude, own) = kim::decode(rest)?;
    let magnitude = i64::try_from(magnitude).map_err(|_| Status::Malformed)?;
    // All powers of ten beyond those of doubles have the same effect.
    let power = head.number.min(1 << 20) as i32;
    let coefficient = if head.negative { -magnitude } else { magnitude };
    if head.kind == Type::Small {
        return Ok((Decimal { coefficient, exponent: -power }, own));
    }
    let decimal = Decimal { coefficient, exponent: power };
    if decimal.to_double().is_finite() { Ok((decimal, own)) } else { Err(Status::Malformed) }
}

/// The bytes of a blob, checked.
#[inline(never)]
fn bits(rest: &[u8], bits: u64) -> Result<&[u8], Status> {
    let own = &rest[..bytes_of(rest, bits)?];
    let used = bits % 8;
    match own.last() {
        Some(last) if used != 0 && last << used != 0 => Err(Status::Malformed),
        _ => Ok(own),
    }
}

/// The size of a blob in bytes. `Truncated` when there are fewer bytes.
fn bytes_of(rest: &[u8], bits: u64) -> Result<usize, Status> {
    let own = bytes_for(usize::try_from(bits).map_err(|_| Status::Truncated)?);
    if own > rest.len() { Err(Status::Truncated) } else { Ok(own) }
}

/// A hash of a key: its length, and its first and last bytes. The key is at the start of `here`.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
fn mark(here: &[u8], length: usize) -> u32 {
    let key = &here[..length];
    let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => {
            // The shift drops the bytes after the key. At the end of the input there may not be any.
            let eight = here.first_chunk().copied().unwrap_or_else(|| padded(key));
            (u64::from_le_bytes(eight) << (64 - 8 * length), 0)
        }
    };
    let mixed = first ^ last.rotate_left(29) ^ length as u64;
    (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

/// Up to eight bytes, padded with zeros.
#[cold]
fn padded(bytes: &[u8]) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    eight
}

/// The number of a value's own bytes after its head, and the number of its inner values. `Truncated`; `Malformed`.
#[cfg_attr(not(target_arch = "wasm32"), inline(always))]
pub(super) fn size(rest: &[u8], head: Preamble) -> Result<(usize, u64), Status> {
    match head.kind {
        Type::Integer => Ok((0, 0)),
        Type::Array => Ok((0, head.number)),
        Type::Record => Ok((0, head.number.saturating_mul(2))),
        Type::Symbol => Ok((0, carried_by(head.number).is_some().into())),
        Type::Large | Type::Small => Ok((kim::decode(rest)?.1, 0)),
        Type::Text => Ok((Characters::check(rest, head.number)?.bytes().len(), 0)),
        Type::Blob => Ok((bytes_of(rest, head.number)?, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_order_until_a_fault_that_stays() {
        // {"a": [7, 9.86], "é": null}, and one more byte.
        let bytes = [0x32, 0x11, 0x61, 0x22, 0x67, 0x52, 0x87, 0x5A, 0x11, 0x81, 0x69, 0x70, 0x60];
        let mut pieces = Pieces::new(&bytes, &Limits::DEFAULT);
        let mut next = || pieces.next();
        assert!(matches!(next(), Ok(Some(Piece::Record(2)))));
        assert!(matches!(next(), Ok(Some(Piece::Text(key))) if key.as_str() == Some("a")));
        assert!(matches!(next(), Ok(Some(Piece::Array(2)))));
        assert!(matches!(next(), Ok(Some(Piece::Integer(7)))));
        assert!(matches!(next(), Ok(Some(Piece::Decimal { coefficient: 986, exponent: -2 }))));
        let Ok(Some(Piece::Text(key))) = next() else { panic!("a key") };
        assert_eq!((key.as_str(), key.length(), key.string()), (None, 2, Ok("é".to_owned())));
        assert_eq!(key.copy_to(&mut [0; 1]), Err(Status::OutOfRange));
        assert!(matches!(next(), Ok(Some(Piece::Symbol(Symbol::Null)))));
        for _ in 0..2 {
            assert_eq!(next().err(), Some(Status::Malformed));
        }
        assert_eq!(pieces.fault(), Some(Fault { status: Status::Malformed, offset: 12 }));
        let mut whole = Pieces::new(&bytes[..12], &Limits::DEFAULT);
        for _ in 0..7 {
            assert!(matches!(whole.next(), Ok(Some(_))));
        }
        for _ in 0..2 {
            assert!(matches!(whole.next(), Ok(None)));
        }
        assert_eq!(whole.offset(), 12);
    }
}
