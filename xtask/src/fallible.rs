//! No function of the library takes memory in a way that ends the process when there is none.

use crate::process::{Outcome, cargo, output, program, root, run, target};

/// Parts of the names of what such a way leads through.
const REFUSED: [&str; 6] = [
    "handle_alloc_error",
    "raw_vec12handle_error",
    "do_reserve_and_handle",
    "reserve21do_res",
    "grow_one",
    "from_utf8_lossy",
];

/// Says of itself that it does, in Rust only.
const ALLOWED: &str = "11scoped_heap5scope5enter";

/// Looks at what the functions in the static library call. Those of the standard library may: what they serve (the text of
/// a panic) is not reached.
pub fn check_fallible() -> Outcome {
    run(cargo().args(["build", "--release", "--locked", "--package", "drystone"]))?;
    let library = target().join("release/libdrystone.a");
    let code = output(program("objdump").args(["-dr", "--no-show-raw-insn"]).arg(library))?;
    let exported = std::fs::read_to_string(root().join("include/drystone.symbols"))?;
    let exported: std::collections::HashSet<&str> = exported.split_whitespace().collect();
    let mut function = None;
    let mut seen = 0;
    let mut found = Vec::new();
    for line in code.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            let ours = name.contains("8drystone") && !name.contains(ALLOWED) || exported.contains(name);
            function = ours.then_some(name);
            seen += usize::from(ours);
        } else if let Some(function) = function
            && REFUSED.iter().any(|part| line.contains(part))
        {
            found.push(format!("{function}: {}", line.trim()));
        }
    }
    if seen < 200 {
        return Err(format!("only {seen} functions of ours in the static library").into());
    }
    if !found.is_empty() {
        return Err(format!("these end the process when there is no memory:\n{}", found.join("\n")).into());
    }
    Ok(())
}
