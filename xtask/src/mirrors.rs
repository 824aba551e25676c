//! Declarations that repeat what one Rust source declares: the status constants and the statistics structs of C, and
//! the names of the statuses in JavaScript. cbindgen does not see what macros make, so they are written to files.

use std::fmt::Write;
use std::fs;

use crate::place::place;
use crate::process::{Outcome, root};

const STATUSES: &str = "src/status.rs";

/// The modules that have statistics, where they declare them, and the C struct.
const STATISTICS: [(&str, &str, &str); 3] = [
    ("arena", "src/arena/statistics.rs", "arena_stats_t"),
    ("link", "src/link/mod.rs", "link_statistics_t"),
    ("mailbox", "src/mailbox/mod.rs", "mailbox_statistics_t"),
];

/// Writes the Rust files that cbindgen reads, or with `check` fails if they are out of date.
pub fn for_header(check: bool) -> Outcome {
    place(&root().join("src/capi/status_codes.rs"), &codes(&read(STATUSES)?)?, check)?;
    place(&root().join("src/capi/statistics_types.rs"), &statistics()?, check)
}

/// The union of the names of statuses, as TypeScript declares it.
pub fn status_union() -> Outcome<String> {
    let names: Vec<_> =
        statuses(&read(STATUSES)?)?.iter().map(|status| format!("\"{}\"", status.name)).collect();
    Ok(format!("export type StatusName =\n    | {};\n", filled(&names, " | ", 109).join("\n    | ")))
}

/// Writes the names of the statuses in JavaScript, or with `check` fails if they are out of date.
pub fn for_javascript(check: bool) -> Outcome {
    let mut names = vec![String::from("\"OK\"")];
    names.extend(statuses(&read(STATUSES)?)?.iter().map(|status| format!("\"{}\"", status.name)));
    let list = filled(&names, ", ", 113).join(",\n    ");
    let text = format!(
        "// Written by `cargo xtask declarations` from {STATUSES}.\n\n\
         /** The names of the statuses, by number. */\nexport const STATUSES = [\n    {list},\n];\n"
    );
    place(&root().join("bindings/web/statuses.js"), &text, check)
}

struct Status<'text> {
    documentation: &'text str,
    name: &'text str,
    number: &'text str,
}

fn read(file: &str) -> Outcome<String> {
    Ok(fs::read_to_string(root().join(file))?)
}

/// The rows of the macro `statuses!`.
fn statuses(source: &str) -> Outcome<Vec<Status<'_>>> {
    let rows = source.split_once("\nstatuses! {\n").and_then(|(_, rest)| rest.split_once("\n}\n"));
    let lines: Vec<_> = rows.ok_or("no list of statuses")?.0.lines().map(str::trim).collect();
    lines
        .chunks(2)
        .map(|lines| {
            let [documentation, row] = lines else { return None };
            let (_, values) = row.split_once(" = ")?;
            let (number, texts) = values.split_once(", c\"")?;
            Some(Status { documentation, name: texts.split_once('"')?.0, number })
        })
        .collect::<Option<_>>()
        .ok_or_else(|| "a row of statuses is not one line of documentation and one of values".into())
}

fn codes(source: &str) -> Outcome<String> {
    let mut text = format!(
        "//! The constants of the statuses that are failures. Written by `cargo xtask header` from `{STATUSES}`.\n\n\
         use super::status::drystone_status;\n\n"
    );
    for Status { documentation, name, number } in statuses(source)? {
        writeln!(text, "{documentation}\npub const DRYSTONE_{name}: drystone_status = {number};")?;
    }
    Ok(text)
}

fn statistics() -> Outcome<String> {
    let mut text = String::from(
        "//! Structs of statistics: those of Rust after a `struct_size`. Written by `cargo xtask header` from them.\n\n\
         /// A struct of C: its size, then the fields of a struct of Rust.\n///\n\
         /// # Safety\n/// The layout is that of C, and the first field is the size.\n\
         pub unsafe trait WithSize {\n    \
         /// The struct of Rust.\n    type Fields;\n\n    \
         /// The same fields, with a size.\n    fn new(struct_size: usize, found: Self::Fields) -> Self;\n}\n",
    );
    for (module, file, name) in STATISTICS {
        let source = read(file)?;
        let (documentation, body) = declared(&source).ok_or_else(|| format!("no statistics in {file}"))?;
        let body = in_c(body);
        let fields = body.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(':'));
        let copied: String =
            fields.map(|(field, _)| format!("            {field}: found.{field},\n")).collect();
        write!(
            text,
            "\n{documentation}#[repr(C)]\npub struct {name} {{\n    /// `sizeof({name})`, set by the caller.\n    \
             pub struct_size: usize,\n{body}}}\n\n\
             // SAFETY: `repr(C)`, and the size is first.\n\
             unsafe impl WithSize for {name} {{\n    type Fields = crate::{module}::Statistics;\n\n    \
             fn new(struct_size: usize, found: Self::Fields) -> Self {{\n        \
             Self {{\n            struct_size,\n{copied}        }}\n    }}\n}}\n"
        )?;
    }
    Ok(text)
}

/// The documentation and the fields of the struct `Statistics`.
fn declared(source: &str) -> Option<(&str, &str)> {
    let (before, rest) = source.split_once("pub struct Statistics {\n")?;
    let before = before.rsplit_once("#[derive")?.0;
    let start = before.rfind("\n\n")? + 2;
    Some((&before[start..], rest.split_once("}\n")?.0))
}

/// Links to what has another name in C.
fn in_c(documentation: &str) -> String {
    documentation
        .replace("[`Mailbox::sweep`]", "`mailbox_sweep`")
        .replace("[`Options::max_bytes`]", "`max_bytes`")
}

/// The items in lines of at most `width` characters.
fn filled(items: &[String], separator: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.len() + separator.len() + item.len() <= width => {
                line.push_str(separator);
                line.push_str(item);
            }
            _ => lines.push(item.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_current() {
        for_header(true).unwrap();
        for_javascript(true).unwrap();
    }

    #[test]
    fn every_row_becomes_a_constant() {
        let source =
            "macro\nstatuses! {\n    /// Why.\n    NoMemory = 1, c\"NO_MEMORY\", c\"out of memory\";\n}\n";
        assert!(
            codes(source)
                .unwrap()
                .ends_with("/// Why.\npub const DRYSTONE_NO_MEMORY: drystone_status = 1;\n")
        );
        assert!(codes("statuses! {}").is_err());
        assert!(codes("\nstatuses! {\n    NoMemory = 1;\n}\n").is_err());
    }

    #[test]
    fn fields_follow_the_documentation() {
        let source =
            "use x;\n\n/// What.\n#[derive(Debug)]\npub struct Statistics {\n    pub used: usize,\n}\n";
        assert_eq!(declared(source), Some(("/// What.\n", "    pub used: usize,\n")));
        assert_eq!(declared("pub struct Other {\n}\n"), None);
    }

    #[test]
    fn lines_are_filled() {
        let items = ["aa", "bb", "cc"].map(String::from);
        assert_eq!(filled(&items, ", ", 6), ["aa, bb", "cc"]);
    }
}
