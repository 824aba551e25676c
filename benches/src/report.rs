//! The output: tables for people, and one JSON object for programs.

use serde_json::{Value, json};

use crate::measure::{Row, Table};

/// A figure that the project aims for.
pub(crate) struct Aim {
    pub(crate) what: String,
    pub(crate) figure: f64,
    pub(crate) bound: Bound,
}

pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// The results of an area.
#[derive(Default)]
pub(crate) struct Report {
    /// Lines above the tables, which say what is measured and how large it is.
    pub(crate) notes: Vec<String>,
    pub(crate) tables: Vec<Table>,
    pub(crate) aims: Vec<Aim>,
}

impl Report {
    pub(crate) fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    pub(crate) fn at_most(&mut self, bound: f64, what: impl Into<String>, figure: f64) {
        self.aims.push(Aim { what: what.into(), figure, bound: Bound::AtMost(bound) });
    }

    pub(crate) fn at_least(&mut self, bound: f64, what: impl Into<String>, figure: f64) {
        self.aims.push(Aim { what: what.into(), figure, bound: Bound::AtLeast(bound) });
    }

    pub(crate) fn print(&self, area: &str) {
        println!("\n==== {area} ====");
        for note in &self.notes {
            println!("{note}");
        }
        for table in &self.tables {
            print_table(table);
        }
        if !self.aims.is_empty() {
            println!();
        }
        for aim in &self.aims {
            let (sign, bound) = aim.bound.parts();
            let verdict = if aim.reached() { "reached" } else { "MISSED " };
            println!("  {verdict}  {}: {:.2}  (aim: {sign} {bound})", aim.what, aim.figure);
        }
    }

    pub(crate) fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "name": row.name,
                "median_ns": rounded(row.median),
                "best_ns": rounded(row.best),
                "ratio": rounded(row.ratio),
                "mb_per_s": row.megabytes_per_second.map(rounded),
            })
        };
        let table = |table: &Table| json!({ "title": table.title, "rows": table.rows.iter().map(row).collect::<Vec<_>>() });
        let aim = |aim: &Aim| {
            let (sign, bound) = aim.bound.parts();
            json!({
                "what": aim.what,
                "figure": rounded(aim.figure),
                "aim": format!("{sign} {bound}"),
                "reached": aim.reached(),
            })
        };
        json!({
            "notes": self.notes,
            "tables": self.tables.iter().map(table).collect::<Vec<_>>(),
            "aims": self.aims.iter().map(aim).collect::<Vec<_>>(),
        })
    }
}

impl Bound {
    fn parts(&self) -> (&'static str, f64) {
        match self {
            Bound::AtMost(bound) => ("<=", *bound),
            Bound::AtLeast(bound) => (">=", *bound),
        }
    }
}

impl Aim {
    pub(crate) fn reached(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.figure <= bound,
            Bound::AtLeast(bound) => self.figure >= bound,
        }
    }
}

fn print_table(table: &Table) {
    let width = table.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
    let speeds = table.rows.iter().any(|row| row.megabytes_per_second.is_some());
    let speed_title = if speeds { "      MB/s" } else { "" };
    println!("\n{}\n  {:width$}    median      best   ratio{speed_title}", table.title, "");
    for row in &table.rows {
        let speed = row.megabytes_per_second.map(|speed| format!("{speed:10.0}")).unwrap_or_default();
        let (median, best) = (duration(row.median), duration(row.best));
        println!("  {:width$} {median:>9} {best:>9} {:>7.2}{speed}", row.name, row.ratio);
    }
}

/// Three digits and a unit.
fn duration(nanoseconds: f64) -> String {
    let (figure, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        ..1e6 => (nanoseconds / 1e3, "us"),
        _ => (nanoseconds / 1e6, "ms"),
    };
    let digits = if figure < 10.0 { 2 } else { usize::from(figure < 100.0) };
    format!("{figure:.digits$} {unit}")
}

fn rounded(figure: f64) -> f64 {
    (figure * 1e3).round() / 1e3
}
