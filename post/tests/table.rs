//! The table of `tests/README.md` names tests that exist.

use std::fs;
use std::path::Path;

#[test]
fn each_named_test_exists() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = fs::read_to_string(folder.join("README.md")).unwrap();
    let named: Vec<_> = text.split('`').skip(1).step_by(2).filter_map(|word| word.split_once("::")).collect();
    assert!(named.len() > 20);
    for (file, test) in named {
        let source = fs::read_to_string(folder.join(file).with_extension("rs")).unwrap();
        assert!(source.contains(&format!("#[test]\nfn {test}()")), "{file} has no test {test}");
    }
    // And each test of the guarantees is in the table.
    for file in ["promises", "mailboxes", "hostile", "nats", "nats_long", "hosts"] {
        let source = fs::read_to_string(folder.join(file).with_extension("rs")).unwrap();
        for test in source.split("#[test]\nfn ").skip(1).filter_map(|rest| rest.split('(').next()) {
            let common = ["letters_arrive_as_they_were_posted", "every_form_of_letter", "faulty_calls"];
            let named = text.contains(&format!("`{file}::{test}`"));
            assert!(named || common.contains(&test), "{file}::{test} is not in the table");
        }
    }
}
