//! Every vector of `c-tests/vectors/wota.json`, read and written; the format of the file is described in
//! `c-tests/README.md`.

mod common;
#[path = "common/vectors.rs"]
mod vectors;

use common::{Tree, little_endian, native_words};
use drystone::wota::{Dialect, Kind, Reader, from_bytes, to_bytes, validate};
use drystone::{Limits, Status};
use vectors::{Outcome, bytes_of, file, limits, list, status, tree, words};

#[test]
fn valid_vectors_read_and_write() -> Outcome {
    let file = file("wota")?;
    for vector in list(&file, "valid")? {
        let name = &vector["name"];
        let (expected_words, limits) = (words(&vector["words"])?, limits(vector));
        let bytes = little_endian(&expected_words);
        let expected = tree(vector)?;
        validate(&bytes, Dialect::Classic, &limits).map_err(|fault| format!("{name}: {fault:?}"))?;

        let mut reader = Reader::from_bytes(&bytes, &limits).map_err(|fault| fault.status)?;
        let mut skipped = reader;
        let read = Tree::read(&mut reader).map_err(|status| format!("{name}: {status}"))?;
        assert_eq!(read.words(), expected_words, "{name}");
        if vector.get("written").is_none() {
            assert_eq!(read, expected, "{name}");
        }
        assert_eq!(reader.kind(), Err(Status::End), "{name}");
        skipped.skip().map_err(|status| format!("{name}: {status}"))?;
        assert_eq!((skipped.offset(), skipped.skip()), (expected_words.len(), Err(Status::End)), "{name}");

        let message = from_bytes(&bytes, Dialect::Classic, &limits).map_err(|fault| fault.status)?;
        assert_eq!(native_words(&message), expected_words, "{name}");
        assert_eq!(to_bytes(&message)?.bytes(), bytes, "{name}");

        if limits == Limits::DEFAULT {
            let written = vector.get("written").map_or_else(|| Ok(expected_words), words)?;
            assert_eq!(native_words(&expected.message(false)?), written, "{name}");
            assert_eq!(to_bytes(&expected.message(true)?)?.bytes(), little_endian(&written), "{name}");
        }
    }
    Ok(())
}

#[test]
fn invalid_vectors_are_refused_with_their_status() -> Outcome {
    let file = file("wota")?;
    for vector in list(&file, "invalid")? {
        let name = &vector["name"];
        let bytes = bytes_of(vector, "words", "bytes")?;
        let (status, limits) = (status(vector)?, limits(vector));
        let fault = validate(&bytes, Dialect::Classic, &limits).err();
        assert_eq!(fault.map(|fault| fault.status), Some(status), "{name}");
        assert!(fault.is_some_and(|fault| fault.offset <= bytes.len() / 8), "{name}");
        assert_eq!(from_bytes(&bytes, Dialect::Classic, &limits).err(), fault, "{name}");
        assert_eq!(Reader::from_bytes(&bytes, &limits).err(), fault, "{name}");
    }
    Ok(())
}

#[test]
fn every_kind_of_value_is_among_the_vectors() -> Outcome {
    let file = file("wota")?;
    let mut first = Vec::new();
    for vector in list(&file, "valid")? {
        let bytes = little_endian(&words(&vector["words"])?);
        let reader = Reader::from_bytes(&bytes, &limits(vector)).map_err(|fault| fault.status)?;
        first.push(reader.kind()?);
    }
    for kind in [Kind::Integer, Kind::Float, Kind::Array, Kind::Record, Kind::Blob, Kind::Text, Kind::Symbol]
    {
        assert!(first.contains(&kind), "{kind:?}");
    }
    Ok(())
}
