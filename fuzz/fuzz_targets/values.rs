//! Messages that refer to values of each other, built as the bytes say: views, flattening, parts and the message made from
//! the parts agree with the model. Then any bytes as parts.
#![no_main]

use drystone::view::View;
use drystone::wota::{
    Dialect, Kind, Writer, dialect_of, flattened_words, from_bytes, from_parts, is_message, to_bytes, to_parts,
};
use drystone::{Blob, Limits, Status};
use libfuzzer_sys::fuzz_target;

/// The plain words of a value in the classic dialect, seen by a view.
fn words(view: View<'_>, out: &mut Vec<u64>, left: &mut usize) -> Option<()> {
    *left = left.checked_sub(1)?;
    match view.kind() {
        Kind::Integer => out.push((view.integer().unwrap() as u64) << 8),
        Kind::Float => out.extend([1, view.number().unwrap().to_bits()]),
        Kind::Text => {
            let mut writer = Writer::new();
            let mut text = vec![0; view.text_length().unwrap()];
            view.text(&mut text).unwrap();
            writer.text(&text).unwrap();
            plain(&writer.finish().unwrap(), out);
        }
        Kind::Blob | Kind::Stone => {
            let blob = view.blob().unwrap();
            let bits = if is_message(&blob) { to_bytes(&blob).ok()? } else { blob };
            let mut writer = Writer::new();
            writer.bits(bits.bytes(), bits.length_bits()).unwrap();
            plain(&writer.finish().unwrap(), out);
        }
        Kind::Array => {
            let count = view.count().unwrap();
            out.push(count << 8 | 2);
            for number in 0..count {
                words(view.element(number).unwrap(), out, left)?;
            }
        }
        Kind::Record => {
            let count = view.count().unwrap();
            out.push(count << 8 | 3);
            for number in 0..count {
                let (key, value) = view.field_at(number).unwrap();
                words(key, out, left)?;
                words(value, out, left)?;
            }
        }
        Kind::Symbol => {
            let symbol = view.symbol().unwrap() as u64;
            out.push(symbol << 8 | 7);
            if symbol >= 8 {
                words(view.element(0).unwrap(), out, left)?;
            }
        }
        Kind::Value => panic!("a view of a reference"),
    }
    Some(())
}

fn plain(message: &Blob, out: &mut Vec<u64>) {
    out.extend(message.bytes().as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)));
}

/// Makes messages as the bytes say; each may refer to earlier ones.
fn build(bytes: &[u8]) -> Vec<Blob> {
    let mut made: Vec<Blob> = Vec::new();
    let mut writer = Writer::new();
    let mut open = 0_u32;
    for four in bytes.chunks(4) {
        let [kind, first, second, third] = [0, 1, 2, 3].map(|at| four.get(at).copied().unwrap_or(0));
        let message = (!made.is_empty()).then(|| &made[usize::from(first) % made.len().max(1)]);
        _ = match kind % 8 {
            0 => writer.integer(i64::from(first) - 128),
            1 => writer.text(&[b'a' + first % 26, b'0' + second % 10][..usize::from(third % 3)]),
            2 if open < 8 => writer.array(u64::from(first) % 40).inspect(|()| open += 1),
            3 if open < 8 => writer.record(u64::from(first) % 40).inspect(|()| open += 1),
            4 => writer.bits(&[first, second], usize::from(third) % 17),
            5 => message.map_or(Ok(()), |message| writer.blob(message)),
            6 => message.map_or(Ok(()), |message| {
                writer.value(message, usize::from(u16::from_le_bytes([second, third])) % (message.length_bits() / 64))
            }),
            _ => Ok(()),
        };
        if let Ok(message) = writer.finish() {
            made.push(message);
            open = 0;
        }
    }
    made
}

fn check(message: &Blob, limits: &Limits) {
    let mut seen = Vec::new();
    let counted = flattened_words(message, limits);
    if counted.is_ok()
        && dialect_of(message) == Ok(Dialect::Classic)
        && words(View::new(message).unwrap(), &mut seen, &mut 20_000).is_some()
    {
        match to_bytes(message) {
            Ok(bytes) => {
                let outside: Vec<u8> = seen.iter().flat_map(|word| word.to_le_bytes()).collect();
                assert_eq!(bytes.bytes(), outside);
                assert!(from_bytes(&outside, Dialect::Classic, &Limits { max_depth: 65535, ..*limits }).is_ok());
            }
            // Two equal keys; numbers of the other dialect; stones of stones.
            Err(status) => {
                assert!([Status::Malformed, Status::OutOfRange, Status::LimitExceeded].contains(&status));
            }
        }
    }
    for inline in [0, 64, usize::MAX] {
        let parts = to_parts(message, inline).unwrap();
        match from_parts(parts.all(), &Limits::DEFAULT) {
            Ok(back) => {
                assert_eq!(&back, message);
                assert_eq!(flattened_words(&back, limits), counted);
            }
            // Two equal keys.
            Err(status) => assert_eq!(status, Status::Malformed),
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_words: 100_000, ..Limits::DEFAULT };
    for message in build(bytes) {
        check(&message, &limits);
    }
    // Parts from outside: their number, then their lengths and bytes.
    let mut parts = Vec::new();
    let mut rest = bytes;
    while let Some((length, more)) = rest.split_first() {
        let (part, others) = more.split_at((usize::from(*length) * 8).min(more.len()));
        let mut part = Blob::from_bytes(part).unwrap();
        part.make_stone();
        parts.push(part);
        rest = others;
    }
    if let Ok(message) = from_parts(&parts, &limits) {
        check_made(&message, &limits);
    }
});

/// A message made from outside parts may be deep or have two equal keys; no call on it may go wrong.
fn check_made(message: &Blob, limits: &Limits) {
    if flattened_words(message, limits).is_ok() {
        let mut seen = Vec::new();
        _ = words(View::new(message).unwrap(), &mut seen, &mut 20_000);
        _ = to_bytes(message);
    }
    let parts = to_parts(message, 0).unwrap();
    assert_eq!(&from_parts(parts.all(), &Limits { max_depth: 65535, ..Limits::DEFAULT }).unwrap(), message);
}
