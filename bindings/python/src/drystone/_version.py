"""The version of this package, which is the library's. A test compares it with Cargo.toml."""

__version__ = "0.1.0"
