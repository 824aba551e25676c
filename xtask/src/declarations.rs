//! The TypeScript declarations that the QuickJS module and the browser package share: one file, copied into the
//! declarations of both, because each is installed as a single file. The names of the statuses come from Rust.

use std::fs;

use crate::mirrors;
use crate::place::place;
use crate::process::{Outcome, root};

const COMMON: &str = "bindings/types/common.d.ts";
const DECLARATIONS: [&str; 2] = ["bindings/quickjs/drystone.d.ts", "bindings/web/drystone.d.ts"];
const BEGIN: &str = "// ---- common to the QuickJS module and the browser package: written from bindings/types/common.d.ts ----\n";
const END: &str = "// ---- end of the common declarations ----\n";

/// Writes the copies, or with `check` fails when one of them differs.
pub fn run(check: bool) -> Outcome {
    mirrors::for_javascript(check)?;
    let path = root().join(COMMON);
    let common = with_statuses(&fs::read_to_string(&path)?, &mirrors::status_union()?)
        .ok_or_else(|| format!("{COMMON} lacks the names of the statuses"))?;
    place(&path, &common, check)?;
    for file in DECLARATIONS {
        let path = root().join(file);
        let text = with_common(&fs::read_to_string(&path)?, &common)
            .ok_or_else(|| format!("{file} lacks the lines around the common declarations"))?;
        place(&path, &text, check)?;
    }
    Ok(())
}

fn with_common(text: &str, common: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{common}\n{END}{after}"))
}

fn with_statuses(text: &str, union: &str) -> Option<String> {
    let (before, rest) = text.split_once("export type StatusName =")?;
    let (_, after) = rest.split_once(";\n")?;
    Some(format!("{before}{union}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_current() {
        run(true).unwrap();
    }

    #[test]
    fn the_common_part_is_replaced() {
        let text = format!("a\n{BEGIN}old\n{END}b\n");
        assert_eq!(with_common(&text, "new\n").unwrap(), format!("a\n{BEGIN}\nnew\n\n{END}b\n"));
        assert!(with_common("a\n", "new\n").is_none());
    }

    #[test]
    fn the_names_of_statuses_are_replaced() {
        let text = "a\nexport type StatusName =\n    | \"OLD\";\nb\n";
        assert_eq!(with_statuses(text, "new\n").unwrap(), "a\nnew\nb\n");
        assert!(with_statuses("a\n", "new\n").is_none());
    }
}
