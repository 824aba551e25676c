//! The operations of a stream, as Python documents them in `pickletools`.

use crate::status::Status;

pub(super) const PROTOCOL: u8 = 0x80;
/// Protocol 4 has all operations that are written here; every Python since 3.4 reads it.
pub(super) const WRITTEN_PROTOCOL: u8 = 4;
pub(super) const FRAME: u8 = 0x95;
pub(super) const STOP: u8 = b'.';
pub(super) const MARK: u8 = b'(';
pub(super) const NONE: u8 = b'N';
pub(super) const TRUE: u8 = 0x88;
pub(super) const FALSE: u8 = 0x89;
pub(super) const INTEGER_1: u8 = b'K';
pub(super) const INTEGER_2: u8 = b'M';
pub(super) const INTEGER_4: u8 = b'J';
pub(super) const LONG_1: u8 = 0x8A;
pub(super) const FLOAT: u8 = b'G';
pub(super) const TEXT_1: u8 = 0x8C;
pub(super) const TEXT_4: u8 = b'X';
pub(super) const TEXT_8: u8 = 0x8D;
pub(super) const BYTES_1: u8 = b'C';
pub(super) const BYTES_4: u8 = b'B';
pub(super) const BYTES_8: u8 = 0x8E;
pub(super) const BYTEARRAY_8: u8 = 0x96;
pub(super) const EMPTY_LIST: u8 = b']';
pub(super) const APPEND: u8 = b'a';
pub(super) const APPENDS: u8 = b'e';
pub(super) const EMPTY_DICT: u8 = b'}';
pub(super) const SET_ITEM: u8 = b's';
pub(super) const SET_ITEMS: u8 = b'u';
pub(super) const EMPTY_TUPLE: u8 = b')';
pub(super) const TUPLE: u8 = b't';
pub(super) const TUPLE_1: u8 = 0x85;
pub(super) const TUPLE_2: u8 = 0x86;
pub(super) const TUPLE_3: u8 = 0x87;
pub(super) const MEMOIZE: u8 = 0x94;
pub(super) const GET_1: u8 = b'h';
pub(super) const GET_4: u8 = b'j';
pub(super) const PERSISTENT: u8 = b'Q';
pub(super) const CALL: u8 = b'R';

/// The effect of an operation of a stream.
#[derive(Clone, Copy)]
pub(super) enum Operation<'a> {
    /// No effect on the values.
    Nothing,
    /// Pushes a value without inner values.
    Leaf(Leaf<'a>),
    /// Pushes an empty list or tuple, or with `true` an empty dict.
    Empty(bool),
    /// Marks the position for an operation that takes all values above it.
    Mark,
    /// Appends one value, or with `true` all down to the mark, to the list below.
    Append(bool),
    /// The same with keys and values, into the dict below.
    Set(bool),
    /// Makes a tuple of this many values, or of all down to the mark.
    Tuple(Option<usize>),
    /// The value is complete.
    Stop,
}

#[derive(Clone, Copy)]
pub(super) enum Leaf<'a> {
    None,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
}

/// A position in a stream.
#[derive(Clone, Copy)]
pub(super) struct Operations<'a> {
    bytes: &'a [u8],
    pub(super) position: usize,
}

impl<'a> Operations<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Operations { bytes, position: 0 }
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.position == self.bytes.len()
    }

    /// Returns the next operation and moves past it. `Truncated`; `OutOfRange` for an integer of more than 64 bits;
    /// `Unsupported` for everything that messages cannot have: code, sets, repeated objects.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Operation<'a>, Status> {
        let start = self.position;
        let operation = self.read();
        if operation.is_err() {
            self.position = start;
        }
        operation
    }

    #[inline]
    fn read(&mut self) -> Result<Operation<'a>, Status> {
        let leaf = match self.take(1)?[0] {
            PROTOCOL => {
                self.take(1)?;
                return Ok(Operation::Nothing);
            }
            FRAME => {
                self.take(8)?;
                return Ok(Operation::Nothing);
            }
            MEMOIZE => return Ok(Operation::Nothing),
            MARK => return Ok(Operation::Mark),
            EMPTY_LIST | EMPTY_TUPLE => return Ok(Operation::Empty(false)),
            EMPTY_DICT => return Ok(Operation::Empty(true)),
            APPEND => return Ok(Operation::Append(false)),
            APPENDS => return Ok(Operation::Append(true)),
            SET_ITEM => return Ok(Operation::Set(false)),
            SET_ITEMS => return Ok(Operation::Set(true)),
            TUPLE => return Ok(Operation::Tuple(None)),
            TUPLE_1 => return Ok(Operation::Tuple(Some(1))),
            TUPLE_2 => return Ok(Operation::Tuple(Some(2))),
            TUPLE_3 => return Ok(Operation::Tuple(Some(3))),
            STOP => return Ok(Operation::Stop),
            NONE => Leaf::None,
            TRUE => Leaf::Bool(true),
            FALSE => Leaf::Bool(false),
            INTEGER_1 => Leaf::Integer(self.number::<1>()? as i64),
            INTEGER_2 => Leaf::Integer(self.number::<2>()? as i64),
            INTEGER_4 => Leaf::Integer(self.number::<4>()? as u32 as i32 as i64),
            LONG_1 => Leaf::Integer(self.long()?),
            FLOAT => Leaf::Float(f64::from_bits(self.number::<8>()?.swap_bytes())),
            TEXT_1 => Leaf::Text(self.sized::<1>()?),
            TEXT_4 => Leaf::Text(self.sized::<4>()?),
            TEXT_8 => Leaf::Text(self.sized::<8>()?),
            BYTES_1 => Leaf::Bytes(self.sized::<1>()?),
            BYTES_4 => Leaf::Bytes(self.sized::<4>()?),
            BYTES_8 | BYTEARRAY_8 => Leaf::Bytes(self.sized::<8>()?),
            _ => return Err(Status::Unsupported),
        };
        Ok(Operation::Leaf(leaf))
    }

    #[inline]
    fn take(&mut self, count: usize) -> Result<&'a [u8], Status> {
        let rest = self.bytes.get(self.position..).unwrap_or(&[]);
        let taken = rest.get(..count).ok_or(Status::Truncated)?;
        self.position += count;
        Ok(taken)
    }

    /// A number of this many bytes, little-endian.
    #[inline]
    fn number<const BYTES: usize>(&mut self) -> Result<u64, Status> {
        let mut word = [0; 8];
        word[..BYTES].copy_from_slice(self.take(BYTES)?);
        Ok(u64::from_le_bytes(word))
    }

    #[inline]
    fn sized<const BYTES: usize>(&mut self) -> Result<&'a [u8], Status> {
        let length = usize::try_from(self.number::<BYTES>()?).map_err(|_| Status::Truncated)?;
        self.take(length)
    }

    /// An integer in two's complement.
    fn long(&mut self) -> Result<i64, Status> {
        let digits = self.sized::<1>()?;
        let negative = digits.last().is_some_and(|last| *last >= 0x80);
        let mut word = if negative { [0xFF; 8] } else { [0; 8] };
        word.get_mut(..digits.len()).ok_or(Status::OutOfRange)?.copy_from_slice(digits);
        Ok(i64::from_le_bytes(word))
    }
}
