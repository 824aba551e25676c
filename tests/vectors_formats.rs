//! Every vector of `wota-dec64.json` and `nota.json`, read and written, and converted to each other and to the classic
//! messages of `wota.json`.

mod common;
#[path = "common/vectors.rs"]
mod vectors;

use common::{Tree, bits_of, bytes_of as packed, native_words};
use drystone::convert::{nota_from_message, nota_to_message, transcode};
use drystone::number::dec64::Dec64;
use drystone::wota::{self, Dec64Words, Dialect, Kind, Symbol, dialect_of, from_bytes, to_bytes};
use drystone::{Limits, Status, nota};
use serde_json::Value;
use vectors::{Outcome, bytes_of, digits, file, limits, list, status, tree, word};

/// The functions that read and write a tree, for a reader and a writer whose calls have the same names.
macro_rules! tree_of {
    ($read:ident, $reader:ty, $write:ident, $writer:ty) => {
        fn $read(reader: &mut $reader) -> Result<Tree, Status> {
            let text = |reader: &mut $reader| {
                let mut buffer = vec![0; reader.text_length()?];
                if let Some(short) = buffer.len().checked_sub(1) {
                    assert_eq!(reader.text(&mut buffer[..short]), Err(Status::OutOfRange));
                }
                reader.text(&mut buffer)?;
                Ok::<_, Status>(buffer)
            };
            Ok(match reader.kind()? {
                Kind::Integer => {
                    assert_eq!(reader.clone().number()?, reader.clone().integer()? as f64);
                    Tree::Integer(reader.integer()?)
                }
                Kind::Float => {
                    assert_eq!(reader.integer(), Err(Status::WrongType));
                    Tree::Float(reader.number()?.to_bits())
                }
                Kind::Text => Tree::Text(text(reader)?),
                Kind::Array => {
                    let count = reader.array()?;
                    Tree::Array((0..count).map(|_| $read(reader)).collect::<Result<_, _>>()?)
                }
                Kind::Record => {
                    let mut found = *reader;
                    assert_eq!(found.find(b"no such key"), Err(Status::NotFound));
                    let start = *reader;
                    let pairs = reader.record()?;
                    let pairs = (0..pairs).map(|_| {
                        let key = text(reader)?;
                        let mut found = start;
                        found.find(&key)?;
                        assert_eq!(found.offset(), reader.offset());
                        Ok((key, $read(reader)?))
                    });
                    Tree::Record(pairs.collect::<Result<_, Status>>()?)
                }
                Kind::Blob | Kind::Stone => {
                    let blob = reader.blob()?;
                    assert!(blob.is_stone());
                    Tree::Bits(bits_of(blob.bytes(), blob.length_bits()))
                }
                Kind::Value => return Err(Status::WrongType),
                Kind::Symbol => match reader.symbol()? {
                    Symbol::Private => Tree::Private(Box::new($read(reader)?)),
                    Symbol::System => Tree::System(Box::new($read(reader)?)),
                    symbol => Tree::Symbol(symbol),
                },
            })
        }

        fn $write(writer: &mut $writer, tree: &Tree) -> Result<(), Status> {
            match tree {
                Tree::Integer(value) => writer.integer(*value),
                Tree::Float(bits) => writer.number(f64::from_bits(*bits)),
                Tree::Text(utf8) => writer.text(utf8),
                Tree::Array(elements) => {
                    writer.array(elements.len() as u64)?;
                    elements.iter().try_for_each(|element| $write(writer, element))
                }
                Tree::Record(pairs) => {
                    writer.record(pairs.len() as u64)?;
                    pairs.iter().try_for_each(|(key, value)| {
                        writer.text(key)?;
                        $write(writer, value)
                    })
                }
                Tree::Bits(bits) => writer.bits(&packed(bits), bits.len()),
                Tree::Symbol(symbol) => writer.symbol(*symbol),
                Tree::Private(value) => {
                    writer.symbol(Symbol::Private)?;
                    $write(writer, value)
                }
                Tree::System(record) => {
                    writer.symbol(Symbol::System)?;
                    $write(writer, record)
                }
            }
        }
    };
}

tree_of!(read_dec64, wota::Reader<'_, Dec64Words>, write_dec64, wota::Writer<Dec64Words>);
tree_of!(read_nota, nota::Reader<'_>, write_nota, nota::Writer);

/// Like `write_dec64`, but writes DEC64 numbers unchanged.
fn write_described(writer: &mut wota::Writer<Dec64Words>, description: &Value) -> Outcome {
    if description.get("dec64").is_some() {
        writer.decimal(Dec64(word(description, "dec64")? as i64))?;
    } else if let Some(elements) = description["array"].as_array() {
        writer.array(elements.len() as u64)?;
        elements.iter().try_for_each(|element| write_described(writer, element))?;
    } else {
        write_dec64(writer, &tree(description)?)?;
    }
    Ok(())
}

#[test]
fn valid_dec64_vectors_read_and_write() -> Outcome {
    for vector in list(&file("wota-dec64")?, "valid")? {
        let (name, limits) = (&vector["name"], limits(vector));
        let bytes = bytes_of(vector, "words", "bytes")?;
        let expected = tree(vector)?;
        wota::validate(&bytes, Dialect::Dec64, &limits).map_err(|fault| format!("{name}: {fault:?}"))?;
        let mut reader = wota::Reader::dec64_from_bytes(&bytes, &limits).map_err(|fault| fault.status)?;
        let mut skipped = reader;
        if vector.get("dec64").is_some() {
            assert_eq!(reader.clone().decimal(), Ok(Dec64(word(vector, "dec64")? as i64)), "{name}");
        }
        assert_eq!(read_dec64(&mut reader)?, expected, "{name}");
        assert_eq!(reader.kind(), Err(Status::End), "{name}");
        skipped.skip()?;
        assert_eq!((skipped.offset(), skipped.skip()), (bytes.len() / 8, Err(Status::End)), "{name}");

        let message = from_bytes(&bytes, Dialect::Dec64, &limits).map_err(|fault| fault.status)?;
        assert_eq!(dialect_of(&message), Ok(Dialect::Dec64), "{name}");
        assert_eq!(to_bytes(&message)?.bytes(), bytes, "{name}");
        assert_eq!(wota::Reader::new(&message, &limits).err(), Some(Status::WrongType), "{name}");

        if limits == Limits::DEFAULT {
            let mut writer = wota::Writer::dec64();
            write_described(&mut writer, vector)?;
            let written = match vector.get("written") {
                Some(words) => common::little_endian(&vectors::words(words)?),
                None => bytes,
            };
            assert_eq!(to_bytes(&writer.finish()?)?.bytes(), written, "{name}");
        }
    }
    Ok(())
}

#[test]
fn invalid_dec64_vectors_are_refused_with_their_status() -> Outcome {
    for vector in list(&file("wota-dec64")?, "invalid")? {
        let (name, limits) = (&vector["name"], limits(vector));
        let bytes = bytes_of(vector, "words", "bytes")?;
        let fault = wota::validate(&bytes, Dialect::Dec64, &limits).err();
        assert_eq!(fault.map(|fault| fault.status), Some(status(vector)?), "{name}");
        assert!(fault.is_some_and(|fault| fault.offset <= bytes.len() / 8), "{name}");
        assert_eq!(from_bytes(&bytes, Dialect::Dec64, &limits).err(), fault, "{name}");
        assert_eq!(wota::Reader::dec64_from_bytes(&bytes, &limits).err(), fault, "{name}");
    }
    Ok(())
}

#[test]
fn valid_nota_vectors_read_and_write() -> Outcome {
    for vector in list(&file("nota")?, "valid")? {
        let (name, limits) = (&vector["name"], limits(vector));
        let bytes = digits(&vector["bytes"])?;
        let expected = tree(vector)?;
        nota::validate(&bytes, &limits).map_err(|fault| format!("{name}: {fault:?}"))?;
        let mut reader = nota::Reader::new(&bytes, &limits).map_err(|fault| fault.status)?;
        let mut skipped = reader;
        let read = match (read_nota(&mut reader)?, &expected) {
            // Whole numbers beyond 56 bits are described by their doubles.
            (Tree::Integer(value), Tree::Float(_)) => Tree::Float((value as f64).to_bits()),
            (read, _) => read,
        };
        assert_eq!(read, expected, "{name}");
        assert_eq!(reader.kind(), Err(Status::End), "{name}");
        skipped.skip()?;
        assert_eq!((skipped.offset(), skipped.skip()), (bytes.len(), Err(Status::End)), "{name}");

        let written = vector.get("written").map_or_else(|| Ok(bytes.clone()), digits)?;
        let message = nota_to_message(&bytes, &limits).map_err(|fault| fault.status)?;
        assert_eq!(nota_from_message(&message)?.bytes(), written, "{name}");

        if limits == Limits::DEFAULT {
            let mut writer = nota::Writer::new();
            write_nota(&mut writer, &expected)?;
            assert_eq!(writer.finish()?.bytes(), written, "{name}");
        }
    }
    Ok(())
}

#[test]
fn invalid_nota_vectors_are_refused_with_their_status() -> Outcome {
    for vector in list(&file("nota")?, "invalid")? {
        let (name, limits) = (&vector["name"], limits(vector));
        let bytes = digits(&vector["bytes"])?;
        let fault = nota::validate(&bytes, &limits).err();
        assert_eq!(fault.map(|fault| fault.status), Some(status(vector)?), "{name}");
        assert!(fault.is_some_and(|fault| fault.offset <= bytes.len()), "{name}");
        assert_eq!(nota_to_message(&bytes, &limits).err(), fault, "{name}");
        assert_eq!(nota::Reader::new(&bytes, &limits).err(), fault, "{name}");
    }
    Ok(())
}

/// In whatever pieces the bytes arrive, a feeder's result is the same, and it never waits for impossible bytes.
#[test]
fn nota_vectors_in_pieces() -> Outcome {
    let file = file("nota")?;
    for vector in list(&file, "valid")?.iter().chain(list(&file, "invalid")?) {
        let name = &vector["name"];
        let bytes = digits(&vector["bytes"])?;
        let mut seen = Vec::new();
        for size in [usize::MAX, 1, 2, 3, 7, 11, 64] {
            let mut feeder = nota::Feeder::new(Limits::DEFAULT);
            let mut end = 0;
            let mut outcome = Ok(nota::Fed::More);
            for piece in bytes.chunks(size.min(bytes.len().max(1))) {
                outcome = feeder.feed(piece);
                match outcome {
                    Ok(nota::Fed::More) => end += piece.len(),
                    Ok(nota::Fed::Complete(taken)) => end += taken,
                    Err(_) => {}
                }
                if outcome != Ok(nota::Fed::More) {
                    break;
                }
            }
            assert_ne!(outcome, Err(Status::Truncated), "{name}");
            if let Ok(collected) = feeder.bytes() {
                assert_eq!(collected, &bytes[..end], "{name}");
            }
            let complete = matches!(outcome, Ok(nota::Fed::Complete(_)));
            if vector.get("status").is_none() {
                assert!(complete && end == bytes.len(), "{name}");
            }
            seen.push((outcome.err(), complete, complete.then_some(end)));
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{name}: {seen:?}");
    }
    Ok(())
}

/// Vectors of the same name are the same value.
#[test]
fn formats_are_converted_to_each_other() -> Outcome {
    let (classic, dec64, nota) = (file("wota")?, file("wota-dec64")?, file("nota")?);
    let named = |file: &Value, name: &Value| -> Outcome<Option<Value>> {
        Ok(list(file, "valid")?.iter().find(|vector| vector["name"] == *name).cloned())
    };
    let mut compared = 0;
    for vector in list(&classic, "valid")? {
        let (name, limits) = (&vector["name"], limits(vector));
        let message = from_bytes(&bytes_of(vector, "words", "bytes")?, Dialect::Classic, &limits)
            .map_err(|fault| fault.status)?;
        if let Some(other) = named(&dec64, name)? {
            let other = from_bytes(&bytes_of(&other, "words", "bytes")?, Dialect::Dec64, &limits)
                .map_err(|fault| fault.status)?;
            assert_eq!(&transcode(&message, Dialect::Dec64, false)?, &other, "{name}");
            assert_eq!(&transcode(&other, Dialect::Classic, false)?, &message, "{name}");
            compared += 1;
        }
        if let Some(other) = named(&nota, name)? {
            let bytes = digits(&other["bytes"])?;
            assert_eq!(nota_from_message(&message)?.bytes(), bytes, "{name}");
            let back = nota_to_message(&bytes, &limits).map_err(|fault| fault.status)?;
            assert_eq!(native_words(&back), native_words(&message), "{name}");
            compared += 1;
        }
    }
    assert!(compared > 160, "{compared}");
    Ok(())
}
