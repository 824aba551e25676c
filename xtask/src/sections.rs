//! The header's order: cbindgen gives all constants, then all types, then all functions; `include/sections.md` says which
//! of them belong together, and what each section begins with.

use std::fs;

use crate::process::{Outcome, root};

const FILE: &str = "include/sections.md";
/// Up to so many columns, what says one thing stands on one line.
const COLUMNS: usize = 120;
/// What the caller loses when it does not look: a letter that was refused stays the caller's.
const TELLS_OWNER: [&str; 4] =
    ["mailbox_post", "mailbox_post_urgent", "mailbox_post_wait", "mailbox_outbox_post"];
/// Constants whose bits have a meaning.
const BITS: [&str; 6] =
    ["ARENA_CHECKED", "ARENA_SCRUB", "ARENA_ZERO", "BUCKET_", "DEC64_NULL", "WOTA_NEAREST"];

struct Section {
    title: String,
    names: Vec<String>,
    prose: Vec<String>,
    example: Vec<String>,
}

/// A declaration with its comment.
struct Item<'header> {
    text: String,
    name: &'header str,
    is_function: bool,
}

/// The header as cbindgen gives it, in sections.
pub fn arrange(header: &str) -> Outcome<String> {
    let sections = sections()?;
    let (beginning, rest) = header.split_once("\n/**\n").ok_or("the header has no declaration")?;
    let (rest, _) = rest.rsplit_once("\n#ifdef __cplusplus\n}").ok_or("the header has no end")?;
    let rest = rest.replace("#ifdef __cplusplus\nextern \"C\" {\n#endif // __cplusplus\n", "");
    let items = rest.split("\n/**\n").map(item).collect::<Outcome<Vec<_>>>()?;
    used(&items)?;
    let mut placed: Vec<(usize, bool, usize, &Item)> = Vec::new();
    for item in &items {
        let (section, rank) = place(&sections, item.name).ok_or(format!(
            "no section of {FILE} has {}; what is public in Rust only, include/cbindgen.toml excludes",
            item.name
        ))?;
        placed.push((section, item.is_function, rank, item));
    }
    // Stable: what one pattern stands for keeps the sources' order.
    placed.sort_by_key(|&(section, is_function, rank, _)| (section, is_function, rank));
    let mut text = format!("{}\n\n#ifdef __cplusplus\nextern \"C\" {{\n#endif\n", beginning.trim_end());
    for (number, section) in sections.iter().enumerate() {
        text.push_str(&head(section)?);
        let mut after_constant = false;
        for (.., item) in placed.iter().filter(|&&(place, ..)| place == number) {
            let is_constant = item.text.lines().count() == 2 && item.text.contains("\n#define ");
            if !(after_constant && is_constant) {
                text.push('\n');
            }
            text.push_str(&item.text);
            after_constant = is_constant;
        }
    }
    text.push_str("\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* DRYSTONE_H */\n");
    Ok(text)
}

/// A type that nobody can look into is there for some call.
fn used(items: &[Item]) -> Outcome {
    let opaque = |item: &&Item| item.text.contains(&format!("\ntypedef struct {0} {0};", item.name));
    for item in items.iter().filter(|item| item.text.contains("typedef")).filter(opaque) {
        let argument = format!("struct {} *", item.name);
        if !items.iter().any(|other| other.name != item.name && other.text.contains(&argument)) {
            return Err(format!("no call uses {}", item.name).into());
        }
    }
    Ok(())
}

/// The section and the place in its list that a name fits best.
fn place(sections: &[Section], name: &str) -> Option<(usize, usize)> {
    let mut best = None;
    for (number, section) in sections.iter().enumerate() {
        for (rank, pattern) in section.names.iter().enumerate() {
            let weight = match pattern.strip_suffix('*') {
                Some(beginning) if name.starts_with(beginning) => beginning.len(),
                None if pattern == name => usize::MAX,
                _ => continue,
            };
            if best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, (number, rank)));
            }
        }
    }
    best.map(|(_, place)| place)
}

/// Reads what stands between the comment's first line and the next comment.
fn item(text: &str) -> Outcome<Item<'_>> {
    let (comment, declaration) = text.split_once(" */\n").ok_or(format!("no comment: {text}"))?;
    let declaration = declaration.trim();
    let is_function = !declaration.starts_with("typedef") && !declaration.starts_with("#define");
    let name = if let Some(constant) = declaration.strip_prefix("#define ") {
        constant.split(' ').next()
    } else if let Some((_, pointer)) =
        declaration.split_once("(*").filter(|_| !is_function && !declaration.contains('{'))
    {
        pointer.split(')').next()
    } else if is_function {
        declaration.split('(').next().and_then(|before| before.rsplit([' ', '*']).next())
    } else {
        declaration.trim_end_matches(';').rsplit(' ').next()
    };
    let name = name.filter(|name| !name.is_empty()).ok_or(format!("no name: {declaration}"))?;
    let mut declaration = declaration.to_owned();
    if is_function && is_to_be_used(name, &declaration) {
        declaration.insert_str(0, "DRYSTONE_MUST_USE\n");
    }
    if let Some((constant, value)) = declaration.clone().rsplit_once(' ')
        && constant.starts_with("#define")
        && BITS.iter().any(|bits| name.starts_with(bits))
    {
        declaration = format!("{constant} {}", in_hex(value.parse()?));
    }
    Ok(Item { text: shortened(&format!("/**\n{comment} */\n{declaration}\n")), name, is_function })
}

/// The type stays what the decimal number has in C: `long long` (or as long a `long`) where it is no `int`.
fn in_hex(value: u64) -> String {
    if i32::try_from(value).is_ok() { format!("0x{value:X}") } else { format!("0x{value:X}LL") }
}

/// Whether the result, or an output, is something that the caller has to give back.
fn is_to_be_used(name: &str, declaration: &str) -> bool {
    let parameters = declaration.split_once('(').map_or("", |(_, parameters)| parameters);
    let makes =
        parameters.split(',').any(|one| one.contains(" **") && !one.trim_start().starts_with("const"));
    let gives = declaration.starts_with("struct ") || declaration.starts_with("void *");
    makes || gives || TELLS_OWNER.contains(&name)
}

/// Comments of one line on one line.
fn shortened(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut short = String::new();
    let mut at = 0;
    while at < lines.len() {
        let one = match lines[at..] {
            [open, only, close, ..] if open.trim() == "/**" && close.trim() == "*/" => {
                Some(format!("{} {} */", open, only.trim().trim_start_matches("* ")))
            }
            _ => None,
        };
        match one.filter(|line| line.len() <= COLUMNS) {
            Some(line) => {
                short.push_str(&line);
                at += 3;
            }
            None => {
                short.push_str(lines[at]);
                at += 1;
            }
        }
        short.push('\n');
    }
    short
}

/// The comment that a section begins with.
fn head(section: &Section) -> Outcome<String> {
    let line = "-".repeat(COLUMNS - 3);
    let mut text = format!("\n/* {line}\n * {}\n", section.title);
    for part in [&section.prose, &section.example].into_iter().filter(|part| !part.is_empty()) {
        text.push_str(" *\n");
        for line in part {
            if line.contains("/*") || line.len() + 3 > COLUMNS {
                return Err(format!("{FILE}: a comment in the comment, or too long: {line}").into());
            }
            text.push_str(format!(" * {line}").trim_end());
            text.push('\n');
        }
    }
    text.push_str(" */\n");
    Ok(text)
}

fn sections() -> Outcome<Vec<Section>> {
    let text = fs::read_to_string(root().join(FILE))?;
    let parts = text.split("\n# ").skip(1).map(|part| {
        let mut lines = part.lines();
        let title = lines.next().unwrap_or_default().to_owned();
        let mut section = Section { title, names: Vec::new(), prose: Vec::new(), example: Vec::new() };
        for line in lines {
            if let Some(names) = line.strip_prefix("names: ") {
                section.names.extend(names.split(' ').map(str::to_owned));
            } else if line.starts_with("    ") {
                section.example.push(line.to_owned());
            } else if !line.is_empty() {
                section.prose.push(line.to_owned());
            }
        }
        section
    });
    Ok(parts.collect())
}

/// A program of all examples, which ends well when they leave nothing behind.
pub fn examples() -> Outcome<String> {
    let mut program = String::from("#include <drystone.h>\n#include <stdio.h>\n\n");
    let mut calls = String::new();
    for (number, section) in sections()?.iter().enumerate().filter(|(_, section)| !section.example.is_empty())
    {
        let body = section.example.join("\n");
        let used = "(void)message; (void)bytes; (void)count;";
        program.push_str(&format!("/* {} */\n", section.title));
        program.push_str(&format!(
            "static void example_{number}(blob *message, const uint8_t *bytes, size_t count)\n"
        ));
        program.push_str(&format!("{{\n    {used}\n{body}\n}}\n\n"));
        calls.push_str(&format!("  example_{number}(message, bytes, sizeof bytes);\n"));
    }
    Ok(program + &include_str!("sections.c").replace("  examples();\n", &calls))
}
