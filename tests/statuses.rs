//! The names of statuses: each list of them is generated from `src/status.rs` or asks the library.

use std::fs;
use std::path::Path;

use drystone::Status;

/// The names and numbers of all statuses, from the type itself.
fn statuses() -> Vec<(String, i32)> {
    let named = |code| Status::from_code(code).map(|status| (format!("{status:?}"), code));
    (1..).map_while(named).collect()
}

/// The name as written in C and JavaScript.
fn in_capitals(name: &str) -> String {
    let mut capitals = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !capitals.is_empty() {
            capitals.push('_');
        }
        capitals.extend(letter.to_uppercase());
    }
    capitals
}

#[test]
fn the_names_in_c_are_those_of_the_variants() {
    let statuses = statuses();
    assert_eq!(statuses.len(), 18);
    for (name, code) in statuses {
        let status = Status::from_code(code).unwrap();
        assert_eq!(status.name().to_str().unwrap(), in_capitals(&name));
    }
    assert_eq!(Status::StaleScope.name(), c"STALE_SCOPE");
}

#[test]
fn python_has_a_class_for_each_status() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("bindings/python/src/drystone/errors.py");
    let python = fs::read_to_string(file).unwrap();
    let classes = python.split("\nclass ").skip(1).filter_map(|class| class.split('(').next());
    let names: Vec<_> = statuses().into_iter().map(|(name, _)| name).collect();
    assert_eq!(classes.filter(|name| *name != "DrystoneError").collect::<Vec<_>>(), names);
}
