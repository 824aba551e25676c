//! Any bytes as a pickle stream: an accepted stream becomes a message whose bytes pass every check, and which can be written
//! as a stream again.
#![no_main]

use drystone::Limits;
use drystone::pickle::{message_from_pickle, pickle_from_message};
use drystone::wota::{Dialect, to_bytes, validate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|stream: &[u8]| {
    match message_from_pickle(stream, &Limits::DEFAULT) {
        Ok(message) => {
            let bytes = to_bytes(&message).unwrap();
            validate(bytes.bytes(), Dialect::Classic, &Limits::DEFAULT).unwrap();
            pickle_from_message(&message).unwrap();
        }
        Err(fault) => assert!(fault.offset <= stream.len()),
    }
});
