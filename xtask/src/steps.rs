//! The steps of `cargo xtask test`: their names, and the files that each depends on.

/// A part of `cargo xtask test`, with the name for `--only`.
pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    /// Prefixes of the paths that the step depends on; every step depends on `LIBRARY`.
    pub files: &'static [&'static str],
}

/// Files on which every step depends.
pub const LIBRARY: [&str; 5] = ["src/", "Cargo.", "build.rs", "rustfmt.toml", "xtask/"];

pub const STEPS: &[Step] = &[
    Step {
        name: "rust",
        what: "format, lints, header, Rust tests, rustdoc",
        files: &["tests/", "cli/", "benches/", "include/", "examples/rust/", "post/"],
    },
    Step { name: "compiled", what: "nothing recurses, or aborts when memory runs out", files: &[] },
    Step { name: "loom", what: "models of the shared counts and queues", files: &["tests/loom"] },
    Step { name: "sanitizer", what: "the Rust tests under AddressSanitizer", files: &["tests/"] },
    Step {
        name: "c",
        what: "C programs and consumers, valgrind and sanitizers",
        files: &["include/", "c-tests/", "CMake", "bindings/cmake/", "bindings/link/", "bindings/pkgconfig/"],
    },
    Step {
        name: "install",
        what: "cargo xtask install, docs/c.md's lines, the ABI, Conan",
        files: &[
            "docs/",
            "include/",
            "CMake",
            "bindings/cmake/",
            "bindings/conan/",
            "bindings/link/",
            "bindings/pkgconfig/",
            "README.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "LICENSE",
            "cli/drystone.1",
            "c-tests/consumers/",
        ],
    },
    Step {
        name: "documents",
        what: "the C of the documents, their links and paths, the book",
        files: &[
            "docs/",
            "include/",
            "README.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "CONTRIBUTING.md",
            "c-tests/documents",
            "c-tests/README.md",
            "bindings/cmake/README.md",
            "bindings/conan/README.md",
            "bindings/python/README.md",
            "bindings/quickjs/README.md",
            "bindings/web/README.md",
            "benches/README.md",
            "examples/README.md",
            "examples/engine/README.md",
            "cli/",
        ],
    },
    Step {
        name: "examples",
        what: "the programs of examples/; pip and the shell lines that run them",
        files: &["examples/", "bindings/python/", "bindings/quickjs/", "docs/python.md"],
    },
    Step {
        name: "declarations",
        what: "drystone-sys against the header; a Rust plugin",
        files: &["include/", "bindings/rust/", "cli/Cargo.toml"],
    },
    Step {
        name: "quickjs",
        what: "the module on real engines",
        files: &["bindings/quickjs/", "bindings/types/", "include/", "examples/engine/", "c-tests/vectors/"],
    },
    Step {
        name: "python",
        what: "the Python package",
        files: &["bindings/python/", "include/", "docs/python.md", "c-tests/vectors/"],
    },
    Step {
        name: "post",
        what: "letters between machines: the quick half of `cargo xtask post`",
        files: &[
            "post/",
            "cli/",
            "include/",
            "docs/post.md",
            "docs/command-line.md",
            "bindings/cmake/",
            "bindings/pkgconfig/",
            "bindings/python/src/drystone/post",
            "bindings/python/tests/test_post",
            "bindings/quickjs/",
        ],
    },
    Step {
        name: "wasmtime",
        what: "hosts of WebAssembly guests, and the example's",
        files: &["bindings/wasmtime/", "examples/guest", "include/"],
    },
    Step {
        name: "web",
        what: "the package for browsers, in Node, Chromium and Firefox; its demo page",
        files: &[
            "bindings/web/",
            "bindings/types/",
            "bindings/wasmtime/guest.wat",
            "examples/guest",
            "bindings/quickjs/bench/document",
        ],
    },
    Step {
        name: "instructions",
        what: "instruction counts of hot calls, against the recorded figures",
        files: &["benches/instructions/", "include/"],
    },
    Step {
        name: "demo",
        what: "the demo, end to end",
        files: &["bindings/quickjs/", "include/", "benches/"],
    },
    Step { name: "fuzz", what: "each fuzz target for twenty seconds", files: &["fuzz/"] },
];
