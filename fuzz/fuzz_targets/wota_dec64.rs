//! Any bytes as words with DEC64 numbers: the three ways of reading agree, and accepted bytes can be read and are written
//! as the same bytes.
#![no_main]

use drystone::convert::transcode;
use drystone::dump::dump;
use drystone::wota::{Dialect, Reader, from_bytes, to_bytes, validate};
use drystone::{Limits, Status};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::DEFAULT;
    let checked = validate(bytes, Dialect::Dec64, &limits);
    let message = from_bytes(bytes, Dialect::Dec64, &limits);
    assert_eq!(checked.err(), message.as_ref().err().copied());
    assert_eq!(checked.err(), Reader::dec64_from_bytes(bytes, &limits).err());
    let Ok(message) = message else { return };
    assert_eq!(to_bytes(&message).unwrap().bytes(), bytes);
    assert!(dump(&message).is_ok());
    let mut reader = Reader::dec64_from_bytes(bytes, &limits).unwrap();
    reader.skip().unwrap();
    assert_eq!(reader.kind(), Err(Status::End));
    // A DEC64 number may have more digits than a double; a number that came from a double does not change.
    let classic = transcode(&message, Dialect::Classic, false).unwrap();
    let again = transcode(&classic, Dialect::Dec64, true).unwrap();
    let once_more = transcode(&again, Dialect::Classic, false).unwrap();
    assert_eq!(transcode(&once_more, Dialect::Dec64, true).unwrap(), again);
});
