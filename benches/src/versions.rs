//! The versions of the peers in this program, from the lock file at build time.

const LOCK: &str = include_str!("../../Cargo.lock");

/// The package of that name and its version, as in `bytes 1.0.0`.
pub(crate) fn named(package: &str) -> String {
    let entry = format!("[[package]]\nname = \"{package}\"\nversion = \"");
    let version = LOCK.split_once(&entry).and_then(|(_, rest)| rest.split('"').next());
    format!("{package} {}", version.unwrap_or_else(|| panic!("{package} is not in Cargo.lock")))
}

/// The standard library and its version.
pub(crate) fn standard() -> &'static str {
    concat!("std ", env!("BENCH_RUSTC_VERSION"))
}
