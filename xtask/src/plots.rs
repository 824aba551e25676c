//! Plots as SVG, with their own background, so that they fit light and dark pages.

use std::fmt::Write;

/// A contender's time in nanoseconds.
pub struct Bar {
    pub name: String,
    pub time: f64,
}

/// A contender's times in nanoseconds by size in bytes.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 760.0;
const OURS: &str = "#b4532a";
const PEERS: &str = "#7c8a99";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn frame(title: &str, height: f64, inside: &str) -> String {
    let title = escaped(title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#222\">\n<rect width=\"{WIDTH}\" height=\"{height}\" \
         rx=\"6\" fill=\"#fff\"/>\n<text x=\"16\" y=\"26\" font-size=\"15\" font-weight=\"600\">{title}</text>\n{inside}</svg>\n"
    )
}

/// One bar for each contender, from zero; drystone's has another colour.
pub fn bars(title: &str, bars: &[Bar]) -> String {
    const LEFT: f64 = 380.0;
    let most = bars.iter().map(|bar| bar.time).fold(1e-9, f64::max);
    let mut inside = String::new();
    for (number, bar) in bars.iter().enumerate() {
        let (top, length) = (44.0 + 26.0 * number as f64, (WIDTH - LEFT - 90.0) * bar.time / most);
        let ours = ["drystone", "arena_", "Nota"].iter().any(|name| bar.name.starts_with(name));
        let (colour, name, time) =
            (if ours { OURS } else { PEERS }, escaped(&shortened(&bar.name, 52)), duration(bar.time));
        let (middle, after) = (top + 14.0, LEFT + length + 8.0);
        let _ = writeln!(
            inside,
            "<text x=\"{:.0}\" y=\"{middle:.0}\" text-anchor=\"end\">{name}</text><rect x=\"{LEFT:.0}\" y=\"{top:.0}\" \
             width=\"{length:.1}\" height=\"18\" fill=\"{colour}\"/><text x=\"{after:.1}\" y=\"{middle:.0}\">{time}</text>",
            LEFT - 10.0
        );
    }
    frame(title, 58.0 + 26.0 * bars.len() as f64, &inside)
}

/// Both axes are logarithmic.
pub fn lines(title: &str, lines: &[Line]) -> String {
    const LEFT: f64 = 76.0;
    const TOP: f64 = 50.0;
    const BOTTOM: f64 = 330.0;
    let points = || lines.iter().flat_map(|line| &line.points);
    let decade = |time: f64| time.max(1.0).log10();
    let low = points().map(|point| decade(point.1)).fold(f64::INFINITY, f64::min).floor();
    let high = points().map(|point| decade(point.1)).fold(0.0, f64::max).ceil().max(low + 1.0);
    let smallest = points().map(|point| point.0.log2()).fold(f64::INFINITY, f64::min);
    let largest = points().map(|point| point.0.log2()).fold(0.0, f64::max).max(smallest + 1.0);
    let across = |size: f64| LEFT + (WIDTH - LEFT - 40.0) * (size.log2() - smallest) / (largest - smallest);
    let down = |time: f64| BOTTOM - (BOTTOM - TOP) * (decade(time) - low) / (high - low);
    let mut inside = String::new();
    for power in low as i32..=high as i32 {
        let (time, y) = (10_f64.powi(power), down(10_f64.powi(power)));
        let _ = writeln!(
            inside,
            "<path d=\"M{LEFT:.0} {y:.1}H{:.0}\" stroke=\"#ddd\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - 30.0,
            LEFT - 8.0,
            y + 4.0,
            duration(time)
        );
    }
    let mut sizes: Vec<f64> = points().map(|point| point.0).collect();
    sizes.sort_by(f64::total_cmp);
    sizes.dedup();
    for size in sizes {
        let _ = writeln!(
            inside,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{}</text>",
            across(size),
            BOTTOM + 20.0,
            bytes(size)
        );
    }
    for (number, line) in lines.iter().enumerate() {
        let colour = if number == 0 { OURS } else { PEERS };
        let path: Vec<_> = line
            .points
            .iter()
            .map(|(size, time)| format!("{:.1} {:.1}", across(*size), down(*time)))
            .collect();
        let _ = writeln!(
            inside,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2.5\"/>",
            path.join("L")
        );
        for (size, time) in &line.points {
            let (x, y) = (across(*size), down(*time));
            let _ = writeln!(inside, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"{colour}\"/>");
        }
        let y = BOTTOM + 48.0 + 20.0 * number as f64;
        let _ = writeln!(
            inside,
            "<rect x=\"{LEFT:.0}\" y=\"{:.0}\" width=\"14\" height=\"4\" fill=\"{colour}\"/><text x=\"{:.0}\" y=\"{y:.0}\">{}</text>",
            y - 6.0,
            LEFT + 22.0,
            escaped(&shortened(&line.name, 96))
        );
    }
    frame(title, BOTTOM + 58.0 + 20.0 * lines.len() as f64, &inside)
}

fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        name.to_owned()
    } else {
        name.chars().take(most - 1).chain(['…']).collect()
    }
}

/// Three digits and a unit.
pub fn duration(nanoseconds: f64) -> String {
    let (figure, unit) = match nanoseconds {
        ..1e3 => (nanoseconds, "ns"),
        ..1e6 => (nanoseconds / 1e3, "µs"),
        ..1e9 => (nanoseconds / 1e6, "ms"),
        _ => (nanoseconds / 1e9, "s"),
    };
    let digits = if figure.fract() == 0.0 || figure >= 100.0 {
        0
    } else if figure < 10.0 {
        2
    } else {
        1
    };
    format!("{figure:.digits$} {unit}")
}

fn bytes(size: f64) -> String {
    let (figure, unit) = match size {
        ..1024.0 => (size, "B"),
        ..1_048_576.0 => (size / 1024.0, "KiB"),
        ..1_073_741_824.0 => (size / 1_048_576.0, "MiB"),
        _ => (size / 1_073_741_824.0, "GiB"),
    };
    format!("{figure:.0} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_the_times() {
        let bar = |name: &str, time| Bar { name: name.to_owned(), time };
        let svg = bars("a < b", &[bar("drystone", 50.0), bar("peer", 100.0)]);
        assert!(
            svg.contains("a &lt; b") && svg.contains("width=\"145.0\"") && svg.contains("width=\"290.0\""),
            "{svg}"
        );
        assert_eq!(svg.matches(OURS).count(), 1);
    }

    #[test]
    fn durations_have_three_digits() {
        assert_eq!(
            [1.0, 15.86, 999.9, 23_339.0, 4.1e6, 2e9].map(duration),
            ["1 ns", "15.9 ns", "1000 ns", "23.3 µs", "4.10 ms", "2 s"]
        );
    }

    #[test]
    fn lines_go_through_their_points() {
        let line = Line { name: "ours".into(), points: vec![(1024.0, 100.0), (1048576.0, 100.0)] };
        let other = Line { name: "copy".into(), points: vec![(1024.0, 10.0), (1048576.0, 1e6)] };
        let svg = lines("by size", &[line, other]);
        assert!(
            svg.contains("1 KiB") && svg.contains("1 MiB") && svg.matches("<circle").count() == 4,
            "{svg}"
        );
    }
}
