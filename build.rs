//! Gives the shared library its soname with the ABI number, which is independent of the crate's version.

/// Keep equal to `DRYSTONE_ABI_VERSION` in `src/capi/version.rs`; the installed library's tests compare them.
const ABI_VERSION: u32 = 0;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match os.as_str() {
        "linux" | "android" | "freebsd" | "netbsd" | "openbsd" | "dragonfly" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdrystone.so.{ABI_VERSION}");
        }
        "macos" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libdrystone.{ABI_VERSION}.dylib");
        }
        _ => {}
    }
}
