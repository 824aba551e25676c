//! Writes trees into messages and reads messages through, with the Rust calls and with the C calls.

use drystone::capi::wota_types::{
    WOTA_ARRAY, WOTA_FALSE, WOTA_FLOAT, WOTA_INTEGER, WOTA_NULL, WOTA_RECORD, WOTA_SYMBOL, WOTA_TEXT,
    WOTA_TRUE,
};
use drystone::nota::{self, Piece};
use drystone::number::decimal::Decimal;
use drystone::wota::{Kind, Reader, Symbol, Writer};
use drystone::{Blob, Status};
use rmpv::Value;

use crate::c_calls::{CBlob, CReader, CWriter};

/// The length of the documents' longest text, or more.
pub(crate) const LONGEST_TEXT: usize = 4096;

/// The common calls of the writers of Wota and Nota.
pub(crate) trait Sink {
    fn integer(&mut self, value: i64) -> Result<(), Status>;
    fn number(&mut self, value: f64) -> Result<(), Status>;
    fn text(&mut self, utf8: &[u8]) -> Result<(), Status>;
    fn array(&mut self, count: u64) -> Result<(), Status>;
    fn record(&mut self, pairs: u64) -> Result<(), Status>;
    fn symbol(&mut self, symbol: Symbol) -> Result<(), Status>;
    fn finish(&mut self) -> Result<Blob, Status>;
}

/// The common calls of the readers of Wota and Nota.
pub(crate) trait Source {
    fn kind(&self) -> Result<Kind, Status>;
    fn integer(&mut self) -> Result<i64, Status>;
    fn number(&mut self) -> Result<f64, Status>;
    fn text(&mut self, buffer: &mut [u8]) -> Result<usize, Status>;
    fn string(&mut self) -> Result<String, Status>;
    fn array(&mut self) -> Result<u64, Status>;
    fn record(&mut self) -> Result<u64, Status>;
    fn symbol(&mut self) -> Result<Symbol, Status>;
}

macro_rules! forward {
    (reader $type:ty, $text:ident) => {
        impl Source for $type {
            #[inline]
            fn kind(&self) -> Result<Kind, Status> {
                <$type>::kind(self)
            }
            #[inline]
            fn integer(&mut self) -> Result<i64, Status> {
                <$type>::integer(self)
            }
            #[inline]
            fn number(&mut self) -> Result<f64, Status> {
                <$type>::number(self)
            }
            #[inline]
            fn text(&mut self, buffer: &mut [u8]) -> Result<usize, Status> {
                <$type>::$text(self, buffer)
            }
            #[inline]
            fn string(&mut self) -> Result<String, Status> {
                <$type>::string(self)
            }
            #[inline]
            fn array(&mut self) -> Result<u64, Status> {
                <$type>::array(self)
            }
            #[inline]
            fn record(&mut self) -> Result<u64, Status> {
                <$type>::record(self)
            }
            #[inline]
            fn symbol(&mut self) -> Result<Symbol, Status> {
                <$type>::symbol(self)
            }
        }
    };
    (writer $type:ty) => {
        impl Sink for $type {
            #[inline]
            fn integer(&mut self, value: i64) -> Result<(), Status> {
                <$type>::integer(self, value)
            }
            #[inline]
            fn number(&mut self, value: f64) -> Result<(), Status> {
                <$type>::number(self, value)
            }
            #[inline(always)]
            fn text(&mut self, utf8: &[u8]) -> Result<(), Status> {
                <$type>::text(self, utf8)
            }
            #[inline]
            fn array(&mut self, count: u64) -> Result<(), Status> {
                <$type>::array(self, count)
            }
            #[inline]
            fn record(&mut self, pairs: u64) -> Result<(), Status> {
                <$type>::record(self, pairs)
            }
            #[inline]
            fn symbol(&mut self, symbol: Symbol) -> Result<(), Status> {
                <$type>::symbol(self, symbol)
            }
            #[inline]
            fn finish(&mut self) -> Result<Blob, Status> {
                <$type>::finish(self)
            }
        }
    };
}

forward!(writer Writer);
forward!(writer nota::Writer);
forward!(reader Reader<'_>, text_in_blocks);
forward!(reader nota::Reader<'_>, text);

/// Writes the tree and makes the message.
pub(crate) fn write(writer: &mut impl Sink, tree: &Value) -> Result<Blob, Status> {
    write_value(writer, tree)?;
    writer.finish()
}

fn write_value(writer: &mut impl Sink, value: &Value) -> Result<(), Status> {
    match value {
        Value::Nil => writer.symbol(Symbol::Null),
        Value::Boolean(false) => writer.symbol(Symbol::False),
        Value::Boolean(true) => writer.symbol(Symbol::True),
        Value::Integer(number) => writer.integer(number.as_i64().ok_or(Status::OutOfRange)?),
        Value::F64(number) => writer.number(*number),
        Value::String(text) => writer.text(text.as_bytes()),
        Value::Array(elements) => {
            writer.array(elements.len() as u64)?;
            elements.iter().try_for_each(|element| write_value(writer, element))
        }
        Value::Map(pairs) => {
            writer.record(pairs.len() as u64)?;
            pairs.iter().try_for_each(|(key, value)| {
                writer.text(key.as_str().ok_or(Status::Unsupported)?.as_bytes())?;
                write_value(writer, value)
            })
        }
        Value::F32(_) | Value::Binary(_) | Value::Ext(..) => Err(Status::Unsupported),
    }
}

/// Visits every value as [`write()`] does and reads everything that it writes, characters too, but writes nothing.
pub(crate) fn walk_tree(value: &Value) -> u64 {
    match value {
        Value::Nil => 0,
        Value::Boolean(boolean) => u64::from(*boolean),
        Value::Integer(number) => number.as_i64().unwrap_or(0) as u64,
        Value::F64(number) => number.to_bits(),
        Value::String(text) => text_read(text.as_str().expect("the documents have no other texts")),
        Value::Array(elements) => {
            elements.iter().fold(elements.len() as u64, |sum, element| sum.wrapping_add(walk_tree(element)))
        }
        Value::Map(pairs) => pairs.iter().fold(pairs.len() as u64, |sum, (key, value)| {
            let key = key.as_str().expect("the documents have no other keys");
            sum.wrapping_add(text_read(key)).wrapping_add(walk_tree(value))
        }),
        Value::F32(_) | Value::Binary(_) | Value::Ext(..) => panic!("not in the documents"),
    }
}

/// Reads the characters in the ways of the standard library.
fn text_read(text: &str) -> u64 {
    if text.is_ascii() { text.len() as u64 } else { text.chars().map(u64::from).sum() }
}

/// The same with the C functions.
pub(crate) fn write_c(writer: &mut CWriter, tree: &Value) -> CBlob {
    write_value_c(writer, tree);
    writer.finish()
}

fn write_value_c(writer: &mut CWriter, value: &Value) {
    match value {
        Value::Nil => writer.symbol(WOTA_NULL),
        Value::Boolean(false) => writer.symbol(WOTA_FALSE),
        Value::Boolean(true) => writer.symbol(WOTA_TRUE),
        Value::Integer(number) => writer.integer(number.as_i64().expect("the documents have no larger ones")),
        Value::F64(number) => writer.number(*number),
        Value::String(text) => writer.text(text.as_bytes()),
        Value::Array(elements) => {
            writer.array(elements.len() as u64);
            elements.iter().for_each(|element| write_value_c(writer, element));
        }
        Value::Map(pairs) => {
            writer.record(pairs.len() as u64);
            for (key, value) in pairs {
                writer.text(key.as_str().expect("the documents have no other keys").as_bytes());
                write_value_c(writer, value);
            }
        }
        Value::F32(_) | Value::Binary(_) | Value::Ext(..) => panic!("not in the documents"),
    }
}

/// Reads every value: copies the texts to the buffer, adds the numbers up.
pub(crate) fn read_through(reader: &mut impl Source, buffer: &mut [u8]) -> Result<f64, Status> {
    match reader.kind()? {
        Kind::Integer | Kind::Float => reader.number(),
        Kind::Text => reader.text(buffer).map(|length| length as f64),
        Kind::Symbol => reader.symbol().map(|symbol| f64::from(symbol == Symbol::True)),
        Kind::Array => {
            let mut sum = 0.0;
            for _ in 0..reader.array()? {
                sum += read_through(reader, buffer)?;
            }
            Ok(sum)
        }
        Kind::Record => {
            let mut sum = 0.0;
            for _ in 0..reader.record()? {
                sum += reader.text(buffer)? as f64;
                sum += read_through(reader, buffer)?;
            }
            Ok(sum)
        }
        Kind::Blob | Kind::Stone | Kind::Value => Err(Status::Unsupported),
    }
}

/// The same with the C functions.
pub(crate) fn read_through_c(reader: &mut CReader, buffer: &mut [u8]) -> f64 {
    match reader.kind() {
        WOTA_INTEGER | WOTA_FLOAT => reader.number(),
        WOTA_TEXT => reader.text(buffer) as f64,
        WOTA_SYMBOL => f64::from(reader.symbol() == WOTA_TRUE),
        WOTA_ARRAY => (0..reader.array()).map(|_| read_through_c(reader, buffer)).sum(),
        WOTA_RECORD => {
            let mut sum = 0.0;
            for _ in 0..reader.record() {
                sum += reader.text(buffer) as f64;
                sum += read_through_c(reader, buffer);
            }
            sum
        }
        kind => panic!("type {kind} is not in the documents"),
    }
}

/// Reads into the tree that the messages were written from.
pub(crate) fn read_tree(reader: &mut impl Source) -> Result<Value, Status> {
    Ok(match reader.kind()? {
        Kind::Integer => reader.integer()?.into(),
        Kind::Float => reader.number()?.into(),
        Kind::Text => reader.string()?.into(),
        Kind::Symbol => match reader.symbol()? {
            Symbol::Null => Value::Nil,
            symbol => (symbol == Symbol::True).into(),
        },
        Kind::Array => {
            let count = reader.array()? as usize;
            let mut elements = Vec::with_capacity(count);
            for _ in 0..count {
                elements.push(read_tree(reader)?);
            }
            Value::Array(elements)
        }
        Kind::Record => {
            let count = reader.record()? as usize;
            let mut pairs = Vec::with_capacity(count);
            for _ in 0..count {
                pairs.push((reader.string()?.into(), read_tree(reader)?));
            }
            Value::Map(pairs)
        }
        Kind::Blob | Kind::Stone | Kind::Value => return Err(Status::Unsupported),
    })
}

/// Reads every value of Nota, which is checked as it comes, as [`read_through`] does.
pub(crate) fn pieces_through(pieces: &mut nota::Pieces<'_>, buffer: &mut [u8]) -> Result<f64, Status> {
    match pieces.next()? {
        Some(Piece::Integer(value)) => Ok(value as f64),
        Some(Piece::Decimal { coefficient, exponent }) => Ok(Decimal { coefficient, exponent }.to_double()),
        Some(Piece::Text(text)) => text.copy_to(buffer).map(|length| length as f64),
        Some(Piece::Symbol(symbol)) => Ok(f64::from(symbol == Symbol::True)),
        Some(Piece::Array(count)) => {
            let mut sum = 0.0;
            for _ in 0..count {
                sum += pieces_through(pieces, buffer)?;
            }
            Ok(sum)
        }
        Some(Piece::Record(pairs)) => {
            let mut sum = 0.0;
            for _ in 0..pairs {
                let Some(Piece::Text(key)) = pieces.next()? else { return Err(Status::Malformed) };
                sum += key.copy_to(buffer)? as f64;
                sum += pieces_through(pieces, buffer)?;
            }
            Ok(sum)
        }
        Some(Piece::Bits(..)) => Err(Status::Unsupported),
        None => Err(Status::End),
    }
}

/// Reads Nota, which is checked as it comes, into the tree that it was written from.
pub(crate) fn pieces_tree(pieces: &mut nota::Pieces<'_>) -> Result<Value, Status> {
    Ok(match pieces.next()? {
        Some(Piece::Integer(value)) => value.into(),
        Some(Piece::Decimal { coefficient, exponent }) => {
            Decimal { coefficient, exponent }.to_double().into()
        }
        Some(Piece::Text(text)) => string(text)?.into(),
        Some(Piece::Symbol(Symbol::Null)) => Value::Nil,
        Some(Piece::Symbol(symbol)) => (symbol == Symbol::True).into(),
        Some(Piece::Array(count)) => {
            let mut elements = Vec::with_capacity(count as usize);
            for _ in 0..count {
                elements.push(pieces_tree(pieces)?);
            }
            Value::Array(elements)
        }
        Some(Piece::Record(count)) => {
            let mut pairs = Vec::with_capacity(count as usize);
            for _ in 0..count {
                let Some(Piece::Text(key)) = pieces.next()? else { return Err(Status::Malformed) };
                pairs.push((string(key)?.into(), pieces_tree(pieces)?));
            }
            Value::Map(pairs)
        }
        Some(Piece::Bits(..)) => return Err(Status::Unsupported),
        None => return Err(Status::End),
    })
}

fn string(text: nota::Text<'_>) -> Result<String, Status> {
    match text.as_str() {
        Some(text) => Ok(text.to_owned()),
        None => text.string(),
    }
}
