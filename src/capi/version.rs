//! Versions.

use core::ffi::c_char;

/// First number of the version; it changes when existing callers would break.
pub const DRYSTONE_VERSION_MAJOR: u32 = 0;
/// Second number of the version; it changes when something is added.
pub const DRYSTONE_VERSION_MINOR: u32 = 1;
/// Third number of the version; it changes when something is fixed.
pub const DRYSTONE_VERSION_PATCH: u32 = 0;

/// The number of the binary interface that this header describes, independent of the version. It is also in the shared
/// library's soname and symbol versions. `drystone_abi_version` returns that of the linked library.
pub const DRYSTONE_ABI_VERSION: u32 = 0;

/// The version of the linked library, such as "0.1.0". Never NULL, always valid. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn drystone_version() -> *const c_char {
    const TEXT: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    TEXT.as_ptr().cast()
}

/// The number of the binary interface. A program built with one number does not run with another. Any thread.
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
