//! The version of the library.

/// The ABI number, which is part of the soname.
pub const POST_ABI_VERSION: i32 = 0;

/// The ABI number of the loaded library; compare with `POST_ABI_VERSION`. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn post_abi_version() -> i32 {
    POST_ABI_VERSION
}
