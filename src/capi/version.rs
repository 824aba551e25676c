//! Versions.

use core::ffi::c_char;

/// First number of the version: changes that break callers.
pub const DRYSTONE_VERSION_MAJOR: u32 = 0;
/// Second number of the version: additions.
pub const DRYSTONE_VERSION_MINOR: u32 = 1;
/// Third number of the version: mends.
pub const DRYSTONE_VERSION_PATCH: u32 = 0;

/// The number of the binary interface that this header is of, apart from the version; also in the shared library's soname
/// and its symbols' version. The library that is linked has `drystone_abi_version`.
pub const DRYSTONE_ABI_VERSION: u32 = 0;

/// The version of the library that is linked, such as "0.1.0". Never NULL, valid for ever, for any thread.
#[unsafe(no_mangle)]
pub extern "C" fn drystone_version() -> *const c_char {
    const TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    TEXT.as_ptr().cast()
}

/// The number of the binary interface: programs that were built with one number do not run with another.
/// For any thread.
#[unsafe(no_mangle)]
pub extern "C" fn drystone_abi_version() -> u32 {
    DRYSTONE_ABI_VERSION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_agree_with_the_manifest() {
        let numbers = [DRYSTONE_VERSION_MAJOR, DRYSTONE_VERSION_MINOR, DRYSTONE_VERSION_PATCH];
        assert_eq!(numbers.map(|number| number.to_string()).join("."), env!("CARGO_PKG_VERSION"));
    }
}
