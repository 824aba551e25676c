//! Every vector of `kim.json`, `dec64.json` and `blob.json`.

mod common;
#[path = "common/vectors.rs"]
mod vectors;

use common::{bits_of, bytes_of};
use drystone::number::dec64::Dec64;
use drystone::number::kim;
use drystone::wota::Writer;
use drystone::{Blob, Status};
use serde_json::Value;
use vectors::{Outcome, bits, digits, file, list, status, text, word};

#[test]
fn kim_vectors() -> Outcome {
    let file = file("kim")?;
    for vector in list(&file, "valid")? {
        let (name, form) = (&vector["name"], text(vector, "form")?);
        let (bytes, number) = (digits(&vector["bytes"])?, text(vector, "integer")?);
        // Bits after a number do not belong to it.
        let longer = [&bytes[..], &[0xFF, 0x00]].concat();
        if form != "signed" {
            let number: u64 = number.parse()?;
            assert_eq!(kim::encode(number).bytes(), bytes, "{name}");
            assert_eq!(kim::length(number), bytes.len(), "{name}");
            assert_eq!(kim::decode(&bytes), Ok((number, bytes.len())), "{name}");
            assert_eq!(kim::decode(&longer), Ok((number, bytes.len())), "{name}");
        }
        if form != "unsigned" {
            let number: i64 = number.parse()?;
            assert_eq!(kim::encode_signed(number).bytes(), bytes, "{name}");
            assert_eq!(kim::decode_signed(&bytes), Ok((number, bytes.len())), "{name}");
            assert_eq!(kim::decode_signed(&longer), Ok((number, bytes.len())), "{name}");
            for end in 0..bytes.len() {
                assert_eq!(kim::decode_signed(&bytes[..end]), Err(Status::Truncated), "{name}");
            }
        }
    }
    for vector in list(&file, "invalid")? {
        let (name, form) = (&vector["name"], text(vector, "form")?);
        let (bytes, status) = (digits(&vector["bytes"])?, status(vector)?);
        if form != "signed" {
            assert_eq!(kim::decode(&bytes), Err(status), "{name}");
        }
        if form != "unsigned" {
            assert_eq!(kim::decode_signed(&bytes), Err(status), "{name}");
        }
    }
    Ok(())
}

#[test]
fn dec64_vectors() -> Outcome {
    let file = file("dec64")?;
    for vector in list(&file, "doubles")? {
        let name = &vector["name"];
        let value = f64::from_bits(word(vector, "float_bits")?);
        let number = Dec64(word(vector, "dec64")? as i64);
        assert_eq!(Dec64::from_double(value), number, "{name}");
        let exact = if vector["exact"] == true { Ok(number) } else { Err(Status::OutOfRange) };
        assert_eq!(Dec64::exactly(value), exact, "{name}");
        let mut writer = Writer::dec64();
        assert_eq!(writer.number(value), exact.map(|_| ()), "{name}");
    }
    for vector in list(&file, "words")? {
        let (name, number) = (&vector["name"], Dec64(word(vector, "dec64")? as i64));
        if number.parts().is_some() {
            assert_eq!(number.to_double().to_bits(), word(vector, "float_bits")?, "{name}");
        } else {
            assert!(
                number.to_double().is_nan() && f64::from_bits(word(vector, "float_bits")?).is_nan(),
                "{name}"
            );
        }
    }
    for vector in list(&file, "texts")? {
        let expected = Dec64(word(vector, "dec64")? as i64);
        assert_eq!(Dec64::from_text(text(vector, "text")?.as_bytes()), Ok(expected), "{}", vector["name"]);
    }
    for vector in list(&file, "written")? {
        let number = Dec64(word(vector, "dec64")? as i64);
        assert_eq!(number.to_string(), text(vector, "text")?, "{}", vector["name"]);
    }
    for vector in list(&file, "refused")? {
        let bytes = match vector["text"].as_str() {
            Some(text) => text.as_bytes().to_vec(),
            None => digits(&vector["text_bytes"])?,
        };
        assert_eq!(Dec64::from_text(&bytes), Err(status(vector)?), "{}", vector["name"]);
    }
    Ok(())
}

fn number(value: &Value) -> Outcome<usize> {
    Ok(usize::try_from(value.as_u64().ok_or_else(|| format!("{value} is not a number"))?)?)
}

fn integer(value: &Value) -> Outcome<i64> {
    Ok(value.as_str().ok_or("an integer is text")?.parse()?)
}

fn write(blob: &mut Blob, write: &Value) -> Outcome<Result<(), Status>> {
    let (what, value) = write
        .as_object()
        .and_then(|write| write.iter().find(|(name, _)| *name != "status"))
        .ok_or("a write is an object")?;
    let mut alone = blob.alone();
    Ok(match what.as_str() {
        "bit" => alone.append_bit(value == true),
        "fit" => alone.append_fit(integer(&value[0])?, u32::try_from(number(&value[1])?)?),
        "kim" => alone.append_kim(integer(value)?),
        "dec64" => alone.append_dec64(word(write, "dec64")? as i64),
        "text" => alone.append_text(text(write, "text")?.as_bytes()),
        "text_bytes" => alone.append_text(&digits(value)?),
        "self" => alone.append_own(),
        "pad" => alone.append_pad(number(value)?),
        "bytes" => alone.append_bytes(&digits(value)?),
        "blob_bits" => {
            let bits = bits(text(write, "blob_bits")?);
            alone.append_bits(&bytes_of(&bits), bits.len())
        }
        other => return Err(format!("unknown write {other}").into()),
    })
}

fn read(blob: &Blob, read: &Value) -> Outcome {
    let (what, place) = read
        .as_object()
        .and_then(|read| {
            read.iter().find(|(name, _)| !["gives", "gives_bytes", "bits", "status"].contains(&name.as_str()))
        })
        .ok_or("a read is an object")?;
    let gives = &read["gives"];
    let refused = read.get("status").map(|_| status(read)).transpose()?;
    // The expected result, converted from `gives`, unless it is refused.
    macro_rules! expect {
        ($value:expr) => {
            match refused {
                Some(status) => Err(status),
                None => Ok($value),
            }
        };
    }
    match what.as_str() {
        "bit" => assert_eq!(blob.read_bit(number(place)?), expect!(gives == true), "{read}"),
        "fit" => {
            let found = blob.read_fit(number(&place[0])?, u32::try_from(number(&place[1])?)?);
            assert_eq!(found, expect!(integer(gives)?), "{read}");
        }
        "kim" => {
            let found = blob.read_kim(number(place)?);
            assert_eq!(found, expect!((integer(gives)?, number(&read["bits"])?)), "{read}");
        }
        "dec64" => {
            assert_eq!(blob.read_dec64(number(place)?), expect!(word(read, "gives")? as i64), "{read}");
        }
        "is_pad" => {
            let found = blob.is_pad(number(&place[0])?, number(&place[1])?);
            assert_eq!(found, expect!(gives == true), "{read}");
        }
        "blob" => {
            let (from, to) = (number(&place[0])?, number(&place[1])?);
            for found in [blob.slice(from, to), blob.copy_range(from, to)] {
                let found = found.map(|blob| bits_of(blob.bytes(), blob.length_bits()));
                assert_eq!(found, expect!(bits(text(read, "gives")?)), "{read}");
            }
        }
        "text" => {
            let mut buffer = [0; 1000];
            let found = blob.read_text(number(place)?, &mut buffer);
            assert_eq!(found, blob.text_at(number(place)?), "{read}");
            let expected = match read.get("gives_bytes") {
                Some(bytes) => digits(bytes)?,
                None => gives.as_str().unwrap_or_default().as_bytes().to_vec(),
            };
            let found = found.map(|found| (buffer[..found.length].to_vec(), found.bits_read));
            assert_eq!(found, expect!((expected, number(&read["bits"])?)), "{read}");
        }
        other => return Err(format!("unknown read {other}").into()),
    }
    Ok(())
}

#[test]
fn blob_vectors() -> Outcome {
    for vector in list(&file("blob")?, "vectors")? {
        let name = &vector["name"];
        let expected = bits(text(vector, "bits")?);
        let mut blob = Blob::zeroed(0)?;
        for one in vector["writes"].as_array().ok_or("writes are a list")? {
            let before = blob.length_bits();
            let outcome = write(&mut blob, one)?;
            match one.get("status") {
                Some(_) => {
                    assert_eq!(outcome, Err(status(one)?), "{name}: {one}");
                    assert_eq!(blob.length_bits(), before, "{name}: {one}");
                }
                None => assert_eq!(outcome, Ok(()), "{name}: {one}"),
            }
        }
        assert_eq!(bits_of(blob.bytes(), blob.length_bits()), expected, "{name}");
        blob.make_stone();
        for one in vector["reads"].as_array().ok_or("reads are a list")? {
            read(&blob, one).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}
