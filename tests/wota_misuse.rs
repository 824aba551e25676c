//! Every misuse of writer and reader returns its status and changes nothing.

mod common;

use common::native_words;
use drystone::wota::{
    Dialect, INTEGER_MAX, INTEGER_MIN, Reader, Symbol, WRITER_MAX_DEPTH, Writer, from_bytes, is_message,
    to_bytes,
};
use drystone::{Blob, Limits, Status};

fn stone(bytes: &[u8]) -> Blob {
    let mut blob = Blob::from_bytes(bytes).unwrap();
    blob.make_stone();
    blob
}

/// Makes the call that must be refused, then finishes, and compares with the words without it.
fn refused(
    status: Status,
    before: impl Fn(&mut Writer),
    call: impl Fn(&mut Writer) -> Result<(), Status>,
    after: impl Fn(&mut Writer),
) {
    let mut with = Writer::new();
    before(&mut with);
    assert_eq!(call(&mut with), Err(status));
    assert_eq!(call(&mut with), Err(status));
    after(&mut with);
    let mut without = Writer::new();
    before(&mut without);
    after(&mut without);
    let (with, without) = (with.finish().unwrap(), without.finish().unwrap());
    assert_eq!(native_words(&with), native_words(&without));
    assert_eq!(with.held().len(), without.held().len());
}

#[test]
fn refused_calls_leave_the_writer_as_it_was() {
    let nothing = |_: &mut Writer| {};
    let null = |writer: &mut Writer| writer.symbol(Symbol::Null).unwrap();
    refused(Status::OutOfRange, nothing, |writer| writer.integer(INTEGER_MAX + 1), null);
    refused(Status::OutOfRange, nothing, |writer| writer.integer(INTEGER_MIN - 1), null);
    refused(Status::OutOfRange, nothing, |writer| writer.array(1 << 56), null);
    refused(Status::OutOfRange, nothing, |writer| writer.record(u64::MAX), null);
    refused(Status::OutOfRange, nothing, |writer| writer.bits(&[1, 2], 17), null);
    refused(Status::Malformed, nothing, |writer| writer.text(b"\xFF"), null);
    let mut shared = Blob::from_bytes(b"not stone").unwrap();
    shared.append_bytes(b"!").unwrap();

    let key = |writer: &mut Writer| writer.record(1).unwrap();
    let pair = |writer: &mut Writer| {
        writer.text(b"key").unwrap();
        writer.blob(&shared).unwrap();
    };
    let blob = stone(b"stone");
    type Call = fn(&mut Writer, &Blob) -> Result<(), Status>;
    let calls: [Call; 8] = [
        |writer, _| writer.integer(1),
        |writer, _| writer.number(0.5),
        |writer, _| writer.array(0),
        |writer, _| writer.record(0),
        |writer, _| writer.symbol(Symbol::Null),
        |writer, _| writer.symbol(Symbol::Private),
        |writer, blob| writer.blob(blob),
        |writer, _| writer.bits(&[0], 8),
    ];
    for call in calls {
        refused(Status::Malformed, key, |writer| call(writer, &blob), pair);
        refused(Status::Malformed, null, |writer| call(writer, &blob), nothing);
    }
    refused(Status::Malformed, null, |writer| writer.text(b"one more"), nothing);
    let system = |writer: &mut Writer| writer.symbol(Symbol::System).unwrap();
    let record = |writer: &mut Writer| writer.record(0).unwrap();
    refused(Status::Malformed, system, |writer| writer.array(0), record);
    refused(Status::Malformed, system, |writer| writer.text(b"x"), record);
    assert_eq!(blob.reference_count(), 1);
}

#[test]
fn too_few_elements_do_not_finish_and_can_be_completed() {
    let mut writer = Writer::new();
    assert_eq!(writer.finish().err(), Some(Status::Truncated));
    writer.record(2).unwrap();
    for step in 0..4 {
        assert_eq!(writer.finish().err(), Some(Status::Truncated));
        if step % 2 == 0 { writer.text(&[b'a' + step]).unwrap() } else { writer.number(0.5).unwrap() }
    }
    let message = writer.finish().unwrap();
    assert!(is_message(&message));
    assert_eq!(writer.finish().err(), Some(Status::Truncated));
    writer.symbol(Symbol::True).unwrap();
    assert_eq!(native_words(&writer.finish().unwrap()), [0x307]);
}

#[test]
fn depth_ends_at_its_limit_in_writer_and_reader() {
    for open in [|writer: &mut Writer| writer.array(1), |writer: &mut Writer| writer.symbol(Symbol::Private)]
    {
        let mut writer = Writer::new();
        for _ in 0..WRITER_MAX_DEPTH {
            open(&mut writer).unwrap();
        }
        assert_eq!(open(&mut writer), Err(Status::LimitExceeded));
        assert_eq!(writer.record(0), Err(Status::LimitExceeded));
        writer.integer(1).unwrap();
        let message = writer.finish().unwrap();
        Reader::new(&message, &Limits::DEFAULT).unwrap();
        let tight = Limits { max_depth: WRITER_MAX_DEPTH - 1, ..Limits::DEFAULT };
        assert_eq!(Reader::new(&message, &tight).err(), Some(Status::LimitExceeded));
        let short = Limits { max_words: u64::from(WRITER_MAX_DEPTH), ..Limits::DEFAULT };
        assert_eq!(Reader::new(&message, &short).err(), Some(Status::LimitExceeded));
        let bytes = to_bytes(&message).unwrap();
        assert!(from_bytes(bytes.bytes(), Dialect::Classic, &tight).is_err());
        assert!(from_bytes(bytes.bytes(), Dialect::Classic, &Limits::DEFAULT).is_ok());
    }
}

#[test]
fn readers_do_not_move_when_they_refuse() {
    let blob = stone(b"12345678");
    let mut writer = Writer::new();
    writer.array(6).unwrap();
    writer.integer(-5).unwrap();
    writer.number(0.25).unwrap();
    writer.text("größe".as_bytes()).unwrap();
    writer.symbol(Symbol::False).unwrap();
    writer.blob(&blob).unwrap();
    writer.record(0).unwrap();
    let message = writer.finish().unwrap();
    assert_eq!(blob.reference_count(), 2);

    let mut reader = Reader::new(&message, &Limits::DEFAULT).unwrap();
    assert_eq!(reader.integer(), Err(Status::WrongType));
    assert_eq!(reader.find(b"x"), Err(Status::WrongType));
    assert_eq!(reader.array(), Ok(6));
    assert_eq!(reader.symbol(), Err(Status::WrongType));
    assert_eq!(reader.integer(), Ok(-5));
    assert_eq!(reader.integer(), Err(Status::WrongType));
    assert_eq!(reader.number(), Ok(0.25));
    assert_eq!(reader.text(&mut [0; 6]), Err(Status::OutOfRange));
    assert_eq!(reader.text_length(), Ok(7));
    assert_eq!(reader.string().as_deref(), Ok("größe"));
    assert_eq!(reader.text_length(), Err(Status::WrongType));
    assert_eq!(reader.symbol(), Ok(Symbol::False));
    assert_eq!(reader.bits(&mut [0; 7]), Err(Status::OutOfRange));
    let back = reader.blob().unwrap();
    assert_eq!(back.bytes().as_ptr(), blob.bytes().as_ptr());
    assert_eq!(reader.record(), Ok(0));
    assert_eq!(reader.record(), Err(Status::End));
    drop(message);
    assert_eq!(blob.reference_count(), 2);
    drop(back);
    assert_eq!(blob.reference_count(), 1);
}

#[test]
fn only_messages_are_read_as_messages() {
    let mut blob = Blob::from_bytes(&[0; 8]).unwrap();
    assert_eq!(Reader::new(&blob, &Limits::DEFAULT).err(), Some(Status::NotStone));
    assert_eq!(to_bytes(&blob).err(), Some(Status::NotStone));
    blob.make_stone();
    assert_eq!(Reader::new(&blob, &Limits::DEFAULT).err(), Some(Status::WrongType));
    assert_eq!(to_bytes(&blob).err(), Some(Status::WrongType));
    let message = from_bytes(blob.bytes(), Dialect::Classic, &Limits::DEFAULT).unwrap();
    let whole = message.slice(0, message.length_bits()).unwrap();
    assert_eq!(Reader::new(&whole, &Limits::DEFAULT).err(), Some(Status::WrongType));
}

#[test]
fn messages_become_bytes_with_their_stones_inline_or_are_refused() {
    let inner = {
        let mut writer = Writer::new();
        writer.blob(&stone(b"inner")).unwrap();
        writer.finish().unwrap()
    };
    let plain = {
        let mut writer = Writer::new();
        writer.text(b"no stones").unwrap();
        writer.finish().unwrap()
    };
    let mut writer = Writer::new();
    writer.blob(&plain).unwrap();
    let outer = writer.finish().unwrap();
    let bytes = to_bytes(&outer).unwrap();
    let back = from_bytes(bytes.bytes(), Dialect::Classic, &Limits::DEFAULT).unwrap();
    let nested = Reader::new(&back, &Limits::DEFAULT).unwrap().blob().unwrap();
    assert_eq!(nested.bytes(), plain.bytes());

    writer.array(2).unwrap();
    writer.blob(&plain).unwrap();
    writer.blob(&inner).unwrap();
    let outer = writer.finish().unwrap();
    let bytes = to_bytes(&outer).unwrap();
    let back = from_bytes(bytes.bytes(), Dialect::Classic, &Limits::DEFAULT).unwrap();
    let mut reader = Reader::new(&back, &Limits::DEFAULT).unwrap();
    reader.array().unwrap();
    reader.skip().unwrap();
    assert_eq!(reader.blob().unwrap(), to_bytes(&inner).unwrap());

    writer.record(2).unwrap();
    for _ in 0..2 {
        writer.text(b"twice").unwrap();
        writer.integer(1).unwrap();
    }
    assert_eq!(to_bytes(&writer.finish().unwrap()).err(), Some(Status::Malformed));
}
