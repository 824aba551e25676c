//! The binary interface: `include/drystone.abi` records what the last release promised, and `abidiff` compares it
//! with the current interface. `docs/abi.md` has the rules.

use std::fs;
use std::path::{Path, PathBuf};

use crate::library::SONAME;
use crate::process::{Outcome, output, program, root, run, target};
use crate::quickjs::compiler;

const DUMP: &str = "include/drystone.abi";
/// The headers that `drystone.h` includes.
const PART: &str = "include/drystone_wasmtime.h";
/// Allowed changes: structs that begin with their size may grow at the end.
const ALLOWED: &str = "include/drystone.abignore";

/// Records the current interface as the promised one, or with `check` compares the two.
pub fn run_abi(check: bool) -> Outcome {
    let folder = target().join("abi");
    fs::create_dir_all(&folder)?;
    let header = fs::read_to_string(root().join("include/drystone.h"))?;
    let part = fs::read_to_string(root().join(PART))?;
    fs::write(folder.join("drystone_wasmtime.h"), &part)?;
    let today = dump(&folder, &header)?;
    if check {
        open_structs_are_named(&(header.clone() + &part))?;
        changes_are_found(&folder, &header)?;
        return compare(&today);
    }
    fs::copy(today, root().join(DUMP))?;
    Ok(())
}

/// Additions are allowed; everything promised must exist unchanged.
fn compare(today: &Path) -> Outcome {
    let mut command = program("abidiff");
    command.args(["--no-added-syms", "--suppressions"]).arg(root().join(ALLOWED));
    run(command.arg(root().join(DUMP)).arg(today)).map_err(|error| {
        format!("{error}: this breaks programs that are already built; docs/abi.md says what may change")
            .into()
    })
}

/// Structs that begin with their size may grow.
fn open_structs_are_named(header: &str) -> Outcome {
    let allowed = fs::read_to_string(root().join(ALLOWED))?;
    let named =
        allowed.split_once("^(").and_then(|(_, rest)| rest.split_once(')')).map_or("", |(names, _)| names);
    let mut named: Vec<&str> = named.split('|').collect();
    named.sort_unstable();
    let structs = header.split("\ntypedef struct ").skip(1);
    let open =
        structs.filter(|text| text.split("\n}").next().is_some_and(|body| body.contains(" struct_size;")));
    let mut open: Vec<&str> = open.filter_map(|text| text.split(' ').next()).collect();
    open.sort_unstable();
    if named == open { Ok(()) } else { Err(format!("{ALLOWED} must name {}", open.join("|")).into()) }
}

/// Tests the check itself: it accepts what docs/abi.md allows, and nothing that it forbids.
fn changes_are_found(folder: &Path, header: &str) -> Outcome {
    let promised = root().join(DUMP);
    let edits = [
        ("a number changes", "#define DRYSTONE_CLOSED 12", "#define DRYSTONE_CLOSED 19", false),
        ("a function goes", "void mailbox_destroy(struct mailbox *m);", "", false),
        (
            "an argument changes",
            "size_t mailbox_length(const struct mailbox *m",
            "size_t mailbox_length(int n, const struct mailbox *m",
            false,
        ),
        ("a field is inserted", "  uint8_t *data;\n", "  int inserted;\n  uint8_t *data;\n", false),
        ("an open struct loses a field", "  size_t max_letters;\n", "", false),
        ("an open struct grows", "} mailbox_options;", "size_t added; } mailbox_options;", true),
        (
            "a function comes",
            "void mailbox_destroy(",
            "void mailbox_new_one(void);\nvoid mailbox_destroy(",
            true,
        ),
        (
            "a number comes",
            "#define DRYSTONE_CLOSED 12",
            "#define DRYSTONE_CLOSED 12\n#define DRYSTONE_NEW 99",
            true,
        ),
    ];
    for (what, from, to, allowed) in edits {
        let changed = header.replacen(from, to, 1);
        if changed == header {
            return Err(format!("{what}: the header has no {from:?}").into());
        }
        let changed = dump(folder, &changed)?;
        let mut command = program("abidiff");
        command.args(["--no-added-syms", "--suppressions"]).arg(root().join(ALLOWED));
        let passes = output(command.arg(&promised).arg(changed)).is_ok();
        if passes != allowed {
            return Err(
                format!("{what}: abidiff {}", if passes { "lets it pass" } else { "refuses it" }).into()
            );
        }
    }
    Ok(())
}

/// The header's promises, in the format of `abidw`. The debug types of the library itself are Rust's, so this uses a
/// C library with every function of the header (the tests compare these with the real ones) and the constants as an
/// enum.
fn dump(folder: &Path, header: &str) -> Outcome<PathBuf> {
    fs::write(folder.join("drystone.h"), header)?;
    let source = folder.join("stand-in.c");
    let text = output(compiler()?.args(["-E", "-P"]).arg(folder.join("drystone.h")))?;
    let mut lines = vec![String::from("#include \"drystone.h\"")];
    let functions: Vec<_> = functions(&text).collect();
    lines.extend(functions.iter().map(|function| format!("{function} {{ __builtin_trap(); }}")));
    lines.push(String::from("enum numbers {"));
    lines.extend(numbers(header).map(|name| format!("number_{name} = {name},")));
    lines.push(String::from("};\nenum numbers numbers(void) { __builtin_trap(); }\n"));
    fs::write(&source, lines.join("\n"))?;
    let library = folder.join("libdrystone.so");
    let mut command = compiler()?;
    command.args(["-O0", "-g", "-shared", "-fPIC", "-w"]).arg(format!("-Wl,-soname,{SONAME}"));
    output(command.arg(&source).arg("-o").arg(&library))?;
    let result = folder.join("drystone.abi");
    let mut command = program("abidw");
    command.args(["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--type-id-style", "hash"]);
    output(command.arg("--out-file").arg(&result).arg(&library))?;
    // The build path does not matter.
    let text = fs::read_to_string(&result)?.replace(&format!("{}/", folder.display()), "");
    fs::write(&result, &text)?;
    let found = text.matches("<function-decl ").count();
    if found != functions.len() + 1 {
        return Err(format!("abidw sees {found} functions, the header has {}", functions.len()).into());
    }
    Ok(result)
}

/// The function declarations of the preprocessed header, without their semicolons.
fn functions(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let pieces = text.split(move |letter| {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => (),
        }
        letter == ';' && depth == 0
    });
    pieces.map(str::trim).filter(|piece| piece.ends_with(')') && !piece.starts_with("typedef"))
}

/// The names of the header's numeric constants, except the version numbers, which are not promised.
fn numbers(header: &str) -> impl Iterator<Item = &str> {
    let defined = header.lines().filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
    defined
        .filter(|(name, value)| {
            value.starts_with(|first: char| first.is_ascii_digit()) && !name.starts_with("DRYSTONE_VERSION")
        })
        .map(|(name, _)| name)
}
