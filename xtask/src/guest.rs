//! `bindings/wasmtime`, a host in Rust, and `examples/guest-imports`, a guest with its hosts.

use std::fs;
use std::process::Command;

use crate::process::{Outcome, cargo, output, root, run, target};
use crate::python;

const EXAMPLE: &str = "examples/guest-imports";
const HOSTS: [&str; 3] = ["host.py", "host.rs", "host.mjs"];
/// How many lines of code a host of the example may have.
const MOST_LINES: usize = 20;

/// The host in Rust, outside the workspace, as it depends on a compiler; then the example on all of its hosts except
/// the one in JavaScript.
pub fn check() -> Outcome {
    check_lengths()?;
    run(&mut host("test"))?;
    check_host(host("run").args(["--quiet", "--example", "guest-imports"]))?;
    let package = root().join("bindings/python");
    let python = python::installed(&package)?;
    check_host(python::interpreter(&python, &package).arg(root().join(EXAMPLE).join("host.py")))
}

fn check_lengths() -> Outcome {
    for host in HOSTS {
        let count = lines_of_code(&fs::read_to_string(root().join(EXAMPLE).join(host))?);
        if count > MOST_LINES {
            return Err(format!("{EXAMPLE}/{host} has {count} lines of code").into());
        }
        println!("{EXAMPLE}/{host} has {count} lines of code");
    }
    Ok(())
}

/// The lines that are not blank, comments, imports, heads of functions, or brackets alone.
fn lines_of_code(text: &str) -> usize {
    const OTHERS: [&str; 7] = ["//", "\"\"\"", "import ", "from ", "use ", "fn ", "def "];
    let is_code = |line: &&str| {
        !OTHERS.iter().any(|start| line.starts_with(start))
            && line.chars().any(|letter| !"(){}[];,".contains(letter))
    };
    text.lines().map(str::trim).filter(is_code).count()
}

fn host(action: &str) -> Command {
    let mut command = cargo();
    command.args([action, "--locked", "--manifest-path"]).arg(root().join("bindings/wasmtime/Cargo.toml"));
    command.env("CARGO_TARGET_DIR", target().join("wasmtime"));
    command
}

/// A host of the example prints the guest's result, what it reads itself, and what it refuses.
pub fn check_host(command: &mut Command) -> Outcome {
    let said = output(command)?;
    println!("{said}");
    for expected in ["first check that failed: 0\n", "2.5", "bert", "out of bounds"] {
        if !said.contains(expected) {
            return Err(format!("a host of {EXAMPLE} does not say {expected:?}").into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_the_example_are_short() {
        let text =
            "\"\"\"A host.\"\"\"\n\nimport a\nfn main() {\n    // Why.\n    call();\n    if b {\n    }\n}\n";
        assert_eq!(lines_of_code(text), 2);
        check_lengths().expect("at most twenty lines");
    }
}
