//! The TypeScript declarations that the QuickJS module and the browser package share: one file, copied into the
//! declarations of both, because each is installed as a single file.

use std::fs;

use crate::header::place;
use crate::process::{Outcome, root};

const COMMON: &str = "bindings/types/common.d.ts";
const DECLARATIONS: [&str; 2] = ["bindings/quickjs/drystone.d.ts", "bindings/web/drystone.d.ts"];
const BEGIN: &str = "// ---- common to the QuickJS module and the browser package: written from bindings/types/common.d.ts ----\n";
const END: &str = "// ---- end of what is common ----\n";

/// Writes the copies, or with `check` fails when one of them differs.
pub fn run(check: bool) -> Outcome {
    let common = fs::read_to_string(root().join(COMMON))?;
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
}
