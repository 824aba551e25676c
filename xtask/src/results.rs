//! Writes the page of results: runs the bench several times, and shows its output as tables and plots, with the number
//! of runs that reached each aim.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;

use serde_json::Value;

use crate::bench_program::bench_program;
use crate::plots::{self, Bar, Line};
use crate::process::{Outcome, output, root};

/// The text above this line is written by hand.
const MARK: &str = "<!-- From here on written by `cargo xtask bench --report`. -->";

/// Tables that are shown as bars: the beginning of the title, and the file's name.
const BARS: [(&str, &str); 9] = [
    ("One more count and one less, one thread", "count"),
    ("One thread posts, one takes", "mailbox"),
    ("Four threads post, one takes", "mailbox-four"),
    ("Get, N = 10000", "bucket-get"),
    ("Insert while growing, from nothing to N = 10000", "bucket-insert"),
    ("A chain of 10000 persistent inserts", "bucket-versions"),
    ("1 MB, read into a tree and drop it", "wota-tree"),
    ("Encode", "nota-encode"),
    ("1000 blocks, a call each", "arena"),
];

/// Areas whose rows are sizes, shown as lines over the size: the file's name, and the title of the plot.
const SIZES: [(&str, &str, &str); 2] = [
    ("stones", "stones", "A message with one stone, and copying as many bytes"),
    ("links", "links", "A stone to another process and back"),
];

/// Runs the bench that many times and writes `docs/performance.md` and the plots.
pub fn run_report(runs: usize) -> Outcome {
    let mut all = Vec::new();
    for run in 1..=runs {
        println!("run {run} of {runs}");
        all.push(one_run()?);
    }
    let path = root().join("docs/performance.md");
    let page = fs::read_to_string(&path)?;
    let (by_hand, _) = page
        .split_once(MARK)
        .ok_or("docs/performance.md has no line that marks the beginning of the tables")?;
    let plots = plots_of(&all)?;
    let folder = root().join("docs/figures");
    fs::create_dir_all(&folder)?;
    for (name, svg) in &plots {
        fs::write(folder.join(format!("{name}.svg")), svg)?;
    }
    fs::write(&path, format!("{by_hand}{MARK}\n{}", tables_of(&all)?))?;
    println!("wrote docs/performance.md and {} plots in docs/figures", plots.len());
    Ok(())
}

fn one_run() -> Outcome<Value> {
    let printed = output(bench_program(true)?.args(["--", "--json"]))?;
    Ok(serde_json::from_str(printed.lines().last().ok_or("the bench printed nothing")?)?)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The same figure of all runs: of a row or an aim, which has the same position in each.
fn figures(runs: &[Value], area: &str, path: &str, key: &str) -> Vec<f64> {
    let pointer = format!("/areas/{area}/{path}/{key}");
    let mut figures: Vec<f64> = runs.iter().filter_map(|run| run.pointer(&pointer)?.as_f64()).collect();
    figures.sort_by(f64::total_cmp);
    figures
}

fn median(figures: &[f64]) -> f64 {
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

fn areas(runs: &[Value]) -> Outcome<Vec<&String>> {
    let first = runs.first().and_then(|run| run["areas"].as_object()).ok_or("the bench has no areas")?;
    Ok(first.keys().collect())
}

fn tables_of(runs: &[Value]) -> Outcome<String> {
    let first = runs.first().ok_or("no run")?;
    let versions: Vec<_> = list(first, "versions").iter().filter_map(Value::as_str).collect();
    let mut page = format!(
        "\n## Results\n\nThe medians of {} runs of `cargo xtask bench` on {}. Peers: {}, {}.\nRatio: how many times as long as \
         the first row of its table took in the same rounds.\n\n### Aims\n\nA figure that not all runs reached is not \
         reached.\n\n| area | what | aim | median | lowest and highest | reached in |\n|---|---|---|---|---|---|\n",
        runs.len(),
        machine(),
        versions.join(", "),
        text(first, "standard")
    );
    for area in areas(runs)? {
        for (place, aim) in list(&first["areas"][area], "aims").iter().enumerate() {
            let path = format!("aims/{place}");
            let all = figures(runs, area, &path, "figure");
            let pointer = format!("/areas/{area}/{path}/reached");
            let reached = runs.iter().filter(|run| run.pointer(&pointer) == Some(&Value::Bool(true))).count();
            let verdict =
                if reached == runs.len() { "all" } else { &format!("**{reached} of {}**", runs.len()) };
            let (least, most) = (all.first().unwrap_or(&f64::NAN), all.last().unwrap_or(&f64::NAN));
            let aim_text = text(aim, "aim").replace("<=", "≤").replace(">=", "≥");
            let what = text(aim, "what");
            writeln!(
                page,
                "| `{area}` | {what} | {aim_text} | {:.2} | {least:.2} … {most:.2} | {verdict} |",
                median(&all)
            )?;
        }
    }
    for area in areas(runs)? {
        writeln!(page, "\n### `cargo xtask bench {area}`\n")?;
        for note in list(&first["areas"][area], "notes").iter().filter_map(Value::as_str) {
            writeln!(page, "{note}\n")?;
        }
        if let Some((_, name, what)) = SIZES.iter().find(|(of, ..)| of == area) {
            writeln!(page, "![{what}, by size](figures/{name}.svg)\n")?;
        }
        for (place, table) in list(&first["areas"][area], "tables").iter().enumerate() {
            let title = text(table, "title");
            if let Some((_, name)) = BARS.iter().find(|(start, _)| title.starts_with(start)) {
                writeln!(page, "![{title}](figures/{name}.svg)\n")?;
            }
            writeln!(page, "| {title} | median | ratio |\n|---|---:|---:|")?;
            for (number, row) in list(table, "rows").iter().enumerate() {
                let path = format!("tables/{place}/rows/{number}");
                let time = median(&figures(runs, area, &path, "median_ns"));
                let ratio = median(&figures(runs, area, &path, "ratio"));
                writeln!(page, "| {} | {} | {ratio:.2} |", text(row, "name"), plots::duration(time))?;
            }
            writeln!(page)?;
        }
    }
    Ok(page.trim_end().to_owned() + "\n")
}

fn plots_of(runs: &[Value]) -> Outcome<BTreeMap<&'static str, String>> {
    let first = runs.first().ok_or("no run")?;
    let mut plots = BTreeMap::new();
    for area in areas(runs)? {
        let mut lines: Vec<Line> = Vec::new();
        for (place, table) in list(&first["areas"][area], "tables").iter().enumerate() {
            let (title, rows) = (text(table, "title"), list(table, "rows"));
            let time = |number: usize| {
                median(&figures(runs, area, &format!("tables/{place}/rows/{number}"), "median_ns"))
            };
            if let Some((_, name)) = BARS.iter().find(|(start, _)| title.starts_with(start)) {
                let bar = |(number, row)| Bar { name: text(row, "name").to_owned(), time: time(number) };
                plots
                    .insert(*name, plots::bars(title, &rows.iter().enumerate().map(bar).collect::<Vec<_>>()));
            }
            let point = |(number, row)| Some((bytes_of(text(row, "name"))?, time(number)));
            let points: Vec<_> = rows.iter().enumerate().filter_map(point).collect();
            if points.len() == rows.len() && points.len() > 1 {
                lines.push(Line { name: title.to_owned(), points });
            }
        }
        if let Some((_, name, what)) = SIZES.iter().find(|(of, ..)| of == area) {
            plots.insert(*name, plots::lines(what, &lines));
        }
    }
    let wanted = BARS.len() + SIZES.len();
    if plots.len() == wanted { Ok(plots) } else { Err(format!("{} of {wanted} plots", plots.len()).into()) }
}

/// `64 KB` or `memcpy, 64 KB`, in bytes.
fn bytes_of(name: &str) -> Option<f64> {
    let size = name.rsplit(", ").next()?;
    let (number, unit) = size.split_once(' ')?;
    let unit = match unit {
        "B" => 1.0,
        "KB" | "KiB" => 1024.0,
        "MB" | "MiB" => 1024.0 * 1024.0,
        "GB" | "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    Some(number.parse::<f64>().ok()? * unit)
}

/// The processor's name and the number of processors.
fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let known = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = known.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or("a processor without a name", |(_, name)| name.trim());
    format!("{processors} × {name}, {} {}", std::env::consts::OS, std::env::consts::ARCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_names() {
        assert_eq!(bytes_of("64 KB"), Some(65536.0));
        assert_eq!(bytes_of("memcpy, 1 MB"), Some(1048576.0));
        assert_eq!(bytes_of("arena_alloc"), None);
    }

    #[test]
    fn an_aim_that_one_run_missed_is_not_reached() {
        let run = |figure: f64, reached: bool| {
            serde_json::json!({"versions": ["one 1"], "standard": "std", "areas": {"count": {"notes": [], "tables": [],
                "aims": [{"what": "it", "aim": "<= 1", "figure": figure, "reached": reached}]}}})
        };
        let page = tables_of(&[run(0.9, true), run(1.1, false)]).unwrap();
        assert!(page.contains("| ≤ 1 | 1.10 | 0.90 … 1.10 | **1 of 2** |"), "{page}");
        assert!(tables_of(&[run(0.9, true), run(0.9, true)]).unwrap().contains("| all |"));
    }
}
