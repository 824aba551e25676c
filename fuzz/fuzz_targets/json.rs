//! Any text as JSON: an accepted text becomes a message whose own JSON text is read as the same message.
#![no_main]

use drystone::Limits;
use drystone::json::{json_from_message, message_from_json};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    match message_from_json(text, &Limits::DEFAULT) {
        Ok(message) => {
            let again = json_from_message(&message, text.len() % 2 == 1).unwrap();
            assert_eq!(message_from_json(again.bytes(), &Limits::DEFAULT).unwrap(), message);
        }
        Err(fault) => assert!(fault.offset <= text.len()),
    }
});
