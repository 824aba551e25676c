//! The main use on a real QuickJS: actors that pass stones around.

use crate::engines::Engine;
use crate::process::{Outcome, run};
use crate::quickjs::{self, files};

/// Builds everything and runs the demo on an engine; with `json`, the last line of output is JSON.
pub fn run_demo(engine: &'static Engine, json: bool) -> Outcome {
    let quickjs = quickjs::build(engine, false)?;
    println!("\nthe engine is {}", engine.name);
    let mut command = quickjs.qjs(false, "main.mjs");
    if json {
        command.arg("--json");
    }
    // Real data for the stones: the engine's own source code.
    run(command.args(files(&quickjs.source, "c")?))
}
