//! From a tape to a message.

use drystone::Status;
use drystone::blob::Blob;
use drystone::wota::{Symbol, Writer};

use crate::Kind;

/// The texts of a tape: UTF-8, of which JavaScript knows the lengths in UTF-16 units only.
pub struct Texts<'a> {
    rest: &'a [u8],
    /// Whether a replacement character is what was there: else it may stand for half a surrogate pair.
    exact: bool,
    /// The second half of a surrogate pair whose first half ended the text before.
    pending: Option<u32>,
}

impl<'a> Texts<'a> {
    pub fn new(bytes: &'a [u8], exact: bool) -> Self {
        Texts { rest: bytes, exact, pending: None }
    }

    fn bytes(&mut self, count: usize) -> Result<&'a [u8], Status> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(Status::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    /// The next text, of that many units, written to `room` when it cannot stay where it is.
    #[inline]
    fn next<'t>(&mut self, units: usize, room: &'t mut Vec<u8>) -> Result<&'t [u8], Status>
    where
        'a: 't,
    {
        if self.pending.is_none()
            && let Some((text, rest)) = self.rest.split_at_checked(units)
            && text.is_ascii()
        {
            self.rest = rest;
            return Ok(text);
        }
        self.next_other(units, room)
    }

    #[inline(never)]
    fn next_other<'t>(&mut self, units: usize, room: &'t mut Vec<u8>) -> Result<&'t [u8], Status>
    where
        'a: 't,
    {
        room.clear();
        let mut left = units;
        if left != 0
            && let Some(low) = self.pending.take()
        {
            push_surrogate(room, low);
            left -= 1;
        }
        while left != 0 {
            let first = *self.rest.first().ok_or(Status::Truncated)?;
            let length = match first {
                ..0x80 => 1,
                ..0xE0 => 2,
                ..0xF0 => 3,
                _ => 4,
            };
            if length < 4 || left >= 2 {
                let bytes = self.bytes(length)?;
                if !self.exact && bytes == "\u{FFFD}".as_bytes() {
                    return Err(Status::ForeignReference);
                }
                room.extend_from_slice(bytes);
                left -= if length < 4 { 1 } else { 2 };
                continue;
            }
            let code = self.bytes(4)?.iter().fold(0, |code, byte| code << 6 | u32::from(byte & 0x3F));
            let code = (code & 0x1F_FFFF).wrapping_sub(0x1_0000);
            push_surrogate(room, 0xD800 | (code >> 10 & 0x3FF));
            self.pending = Some(0xDC00 | (code & 0x3FF));
            left = 0;
        }
        Ok(room)
    }
}

/// Half of a pair, as three bytes.
fn push_surrogate(room: &mut Vec<u8>, half: u32) {
    room.extend([0xED, 0x80 | (half >> 6 & 0x3F) as u8, 0x80 | (half & 0x3F) as u8]);
}

/// A classic message of the value on the tape. `InvalidArgument` for a tape that is none; `ForeignReference` for texts with a
/// replacement character that may stand for something else; what writers say.
/// The writer keeps its memory for the next one.
pub fn encode(writer: &mut Writer, tape: &[u64], texts: Texts<'_>, stones: &[Blob]) -> Result<Blob, Status> {
    let written = write(writer, tape, texts, stones);
    if written.is_err() {
        writer.reset();
    }
    written
}

fn write(writer: &mut Writer, tape: &[u64], mut texts: Texts<'_>, stones: &[Blob]) -> Result<Blob, Status> {
    let mut room = Vec::new();
    // The UTF-8 of each key, one after the other, and where it ends.
    let (mut keys, mut ends) = (Vec::new(), vec![0_usize]);
    let mut items = tape.iter();
    while let Some(item) = items.next() {
        let Some((kind, count)) = Kind::of(*item) else {
            writer.number(f64::from_bits(*item))?;
            continue;
        };
        match kind {
            INTEGER => writer.integer(i64::from(count as i32))?,
            TEXT => writer.text(texts.next(count as usize, &mut room)?)?,
            ARRAY => writer.array(count.into())?,
            RECORD => writer.record(count.into())?,
            KEY => {
                let of = ends.get(count as usize..).and_then(<[usize]>::first_chunk::<2>);
                let [from, to] = *of.ok_or(Status::InvalidArgument)?;
                writer.text(&keys[from..to])?;
            }
            NEW_KEY => {
                let key = texts.next(count as usize, &mut room)?;
                writer.text(key)?;
                keys.extend_from_slice(key);
                ends.push(keys.len());
            }
            NULL => writer.symbol(Symbol::Null)?,
            FALSE => writer.symbol(Symbol::False)?,
            TRUE => writer.symbol(Symbol::True)?,
            WIDE => writer.integer(*items.next().ok_or(Status::InvalidArgument)? as i64)?,
            STONE => writer.blob(stones.get(count as usize).ok_or(Status::InvalidArgument)?)?,
            BITS => {
                let bits = count as usize;
                writer.bits(texts.bytes(bits.div_ceil(8))?, bits)?;
            }
            NOT_NUMBER => writer.number(f64::NAN)?,
            _ => return Err(Status::InvalidArgument),
        }
    }
    writer.finish()
}

const INTEGER: u16 = Kind::Integer as u16;
const TEXT: u16 = Kind::Text as u16;
const ARRAY: u16 = Kind::Array as u16;
const RECORD: u16 = Kind::Record as u16;
const KEY: u16 = Kind::Key as u16;
const NEW_KEY: u16 = Kind::NewKey as u16;
const NULL: u16 = Kind::Null as u16;
const FALSE: u16 = Kind::False as u16;
const TRUE: u16 = Kind::True as u16;
const WIDE: u16 = Kind::Wide as u16;
const STONE: u16 = Kind::Stone as u16;
const BITS: u16 = Kind::Bits as u16;
const NOT_NUMBER: u16 = Kind::NotNumber as u16;
