//! The benches: drystone and its peers side by side in one run.

use crate::process::{Outcome, cargo, run};
use crate::{packages, quickjs};

/// All areas, or those that are named.
pub fn run_benches(areas: &[String]) -> Outcome {
    let in_javascript = areas.iter().any(|area| area == "quickjs");
    let mut rest = areas.iter().filter(|area| *area != "quickjs").peekable();
    if rest.peek().is_some() || !in_javascript {
        packages::install(packages::BENCH)?;
        run(cargo().args(["run", "--release", "--package", "drystone-bench", "--"]).args(rest))?;
    }
    if in_javascript || areas.iter().all(|area| area.starts_with("--")) {
        let quickjs = quickjs::build(false)?;
        for script in ["encode.mjs", "bucket.mjs"] {
            run(&mut quickjs.qjs(false, script))?;
        }
    }
    Ok(())
}
