//! Any bytes as Nota: checking and converting agree, accepted values are stable, and a feeder finds their end in
//! whatever pieces they arrive.
#![no_main]

use drystone::convert::{nota_from_message, nota_to_message};
use drystone::nota::{Fed, Feeder, Reader, validate};
use drystone::{Limits, Status};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { max_words: 1 << 20, ..Limits::DEFAULT };
    let checked = validate(bytes, &limits);
    let message = nota_to_message(bytes, &limits);
    assert_eq!(checked.err(), message.as_ref().err().copied());
    let mut feeder = Feeder::new(limits);
    let mut fed = 0;
    let complete = bytes.chunks(3).any(|piece| match feeder.feed(piece) {
        Ok(Fed::More) => {
            fed += piece.len();
            false
        }
        Ok(Fed::Complete(taken)) => {
            fed += taken;
            true
        }
        Err(_) => true,
    });
    let Ok(message) = message else { return };
    assert!(complete);
    assert_eq!((fed, feeder.bytes()), (bytes.len(), Ok(bytes)));
    // Nota accepts numbers in longer forms than it writes; its own form is stable.
    let own = nota_from_message(&message).unwrap();
    assert_eq!(nota_to_message(own.bytes(), &limits).unwrap(), message);
    let mut reader = Reader::new(bytes, &limits).unwrap();
    reader.skip().unwrap();
    assert_eq!(reader.kind(), Err(Status::End));
});
