//! Tells the bench which compiler, and so which standard library, it was built with, and builds the peers in C that
//! are there.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output();
    let told = told.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let version = told.split(' ').nth(1).unwrap_or("of unknown version");
    println!("cargo:rustc-env=BENCH_RUSTC_VERSION={version}");
    println!("cargo:rerun-if-changed=src/stb_ds.c");
    println!("cargo:rustc-check-cfg=cfg(have_stb_ds)");
    if std::path::Path::new("/usr/include/stb/stb_ds.h").exists() {
        cc::Build::new().file("src/stb_ds.c").opt_level(3).warnings(false).compile("bench_stb_ds");
        println!("cargo:rustc-cfg=have_stb_ds");
    }
}
