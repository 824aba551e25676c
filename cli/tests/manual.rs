//! The manual page has the options that the program has, and its version.

mod common;

use std::collections::BTreeSet;

use common::run;

const PAGE: &str = include_str!("../drystone.1");

/// The words of a text that begin with two hyphens.
fn options(text: &str) -> BTreeSet<String> {
    let word = |letter: char| !letter.is_ascii_alphanumeric() && letter != '-';
    text.split(word).filter(|word| word.len() > 2 && word.starts_with("--")).map(str::to_owned).collect()
}

#[test]
fn the_page_and_the_help_have_the_same_options() {
    let helps =
        ["--help", "inspect --help", "convert --help", "validate --help", "serve --help", "post --help"];
    let mut told: BTreeSet<String> =
        helps.iter().flat_map(|words| options(&run(words, b"").text())).collect();
    told.insert(String::from("--version"));
    // Those of a program that is built with machines.
    let machines = ["--nats", "--user", "--tls-authority", "--tls-certificate", "--tls-key", "--timeout"];
    assert_eq!(cfg!(feature = "machines"), told.is_superset(&machines.map(String::from).into()));
    told.extend(machines.map(String::from));
    assert!(told.len() >= 12, "{told:?}");
    assert_eq!(options(&PAGE.replace("\\-", "-")), told);
}

#[test]
fn the_page_names_the_version() {
    assert!(PAGE.contains(concat!("\"drystone ", env!("CARGO_PKG_VERSION"), "\"")));
}
