//! The layers of `src`: who may import whom, who exports to C, and who turns C's pointers into references.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules of `src` from the bottom up, each with the modules that it imports, which are earlier in this list.
const LAYERS: [(&str, &[&str]); 21] = [
    ("status", &[]),
    ("lanes", &[]),
    ("sync", &[]),
    ("allocation", &["status"]),
    ("counting", &["allocation", "status", "sync"]),
    ("number", &["status"]),
    ("text", &["lanes", "status"]),
    ("value", &["allocation", "status"]),
    ("blob", &["counting", "number", "status", "sync", "text"]),
    ("bucket", &["allocation", "lanes", "status"]),
    ("arena", &["counting", "status", "sync"]),
    ("mailbox", &["allocation", "blob", "counting", "status", "sync"]),
    ("wota", &["allocation", "blob", "lanes", "number", "status", "text", "value"]),
    ("nota", &["allocation", "blob", "number", "status", "text", "value", "wota"]),
    ("view", &["allocation", "blob", "status", "sync", "text", "value", "wota"]),
    ("link", &["allocation", "blob", "mailbox", "status", "value", "wota"]),
    ("convert", &["allocation", "blob", "nota", "number", "status", "value", "wota"]),
    ("tree", &["arena", "blob", "bucket", "status", "value", "wota"]),
    ("pickle", &["allocation", "blob", "status", "value", "view", "wota"]),
    (
        "json",
        &[
            "allocation",
            "arena",
            "blob",
            "bucket",
            "convert",
            "lanes",
            "number",
            "status",
            "text",
            "value",
            "wota",
        ],
    ),
    (
        "capi",
        &[
            "allocation",
            "arena",
            "blob",
            "bucket",
            "convert",
            "counting",
            "json",
            "lanes",
            "link",
            "mailbox",
            "nota",
            "number",
            "pickle",
            "status",
            "tree",
            "value",
            "view",
            "wota",
        ],
    ),
];

/// Folders whose files import each other without a circle.
const WITHOUT_CIRCLES: [&str; 26] = [
    "capi",
    "capi/ptr",
    "capi/ptr/wasmtime",
    "capi/wasmtime",
    "allocation",
    "arena",
    "arena/scoped_heap",
    "blob",
    "bucket",
    "bucket/heap",
    "bucket/imports",
    "convert",
    "counting",
    "json",
    "link",
    "mailbox",
    "nota",
    "number",
    "pickle",
    "text",
    "tree",
    "value",
    "view",
    "wota",
    "wota/parts",
    "wota/read",
];

/// Modules that have no unsafe code.
const SAFE: [&str; 7] = ["bucket", "convert", "json", "nota", "number", "pickle", "wota"];

/// Attributes that export a symbol.
const EXPORTS: [&str; 3] = ["no_mangle", "export_name", "link_section"];

/// Calls that turn a pointer into a reference, or into an owning object.
const DEREFERENCES: [&str; 8] =
    ["as_ref", "as_mut", "from_raw", "from_raw_parts", "from_raw_parts_mut", "from_ptr", "transmute", "&*"];

/// A file of `src`, with its path relative to `src`.
struct File {
    path: String,
    source: String,
}

impl File {
    /// The module that the file is.
    fn module(&self) -> Vec<&str> {
        let mut parts: Vec<_> = self.path.trim_end_matches(".rs").split('/').collect();
        if parts.last().is_some_and(|last| ["mod", "lib"].contains(last)) {
            parts.pop();
        }
        parts
    }
}

/// The words and signs of a source, without comments; a string becomes `""`.
fn tokens(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let word = |text: &str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
        let (length, token) = if rest.starts_with("//") {
            (rest.find('\n').unwrap_or(rest.len()), None)
        } else if rest.starts_with("/*") {
            (rest.find("*/").map_or(rest.len(), |end| end + 2), None)
        } else if let Some(raw) = rest.strip_prefix("r#\"") {
            (raw.find("\"#").map_or(rest.len(), |end| end + 5), Some("\"\""))
        } else if first == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            });
            (end.map_or(rest.len(), |end| end + 2), Some("\"\""))
        } else if first == '\'' {
            // A character, or a lifetime.
            let escaped = rest[1..].starts_with('\\');
            let end = rest[if escaped { 3 } else { 1 }..].char_indices().nth(usize::from(!escaped));
            match end {
                Some((_, _)) if escaped => (3 + rest[3..].find('\'').map_or(0, |end| end + 1), None),
                Some((at, '\'')) => (at + 2, None),
                _ => (1, None),
            }
        } else if first.is_alphanumeric() || first == '_' {
            (word(rest), Some(&rest[..word(rest)]))
        } else if rest.starts_with("::") || rest.starts_with("&*") || rest.starts_with("&&") {
            (2, Some(&rest[..2]))
        } else {
            (first.len_utf8(), Some(&rest[..first.len_utf8()]).filter(|sign| !sign.trim().is_empty()))
        };
        found.extend(token);
        rest = &rest[length..];
    }
    found
}

/// All paths of a file that begin with `crate`, `super` or `self`, from the root of the crate.
fn paths(file: &File) -> Vec<Vec<String>> {
    let tokens = tokens(&file.source);
    let mut module: Vec<String> = file.module().iter().map(|part| part.to_string()).collect();
    let mut depth = 0;
    let mut inner = Vec::new();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at] {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                if inner.last() == Some(&depth) {
                    inner.pop();
                    module.pop();
                }
            }
            "mod" if tokens.get(at + 2) == Some(&"{") => {
                inner.push(depth);
                module.push(tokens[at + 1].to_string());
            }
            "crate" | "super" | "self" if tokens.get(at + 1) == Some(&"::") => {
                let mut prefix = if tokens[at] == "crate" { Vec::new() } else { module.clone() };
                if tokens[at] == "super" {
                    prefix.pop();
                }
                at = path(&tokens, at + 2, &prefix, &mut found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Adds the paths that follow `prefix`, one or a group of them; returns the position of the next token.
fn path(tokens: &[&str], mut at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut prefix = prefix.to_vec();
    loop {
        match tokens.get(at).copied() {
            Some("super") => {
                prefix.pop();
            }
            Some("self") => {}
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| *token != "}") {
                    at = if tokens[at] == "," { at + 1 } else { path(tokens, at, &prefix, found) };
                }
                return at + 1;
            }
            Some("as") => {
                at += 2;
                continue;
            }
            Some(word) if word.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '*') => {
                prefix.push(word.to_string());
            }
            _ => {}
        }
        if tokens.get(at + 1) != Some(&"::") {
            found.push(prefix);
            return at + if tokens.get(at + 1) == Some(&"as") { 3 } else { 1 };
        }
        at += 2;
    }
}

/// The broken rules, each with its file.
fn problems(files: &[File], layers: &[(&str, &[&str])], without_circles: &[&str]) -> BTreeSet<String> {
    let mut wrong = BTreeSet::new();
    let mut imported = BTreeSet::new();
    for (place, (name, imports)) in layers.iter().enumerate() {
        for import in *imports {
            if !layers[..place].iter().any(|(below, _)| below == import) {
                wrong.insert(format!("the table: {name} may not import {import}, which is not below it"));
            }
        }
    }
    for file in files.iter().filter(|file| file.path != "lib.rs") {
        let module = file.module();
        let Some((name, imports)) = layers.iter().find(|(name, _)| *name == module[0]) else {
            wrong.insert(format!("{}: {} is not in the table", file.path, module[0]));
            continue;
        };
        for path in paths(file) {
            let Some(first) = path.first() else { continue };
            if !layers.iter().any(|(other, _)| other == first) {
                wrong.insert(format!("{}: {} is imported through lib.rs", file.path, path.join("::")));
            } else if first != name {
                imported.insert((*name, first.clone()));
                if !imports.contains(&first.as_str()) {
                    wrong.insert(format!("{}: {name} may not import {}", file.path, path.join("::")));
                }
            }
        }
        let tokens = tokens(&file.source);
        if *name != "capi" {
            let exports = |word: &&str| EXPORTS.contains(word);
            if let Some(word) = tokens.iter().find(|word| exports(word)) {
                wrong.insert(format!("{}: only capi exports, not this {word}", file.path));
            }
        } else if module.get(1) != Some(&"ptr") {
            let mut dereferences = tokens.iter().filter(|word| DEREFERENCES.contains(word));
            let mutable = tokens.windows(3).any(|three| three == ["&", "mut", "*"]).then_some(&"&mut *");
            if let Some(word) = dereferences.next().or(mutable) {
                wrong.insert(format!("{}: {word} belongs in capi/ptr", file.path));
            }
        }
        if module.len() == 1 && SAFE.contains(name) && !file.source.contains("#![forbid(unsafe_code)]") {
            wrong.insert(format!("{}: {name} does not forbid unsafe code", file.path));
        }
    }
    for (name, imports) in layers {
        for import in *imports {
            if !imported.contains(&(*name, import.to_string())) {
                wrong.insert(format!("the table: {name} does not import {import}"));
            }
        }
    }
    for folder in without_circles {
        if let Some(circle) = circle(files, folder) {
            wrong.insert(format!("{folder}: a circle of {}", circle.join(", ")));
        }
    }
    wrong
}

/// A cycle: modules of a folder of which each imports another one of them.
fn circle(files: &[File], folder: &str) -> Option<Vec<String>> {
    let folder: Vec<_> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let child = |path: &[String]| {
        path.starts_with(&folder.iter().map(|part| part.to_string()).collect::<Vec<_>>())
            .then(|| path.get(folder.len()).cloned())
            .flatten()
    };
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let module: Vec<_> = file.module().iter().map(|part| part.to_string()).collect();
        if let Some(from) = child(&module) {
            edges.entry(from).or_default().extend(paths(file).iter().filter_map(|path| child(path)));
        }
    }
    let names: BTreeSet<_> = edges.keys().cloned().collect();
    for (from, to) in &mut edges {
        to.retain(|name| name != from && names.contains(name));
    }
    // A module that imports none of the remaining ones, or that none of them imports, is in no cycle.
    loop {
        let imported: BTreeSet<_> = edges.values().flatten().cloned().collect();
        let outside = |(from, to): &(&String, &BTreeSet<String>)| to.is_empty() || !imported.contains(*from);
        let Some(name) = edges.iter().find(outside).map(|(from, _)| from.clone()) else { break };
        edges.remove(&name);
        edges.values_mut().for_each(|to| {
            to.remove(&name);
        });
    }
    (!edges.is_empty()).then(|| edges.into_keys().collect())
}

fn sources(root: &Path, folder: &Path, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.push(File { path: name, source: fs::read_to_string(&path).unwrap() });
        }
    }
}

#[test]
fn sources_keep_the_layers() {
    let mut files = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root, &root, &mut files);
    assert!(files.len() > 100);
    let wrong = problems(&files, &LAYERS, &WITHOUT_CIRCLES);
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_other_crates_have_no_circle() {
    for (name, folders) in [
        ("post", ["", "capi", "core", "nats"].as_slice()),
        ("cli", &["", "command", "walk"]),
        ("xtask", &[""]),
        ("benches", &[""]),
    ] {
        let mut files = Vec::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(name).join("src");
        sources(&root, &root, &mut files);
        assert!(files.len() > 20, "{name}");
        for folder in folders {
            assert_eq!(circle(&files, folder), None, "{name}/src/{folder}");
        }
    }
}

/// The rules that a file breaks, next to two files that break none.
fn said_of(path: &str, source: &str) -> Vec<String> {
    let layers: [(&str, &[&str]); 3] = [("status", &[]), ("wota", &["status"]), ("capi", &["wota"])];
    let file = |path: &str, source: &str| File { path: path.to_string(), source: source.to_string() };
    let files = [
        file("lib.rs", "mod status; pub use status::Status;"),
        file("status.rs", "pub enum Status {}"),
        file("wota/mod.rs", "#![forbid(unsafe_code)]\nuse crate::status::Status; // crate::capi\n"),
        file("capi/mod.rs", "use crate::wota; const C: char = '\"'; const T: &str = \"crate::nobody\";"),
        file(path, source),
    ];
    problems(&files, &layers, &["capi"]).into_iter().collect()
}

#[test]
fn each_broken_rule_is_found() {
    let nothing: [&str; 0] = [];
    assert_eq!(
        said_of("wota/read.rs", "mod tests { use super::super::Word; use crate::status::Status; }"),
        nothing
    );
    assert_eq!(said_of("capi/blob.rs", "#[unsafe(no_mangle)] fn f<'a>(c: char) { c == '\\''; }"), nothing);
    assert_eq!(said_of("capi/ptr/blob.rs", "unsafe { &*pointer }"), nothing);

    let one = |path, source| {
        let said = said_of(path, source);
        assert_eq!(said.len(), 1, "{said:?}");
        said.into_iter().next().unwrap()
    };
    assert_eq!(one("status/a.rs", "use crate::{wota::{self}};"), "status/a.rs: status may not import wota");
    assert_eq!(
        one("wota/a.rs", "use super::super::capi::blob;"),
        "wota/a.rs: wota may not import capi::blob"
    );
    assert_eq!(one("wota/a.rs", "fn f() { crate::capi::g() }"), "wota/a.rs: wota may not import capi::g");
    assert_eq!(one("wota/a.rs", "use crate::Status;"), "wota/a.rs: Status is imported through lib.rs");
    assert_eq!(one("extra.rs", ""), "extra.rs: extra is not in the table");
    assert_eq!(one("wota/a.rs", "#[unsafe(no_mangle)]"), "wota/a.rs: only capi exports, not this no_mangle");
    assert_eq!(one("capi/a.rs", "unsafe { &*p }"), "capi/a.rs: &* belongs in capi/ptr");
    assert_eq!(one("capi/a.rs", "unsafe { &mut *p }"), "capi/a.rs: &mut * belongs in capi/ptr");
    assert_eq!(one("capi/a.rs", "unsafe { p.as_ref() }"), "capi/a.rs: as_ref belongs in capi/ptr");
    assert_eq!(one("wota/mod.rs", "use crate::status;"), "wota/mod.rs: wota does not forbid unsafe code");

    let file = |path: &str, source: &str| File { path: path.to_string(), source: source.to_string() };
    let files = [
        file("capi/a.rs", "use super::b::{C, d as e};"),
        file("capi/b/mod.rs", "mod inner { use super::super::c; }"),
        file("capi/c.rs", "use crate::capi::{x, a::Y};"),
        file("capi/d.rs", "use super::a::Z;"),
    ];
    assert_eq!(circle(&files, "capi").unwrap(), ["a", "b", "c"]);
    assert!(circle(&files[1..], "capi").is_none());
    assert_eq!(
        problems(&[], &[("a", &["b"]), ("b", &[])], &[]).into_iter().collect::<Vec<_>>(),
        ["the table: a does not import b", "the table: a may not import b, which is not below it"]
    );
}
