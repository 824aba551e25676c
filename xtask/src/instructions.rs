//! Counts the instructions of hot C calls by callgrind and compares them with the recorded figures: times vary between
//! runs, counts do not.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::library;
use crate::process::{Outcome, output, program, root, run, target};

/// The allowed difference from a recorded count, in per cent. Maps of the same content differ by a few tenths, because
/// their seeds differ.
const TOLERANCE: f64 = 2.0;

/// The prefix of the functions in `calls.c` whose instructions are counted.
const COUNTED: &str = "count_";

/// Whole operations on the document. The other functions make a thousand calls each.
const OF_DOCUMENT: &str = "document_";

/// Counts by name: of a thousand calls, or of one operation on the document.
type Counts = BTreeMap<String, u64>;

/// Counts, and records the figures or compares with them.
pub fn run_count(write: bool) -> Outcome {
    let (counts, tools) = (count()?, tools()?);
    let path = root().join("benches/instructions/figures.txt");
    if write {
        fs::write(&path, printed(&counts, &tools))?;
        println!("written: {}", path.display());
        return Ok(());
    }
    let noted = fs::read_to_string(&path)?;
    let (noted, noted_tools) = parsed(&noted)
        .ok_or("benches/instructions/figures.txt does not have the form that --write gives it")?;
    let report = compared(&noted, &counts);
    print!("{}", report.text);
    if noted_tools != tools {
        println!("Not compared: the recorded counts are of\n  {noted_tools}\nand these are of\n  {tools}");
        return Ok(());
    }
    if report.differing == 0 {
        return Ok(());
    }
    Err(format!(
        "{} of {} counts are not within {TOLERANCE} % of the noted ones. `cargo xtask bench --instructions --write` notes \
         today's; the commit says why they changed.",
        report.differing,
        counts.len()
    )
    .into())
}

fn count() -> Outcome<Counts> {
    let release = library::build()?;
    let folder = target().join("instructions");
    fs::create_dir_all(&folder)?;
    let (binary, result) = (folder.join("calls"), folder.join("callgrind.out"));
    let mut compiler = program("cc");
    compiler.args(["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-Iinclude"]);
    compiler.arg("benches/instructions/calls.c").arg(release.join("libdrystone.a")).arg("-o").arg(&binary);
    run(compiler.args(["-lpthread", "-ldl", "-lm"]))?;
    let mut valgrind = program("valgrind");
    valgrind.args(["--quiet", "--tool=callgrind", "--compress-strings=no", "--compress-pos=no"]);
    valgrind.arg(format!("--toggle-collect={COUNTED}*"));
    valgrind.arg(format!("--callgrind-out-file={}", result.display()));
    run(valgrind.arg(&binary))?;
    let counts = counts_of(&fs::read_to_string(&result)?);
    if counts.is_empty() { Err("callgrind counted nothing".into()) } else { Ok(counts) }
}

/// Reads callgrind's output: the sum of a function's own lines and those of its calls, which include the callees.
fn counts_of(profile: &str) -> Counts {
    let mut counts = Counts::new();
    let mut counted = None;
    for line in profile.lines() {
        if let Some(function) = line.strip_prefix("fn=") {
            counted = function.strip_prefix(COUNTED);
        } else if let Some(name) = counted
            && line.starts_with(|first: char| first.is_ascii_digit())
            && let Some(cost) = line.split(' ').nth(1).and_then(|cost| cost.parse::<u64>().ok())
        {
            *counts.entry(name.to_owned()).or_default() += cost;
        }
    }
    counts
}

/// What counts depend on: compilers, the C library, and the processor's features by which it selects functions.
fn tools() -> Outcome<String> {
    let first = |text: String| text.lines().next().unwrap_or_default().trim().to_owned();
    let rust = first(output(program(std::env::var_os("RUSTC").unwrap_or("rustc".into())).arg("--version"))?);
    let c = first(output(program("cc").arg("--version"))?);
    let glibc = first(output(program("ldd").arg("--version"))?);
    let valgrind = first(output(program("valgrind").arg("--version"))?);
    let processor = fs::read_to_string(Path::new("/proc/cpuinfo")).unwrap_or_default();
    let flags = processor.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    let chosen_by = ["avx2", "avx512vl", "bmi2", "erms", "fsrm", "rtm"];
    let flags: Vec<_> =
        chosen_by.into_iter().filter(|flag| flags.split(' ').any(|has| has == *flag)).collect();
    Ok(format!("{rust}; {c}; {glibc}; {valgrind}; {}", flags.join(" ")))
}

fn printed(counts: &Counts, tools: &str) -> String {
    let mut text = format!(
        "# Instructions of a thousand calls, and of one operation on a document. Written by\n\
         # cargo xtask bench --instructions --write, with\n# {tools}\n"
    );
    for (name, count) in counts {
        let _ = writeln!(text, "{name} {count}");
    }
    text
}

fn parsed(text: &str) -> Option<(Counts, &str)> {
    let tools = text.lines().nth(2)?.strip_prefix("# ")?;
    let line = |line: &str| {
        let (name, count) = line.split_once(' ')?;
        Some((name.to_owned(), count.parse().ok()?))
    };
    let counts: Option<Counts> = text.lines().filter(|line| !line.starts_with('#')).map(line).collect();
    Some((counts?, tools))
}

struct Report {
    text: String,
    differing: usize,
}

/// Prints a line for each count; returns how many are new, gone or too different.
fn compared(noted: &Counts, counts: &Counts) -> Report {
    let mut report = Report { text: String::new(), differing: 0 };
    let names: std::collections::BTreeSet<_> = noted.keys().chain(counts.keys()).collect();
    for name in names {
        let of_call =
            |count: u64| if name.starts_with(OF_DOCUMENT) { count as f64 } else { count as f64 / 1e3 };
        let (verdict, figure) = match (noted.get(name), counts.get(name)) {
            (Some(before), Some(now)) => {
                let change = 100.0 * (*now as f64 - *before as f64) / *before as f64;
                let verdict = if change.abs() > TOLERANCE { "DIFFERS" } else { "" };
                (
                    verdict,
                    format!("{:>12.1} recorded {:>12.1} {change:>+7.2} %", of_call(*now), of_call(*before)),
                )
            }
            (None, Some(now)) => ("NEW", format!("{:>12.1}", of_call(*now))),
            (_, None) => ("GONE", String::new()),
        };
        report.differing += usize::from(!verdict.is_empty());
        let _ = writeln!(report.text, "  {name:32} {figure} {verdict}");
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_of_a_function_and_what_it_calls() {
        let profile = "fn=main\n0 900\nfn=count_one\n0 5\ncfn=inner\ncalls=1000 0\n0 20\n\nfn=inner\n0 20\nfn=count_one\n0 1\n";
        assert_eq!(counts_of(profile), Counts::from([("one".to_owned(), 26)]));
    }

    #[test]
    fn what_is_written_is_read() {
        let counts = Counts::from([("one".to_owned(), 1000), ("two".to_owned(), 7)]);
        assert_eq!(parsed(&printed(&counts, "tools")), Some((counts, "tools")));
    }

    #[test]
    fn a_change_of_more_than_the_tolerance_is_found() {
        let noted =
            Counts::from([("one".to_owned(), 1000), ("two".to_owned(), 1000), ("three".to_owned(), 1000)]);
        let counts =
            Counts::from([("one".to_owned(), 1020), ("two".to_owned(), 1021), ("four".to_owned(), 1)]);
        let report = compared(&noted, &counts);
        assert_eq!(report.differing, 3, "{}", report.text);
    }
}
