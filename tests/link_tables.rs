//! The tables of `c-tests/README.md` about links name tests that exist.

use std::fs;
use std::path::Path;

/// The rows of the tables in the section: what is tested, and the cell with the tests.
fn rows(text: &str) -> Vec<(&str, &str)> {
    let (_, section) = text.split_once("## Which test covers which promise of links").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter_map(|row| row.rsplit_once(" | ")).filter(|(_, tests)| *tests != "test").collect()
}

#[test]
fn each_named_test_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("c-tests/README.md")).unwrap();
    let rows = rows(&text);
    assert!(rows.len() > 20, "{}", rows.len());
    for (what, cell) in rows {
        for of_file in cell.split("; ") {
            let (file, tests) = of_file.split_once(": ").unwrap_or_else(|| panic!("{what}: {of_file}"));
            let file = file.trim_matches('`');
            let path = if file.contains('/') { root.join(file) } else { root.join("c-tests").join(file) };
            let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{what}: {file}: {error}"));
            for test in tests.split(", ").map(|test| test.trim_matches('`')) {
                let (in_rust, in_c) = (format!("#[test]\nfn {test}()"), format!("static void {test}(void)"));
                // Defined, and in C also called.
                let called = source.contains(&format!("{test}();")) || source.contains(&format!("{test},"));
                assert!(
                    source.contains(&in_rust) || source.contains(&in_c) && called,
                    "{what}: {file} has no test {test}"
                );
            }
        }
    }
}
