//! The declarations in `src/core/declared.rs`, which are written by hand, are those of `drystone.h`.

use std::fs;
use std::path::Path;

/// The source without what differs between two ways to write the same declarations.
fn plain(path: &str) -> String {
    let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    let comment =
        |line: &&str| line.trim_start().starts_with("//") || line.trim_start().starts_with("#[derive");
    let lines: String = source.lines().filter(|line| !comment(line)).collect::<Vec<_>>().join(" ");
    let mut text = lines.replace("pub(super)", "pub").split_whitespace().collect::<String>();
    for (from, to) in [("::core::ffi::", ""), ("::core::option::", ""), (",)", ")"), (",>", ">")] {
        text = text.replace(from, to);
    }
    text
}

#[test]
fn the_declarations_are_those_of_the_header() {
    // Generated from the header.
    let header = plain("../bindings/rust/drystone-sys/src/bindings.rs");
    let declared = plain("src/core/declared.rs");
    let mut items = Vec::new();
    for (start, end) in [("pubfn", ";"), ("pubtype", ";"), ("#[repr(C)]pubstruct", "}")] {
        for (at, _) in declared.match_indices(start) {
            items.push(&declared[at..at + declared[at..].find(end).unwrap() + 1]);
        }
    }
    assert!(items.len() > 30, "{}", items.len());
    for item in &items {
        assert!(header.contains(item), "the header declares this otherwise: {item}");
    }
    // Every other type is opaque: in C it has no fields that this library could know.
    let structs = declared.matches("pubstruct").count() - declared.matches("pubstruct_size").count();
    assert_eq!(structs, declared.matches("#[repr(C)]pubstruct").count());
    for name in declared.split("pubenum").skip(1).filter_map(|rest| rest.split("{}").next()) {
        assert!(header.contains(&format!("pubstruct{name}{{")), "the header has no type {name}");
    }
}
