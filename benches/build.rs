//! Tells the bench which compiler, and so which standard library, it was built with.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output();
    let told = told.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let version = told.split(' ').nth(1).unwrap_or("of unknown version");
    println!("cargo:rustc-env=BENCH_RUSTC_VERSION={version}");
}
