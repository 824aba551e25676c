//! Properties that only compiled code proves: no function of the library recurses, and none allocates in a way that
//! aborts the process on failure.

use std::collections::{HashMap, HashSet};

use crate::process::{Outcome, cargo, output, program, root, run, target};

/// Parts of the names of functions that abort the process.
const REFUSED: [&str; 6] = [
    "handle_alloc_error",
    "raw_vec12handle_error",
    "do_reserve_and_handle",
    "reserve21do_res",
    "grow_one",
    "from_utf8_lossy",
];

/// Documented to abort, in Rust only.
const ALLOWED: &str = "11scoped_heap5scope5enter";

/// Checks the calls of the functions in the static library. The standard library's own functions may do both: panic
/// messages are not reached, and sorting recurses to the logarithm of a bounded number.
pub fn check_compiled() -> Outcome {
    run(cargo().args(["build", "--release", "--locked", "--package", "drystone"]))?;
    let library = target().join("release/libdrystone.a");
    let code = output(program("objdump").args(["-dr", "--no-show-raw-insn"]).arg(library))?;
    let exported = std::fs::read_to_string(root().join("include/drystone.symbols"))?;
    let exported: HashSet<&str> = exported.split_whitespace().collect();
    let ours = |name: &str| name.contains("8drystone") || exported.contains(name);
    let mut function = None;
    let mut calls: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut faults = Vec::new();
    for line in code.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once(" <")) {
            function = ours(name).then_some(name);
        } else if let Some(function) = function
            && let Some(called) = called(line)
        {
            if REFUSED.iter().any(|part| called.contains(part)) && !function.contains(ALLOWED) {
                faults.push(format!("{function} aborts the process when memory runs out, through {called}"));
            }
            calls.entry(function).or_default().push(called);
        }
    }
    if calls.len() < 200 {
        return Err(format!("only {} functions of ours in the static library", calls.len()).into());
    }
    faults.extend(calls.keys().filter(|name| recurses(name, &calls)).map(|name| format!("{name} recurses")));
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n").into()) }
}

/// The function that a line of objdump refers to: by a relocation (to the function's own section), or directly.
fn called(line: &str) -> Option<&str> {
    if let Some((_, name)) = line.split_once("R_X86_64_") {
        let name = name.split_whitespace().nth(1)?;
        let name = name.split(['-', '+']).next()?;
        let name = name.strip_prefix(".text.").unwrap_or(name);
        return Some(name.strip_prefix("unlikely.").unwrap_or(name));
    }
    let (_, name) = line.split_once("call").and_then(|(_, rest)| rest.split_once('<'))?;
    name.strip_suffix('>').filter(|name| !name.contains('+'))
}

/// Whether a path of calls leads from a function of the library back to itself.
fn recurses(start: &str, calls: &HashMap<&str, Vec<&str>>) -> bool {
    let mut seen = HashSet::new();
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        for called in calls.get(name).into_iter().flatten() {
            if *called == start {
                return true;
            }
            if seen.insert(*called) {
                open.push(called);
            }
        }
    }
    false
}
