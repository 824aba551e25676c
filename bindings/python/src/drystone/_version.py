"""The version of this package, which is the library's: Cargo.toml says it, and a test compares them."""

__version__ = "0.1.0"
