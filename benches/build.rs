//! Passes the compiler's version, which is the standard library's too, to the bench, and builds the installed peers in C.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let told = Command::new(rustc).arg("--version").output();
    let told = told.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let version = told.split(' ').nth(1).unwrap_or("of unknown version");
    println!("cargo:rustc-env=BENCH_RUSTC_VERSION={version}");
    for (name, header) in [
        ("have_stb_ds", "/usr/include/stb/stb_ds.h"),
        ("have_obstack", "/usr/include/obstack.h"),
        ("have_apr", APR_HEADER),
    ] {
        println!("cargo:rustc-check-cfg=cfg({name})");
        if Path::new(header).exists() {
            println!("cargo:rustc-cfg={name}");
        }
    }
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // On some processors a call takes longer when a multiple of 16 MiB lies between it and the function. In a program
        // without a fixed address that is so in some runs, for some of the functions.
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    stb_ds();
    arena_peers();
    table_gets();
    small_message();
}

fn stb_ds() {
    println!("cargo:rerun-if-changed=src/stb_ds.c");
    if Path::new("/usr/include/stb/stb_ds.h").exists() {
        cc::Build::new().file("src/stb_ds.c").opt_level(3).warnings(false).compile("bench_stb_ds");
    }
}

const APR_HEADER: &str = "/usr/include/apr-1.0/apr_pools.h";

/// Arenas in C: drystone's, and the installed peers.
fn arena_peers() {
    println!("cargo:rerun-if-changed=src/arena_peers.c");
    println!("cargo:rerun-if-changed=../include");
    let mut build = cc::Build::new();
    build.file("src/arena_peers.c").include("../include").opt_level(3);
    // Otherwise the alignment of a loop would matter more than its content.
    build.flag_if_supported("-falign-functions=64").flag_if_supported("-falign-loops=64");
    if Path::new("/usr/include/obstack.h").exists() {
        build.define("HAVE_OBSTACK", None);
    }
    if Path::new(APR_HEADER).exists() {
        build.define("HAVE_APR", None).define("_GNU_SOURCE", None).include("/usr/include/apr-1.0");
        println!("cargo:rustc-link-lib=apr-1");
    }
    build.compile("bench_arena_peers");
}

/// Gets that are compiled into a loop in C.
fn table_gets() {
    println!("cargo:rerun-if-changed=src/table_gets.c");
    println!("cargo:rerun-if-changed=../include");
    cc::Build::new()
        .file("src/table_gets.c")
        .include("../include")
        .opt_level(3)
        .flag_if_supported("-falign-functions=64")
        .flag_if_supported("-falign-loops=64")
        .compile("bench_table_gets");
}

/// The calls of a small message in C.
fn small_message() {
    println!("cargo:rerun-if-changed=src/small_message.c");
    cc::Build::new()
        .file("src/small_message.c")
        .include("../include")
        .opt_level(3)
        .compile("bench_small_message");
}
