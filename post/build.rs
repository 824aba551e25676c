//! Gives the shared library its soname, and has it ask for libdrystone by the soname of that.
//!
//! Cargo builds no shared library for another one to link. So an empty one with libdrystone's soname and the names that are
//! used of it is made here, only for the linker: at run time the real one is found by its soname.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// Keep equal to `POST_ABI_VERSION` in `src/capi/version.rs`.
const ABI_VERSION: u32 = 0;
/// `DRYSTONE_ABI_VERSION` of the library that this one calls.
const DRYSTONE_ABI_VERSION: u32 = 0;

const DECLARED: &str = "src/core/declared.rs";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={DECLARED}");
    println!("cargo:rerun-if-env-changed=CC");
    match env::var("CARGO_CFG_TARGET_OS").unwrap_or_default().as_str() {
        "linux" | "android" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdrystone_post.so.{ABI_VERSION}");
            let library = stand_in(&format!("libdrystone.so.{DRYSTONE_ABI_VERSION}"));
            println!("cargo:rustc-cdylib-link-arg={library}");
        }
        "macos" => {
            let name = format!("@rpath/libdrystone_post.{ABI_VERSION}.dylib");
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,{name}");
            println!("cargo:rustc-cdylib-link-arg=-Wl,-undefined,dynamic_lookup");
        }
        _ => {}
    }
}

/// The path of a library that takes libdrystone's place.
fn stand_in(soname: &str) -> String {
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
    let declared = fs::read_to_string(DECLARED).expect("the declarations");
    let names = declared.lines().filter_map(|line| line.trim().strip_prefix("pub(super) fn "));
    let mut program = String::new();
    for name in names.filter_map(|rest| rest.split('(').next()) {
        program += &format!("void {name}(void);\nvoid {name}(void) {{}}\n");
    }
    let source = Path::new(&out).join("stand_in.c");
    let library = format!("{out}/{soname}");
    fs::write(&source, program).expect("cargo's output folder can be written to");
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut words = compiler.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("cc"));
    command.args(words).args(["-shared", "-nostdlib", "-o", &library]);
    let made = command.arg(format!("-Wl,-soname,{soname}")).arg(&source).status();
    assert!(made.is_ok_and(|status| status.success()), "{compiler} makes no shared library");
    library
}
