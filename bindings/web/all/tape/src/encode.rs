//! From a tape to a message.

use drystone::Status;
use drystone::blob::Blob;
use drystone::wota::{Symbol, Writer};

use crate::Kind;

/// The texts and bits of a tape, one after the other.
struct Texts<'a>(&'a [u8]);

impl<'a> Texts<'a> {
    #[inline]
    fn next(&mut self, count: usize) -> Result<&'a [u8], Status> {
        let (bytes, rest) = self.0.split_at_checked(count).ok_or(Status::Truncated)?;
        self.0 = rest;
        Ok(bytes)
    }
}

/// A classic message of the value on the tape. `InvalidArgument` for an invalid tape; otherwise the writer's statuses. The
/// writer keeps its memory for the next message.
pub fn encode(writer: &mut Writer, tape: &[u64], texts: &[u8], stones: &[Blob]) -> Result<Blob, Status> {
    let written = write(writer, tape, texts, stones);
    if written.is_err() {
        writer.reset();
    }
    written
}

fn write(writer: &mut Writer, tape: &[u64], texts: &[u8], stones: &[Blob]) -> Result<Blob, Status> {
    let mut texts = Texts(texts);
    let mut keys: Vec<&[u8]> = Vec::new();
    let mut items = tape.iter();
    while let Some(item) = items.next() {
        let Some((kind, count)) = Kind::of(*item) else {
            writer.number(f64::from_bits(*item))?;
            continue;
        };
        match kind {
            INTEGER => writer.integer(i64::from(count as i32))?,
            TEXT => writer.text(texts.next(count as usize)?)?,
            ARRAY => writer.array(count.into())?,
            RECORD => writer.record(count.into())?,
            KEY => writer.text(keys.get(count as usize).ok_or(Status::InvalidArgument)?)?,
            NEW_KEY => {
                let key = texts.next(count as usize)?;
                writer.text(key)?;
                keys.push(key);
            }
            NULL => writer.symbol(Symbol::Null)?,
            FALSE => writer.symbol(Symbol::False)?,
            TRUE => writer.symbol(Symbol::True)?,
            WIDE => writer.integer(*items.next().ok_or(Status::InvalidArgument)? as i64)?,
            STONE => writer.blob(stones.get(count as usize).ok_or(Status::InvalidArgument)?)?,
            BITS => {
                let bits = count as usize;
                writer.bits(texts.next(bits.div_ceil(8))?, bits)?;
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
