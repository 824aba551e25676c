//! Checks that the core of bucket maps needs no standard library and cannot panic.

use crate::process::{Outcome, output, program, root, run, target};

/// External symbols that the object may need: moving and comparing bytes, and printing a status.
const ALLOWED: [&str; 7] = ["memcpy", "memmove", "memset", "memcmp", "bcmp", "CStr", "Formatter"];

/// Compiles `tests/core` and checks the undefined symbols of its object.
pub fn check_core() -> Outcome {
    let object = target().join("core_check.o");
    let mut rustc = program(std::env::var_os("RUSTC").unwrap_or("rustc".into()));
    rustc.args(["--edition", "2024", "--crate-type", "lib", "--crate-name", "core_check", "--emit", "obj"]);
    rustc.args(["-Copt-level=3", "-Cpanic=abort", "-Ccodegen-units=1", "--cfg", "drystone_core", "-Aunused"]);
    run(rustc.arg(root().join("tests/core/lib.rs")).arg("-o").arg(&object))?;
    let needed = output(program("nm").arg("--undefined-only").arg(&object))?;
    let other: Vec<_> =
        needed.lines().filter(|line| !ALLOWED.iter().any(|allowed| line.contains(allowed))).collect();
    if !other.is_empty() {
        return Err(format!("src/bucket needs more than the core has:\n{}", other.join("\n")).into());
    }
    let defined = output(program("nm").arg("--defined-only").arg(&object))?;
    if defined.contains("every_call") { Ok(()) } else { Err("tests/core has no call".into()) }
}
