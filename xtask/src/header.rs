//! Generates the C headers and the lists of exported symbols from the Rust sources.

use crate::mirrors;
use crate::place::place;
use crate::process::{Outcome, root};
use crate::sections;

/// Writes the files, or with `check` fails if they are out of date.
pub fn run(check: bool) -> Outcome {
    mirrors::for_header(check)?;
    let include = root().join("include");
    let config = cbindgen::Config::from_file(include.join("cbindgen.toml"))?;
    let bindings = cbindgen::Builder::new().with_crate(root()).with_config(config).generate()?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    let (header, others) = sections::arrange(&String::from_utf8(header)?)?;
    let texts = || std::iter::once(&header).chain(others.iter().map(|(_, text)| text));
    let mut symbols: Vec<_> = texts().flat_map(|text| exported_functions(text)).collect();
    symbols.sort_unstable();
    let symbols = symbols.join("\n") + "\n";
    place(&include.join("drystone.h"), &header, check)?;
    for (file, text) in &others {
        place(&include.join(file), text, check)?;
    }
    place(&include.join("drystone.symbols"), &symbols, check)?;
    post_header(check)
}

/// The header and symbols of the library for letters between machines.
fn post_header(check: bool) -> Outcome {
    let post = root().join("post");
    let config = cbindgen::Config::from_file(post.join("cbindgen.toml"))?;
    let bindings = cbindgen::Builder::new().with_crate(&post).with_config(config).generate()?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    let header = String::from_utf8(header)?;
    let mut symbols = exported_functions(&header);
    symbols.sort_unstable();
    place(&post.join("include/drystone_post.h"), &header, check)?;
    place(&post.join("include/drystone_post.symbols"), &(symbols.join("\n") + "\n"), check)
}

/// The names in front of the parameter lists of declarations that end with a semicolon.
fn exported_functions(header: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = header;
    while let Some(end) = rest.find("*/") {
        rest = &rest[end + 2..];
        let declaration = &rest[..rest.find("/*").unwrap_or(rest.len())];
        let Some(open) = declaration.find('(') else { continue };
        let before = declaration[..open].trim_start();
        if before.starts_with("typedef") || before.starts_with('#') || before.starts_with("extern") {
            continue;
        }
        let name = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
        names.extend(name.filter(|name| !name.is_empty()));
    }
    names
}
