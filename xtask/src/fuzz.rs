//! The fuzz targets, seeded with the vectors: short in `test`, long in `deep`. They need a nightly compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::process::{Outcome, cargo, program, root, run, target};
use crate::quickjs::files;

const TARGETS: [&str; 8] = ["wota", "wota_dec64", "nota", "json", "pickle", "fields", "bucket", "values"];
const CARGO_FUZZ: &str = "0.13.1";

/// Runs each target for that many seconds, two at a time; prints a notice if there is no nightly compiler.
pub fn run_fuzz(seconds: u32) -> Outcome {
    if !Command::new("rustup").args(["run", "nightly", "rustc", "-V"]).output()?.status.success() {
        println!("\nno nightly toolchain: fuzzing is skipped");
        return Ok(());
    }
    let (tool, seeds) = (tool()?, seeds()?);
    run(&mut cargo_fuzz(&tool, "build"))?;
    let next = AtomicUsize::new(0);
    let worker = || {
        while let Some(name) = TARGETS.get(next.fetch_add(1, Ordering::Relaxed)) {
            fuzz(&tool, name, &seeds, seconds).map_err(|error| error.to_string())?;
        }
        Ok::<(), String>(())
    };
    let ended = thread::scope(|scope| {
        let other = scope.spawn(worker);
        [worker(), other.join().unwrap_or_else(|_| Err("a fuzzer's thread panicked".into()))]
    });
    Ok(ended.into_iter().collect::<Result<(), String>>()?)
}

fn fuzz(tool: &Path, name: &str, seeds: &Path, seconds: u32) -> Outcome {
    let corpus = target().join("fuzz/corpus").join(name);
    fs::create_dir_all(&corpus)?;
    let mut command = cargo_fuzz(tool, "run");
    command.arg(name).arg(&corpus).arg(seeds.join(name));
    command.args(["--", "-max_len=4096", "-rss_limit_mb=2048", "-timeout=10"]);
    run(command.arg(format!("-max_total_time={seconds}")).arg("-print_final_stats=1"))
}

fn cargo_fuzz(tool: &Path, verb: &str) -> Command {
    let mut command = program("rustup");
    command.args(["run", "nightly"]).arg(tool).args(["fuzz", verb, "--fuzz-dir"]).arg(root().join("fuzz"));
    command.arg("--target-dir").arg(target().join("fuzz"));
    command.env_remove("CARGO").env_remove("RUSTC");
    command
}

/// The tested version of `cargo-fuzz`, installed below `target`. It only starts others, so it is not optimised.
fn tool() -> Outcome<PathBuf> {
    let place = target().join("tools");
    let tool = place.join("bin/cargo-fuzz");
    if !tool.exists() {
        println!("installing cargo-fuzz {CARGO_FUZZ} into {}", place.display());
        run(cargo()
            .args(["install", "--debug", "--locked", "--quiet", "--version", CARGO_FUZZ, "--root"])
            .arg(place)
            .arg("cargo-fuzz"))?;
    }
    Ok(tool)
}

/// One file for every vector, in one folder for every target.
fn seeds() -> Outcome<PathBuf> {
    let folder = target().join("fuzz/seeds");
    for name in TARGETS {
        fs::create_dir_all(folder.join(name))?;
    }
    for path in files(&root().join("c-tests/vectors"), "json")? {
        let text = fs::read_to_string(&path)?;
        let vectors: serde_json::Value = serde_json::from_str(&text)?;
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = match stem {
            "wota" => "wota",
            "wota-dec64" => "wota_dec64",
            "nota" => "nota",
            _ => "fields",
        };
        let mut number = 0;
        for list in vectors.as_object().into_iter().flat_map(|object| object.values()) {
            for vector in list.as_array().into_iter().flatten() {
                number += 1;
                seed(&folder, name, &format!("{stem}-{number}"), vector)?;
            }
        }
    }
    Ok(folder)
}

fn seed(folder: &Path, name: &str, file: &str, vector: &serde_json::Value) -> Outcome {
    if let Some(bytes) = bytes(vector) {
        fs::write(folder.join(name).join(file), bytes)?;
    }
    if let Some(json) = vector.get("json") {
        fs::write(folder.join("json").join(file), json.to_string())?;
    }
    Ok(())
}

/// The bytes of a vector with words or bytes in hexadecimal.
fn bytes(vector: &serde_json::Value) -> Option<Vec<u8>> {
    if let Some(text) = vector["bytes"].as_str() {
        return (0..text.len() / 2)
            .map(|at| u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok())
            .collect();
    }
    let mut bytes = Vec::new();
    for word in vector["words"].as_array()? {
        // Repetitions only test depth, which the fuzzer finds itself.
        bytes.extend(u64::from_str_radix(word.as_str()?, 16).ok()?.to_le_bytes());
    }
    Some(bytes)
}
