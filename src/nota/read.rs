//! The reader: reads checked bytes from the outside in. It allocates nothing except the blobs and strings that it
//! returns. A copy of a reader keeps its position.

use super::form::{Preamble, Type};
use super::pieces;
use super::text::{Characters, Text};
use super::validate::validate;
use crate::blob::{Blob, bytes_for};
use crate::number::decimal::Decimal;
use crate::number::kim;
use crate::status::Status;
use crate::text::utf8;
use crate::value::{Fault, Kind, Limits, Symbol};

/// A position in Nota bytes. A call that fails does not move it. Statuses are those of the [Wota
/// reader](crate::wota::Reader).
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Checks the bytes completely; returns a reader at their start.
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self, Fault> {
        validate(bytes, limits)?;
        Ok(Reader { bytes, position: 0 })
    }

    /// The kind of the value here. A number with a power of ten is a float, even if it is whole.
    #[inline]
    pub fn kind(&self) -> Result<Kind, Status> {
        Ok(Type::read(self.rest(0)).map_err(|_| Status::End)?.kind())
    }

    /// The offset of the position from the start, in bytes.
    pub fn offset(&self) -> usize {
        self.position
    }

    /// An integer. `OutOfRange` when it does not fit in 64 bits, signed.
    #[inline]
    pub fn integer(&mut self) -> Result<i64, Status> {
        let head = self.expect(Type::Integer)?;
        let value = signed(head.negative, head.number).ok_or(Status::OutOfRange)?;
        self.position += head.length;
        Ok(value)
    }

    /// A number as the nearest double.
    #[inline]
    pub fn number(&mut self) -> Result<f64, Status> {
        let head = self.head()?;
        if head.kind == Type::Integer {
            self.position += head.length;
            let magnitude = head.number as f64;
            return Ok(if head.negative && head.number != 0 { -magnitude } else { magnitude });
        }
        Ok(self.decimal()?.to_double())
    }

    /// A number as a decimal. `OutOfRange` when the coefficient does not fit in 64 bits, signed.
    #[inline]
    pub fn decimal(&mut self) -> Result<Decimal, Status> {
        let head = self.head()?;
        let (magnitude, exponent, length) = match head.kind {
            Type::Integer => (head.number, 0, head.length),
            Type::Large | Type::Small => {
                let (magnitude, length) = kim::decode(self.rest(head.length)).map_err(broken)?;
                // All powers of ten beyond those of doubles have the same effect.
                let power = head.number.min(1 << 20) as i32;
                let exponent = if head.kind == Type::Large { power } else { -power };
                (magnitude, exponent, head.length + length)
            }
            _ => return Err(Status::WrongType),
        };
        let coefficient = signed(head.negative, magnitude).ok_or(Status::OutOfRange)?;
        self.position += length;
        Ok(Decimal { coefficient, exponent })
    }

    /// A symbol. The value that a private or system symbol carries is next.
    #[inline]
    pub fn symbol(&mut self) -> Result<Symbol, Status> {
        let head = self.expect(Type::Symbol)?;
        let symbol = Symbol::from_code(head.number).ok_or(Status::Malformed)?;
        self.position += head.length;
        Ok(symbol)
    }

    /// The number of bytes of UTF-8 of the text here. Does not move.
    pub fn text_length(&self) -> Result<usize, Status> {
        Ok(self.characters()?.1.utf8_length())
    }

    /// Writes the text to the start of `buffer`; returns the number of bytes. `OutOfRange` when the buffer is too
    /// small.
    #[inline]
    pub fn text(&mut self, buffer: &mut [u8]) -> Result<usize, Status> {
        let (head, characters) = self.characters()?;
        let length = Text(characters).copy_to(buffer)?;
        self.position += head.length + characters.bytes().len();
        Ok(length)
    }

    /// The text as a string. `OutOfRange` for a lone surrogate, which a `String` cannot hold; `NoMemory`.
    #[inline]
    pub fn string(&mut self) -> Result<String, Status> {
        let (head, characters) = self.characters()?;
        let string = Text(characters).string()?;
        self.position += head.length + characters.bytes().len();
        Ok(string)
    }

    /// An array's number of elements; the first one is next.
    #[inline]
    pub fn array(&mut self) -> Result<u64, Status> {
        let head = self.expect(Type::Array)?;
        self.position += head.length;
        Ok(head.number)
    }

    /// A record's number of pairs; the first key is next.
    #[inline]
    pub fn record(&mut self) -> Result<u64, Status> {
        let head = self.expect(Type::Record)?;
        self.position += head.length;
        Ok(head.number)
    }

    /// A blob, as a new stone. `NoMemory`.
    pub fn blob(&mut self) -> Result<Blob, Status> {
        let mut ahead = *self;
        let (bytes, bits) = ahead.bits()?;
        let mut blob = Blob::zeroed(bits)?;
        blob.bytes_mut()?.copy_from_slice(bytes);
        blob.make_stone();
        *self = ahead;
        Ok(blob)
    }

    /// A blob: its bytes in place, and its length in bits.
    pub fn bits(&mut self) -> Result<(&'a [u8], usize), Status> {
        let head = self.expect(Type::Blob)?;
        let bits = usize::try_from(head.number).map_err(|_| Status::Malformed)?;
        let bytes = self.rest(head.length).get(..bytes_for(bits)).ok_or(Status::Malformed)?;
        self.position += head.length + bytes.len();
        Ok((bytes, bits))
    }

    /// Moves past the value here and its inner values.
    pub fn skip(&mut self) -> Result<(), Status> {
        let mut place = *self;
        let mut left = 1_u64;
        while left != 0 {
            let head = place.head()?;
            let (own, values) = pieces::size(place.rest(head.length), head).map_err(broken)?;
            left = (left - 1).checked_add(values).ok_or(Status::Malformed)?;
            place.position += head.length + own;
        }
        *self = place;
        Ok(())
    }

    /// Moves from a record to the value of `key` (UTF-8). `NotFound`; `Malformed` when the key is not UTF-8.
    pub fn find(&mut self, key: &[u8]) -> Result<(), Status> {
        let mut place = *self;
        let pairs = place.record()?;
        let key = utf8::Utf8Text::check(key)?;
        for _ in 0..pairs {
            let (head, characters) = place.characters()?;
            place.position += head.length + characters.bytes().len();
            if head.number == key.characters as u64 && characters.matches(&key) {
                *self = place;
                return Ok(());
            }
            place.skip()?;
        }
        Err(Status::NotFound)
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn rest(&self, ahead: usize) -> &'a [u8] {
        self.bytes.get(self.position + ahead..).unwrap_or_default()
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn head(&self) -> Result<Preamble, Status> {
        match self.rest(0) {
            [] => Err(Status::End),
            rest => Preamble::read(rest).map_err(broken),
        }
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn expect(&self, kind: Type) -> Result<Preamble, Status> {
        match self.rest(0) {
            [] => Err(Status::End),
            rest if Type::read(rest) == Ok(kind) => Preamble::of(kind, rest).map_err(broken),
            _ => Err(Status::WrongType),
        }
    }

    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    fn characters(&self) -> Result<(Preamble, Characters<'a>), Status> {
        let head = self.expect(Type::Text)?;
        let characters = Characters::check(self.rest(head.length), head.number).map_err(broken)?;
        Ok((head, characters))
    }
}

/// Checked bytes do not end too early. If they do, they were changed.
#[cold]
fn broken(status: Status) -> Status {
    if status == Status::Truncated { Status::Malformed } else { status }
}

#[inline]
fn signed(negative: bool, magnitude: u64) -> Option<i64> {
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}
