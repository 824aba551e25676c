//! The bench program in Rust, and the peer that it starts.

use std::path::PathBuf;
use std::process::Command;

use crate::process::{Outcome, cargo, run, target};

/// The bench program in Rust, without its arguments. With `links` the peer of the links is built, too.
pub fn bench_program(links: bool) -> Outcome<Command> {
    let mut bench = cargo();
    bench.args(["run", "--release", "--quiet", "--package", "drystone-bench"]);
    if links && cfg!(target_os = "linux") {
        bench.env("DRYSTONE_BENCH_ICEORYX2", iceoryx2()?);
    }
    Ok(bench)
}

/// Builds the peer of the links, which has its own lock file and target folder.
fn iceoryx2() -> Outcome<PathBuf> {
    let folder = target().join("peers");
    let mut build = cargo();
    build.args(["build", "--release", "--locked", "--manifest-path", "benches/peers/iceoryx2/Cargo.toml"]);
    run(build.arg("--target-dir").arg(&folder))?;
    Ok(folder.join("release/bench-iceoryx2"))
}
