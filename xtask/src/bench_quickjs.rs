//! The benches of the QuickJS module: messages beside the engine's own ways, and maps beside `Map`.

use std::cmp::Ordering;

use serde_json::Value;

use crate::engines::engine;
use crate::process::{Outcome, output, run};
use crate::quickjs::{self, QuickJs};

/// As the benches in Rust set it for themselves.
const KEEP_MEMORY: &str = "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=1073741824";

/// Now and then a row takes much longer in a whole process, and not in the next one.
const PROCESSES: usize = 5;

pub fn run_benches() -> Outcome {
    let quickjs = quickjs::build(engine(None)?, false)?;
    for script in ["encode.mjs", "values.mjs"] {
        run(&mut quickjs.qjs(false, script))?;
    }
    compare_maps(&quickjs)?;
    if cfg!(all(target_os = "linux", target_env = "gnu")) {
        println!("\nthe first one again, where the allocator keeps its memory (benches/README.md)");
        run(quickjs.qjs(false, "encode.mjs").env("GLIBC_TUNABLES", KEEP_MEMORY))?;
    }
    Ok(())
}

/// Prints the process whose ratio is the median one, for each row.
fn compare_maps(quickjs: &QuickJs) -> Outcome {
    println!(
        "\nbucket.mjs in {PROCESSES} processes: of each row the one with the median ratio, and all ratios"
    );
    let told: Vec<String> = (0..PROCESSES)
        .map(|_| output(quickjs.qjs(false, "bucket.mjs").arg("--json")))
        .collect::<Outcome<_>>()?;
    let reports: Vec<Value> = told
        .iter()
        .map(|told| serde_json::from_str(told.lines().last().unwrap_or_default()))
        .collect::<Result<_, _>>()?;
    println!("{:40}{:>12}{:>12}{:>10}", "", "BucketMap", "Map", "ratio");
    for name in
        told.iter().take(1).flat_map(|told| told.lines()).filter_map(|line| line.get(..40)).map(str::trim)
    {
        let number = |report: &Value, what: &str| report[name][what].as_f64();
        let mut rows: Vec<(f64, f64, f64)> = reports
            .iter()
            .filter_map(|report| {
                Some((number(report, "ratio")?, number(report, "bucket_ns")?, number(report, "map_ns")?))
            })
            .collect();
        rows.sort_by(|one, other| one.partial_cmp(other).unwrap_or(Ordering::Equal));
        let Some((ratio, bucket, map)) = rows.get(rows.len() / 2) else { continue };
        let all: Vec<String> = rows.iter().map(|(ratio, ..)| format!("{ratio:.2}")).collect();
        println!("{name:40}{bucket:12.0}{map:12.0}{ratio:10.2}   {}", all.join(" "));
    }
    Ok(())
}
