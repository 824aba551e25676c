//! A plain tree of values, and the simplest code that turns it into words: the model with which the
//! library is compared.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its part")]
use drystone::wota::{AnyReader, Kind, Reader, Symbol, Writer};
use drystone::{Blob, Status};

/// Any value. A stone by reference is read as its bits.
#[derive(Clone, Debug)]
pub enum Tree {
    Integer(i64),
    Float(u64),
    Text(Vec<u8>),
    Array(Vec<Tree>),
    Record(Vec<(Vec<u8>, Tree)>),
    Bits(Vec<bool>),
    Symbol(Symbol),
    Private(Box<Tree>),
    System(Box<Tree>),
}

impl PartialEq for Tree {
    fn eq(&self, other: &Tree) -> bool {
        self.words() == other.words()
    }
}

impl Tree {
    /// The words of this tree, from the format's rules.
    pub fn words(&self) -> Vec<u64> {
        match self {
            Tree::Integer(value) => vec![(*value as u64) << 8],
            Tree::Float(bits) => vec![1, *bits],
            Tree::Text(utf8) => {
                let codes = decode(utf8);
                let mut words = vec![(codes.len() as u64) << 8 | 5];
                for pair in codes.chunks(2) {
                    words.push(u64::from(pair[0]) << 32 | u64::from(pair.get(1).copied().unwrap_or(0)));
                }
                words
            }
            Tree::Array(elements) => {
                let mut words = vec![(elements.len() as u64) << 8 | 2];
                elements.iter().for_each(|element| words.extend(element.words()));
                words
            }
            Tree::Record(pairs) => {
                let mut words = vec![(pairs.len() as u64) << 8 | 3];
                for (key, value) in pairs {
                    words.extend(Tree::Text(key.clone()).words());
                    words.extend(value.words());
                }
                words
            }
            Tree::Bits(bits) => {
                let mut words = vec![(bits.len() as u64) << 8 | 4];
                for chunk in bits.chunks(64) {
                    let word = chunk
                        .iter()
                        .enumerate()
                        .fold(0, |word, (at, bit)| word | u64::from(*bit) << (63 - at));
                    words.push(word);
                }
                words
            }
            Tree::Symbol(symbol) => vec![(*symbol as u64) << 8 | 7],
            Tree::Private(value) => [vec![0x807], value.words()].concat(),
            Tree::System(record) => [vec![0x907], record.words()].concat(),
        }
    }

    /// Writes it, with blobs as stones by reference if `by_reference` says so.
    pub fn write(&self, writer: &mut Writer, by_reference: bool) -> Result<(), Status> {
        match self {
            Tree::Integer(value) => writer.integer(*value),
            Tree::Float(bits) => writer.number(f64::from_bits(*bits)),
            Tree::Text(utf8) => writer.text(utf8),
            Tree::Array(elements) => {
                writer.array(elements.len() as u64)?;
                elements.iter().try_for_each(|element| element.write(writer, by_reference))
            }
            Tree::Record(pairs) => {
                writer.record(pairs.len() as u64)?;
                pairs.iter().try_for_each(|(key, value)| {
                    writer.text(key)?;
                    value.write(writer, by_reference)
                })
            }
            Tree::Bits(bits) => {
                let bytes = bytes_of(bits);
                if !by_reference {
                    return writer.bits(&bytes, bits.len());
                }
                let mut whole = Blob::from_bytes(&bytes)?;
                whole.make_stone();
                writer.blob(&whole.slice(0, bits.len())?)
            }
            Tree::Symbol(symbol) => writer.symbol(*symbol),
            Tree::Private(value) => {
                writer.symbol(Symbol::Private)?;
                value.write(writer, by_reference)
            }
            Tree::System(record) => {
                writer.symbol(Symbol::System)?;
                record.write(writer, by_reference)
            }
        }
    }

    /// The message of this tree.
    pub fn message(&self, by_reference: bool) -> Result<Blob, Status> {
        let mut writer = Writer::new();
        self.write(&mut writer, by_reference)?;
        writer.finish()
    }

    /// Reads the value at the reader's position.
    pub fn read(reader: &mut Reader<'_>) -> Result<Tree, Status> {
        Ok(match reader.kind()? {
            Kind::Integer => Tree::Integer(reader.integer()?),
            Kind::Float => Tree::Float(reader.number()?.to_bits()),
            Kind::Text => Tree::Text(read_text(reader)?),
            Kind::Array => {
                let count = reader.array()?;
                Tree::Array((0..count).map(|_| Tree::read(reader)).collect::<Result<_, _>>()?)
            }
            Kind::Record => {
                let pairs = reader.record()?;
                let pairs = (0..pairs).map(|_| Ok((read_text(reader)?, Tree::read(reader)?)));
                Tree::Record(pairs.collect::<Result<_, Status>>()?)
            }
            Kind::Blob | Kind::Stone => {
                let mut copy = vec![0xFF; reader.bits_length()?.div_ceil(8)];
                let mut ahead = *reader;
                let count = ahead.bits(&mut copy)?;
                let blob = reader.blob()?;
                assert!(blob.is_stone());
                assert_eq!(blob.length_bits(), count);
                let bits = bits_of(blob.bytes(), count);
                assert_eq!(bytes_of(&bits), copy);
                Tree::Bits(bits)
            }
            Kind::Value => match reader.enter()? {
                AnyReader::Classic(mut inner) => Tree::read(&mut inner)?,
                AnyReader::Dec64(_) => return Err(Status::Unsupported),
            },
            Kind::Symbol => match reader.symbol()? {
                Symbol::Private => Tree::Private(Box::new(Tree::read(reader)?)),
                Symbol::System => Tree::System(Box::new(Tree::read(reader)?)),
                symbol => Tree::Symbol(symbol),
            },
        })
    }
}

fn read_text(reader: &mut Reader<'_>) -> Result<Vec<u8>, Status> {
    let mut buffer = vec![0; reader.text_length()?];
    if let Some(short) = buffer.len().checked_sub(1) {
        assert_eq!(reader.text(&mut buffer[..short]), Err(Status::OutOfRange));
    }
    assert_eq!(reader.text(&mut buffer)?, buffer.len());
    Ok(buffer)
}

/// The code points of valid (generalised) UTF-8.
pub fn decode(utf8: &[u8]) -> Vec<u32> {
    let mut codes: Vec<u32> = Vec::new();
    for byte in utf8 {
        match byte {
            0x80..=0xBF => {
                if let Some(last) = codes.last_mut() {
                    *last = *last << 6 | u32::from(byte & 0x3F);
                }
            }
            0xC0..=0xDF => codes.push(u32::from(byte & 0x1F)),
            0xE0..=0xEF => codes.push(u32::from(byte & 0x0F)),
            0xF0..=0xFF => codes.push(u32::from(byte & 0x07)),
            _ => codes.push(u32::from(*byte)),
        }
    }
    codes
}

pub fn bits_of(bytes: &[u8], count: usize) -> Vec<bool> {
    (0..count).map(|at| bytes[at / 8] >> (7 - at % 8) & 1 == 1).collect()
}

pub fn bytes_of(bits: &[bool]) -> Vec<u8> {
    let byte = |chunk: &[bool]| {
        chunk.iter().enumerate().fold(0, |byte, (at, bit)| byte | u8::from(*bit) << (7 - at))
    };
    bits.chunks(8).map(byte).collect()
}

/// Words as bytes for use outside the process.
pub fn little_endian(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The words of a message in this process.
pub fn native_words(message: &Blob) -> Vec<u64> {
    message.bytes().as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)).collect()
}
