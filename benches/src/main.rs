//! Compares drystone with its peers in one run: `drystone-bench [AREA…] [--json]`.

mod allocations;
mod arena;
mod arena_calls;
mod bucket;
mod c_arena;
mod c_bucket;
mod c_calls;
mod c_convert;
mod count;
mod document;
mod fields;
#[cfg(target_os = "linux")]
mod iceoryx2;
#[cfg(target_os = "linux")]
mod links;
mod mailbox;
mod mailbox_threads;
mod measure;
mod nota;
mod peers;
#[cfg(target_os = "linux")]
mod post;
mod report;
mod small;
#[cfg(have_stb_ds)]
mod stb_ds;
mod stones;
mod text;
mod trees;
mod values;
mod versions;
mod walk;
mod wota;
mod yyjson;

use std::process::ExitCode;

use report::Report;

/// An area's name, and the function that measures it.
type Area = (&'static str, fn() -> Report);

const AREAS: &[Area] = &[
    ("count", count::run),
    ("stones", stones::run),
    ("small", small::run),
    ("mailbox", mailbox::run),
    #[cfg(target_os = "linux")]
    ("links", links::run),
    ("wota", wota::run),
    ("values", values::run),
    ("text", text::run),
    ("nota", nota::run),
    ("fields", fields::run),
    ("bucket", bucket::run),
    ("arena", arena::run),
];

const PEERS: [&str; 18] = [
    "drystone",
    "async-nats",
    "bump-scope",
    "bumpalo",
    "bytes",
    "ciborium",
    "crossbeam-channel",
    "crossbeam-queue",
    "foldhash",
    "hashbrown",
    "imbl",
    "indexmap",
    "rmp-serde",
    "rmpv",
    "rpds",
    "serde_json",
    "simd-json",
    "sonic-rs",
];

/// Lets the allocator keep the memory that it has. Otherwise it depends on the areas before whether it returns a large
/// block to the system each time, and then every contender is measured by its page faults.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn keep_memory() {
    for (parameter, value) in [(libc::M_MMAP_THRESHOLD, 32 << 20), (libc::M_TRIM_THRESHOLD, 1 << 30)] {
        // SAFETY: no other thread runs yet.
        assert_eq!(unsafe { libc::mallopt(parameter, value) }, 1);
    }
}

fn main() -> ExitCode {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    keep_memory();
    let (flags, wanted): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|word| word.starts_with('-'));
    let known = |name: &String| AREAS.iter().any(|(area, _)| area == name);
    if let Some(unknown) =
        flags.iter().find(|flag| *flag != "--json").or_else(|| wanted.iter().find(|word| !known(word)))
    {
        let names: Vec<_> = AREAS.iter().map(|(name, _)| *name).collect();
        eprintln!("{unknown}: not known. Areas: {}. Flag: --json", names.join(", "));
        return ExitCode::FAILURE;
    }
    let versions: Vec<_> = PEERS.iter().map(|peer| versions::named(peer)).collect();
    println!("{}, {}", versions.join(", "), versions::standard());
    println!(
        "One piece of work a row; ratio: how many times as long as the first row took in the same round."
    );
    let mut areas = serde_json::Map::new();
    for &(name, run) in AREAS {
        if wanted.is_empty() || wanted.iter().any(|word| word == name) {
            let report = run();
            report.print(name);
            areas.insert(name.to_owned(), report.json());
        }
    }
    if !flags.is_empty() {
        let whole =
            serde_json::json!({ "versions": versions, "standard": versions::standard(), "areas": areas });
        println!("{whole}");
    }
    ExitCode::SUCCESS
}
