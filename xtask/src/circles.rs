//! No dependency cycles among the C files of the QuickJS binding: no file includes, calls or refers to a file that
//! leads back to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::process::{Outcome, root};
use crate::quickjs::{BINDING, files};

/// Each file, and the files that it uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

pub fn check() -> Outcome {
    let left = in_circles(&uses()?);
    if left.is_empty() {
        Ok(())
    } else {
        Err(format!("dependency cycle among the files of the binding: {left:#?}").into())
    }
}

fn uses() -> Outcome<Uses> {
    let folder = root().join("bindings/quickjs");
    let mut texts = BTreeMap::new();
    for path in files(&folder, "c")?.into_iter().chain(files(&folder, "h")?) {
        let name =
            path.file_name().and_then(|name| name.to_str()).ok_or("a path has no file name")?.to_owned();
        // The file that includes all others.
        if !BINDING.ends_with(&name) {
            texts.insert(name, fs::read_to_string(path)?);
        }
    }
    let mut home: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for (file, text) in texts.iter().filter(|(file, _)| file.ends_with(".c")) {
        for name in definitions(&code(text)) {
            home.entry(name).or_default().insert(file);
        }
    }
    let mut uses = Uses::new();
    for (file, text) in &texts {
        let mut used: BTreeSet<String> =
            included(text).filter(|name| texts.contains_key(*name)).map(str::to_owned).collect();
        for name in identifiers(&code(text)) {
            // A name defined in the file itself refers to that definition, even if other files define it too.
            let elsewhere = home.get(name).filter(|homes| file.ends_with(".c") && !homes.contains(file));
            used.extend(elsewhere.into_iter().flatten().map(|home| (*home).clone()));
        }
        uses.insert(file.clone(), used);
    }
    if uses.len() < 50 { Err("the binding has no files".into()) } else { Ok(uses) }
}

/// Removes files that use none of the remaining ones, until there are no more such files.
fn in_circles(uses: &Uses) -> Uses {
    let mut left = uses.clone();
    loop {
        let ends: Vec<_> =
            left.iter().filter(|(_, used)| used.is_empty()).map(|(file, _)| file.clone()).collect();
        if ends.is_empty() {
            return left;
        }
        for end in ends {
            left.remove(&end);
            left.values_mut().for_each(|used| {
                used.remove(&end);
            });
        }
    }
}

fn included(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| line.strip_prefix("#include \"")?.strip_suffix('"'))
}

/// The text without comments, strings and preprocessor lines.
fn code(text: &str) -> String {
    let uncommented: String = text
        .split("/*")
        .enumerate()
        .map(
            |(number, part)| {
                if number == 0 { part } else { part.split_once("*/").map_or("", |(_, rest)| rest) }
            },
        )
        .collect();
    let mut code = String::new();
    let mut directive = false;
    for line in uncommented.lines() {
        let ours = !directive && !line.starts_with('#');
        directive = !ours && line.ends_with('\\');
        if ours {
            code.extend(line.replace("\\\"", "").split('"').step_by(2));
            code.push('\n');
        }
    }
    code
}

fn identifiers(code: &str) -> impl Iterator<Item = &str> {
    code.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| !word.is_empty())
}

/// The functions and objects that are defined here.
fn definitions(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut depth, mut statement) = (0, String::new());
    for letter in code.chars() {
        match letter {
            '{' => {
                if depth == 0 {
                    found.extend(defined(&statement).map(str::to_owned));
                }
                depth += 1;
            }
            '}' => depth -= 1,
            _ if depth > 0 => {}
            ';' => statement.clear(),
            _ => statement.push(letter),
        }
        if letter == '}' && depth == 0 {
            statement.clear();
        }
    }
    found
}

/// The name that a statement with an opening brace defines.
fn defined(statement: &str) -> Option<&str> {
    if let Some((object, _)) = statement.split_once('=') {
        return identifiers(object.split('[').next()?).last();
    }
    let (before, parameters) = statement.split_once('(')?;
    let name = identifiers(before).last()?;
    if name == "MODULE_FUNCTION" { identifiers(parameters).next() } else { Some(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binding_has_no_circle() {
        check().unwrap();
    }

    #[test]
    fn circles_are_found_and_nothing_else() {
        let uses = |pairs: &[(&str, &[&str])]| -> Uses {
            let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            pairs.iter().map(|(file, used)| ((*file).to_owned(), own(used))).collect()
        };
        assert!(in_circles(&uses(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])).is_empty());
        let left = in_circles(&uses(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])]));
        assert_eq!(left.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn definitions_are_what_has_a_body() {
        let text = "#define X(y) { y }\n/* f() { } */ static int f(int a);\nint g(struct s *s) { return f(1); }\n\
            MODULE_FUNCTION(h) { }\nstatic const struct t table[] = { g, \"k(\" };\nstruct u { int v; };\n";
        assert_eq!(definitions(&code(text)), ["g", "h", "table"]);
        assert_eq!(included("#include \"a.h\"\n#include <b.h>\n").collect::<Vec<_>>(), ["a.h"]);
    }
}
