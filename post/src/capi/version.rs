//! The version of the library.

/// The number of the binary interface, which is in the soname.
pub const POST_ABI_VERSION: i32 = 0;

/// The number of the binary interface of the library that runs; compare with `POST_ABI_VERSION`. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn post_abi_version() -> i32 {
    POST_ABI_VERSION
}
