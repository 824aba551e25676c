//! The benches: drystone and its peers side by side in one run.

use crate::bench_program::bench_program;
use crate::process::{Outcome, run};
use crate::{bench_quickjs, instructions, packages, python, results, web};

/// Runs all areas, or the named ones.
pub fn run_benches(areas: &[String]) -> Outcome {
    let flag = |flag: &str| areas.iter().any(|area| area == flag);
    if flag("--instructions") {
        packages::install(packages::COUNT)?;
        return instructions::run_count(flag("--write"));
    }
    if flag("--report") {
        packages::install(packages::BENCH)?;
        let runs = areas.iter().skip_while(|area| *area != "--runs").nth(1);
        return results::run_report(runs.map_or(Ok(5), |runs| runs.parse())?);
    }
    let apart = |area: &&String| ["quickjs", "python", "guest", "web"].contains(&area.as_str());
    let all = areas.iter().all(|area| area.starts_with("--"));
    let rest: Vec<_> = areas.iter().filter(|area| !apart(area)).collect();
    if all || rest.iter().any(|area| !area.starts_with("--")) {
        packages::install(packages::BENCH)?;
        let links = all || rest.iter().any(|area| *area == "links");
        run(bench_program(links)?.arg("--").args(rest))?;
    }
    if all || areas.iter().any(|area| area == "quickjs") {
        bench_quickjs::run_benches()?;
    }
    if all || areas.iter().any(|area| area == "python") {
        python::run_bench("beside_json.py")?;
    }
    if all || areas.iter().any(|area| area == "guest") {
        python::run_bench("chain.py")?;
    }
    if all || areas.iter().any(|area| area == "web") {
        web::bench()?;
    }
    Ok(())
}
