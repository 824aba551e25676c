//! The Rust declarations of the C header, made by bindgen and checked in. bindgen needs libclang, so this
//! command runs itself again with the feature that has it.

use crate::packages::{self, Found, Need};
use crate::process::{Outcome, cargo, run};

const NEED: &[Need] = &[Need { found: Found::Library("libclang"), package: "libclang-dev" }];

/// Writes `bindings.rs` anew, or with `check` fails when it differs from what would be written.
pub fn run_bindings(check: bool) -> Outcome {
    if cfg!(feature = "bindings") {
        return generate(check);
    }
    packages::install(NEED)?;
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "xtask", "--features", "bindings", "--", "bindings"]);
    run(command.args(check.then_some("--check")))
}

#[cfg(not(feature = "bindings"))]
fn generate(_: bool) -> Outcome {
    Err("built without the feature `bindings`".into())
}

#[cfg(feature = "bindings")]
fn generate(check: bool) -> Outcome {
    let root = crate::process::root();
    let bindings = bindgen::Builder::default()
        .header(root.join("include/drystone.h").display().to_string())
        .allowlist_file(".*/drystone(_wasmtime)?\\.h")
        .default_macro_constant_type(bindgen::MacroTypeVariation::Signed)
        // Which takes it for a negative number.
        .blocklist_item("ARENA_NO_BUDGET")
        .raw_line("pub const ARENA_NO_BUDGET: usize = usize::MAX;")
        .no_copy("blob")
        // What ctest2 can read.
        .rust_target(bindgen::RustTarget::stable(81, 0).map_err(|error| error.to_string())?)
        .rust_edition(bindgen::RustEdition::Edition2021)
        .layout_tests(false)
        .generate_comments(false)
        .use_core()
        .size_t_is_usize(true)
        .formatter(bindgen::Formatter::Prettyplease)
        .generate()?;
    crate::header::place(
        &root.join("bindings/rust/drystone-sys/src/bindings.rs"),
        &bindings.to_string(),
        check,
    )
}
