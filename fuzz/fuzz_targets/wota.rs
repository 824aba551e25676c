//! Any bytes as classic words: the three ways of reading agree; accepted bytes can be read, are written as the same bytes,
//! and survive conversion to the other formats.
#![no_main]

use drystone::convert::{nota_from_message, nota_to_message, transcode};
use drystone::dump::dump;
use drystone::wota::{Dialect, Reader, from_bytes, to_bytes, validate};
use drystone::{Limits, Status};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::DEFAULT;
    let checked = validate(bytes, Dialect::Classic, &limits);
    let message = from_bytes(bytes, Dialect::Classic, &limits);
    assert_eq!(checked.err(), message.as_ref().err().copied());
    assert_eq!(checked.err(), Reader::from_bytes(bytes, &limits).err());
    let Ok(message) = message else { return };
    assert_eq!(to_bytes(&message).unwrap().bytes(), bytes);
    assert!(dump(&message).is_ok());
    let mut reader = Reader::from_bytes(bytes, &limits).unwrap();
    reader.skip().unwrap();
    assert_eq!(reader.kind(), Err(Status::End));
    match nota_from_message(&message) {
        Ok(nota) => {
            let back = nota_to_message(nota.bytes(), &limits).unwrap();
            assert_eq!(nota_from_message(&back).unwrap(), nota);
        }
        Err(status) => assert_eq!(status, Status::OutOfRange),
    }
    match transcode(&message, Dialect::Dec64, false) {
        Ok(dec64) => assert!(transcode(&dec64, Dialect::Classic, false).is_ok()),
        Err(status) => assert_eq!(status, Status::OutOfRange),
    }
});
