//! Every list of statuses matches `src/status.rs`: C's constants, and the names in JavaScript and Python.

use std::fs;
use std::path::Path;

use drystone::Status;

fn text(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

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

/// The text between two strings, on each line that has both.
fn between<'text>(text: &'text str, before: &str, after: &str) -> Vec<&'text str> {
    text.lines()
        .filter_map(|line| line.split_once(before)?.1.split_once(after).map(|parts| parts.0))
        .collect()
}

#[test]
fn all_lists_of_statuses_agree() {
    let statuses = statuses();
    let capitals: Vec<_> = statuses.iter().map(|(name, _)| in_capitals(name)).collect();
    assert_eq!(capitals.len(), 18);
    assert_eq!(capitals[12], "STALE_SCOPE");

    let mut constants = vec![String::from("OK: drystone_status = 0")];
    constants.extend(
        capitals.iter().zip(&statuses).map(|(name, (_, code))| format!("{name}: drystone_status = {code}")),
    );
    assert_eq!(between(&text("src/capi/status.rs"), "pub const DRYSTONE_", ";"), constants);

    let rows: Vec<_> = capitals.iter().map(|name| format!("{name}, \"{name}\"")).collect();
    assert_eq!(between(&text("bindings/quickjs/error.c"), "{ DRYSTONE_", " }"), rows);

    let declared = text("bindings/types/common.d.ts");
    let codes = declared.split_once("type StatusName =").unwrap().1.split_once(';').unwrap().0;
    let codes: Vec<_> =
        codes.split('|').map(|code| code.trim().trim_matches('"')).filter(|code| !code.is_empty()).collect();
    assert_eq!(codes, capitals);

    let python = text("bindings/python/src/drystone/errors.py");
    let classes = python.split("\nclass ").skip(1).filter_map(|class| {
        let code = class.split_once("\n    status = ")?.1.lines().next()?.parse().ok()?;
        Some((class.split('(').next()?.to_string(), code))
    });
    assert_eq!(classes.filter(|(name, _)| name != "DrystoneError").collect::<Vec<_>>(), statuses);
}
